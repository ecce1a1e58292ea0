"""What the answers to the exercises of docs/models/vgg.py must be."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import ledger_row, parameters
from dlnotes.summary import trace

__all__ = ["CHECKS"]


def _stacked_to_eleven() -> Sequence[int]:
    """Stack 3×3 convolutions of one channel until they see 11×11, and count their weights."""
    layers: list[nn.Module] = []
    field: int | str | None = 0
    while isinstance(field, int) and field < 11:
        layers.append(nn.Conv2d(1, 1, 3, bias=False))
        field = trace(nn.Sequential(*layers), (1, 32, 32)).rows[-1].receptive_field
    return [len(layers), parameters(nn.Sequential(*layers)), parameters(nn.Conv2d(1, 1, 11, bias=False))]


def _first_linear_of_vgg16() -> Sequence[int]:
    """Count the parameters of the first fully connected layer, as it is and behind a global average."""
    channels, height, width = ledger_row("vgg16", "features.30").output_shape
    return [parameters(nn.Linear(inputs, 4096, device="meta")) for inputs in (channels * height * width, channels)]


CHECKS: dict[int, Check] = {
    1: number(_stacked_to_eleven, "几个；两者各是 C² 的几倍", "how many; then both counts as multiples of C²", count=3),
    3: number(_first_linear_of_vgg16, "原来的、全局平均之后的", "as it is, and behind a global average", count=2),
}
