"""What the answers to the exercises of docs/training/memory.py must be."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


def _fixed_memory() -> Sequence[float]:
    """Return the megabytes of 25 million parameters with gradients and the state of Adam, and of SGD, from a smaller layer."""
    totals = []
    for optimizer_type in (torch.optim.Adam, torch.optim.SGD):
        layer = nn.Linear(1000, 250, bias=False)
        optimizer = optimizer_type(layer.parameters(), lr=0.1)
        layer.weight.grad = torch.zeros_like(layer.weight)
        optimizer.step()
        state = sum(
            value.nbytes for values in optimizer.state.values() for key, value in values.items() if key != "step" and value is not None
        )
        totals.append(100 * (layer.weight.nbytes + layer.weight.grad.nbytes + state) / 1e6)
    return totals


def _fewest_kept() -> Sequence[float]:
    """Try every number of segments of 100 layers."""
    kept = {segments: segments + 100 / segments for segments in range(1, 101)}
    best = min(kept, key=kept.__getitem__)
    return [best, kept[best]]


def _sent_in_a_ring() -> int:
    """Play 8 cards: n - 1 steps that add and n - 1 that copy, a block of an eighth each."""
    return sum(40_000_000 // 8 for _ in range(2 * (8 - 1)))


CHECKS: dict[int, Check] = {
    1: number(_fixed_memory, "Adam 的、SGD 的，用 MB", "with Adam, and with SGD, in MB", count=2),
    2: number(lambda: max(b for b in range(1, 1000) if 400 + 25 * b <= 8000)),
    3: number(_fewest_kept, "几段、几个张量", "segments, and tensors", count=2),
    4: number(_sent_in_a_ring),
}
