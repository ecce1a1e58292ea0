"""Diagrams drawn from the module itself, so that they cannot drift from the code."""

from __future__ import annotations

import dataclasses
import html
import math
import re
from collections.abc import Mapping, Sequence

from torch import nn

from dlnotes.errors import ShapeError
from dlnotes.figures.pieces import TIMES, colour, frame, number, operation, text, text_width
from dlnotes.layers import conv_output_size
from dlnotes.summary import Call, Ledger, Row, trace

__all__ = ["Diagram", "architecture", "convolution", "side_by_side"]

_TALL = 104.0
"""Height in pixels of the largest sheet or bar."""

_STEP = 4.5
"""Pixels from one sheet of a stack to the next."""

_WIDEST = 700.0
"""A line of a drawing as wide as this is as wide as the text of a page."""

_MARGIN = 16.0
"""Room at both ends of a line for the path to the next."""

_MANY = 24
"""More layers than this are drawn as blocks."""

_TEXT = re.compile(r"<text\b[^>]*>([^<]*)</text>")
_FRAME = re.compile(r'<svg [^>]*viewBox="0 0 (\d+) (\d+)"[^>]*>(.*)</svg>', re.S)


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
        return tuple(html.unescape(label) for label in _TEXT.findall(self.svg))

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"Diagram({len(self.svg)} bytes of SVG)"


def side_by_side(drawings: Mapping[str, Diagram]) -> Diagram:
    """Draw several diagrams as one, from left to right, each under its title.

    Args:
        drawings: title → diagram.

    Raises:
        ShapeError: there is no diagram.
    """
    if not drawings:
        raise ShapeError("side_by_side wants at least one diagram, got none")
    x, tall, parts = 0.0, 0.0, []
    for title, drawing in drawings.items():
        found = _FRAME.fullmatch(drawing.svg)
        assert found is not None, "every diagram is made by pieces.frame"
        width, height = float(found[1]), float(found[2])
        column = max(width, text_width(title, 13) + 8)
        parts.append(text(x + column / 2, 16, title, size=13, weight=600))
        parts.append(f'<g transform="translate({number(x + (column - width) / 2)} 28)">{found[3]}</g>')
        x, tall = x + column + 24, max(tall, height)
    return Diagram(frame(x - 24, tall + 28, "".join(parts)))


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
        return TIMES.join(map(str, self.shape))

    @property
    def sheets(self) -> int:
        """How many sheets stand for the channels."""
        channels = self.shape[0] if len(self.shape) == 3 else 1
        return min(channels, 2 + round(math.log2(channels)))


def architecture(model: nn.Module, input_shape: Sequence[int]) -> Diagram:
    """Draw a model from left to right: layer by layer, or block by block where there are branches or many layers.

    Feature maps stand as stacked sheets as large as their height, vectors as bars; above each stands what
    made it, below it its shape. The names of the layers in the model are tooltips. `block_diagram` draws what
    is inside a block.

    Args:
        model: any module that `summary.trace` accepts.
        input_shape: (C, H, W).

    Raises:
        ShapeError: the model does not accept that shape.
    """
    modules = dict(model.named_modules())
    ledger = trace(model, input_shape)
    rows = [row for row in ledger.rows if row.output_shape is not None]
    if len(rows) > _MANY or any(len(row.inputs) > 1 for row in rows):
        rows = _blocks(modules, ledger)
    stages = [_Stage(tuple(input_shape), ("input",))]
    last, times = "", 1
    for row in rows:
        assert row.output_shape is not None
        name = operation(modules.get(row.name, model), row)
        layer = f"{row.name} ({row.type})"
        makes = (row.parameters and "Norm" not in row.type) or row.output_shape != stages[-1].shape
        if len(rows) > _MANY or any(True for _ in modules.get(row.name, nn.Identity()).children()):
            # The same block again at the same size adds to the count above it.
            same = name == last and row.output_shape[1:] == stages[-1].shape[1:] and len(row.output_shape) == 3
            last, times = (name, times + 1 if same else 1) if makes else (last, times)
            if makes and same:
                operations = (f"{name} {TIMES}{times}", *stages[-1].operations[1:])
                stages[-1] = _Stage(row.output_shape, operations, (*stages[-1].layers, layer))
                continue
        elif makes:
            last, times = name, 1
        if makes:
            # What only passes its input on may stand behind a flattening that has no layer of its own.
            stages.append(_Stage(row.output_shape, (name or "Flatten",), (layer,)))
        elif name and name not in stages[-1].operations:
            stages[-1] = dataclasses.replace(
                stages[-1],
                operations=(*stages[-1].operations, name),
                layers=(*stages[-1].layers, layer),
            )
    return Diagram(_draw_stages(stages))


