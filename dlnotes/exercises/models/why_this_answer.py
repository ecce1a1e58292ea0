"""What the answers to the exercises of docs/models/why-this-answer.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _fgsm(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 8), nn.Tanh(), nn.Linear(8, 3))
    x, labels, epsilon = torch.rand(16, 1, 6, 6), torch.randint(0, 3, (16,)), 0.05
    before = x.clone()
    moved = answer(model, x, labels, epsilon)
    if not torch.equal(x, before):
        return "输入被就地改了", "the input was changed in place"
    if any(parameter.grad is not None for parameter in model.parameters()):
        return "模型的参数上留下了梯度", "gradients are left on the parameters of the model"
    if moved.shape != x.shape or moved.min() < 0 or moved.max() > 1:
        return "形状变了，或者超出了 0 到 1", "the shape has changed, or values leave 0 to 1"
    probe = x.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(model(probe), labels), probe)
    difference = (moved - (x + epsilon * gradient.sign()).clamp(0, 1)).abs().max().item()
    if difference > 1e-6:
        return f"与沿损失上升的符号走一步差 {difference:.2g}", f"it is {difference:.2g} off a step along the sign that raises the loss"
    return None


def _linear_attack() -> Sequence[float]:
    """Sum the change over all weights at their worst, and add up variances at random."""
    weights = torch.full((784,), 0.01, dtype=torch.float64)
    return [(0.1 * weights.abs()).sum().item(), (0.1 * weights).square().sum().sqrt().item()]


CHECKS: dict[int, Check] = {
    2: code(
        "fgsm",
        "fgsm(model, x, labels, epsilon)：0 到 1 的图片沿损失上升的方向走一步，返回新图片",
        "fgsm(model, x, labels, epsilon) moves images of 0 to 1 one step in the direction that raises the loss, and returns them",
        _fgsm,
    ),
    3: number(_linear_attack, "照符号改、随机的标准差", "with fitting signs, and the deviation at random", count=2),
}
