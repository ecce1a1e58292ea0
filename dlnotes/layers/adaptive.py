"""Adaptive pooling from scratch: the output size is given, and the windows follow from it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError
from dlnotes.layers._windows import to_batch

__all__ = ["AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "adaptive_avg_pool2d", "adaptive_avg_pool2d_loops", "adaptive_max_pool2d"]

OutputSize = int | tuple[int | None, int | None]


# --8<-- [start:bins]
def _bins(size: int, count: int) -> tuple[Tensor, Tensor]:
    """Cut one axis into windows: number i goes from ⌊i·size/count⌋ up to, and without, ⌈(i + 1)·size/count⌉.

    Down on the left and up on the right: windows overlap where `count` does not divide `size`, and differ by a pixel.

    Returns:
        The pixels of each window (count, L), L being the longest window, a shorter one repeating its last pixel;
        and which of them count (count, L).
    """
    number = torch.arange(count)
    start, end = number * size // count, ((number + 1) * size + count - 1) // count
    longest = int((end - start).max()) if count else 0
    pixels = start[:, None] + torch.arange(longest)
    return pixels.minimum(end[:, None] - 1), pixels < end[:, None]


# --8<-- [end:bins]


# --8<-- [start:avg]
def adaptive_avg_pool2d(input: Tensor, output_size: OutputSize) -> Tensor:
    """Take means so that the output has a given size, as `torch.nn.functional.adaptive_avg_pool2d` does.

    Window i of an axis goes from ⌊i·H/H_out⌋ up to, and without, ⌈(i + 1)·H/H_out⌉. Windows overlap where H_out does not
    divide H; an output larger than the input repeats pixels. Size 1 is global average pooling.

    Args:
        input: (N, C, H, W), or one image (C, H, W).
        output_size: (H_out, W_out), or one integer for both; None in a pair keeps the size of that axis.

    Returns:
        (N, C, H_out, W_out).

    Raises:
        ShapeError: the input is no image.
        ConfigError: the size is no pair of integers.
    """
    batch = to_batch(input)
    height, width = _sizes(output_size, batch)
    rows, row_counts = (item.to(input.device) for item in _bins(batch.shape[2], height))
    columns, column_counts = (item.to(input.device) for item in _bins(batch.shape[3], width))
    pixels = batch[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # (N, C, H_out, W_out, L_h, L_w)
    counts = row_counts[:, None, :, None] & column_counts[None, :, None, :]  # (H_out, W_out, L_h, L_w)
    output = torch.where(counts, pixels, 0).sum((-2, -1)) / counts.sum((-2, -1))
    return output if input.dim() == 4 else output[0]


# --8<-- [end:avg]


# --8<-- [start:loops]
def adaptive_avg_pool2d_loops(input: Tensor, output_size: int) -> Tensor:
    """Take the mean of each window with one loop per window; slow, and easy to read.

    Args:
        input: (N, C, H, W).
        output_size: rows and columns of the output.

    Returns:
        (N, C, output_size, output_size).
    """
    height, width = input.shape[2:]
    rows = []
    for y in range(output_size):
        top, bottom = y * height // output_size, -(-(y + 1) * height // output_size)  # the second rounds up
        row = []
        for x in range(output_size):
            left, right = x * width // output_size, -(-(x + 1) * width // output_size)
            row.append(input[:, :, top:bottom, left:right].mean((2, 3)))  # (N, C)
        rows.append(torch.stack(row, dim=2))
    return torch.stack(rows, dim=2)


# --8<-- [end:loops]


# --8<-- [start:max]
def adaptive_max_pool2d(input: Tensor, output_size: OutputSize, return_indices: bool = False) -> Tensor | tuple[Tensor, Tensor]:
    """Take maxima so that the output has a given size, as `torch.nn.functional.adaptive_max_pool2d` does.

    The windows are those of `adaptive_avg_pool2d`. Of equal pixels the first wins, row by row.

    Args:
        input: (N, C, H, W), or one image (C, H, W).
        output_size: (H_out, W_out), or one integer for both; None in a pair keeps the size of that axis.
        return_indices: whether to return also where each maximum stood, as row · W + column.

    Returns:
        (N, C, H_out, W_out); with `return_indices` that and as many int64 indices.

    Raises:
        ShapeError: the input is no image.
        ConfigError: the size is no pair of integers.
    """
    batch = to_batch(input)
    height, width = _sizes(output_size, batch)
    rows, columns = _bins(batch.shape[2], height)[0], _bins(batch.shape[3], width)[0]
    # A window that repeats its last pixel keeps its maximum. (H_out, W_out, L_h·L_w)
    places = (rows[:, None, :, None] * batch.shape[3] + columns[None, :, None, :]).flatten(2).to(input.device)
    values = batch.flatten(2)[:, :, places]  # (N, C, H_out, W_out, L_h·L_w)
    if values.numel():
        best = values.argmax(-1, keepdim=True)
        output, place = values.gather(-1, best).squeeze(-1), places.expand_as(values).gather(-1, best).squeeze(-1)
    else:  # an empty batch or an empty output has no maximum to look for
        output = values.sum(-1)
        place = torch.zeros_like(output, dtype=torch.int64)
    if input.dim() == 3:
        output, place = output[0], place[0]
    return (output, place) if return_indices else output


# --8<-- [end:max]


# --8<-- [start:modules]
class AdaptiveAvgPool2d(nn.Module):
    """`adaptive_avg_pool2d` with its size kept, as `torch.nn.AdaptiveAvgPool2d`; nothing to learn."""

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return means (N, C, H_out, W_out); see `adaptive_avg_pool2d`."""
        return adaptive_avg_pool2d(input, self.output_size)


class AdaptiveMaxPool2d(nn.Module):
    """`adaptive_max_pool2d` with its size kept, as `torch.nn.AdaptiveMaxPool2d`; nothing to learn."""

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return maxima (N, C, H_out, W_out); see `adaptive_max_pool2d`."""
        return adaptive_max_pool2d(input, self.output_size, self.return_indices)


# --8<-- [end:modules]


def _sizes(output_size: OutputSize, batch: Tensor) -> tuple[int, int]:
    sizes = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    if output_size is None or len(sizes) != 2 or not all(size is None or (isinstance(size, int) and size >= 0) for size in sizes):
        raise ConfigError(f"output_size must be one or two integers of at least 0, or a pair with None, got {output_size!r}")
    height, width = (own if size is None else size for size, own in zip(sizes, batch.shape[2:], strict=True))
    return height, width