def _blocks(modules: dict[str, nn.Module], ledger: Ledger) -> list[Row]:
    """Fold the rows of every block that branches; plain chains, and the model itself, stay open."""
    rows: list[Row] = []
    outermost: dict[int, Call] = {}
    for call in ledger.calls:
        inside = ledger.rows[call.start : call.stop]
        chain = all(row.inputs == (call.start + i - 1,) for i, row in enumerate(inside) if i)
        if call.name and call.stop > call.start and not chain and not isinstance(modules[call.name], nn.Sequential):
            # Calls are listed when they end, so an outer block comes after the inner ones and takes their place.
            outermost[call.start] = call
    i = 0
    while i < len(ledger.rows):
        block, row = outermost.get(i), ledger.rows[i]
        if block:
            inside = ledger.rows[i : block.stop]
            rows.append(Row(block.name, block.type, block.output_shape, sum(row.parameters for row in inside), 0, 0, None))
        elif row.output_shape is not None:
            rows.append(row)
        i = block.stop if block else i + 1
    return rows


@dataclasses.dataclass(frozen=True)
class _Column:
    """A stage with the room that it takes: of the column, and of the sheets or the bar in it."""

    stage: _Stage
    width: float
    wide: float
    tall: float

    @property
    def full(self) -> tuple[float, float]:
        """Width and height of the whole stack."""
        stack = _STEP * (self.stage.sheets - 1)
        return self.wide + stack, self.tall + stack


def _draw_stages(stages: list[_Stage]) -> str:
    lines = _lines(_columns(stages))
    width = max(sum(column.width for column in line) for line in lines)
    margin = _MARGIN if len(lines) > 1 else 0.0
    parts: list[str] = []
    top, edge, before = 0.0, None, 0.0
    for line in lines:
        labels = max(len(column.stage.operations) for column in line)
        head = top + 16.0 * labels + 8
        middle = head + max(column.full[1] for column in line) / 2
        bottom = 2 * middle - head + 20
        x = margin + (width - sum(column.width for column in line)) / 2
        for column in line:
            stage, centre = column.stage, x + column.width / 2
            left = centre - column.full[0] / 2
            if edge is not None and column is line[0]:
                parts.append(_turn((edge + 5, before), width + 1.5 * margin, top - 4, margin / 2, (left - 5, middle)))
            elif edge is not None:
                parts.append(_arrow(edge + 5, left - 5, middle))
            title = f"<title>{html.escape(', '.join(stage.layers))}</title>" if stage.layers else ""
            parts.append(f"<g>{title}{_sheets(left, middle, column.tall, column.wide, stage)}</g>")
            for number_, label in enumerate(stage.operations):
                parts.append(text(centre, head - 16 * (len(stage.operations) - 1 - number_) - 10, label, size=12))
            parts.append(text(centre, bottom, stage.label, size=13, weight=600))
            x, edge, before = x + column.width, left + column.full[0], middle
        top = bottom + 24
    return frame(width + 2 * margin, top - 16, "".join(parts))


def _columns(stages: list[_Stage]) -> list[_Column]:
    largest = max((max(stage.shape[1:]) for stage in stages if len(stage.shape) == 3), default=1)
    longest = max((math.prod(stage.shape) for stage in stages if len(stage.shape) != 3), default=1)
    columns = []
    for stage in stages:
        if len(stage.shape) == 3:
            tall = max(9.0, _TALL * stage.shape[1] / largest)
            wide = max(9.0, 0.5 * _TALL * stage.shape[2] / largest)
        else:
            # A square root keeps the last layer's ten numbers visible beside a thousand.
            tall, wide = max(12.0, _TALL * math.sqrt(math.prod(stage.shape) / longest)), 13.0
        full = wide + _STEP * (stage.sheets - 1)
        widths = [text_width(stage.label, 13), full + 20, *(text_width(label, 12) for label in stage.operations)]
        columns.append(_Column(stage, max(widths) + 10, wide, tall))
    return columns


