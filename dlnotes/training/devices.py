"""Choose where to compute, and say why."""

from __future__ import annotations

import functools
import sys
from typing import NamedTuple

import torch

from dlnotes.errors import ConfigError

__all__ = ["DeviceChoice", "choose_device"]


class DeviceChoice(NamedTuple):
    """A device and the reason for it."""

    device: torch.device
    reason: str


def choose_device(name: str = "auto") -> DeviceChoice:
    """Choose CUDA, then MPS, then the CPU, or the device named.

    Args:
        name: "auto", "cuda", "mps" or "cpu".

    Returns:
        The device and, in words, why it was chosen.

    Raises:
        ConfigError: the named device is not there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        kind = next(kind for kind, there in available.items() if there)
        reason = {"cuda": "an NVIDIA GPU is there", "mps": "no CUDA, but an Apple GPU is there", "cpu": "no GPU is there"}[kind]
    elif not available.get(name, False):
        here = ", ".join(kind for kind, there in available.items() if there)
        raise ConfigError(f"device {name!r} is not available here; available: {here}. Use device='auto' to take the best one")
    else:
        kind, reason = name, "asked for by name"
    if kind == "cuda":
        reason += f": {torch.cuda.get_device_name()}"
    choice = DeviceChoice(torch.device(kind), reason)
    sys.audit("dlnotes.device", str(choice.device), choice.reason)
    return choice


@functools.cache
def has_fast_bfloat16(kind: str) -> bool:
    """Whether the device multiplies bfloat16 in hardware; elsewhere it is emulated and slower than float32."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind == "cpu":
        amx = bool(getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)())
        return amx or bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
    return False
