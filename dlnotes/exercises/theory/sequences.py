"""What the answers to the exercises of docs/theory/sequences.py must be."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart, parameters

__all__ = ["CHECKS"]


def _bidirectional(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    rnn, backwards = nn.RNN(3, 5, batch_first=True), nn.RNN(3, 5, batch_first=True)
    backwards.load_state_dict(rnn.state_dict())
    x = torch.randn(2, 7, 3)
    with torch.no_grad():
        wanted = torch.cat([rnn(x)[1][0], backwards(x.flip(1))[1][0]], dim=1)
        W, U, b, c = rnn.parameters()
        return apart(answer(x, W, U, b + c), wanted)


CHECKS: dict[int, Check] = {
    1: number(lambda: [parameters(nn.RNN(16, 32)), parameters(nn.LSTM(16, 32))], "两者各有多少", "the parameters of each", count=2),
    2: number(
        lambda: [next(n for n in range(1, 99) if 0.5**n < 1e-3), float(torch.logit(torch.tensor(0.5 ** (1 / 40), dtype=torch.float64)))],
        "步数、偏置",
        "the number of steps, the bias",
        count=2,
        tolerance=1e-2,
    ),
    3: code(
        "bidirectional",
        "bidirectional(x, W, U, b)：x 是 (N, T, I)，W 是 (H, I)，U 是 (H, H)，b 是 (H,)；返回 (N, 2H)，先左到右",
        "bidirectional(x, W, U, b): x (N, T, I), W (H, I), U (H, H), b (H,); returns (N, 2H), left to right first",
        _bidirectional,
    ),
}
