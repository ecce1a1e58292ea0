"""What the answers to the exercises of docs/models/densenet.py must be."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import ledger_of, parameters

__all__ = ["CHECKS"]


def _narrowing(inputs: int, growth: int) -> list[float]:
    """Count weights without and with the 1×1, and solve for the width at which they are equal."""
    with torch.device("meta"):

        def alone(width: int) -> int:
            return parameters(nn.Conv2d(width, growth, 3, bias=False))

        def narrowed(width: int) -> int:
            return parameters(nn.Sequential(nn.Conv2d(width, 4 * growth, 1, bias=False), nn.Conv2d(4 * growth, growth, 3, bias=False)))

        # Both grow in a straight line.
        gaps = [narrowed(width) - alone(width) for width in (1, 2)]
        return [alone(inputs), narrowed(inputs), 1 + gaps[0] / (gaps[0] - gaps[1])]


def _densenet_channels(name: str) -> int:
    shape = next(call.output_shape for call in ledger_of("densenet121").calls if call.name == name)
    return shape[0]


def _as_sum(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    for channels in (1, 3, 8):
        convolution = answer(channels)
        one, other = torch.randn(2, channels, 4, 5), torch.randn(2, channels, 4, 5)
        if not isinstance(convolution, nn.Conv2d) or convolution.kernel_size != (1, 1):
            return "应当返回 1×1 的 nn.Conv2d", "wanted an nn.Conv2d of 1×1"
        with torch.no_grad():
            got = convolution(torch.cat([one, other], 1))
        if got.shape != one.shape or not torch.allclose(got, one + other, atol=1e-5):
            return f"{channels} 个通道时，输出不是两者之和", f"with {channels} channels the output is not the sum"
    return None


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [_densenet_channels("features.block3"), _densenet_channels("features.transition3")],
        "块的输出、过渡层的输出",
        "out of the block, and out of the transition",
        count=2,
    ),
    2: number(
        lambda: _narrowing(512, 32), "直接、收窄、相等时的输入通道数", "alone, narrowed, and the width at which they are equal", count=3
    ),
    3: code(
        "as_sum",
        "as_sum(channels)：返回 1×1 的 nn.Conv2d",
        "as_sum(channels) returns an nn.Conv2d of 1×1",
        _as_sum,
    ),
}
