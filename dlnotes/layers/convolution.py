"""Convolution from scratch: once in loops, to be read, and once in whole tensors, to be used.

What deep learning calls convolution is a cross-correlation: the kernel is not turned over.

    output[n, o, y, x] = bias[o] + Σ_c Σ_i Σ_j weight[o, c, i, j] · input[n, c, y·s + i·d - p, x·s + j·d - p]

with stride s, dilation d, padding p, and zeros outside the image. Both functions are proved equal to
`torch.nn.functional.conv2d` in tests/layers/test_convolution.py: outputs, gradients, and what they refuse.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.layers._windows import pair, to_batch, windows
from dlnotes.layers.padding import pad

__all__ = ["Conv2d", "conv2d", "conv2d_loops", "conv_output_size"]


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
    input = pad(input, (padding, padding, padding, padding))
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

    "same" adds d·(k - 1) zeros in all; where that is odd, the one too many goes to the bottom and to the right.

    Args:
        input: (N, C, H, W), or one image (C, H, W).
        weight: (O, C / groups, K_h, K_w).
        bias: (O,) or None.
        stride: pixels from one position to the next.
        padding: zeros on each side, or "valid" (none), or "same" (output as large as the input; stride 1 only).
        dilation: pixels from one weight to the next.
        groups: the channels fall into this many groups that do not see each other.

    Returns:
        (N, O, H_out, W_out), see `conv_output_size`; (O, H_out, W_out) for one image.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: an argument is out of range.
    """
    batch = to_batch(input)
    _check(batch, weight, bias, groups)
    stride, dilation = pair(stride, "stride"), pair(dilation, "dilation")
    kernel = (weight.shape[2], weight.shape[3])
    batch = pad(batch, _borders(padding, kernel, stride, dilation))
    for axis in (0, 1):
        conv_output_size(batch.shape[2 + axis], kernel[axis], stride[axis], 0, dilation[axis])  # refuses a kernel that does not fit
    columns = windows(batch, kernel, stride, dilation).unflatten(1, (groups, -1))  # (N, groups, C/groups, H_out, W_out, K_h, K_w)
    kernels = weight.unflatten(0, (groups, -1))  # (groups, O/groups, C/groups, K_h, K_w)
    output = torch.einsum("ngcyxij,gocij->ngoyx", columns, kernels).flatten(1, 2)  # (N, O, H_out, W_out)
    if bias is not None:
        output = output + bias.view(1, -1, 1, 1)
    return output if input.dim() == 4 else output[0]


# --8<-- [end:conv2d]


# --8<-- [start:module]
class Conv2d(nn.Module):
    """A convolution with weights of its own, as `torch.nn.Conv2d`.

    The first weights are uniform between ±1/√n, n = C/groups · K_h · K_w being the inputs of one output; so is the bias.

    Args:
        in_channels: C, channels of the input.
        out_channels: O, channels of the output.
        kernel_size: rows and columns of the kernel.
        stride: pixels from one position to the next.
        padding: pixels on each side, "valid" or "same"; see `conv2d`.
        dilation: pixels from one weight to the next.
        groups: the channels fall into this many groups that do not see each other.
        bias: whether one number is added to each output channel.
        padding_mode: what stands beyond the edge: "zeros", "reflect", "replicate" or "circular"; see `pad`.
        device: where the weights lie.
        dtype: their type.

    Raises:
        ConfigError: a setting is out of range.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ConfigError(f"groups must divide in_channels and out_channels, got {groups}, {in_channels} and {out_channels}")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ConfigError(f"padding_mode must be 'zeros', 'reflect', 'replicate' or 'circular', got {padding_mode!r}")
        kernel = pair(kernel_size, "kernel_size")
        self.stride, self.dilation, self.groups = pair(stride, "stride"), pair(dilation, "dilation"), groups
        self.padding_mode, self.padding = padding_mode, _borders(padding, kernel, self.stride, self.dilation)
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *kernel, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(out_channels, device=device, dtype=dtype)) if bias else None
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(self.weight[0].numel()), 1 / math.sqrt(self.weight[0].numel()))

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of (N, C, H, W) or (C, H, W); see `conv2d`."""
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        return conv2d(pad(input, self.padding, mode), self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


# --8<-- [end:module]


def _borders(
    padding: int | tuple[int, int] | str, kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the pixels to add at the left, right, top and bottom."""
    if padding == "valid":
        return 0, 0, 0, 0
    if padding == "same":
        if stride != (1, 1):
            raise ConfigError(f"padding='same' is defined for stride 1 only, got stride {stride}; give the padding as a number")
        rows, columns = (dilation[axis] * (kernel[axis] - 1) for axis in (0, 1))
        return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
    if isinstance(padding, str):
        raise ConfigError(f"padding must be 'valid', 'same', or one or two integers of at least 0, got {padding!r}")
    rows, columns = pair(padding, "padding", 0)
    return columns, columns, rows, rows


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
