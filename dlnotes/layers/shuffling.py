"""Pixel shuffle from scratch: channels become pixels, and back."""

from __future__ import annotations

from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["PixelShuffle", "PixelUnshuffle", "pixel_shuffle", "pixel_shuffle_loops", "pixel_unshuffle"]


# --8<-- [start:shuffle]
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Lay r² channels out as r × r pixels, as `torch.nn.functional.pixel_shuffle` does.

        output[…, c, y·r + i, x·r + j] = input[…, c·r² + i·r + j, y, x]

    Args:
        input: (…, C·r², H, W).
        upscale_factor: r.

    Returns:
        (…, C, H·r, W·r).

    Raises:
        ShapeError: fewer than three axes, or channels that r² does not divide.
        ConfigError: r is not a positive integer.
    """
    r = _factor(input, upscale_factor, "upscale_factor")
    *others, channels, height, width = input.shape
    if channels % r**2:
        raise ShapeError(f"pixel_shuffle by {r} lays out {r**2} channels as one, got {channels} channels")
    blocks = input.reshape(*others, channels // r**2, r, r, height, width)  # (…, C, i, j, y, x)
    first = len(others) + 1
    order = (*range(first), first + 2, first, first + 3, first + 1)
    return blocks.permute(order).reshape(*others, channels // r**2, height * r, width * r)  # (…, C, y, i, x, j) → (…, C, H·r, W·r)


# --8<-- [end:shuffle]


# --8<-- [start:loops]
def pixel_shuffle_loops(input: Tensor, upscale_factor: int) -> Tensor:
    """Lay channels out as pixels with one loop per offset inside a block.

    Args:
        input: (…, C·r², H, W).
        upscale_factor: r.

    Returns:
        (…, C, H·r, W·r).
    """
    r = upscale_factor
    *others, channels, height, width = input.shape
    output = input.new_zeros(*others, channels // r**2, height * r, width * r)
    for i in range(r):
        for j in range(r):
            output[..., i::r, j::r] = input[..., i * r + j :: r**2, :, :]
    return output


# --8<-- [end:loops]


# --8<-- [start:unshuffle]
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Lay r × r pixels out as r² channels, as `torch.nn.functional.pixel_unshuffle` does: `pixel_shuffle` undone.

        output[…, c·r² + i·r + j, y, x] = input[…, c, y·r + i, x·r + j]

    An empty batch changes its shape too; torch returns it as it came.

    Args:
        input: (…, C, H·r, W·r).
        downscale_factor: r.

    Returns:
        (…, C·r², H, W).

    Raises:
        ShapeError: fewer than three axes, or a side that r does not divide.
        ConfigError: r is not a positive integer.
    """
    r = _factor(input, downscale_factor, "downscale_factor")
    *others, channels, height, width = input.shape
    if height % r or width % r:
        raise ShapeError(f"pixel_unshuffle by {r} needs sides that {r} divides, got {height} × {width}")
    blocks = input.reshape(*others, channels, height // r, r, width // r, r)  # (…, C, y, i, x, j)
    first = len(others) + 1
    order = (*range(first), first + 1, first + 3, first, first + 2)
    return blocks.permute(order).reshape(*others, channels * r**2, height // r, width // r)  # (…, C, i, j, y, x) → (…, C·r², H, W)


# --8<-- [end:unshuffle]


# --8<-- [start:modules]
class PixelShuffle(nn.Module):
    """`pixel_shuffle` with its factor kept, as `torch.nn.PixelShuffle`; nothing to learn."""

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return (…, C, H·r, W·r) for (…, C·r², H, W); see `pixel_shuffle`."""
        return pixel_shuffle(input, self.upscale_factor)


class PixelUnshuffle(nn.Module):
    """`pixel_unshuffle` with its factor kept, as `torch.nn.PixelUnshuffle`; nothing to learn."""

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return (…, C·r², H, W) for (…, C, H·r, W·r); see `pixel_unshuffle`."""
        return pixel_unshuffle(input, self.downscale_factor)


# --8<-- [end:modules]


def _factor(input: Tensor, factor: int, name: str) -> int:
    if isinstance(factor, bool) or not isinstance(factor, int) or factor < 1:
        raise ConfigError(f"{name} must be a positive integer, got {factor!r}")
    if input.dim() < 3:
        raise ShapeError(f"input must be (…, C, H, W), got {tuple(input.shape)}")
    return factor
