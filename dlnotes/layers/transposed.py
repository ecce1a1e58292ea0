"""Transposed convolution from scratch: each pixel stamps the kernel onto a larger image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.layers._windows import pair, to_batch
from dlnotes.layers.convolution import conv2d
from dlnotes.layers.padding import pad

__all__ = ["ConvTranspose2d", "conv_transpose2d", "conv_transpose2d_loops"]

Size = int | tuple[int, int]


# --8<-- [start:loops]
def conv_transpose2d_loops(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """Stamp the kernel once per pixel of the input, times that pixel; slow, and easy to read.

    Args:
        input: (N, C, H, W).
        weight: (C, O, K_h, K_w).
        bias: (O,) or None.
        stride: pixels from one stamp to the next.
        padding: pixels cut off the output on each side.

    Returns:
        (N, O, (H - 1)·stride - 2·padding + K_h, …).

    Raises:
        ShapeError: the shapes do not fit.
    """
    _check(input, weight, bias, groups=1)
    count, _, height, width = input.shape
    _, channels, kernel_height, kernel_width = weight.shape
    output = input.new_zeros(count, channels, (height - 1) * stride + kernel_height, (width - 1) * stride + kernel_width)
    for y in range(height):
        for x in range(width):
            top, left = y * stride, x * stride
            stamp = torch.einsum("nc,coij->noij", input[:, :, y, x], weight)
            output[:, :, top : top + kernel_height, left : left + kernel_width] += stamp
    if min(output.shape[2:]) <= 2 * padding:
        raise ShapeError(f"padding {padding} leaves no pixel of the output {tuple(output.shape[2:])}; pad less")
    output = pad(output, (-padding, -padding, -padding, -padding))
    return output if bias is None else output + bias.view(1, -1, 1, 1)


# --8<-- [end:loops]


# --8<-- [start:conv_transpose2d]
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Tensor:
    """Convolve backwards as `torch.nn.functional.conv_transpose2d` does, with the same arguments.

        output[n, o, y·s + i·d - p, x·s + j·d - p] += weight[c, o, i, j] · input[n, c, y, x], for all c, y, x, i, j

    It is the gradient of `conv2d` by its input, hence the name; it does not undo a convolution. Computed here as what it
    equals: a convolution of the image with s - 1 zeros between its pixels, by the kernel turned over.

    Three rules surprise. The weight stands as (inputs, outputs). `padding` takes pixels off the output. A strided `conv2d`
    gives several sizes the same output size; `output_padding` says which one is meant, by rows and columns computed at
    the bottom and right only: it adds no zeros.

    Args:
        input: (N, C, H, W), or one image (C, H, W).
        weight: (C, O / groups, K_h, K_w).
        bias: (O,) or None.
        stride: pixels of the output from one pixel of the input to the next.
        padding: pixels cut off the output on each side.
        output_padding: further rows and columns of the output, less than the stride or the dilation.
        groups: the channels fall into this many groups that do not see each other.
        dilation: pixels from one weight to the next.

    Returns:
        (N, O, H_out, W_out), H_out = (H - 1)·stride - 2·padding + dilation·(K_h - 1) + output_padding + 1.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: an argument is out of range.
    """
    batch = to_batch(input)
    _check(batch, weight, bias, groups)
    step, spread = pair(stride, "stride"), pair(dilation, "dilation")
    cut, more = pair(padding, "padding", 0), pair(output_padding, "output_padding", 0)
    if any(more[axis] >= max(step[axis], spread[axis]) for axis in (0, 1)):
        raise ConfigError(f"output_padding must be less than the stride or the dilation, got {more}, {step} and {spread}")
    rows, columns = (spread[axis] * (weight.shape[2 + axis] - 1) - cut[axis] for axis in (0, 1))
    height, width = ((batch.shape[2 + axis] - 1) * step[axis] + 1 for axis in (0, 1))
    if height + rows - cut[0] + more[0] < 1 or width + columns - cut[1] + more[1] < 1:
        raise ShapeError(f"padding {cut} leaves no pixel of the output of an image {tuple(batch.shape[2:])}; pad less")
    sparse = batch.new_zeros(*batch.shape[:2], height, width)
    sparse[:, :, :: step[0], :: step[1]] = batch
    sparse = pad(sparse, (columns, columns + more[1], rows, rows + more[0]))
    # (C, O/groups, …) → (O, C/groups, …), turned over in both directions
    kernels = weight.flip(2, 3).unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1)
    output = conv2d(sparse, kernels, bias, dilation=dilation, groups=groups)
    return output if input.dim() == 4 else output[0]


# --8<-- [end:conv_transpose2d]


# --8<-- [start:module]
class ConvTranspose2d(nn.Module):
    """A transposed convolution with weights of its own, as `torch.nn.ConvTranspose2d`.

    The first weights are uniform between ±1/√n, n = O/groups · K_h · K_w; so is the bias.

    Args:
        in_channels: C, channels of the input.
        out_channels: O, channels of the output.
        kernel_size: rows and columns of the kernel.
        stride: pixels of the output from one pixel of the input to the next.
        padding: pixels cut off the output on each side.
        output_padding: further rows and columns of the output.
        groups: the channels fall into this many groups that do not see each other.
        bias: whether one number is added to each output channel.
        dilation: pixels from one weight to the next.
        padding_mode: "zeros"; nothing else is defined.
        device: where the weights lie.
        dtype: their type.

    Raises:
        ConfigError: a setting is out of range.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ConfigError(f"groups must divide in_channels and out_channels, got {groups}, {in_channels} and {out_channels}")
        if padding_mode != "zeros":
            raise ConfigError(f"padding_mode must be 'zeros' in a transposed convolution, got {padding_mode!r}")
        self.stride, self.dilation, self.groups = pair(stride, "stride"), pair(dilation, "dilation"), groups
        self.padding, self.output_padding = pair(padding, "padding", 0), pair(output_padding, "output_padding", 0)
        kernel = pair(kernel_size, "kernel_size")
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels // groups, *kernel, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(out_channels, device=device, dtype=dtype)) if bias else None
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(self.weight[0].numel()), 1 / math.sqrt(self.weight[0].numel()))

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Return (N, O, H_out, W_out) for (N, C, H, W); see `conv_transpose2d`.

        Args:
            input: (N, C, H, W) or (C, H, W).
            output_size: (…, H_out, W_out), in place of `output_padding`.

        Raises:
            ConfigError: no output padding gives that size.
        """
        more = self.output_padding
        if output_size is not None:
            least = [
                (input.shape[axis - 2] - 1) * self.stride[axis] - 2 * self.padding[axis] + span + 1
                for axis, span in enumerate(self.dilation[i] * (self.weight.shape[2 + i] - 1) for i in (0, 1))
            ]
            rows, columns = (size - low for size, low in zip(output_size[-2:], least, strict=True))
            if not (0 <= rows < self.stride[0] and 0 <= columns < self.stride[1]):
                most = [low + step - 1 for low, step in zip(least, self.stride, strict=True)]
                raise ConfigError(f"output_size must lie between {least} and {most}, got {list(output_size)}")
            more = rows, columns
        return conv_transpose2d(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)


# --8<-- [end:module]


def _check(input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    if input.dim() != 4 or weight.dim() != 4:
        raise ShapeError(
            f"input must be (N, C, H, W) and weight (C, O/groups, K_h, K_w), got {tuple(input.shape)} and {tuple(weight.shape)}"
        )
    if groups < 1 or input.shape[1] != weight.shape[0] or weight.shape[0] % groups:
        raise ShapeError(
            f"weight {tuple(weight.shape)} takes {weight.shape[0]} channels, in {groups} equal groups, got an input of {input.shape[1]}"
        )
    if bias is not None and tuple(bias.shape) != (weight.shape[1] * groups,):
        raise ShapeError(f"bias must be ({weight.shape[1] * groups},), one number per output channel, got {tuple(bias.shape)}")
