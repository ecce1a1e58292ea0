"""What the answers to the exercises of docs/theory/linear-algebra.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart

__all__ = ["CHECKS"]


def _vectors() -> Sequence[float]:
    u, v = torch.tensor([1.0, 2.0, 2.0], dtype=torch.float64), torch.tensor([2.0, 0.0, 1.0], dtype=torch.float64)
    lengths = [torch.linalg.vector_norm(u, order).item() for order in (2, 1)]
    return [torch.dot(u, v).item(), *lengths, nn.functional.cosine_similarity(u, v, dim=0).item()]


def _cosine_matrix(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(4, 3, generator=generator), 5 * torch.randn(6, 3, generator=generator)
    wanted = torch.stack([nn.functional.cosine_similarity(row.expand_as(b), b, dim=1) for row in a])
    return apart(answer(a, b), wanted)


def _slopes_and_curvatures() -> Sequence[float]:
    def f(v: torch.Tensor) -> torch.Tensor:
        return v[0] ** 2 * v[1] + 3 * v[1]

    at = torch.tensor([2.0, 1.0], dtype=torch.float64)
    slopes, curvatures = torch.func.grad(f)(at), torch.linalg.eigvalsh(torch.func.jacrev(torch.func.grad(f))(at))
    return [*slopes.tolist(), *curvatures.tolist()]


def _softmax_moves() -> Sequence[float]:
    scores = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64).log()
    jacobian = torch.func.jacrev(lambda z: z.softmax(dim=0))(scores)
    return [0.01 * value for value in jacobian[:, 0].tolist()]


CHECKS: dict[int, Check] = {
    1: number(_vectors, "点积、L2 范数、L1 范数、余弦", "dot product, L2 norm, L1 norm, cosine", count=4, tolerance=1e-3),
    2: code(
        "cosine_matrix",
        "cosine_matrix(a, b)：(N, d) 与 (M, d) 的张量，返回 (N, M)",
        "cosine_matrix(a, b): tensors (N, d) and (M, d); returns (N, M)",
        _cosine_matrix,
    ),
    3: number(_slopes_and_curvatures, "对 x、对 y，再两个特征值", "by x, by y, then both eigenvalues", count=4, tolerance=1e-3),
    4: number(_softmax_moves, "三个改变", "the three changes", count=3, tolerance=0.02),
}
