"""Graphs drawn from what they show: a network from its sizes, a calculation from autograd's own record."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from dlnotes.errors import ShapeError
from dlnotes.figures.diagram import Diagram, _arrow
from dlnotes.figures.pieces import colour as _colour
from dlnotes.figures.pieces import frame as _svg
from dlnotes.figures.pieces import number as _n
from dlnotes.figures.pieces import text as _text
from dlnotes.figures.pieces import text_width as _width

__all__ = ["autograd", "flow", "network"]

_MOST = 8
"""Neurons of a layer that are drawn; of a larger one some are left out."""

_LINE = "fill:none;stroke:currentColor"
_VERSION = re.compile(r"(Backward)?\d*$")


def network(sizes: Sequence[int], names: Sequence[str] | None = None, *, highlight: tuple[int, int, int] | None = None) -> Diagram:
    """Draw fully connected layers, every neuron a circle and every weight a line.

    Args:
        sizes: neurons of each layer, the input first; of more than 8, dots stand for those that are left out.
        names: text above each layer.
        highlight: (layer, i, j), from 1: the weight from neuron i of the layer before to neuron j of this one.

    Raises:
        ShapeError: fewer than two layers, an empty one, or not one name for each.
    """
    if len(sizes) < 2 or min(sizes) < 1 or (names is not None and len(names) != len(sizes)):
        raise ShapeError(f"network wants at least two layers, none empty, and one name for each if any; got {sizes} and {names}")
    gap, across, radius = 34.0, 150.0, 11.0
    shown = [min(size, _MOST) for size in sizes]
    height = gap * (max(shown) - 1)
    middle = 46 + height / 2
    places = [
        [(70 + across * column, middle + gap * (row - (count - 1) / 2)) for row in range(count)] for column, count in enumerate(shown)
    ]
    left_out = [shown[layer] // 2 if size > _MOST else -1 for layer, size in enumerate(sizes)]
    edges = "".join(
        f"M{_n(x + radius)} {_n(y)}L{_n(u - radius)} {_n(v)}"
        for layer, (before, after) in enumerate(pairwise(places))
        for row, (x, y) in enumerate(before)
        for column, (u, v) in enumerate(after)
        if row != left_out[layer] and column != left_out[layer + 1]
    )
    parts = [f'<path d="{edges}" style="{_LINE};stroke-width:.7;opacity:.3"/>']
    if highlight:
        layer, i, j = highlight
        (x, y), (u, v) = places[layer - 1][i - 1], places[layer][j - 1]
        parts.append(f'<path d="M{_n(x + radius)} {_n(y)}L{_n(u - radius)} {_n(v)}" style="fill:none;stroke:{_colour(1)};stroke-width:3"/>')
    for layer, column in enumerate(places):
        parts.append(_text(column[0][0], 18, names[layer], size=13, weight=600) if names else "")
        colour = _colour(0 if 0 < layer < len(sizes) - 1 else 2)
        for row, (x, y) in enumerate(column):
            if row == left_out[layer]:
                dots = "".join(f'<circle cx="{_n(x)}" cy="{_n(y + step)}" r="1.8"/>' for step in (-7, 0, 7))
                parts.append(f'<g style="fill:currentColor;opacity:.7">{dots}</g>')
                continue
            parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" style="fill:{colour};fill-opacity:.25;stroke:{colour}"/>')
            number = row + 1 if left_out[layer] < 0 or row < left_out[layer] else sizes[layer] - (shown[layer] - row) + 1
            parts.append(_text(x, y + 4, str(number), size=11) if number < 100 else "")
        parts.append(_text(column[0][0], middle + height / 2 + 36, str(sizes[layer]), size=13))
    return Diagram(_svg(140 + across * (len(sizes) - 1), middle + height / 2 + 48, "".join(parts)))


def flow(steps: Sequence[str], *, back: str | None = None) -> Diagram:
    """Draw steps one after another, and an arrow from the last back to the first.

    Args:
        steps: text of each box.
        back: text on the way back; no such arrow if None.

    Raises:
        ShapeError: there is no step.
    """
    if not steps:
        raise ShapeError("flow wants at least one step")
    top, height, between = 8.0, 40.0, 34.0
    x, parts = 4.0, []
    for number, step in enumerate(steps):
        wide = _width(step, 13) + 22
        if number:
            parts.append(_arrow(x - between + 5, x - 5, top + height / 2))
        parts.append(
            f'<rect x="{_n(x)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(height)}" rx="6" '
            f'style="fill:{_colour(0)};fill-opacity:.14;stroke:{_colour(0)}"/>'
        )
        parts.append(_text(x + wide / 2, top + height / 2 + 5, step, size=13))
        x += wide + between
    first, last, low = 40.0, x - between - 40, top + height + 26
    if back:
        path = f"M{_n(last)} {_n(top + height + 3)}V{_n(low)}H{_n(first)}V{_n(top + height + 5)}m-4 5l4-5l4 5"
        parts.append(f'<path d="{path}" style="{_LINE};opacity:.7"/>')
        parts.append(_text((first + last) / 2, low + 18, back, size=12))
    return Diagram(_svg(x - between + 4, (low + 26) if back else top + height + 8, "".join(parts)))


def autograd(result: Any, names: Mapping[str, Any] | None = None) -> Diagram:
    """Draw the operations that autograd has recorded behind a tensor, leaves on the left.

    Args:
        result: a tensor with a grad_fn.
        names: text → leaf tensor; a leaf without a name shows its shape.

    Raises:
        ShapeError: nothing was recorded.
    """
    if getattr(result, "grad_fn", None) is None:
        raise ShapeError("autograd wants a tensor with a grad_fn, made from one with requires_grad=True and not under no_grad()")
    known = {id(tensor): name for name, tensor in (names or {}).items()}
    order, depth, edges = _record(result.grad_fn)
    deepest = max(depth.values())
    columns: dict[int, list[Any]] = {}
    for node in order:
        columns.setdefault(deepest - depth[node], []).append(node)
    labels = {node: _node_label(node, known) for node in order}
    row, gap = 52.0, 46.0
    rows = max(map(len, columns.values()))
    place: dict[Any, tuple[float, float, float]] = {}
    x = 6.0
    for column in sorted(columns):
        wide = max(_width(labels[node], 13) + 22 for node in columns[column])
        for number, node in enumerate(columns[column]):
            place[node] = (x, row * (number + 0.5 + (rows - len(columns[column])) / 2), wide)
        x += wide + gap
    parts = []
    for node, before in edges:
        (u, v, wide), (s, t, _) = place[before], place[node]
        bend = gap / 2
        path = f"M{_n(u + wide + 2)} {_n(v)}C{_n(u + wide + bend)} {_n(v)} {_n(s - bend)} {_n(t)} {_n(s - 3)} {_n(t)}m-5-4l5 4l-5 4"
        parts.append(f'<path d="{path}" style="{_LINE};opacity:.6"/>')
    for node, (u, v, wide) in place.items():
        leaf = hasattr(node, "variable")
        colour = _colour(1 if leaf else 0)
        parts.append(
            f'<rect x="{_n(u)}" y="{_n(v - 16)}" width="{_n(wide)}" height="32" rx="{16 if leaf else 5}" '
            f'style="fill:{colour};fill-opacity:.2;stroke:{colour}"/>'
        )
        parts.append(_text(u + wide / 2, v + 4.5, labels[node], size=13))
    return Diagram(_svg(x - gap + 8, row * rows, "".join(parts)))


def _record(root: Any) -> tuple[list[Any], dict[Any, int], list[tuple[Any, Any]]]:
    """Return the nodes in order of discovery, the longest way from the root to each, and the edges."""
    depth: dict[Any, int] = {root: 0}
    order, edges, waiting = [root], [], [root]
    while waiting:
        node = waiting.pop()
        for before, _ in node.next_functions:
            if before is None:
                continue
            if (node, before) not in edges:
                edges.append((node, before))
            if depth.get(before, -1) < depth[node] + 1:
                if before not in depth:
                    order.append(before)
                depth[before] = depth[node] + 1
                waiting.append(before)
    return order, depth, edges


def _node_label(node: Any, known: Mapping[int, str]) -> str:
    if hasattr(node, "variable"):
        shape = tuple(node.variable.shape)
        return known.get(id(node.variable), "\N{MULTIPLICATION SIGN}".join(map(str, shape)) or str(math.prod(shape)))
    name: str = _VERSION.sub("", node.name())
    return name
