"""What the answers to the exercises of docs/theory/receptive-field.py must be."""

from __future__ import annotations

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.summary import trace

__all__ = ["CHECKS"]


def _field(*layers: nn.Module) -> float:
    return float(trace(nn.Sequential(*layers), (1, 96, 96)).rows[-1].receptive_field or 0)


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [
            _field(nn.Conv2d(1, 1, 7, 2, 3), nn.MaxPool2d(3, 2, 1)),
            _field(nn.Conv2d(1, 1, 7, 2, 3), nn.MaxPool2d(3, 2, 1), nn.Conv2d(1, 1, 3, padding=1)),
        ],
        "池化之后、再加一个卷积之后",
        "after the pooling, and after the convolution",
        count=2,
    ),
    2: number(
        lambda: [
            _field(*(nn.Conv2d(1, 1, 3, dilation=d, padding=d) for d in (1, 2, 4, 8, 16))),
            next(n for n in range(1, 99) if _field(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(n))) >= 63),
        ],
        "边长、层数",
        "the side, the number of layers",
        count=2,
    ),
}
