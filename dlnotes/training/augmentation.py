"""Augmentation of whole batches on the device: one affine `grid_sample` for rotation, scaling and shift together."""

from __future__ import annotations

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
    fill: Tensor | None = None,
) -> Tensor:
    """Turn, scale and shift each image by its own random amount.

    Args:
        images: floats (N, C, H, W).
        generator: source of the random amounts, on the CPU so that every device draws the same.
        degrees: largest rotation either way.
        scale: largest change of size, as a share.
        shift: largest shift, as a share of the side.
        fill: value per channel (C,) of what comes in from outside; 0 if None.

    Returns:
        Images of the same shape, dtype and device.
    """
    count = len(images)
    amounts = torch.rand(count, 4, generator=generator) * 2 - 1
    angle = amounts[:, 0] * math.radians(degrees)
    size = 1 + amounts[:, 1] * scale
    cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
    # The grid spans -1..1, so a share of the side is twice that in its units.
    x, y = amounts[:, 2] * 2 * shift, amounts[:, 3] * 2 * shift
    matrices = torch.stack([cos, -sin, x, sin, cos, y], dim=1).view(count, 2, 3).to(images.device)
    grid = F.affine_grid(matrices, list(images.shape), align_corners=False).to(images.dtype)
    if fill is None:
        return F.grid_sample(images, grid, align_corners=False)
    # grid_sample fills with 0, so shift the wanted value there and back.
    offset = fill.to(images).view(1, -1, 1, 1)
    return F.grid_sample(images - offset, grid, align_corners=False) + offset
