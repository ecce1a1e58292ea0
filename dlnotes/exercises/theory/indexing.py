"""What the answers to the exercises of docs/theory/indexing.py must be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _one_hot(function: Callable[..., Any]) -> tuple[str, str] | None:
    for labels, classes in ((torch.tensor([2, 0, 2, 1]), 4), (torch.tensor([5]), 6), (torch.arange(3), 3)):
        found, wanted = function(labels, classes), nn.functional.one_hot(labels, classes).float()
        if found.shape != wanted.shape:
            return f"形状应当是 {tuple(wanted.shape)}，得到 {tuple(found.shape)}", (
                f"the shape should be {tuple(wanted.shape)}, got {tuple(found.shape)}"
            )
        if not found.is_floating_point():
            return f"应当是浮点张量，得到 {found.dtype}", f"it should be a float tensor, got {found.dtype}"
        if not torch.equal(found, wanted):
            return f"类别号 {labels.tolist()} 得到了 {found.tolist()}", f"labels {labels.tolist()} gave {found.tolist()}"
    return None


def _cut(function: Callable[..., Any]) -> tuple[str, str] | None:
    for shape, size in (((2, 3, 6, 4), 2), ((1, 1, 28, 28), 7), ((2, 2, 3, 6), 3)):
        images = torch.arange(float(math.prod(shape))).reshape(shape)
        found = function(images, size)
        # unfold lists the windows along its last dimension.
        wanted = nn.functional.unfold(images, size, stride=size).mT
        if found.shape != wanted.shape:
            return f"{shape}、边长 {size} 的结果应当是 {tuple(wanted.shape)}，得到 {tuple(found.shape)}", (
                f"{shape} with side {size} should give {tuple(wanted.shape)}, got {tuple(found.shape)}"
            )
        if not torch.equal(found, wanted):
            return f"{shape}、边长 {size} 时形状对，数的次序不对", (
                f"{shape} with side {size}: the shape is right, the order of the numbers is not"
            )
    return None


CHECKS: dict[int, Check] = {
    1: number(lambda: tuple(torch.zeros(4, 3, 28, 28)[None, 1:3, ..., 0].shape), "形状", "the shape", count=4),
    2: code(
        "one_hot",
        "one_hot(labels, classes)：int64 张量 (N,) 与类别数，返回 (N, classes) 的浮点张量",
        "one_hot(labels, classes): an int64 tensor (N,) and a number; returns a float tensor (N, classes)",
        _one_hot,
    ),
    3: code(
        "cut",
        "cut(images, size)：(N, C, H, W) 的张量与边长，返回 (N, 块数, C·size²)",
        "cut(images, size): a tensor (N, C, H, W) and a side; returns (N, patches, C·size²)",
        _cut,
    ),
    4: number(
        lambda: [torch.einsum("bhqd,bhkd->bhqk", torch.ones(2, 3, 5, 4), torch.ones(2, 3, 7, 4)).numel(), math.prod((2, 3, 5, 7, 4))],
        "结果的个数，乘法的次数",
        "numbers in the result, then multiplications",
        count=2,
    ),
    5: number(
        lambda: (*torch.stack(pair := [torch.zeros(64, 10)] * 2).shape, *torch.cat(pair).shape, *torch.cat(pair, dim=1).shape),
        "三个形状接在一起",
        "the three shapes after each other",
        count=7,
    ),
}
