"""What the answers to the exercises of docs/training/data.py must be."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import batches

__all__ = ["CHECKS"]


def _normalized_ends() -> Sequence[float]:
    """Send a black and a white pixel through torchvision's formula, done by torch."""
    pixels = torch.tensor([[[[0.0, 1.0]]]], dtype=torch.float64)
    norm = nn.BatchNorm2d(1, eps=0.0, affine=False, dtype=torch.float64).eval()
    norm.running_mean, norm.running_var = torch.tensor([0.1307], dtype=torch.float64), torch.tensor([0.3081**2], dtype=torch.float64)
    black, white = norm(pixels).flatten().tolist()
    return [black, white]


def _in_both() -> Sequence[float]:
    """Count how many images the first batches of two epochs share on average: 1,000 shuffled as a whole, and within batches of 100."""
    generator = torch.Generator().manual_seed(0)

    def first(within: bool) -> set[int]:
        if within:
            return set(torch.arange(1000).split(100)[0][torch.randperm(100, generator=generator)].tolist())
        return set(torch.randperm(1000, generator=generator)[:100].tolist())

    return [round(statistics.mean(len(first(within) & first(within)) for _ in range(2000))) for within in (False, True)]


def _constants(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    shades = torch.randint(0, 200, (6, 3, 1, 1), generator=generator)
    images = (shades + torch.randint(0, 56, (6, 3, 4, 5), generator=generator)).to(torch.uint8)
    by_channel = (images.double() / 255).transpose(0, 1).reshape(3, -1)
    wanted = by_channel.mean(dim=1), (by_channel - by_channel.mean(dim=1, keepdim=True)).square().mean(dim=1).sqrt()
    for got, right, (zh, en) in zip(answer(images), wanted, (("均值", "means"), ("标准差", "deviations")), strict=True):
        got = torch.as_tensor(got, dtype=torch.float64)
        # A reader may divide by n - 1.
        if got.shape != (3,) or (got - right).abs().max() > 6e-3:
            return f"{zh}应为 {_rounded(right)}，得到 {_rounded(got)}", f"the {en} should be {_rounded(right)}, got {_rounded(got)}"
    return None


def _rounded(values: torch.Tensor) -> str:
    return ", ".join(f"{value:.3f}" for value in values.flatten()[:6].tolist())


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [len(sizes := batches(55_000, 64, drop_last=True)), 55_000 - sum(sizes)],
        "几次迭代、丢下几张",
        "iterations, and images left out",
        count=2,
    ),
    2: number(_normalized_ends, "黑色、白色", "black, white", count=2, tolerance=2e-3),
    3: number(_in_both, "打乱全部时、只在批量内打乱时", "shuffled as a whole, and within batches", count=2),
    4: code(
        "channel_constants",
        "channel_constants(images)：uint8 (N, C, H, W) → 均值和标准差，各 (C,)，像素按 0 到 1 计",
        "channel_constants(images): uint8 (N, C, H, W) → means and deviations, each (C,), with pixels from 0 to 1",
        _constants,
    ),
}
