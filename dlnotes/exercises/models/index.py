"""What the answers to the exercises of docs/models/index.py must be."""

from __future__ import annotations

import math
from typing import Any

from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import ledger_of, parameters

__all__ = ["CHECKS"]


def _macs_per_parameter(answer: Any) -> tuple[str, str] | None:
    for name in ("lenet", "resnet18", "densenet121"):
        ledger = ledger_of(name)
        got, wanted = float(answer(name)), ledger.macs / ledger.parameters
        if not math.isclose(got, wanted, rel_tol=1e-3):
            return f"{name} 得到 {got:.4g}，应为 {wanted:.4g}", f"{name} gives {got:.4g}, should be {wanted:.4g}"
    return None


CHECKS: dict[int, Check] = {
    1: number(lambda: parameters(nn.Linear(512 * 7 * 7, 4096, device="meta")), "几个参数", "how many parameters"),
    2: number(lambda: [ledger_of("resnet34").depth, ledger_of("resnet50").depth], count=2),
    3: number(
        lambda: [math.sqrt(1 + 3), math.sqrt(50 + 100)], "两次的起伏各约几张", "chance, in images, in both cases", count=2, tolerance=0.02
    ),
    4: code(
        "macs_per_parameter",
        "macs_per_parameter(name)：返回一个数",
        "macs_per_parameter(name) returns a number",
        _macs_per_parameter,
    ),
}
