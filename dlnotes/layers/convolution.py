"""Convolution from scratch: once in loops, to be read, and once in whole tensors, to be used.

What deep learning calls convolution is a cross-correlation: the kernel is not turned over.

    output[n, o, y, x] = bias[o] + Σ_c Σ_i Σ_j weight[o, c, i, j] · input[n, c, y·s + i·d - p, x·s + j·d - p]

with stride s, dilation d, padding p, and zeros outside the image. Both functions are proved equal to
`torch.nn.functional.conv2d` in tests/layers/test_convolution.py: outputs, gradients, and what they refuse.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["conv2d", "conv2d_loops", "conv_output_size"]


# --8<-- [start:size]
def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return how many positions a kernel finds along one side.

    Args:
        size: pixels along the side.
        kernel_size: weights of the kernel along it.
        stride: pixels from one position to the next.
        padding: zeros added at each end.
        dilation: pixels from one weight to the next.

    Raises:
        ConfigError: an argument is out of range.
        ShapeError: the kernel is larger than the padded side.
    """
    if min(size, kernel_size, stride, dilation) < 1 or padding < 0:
        raise ConfigError(
            "size, kernel_size, stride and dilation must be at least 1 and padding at least 0, got "
            f"{size}, {kernel_size}, {stride}, {dilation} and {padding}"
        )
    span = dilation * (kernel_size - 1) + 1
    if span > size + 2 * padding:
        raise ShapeError(f"a kernel that spans {span} does not fit into {size + 2 * padding} padded pixels; pad more or shrink it")
    return (size + 2 * padding - span) // stride + 1


# --8<-- [end:size]


# --8<-- [start:loops]
def conv2d_loops(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """Convolve with one loop per dimension of the formula; slow, and easy to read.

    Args:
        input: (N, C, H, W).
        weight: (O, C, K_h, K_w).
        bias: (O,) or None.
        stride: pixels from one position to the next.
        padding: zeros added on each of the four sides.

    Returns:
        (N, O, H_out, W_out), see `conv_output_size`.

    Raises:
        ShapeError: the shapes do not fit.
    """
    _check(input, weight, bias, groups=1)
    input = F.pad(input, (padding, padding, padding, padding))
    count, _, height, width = input.shape
    channels, _, kernel_height, kernel_width = weight.shape
    rows = conv_output_size(height, kernel_height, stride)
    columns = conv_output_size(width, kernel_width, stride)
    output = input.new_zeros(count, channels, rows, columns)
    for n in range(count):
        for o in range(channels):
            for y in range(rows):
                for x in range(columns):
                    top, left = y * stride, x * stride
                    window = input[n, :, top : top + kernel_height, left : left + kernel_width]
                    output[n, o, y, x] = (window * weight[o]).sum()
            if bias is not None:
                output[n, o] = output[n, o] + bias[o]
    return output


# --8<-- [end:loops]


# --8<-- [start:conv2d]
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] | str = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve as `torch.nn.functional.conv2d` does, with the same arguments.

    Every window of the image becomes a column; then one matrix product serves all positions at once.

    Args:
        input: (N, C, H, W).
        weight: (O, C / groups, K_h, K_w).
        bias: (O,) or None.
        stride: pixels from one position to the next.
        padding: zeros on each side, or "valid" (none), or "same" (output as large as the input; stride 1 only).
        dilation: pixels from one weight to the next.
        groups: the channels fall into this many groups that do not see each other.

    Returns:
        (N, O, H_out, W_out), see `conv_output_size`.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: an argument is out of range.
    """
    _check(input, weight, bias, groups)
    kernel, stride, dilation = tuple(weight.shape[2:]), _pair(stride), _pair(dilation)
    top, bottom, left, right = _borders(padding, kernel, stride, dilation)
    input = F.pad(input, (left, right, top, bottom))
    rows, columns = (conv_output_size(input.shape[2 + i], kernel[i], stride[i], 0, dilation[i]) for i in (0, 1))
    # A view that repeats no memory: the same pixel stands in many windows. (N, C, H_out, W_out, K_h, K_w)
    n, c, h, w = input.stride()
    windows = input.as_strided(
        (*input.shape[:2], rows, columns, *kernel),
        (n, c, h * stride[0], w * stride[1], h * dilation[0], w * dilation[1]),
        input.storage_offset(),
    )
    windows = windows.reshape(len(input), groups, input.shape[1] // groups, *windows.shape[2:])  # (N, groups, C/groups, …)
    weight = weight.reshape(groups, -1, *weight.shape[1:])  # (groups, O/groups, C/groups, K_h, K_w)
    output = torch.einsum("ngcyxij,gocij->ngoyx", windows, weight).flatten(1, 2)  # (N, O, H_out, W_out)
    return output if bias is None else output + bias.view(1, -1, 1, 1)


# --8<-- [end:conv2d]


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or min(pair) < 1:
        raise ConfigError(f"stride and dilation must be one or two integers of at least 1, got {value!r}")
    return pair


def _borders(
    padding: int | tuple[int, int] | str, kernel: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the zeros to add at the top, bottom, left and right."""
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        if stride != (1, 1):
            raise ConfigError(f"padding='same' is defined for stride 1 only, got stride {stride}; give the padding as a number")
        total = [dilation[i] * (kernel[i] - 1) for i in (0, 1)]
        # An odd total puts the extra row below and the extra column on the right, as torch does.
        return total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2
    pair = (padding, padding) if isinstance(padding, int) else padding
    if isinstance(pair, str) or len(pair) != 2 or min(pair) < 0:
        raise ConfigError(f"padding must be 'valid', 'same', or one or two integers of at least 0, got {padding!r}")
    return pair[0], pair[0], pair[1], pair[1]


def _check(input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    if input.dim() != 4 or weight.dim() != 4:
        raise ShapeError(
            f"input must be (N, C, H, W) and weight (O, C/groups, K_h, K_w), got {tuple(input.shape)} and {tuple(weight.shape)}"
        )
    if groups < 1 or input.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(
            f"weight {tuple(weight.shape)} with groups={groups} takes {weight.shape[1] * groups} channels and a multiple of "
            f"{groups} outputs, got an input of {input.shape[1]} channels"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise ShapeError(f"bias must be ({weight.shape[0]},), one number per output channel, got {tuple(bias.shape)}")
