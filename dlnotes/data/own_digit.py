"""Turn a photo or a drawing of one digit into what a network was trained on.

MNIST's digits are white on black, scaled to fit 20×20 pixels, and centred by mass in 28×28. The embedded digits fill 8×8
cells, each the mean of 4×4 pixels. A picture from a phone is neither, and a network that never saw such pictures answers
with confident nonsense.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from dlnotes.data.sets import enlarge
from dlnotes.errors import ImageError, UnknownNameError

__all__ = ["load_digit"]

_SIDE, _BOX = 28, 20
_LARGEST = 64_000_000
"""Pixels; more is taken for a decompression bomb."""


def load_digit(source: str | os.PathLike[str] | Image.Image, like: str = "mnist") -> Tensor:
    """Read a picture of one digit.

    The rotation that a phone stored is applied, transparency is laid on white, 16-bit grey is scaled, dark ink on bright
    paper is inverted, the ink is cut out, and then treated as the training images were, with its proportions kept.

    Args:
        source: a file that Pillow reads, or a Pillow image.
        like: "mnist" or "digits": the data set whose way of scaling and centring is followed.

    Returns:
        uint8 (1, 1, 28, 28), white ink on black.

    Raises:
        UnknownNameError: `like` is neither.
        ImageError: there is no such file, it is no image, it is damaged, too large, or shows no ink.
    """
    if like not in _CENTRE:
        raise UnknownNameError("way of centring", like, _CENTRE)
    name = "the image" if isinstance(source, Image.Image) else str(source)
    picture = source if isinstance(source, Image.Image) else _open(Path(source))
    grey = _grey(picture)
    if min(grey.shape) < 2:
        raise ImageError(f"{name} has {grey.shape[1]}×{grey.shape[0]} pixels; wanted a picture of one digit, at least 2×2")
    ink = _ink(grey)
    rows, columns = np.flatnonzero(ink.max(axis=1) > 0.3), np.flatnonzero(ink.max(axis=0) > 0.3)
    if not len(rows) or not len(columns):
        raise ImageError(f"{name} shows no ink: it is one even grey; wanted one digit, dark on bright or bright on dark")
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _CENTRE[like](cut)


def _open(path: Path) -> Image.Image:
    if path.is_dir():
        raise ImageError(f"{path} is a folder; wanted an image file")
    if not path.is_file():
        raise ImageError(f"there is no file {path}; check the path")
    if not path.stat().st_size:
        raise ImageError(f"{path} is empty (0 bytes); save the picture again")
    try:
        with warnings.catch_warnings():
            # The size is checked below, before any pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > _LARGEST:
                    raise ImageError(f"{path} has {picture.width:,}×{picture.height:,} pixels, more than {_LARGEST:,}; scale it down first")
                picture.load()
                return picture.copy()
    except UnidentifiedImageError as error:
        raise ImageError(f"{path} is no image that Pillow knows; save it as PNG or JPEG") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path} has far too many pixels ({error}); scale it down first") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"{path} is damaged: {error}; save the picture again") from error


def _grey(picture: Image.Image) -> Any:
    """Return float32 (H, W), 0 = black, 1 = white."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith(("I", "F")):
        # 16-bit grey: Pillow's own conversion would clip it at 255.
        values = np.asarray(picture, dtype=np.float32)
        span = 65535.0 if values.max() > 255 else 255.0
        return values.clip(0, span) / span
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        # A drawing on a transparent ground has the same black under ink and ground.
        layer = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.asarray(picture.convert("L"), dtype=np.float32) / 255


def _ink(grey: Any) -> Any:
    """Return float32 (H, W), 0 = ground, 1 = ink."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ground = float(np.median(border))
    distance = np.abs(grey - ground)
    largest = float(distance.max())
    if largest < 0.1:
        return np.zeros_like(grey)
    # Shadows and paper grain reach about a quarter of the contrast; ink reaches all of it.
    return ((distance / largest - 0.25) / 0.75).clip(0, 1)


def _scaled(cut: Any, box: int) -> Any:
    """Fit the ink into box × box pixels, keeping its proportions; float32, 0 to 255."""
    scale = box / max(cut.shape)
    height, width = (max(1, round(side * scale)) for side in cut.shape)
    resized = Image.fromarray((cut * 255).astype(np.uint8)).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized, dtype=np.float32)


def _like_mnist(cut: Any) -> Tensor:
    """Centre by mass, as the makers of MNIST did."""
    small = _scaled(cut, _BOX)
    ys, xs = np.mgrid[: small.shape[0], : small.shape[1]]
    mass = small.sum()
    top, left = (round(_SIDE / 2 - 0.5 - float((axis * small).sum() / mass)) for axis in (ys, xs))
    top, left = min(max(top, 0), _SIDE - small.shape[0]), min(max(left, 0), _SIDE - small.shape[1])
    canvas = np.zeros((_SIDE, _SIDE), dtype=np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small.astype(np.uint8)
    return torch.from_numpy(canvas)[None, None]


def _like_digits(cut: Any) -> Tensor:
    """Fill 32×32 pixels, average 4×4 of them to one cell of 17 grey levels, then enlarge as `digits` is."""
    small = _scaled(cut, 32)
    canvas = np.zeros((32, 32), dtype=np.float32)
    top, left = (32 - small.shape[0]) // 2, (32 - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    cells = canvas.reshape(8, 4, 8, 4).mean(axis=(1, 3)) / 255 * 16
    return enlarge(torch.from_numpy(cells.round())[None, None])


_CENTRE = {"mnist": _like_mnist, "digits": _like_digits}
