"""Choose how precisely to compute: bfloat16 where it is faster, float32 where it is not."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from dlnotes.training.metrics import evaluation_mode

__all__ = ["choose_precision"]

_BREAK_EVEN = 50e6


def choose_precision(wanted: str, model: nn.Module, image: Tensor, batch_size: int) -> str:
    """Choose "bfloat16" where it is faster, else "float32"; what is asked for by name is not questioned.

    Hardware that multiplies bfloat16 is not enough. Autocast casts every weight and activation, which costs a
    small network more than the products save. Measured on a processor with AMX, one thread, float32 time over
    bfloat16 time of a training step: MLP 784-256-10 0.86, 1.05 and 1.34 with batches of 64, 128 and 256; LeNet
    1.0, 1.0 and 1.08; the CIFAR LeNet, of 2 million multiplications per image, 1.8 with batches of 64. The
    break-even lay near 50 million floating-point operations in the forward pass of a batch; the line is there.

    Args:
        wanted: "auto", "float32" or "bfloat16".
        model: on its device.
        image: one normalised image, float32 (1, C, H, W), on the same device.
        batch_size: images per step.

    Returns:
        "float32" or "bfloat16".
    """
    if wanted != "auto":
        return wanted
    if not _multiplies_bfloat16(image.device.type):
        return "float32"
    return "bfloat16" if _operations(model, image) * batch_size >= _BREAK_EVEN else "float32"


def _operations(model: nn.Module, image: Tensor) -> int:
    """Count the floating-point operations of convolutions and matrix products in one forward pass."""
    from torch.utils.flop_counter import FlopCounterMode

    with evaluation_mode(model), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(image)
    return int(counter.get_total_flops())


@functools.cache
def _multiplies_bfloat16(kind: str) -> bool:
    """Whether a kind of device multiplies bfloat16 in hardware; elsewhere it is emulated, and slow."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind == "cpu":
        checks = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
        return any(bool(check()) for check in checks if check is not None)
    return False
