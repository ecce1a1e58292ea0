"""What the answers to the exercises of docs/theory/attention.py must be."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart, parameters

__all__ = ["CHECKS"]


def _causal(answer: Any) -> tuple[str, str] | None:
    q, k, v = torch.randn(3, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    return apart(answer(q, k, v), nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True))


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [float(torch.softmax(torch.tensor([2.0, 0.0]) / root, 0)[0]) for root in (4**0.5, 1)],
        "除以之后的、不除的",
        "divided, and not divided",
        count=2,
        tolerance=1e-3,
    ),
    2: code(
        "causal_attention",
        "causal_attention(q, k, v)：都是 (N, T, d)",
        "causal_attention(q, k, v), all of shape (N, T, d)",
        _causal,
    ),
    3: number(lambda: [parameters(nn.MultiheadAttention(32, 4)), 4 * 49 * 49], "参数、权重", "the parameters, the weights", count=2),
}
