"""What the answers to the exercises of docs/theory/convolution.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart, parameters
from dlnotes.summary import trace

__all__ = ["CHECKS"]


def _two_small_kernels() -> Sequence[float]:
    small = trace(nn.Sequential(nn.Conv2d(1, 1, 3, bias=False), nn.Conv2d(1, 1, 3, bias=False)), (1, 9, 9))
    large = trace(nn.Conv2d(1, 1, 5, bias=False), (1, 9, 9))
    return [float(small.rows[-1].receptive_field or 0), small.parameters, large.parameters]


def _dilated(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    for size, d in (((2, 3, 9, 11), 1), ((1, 2, 12, 9), 2), ((2, 1, 11, 13), 3)):
        image = torch.randn(size, generator=generator)
        weight = torch.randn(4, size[1], 3, 2, generator=generator)
        if complaint := apart(answer(image, weight, d), nn.functional.conv2d(image, weight, dilation=d)):
            return f"d={d}：{complaint[0]}", f"d={d}: {complaint[1]}"
    return None


CHECKS: dict[int, Check] = {
    1: number(lambda: parameters(nn.Conv2d(64, 128, 3))),
    2: number(
        _two_small_kernels,
        "看到的边长；两者各是 C² 的几倍",
        "the side that is seen; then both counts as multiples of C²",
        count=3,
    ),
    4: code(
        "dilated",
        "dilated(input, weight, d)：(N, C, H, W) 与 (O, C, K_h, K_w)，步幅 1，不填充，没有偏置",
        "dilated(input, weight, d): (N, C, H, W) and (O, C, K_h, K_w), stride 1, no padding, no bias",
        _dilated,
    ),
}
