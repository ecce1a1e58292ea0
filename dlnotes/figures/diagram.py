"""Diagrams drawn from the module itself, so that they cannot drift from the code."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Sequence

from torch import nn

from dlnotes.figures.style import PALETTE
from dlnotes.layers import conv_output_size
from dlnotes.summary import Row, trace

__all__ = ["Diagram", "architecture", "convolution"]

_SIDE = 150.0
"""Height in pixels of the largest sheet or bar."""


@dataclasses.dataclass(frozen=True)
class Diagram:
    """An inline SVG; notebooks show it as a picture."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Diagram({len(self.svg)} bytes of SVG)"


@dataclasses.dataclass(frozen=True)
class _Stage:
    """A tensor on its way through the model, and the operations that made it."""

    shape: tuple[int, ...]
    operations: tuple[str, ...]


def architecture(model: nn.Module, input_shape: Sequence[int]) -> Diagram:
    """Draw a model whose layers follow one another.

    Feature maps stand as stacked sheets as large as their height, vectors as bars; above each arrow stands what was done.

    Args:
        model: any module that `summary.trace` accepts.
        input_shape: (C, H, W).

    Raises:
        ShapeError: the model does not accept that shape.
    """
    modules = dict(model.named_modules())
    stages = [_Stage(tuple(input_shape), ())]
    for row in trace(model, input_shape).rows:
        operation = _operation(modules[row.name], row)
        if not operation:
            continue
        if row.parameters and "Norm" not in row.type or row.output_shape != stages[-1].shape:
            stages.append(_Stage(row.output_shape, (operation,)))
        else:
            stages[-1] = dataclasses.replace(stages[-1], operations=(*stages[-1].operations, operation))
    return Diagram(_draw_stages([stage for stage in stages]))


def _operation(module: nn.Module, row: Row) -> str:
    if isinstance(module, nn.Conv2d):
        extra = (f", stride {module.stride[0]}" if module.stride != (1, 1) else "") + (f", pad {module.padding[0]}" if module.padding != (0, 0) else "")
        return f"Conv {module.kernel_size[0]}×{module.kernel_size[1]}{extra}"
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        size = module.kernel_size if isinstance(module.kernel_size, int) else module.kernel_size[0]
        return f"{'Max' if isinstance(module, nn.MaxPool2d) else 'Avg'}Pool {size}×{size}"
    if isinstance(module, nn.Identity | nn.Dropout):
        return ""
    return row.type.replace("BatchNorm1d", "BatchNorm").replace("BatchNorm2d", "BatchNorm")


def _draw_stages(stages: list[_Stage]) -> str:
    largest = max((max(stage.shape[1:]) for stage in stages if len(stage.shape) == 3), default=1)
    longest = max((stage.shape[0] for stage in stages if len(stage.shape) == 1), default=1)
    parts: list[str] = []
    x, middle, bottom, arrow = 8.0, 140.0, 256.0, 86.0
    for number, stage in enumerate(stages):
        if number:
            parts.append(f'<path d="M{x + 4:.0f} {middle:.0f}h{arrow - 14:.0f}m-5 -4l5 4l-5 4" style="fill:none;stroke:currentColor;opacity:.7"/>')
            for line, text in enumerate(stage.operations):
                top = middle - 12 - 18 * (len(stage.operations) - 1 - line)
                parts.append(_text(x + arrow / 2 - 2, top, text, size=14))
            x += arrow
        if len(stage.shape) == 3:
            drawing, width = _sheets(x, middle, stage.shape, largest)
        else:
            drawing, width = _bar(x, middle, stage.shape[0], longest)
        parts.append(drawing)
        label = "×".join(map(str, stage.shape))
        parts.append(_text(x + width / 2, bottom, label, size=14.5, weight=600))
        x += width + 6
    return _svg(x + 14, bottom + 14, "".join(parts))


def _sheets(x: float, middle: float, shape: tuple[int, ...], largest: int) -> tuple[str, float]:
    channels, height, width = shape
    tall, wide = max(10.0, _SIDE * height / largest), max(10.0, _SIDE * 0.5 * width / largest)
    count = min(channels, 2 + round(math.log2(channels)))
    step = 5.5
    offset = step * (count - 1)
    sheets = []
    for number in range(count):
        left, top = x + step * number, middle - tall / 2 - offset / 2 + step * number
        sheets.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="2"/>')
    return f'<g class="dl-sheet" style="fill:{_colour(0)};stroke:{_colour(0)}">{"".join(sheets)}</g>', wide + offset


