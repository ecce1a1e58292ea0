"""The windows that a kernel looks at: shared by convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["pair", "to_batch", "windows"]


# --8<-- [start:windows]
def windows(input: Tensor, kernel_size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> Tensor:
    """Return every window of an image that a kernel looks at; no pixel is copied.

        windows[n, c, y, x, i, j] = input[n, c, y·s + i·d, x·s + j·d]

    Args:
        input: (N, C, H, W), padded already.
        kernel_size: rows and columns of the kernel.
        stride: rows and columns from one window to the next.
        dilation: rows and columns from one pixel of a window to the next.

    Returns:
        (N, C, H_out, W_out, K_h, K_w), a view of `input`: the same pixel stands in many windows.
    """
    height, width = (dilation[axis] * (kernel_size[axis] - 1) + 1 for axis in (0, 1))
    spans = input.unfold(2, height, stride[0]).unfold(3, width, stride[1])  # (N, C, H_out, W_out, height, width)
    return spans[..., :: dilation[0], :: dilation[1]]


# --8<-- [end:windows]


def pair(value: int | Sequence[int], name: str, least: int = 1) -> tuple[int, int]:
    """Return a setting as (rows, columns).

    Args:
        value: one integer for both, or one for each.
        name: the setting's name, for the message.
        least: the smallest integer allowed.

    Raises:
        ConfigError: the value is something else.
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) not in (1, 2) or not all(isinstance(item, int) and item >= least for item in values):
        raise ConfigError(f"{name} must be one or two integers of at least {least}, got {value!r}")
    return values[0], values[-1]


def to_batch(input: Tensor) -> Tensor:
    """Return (N, C, H, W) as it is, and an image (C, H, W) as a batch of one.

    Raises:
        ShapeError: the tensor has another number of dimensions, or an image without pixels.
    """
    if input.dim() not in (3, 4):
        raise ShapeError(f"input must be (N, C, H, W), or (C, H, W) without a batch, got {tuple(input.shape)}")
    if 0 in input.shape[-3:]:
        raise ShapeError(f"only the batch may be empty, got channels, height and width {tuple(input.shape[-3:])}")
    return input if input.dim() == 4 else torch.unsqueeze(input, 0)
