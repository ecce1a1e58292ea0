"""What the answers to the exercises of docs/training/debugging.py must be."""

from __future__ import annotations

import math

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(lambda: math.log(100), "起始损失应当是多少", "what the start loss should be", tolerance=5e-3),
    3: number(lambda: 0.5 + 0.5 * 0.1, "上限，0 到 1", "the upper bound, 0 to 1", tolerance=0.02),
}
