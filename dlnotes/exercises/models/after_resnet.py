"""What the answers to the exercises of docs/models/after-resnet.py must be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import parameters

__all__ = ["CHECKS"]


def _inverted() -> Sequence[float]:
    """Weights of an inverted residual, and the share of its depthwise step."""
    steps = [parameters(nn.Conv2d(*sizes, bias=False)) for sizes in ((24, 144, 1), (144, 24, 1))]
    depthwise = parameters(nn.Conv2d(144, 144, 3, groups=144, bias=False))
    return [sum(steps) + depthwise, depthwise / (sum(steps) + depthwise)]


def _below_three() -> float:
    """Walk all ways in which 4 channels can be above 0 or not."""
    ways = [sum(way) for way in itertools.product((0, 1), repeat=4)]
    return sum(number < 3 for number in ways) / len(ways)


def _unshuffle(answer: Any) -> tuple[str, str] | None:
    for channels, groups in ((8, 2), (12, 3), (12, 4), (10, 5)):
        x = torch.arange(2.0 * channels * 6).reshape(2, channels, 2, 3)
        got = answer(nn.functional.channel_shuffle(x, groups), groups)
        if got.shape != x.shape or not torch.equal(got, x):
            return (
                f"{channels} 个通道、{groups} 组，没有回到原来的次序",
                f"with {channels} channels in {groups} groups the order is not what it was",
            )
    return None


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [parameters(nn.Conv2d(128, 128, 3, groups=groups, bias=False)) for groups in (1, 32, 128)],
        "不分组、32 组、逐通道",
        "without groups, 32 groups, depthwise",
        count=3,
    ),
    2: number(_inverted, "权重个数、逐通道卷积的份额", "weights, and the share of the depthwise", count=2, tolerance=5e-3),
    3: number(_below_three, tolerance=5e-3),
    4: code(
        "unshuffle",
        "unshuffle(x, groups)：返回与 x 同形状的张量",
        "unshuffle(x, groups) returns a tensor of the shape of x",
        _unshuffle,
    ),
    5: number(lambda: 1.8 * 1.4**2 * (380 / 224) ** 2, "倍数", "how many times", tolerance=1e-2),
}
