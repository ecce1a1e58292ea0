"""What the answers to the exercises of docs/models/batch-norm.py must be."""

from __future__ import annotations

from torch import nn

from dlnotes import models
from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import parameters

__all__ = ["CHECKS"]


def _statistics() -> list[int]:
    model = models.create("lenet_bn")
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    return [
        sum(map(parameters, norms)),
        sum(buffer.numel() for norm in norms for name, buffer in norm.named_buffers() if name.startswith("running")),
    ]


CHECKS: dict[int, Check] = {
    1: number(_statistics, "参数个数、移动统计量里的数字个数", "parameters, and numbers in running statistics", count=2),
}
