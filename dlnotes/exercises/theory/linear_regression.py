"""What the answers to the exercises of docs/theory/linear-regression.py must be."""

from __future__ import annotations

from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _flat_steps() -> int:
    """Walk along the flat direction until 1 % is left."""
    left, steps = 1.0, 0
    while left > 0.01:
        left, steps = left * (1 - 1 / 400), steps + 1
    return steps


def _metres() -> float:
    """Fit a line to millimetres and to metres, and return by how much the weight grows."""
    x = torch.linspace(900.0, 1200.0, 30, dtype=torch.float64).unsqueeze(1)
    ones, y = torch.ones_like(x), 0.3 * x + 7
    small, large = (float(torch.linalg.lstsq(torch.cat([unit, ones], dim=1), y).solution[0]) for unit in (x, x / 1000))
    return large / small


def _whiten(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(200, 4, generator=generator, dtype=torch.float64) @ torch.randn(4, 4, generator=generator, dtype=torch.float64)
    white = answer(mixed * torch.tensor([1.0, 10.0, 0.1, 100.0], dtype=torch.float64) + 50)
    if tuple(white.shape) != (200, 4):
        return f"形状应当是 (200, 4)，得到 {tuple(white.shape)}", f"the shape should be (200, 4), got {tuple(white.shape)}"
    if white.mean(dim=0).abs().max() > 1e-6:
        return "各列的均值不是 0", "the columns do not have mean 0"
    off = (torch.cov(white.T) - torch.eye(4, dtype=torch.float64)).abs().max().item()
    if off > 0.02:  # dividing by N or by N - 1 is left open
        return f"协方差与单位矩阵差 {off:.2g}", f"the covariance is {off:.2g} off the identity matrix"
    return None


CHECKS: dict[int, Check] = {
    1: number(_metres, "权重变成几倍", "by how much the weight grows"),
    2: number(_flat_steps, tolerance=2e-3),
    4: code(
        "whiten",
        "whiten(features)：(N, d) 的张量，返回同样形状的张量，各列互不相关，均值 0，方差 1",
        "whiten(features): a tensor (N, d); returns one of that shape, with uncorrelated columns of mean 0 and variance 1",
        _whiten,
    ),
}
