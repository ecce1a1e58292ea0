"""What the answers to the exercises of docs/training/seeds.py must be."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import torch

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


def _interval() -> Sequence[float]:
    """Return mean, deviation and half the width of the interval; with 2 degrees of freedom Student's quantile has a closed form."""
    results, share = (96.1, 96.9, 95.7), 0.975
    student = (2 * share - 1) / math.sqrt(2 * share * (1 - share))
    return [statistics.mean(results), statistics.stdev(results), student * statistics.stdev(results) / math.sqrt(3)]


def _highest(count: int) -> float:
    """Integrate the expected largest of so many independent normal variables."""
    z = torch.linspace(-8, 8, 20_001, dtype=torch.float64)
    density = count * torch.special.ndtr(z) ** (count - 1) * torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return float(torch.trapezoid(z * density, z))


def _runs_needed(difference: float, deviation: float) -> int:
    """Find, by powers of two, how many runs a side give a t of 2.8, which is 1.96 for the level and 0.84 for the chance."""
    runs = 1
    while difference / (deviation * math.sqrt(2 / runs)) < 2.8:
        runs *= 2
    return runs


CHECKS: dict[int, Check] = {
    1: number(lambda: _runs_needed(0.5, 1.0)),
    2: number(_interval, "均值、标准差、区间的半宽", "mean, deviation, half the width of the interval", count=3, tolerance=2e-2),
    3: number(lambda: 100 * float(torch.distributions.Bernoulli(0.992).stddev) / math.sqrt(10_000), "百分点", "in points", tolerance=0.02),
    4: number(lambda: _highest(10), tolerance=1e-2),
}
