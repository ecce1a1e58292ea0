"""What the answers to the exercises of docs/models/what-a-cnn-sees.py must be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import ledger_row

__all__ = ["CHECKS"]


def _sizes() -> Sequence[int]:
    """Count the numbers from the input of LeNet to its second pooling."""
    names = ("features.0.0", "features.0.2", "features.1.0", "features.1.2")
    return [28 * 28, *(math.prod(ledger_row("lenet", name).output_shape) for name in names)]


def _activations(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    model = models.create("lenet").eval()
    images = torch.randn(2, 1, 28, 28)
    found = answer(model, images)
    leaves = [name for name, module in model.named_modules() if not any(True for _ in module.children())]
    if not isinstance(found, dict) or list(found) != leaves:
        got = list(found) if isinstance(found, dict) else type(found).__name__
        return (
            f"应当是名字 → 输出的字典，按调用的次序：{leaves}；得到 {got}",
            f"wanted a dict of name → output in the order of the calls, {leaves}; got {got}",
        )
    x = images
    with torch.no_grad():
        for name in leaves:
            x = model.get_submodule(name)(x)
            if not torch.equal(found[name], x):
                return f"{name} 的输出不对", f"the output of {name} is not right"
    if any(module._forward_hooks for module in model.modules()):
        return "钩子还挂着", "hooks are still there"
    return None


CHECKS: dict[int, Check] = {
    1: number(lambda: ledger_row("lenet", "features.1.2").receptive_field, "边长", "the side"),
    2: number(_sizes, "从输入到第 2 个池化层", "from the input to the second pooling", count=5),
    4: code(
        "activations",
        "activations(model, images)：返回字典，层的名字 → 输出，按调用的次序",
        "activations(model, images) returns a dict, name of the layer → output, in the order of the calls",
        _activations,
    ),
}
