"""What the answers to the exercises of docs/theory/generalization.py must be."""

from __future__ import annotations

import math

import torch

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


def _best_of(guessers: int, images: int, classes: int) -> float:
    """Integrate the expected best accuracy of so many guessers, each nearly normal around 1 in so many classes."""
    z = torch.linspace(-6, 8, 20_001, dtype=torch.float64)
    below = torch.special.ndtr(z)
    density = guessers * below ** (guessers - 1) * torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    highest = float(torch.trapezoid(z * density, z))
    p = 1 / classes
    return p + highest * math.sqrt(p * (1 - p) / images)


CHECKS: dict[int, Check] = {
    2: number(lambda: _best_of(100, 180, 10), "一个比例，0 到 1", "a share, 0 to 1", tolerance=0.05),
}
