"""What the answers to the exercises of docs/theory/what-is-deep-learning.py must be."""

from __future__ import annotations

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import parameters

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    3: number(
        lambda: [parameters(nn.Linear(inputs, 10)) for inputs in (4 * 4 * 8, 784)],
        "边缘方向的、像素的",
        "on edge directions, on pixels",
        count=2,
    ),
    4: number(lambda: torch.zeros(2, 2, 8).numel(), "几个数", "how many numbers"),
}
