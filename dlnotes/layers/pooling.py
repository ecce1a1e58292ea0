"""Pooling from scratch: one number for each window of an image, its largest pixel or the mean of its pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.layers._windows import pair, to_batch, windows
from dlnotes.layers.padding import pad

__all__ = ["AvgPool2d", "MaxPool2d", "avg_pool2d", "avg_pool2d_loops", "max_pool2d", "max_pool2d_loops", "pool_output_size"]

Size = int | tuple[int, int]


# --8<-- [start:size]
def pool_output_size(size: int, kernel_size: int, stride: int, padding: int = 0, dilation: int = 1, ceil_mode: bool = False) -> int:
    """Return how many windows a pooling takes along one side.

        (size + 2·padding - dilation·(kernel_size - 1) - 1) / stride + 1

    The division rounds down, or up with `ceil_mode`: then a last window may hang over the edge. But a window that would
    start beyond the image and its padding on the left, that is in the padding on the right or later, is dropped again.

    Args:
        size: pixels along the side.
        kernel_size: pixels of a window along it.
        stride: pixels from one window to the next.
        padding: pixels added at each end, at most half the kernel.
        dilation: pixels from one pixel of a window to the next.
        ceil_mode: whether to round up.

    Raises:
        ConfigError: the padding is more than half the kernel, so that a window could hold nothing but padding.
        ShapeError: no window fits.
    """
    span = dilation * (kernel_size - 1) + 1
    if padding > kernel_size // 2:
        raise ConfigError(f"padding may be at most half of the kernel, {kernel_size // 2}, got {padding}")
    room = size + 2 * padding - span
    count = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    if count < 1:
        raise ShapeError(f"a window that spans {span} does not fit into {size + 2 * padding} padded pixels; pad more or shrink it")
    return count


# --8<-- [end:size]


# --8<-- [start:max]
def max_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Take the largest pixel of each window as `torch.nn.functional.max_pool2d` does, with the same arguments.

        output[n, c, y, x] = max over i, j of input[n, c, y·s + i·d - p, x·s + j·d - p]

    The padding is −∞, not 0: it never wins, so a window of negative pixels stays negative. Of equal pixels the first
    wins, row by row, and the whole gradient goes to it.

    Args:
        input: (N, C, H, W), or one image (C, H, W).
        kernel_size: rows and columns of a window.
        stride: pixels from one window to the next; None means the kernel size, windows side by side.
        padding: pixels added on each side, at most half the kernel.
        dilation: pixels from one pixel of a window to the next.
        ceil_mode: whether a last window may hang over the edge; see `pool_output_size`.
        return_indices: whether to return also where each maximum stood, as row · W + column.

    Returns:
        (N, C, H_out, W_out); with `return_indices` that and as many int64 indices.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: an argument is out of range.
    """
    batch = to_batch(input)
    kernel, step = pair(kernel_size, "kernel_size"), pair(kernel_size if stride is None else stride, "stride")
    spread = pair(dilation, "dilation")
    around = _borders(batch, kernel, step, pair(padding, "padding", 0), spread, ceil_mode)
    height, width = batch.shape[2:]
    lowest = -torch.inf if input.is_floating_point() else torch.iinfo(input.dtype).min
    values = windows(pad(batch, around, value=lowest), kernel, step, spread).flatten(-2)  # (N, C, H_out, W_out, K_h·K_w)
    numbers = torch.arange(height * width, device=input.device).view(1, 1, height, width)
    places = windows(pad(numbers, around, value=-1), kernel, step, spread).flatten(-2)  # (1, 1, H_out, W_out, K_h·K_w)
    places = places.expand_as(values)
    best = values.argmax(-1, keepdim=True)
    # Where a whole window is −∞, the padding came first; the first pixel of the image in the window stands for it.
    best = torch.where(places.gather(-1, best) < 0, (places >= 0).int().argmax(-1, keepdim=True), best)
    output, place = values.gather(-1, best).squeeze(-1), places.gather(-1, best).squeeze(-1)  # (N, C, H_out, W_out)
    if input.dim() == 3:
        output, place = output[0], place[0]
    return (output, place) if return_indices else output


# --8<-- [end:max]


# --8<-- [start:max_loops]
def max_pool2d_loops(input: Tensor, kernel_size: int, stride: int | None = None, padding: int = 0) -> Tensor:
    """Take the largest pixel of each window with one loop per window; slow, and easy to read.

    Args:
        input: (N, C, H, W).
        kernel_size: rows and columns of a window.
        stride: pixels from one window to the next; None means the kernel size.
        padding: pixels added on each side, at most half the kernel.

    Returns:
        (N, C, H_out, W_out).
    """
    stride = kernel_size if stride is None else stride
    height, width = input.shape[2:]
    rows = []
    for y in range(pool_output_size(height, kernel_size, stride, padding)):
        top, bottom = max(y * stride - padding, 0), y * stride - padding + kernel_size
        row = []
        for x in range(pool_output_size(width, kernel_size, stride, padding)):
            left, right = max(x * stride - padding, 0), x * stride - padding + kernel_size
            row.append(input[:, :, top:bottom, left:right].flatten(2).max(dim=2).values)  # (N, C)
        rows.append(torch.stack(row, dim=2))
    return torch.stack(rows, dim=2)


