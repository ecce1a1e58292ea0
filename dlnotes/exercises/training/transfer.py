"""What the answers to the exercises of docs/training/transfer.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _new_head() -> Sequence[int]:
    """Return the parameters of the new last layer of ResNet-18, and of the whole network with it."""
    with torch.device("meta"):
        model = models.create("resnet18", num_classes=10)
    return [sum(p.numel() for p in module.parameters()) for module in (list(model.modules())[-1], model)]


def _freeze_batch_norm(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    convolution, linear, dropout = nn.Conv2d(1, 2, 3), nn.Linear(32, 3), nn.Dropout(0.5)
    normalized = (nn.BatchNorm2d(2), nn.BatchNorm1d(3))
    model = nn.Sequential(convolution, normalized[0], dropout, nn.Sequential(nn.Flatten(), linear, normalized[1]))
    before = [{key: value.clone() for key, value in layer.state_dict().items()} for layer in normalized]
    model.train()
    answer(model)
    model(torch.randn(8, 1, 6, 6)).sum().backward()
    for layer, old in zip(normalized, before, strict=True):
        if any(not torch.equal(layer.state_dict()[key], value) for key, value in old.items()):
            return "前向一次之后，移动统计量变了", "after one forward pass the running statistics have changed"
        if any(parameter.requires_grad for parameter in layer.parameters()):
            return "批量归一化的参数还要求导", "parameters of batch normalization still want a gradient"
    if not dropout.training:
        return "别的层也离开了训练模式，dropout 不再起作用", "other layers have left training mode too, and dropout does nothing"
    if not all(parameter.requires_grad for layer in (convolution, linear) for parameter in layer.parameters()):
        return "别的层的参数也冻住了", "parameters of other layers are frozen too"
    return None


def _sparse() -> Sequence[float]:
    """Find the share of zeros from which pairs of value and place take less room, and what is left of it at nine tenths."""
    shares = [number / 1000 for number in range(1001)]
    return [max(share for share in shares if (1 - share) * (4 + 4) >= 4), (1 - 0.9) * (4 + 4) / 4]


CHECKS: dict[int, Check] = {
    1: number(_new_head, "新头的、整个网络的", "of the new head, and of the whole network", count=2),
    2: code(
        "freeze_batch_norm",
        "freeze_batch_norm(model)：就地冻结所有批量归一化层，在 model.train() 之后调用",
        "freeze_batch_norm(model) freezes every batch normalization in place; it is called after model.train()",
        _freeze_batch_norm,
    ),
    4: number(_sparse, "比例、剩几分之几，都写成小数", "the share, and the part that is left, as decimals", count=2),
}
