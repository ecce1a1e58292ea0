"""What the answers to the exercises of docs/training/learning-rate.py must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import batches

__all__ = ["CHECKS"]


def _edge_of_stability() -> Sequence[float]:
    """Find the largest rate that does not grow on a parabola of curvature 50, and the one that ends in one step."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        w = 1.0
        for _ in range(2000):
            w -= middle * 50 * w
            if abs(w) > 1e6:
                break
        low, high = (middle, high) if abs(w) <= 1.0 + 1e-9 else (low, middle)
    return [low, 1 / 50]


def _schedule(function: Callable[..., Any]) -> tuple[str, str] | None:
    for steps, warmup, lr in ((100, 10, 0.1), (7, 3, 2.0), (20, 1, 0.5)):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
        rising = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps - warmup)
        both = torch.optim.lr_scheduler.SequentialLR(optimizer, [rising, falling], milestones=[warmup])
        for step in range(steps):
            found, wanted = function(step, steps, warmup, lr), optimizer.param_groups[0]["lr"]
            if not math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-9):
                told = f"schedule({step}, {steps}, {warmup}, {lr})"
                return f"{told} 应当是 {wanted:.6g}，得到 {found:.6g}", f"{told} should be {wanted:.6g}, got {found:.6g}"
            optimizer.step()
            both.step()
    return None


CHECKS: dict[int, Check] = {
    1: number(_edge_of_stability, "上限、一步到底的", "the largest, and the one of a single step", count=2, tolerance=1e-3),
    2: number(lambda: 1 - (2 / 100) / 2 * 1, "每步乘多少", "the factor of a step"),
    3: number(
        lambda: [10 * len(batches(1257, size, drop_last=True)) for size in (64, 256)],
        "批量 64 的、256 的",
        "with 64, and with 256",
        count=2,
    ),
    5: number(
        lambda: (size := 4 * 32 * 8, len(batches(51_200, size, drop_last=False))),
        "有效批量大小、更新次数",
        "effective size, updates",
        count=2,
    ),
    6: code(
        "schedule",
        "schedule(step, steps, warmup, lr)：返回第 step 步的学习率",
        "schedule(step, steps, warmup, lr) returns the learning rate of that step",
        _schedule,
    ),
}
