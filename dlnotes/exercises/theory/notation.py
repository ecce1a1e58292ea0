"""What the answers to the exercises of docs/theory/notation.py must be."""

from __future__ import annotations

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import dense_parameters, parameters

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(lambda: dense_parameters(784, 100, 50, 10), "权重与偏置一共", "weights and biases together"),
    3: number(lambda: parameters(nn.Linear(3 * 32 * 32, 256))),
    5: number(lambda: dense_parameters(784, 256, 10) - dense_parameters(784, 256, 10, bias=False)),
}
