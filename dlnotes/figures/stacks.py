"""What a network computes for one image, drawn in space: every map a tilted picture, layer below layer."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from dlnotes.errors import ShapeError
from dlnotes.figures.diagram import Diagram
from dlnotes.figures.pieces import TIMES, colour, frame, number, text, text_width
from dlnotes.figures.style import PALETTE

__all__ = ["Patch", "feature_stack"]

_WIDE, _GAP, _BETWEEN = 320.0, 5.0, 36.0
"""Pixels that a row of maps may take, between two maps, and between two layers."""

_LARGEST, _BENT = 62.0, 0.6
"""Side of the largest map at most; other sides follow this power of their size, so that small maps stay visible."""

_FLAT, _LEAN = 0.58, 0.38
"""What is left of a map's height when it lies down, and how far each pixel of it leans to the right."""

_IN_A_ROW = 12
_LEVELS = 16


class Patch(NamedTuple):
    """A rectangle on one map: a unit, or what a unit sees there.

    Attributes:
        layer: label of the layer.
        channel: number of the map.
        row: upper edge, in pixels of the map.
        column: left edge.
        height: rows.
        width: columns.
    """

    layer: str
    channel: int
    row: int
    column: int
    height: int = 1
    width: int = 1


class _Plane(NamedTuple):
    """Where the maps of one layer lie: the corner of the whole, and the drawn and the true sides of one map."""

    left: float
    top: float
    across: float
    down: float
    columns: int
    rows: int
    width: int
    height: int

    @property
    def depth(self) -> float:
        """Height of all rows of maps before they are laid down."""
        return self.rows * (self.down + _GAP) - _GAP

    @property
    def right(self) -> float:
        """Right end of the drawing."""
        return self.left + self.columns * (self.across + _GAP) - _GAP + _LEAN * self.depth

    def place(self, channel: int, row: float, column: float) -> tuple[float, float]:
        """Return where a point of a map, in the map's own pixels, is drawn."""
        x = (channel % self.columns) * (self.across + _GAP) + self.across * column / self.width
        y = (channel // self.columns) * (self.down + _GAP) + self.down * row / self.height
        return self.left + x + _LEAN * (self.depth - y), self.top + _FLAT * y

    def corners(self, channel: int, row: float, column: float, height: float, width: float) -> list[tuple[float, float]]:
        """Return the four corners of a rectangle of a map."""
        ends = ((row, column), (row, column + width), (row + height, column + width), (row + height, column))
        return [self.place(channel, *end) for end in ends]


def feature_stack(layers: Mapping[str, Any], *, trail: Sequence[Patch] = ()) -> Diagram:
    """Draw the activations of one image layer below layer in space, as many maps and pixels as there really are.

    In each layer 0 is drawn empty and the largest value full; negative values are drawn as 0.

    Args:
        layers: label → activations of one image, float (C, H, W) or (1, C, H, W), or a vector (D,) or (1, D), in the order
            in which they are computed.
        trail: patches to outline, in the order of their layers; each is joined to the next by lines.

    Raises:
        ShapeError: there is no layer, one has another shape, or a patch is not on its layer.
    """
    arrays = {label: _maps(label, values) for label, values in layers.items()}
    if not arrays:
        raise ShapeError("feature_stack wants at least one layer")
    unit = _unit(list(arrays.values()))
    parts: list[str] = []
    planes: dict[str, _Plane] = {}
    top = 24.0
    for label, array in arrays.items():
        plane = planes[label] = _plane(array, unit, top)
        size = TIMES.join(map(str, array.shape if array.shape[1] > 1 else array.shape[2:]))
        parts += [
            text(2, top - 8, size, size=12.5, weight=600, anchor="start", halo=True),
            text(10 + text_width(size, 12.5), top - 8, label, size=12.5, anchor="start", halo=True),
            *(_picture(values, plane, channel) for channel, values in enumerate(array / (array.max() or 1.0))),
        ]
        top += _FLAT * plane.depth + _BETWEEN
    parts.append(_lines(trail, arrays, planes))
    return Diagram(frame(max(plane.right for plane in planes.values()) + 4, top - _BETWEEN + 8, "".join(parts), grow=1.7))


def _maps(label: str, values: Any) -> Any:
    """Return activations as (C, H, W); a vector is one map of a single row."""
    array = values.detach().cpu().float().numpy() if hasattr(values, "detach") else np.asarray(values, dtype=float)
    if array.ndim in (2, 4) and len(array) == 1:
        array = array[0]
    array = array[None, None] if array.ndim == 1 else array
    if array.ndim != 3 or not array.size:
        raise ShapeError(f"layer {label!r} must be (C, H, W) or (D,), for one image; got {np.shape(values)}")
    return np.clip(array, 0, None)


def _rows(channels: int) -> int:
    return -(-channels // _IN_A_ROW)


def _unit(arrays: list[Any]) -> float:
    """Return how many pixels a side of 1 takes, so that the largest map and the longest row fit."""
    limits = [_LARGEST]
    for channels, height, width in (array.shape for array in arrays):
        if height > 1:
            columns = -(-channels // _rows(channels))
            limits.append(min(_LARGEST, _WIDE / columns - _GAP) / max(height, width) ** _BENT)
    return min(limits)


def _plane(array: Any, unit: float, top: float) -> _Plane:
    channels, height, width = array.shape
    if height == 1:
        # A vector: one row of cells, whose size says nothing.
        return _Plane(2.0, top, min(_WIDE, 14.0 * width), 24.0, 1, channels, width, 1)
    rows = _rows(channels)
    side = unit * max(height, width) ** _BENT / max(height, width)
    return _Plane(2.0, top, side * width, side * height, -(-channels // rows), rows, width, height)


def _picture(values: Any, plane: _Plane, channel: int) -> str:
    """Draw one map as a picture that lies on its plane: the colour is the same everywhere, its strength is the value."""
    from PIL import Image

    image = Image.fromarray(np.round(values * (_LEVELS - 1)).astype(np.uint8)).convert("P")
    shade = bytes.fromhex(PALETTE[0][1:])
    image.putpalette(shade * _LEVELS)
    buffer = io.BytesIO()
    strengths = bytes(round(255 * level / (_LEVELS - 1)) for level in range(_LEVELS))
    image.save(buffer, format="PNG", optimize=True, transparency=strengths)
    data = base64.b64encode(buffer.getvalue()).decode()
    left, top = plane.place(channel, 0, 0)
    outline = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in plane.corners(channel, 0, 0, plane.height, plane.width))
    return (
        f'<path d="{outline}z" style="fill:currentColor;fill-opacity:.06;stroke:currentColor;stroke-opacity:.35;stroke-width:.6"/>'
        f'<image href="data:image/png;base64,{data}" width="{number(plane.across)}" height="{number(plane.down)}" '
        f'transform="matrix(1 0 {-_LEAN} {_FLAT} {number(left)} {number(top)})" preserveAspectRatio="none" '
        'style="image-rendering:pixelated"/>'
    )


def _lines(trail: Sequence[Patch], arrays: Mapping[str, Any], planes: Mapping[str, _Plane]) -> str:
    """Outline patches and join the corners of neighbours."""
    shapes = []
    for patch in trail:
        if patch.layer not in planes:
            raise ShapeError(f"patch {patch} is on no layer; the layers are {', '.join(map(repr, planes))}")
        channels, height, width = arrays[patch.layer].shape
        ends = (patch.channel < channels, patch.row + patch.height <= height, patch.column + patch.width <= width)
        if min(patch[1:]) < 0 or not min(patch.height, patch.width) or not all(ends):
            raise ShapeError(f"patch {patch} does not lie on its layer of shape {channels}{TIMES}{height}{TIMES}{width}")
        shapes.append(planes[patch.layer].corners(*patch[1:]))
    joins = "".join(
        f"M{number(x)} {number(y)}L{number(u)} {number(v)}"
        for before, after in pairwise(shapes)
        for (x, y), (u, v) in zip(before, after, strict=True)
    )
    outlines = "".join("M" + "L".join(f"{number(x)} {number(y)}" for x, y in shape) + "z" for shape in shapes)
    if not shapes:
        return ""
    line = f"fill:none;stroke:{colour(1)}"
    return f'<path d="{joins}" style="{line};opacity:.75"/><path d="{outlines}" style="{line};stroke-width:2"/>'
