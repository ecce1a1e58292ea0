"""What the answers to the exercises of docs/theory/softmax-regression.py must be."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


def _two_scores() -> Sequence[float]:
    scores = torch.tensor([[3.0, 1.0]], requires_grad=True)
    loss = nn.functional.cross_entropy(scores, torch.tensor([0]))
    loss.backward()
    return [loss.item(), *(scores.grad[0].tolist() if scores.grad is not None else [])]


def _smoothed_floor() -> float:
    target = torch.full((10,), 0.2 / 10)
    target[0] += 0.8
    return float(-(target * target.log()).sum())


CHECKS: dict[int, Check] = {
    1: number(lambda: float(-torch.full((100,), 0.01).log().mean()), tolerance=5e-3),
    2: number(_two_scores, "损失、两个梯度", "the loss and the two gradients", count=3, tolerance=5e-3),
    4: number(lambda: math.exp(-4.6), "一个比例，0 到 1", "a share, 0 to 1", tolerance=0.02),
    5: number(_smoothed_floor, tolerance=2e-3),
}
