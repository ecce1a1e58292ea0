"""What the answers to the exercises of docs/models/lenet.py must be."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import ledger_of, ledger_row

__all__ = ["CHECKS"]


def _as_convolution(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    for channels, side, outputs in ((16, 4, 120), (3, 5, 7)):
        linear = nn.Linear(channels * side * side, outputs)
        convolution = answer(linear, channels, side)
        maps = torch.randn(2, channels, side, side)
        with torch.no_grad():
            got, wanted = convolution(maps), linear(maps.flatten(1))
        if not isinstance(convolution, nn.Conv2d) or tuple(got.shape) != (2, outputs, 1, 1):
            return (
                f"应当返回 nn.Conv2d，输出形状 (2, {outputs}, 1, 1)；得到 {type(convolution).__name__}，{tuple(got.shape)}",
                f"wanted an nn.Conv2d whose output is (2, {outputs}, 1, 1); got {type(convolution).__name__} with {tuple(got.shape)}",
            )
        difference = (got.flatten(1) - wanted).abs().max().item()
        if difference > 1e-5:
            return f"输出与全连接层差 {difference:.2g}", f"the outputs are {difference:.2g} off those of the fully connected layer"
    return None


CHECKS: dict[int, Check] = {
    1: number(lambda: ledger_row("lenet", "features.1.0").parameters),
    2: number(
        lambda: [nn.Flatten()(torch.empty(1, 16, (28 // 2 - 4) // 2, 5)).shape[1], ledger_of("lenet5").parameters],
        "输入个数、参数总数",
        "inputs, and parameters in all",
        count=2,
    ),
    4: code(
        "as_convolution",
        "as_convolution(linear, channels, side)：返回等价的 nn.Conv2d",
        "as_convolution(linear, channels, side) returns the nn.Conv2d that does the same",
        _as_convolution,
    ),
}
