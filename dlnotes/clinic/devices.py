"""Where tensors live, and how a program starts.

A machine without a GPU can show what goes wrong on one: torch's "meta" device is a device of its own, whose tensors
have a shape and no data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dlnotes.clinic.case import Case, attempt

__all__ = ["CASES"]


# --8<-- [start:device-moves-broken]
def device_moves_broken(model: nn.Module, images: Tensor, device: torch.device) -> Any:
    """Move the model and lose the moved images: the result of `to` is thrown away."""
    model.to(device)
    images.to(device)
    return model(images)


# --8<-- [end:device-moves-broken]


# --8<-- [start:device-moves-fixed]
def device_moves_fixed(model: nn.Module, images: Tensor, device: torch.device) -> Any:
    """Move the model in place and give the moved images a name."""
    model.to(device)
    images = images.to(device)
    return model(images)


# --8<-- [end:device-moves-fixed]


def device_moves_symptom(version: Callable[..., Any]) -> str:
    """Return the error of the forward pass."""
    return attempt(version, nn.Linear(4, 2), torch.zeros(3, 4), torch.device("meta"))


# --8<-- [start:device-moves-check]
def device_moves_check(forward: Callable[..., Any]) -> None:
    """Model and images meet on the device; meta stands for a GPU."""
    logits = forward(nn.Linear(4, 2), torch.zeros(3, 4), torch.device("meta"))
    assert logits.device.type == "meta"


# --8<-- [end:device-moves-check]

CASES = (
    Case(
        "E-01",
        "device-moves",
        title=("写了 `.to(device)`，数据却没有搬过去", "You wrote `.to(device)`, and the data did not move"),
        seen=(
            "张量在不同设备上 Expected all tensors to be on the same device",
            "expected all tensors to be on the same device, found cuda:0 and cpu",
        ),
        where=("第一次换到 GPU 上训练", "the first training run on a GPU"),
        broken=device_moves_broken,
        fixed=device_moves_fixed,
        symptom=device_moves_symptom,
        sign="is not on the expected device",
        check=device_moves_check,
    ),
)
