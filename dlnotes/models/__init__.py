"""Architectures by name, one file each, every file importing torch alone.

A file is imported when one of its names is first asked for, so a page that builds LeNet depends on lenet.py only.

What a file holds, besides its classes: `VARIANTS`, name → options of the class; `build(name, *, in_channels, num_classes)`;
`INPUT_SHAPE`, the (C, H, W) of its images, or `INPUT_SHAPES`, name → shape, where the variants differ. A file whose
canonical forms have a twin in torchvision also holds `TORCHVISION`, our name → torchvision's, and `RENAMES`, pairs of
regular expression and replacement that turn torchvision's parameter names into ours, applied one after the other.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlnotes.errors import CheckpointError, ConfigError, UnknownNameError

__all__ = ["create", "from_torchvision", "input_shape", "names", "source", "torchvision_names"]

_FILES = {
    "mlp": ("mlp", "mlp_32_16"),
    "lenet": ("lenet", "lenet_sigmoid", "lenet_bn", "lenet5"),
    "digit_cnn": ("digit_cnn",),
    "lenet_cifar": ("lenet_cifar", "lenet_cifar_relu"),
    "alexnet": ("alexnet", "alexnet_paper", "alexnet_small"),
    "vgg": ("vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "vgg_small"),
    "nin": ("nin", "nin_small", "nin_small_collapsing"),
    "googlenet": ("googlenet", "googlenet_paper", "googlenet_small"),
    "resnet": (
        *("resnet18", "resnet34", "resnet50", "resnet50_paper", "resnet101", "resnet152", "preact_resnet18"),
        *("resnet20", "resnet32", "resnet56", "plain20", "plain56", "resnet_small"),
    ),
    "densenet": ("densenet121", "densenet161", "densenet169", "densenet201", "densenet_small"),
}
_FILE_OF = {name: file for file, variants in _FILES.items() for name in variants}


def names() -> tuple[str, ...]:
    """Return every model name, family by family."""
    return tuple(_FILE_OF)


def create(name: str, *, in_channels: int | None = None, num_classes: int | None = None) -> nn.Module:
    """Build a model with freshly initialised weights.

    Args:
        name: one of `names()`.
        in_channels: channels of the input images; None keeps the model's own number: 3 for the canonical forms, made for
            ImageNet, and for those made for CIFAR-10; 1 for the small forms, made for digits.
        num_classes: size of the output; None keeps the model's own number: 1000 for the canonical forms, 10 for the rest.

    Returns:
        The model: float32 images (N, in_channels, H, W) → logits (N, num_classes). `with torch.device("meta")` around
        the call builds shapes alone, without memory, which is enough for counting.

    Raises:
        UnknownNameError: no model of that name; the nearest one is named.
        ConfigError: a size is not a positive integer.
    """
    module, options = _module(name), {}
    for key, value in (("in_channels", in_channels), ("num_classes", num_classes)):
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"{key} must be a positive integer, got {value!r}")
        options[key] = value
    model: nn.Module = module.build(name, **options)
    return model


def input_shape(name: str) -> tuple[int, int, int]:
    """Return the (C, H, W) of the images that the model was designed for.

    Raises:
        UnknownNameError: no model of that name.
    """
    module = _module(name)
    shape: tuple[int, int, int] = module.INPUT_SHAPES[name] if hasattr(module, "INPUT_SHAPES") else module.INPUT_SHAPE
    return shape


def source(name: str) -> Path:
    """Return the file that defines the model; it runs alone, with torch as its only import.

    Raises:
        UnknownNameError: no model of that name.
    """
    return Path(str(_module(name).__file__))


def torchvision_names() -> dict[str, str]:
    """Return the names that have a twin in torchvision, each with the twin's name there."""
    twins: dict[str, str] = {}
    for name in names():
        module = _module(name)
        if name in getattr(module, "TORCHVISION", {}):
            twins[name] = module.TORCHVISION[name]
    return twins


def from_torchvision(name: str, state_dict: Mapping[str, Tensor]) -> nn.Module:
    """Build a model and give it the weights of its torchvision twin, such as pretrained ones that you have.

    Args:
        name: one of `torchvision_names()`.
        state_dict: what `state_dict()` of the twin returned, as it is; the tensors are copied. Counters of batch
            normalisation may be missing, as they are in old files.

    Returns:
        The model in training mode, as `create` returns it, with the sizes, precision and device of the weights: a twin
        for 7 classes gives a model for 7 classes.

    Raises:
        UnknownNameError: the name has no twin; those that have one are listed.
        CheckpointError: keys are missing, are not known, or have the wrong shape; each one is named.
    """
    module = _module(name) if name in _FILE_OF else None
    if name not in getattr(module, "TORCHVISION", {}):
        raise UnknownNameError("model with a twin in torchvision", name, torchvision_names())
    weights = {}
    for key, tensor in state_dict.items():
        ours = key
        for pattern, replacement in getattr(module, "RENAMES", ()):
            ours = re.sub(pattern, replacement, ours)
        weights[ours] = key, tensor
    with torch.device("meta"):
        model = create(name, **_sizes(name, weights))
    _check(name, model.state_dict(), weights)
    found = {key: tensor.detach().clone() for key, (_, tensor) in weights.items()}
    for key in model.state_dict():
        # A counter starts at zero; it only matters where momentum is None.
        found.setdefault(key, torch.zeros((), dtype=torch.long, device=next(iter(found.values())).device))
    model.load_state_dict(found, assign=True)
    return model


def _sizes(name: str, weights: Mapping[str, tuple[str, Tensor]]) -> dict[str, int]:
    """Read the two sizes off the weights whose shapes follow them."""
    with torch.device("meta"):
        base, wide, many = (create(name, in_channels=c, num_classes=k).state_dict() for c, k in ((1, 1), (2, 1), (1, 2)))
    sizes: dict[str, int] = {}
    for option, other, axis in (("in_channels", wide, 1), ("num_classes", many, 0)):
        for key, tensor in base.items():
            if tensor.shape != other[key].shape and key in weights and weights[key][1].dim() == tensor.dim():
                sizes.setdefault(option, max(weights[key][1].shape[axis], 1))
    return sizes


def _check(name: str, wanted: Mapping[str, Tensor], weights: Mapping[str, tuple[str, Tensor]]) -> None:
    missing = [key for key in wanted if key not in weights and not key.endswith("num_batches_tracked")]
    odd = [f"{theirs!r}" for key, (theirs, _) in weights.items() if key not in wanted]
    shapes = [
        f"{theirs!r} is {tuple(tensor.shape)} and should be {tuple(wanted[key].shape)}"
        for key, (theirs, tensor) in weights.items()
        if key in wanted and tensor.shape != wanted[key].shape
    ]
    faults = [("missing (by the names here)", [repr(key) for key in missing]), ("not known", odd), ("wrong shape", shapes)]
    if any(items for _, items in faults):
        text = "; ".join(f"{kind}: {', '.join(items)}" for kind, items in faults if items)
        raise CheckpointError(f"these are not the weights of torchvision's {name}. {text}. Pass that model's state_dict(), unchanged")


def _module(name: str) -> Any:
    if name not in _FILE_OF:
        raise UnknownNameError("model", name, _FILE_OF)
    return importlib.import_module(f"{__name__}.{_FILE_OF[name]}")
