"""What the answers to the exercises of docs/training/loop.py must be."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import batches

__all__ = ["CHECKS"]


def _accumulate(answer: Any) -> tuple[str, str] | None:
    """Compare a step over four small batches with one over all of them."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(64, 5, generator=generator), torch.randint(0, 3, (64,), generator=generator)
    loss = nn.CrossEntropyLoss()
    weights = []
    for whole in (True, False):
        torch.manual_seed(0)
        model = nn.Linear(5, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        if whole:
            loss(model(images), labels).backward()
            optimizer.step()
        else:
            answer(model, loss, optimizer, list(zip(images.split(16), labels.split(16), strict=True)))
            left = [parameter.grad for parameter in model.parameters() if parameter.grad is not None and parameter.grad.abs().max() > 0]
            if left:
                return "结束时梯度没有清零，会混进下一步", "gradients are left over at the end and would go into the next step"
        weights.append(model.weight.detach().clone())
    difference = (weights[0] - weights[1]).abs().max().item()
    if difference > 1e-5:
        return (
            f"权重与一次用 64 个样本更新的结果差 {difference:.2g}",
            f"the weights are {difference:.2g} off those of one update with all 64 samples",
        )
    return None


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [len(sizes := batches(50_000, 128, drop_last=False)), sizes[-1]],
        "几次迭代、最后一个批量几张",
        "iterations, and images of the last batch",
        count=2,
    ),
    2: number(lambda: 64, "多少倍", "how many times as long"),
    3: code(
        "accumulate",
        "accumulate(model, loss_function, optimizer, batches)：batches 是几个同样大的 (images, labels)；更新一次，最后清零",
        "accumulate(model, loss_function, optimizer, batches): batches of one size, each (images, labels); one update, then no gradients",
        _accumulate,
    ),
}
