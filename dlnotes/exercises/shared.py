"""What the checks of several pages need."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.utils.data import BatchSampler, SequentialSampler

from dlnotes import models
from dlnotes.summary import Ledger, trace

__all__ = ["apart", "batches", "dense_parameters", "ledger_of", "ledger_row", "parameters"]


def dense_parameters(*sizes: int, bias: bool = True) -> int:
    """Return the parameters of fully connected layers of these sizes."""
    return sum(i * o + o * bias for i, o in pairwise(sizes))


def parameters(module: nn.Module) -> int:
    """Count the parameters of a module."""
    return sum(parameter.numel() for parameter in module.parameters())


def apart(got: torch.Tensor, wanted: torch.Tensor) -> tuple[str, str] | None:
    """Say how an output differs from the right one."""
    if got.shape != wanted.shape:
        return (
            f"输出的形状应为 {tuple(wanted.shape)}，得到 {tuple(got.shape)}",
            f"the output should be {tuple(wanted.shape)}, got {tuple(got.shape)}",
        )
    difference = (got - wanted).abs().max().item()
    if difference <= 1e-4:
        return None
    return f"输出与应有的相差 {difference:.2g}", f"the output is {difference:.2g} off the right one"


def batches(count: int, size: int, *, drop_last: bool) -> list[int]:
    """Return the sizes of the batches of one epoch, as a DataLoader makes them."""
    return [len(batch) for batch in BatchSampler(SequentialSampler(range(count)), size, drop_last)]


def ledger_of(name: str) -> Ledger:
    """Trace a model on shapes alone."""
    with torch.device("meta"):
        return trace(models.create(name), models.input_shape(name))


def ledger_row(name: str, layer: str) -> Any:
    """Return the row of one layer in the ledger of a model."""
    return next(row for row in ledger_of(name).rows if row.name == layer)
