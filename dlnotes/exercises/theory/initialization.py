"""What the answers to the exercises of docs/theory/initialization.py must be."""

from __future__ import annotations

import math

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(lambda: next(n for n in range(99) if 0.408**n < torch.finfo(torch.float32).eps), "几层", "how many layers"),
    3: number(
        lambda: [1 / math.sqrt(64 * 9), nn.init.calculate_gain("relu") / math.sqrt(64 * 9)],
        "界、标准差",
        "the bound, the standard deviation",
        count=2,
        tolerance=5e-3,
    ),
}
