"""Layers from scratch, each proved equal to torch's; this package imports torch alone.

Functions have the names, arguments and defaults of `torch.nn.functional`, modules those of `torch.nn`, so that a
reader can swap one for the other. A file is imported when one of its names is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlnotes.layers.adaptive import (
        AdaptiveAvgPool2d,
        AdaptiveMaxPool2d,
        adaptive_avg_pool2d,
        adaptive_avg_pool2d_loops,
        adaptive_max_pool2d,
    )
    from dlnotes.layers.convolution import Conv2d, conv2d, conv2d_loops, conv_output_size
    from dlnotes.layers.dense import Linear, linear, linear_loops
    from dlnotes.layers.padding import pad
    from dlnotes.layers.pooling import AvgPool2d, MaxPool2d, avg_pool2d, avg_pool2d_loops, max_pool2d, max_pool2d_loops, pool_output_size
    from dlnotes.layers.shuffling import PixelShuffle, PixelUnshuffle, pixel_shuffle, pixel_shuffle_loops, pixel_unshuffle
    from dlnotes.layers.transposed import ConvTranspose2d, conv_transpose2d, conv_transpose2d_loops
    from dlnotes.layers.upsampling import Upsample, interpolate, interpolate_loops

__all__ = [
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool2d",
    "Conv2d",
    "ConvTranspose2d",
    "Linear",
    "MaxPool2d",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_loops",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_loops",
    "conv2d",
    "conv2d_loops",
    "conv_output_size",
    "conv_transpose2d",
    "conv_transpose2d_loops",
    "interpolate",
    "interpolate_loops",
    "linear",
    "linear_loops",
    "max_pool2d",
    "max_pool2d_loops",
    "pad",
    "pixel_shuffle",
    "pixel_shuffle_loops",
    "pixel_unshuffle",
    "pool_output_size",
]

# No file may have the name of a function: importing dlnotes/layers/x.py makes `layers.x` that file for ever.
_FILES = {
    "adaptive": (
        "AdaptiveAvgPool2d",
        "AdaptiveMaxPool2d",
        "adaptive_avg_pool2d",
        "adaptive_avg_pool2d_loops",
        "adaptive_max_pool2d",
    ),
    "convolution": (
        "Conv2d",
        "conv2d",
        "conv2d_loops",
        "conv_output_size",
    ),
    "dense": (
        "Linear",
        "linear",
        "linear_loops",
    ),
    "padding": ("pad",),
    "pooling": (
        "AvgPool2d",
        "MaxPool2d",
        "avg_pool2d",
        "avg_pool2d_loops",
        "max_pool2d",
        "max_pool2d_loops",
        "pool_output_size",
    ),
    "shuffling": (
        "PixelShuffle",
        "PixelUnshuffle",
        "pixel_shuffle",
        "pixel_shuffle_loops",
        "pixel_unshuffle",
    ),
    "transposed": (
        "ConvTranspose2d",
        "conv_transpose2d",
        "conv_transpose2d_loops",
    ),
    "upsampling": (
        "Upsample",
        "interpolate",
        "interpolate_loops",
    ),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
