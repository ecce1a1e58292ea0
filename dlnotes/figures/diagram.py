"""Diagrams drawn from the module itself, so that they cannot drift from the code."""

from __future__ import annotations

import dataclasses
import html
import math
import re
from collections.abc import Sequence

from torch import nn

from dlnotes.figures.style import PALETTE
from dlnotes.layers import conv_output_size
from dlnotes.summary import Row, trace

__all__ = ["Diagram", "architecture", "convolution"]

_TALL = 104.0
"""Height in pixels of the largest sheet or bar."""

_STEP = 4.5
"""Pixels from one sheet of a stack to the next."""

_TIMES = "\N{MULTIPLICATION SIGN}"
_TEXT = re.compile(r"<text\b[^>]*>([^<]*)</text>")


@dataclasses.dataclass(frozen=True)
class Diagram:
    """An inline SVG; notebooks show it as a picture.

    Attributes:
        svg: the element, in the colours of the page that holds it.
    """

    svg: str

    @property
    def texts(self) -> tuple[str, ...]:
        """Every label, in the order of reading."""
        return tuple(html.unescape(text) for text in _TEXT.findall(self.svg))

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Diagram({len(self.svg)} bytes of SVG)"


# ---- architecture


@dataclasses.dataclass(frozen=True)
class _Stage:
    """A tensor on its way through the model, the operations that made it, and the layers behind them."""

    shape: tuple[int, ...]
    operations: tuple[str, ...]
    layers: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The shape as it is written below the drawing."""
        return _TIMES.join(map(str, self.shape))

    @property
    def sheets(self) -> int:
        """How many sheets stand for the channels."""
        channels = self.shape[0] if len(self.shape) == 3 else 1
        return min(channels, 2 + round(math.log2(channels)))


def architecture(model: nn.Module, input_shape: Sequence[int]) -> Diagram:
    """Draw a model whose layers follow one another.

    Feature maps stand as stacked sheets as large as their height, vectors as bars; above each stands what
    made it, below it its shape. The names of the layers in the model are tooltips.

    Args:
        model: any module that `summary.trace` accepts.
        input_shape: (C, H, W).

    Raises:
        ShapeError: the model does not accept that shape.
    """
    modules = dict(model.named_modules())
    stages = [_Stage(tuple(input_shape), ("input",))]
    for row in trace(model, input_shape).rows:
        operation = _operation(modules.get(row.name, model), row)
        layer = f"{row.name} ({row.type})"
        if (row.parameters and "Norm" not in row.type) or row.output_shape != stages[-1].shape:
            stages.append(_Stage(row.output_shape, (operation,), (layer,)))
        elif operation:
            stages[-1] = dataclasses.replace(
                stages[-1],
                operations=(*stages[-1].operations, operation),
                layers=(*stages[-1].layers, layer),
            )
    return Diagram(_draw_stages(stages))


def _operation(module: nn.Module, row: Row) -> str:
    """Name a layer as the labels of figures do; empty for one that only passes its input on."""
    if isinstance(module, nn.Conv2d):
        stride = f", stride {module.stride[0]}" if module.stride != (1, 1) else ""
        padded = not isinstance(module.padding, str) and any(module.padding)
        padding = f", pad {module.padding[0]}" if padded else ""
        return f"Conv {module.kernel_size[0]}{_TIMES}{module.kernel_size[1]}{stride}{padding}"
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        (size, step) = (side if isinstance(side, int) else side[0] for side in (module.kernel_size, module.stride))
        kind = "Max" if isinstance(module, nn.MaxPool2d) else "Avg"
        return f"{kind}Pool {size}{_TIMES}{size}" + (f", stride {step}" if step != size else "")
    if isinstance(module, nn.Identity | nn.Dropout):
        return ""
    return "BatchNorm" if row.type.startswith("BatchNorm") else row.type


def _draw_stages(stages: list[_Stage]) -> str:
    largest = max((max(stage.shape[1:]) for stage in stages if len(stage.shape) == 3), default=1)
    longest = max((math.prod(stage.shape) for stage in stages if len(stage.shape) != 3), default=1)
    lines = max(len(stage.operations) for stage in stages)
    # The stack of the largest sheets decides how much room the drawings take.
    stack = max(_STEP * (stage.sheets - 1) for stage in stages)
    top = 16.0 * lines + 8
    middle, bottom = top + (_TALL + stack) / 2, top + _TALL + stack + 20
    parts: list[str] = []
    x, edge = 0.0, 0.0
    for number, stage in enumerate(stages):
        if len(stage.shape) == 3:
            tall = max(9.0, _TALL * stage.shape[1] / largest)
            wide = max(9.0, 0.5 * _TALL * stage.shape[2] / largest)
        else:
            # A square root keeps the last layer's ten numbers visible beside a thousand.
            tall, wide = max(12.0, _TALL * math.sqrt(math.prod(stage.shape) / longest)), 13.0
        full = wide + _STEP * (stage.sheets - 1)
        widths = [_width(stage.label, 13), full + 20, *(_width(text, 12) for text in stage.operations)]
        column = max(widths) + 10
        centre = x + column / 2
        left = centre - full / 2
        if number:
            parts.append(_arrow(edge + 5, left - 5, middle))
        title = f"<title>{html.escape(', '.join(stage.layers))}</title>" if stage.layers else ""
        parts.append(f"<g>{title}{_sheets(left, middle, tall, wide, stage)}</g>")
        for line, text in enumerate(stage.operations):
            y = top - 16 * (len(stage.operations) - 1 - line) - 10
            parts.append(_text(centre, y, text, size=12))
        parts.append(_text(centre, bottom, stage.label, size=13, weight=600))
        x, edge = x + column, left + full
    return _svg(x, bottom + 8, "".join(parts))


def _sheets(left: float, middle: float, tall: float, wide: float, stage: _Stage) -> str:
    colour = _colour(0 if len(stage.shape) == 3 else 1)
    start = middle - (tall + _STEP * (stage.sheets - 1)) / 2
    size = f'width="{_n(wide)}" height="{_n(tall)}" rx="2"'
    places = [(left + _STEP * number, start + _STEP * number) for number in range(stage.sheets)]
    rects = "".join(f'<rect x="{_n(x)}" y="{_n(y)}" {size}/>' for x, y in places)
    return f'<g class="dl-sheet" style="fill:{colour};fill-opacity:.3;stroke:{colour}">{rects}</g>'


# ---- convolution


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
    padded = size + 2 * padding
    cell = min(26.0, 340 / padded)
    left, top, between = 6.0, 30.0, 104.0
    right = left + padded * cell + between
    centre = top + padded * cell / 2
    start = centre - result * cell / 2
    parts = [
        _text(left + padded * cell / 2, 18, "input with padding" if padding else "input", size=13, weight=600),
        _grid(left, top, padded, cell, padding),
    ]
    for number in range(min(2, result)):
        shift = number * stride * cell
        parts.append(_window(left + shift, top, kernel_size * cell, number))
    parts += [
        _text(right - between / 2, centre - 12, f"kernel {kernel_size}{_TIMES}{kernel_size}", size=12),
        _arrow(right - between + 14, right - 14, centre),
        _text(right - between / 2, centre + 22, f"stride {stride}", size=12),
        _text(right + result * cell / 2, start - 12, "output", size=13, weight=600),
        _grid(right, start, result, cell, 0),
    ]
    parts += [_window(right + number * cell, start, cell, number) for number in range(min(2, result))]
    return Diagram(_svg(right + max(result * cell, 40) + 6, top + padded * cell + 8, "".join(parts)))


def _grid(left: float, top: float, count: int, cell: float, padding: int) -> str:
    """Draw count times count cells; the outer ones are padding, hold zeros and stay pale."""
    side = count * cell
    path = "".join(f"M{_n(left + i * cell)} {_n(top)}v{_n(side)}" for i in range(count + 1))
    path += "".join(f"M{_n(left)} {_n(top + i * cell)}h{_n(side)}" for i in range(count + 1))
    offset, inner = padding * cell, (count - 2 * padding) * cell
    ring = [
        f'<text x="{_n(left + (column + 0.5) * cell)}" y="{_n(top + (row + 0.5) * cell + 4)}">0</text>'
        for row in range(count)
        for column in range(count)
        if not (padding <= row < count - padding and padding <= column < count - padding)
    ]
    # Smaller zeros could not be read.
    zeros = "".join(ring) if cell >= 18 else ""
    style = "font-size:11px;text-anchor:middle;fill:currentColor;opacity:.65"
    return (
        f'<rect x="{_n(left + offset)}" y="{_n(top + offset)}" width="{_n(inner)}" height="{_n(inner)}" '
        f'style="fill:currentColor;opacity:.1"/><path d="{path}" '
        f'style="fill:none;stroke:currentColor;stroke-width:.8;opacity:.45"/>' + (f'<g style="{style}">{zeros}</g>' if zeros else "")
    )


def _window(left: float, top: float, side: float, number: int) -> str:
    # The second is dashed too, for readers who cannot tell the colours apart.
    dash = ";stroke-dasharray:6 3" if number else ""
    place = f'x="{_n(left + 1.5)}" y="{_n(top + 1.5)}" width="{_n(side - 3)}" height="{_n(side - 3)}" rx="3"'
    colour = _colour(number)
    return f'<rect {place} style="fill:{colour};fill-opacity:.25;stroke:{colour};stroke-width:2.5{dash}"/>'


# ---- pieces


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _arrow(start: float, end: float, y: float) -> str:
    path = f"M{_n(start)} {_n(y)}H{_n(end)}m-5-4l5 4l-5 4"
    return f'<path d="{path}" style="fill:none;stroke:currentColor;opacity:.7"/>'


def _width(text: str, size: float) -> float:
    """Estimate the width of a label, with room for its Chinese form, which is a little wider at worst."""
    return 0.62 * size * len(text)


def _colour(number: int) -> str:
    return f"var(--dl-{number + 1},{PALETTE[number]})"


def _text(x: float, y: float, text: str, *, size: float, weight: int = 400) -> str:
    heavy = f";font-weight:{weight}" if weight != 400 else ""
    style = f"font-size:{size}px;text-anchor:middle;fill:currentColor{heavy}"
    return f'<text x="{_n(x)}" y="{_n(y)}" style="{style}">{html.escape(text)}</text>'


def _svg(width: float, height: float, body: str) -> str:
    # Below nine tenths the labels would become too small: the page scrolls instead.
    least = f";min-width:{width * 0.9:.0f}px" if width > 400 else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'class="dl-svg dl-diagram" style="max-width:{width * 1.1:.0f}px{least}">{body}</svg>'
    )
