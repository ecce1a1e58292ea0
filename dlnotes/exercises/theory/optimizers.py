"""What the answers to the exercises of docs/theory/optimizers.py must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _buffer(gradients: Callable[[int], float]) -> float:
    """Return the size of SGD's buffer with momentum 0.9 after many steps."""
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1.0, momentum=0.9)
    for step in range(500):
        w.grad = torch.full_like(w, gradients(step))
        optimizer.step()
    return abs(float(optimizer.state[w]["momentum_buffer"]))


def _state_of(kind: Any, **options: Any) -> int:
    """Count the numbers that an optimizer keeps for LeNet, without its counters of steps."""
    model = models.create("lenet")
    optimizer = kind(model.parameters(), lr=0.1, **options)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    kept = [value for state in optimizer.state.values() for key, value in state.items() if torch.is_tensor(value) and key != "step"]
    return sum(value.numel() for value in kept)


def _adam_step(answer: Any) -> tuple[str, str] | None:
    start = torch.randn(5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    w, m, v = start.clone(), torch.zeros(5, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    theirs = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theirs], lr=0.1)
    for t in range(1, 6):
        g = theirs.detach().sin() + 0.1
        theirs.grad = g
        optimizer.step()
        w, m, v = answer(w, g, m, v, t, 0.1)
        if (off := (w - theirs.detach()).abs().max().item()) > 1e-9:
            return f"第 {t} 步之后与 torch.optim.Adam 差 {off:.2g}", f"after step {t} it is {off:.2g} off torch.optim.Adam"
    return None


CHECKS: dict[int, Check] = {
    2: number(
        lambda: [_state_of(torch.optim.SGD), _state_of(torch.optim.SGD, momentum=0.9), _state_of(torch.optim.Adam)],
        "SGD、动量、Adam",
        "SGD, momentum, Adam",
        count=3,
    ),
    3: number(lambda: _buffer(lambda step: 1.0), "ηg 的几倍", "as a multiple of ηg", tolerance=1e-3),
    4: number(lambda: _buffer(lambda step: (-1.0) ** step), tolerance=5e-3),
    5: number(
        lambda: [size for size in range(2, 1257) if len(torch.arange(1257).split(size)[-1]) == 1],
        "从小到大",
        "from the smallest",
        count=7,
    ),
    6: code(
        "adam_step",
        "adam_step(w, g, m, v, t, lr)：张量与数，返回新的 (w, m, v)",
        "adam_step(w, g, m, v, t, lr): tensors and numbers; returns the new (w, m, v)",
        _adam_step,
    ),
}
