"""Layers from scratch, each proved equal to torch's; this package imports torch alone.

Functions have the names, arguments and defaults of `torch.nn.functional`, modules those of `torch.nn`, so that a
reader can swap one for the other. A file is imported when one of its names is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlnotes.layers.activations import elu, gelu, hardtanh, leaky_relu, relu, sigmoid, silu, softplus, tanh
    from dlnotes.layers.adaptive import (
        AdaptiveAvgPool2d,
        AdaptiveMaxPool2d,
        adaptive_avg_pool2d,
        adaptive_avg_pool2d_loops,
        adaptive_max_pool2d,
    )
    from dlnotes.layers.batchnorm import BatchNorm, BatchNorm1d, BatchNorm2d, batch_norm, convert_batch_norm
    from dlnotes.layers.convolution import Conv2d, conv2d, conv2d_loops, conv_output_size
    from dlnotes.layers.dense import Linear, linear, linear_loops
    from dlnotes.layers.dropouts import Dropout, Dropout2d, dropout, dropout2d
    from dlnotes.layers.losses import binary_cross_entropy_with_logits, cross_entropy, mse_loss, nll_loss
    from dlnotes.layers.normalization import GroupNorm, LayerNorm, group_norm, layer_norm
    from dlnotes.layers.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
    from dlnotes.layers.padding import pad
    from dlnotes.layers.pooling import AvgPool2d, MaxPool2d, avg_pool2d, avg_pool2d_loops, max_pool2d, max_pool2d_loops, pool_output_size
    from dlnotes.layers.probabilities import log_softmax, logsumexp, softmax
    from dlnotes.layers.shuffling import PixelShuffle, PixelUnshuffle, pixel_shuffle, pixel_shuffle_loops, pixel_unshuffle
    from dlnotes.layers.transposed import ConvTranspose2d, conv_transpose2d, conv_transpose2d_loops
    from dlnotes.layers.upsampling import Upsample, interpolate, interpolate_loops

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool2d",
    "BatchNorm",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "Dropout2d",
    "GroupNorm",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "PixelShuffle",
    "PixelUnshuffle",
    "RMSprop",
    "Upsample",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_loops",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_loops",
    "batch_norm",
    "binary_cross_entropy_with_logits",
    "conv2d",
    "conv2d_loops",
    "conv_output_size",
    "conv_transpose2d",
    "conv_transpose2d_loops",
    "convert_batch_norm",
    "cross_entropy",
    "dropout",
    "dropout2d",
    "elu",
    "gelu",
    "group_norm",
    "hardtanh",
    "interpolate",
    "interpolate_loops",
    "layer_norm",
    "leaky_relu",
    "linear",
    "linear_loops",
    "log_softmax",
    "logsumexp",
    "max_pool2d",
    "max_pool2d_loops",
    "mse_loss",
    "nll_loss",
    "pad",
    "pixel_shuffle",
    "pixel_shuffle_loops",
    "pixel_unshuffle",
    "pool_output_size",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]

# No file may have the name of a function: importing dlnotes/layers/x.py makes `layers.x` that file for ever.
_FILES = {
    "activations": ("elu", "gelu", "hardtanh", "leaky_relu", "relu", "sigmoid", "silu", "softplus", "tanh"),
    "adaptive": ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "adaptive_avg_pool2d", "adaptive_avg_pool2d_loops", "adaptive_max_pool2d"),
    "batchnorm": ("BatchNorm", "BatchNorm1d", "BatchNorm2d", "batch_norm", "convert_batch_norm"),
    "convolution": ("Conv2d", "conv2d", "conv2d_loops", "conv_output_size"),
    "dense": ("Linear", "linear", "linear_loops"),
    "dropouts": ("Dropout", "Dropout2d", "dropout", "dropout2d"),
    "losses": ("binary_cross_entropy_with_logits", "cross_entropy", "mse_loss", "nll_loss"),
    "normalization": ("GroupNorm", "LayerNorm", "group_norm", "layer_norm"),
    "optimizers": ("SGD", "Adagrad", "Adam", "AdamW", "RMSprop"),
    "padding": ("pad",),
    "pooling": ("AvgPool2d", "MaxPool2d", "avg_pool2d", "avg_pool2d_loops", "max_pool2d", "max_pool2d_loops", "pool_output_size"),
    "probabilities": ("log_softmax", "logsumexp", "softmax"),
    "shuffling": ("PixelShuffle", "PixelUnshuffle", "pixel_shuffle", "pixel_shuffle_loops", "pixel_unshuffle"),
    "transposed": ("ConvTranspose2d", "conv_transpose2d", "conv_transpose2d_loops"),
    "upsampling": ("Upsample", "interpolate", "interpolate_loops"),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
