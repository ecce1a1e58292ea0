"""What the answers to the exercises of docs/models/dense-prediction.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import parameters

__all__ = ["CHECKS"]


def _overlap() -> float:
    """Paint both boxes on a grid of unit cells and count."""
    one, other = torch.zeros(2, 8, 8, dtype=torch.bool)
    one[0:4, 0:4] = True
    other[1:5, 2:6] = True
    return int((one & other).sum()) / int((one | other).sum())


def _dice() -> float:
    """Take regions with 6 cells in common and 10 together."""
    one, other = set(range(8)), set(range(2, 10))
    assert len(one & other) / len(one | other) == 0.6
    return 2 * len(one & other) / (len(one) + len(other))


def _box(answer: Any) -> tuple[str, str] | None:
    for top, left, bottom, right in ((2, 3, 5, 9), (0, 0, 0, 0), (7, 1, 7, 11)):
        mask = torch.zeros(8, 12, dtype=torch.bool)
        mask[top, right] = mask[bottom, left] = mask[top, (left + right) // 2] = True
        got, wanted = tuple(int(value) for value in answer(mask)), (left, top, right, bottom)
        if got != wanted:
            return f"得到 {got}，应为 {wanted}", f"got {got}, should be {wanted}"
    return None


def _smallest_map() -> Sequence[int]:
    halves = nn.Sequential(*[nn.Conv2d(1, 1, 3, stride=2, padding=1) for _ in range(3)])
    return list(halves(torch.empty(1, 1, 40, 56)).shape[2:])


def _transposed_instead() -> int:
    sizes = ((48, 48), (48, 24), (24, 12))
    return sum(parameters(nn.ConvTranspose2d(*size, 2)) - parameters(nn.Conv2d(*size, 1)) for size in sizes)


CHECKS: dict[int, Check] = {
    1: number(_overlap, tolerance=5e-3),
    2: number(lambda: 0.72 / 6, tolerance=5e-3),
    3: number(_dice, tolerance=5e-3),
    4: code(
        "box",
        "box(mask)：返回 (left, top, right, bottom)",
        "box(mask) returns (left, top, right, bottom)",
        _box,
    ),
    5: number(_smallest_map, "高、宽", "height, width", count=2),
    6: number(_transposed_instead),
}
