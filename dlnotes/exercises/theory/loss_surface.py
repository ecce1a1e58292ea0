"""What the answers to the exercises of docs/theory/loss-surface.py must be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _running_mean(function: Callable[..., Any]) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    sets = [{"w": torch.randn(3, 2, generator=generator), "b": torch.randn(2, generator=generator)} for _ in range(5)]
    average = {name: value.clone() for name, value in sets[0].items()}
    for count, weights in enumerate(sets[1:], 1):
        before = {name: value.clone() for name, value in average.items()}
        given, average = average, function(average, weights, count)
        if any(not torch.equal(given[name], before[name]) for name in before):
            return "传进来的字典被改动了", "the dictionary that was passed in has changed"
        for name in before:
            wanted = torch.stack([each[name] for each in sets[: count + 1]]).mean(dim=0)
            if not torch.allclose(average[name], wanted, atol=1e-6):
                return f"{count + 1} 组的平均不对", f"the mean of {count + 1} sets is not right"
    return None


def _share_of_a_mean() -> float:
    """Draw sets of weights around the lowest point, and compare the loss of their means with that of single ones."""
    w = torch.randn(20_000, 25, generator=torch.Generator().manual_seed(0))
    return float(w.mean(dim=1).square().mean() / w.square().mean())


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [math.log(0.5) / math.log(0.99), 0.99**78], "步数，起点的分量", "the steps, the share of the start", count=2, tolerance=0.01
    ),
    3: code(
        "running_mean",
        "running_mean(old, new, count)：两个字典与一个整数，返回新的字典",
        "running_mean(old, new, count): two dictionaries and an integer; returns a new dictionary",
        _running_mean,
    ),
    4: number(_share_of_a_mean, "一个比例，0 到 1", "a share, 0 to 1", tolerance=0.03),
}