def _bar(x: float, middle: float, size: int, longest: int) -> tuple[str, float]:
    # A square root keeps the last layer's ten numbers visible beside a thousand.
    tall, wide = max(16.0, _SIDE * math.sqrt(size / longest)), 14.0
    rect = f'<rect x="{x:.1f}" y="{middle - tall / 2:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="3"/>'
    return f'<g class="dl-sheet" style="fill:{_colour(1)};stroke:{_colour(1)}">{rect}</g>', wide


def convolution(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> Diagram:
    """Draw which pixels a kernel sees at its first and at its second position, and the output that it fills.

    Args:
        size: pixels along each side of the input.
        kernel_size: weights along each side of the kernel.
        stride: pixels from one position to the next.
        padding: zeros at each border.

    Raises:
        ConfigError, ShapeError: as `layers.conv_output_size`.
    """
    result = conv_output_size(size, kernel_size, stride, padding)
    padded, cell = size + 2 * padding, 24.0
    top, left = 34.0, 8.0
    parts = [_text(left + padded * cell / 2, 18, "input with padding" if padding else "input", size=12, weight=600)]
    parts.append(_grid(left, top, padded, cell, inner=(padding, padding + size)))
    for colour, position in ((0, 0), (1, 1)):
        if position < result:
            shift = position * stride * cell
            side = kernel_size * cell
            parts.append(f'<rect x="{left + shift + 1.5:.1f}" y="{top + 1.5:.1f}" width="{side - 3:.1f}" height="{side - 3:.1f}" rx="3" '
                         f'style="fill:{_colour(colour)};fill-opacity:.25;stroke:{_colour(colour)};stroke-width:2.5"/>')
    gap = 92.0
    right = left + padded * cell + gap
    centre = top + padded * cell / 2
    parts.append(f'<path d="M{right - gap + 14:.0f} {centre:.0f}h{gap - 34:.0f}m-6 -5l6 5l-6 5" style="fill:none;stroke:currentColor;opacity:.7"/>')
    parts.append(_text(right - gap / 2, centre - 12, f"kernel {kernel_size}×{kernel_size}", size=11))
    parts.append(_text(right - gap / 2, centre + 20, f"stride {stride}", size=11))
    start = centre - result * cell / 2
    parts.append(_text(right + result * cell / 2, start - 12, "output", size=12, weight=600))
    parts.append(_grid(right, start, result, cell, inner=(0, result)))
    for colour, position in ((0, 0), (1, 1)):
        if position < result:
            parts.append(f'<rect x="{right + position * cell + 1.5:.1f}" y="{start + 1.5:.1f}" width="{cell - 3:.1f}" height="{cell - 3:.1f}" rx="3" '
                         f'style="fill:{_colour(colour)};fill-opacity:.35;stroke:{_colour(colour)};stroke-width:2.5"/>')
    return Diagram(_svg(right + max(result * cell, 40) + 8, top + padded * cell + 10, "".join(parts)))


def _grid(left: float, top: float, count: int, cell: float, *, inner: tuple[int, int]) -> str:
    """Draw count × count cells; those outside `inner` are padding and stay pale."""
    paths = "".join(f"M{left + i * cell:.0f} {top:.0f}v{count * cell:.0f}M{left:.0f} {top + i * cell:.0f}h{count * cell:.0f}" for i in range(count + 1))
    first, last = inner
    body = (f'<rect x="{left + first * cell:.0f}" y="{top + first * cell:.0f}" width="{(last - first) * cell:.0f}" '
            f'height="{(last - first) * cell:.0f}" style="fill:currentColor;opacity:.1"/>')
    return f'{body}<path d="{paths}" style="fill:none;stroke:currentColor;stroke-width:.8;opacity:.45"/>'


def _colour(number: int) -> str:
    return f"var(--dl-{number + 1},{PALETTE[number]})"


def _text(x: float, y: float, text: str, *, size: float, weight: int = 400) -> str:
    heavy = f";font-weight:{weight}" if weight != 400 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" style="font-size:{size}px;text-anchor:middle;fill:currentColor{heavy}">{html.escape(text)}</text>'


def _svg(width: float, height: float, body: str) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" class="dl-svg dl-diagram" '
            f'style="max-width:{width * 1.05:.0f}px;min-width:{min(width, 680):.0f}px">{body}</svg>')