def _lines(columns: list[_Column]) -> list[list[_Column]]:
    """Break the columns into as few lines as fit on a page, of about the same width."""
    total = sum(column.width for column in columns)
    goal = total / max(1, math.ceil(total / _WIDEST))
    lines: list[list[_Column]] = [[]]
    used = 0.0
    for column in columns:
        here = sum(other.width for other in lines[-1])
        # A column goes where its middle falls, if there is room.
        if lines[-1] and (used + column.width / 2 > goal * len(lines) or here + column.width > _WIDEST):
            lines.append([])
        lines[-1].append(column)
        used += column.width
    return lines


def _sheets(left: float, middle: float, tall: float, wide: float, stage: _Stage) -> str:
    shade = colour(0 if len(stage.shape) == 3 else 1)
    start = middle - (tall + _STEP * (stage.sheets - 1)) / 2
    size = f'width="{number(wide)}" height="{number(tall)}" rx="2"'
    places = [(left + _STEP * i, start + _STEP * i) for i in range(stage.sheets)]
    rects = "".join(f'<rect x="{number(x)}" y="{number(y)}" {size}/>' for x, y in places)
    return f'<g class="dl-sheet" style="fill:{shade};fill-opacity:.3;stroke:{shade}">{rects}</g>'


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
        text(left + padded * cell / 2, 18, "input with padding" if padding else "input", size=13, weight=600),
        _grid(left, top, padded, cell, padding),
    ]
    for i in range(min(2, result)):
        parts.append(_window(left + i * stride * cell, top, kernel_size * cell, i))
    parts += [
        text(right - between / 2, centre - 12, f"kernel {kernel_size}{TIMES}{kernel_size}", size=12),
        _arrow(right - between + 14, right - 14, centre),
        text(right - between / 2, centre + 22, f"stride {stride}", size=12),
        text(right + result * cell / 2, start - 12, "output", size=13, weight=600),
        _grid(right, start, result, cell, 0),
    ]
    parts += [_window(right + i * cell, start, cell, i) for i in range(min(2, result))]
    return Diagram(frame(right + max(result * cell, 40) + 6, top + padded * cell + 8, "".join(parts)))


def _grid(left: float, top: float, count: int, cell: float, padding: int) -> str:
    """Draw count times count cells; the outer ones are padding, hold zeros and stay pale."""
    side = count * cell
    path = "".join(f"M{number(left + i * cell)} {number(top)}v{number(side)}" for i in range(count + 1))
    path += "".join(f"M{number(left)} {number(top + i * cell)}h{number(side)}" for i in range(count + 1))
    offset, inner = padding * cell, (count - 2 * padding) * cell
    ring = [
        f'<text x="{number(left + (column + 0.5) * cell)}" y="{number(top + (row + 0.5) * cell + 4)}">0</text>'
        for row in range(count)
        for column in range(count)
        if not (padding <= row < count - padding and padding <= column < count - padding)
    ]
    # Smaller zeros could not be read.
    zeros = "".join(ring) if cell >= 18 else ""
    style = "font-size:11px;text-anchor:middle;fill:currentColor;opacity:.65"
    return (
        f'<rect x="{number(left + offset)}" y="{number(top + offset)}" width="{number(inner)}" height="{number(inner)}" '
        f'style="fill:currentColor;opacity:.1"/><path d="{path}" '
        f'style="fill:none;stroke:currentColor;stroke-width:.8;opacity:.45"/>' + (f'<g style="{style}">{zeros}</g>' if zeros else "")
    )


def _window(left: float, top: float, side: float, index: int) -> str:
    # The second is dashed too, for readers who cannot tell the colours apart.
    dash = ";stroke-dasharray:6 3" if index else ""
    place = f'x="{number(left + 1.5)}" y="{number(top + 1.5)}" width="{number(side - 3)}" height="{number(side - 3)}" rx="3"'
    shade = colour(index)
    return f'<rect {place} style="fill:{shade};fill-opacity:.25;stroke:{shade};stroke-width:2.5{dash}"/>'


# ---- pieces


def _turn(start: tuple[float, float], right: float, between: float, left: float, end: tuple[float, float]) -> str:
    """Lead from the end of one line of a drawing to the beginning of the next."""
    away = f"M{number(start[0])} {number(start[1])}H{number(right)}V{number(between)}"
    path = f"{away}H{number(left)}V{number(end[1])}H{number(end[0])}m-5-4l5 4l-5 4"
    return f'<path d="{path}" style="fill:none;stroke:currentColor;opacity:.7"/>'


def _arrow(start: float, end: float, y: float) -> str:
    path = f"M{number(start)} {number(y)}H{number(end)}m-5-4l5 4l-5 4"
    return f'<path d="{path}" style="fill:none;stroke:currentColor;opacity:.7"/>'
