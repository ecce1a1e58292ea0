"""What the answers to the exercises of docs/theory/upsampling.py must be."""

from __future__ import annotations

import torch
from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import parameters

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [
            parameters(nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, device="meta")(torch.empty(1, 64, 7, 7, device="meta")).shape[-1],
        ],
        "参数、输出的边长",
        "parameters, side of the output",
        count=2,
    ),
}
