"""What the answers to the exercises of docs/models/resnet.py must be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import ledger_of, parameters

__all__ = ["CHECKS"]


def _bottleneck() -> Sequence[int]:
    sizes = ((256, 64, 1), (64, 64, 3), (64, 256, 1))
    return [
        sum(parameters(nn.Conv2d(*size, bias=False)) for size in sizes),
        2 * parameters(nn.Conv2d(256, 256, 3, bias=False)),
    ]


CHECKS: dict[int, Check] = {
    1: number(_bottleneck, "瓶颈的、两个 3×3 的", "of the bottleneck, of two 3×3", count=2),
    2: number(lambda: [ledger_of("resnet20").depth, ledger_of("resnet50").depth], count=2),
    4: number(lambda: math.prod([1 + 0.1] * 30), "残差网络的", "of the residual network", tolerance=5e-3),
}
