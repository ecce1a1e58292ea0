"""What the answers to the exercises of docs/models/nin.py must be."""

from __future__ import annotations

import math

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import ledger_row, parameters

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(lambda: [parameters(nn.Conv2d(256, 64, kernel)) for kernel in (1, 3)], "1×1、3×3", "1×1, 3×3", count=2),
    2: number(lambda: parameters(nn.Linear(math.prod(ledger_row("nin", "features.8").output_shape), 1000, device="meta"))),
}
