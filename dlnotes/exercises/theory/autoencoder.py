"""What the answers to the exercises of docs/theory/autoencoder.py must be."""

from __future__ import annotations

import math
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart, dense_parameters

__all__ = ["CHECKS"]


def _rebuild(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    known, images = (torch.randn(n, 6, generator=generator, dtype=torch.float64) * torch.arange(1, 7) + 3 for n in (40, 5))
    for k in (1, 3, 6):
        # By eigenvectors of the covariance, where the page takes singular vectors.
        basis = torch.linalg.eigh((known - known.mean(0)).T.cov(correction=0)).eigenvectors[:, -k:]
        if complaint := apart(answer(known, images, k), known.mean(0) + (images - known.mean(0)) @ basis @ basis.T):
            return f"k={k}：{complaint[0]}", f"k={k}: {complaint[1]}"
    return None


CHECKS: dict[int, Check] = {
    1: number(lambda: dense_parameters(784, 128, 64, 2)),
    2: code("rebuild", "rebuild(known, images, k)：返回 (M, D)", "rebuild(known, images, k) returns (M, D)", _rebuild),
    3: number(lambda: [0.5, 2 * math.log(0.5)], "概率、目标", "the probability, the objective", count=2, tolerance=1e-3),
}
