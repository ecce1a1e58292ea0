"""Choose where to compute, and say why."""

from __future__ import annotations

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
    here = [kind for kind, there in available.items() if there]
    if name == "auto":
        kind = here[0]
        reason = {"cuda": "an NVIDIA GPU is there", "mps": "no CUDA, but an Apple GPU is there"}.get(kind, "no GPU is there")
    elif name not in here:
        raise ConfigError(f"device {name!r} is not available here; available: {', '.join(here)}. Use device='auto' to take the best one")
    else:
        kind, reason = name, "asked for by name"
    if kind == "cuda":
        reason += f": {torch.cuda.get_device_name()}"
    choice = DeviceChoice(torch.device(kind), reason)
    sys.audit("dlnotes.device", str(choice.device), choice.reason)
    return choice
