"""What the answers to the exercises of docs/training/precision.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _intensities() -> Sequence[float]:
    """Count operations and bytes of a product of 4096 × 4096, and find the first size with 20 operations per byte."""

    def intensity(n: int) -> float:
        return 2 * n**3 / (3 * n**2 * torch.finfo(torch.float32).bits / 8)

    return [intensity(4096), next(n for n in range(1, 4096) if intensity(n) >= 20)]


def _largest_scale() -> int:
    """Double the scale of a gradient of 0.5 in float16 until it is infinite."""
    gradient = torch.tensor(0.5, dtype=torch.float16)
    return max(power for power in range(30) if (gradient.float() * 2.0**power).half().isfinite())


def _epsilon(answer: Any) -> tuple[str, str] | None:
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        found, wanted = float(answer(dtype)), torch.finfo(dtype).eps
        if found != wanted:
            return f"{dtype} 的应当是 {wanted:.6g}，得到 {found:.6g}", f"for {dtype} it is {wanted:.6g}, got {found:.6g}"
    return None


CHECKS: dict[int, Check] = {
    1: number(_intensities, "算术强度、最小的 n", "the intensity, and the least n", count=2, tolerance=1e-3),
    2: number(_largest_scale),
    3: number(lambda: torch.finfo(torch.bfloat16).eps / 2),
    4: code(
        "machine_epsilon",
        "machine_epsilon(dtype)：这种格式里 1 与下一个数之差，一个浮点数",
        "machine_epsilon(dtype) gives the difference between 1 and the next number of that format, a float",
        _epsilon,
    ),
}
