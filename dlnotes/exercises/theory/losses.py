"""What the answers to the exercises of docs/theory/losses.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _best_constants() -> Sequence[float]:
    values = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0])
    grid = torch.linspace(0, 90, 9001)
    errors = grid.unsqueeze(1) - values
    return [round(grid[loss.mean(dim=1).argmin()].item(), 2) for loss in (errors**2, errors.abs())]


def _huber() -> Sequence[float]:
    e = torch.tensor([0.5, 3.0], dtype=torch.float64, requires_grad=True)
    losses = nn.functional.huber_loss(e, torch.zeros_like(e), reduction="none")
    (slopes,) = torch.autograd.grad(losses.sum(), e)
    return [losses[0].item(), slopes[0].item(), losses[1].item(), slopes[1].item()]


def _divergences() -> Sequence[float]:
    p, q = (torch.tensor([share, 1 - share], dtype=torch.float64) for share in (0.5, 0.9))
    return [torch.distributions.kl_divergence(*map(torch.distributions.Categorical, pair)).item() for pair in ((p, q), (q, p))]


def _distillation(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = (torch.randn(7, 5, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(2))
    labels = torch.randint(5, (7,), generator=generator)
    for temperature, alpha in ((1.0, 1.0), (4.0, 1.0), (4.0, 0.0), (2.5, 0.3)):
        p, log_q = (teacher / temperature).softmax(dim=1), (student / temperature).log_softmax(dim=1)
        soft = temperature**2 * (p * (p.log() - log_q)).sum(dim=1).mean()
        hard = -student.log_softmax(dim=1)[torch.arange(7), labels].mean()
        wanted, got = alpha * soft + (1 - alpha) * hard, answer(student, teacher, labels, temperature, alpha)
        if abs(got.item() - wanted.item()) > 1e-9:
            return (
                f"T={temperature:g}、alpha={alpha:g} 时应为 {wanted.item():.6f}，得到 {got.item():.6f}",
                f"at T={temperature:g}, alpha={alpha:g} it should be {wanted.item():.6f}, got {got.item():.6f}",
            )
        teacher.grad = None
        got.backward()
        if teacher.grad is not None and teacher.grad.abs().max() > 0:
            return "梯度流进了教师", "the gradient flows into the teacher"
    return None


CHECKS: dict[int, Check] = {
    1: number(_best_constants, "均方误差的、平均绝对误差的", "for the squared error, for the absolute error", count=2),
    2: number(_huber, "误差 0.5 的损失与导数，误差 3 的损失与导数", "loss and derivative at 0.5, then at 3", count=4, tolerance=1e-3),
    3: number(lambda: [1 / (1 - p) ** 2 for p in (0.9, 0.1)], "容易的、难的", "the easy one, the hard one", count=2, tolerance=2e-3),
    4: number(_divergences, "KL(p‖q)、KL(q‖p)", "KL(p‖q), KL(q‖p)", count=2, tolerance=1e-3),
    5: code(
        "distillation",
        "distillation(student, teacher, labels, temperature, alpha)：返回一个数的张量",
        "distillation(student, teacher, labels, temperature, alpha) returns a tensor of one number",
        _distillation,
    ),
}
