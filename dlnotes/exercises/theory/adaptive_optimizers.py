"""What the answers to the exercises of docs/theory/adaptive-optimizers.py must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _step_length(optimizer: Callable[..., torch.optim.Optimizer], step: int) -> float:
    """Return the length of a step at learning rate 0.1 when all gradients are 2."""
    w = torch.zeros((), dtype=torch.float64, requires_grad=True)
    walker, before = optimizer([w], lr=0.1), 0.0
    for _ in range(step):
        before = w.item()
        w.grad = torch.full_like(w, 2.0)
        walker.step()
    return before - w.item()


def _rmsprop_step(function: Callable[..., Any]) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(5, generator=generator, dtype=torch.float64)
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.RMSprop([theirs], lr=0.05)
    v = torch.zeros_like(w)
    for step in range(1, 6):
        theirs.grad = torch.randn(5, generator=generator, dtype=torch.float64) * 10.0 ** -(step % 3)
        optimizer.step()
        w, v = function(w, theirs.grad.clone(), v, 0.05)
        if (off := (w - theirs.detach()).abs().max().item()) > 1e-9:
            return f"第 {step} 步之后与 torch.optim.RMSprop 差 {off:.2g}", f"after step {step} it is {off:.2g} off torch.optim.RMSprop"
    return None


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [_step_length(torch.optim.Adagrad, step) for step in (1, 100)],
        "第 1 步，第 100 步",
        "step 1, step 100",
        count=2,
        tolerance=1e-3,
    ),
    2: number(
        lambda: [_step_length(torch.optim.RMSprop, step) for step in (1, 2000)],
        "第 1 步，很久以后",
        "step 1, and in the end",
        count=2,
        tolerance=1e-3,
    ),
    3: code(
        "rmsprop_step",
        "rmsprop_step(w, g, v, lr)：张量与数，返回新的 (w, v)",
        "rmsprop_step(w, g, v, lr): tensors and numbers; returns the new (w, v)",
        _rmsprop_step,
    ),
    5: number(lambda: 1.38e8**2 * 4 / 2**50, tolerance=0.02),
}
