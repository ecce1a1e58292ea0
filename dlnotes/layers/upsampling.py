"""Interpolation from scratch: an image at another size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["Upsample", "interpolate", "interpolate_loops"]

Size = int | Sequence[int] | None
Scale = float | Sequence[float] | None


# --8<-- [start:interpolate]
def interpolate(
    input: Tensor,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize images as `torch.nn.functional.interpolate` does, with the same arguments.

    Each pixel of the output asks where it stands in the input; with scale = input size / output size,

        nearest                        ⌊y · scale⌋                 always the pixel above: half a pixel off
        nearest-exact                  ⌊(y + ½) · scale⌋           the pixel whose centre is nearest
        bilinear                       max((y + ½) · scale - ½, 0) centres: a pixel is a small square
        bilinear, align_corners=True   y · (H - 1) / (H_out - 1)   corners fall on corners

    and bilinear mixes the pixels on both sides, the nearer one more: (1 - t) · input[⌊s⌋] + t · input[⌊s⌋ + 1], t = s - ⌊s⌋,
    first along columns, then along rows.

    A scale factor is used twice, and not rounded the same way: the output has ⌊H · factor⌋ pixels, but positions are
    computed with 1 / factor, so that at factor 1.5 five pixels become seven and the last one is not the image's edge.
    Sizes win over the factor where the output is as large as the input, or with nearest twice as large: factor 1.125
    leaves four pixels as they are.
    `recompute_scale_factor=True` computes positions from the two sizes, as `size` does.

    Args:
        input: (N, C, H, W).
        size: (H_out, W_out), or one integer for both; this or `scale_factor`.
        scale_factor: factors for rows and columns, or one for both.
        mode: "nearest", "nearest-exact" or "bilinear".
        align_corners: with bilinear only: whether corners fall on corners; None means no.
        recompute_scale_factor: with `scale_factor` only: whether positions follow from the two sizes.
        antialias: not written here; False.

    Returns:
        (N, C, H_out, W_out).

    Raises:
        ShapeError: the input is no batch of images, or the output would have no pixels.
        ConfigError: the settings contradict each other.
    """
    _check(input, mode, align_corners, antialias)
    sizes, scales = _sizes(input, size, scale_factor, bool(recompute_scale_factor))
    for axis in (2, 3):
        positions = _positions(input, input.shape[axis], sizes[axis - 2], scales[axis - 2], mode, bool(align_corners))
        low = positions.long().clamp(max=input.shape[axis] - 1)  # (H_out,), and then (W_out,)
        if mode != "bilinear":
            input = input.index_select(axis, low)
            continue
        high = (low + 1).clamp(max=input.shape[axis] - 1)
        share = (positions - low).to(input.dtype).view(-1, *[1] * (3 - axis))
        input = (1 - share) * input.index_select(axis, low) + share * input.index_select(axis, high)
    return input


def _positions(input: Tensor, size: int, count: int, scale: float | None, mode: str, align_corners: bool) -> Tensor:
    """Return where each of `count` pixels of the output stands along an axis of `size` pixels."""
    # torch computes positions in the type of the image, but in float32 at least; nearest always in float32.
    dtype = torch.float64 if input.dtype == torch.float64 and mode == "bilinear" else torch.float32
    number = torch.arange(count, dtype=dtype, device=input.device)
    if count == size or (mode == "nearest" and count == 2 * size):
        scale = None
    if align_corners:
        return number * (torch.tensor(size - 1, dtype=dtype) / (count - 1) if count > 1 else 0)
    step = torch.tensor(size, dtype=dtype) / count if scale is None else torch.tensor(1 / scale, dtype=dtype)
    if mode == "nearest":
        return (number * step).floor()
    if mode == "nearest-exact":
        return ((number + 0.5) * step).floor()
    return ((number + 0.5) * step - 0.5).clamp(min=0)


# --8<-- [end:interpolate]


# --8<-- [start:loops]
def interpolate_loops(input: Tensor, size: tuple[int, int], align_corners: bool = False) -> Tensor:
    """Resize bilinearly with one loop per pixel of the output; slow, and easy to read.

    Args:
        input: (N, C, H, W).
        size: (H_out, W_out).
        align_corners: whether corners fall on corners.

    Returns:
        (N, C, H_out, W_out).
    """

    def position(number: int, before: int, after: int) -> tuple[int, int, float]:
        if align_corners:
            place = number * (before - 1) / (after - 1) if after > 1 else 0.0
        else:
            place = max((number + 0.5) * before / after - 0.5, 0.0)
        low = min(int(place), before - 1)
        return low, min(low + 1, before - 1), place - low

    output = input.new_zeros(*input.shape[:2], *size)
    for y in range(size[0]):
        top, bottom, down = position(y, input.shape[2], size[0])
        for x in range(size[1]):
            left, right, across = position(x, input.shape[3], size[1])
            upper = (1 - across) * input[:, :, top, left] + across * input[:, :, top, right]
            lower = (1 - across) * input[:, :, bottom, left] + across * input[:, :, bottom, right]
            output[:, :, y, x] = (1 - down) * upper + down * lower
    return output


# --8<-- [end:loops]


# --8<-- [start:module]
class Upsample(nn.Module):
    """`interpolate` with its settings kept, as `torch.nn.Upsample`; nothing to learn."""

    def __init__(
        self,
        size: Size = None,
        scale_factor: Scale = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        """Return (N, C, H_out, W_out); see `interpolate`."""
        return interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)


# --8<-- [end:module]


def _check(input: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if input.dim() != 4 or 0 in input.shape[1:]:
        raise ShapeError(f"input must be (N, C, H, W) with pixels, got {tuple(input.shape)}")
    if mode not in ("nearest", "nearest-exact", "bilinear"):
        raise ConfigError(f"mode must be 'nearest', 'nearest-exact' or 'bilinear', got {mode!r}")
    if align_corners is not None and mode != "bilinear":
        raise ConfigError(f"align_corners belongs to mode 'bilinear', got mode {mode!r}; leave it None")
    if antialias:
        raise ConfigError("antialias is not written here; torch.nn.functional.interpolate has it")


def _sizes(input: Tensor, size: Size, scale_factor: Scale, recompute: bool) -> tuple[list[int], list[float | None]]:
    """Return rows and columns of the output, and the factors that positions follow; None where sizes say it."""
    if (size is None) == (scale_factor is None):
        raise ConfigError(f"give either size or scale_factor, got {size!r} and {scale_factor!r}")
    if recompute and scale_factor is None:
        raise ConfigError("recompute_scale_factor belongs to scale_factor; with size it is always so, leave it None")
    given = scale_factor if scale_factor is not None else size
    values = [float(value) for value in given] if isinstance(given, Sequence) else [float(given or 0)] * 2
    if len(values) != 2:
        raise ConfigError(f"size and scale_factor hold one or two numbers, got {given!r}")
    sizes = [math.floor(value if scale_factor is None else side * value) for side, value in zip(input.shape[2:], values, strict=True)]
    if min(sizes) < 1:
        raise ShapeError(f"the output must have pixels, got {sizes} from an image {tuple(input.shape[2:])}")
    return sizes, [None, None] if scale_factor is None or recompute else list(values)
