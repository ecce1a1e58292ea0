"""What the answers to the exercises of docs/theory/normalization.py must be."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import apart, parameters

__all__ = ["CHECKS"]


def _fold(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    for bias in (True, False):
        pair = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=bias), nn.BatchNorm2d(5))
        with torch.no_grad():
            for parameter in pair[1].parameters():
                parameter.normal_()
            for _ in range(3):
                pair(3 * torch.randn(8, 3, 9, 9) + 1)
            pair.eval()
            image = torch.randn(2, 3, 9, 9)
            folded = answer(pair[0], pair[1])
            if not isinstance(folded, nn.Conv2d):
                return f"应当返回 nn.Conv2d，得到 {type(folded).__name__}", f"wanted an nn.Conv2d, got {type(folded).__name__}"
            if complaint := apart(folded(image), pair(image)):
                return complaint if bias else (f"bias=False 时，{complaint[0]}", f"with bias=False, {complaint[1]}")
    return None


CHECKS: dict[int, Check] = {
    2: code(
        "fold",
        "fold(convolution, normalization)：返回评估模式下等价的 nn.Conv2d；卷积没有分组和膨胀",
        "fold(convolution, normalization) returns the nn.Conv2d that equals both in evaluation; there are no groups and no dilation",
        _fold,
    ),
    4: number(lambda: 100 * (1 - 0.9**22), "百分数", "in percent", tolerance=5e-3),
    5: number(
        lambda: [parameters(nn.LayerNorm((16, 7, 7))), parameters(nn.GroupNorm(1, 16))], "各有多少参数", "the parameters of each", count=2
    ),
}
