"""`images.to(device)` without an assignment: the tensor stays where it was.

`Tensor.to` returns a tensor on the device and leaves its own alone; `nn.Module.to` moves the module itself. A machine
without a GPU cannot show the crash, but torch's "meta" device can: it is a device of its own whose tensors have a shape
and no data.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["broken", "fixed", "symptom"]


# --8<-- [start:broken]
def broken(model: nn.Module, images: Tensor, device: torch.device) -> Tensor:
    """Move the model and lose the moved images: the result of `to` is thrown away."""
    model.to(device)
    images.to(device)
    logits: Tensor = model(images)
    return logits


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(model: nn.Module, images: Tensor, device: torch.device) -> Tensor:
    """Move the model in place and give the moved images a name."""
    model.to(device)
    images = images.to(device)
    logits: Tensor = model(images)
    return logits


# --8<-- [end:fixed]


# --8<-- [start:symptom]
def symptom(model: nn.Module, images: Tensor) -> str:
    """Return where model and images are, if that is not the same place; an empty string otherwise."""
    places = {tensor.device for tensor in [*model.parameters(), *model.buffers(), images]}
    return "" if len(places) == 1 else " and ".join(sorted(map(str, places)))


# --8<-- [end:symptom]
