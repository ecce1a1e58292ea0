"""What the answers to the exercises of docs/theory/regularization.py must be."""

from __future__ import annotations

import torch

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


def _decayed() -> float:
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.AdamW([w], lr=1e-3, weight_decay=0.01)
    for _ in range(100):
        w.grad = torch.zeros_like(w)
        optimizer.step()
    return float(w.detach()) ** 100


CHECKS: dict[int, Check] = {
    1: number(_decayed, "一个比例，0 到 1", "a share, 0 to 1", tolerance=2e-3),
    2: number(lambda: [30 * 9 / 10, 100 - 30 * 9 / 10], "都用百分数", "both in percent", count=2, tolerance=1e-3),
    3: number(lambda: [(1 - p) * (1 / (1 - p)) ** 2 - 1 for p in (0.5, 0.9)], "两个方差", "both variances", count=2, tolerance=1e-3),
    4: number(lambda: 1 - 0.2 + 0.2 / 10, "目标里最大的概率", "the highest probability in the target"),
}
