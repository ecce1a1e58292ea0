"""Augmentation of whole batches on the device: one `grid_sample` for rotation, scaling and shift together."""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["affine"]


def affine(
    images: Tensor,
    generator: torch.Generator,
    *,
    degrees: float = 10.0,
    scale: float = 0.1,
    shift: float = 0.08,
) -> Tensor:
    """Turn, scale and shift each image by its own random amount; black (0) comes in from outside.

    Args:
        images: floats (N, C, H, W), before normalisation.
        generator: source of the random amounts, on the CPU so that every device draws the same.
        degrees: largest rotation either way.
        scale: largest change of size, as a share.
        shift: largest shift, as a share of the side.

    Returns:
        Images of the same shape, dtype and device.
    """
    count, _, height, width = images.shape
    amounts = torch.rand(count, 4, generator=generator) * 2 - 1
    angle = amounts[:, 0] * math.radians(degrees)
    size = 1 + amounts[:, 1] * scale
    cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
    # The grid spans -1..1, so a share of the side is twice that in its units.
    x, y = amounts[:, 2] * 2 * shift, amounts[:, 3] * 2 * shift
    matrices = torch.stack([cos, sin, -sin, cos, x, y], dim=1).view(count, 3, 2).to(images.device, images.dtype)
    # What F.affine_grid computes, at half its price.
    grid = (_pixels(height, width).to(images.device, images.dtype) @ matrices).view(count, height, width, 2)
    return F.grid_sample(images, grid, align_corners=False)


@functools.lru_cache(maxsize=8)
def _pixels(height: int, width: int) -> Tensor:
    """Return (x, y, 1) of each pixel's centre, float32 (H·W, 3), the image spanning -1..1."""
    y, x = (torch.arange(0.5, side) * 2 / side - 1 for side in (height, width))
    return torch.stack([x.repeat(height), y.repeat_interleave(width), torch.ones(height * width)], dim=1)
