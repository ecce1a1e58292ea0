"""What the answers to the exercises of docs/training/speed.py must be."""

from __future__ import annotations

from typing import Any

import torch

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _quantized(answer: Any) -> tuple[str, str] | None:
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(0)) - 0.3
    for bits in (8, 4, 2):
        found, most = answer(x.clone(), bits), 2 ** (bits - 1) - 1
        wanted = torch.fake_quantize_per_tensor_affine(x, x.abs().max().item() / most, 0, -most, most)
        if found.shape != x.shape or (found - wanted).abs().max() > 1e-5:
            return f"{bits} 位时，读回来的值不对", f"with {bits} bits the values read back are not right"
    return None


def _speedup(share: float, factor: float) -> float:
    """Time a whole of 1 before and after a share of it gets faster."""
    return 1 / (1 - share + share / factor)


CHECKS: dict[int, Check] = {
    1: number(lambda: [_speedup(0.6, 4), _speedup(0.4, 4)], "加快加载的、加快计算的", "loading, and calculating", count=2, tolerance=5e-3),
    2: number(lambda: [1 / 0.002, 32 / 0.016], "批量 1 的、批量 32 的", "with 1, and with 32", count=2),
    3: number(
        lambda: sum(p.nbytes - p.to(torch.int8).nbytes for p in models.create("lenet").parameters()) / 1000,
        "用 kB",
        "in kB",
        tolerance=5e-3,
    ),
    4: code(
        "quantize",
        "quantize(x, bits)：对称量化，整个张量一个系数，返回读回来的张量",
        "quantize(x, bits) rounds symmetrically with one scale for the tensor and returns what is read back",
        _quantized,
    ),
}
