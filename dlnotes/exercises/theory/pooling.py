"""What the answers to the exercises of docs/theory/pooling.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart

__all__ = ["CHECKS"]


def _starts() -> Sequence[int]:
    """Read off where the windows of adaptive pooling begin, from 10 to 4."""
    windows = nn.functional.adaptive_avg_pool1d(torch.eye(10)[None], 4)[0].T
    return [int(row.nonzero()[0]) for row in windows]


def _average(answer: Any) -> tuple[str, str] | None:
    images = torch.randn(2, 3, 8, 6, generator=torch.Generator().manual_seed(0))
    convolution = answer(3)
    if not isinstance(convolution, nn.Conv2d):
        return f"应当返回 nn.Conv2d，得到 {type(convolution).__name__}", f"wanted an nn.Conv2d, got {type(convolution).__name__}"
    with torch.no_grad():
        return apart(convolution(images), nn.functional.avg_pool2d(images, 2))


CHECKS: dict[int, Check] = {
    2: code("average", "average(channels)：返回 nn.Conv2d", "average(channels) returns an nn.Conv2d", _average),
    3: number(
        lambda: [
            nn.functional.max_pool2d(-torch.ones(1, 1, 5, 5), 3, stride=1, padding=1)[0, 0, 0, 0].item(),
            nn.functional.max_pool2d(nn.functional.pad(-torch.ones(1, 1, 5, 5), (1, 1, 1, 1)), 3, stride=1)[0, 0, 0, 0].item(),
        ],
        "左上角的数；若补的是 0",
        "the number at the top left; and with zeros around",
        count=2,
    ),
    4: number(_starts, "四个窗口从哪里开始，从 0 数起", "where the four windows begin, counted from 0", count=4),
}
