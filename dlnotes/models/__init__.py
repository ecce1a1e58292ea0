"""Architectures by name, one file each, every file importing torch alone.

A file is imported when one of its names is first asked for, so a page that builds LeNet depends on lenet.py only.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from torch import nn

from dlnotes.errors import ConfigError, UnknownNameError

__all__ = ["create", "input_shape", "names", "source"]

_FILES = {
    "mlp": ("mlp", "mlp_32_16"),
    "lenet": ("lenet", "lenet_sigmoid", "lenet_bn", "lenet5"),
    "digit_cnn": ("digit_cnn",),
    "lenet_cifar": ("lenet_cifar", "lenet_cifar_relu"),
}
_FILE_OF = {name: file for file, variants in _FILES.items() for name in variants}


def names() -> tuple[str, ...]:
    """Return every model name, family by family."""
    return tuple(_FILE_OF)


def create(name: str, *, in_channels: int | None = None, num_classes: int | None = None) -> nn.Module:
    """Build a model with freshly initialised weights.

    Args:
        name: one of `names()`.
        in_channels: channels of the input images; None keeps the model's own number.
        num_classes: size of the output; None keeps the model's own number.

    Returns:
        The model: float32 images (N, in_channels, H, W) → logits (N, num_classes).

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
    shape: tuple[int, int, int] = _module(name).INPUT_SHAPE
    return shape


def source(name: str) -> Path:
    """Return the file that defines the model; it runs alone, with torch as its only import.

    Raises:
        UnknownNameError: no model of that name.
    """
    return Path(str(_module(name).__file__))


def _module(name: str) -> Any:
    if name not in _FILE_OF:
        raise UnknownNameError("model", name, _FILE_OF)
    return importlib.import_module(f"{__name__}.{_FILE_OF[name]}")
