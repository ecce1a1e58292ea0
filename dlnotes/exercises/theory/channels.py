"""What the answers to the exercises of docs/theory/channels.py must be."""

from __future__ import annotations

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import parameters
from dlnotes.summary import trace

__all__ = ["CHECKS"]


def _separable_gain(kernel: int) -> float:
    """Compare a convolution with a depthwise separable one for very many output channels."""
    with torch.device("meta"):
        plain = nn.Conv2d(4, 10**6, kernel, bias=False)
        parts = nn.Sequential(nn.Conv2d(4, 4, kernel, groups=4, bias=False), nn.Conv2d(4, 10**6, 1, bias=False))
    return trace(plain, (4, 9, 9)).macs / trace(parts, (4, 9, 9)).macs


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [parameters(nn.Conv2d(96, 256, 5, groups=groups)) for groups in (2, 1)],
        "分组的、不分组的",
        "with groups, without",
        count=2,
    ),
    5: number(lambda: [_separable_gain(3), _separable_gain(5)], "3×3 的、5×5 的", "for 3×3, for 5×5", count=2, tolerance=1e-3),
}
