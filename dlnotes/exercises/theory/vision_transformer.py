"""What the answers to the exercises of docs/theory/vision-transformer.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart, parameters

__all__ = ["CHECKS"]


def _patches(answer: Any) -> tuple[str, str] | None:
    for size, side in (((2, 3, 8, 12), 4), ((1, 1, 6, 4), 2)):
        images = torch.randn(size, generator=torch.Generator().manual_seed(0))
        wanted = nn.functional.unfold(images, side, stride=side).transpose(1, 2)
        if complaint := apart(answer(images, side), wanted):
            return f"{size}，side={side}：{complaint[0]}", f"{size}, side={side}: {complaint[1]}"
    return None


def _encoder_layer(width: int, inner: int) -> Sequence[float]:
    layer = nn.TransformerEncoderLayer(width, 4, inner)
    return [parameters(layer), 100 * parameters(layer.self_attn) / parameters(layer)]


CHECKS: dict[int, Check] = {
    1: number(lambda: [(224 // 16) ** 2, parameters(nn.Conv2d(3, 768, 16, 16))], "位置、参数", "positions, parameters", count=2),
    2: number(lambda: _encoder_layer(32, 64), "参数、百分数", "the parameters, the share in percent", count=2, tolerance=2e-2),
    3: code("patches", "patches(images, side)：边长除得尽", "patches(images, side); side divides height and width", _patches),
}