# --8<-- [end:max_loops]


# --8<-- [start:avg]
def avg_pool2d(
    input: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Take the mean of each window as `torch.nn.functional.avg_pool2d` does, with the same arguments.

        output[n, c, y, x] = (Σ_i Σ_j input[n, c, y·s + i - p, x·s + j - p]) / divisor

    The divisor surprises. By default the zeros of the padding are counted, so a padded mean is smaller at the edge; with
    `count_include_pad=False` only pixels of the image are. What `ceil_mode` lets hang over the padding is never counted.

    Args:
        input: (N, C, H, W), or one image (C, H, W).
        kernel_size: rows and columns of a window.
        stride: pixels from one window to the next; None means the kernel size, windows side by side.
        padding: zeros added on each side, at most half the kernel.
        ceil_mode: whether a last window may hang over the edge; see `pool_output_size`.
        count_include_pad: whether the zeros of the padding count as pixels.
        divisor_override: what every sum is divided by instead, not 0.

    Returns:
        (N, C, H_out, W_out).

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: an argument is out of range.
    """
    batch = to_batch(input)
    kernel, step = pair(kernel_size, "kernel_size"), pair(kernel_size if stride is None else stride, "stride")
    if divisor_override == 0:
        raise ConfigError("divisor_override must not be 0, since every sum is divided by it; None divides by the pixels of the window")
    left, right, top, bottom = _borders(batch, kernel, step, pair(padding, "padding", 0), (1, 1), ceil_mode)
    sums = windows(pad(batch, (left, right, top, bottom)), kernel, step, (1, 1)).sum((-2, -1))  # (N, C, H_out, W_out)
    if divisor_override is not None:
        output = sums / divisor_override
    else:
        counted = pad(batch.new_ones(1, 1, *batch.shape[2:]), (left, left, top, top), value=float(count_include_pad))
        counted = pad(counted, (0, right - left, 0, bottom - top))
        output = sums / windows(counted, kernel, step, (1, 1)).sum((-2, -1))
    return output if input.dim() == 4 else output[0]


# --8<-- [end:avg]


# --8<-- [start:avg_loops]
def avg_pool2d_loops(
    input: Tensor, kernel_size: int, stride: int | None = None, padding: int = 0, count_include_pad: bool = True
) -> Tensor:
    """Take the mean of each window with one loop per window; slow, and easy to read.

    Args:
        input: (N, C, H, W).
        kernel_size: rows and columns of a window.
        stride: pixels from one window to the next; None means the kernel size.
        padding: zeros added on each side, at most half the kernel.
        count_include_pad: whether the zeros of the padding count as pixels.

    Returns:
        (N, C, H_out, W_out).
    """
    stride = kernel_size if stride is None else stride
    height, width = input.shape[2:]
    rows = []
    for y in range(pool_output_size(height, kernel_size, stride, padding)):
        top, bottom = max(y * stride - padding, 0), min(y * stride - padding + kernel_size, height)
        row = []
        for x in range(pool_output_size(width, kernel_size, stride, padding)):
            left, right = max(x * stride - padding, 0), min(x * stride - padding + kernel_size, width)
            divisor = kernel_size**2 if count_include_pad else (bottom - top) * (right - left)
            row.append(input[:, :, top:bottom, left:right].sum((2, 3)) / divisor)  # (N, C)
        rows.append(torch.stack(row, dim=2))
    return torch.stack(rows, dim=2)


# --8<-- [end:avg_loops]


# --8<-- [start:modules]
class MaxPool2d(nn.Module):
    """`max_pool2d` with its settings kept, as `torch.nn.MaxPool2d`; nothing to learn."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return the largest pixel of each window; see `max_pool2d`."""
        return max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices)


class AvgPool2d(nn.Module):
    """`avg_pool2d` with its settings kept, as `torch.nn.AvgPool2d`; nothing to learn."""

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the mean of each window; see `avg_pool2d`."""
        return avg_pool2d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override)


# --8<-- [end:modules]


def _borders(
    batch: Tensor, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int], ceil_mode: bool
) -> tuple[int, int, int, int]:
    """Return the pixels to add at the left, right, top and bottom, so that the last window fits too."""
    after = []
    for axis in (0, 1):
        size = batch.shape[2 + axis]
        count = pool_output_size(size, kernel[axis], stride[axis], padding[axis], dilation[axis], ceil_mode)
        end = (count - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 - padding[axis]
        # Pixels behind the last window are cut off by unfolding; pixels that it lacks are added.
        after.append(max(end - size, padding[axis]))
    return padding[1], after[1], padding[0], after[0]
