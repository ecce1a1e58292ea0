"""What the answers to the exercises of docs/models/digit-cnns.py must be."""

from __future__ import annotations

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import ledger_row

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [ledger_row("digit_cnn", name).parameters for name in ("features.0", "features.3")],
        "第 1 层、第 2 层",
        "the first, the second",
        count=2,
    ),
    2: number(lambda: sum(parameter.numel() for parameter in nn.Linear(20 * 5 * 5, 500).parameters())),
}
