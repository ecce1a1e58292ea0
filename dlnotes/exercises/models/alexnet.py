"""What the answers to the exercises of docs/models/alexnet.py must be."""

from __future__ import annotations

import math

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import ledger_of, ledger_row

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [ledger_row("alexnet", "features.0").parameters, ledger_row("alexnet", "features.0").macs],
        "参数、MACs",
        "parameters, MACs",
        count=2,
    ),
    2: number(
        lambda: [
            sum(math.prod(row.output_shape) for row in ledger_of("alexnet_paper").rows if row.parameters and row.output_shape),
            math.prod(ledger_row("alexnet_paper", "features.0").output_shape),
        ],
        "全网的神经元、第 1 层的",
        "neurons of the network, and of its first layer",
        count=2,
    ),
    4: number(
        lambda: [nn.MaxPool2d(kernel, stride=2)(torch.empty(1, 13, 13)).shape[1] for kernel in (3, 2)],
        "重叠的、不重叠的",
        "overlapping, and not",
        count=2,
    ),
}
