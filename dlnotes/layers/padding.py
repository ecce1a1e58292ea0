"""Padding from scratch: what stands beyond the edge of an image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["pad"]


# --8<-- [start:pad]
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad as `torch.nn.functional.pad` does, with the same arguments.

    A row of three pixels `a b c`, padded by two on each side:

        constant    0 0 a b c 0 0
        reflect     c b a b c b a     the edge is a mirror, and is not repeated
        replicate   a a a b c c c
        circular    b c a b c a b     the image is a tile of a wallpaper

    The order of `pad` surprises: it begins at the last axis, so an image takes (left, right, top, bottom).
    A negative number cuts pixels off; "circular" cuts first, and wraps what is left.

    Args:
        input: any shape (…, H, W).
        pad: pixels before and after, for the last axis first.
        mode: "constant", "reflect", "replicate" or "circular". The last three pad the last one, two or three axes, and
            leave at least one axis before them alone.
        value: what "constant" fills in; None means 0.

    Returns:
        The padded tensor, each axis longer by its two numbers.

    Raises:
        ConfigError: an unknown mode, an odd number of paddings, or a value that the mode cannot use.
        ShapeError: the tensor has too few axes, or is too small for the mode.
    """
    axes = len(pad) // 2
    if len(pad) % 2 or axes > input.dim():
        raise ConfigError(f"pad must hold two numbers for each of at most {input.dim()} axes, got {tuple(pad)}")
    if mode == "constant":
        return _pad_constant(input, pad, 0.0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise ConfigError(f"mode must be 'constant', 'reflect', 'replicate' or 'circular', got {mode!r}")
    if value is not None:
        raise ConfigError(f"mode {mode!r} takes its values from the image, so value must be None, got {value}")
    if not 1 <= axes <= 3 or input.dim() - axes not in (1, 2):
        raise ShapeError(f"mode {mode!r} pads the last 1, 2 or 3 axes behind 1 or 2 others, got {tuple(input.shape)} and pad {tuple(pad)}")
    for step in range(axes):
        axis, before, after = input.dim() - 1 - step, pad[2 * step], pad[2 * step + 1]
        input = input.index_select(axis, _sources(input.shape[axis], before, after, mode).to(input.device))
    return input


def _sources(size: int, before: int, after: int, mode: str) -> Tensor:
    """Return, for each pixel of a padded axis, the pixel of the image that is shown there."""
    kept = size - max(-before, 0) - max(-after, 0)
    most = {"reflect": size - 1, "circular": kept, "replicate": max(before, after)}[mode]
    if size < 1 or max(before, after) > most or size + before + after < 1:
        raise ShapeError(f"mode {mode!r} can pad {size} pixels by at most {most} on a side and must leave one, got {before} and {after}")
    if mode == "circular":
        return max(-before, 0) + torch.arange(-max(before, 0), kept + max(after, 0)) % kept
    index = torch.arange(-before, size + after)
    if mode == "replicate":
        return index.clamp(0, size - 1)
    return size - 1 - (size - 1 - index.abs()).abs()  # a mirror at 0, and one at size - 1


# --8<-- [end:pad]


def _pad_constant(input: Tensor, pad: Sequence[int], value: float) -> Tensor:
    shape, source, target = list(input.shape), [slice(None)] * input.dim(), [slice(None)] * input.dim()
    for step in range(len(pad) // 2):
        axis, before, after = input.dim() - 1 - step, pad[2 * step], pad[2 * step + 1]
        size = input.shape[axis]
        if size + before + after < 0:
            raise ShapeError(f"{size} pixels along axis {axis} cannot lose {-before} and {-after}")
        shape[axis] = size + before + after
        first, last = max(-before, 0), size - max(-after, 0)
        source[axis] = slice(first, max(first, last))
        target[axis] = slice(max(before, 0), max(before, 0) + max(last - first, 0))
    output = input.new_full(shape, value)
    output[tuple(target)] = input[tuple(source)]
    return output
