"""The inside of one block as a graph: branches, skips, additions and concatenations, drawn from a run of the block."""

from __future__ import annotations

import dataclasses
import html
import itertools
from collections.abc import Sequence

from torch import nn

from dlnotes.figures.diagram import Diagram
from dlnotes.figures.pieces import colour, frame, number, operation, text, text_width
from dlnotes.summary import Row, trace

__all__ = ["block_diagram"]

_INPUT, _GAP, _LANE, _LINE, _STEM = -1, 12.0, 30.0, 16.0, 20.0
_JOINS = {"add": "+", "mul": "×", "sub": "−", "cat": "concat"}


@dataclasses.dataclass
class _Node:
    """A box of the drawing, or with no lines a bend in a long edge."""

    lines: tuple[str, ...]
    shape: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    join: bool = False
    level: int = 0
    x: float = 0.0
    y: float = 0.0
    tall: float = 0.0

    @property
    def label(self) -> str:
        """The shape of what it hands on."""
        return "×".join(map(str, self.shape))

    @property
    def width(self) -> float:
        """Pixels that its column needs."""
        if not self.lines:
            return _LANE
        if self.join and len(self.lines[0]) == 1:
            # The shape stands to the right of the outgoing edge.
            return 26.0
        return max(56.0, *(text_width(line, 12) + 14 for line in self.lines))

    @property
    def height(self) -> float:
        """Pixels from the upper to the lower border of its box."""
        return 26.0 if self.join else _LINE * len(self.lines) + 10 if self.lines else 0.0


def block_diagram(module: nn.Module, input_shape: Sequence[int], *, depth: int | None = None) -> Diagram:
    """Draw what happens inside a module, from top to bottom.

    Layers that follow one another without a branch share a box: convolution, normalisation, activation. Every path that
    the data took is an edge; below each box stands the shape that it hands on.

    Args:
        module: any module that `summary.trace` accepts, best with one idea in it.
        input_shape: (C, H, W).
        depth: draw modules at this depth as one box each; None draws every layer.

    Raises:
        ShapeError: the module does not accept that shape.
        ConfigError: depth is not a positive whole number.
    """
    ledger = trace(module, input_shape)
    if depth is not None:
        ledger = ledger.collapse(depth)
    ends = ledger.calls[-1].outputs if ledger.calls else (len(ledger.rows) - 1,)
    rows = [row for row in ledger.rows if row.output_shape is not None]
    nodes, edges = _graph(dict(module.named_modules()), rows, tuple(input_shape), ends)
    layers, links = _layers(nodes, edges)
    _place(layers, links)
    return Diagram(_draw(nodes, links))


def _graph(
    modules: dict[str, nn.Module], rows: list[Row], shape: tuple[int, ...], ends: tuple[int, ...]
) -> tuple[dict[int, _Node], set[tuple[int, int]]]:
    """Return boxes by number, and the edges between them; `_INPUT` is the input, the highest number the output."""
    readers = {i: [k for k, row in enumerate(rows) if i in row.inputs] for i in range(-1, len(rows))}
    nodes = {_INPUT: _Node(("input",), shape)}
    home = {_INPUT: _INPUT}
    edges: set[tuple[int, int]] = set()
    heavy: dict[int, bool] = {_INPUT: True}
    for i, row in enumerate(rows):
        assert row.output_shape is not None
        label = operation(modules.get(row.name, modules[""]), row)
        sources = [home[source] for source in row.inputs]
        if not label and len(sources) == 1:
            home[i] = sources[0]
            continue
        join = row.type in _JOINS and len(sources) > 1
        light = (
            not join and (not row.parameters or "Norm" in row.type) and row.output_shape == nodes[sources[0]].shape and "Pool" not in label
        )
        alone = len(sources) == 1 and len(readers[row.inputs[0]]) == 1 and row.inputs[0] not in ends and not nodes[sources[0]].join
        layer = f"{row.name} ({row.type})"
        if alone and sources[0] != _INPUT and (light or not heavy[sources[0]]) and not join:
            node = nodes[sources[0]]
            node.lines, node.layers, node.shape = (*node.lines, *_wrap(label)), (*node.layers, layer), row.output_shape
            heavy[sources[0]] = heavy[sources[0]] or not light
            home[i] = sources[0]
            continue
        lines = (_JOINS[row.type],) if join else _wrap(label)
        nodes[i] = _Node(lines, row.output_shape, (layer,), join)
        heavy[i], home[i] = not light, i
        edges |= {(source, i) for source in sources}
    nodes[len(rows)] = _Node(("output",))
    edges |= {(home[end], len(rows)) for end in ends}
    return nodes, edges


def _wrap(label: str) -> tuple[str, ...]:
    """Break a long operation at its commas; padding shows in the shapes."""
    return tuple(part for part in label.split(", ") if not part.startswith("pad "))


_Link = tuple[_Node, _Node, tuple[_Node, ...]]


def _layers(nodes: dict[int, _Node], edges: set[tuple[int, int]]) -> tuple[list[list[_Node]], list[_Link]]:
    """Put each box below all that it reads, and a bend into each layer that a long edge passes."""
    for key in sorted(nodes):
        nodes[key].level = 1 + max((nodes[source].level for source, target in edges if target == key), default=-1)
    used = {source for source, _ in edges} | {target for _, target in edges}
    layers: list[list[_Node]] = [[] for _ in range(1 + max(node.level for node in nodes.values()))]
    for key in sorted(used):
        layers[nodes[key].level].append(nodes[key])
    links: list[_Link] = []
    lanes: dict[tuple[int, int], _Node] = {}
    for source, target in sorted(edges):
        bends = []
        for level in range(nodes[source].level + 1, nodes[target].level):
            # Edges from one box share a lane for as long as they run beside each other.
            if (source, level) not in lanes:
                lanes[source, level] = _Node((), level=level)
                layers[level].append(lanes[source, level])
            bends.append(lanes[source, level])
        links.append((nodes[source], nodes[target], tuple(bends)))
    return layers, links


def _place(layers: list[list[_Node]], links: list[_Link]) -> None:
    """Order each layer by the centre of its neighbours, then move boxes towards them as far as there is room."""
    near: dict[int, list[tuple[_Node, int]]] = {id(node): [] for layer in layers for node in layer}
    for source, target, bends in links:
        path = [source, *bends, target]
        for one, other in itertools.pairwise(path):
            near[id(one)].append((other, 1))
            near[id(other)].append((one, -1))
    for layer in layers:
        _spread(layer, [0.0] * len(layer))
    for turn in range(24):
        side = -1 if turn % 2 == 0 else 1
        for layer in layers if side < 0 else reversed(layers):
            goals = {
                id(node): _centre([other.x for other, where in near[id(node)] if where == side or turn > 12], node.x) for node in layer
            }
            if turn < 10:
                layer.sort(key=lambda node: goals[id(node)])
            _spread(layer, [goals[id(node)] for node in layer])
    y = 0.0
    for layer in layers:
        tall = max(node.height for node in layer)
        for node in layer:
            node.y, node.tall = y + tall / 2, tall
        y += tall + 56


def _centre(places: list[float], own: float) -> float:
    return sum(places) / len(places) if places else own


def _spread(layer: list[_Node], goals: list[float]) -> None:
    """Put boxes as near to their goals as their widths allow, in their order."""
    # Neighbours that overlap become one group around the mean of their goals.
    groups: list[tuple[list[_Node], list[float]]] = []
    for node, goal in zip(layer, goals, strict=True):
        groups.append(([node], [goal]))
        while len(groups) > 1 and _edges(groups[-2])[1] + _GAP > _edges(groups[-1])[0]:
            members, wishes = groups.pop()
            groups[-1] = (groups[-1][0] + members, groups[-1][1] + wishes)
    for members, wishes in groups:
        left, _ = _edges((members, wishes))
        for node in members:
            node.x = left + node.width / 2
            left += node.width + _GAP


def _edges(group: tuple[list[_Node], list[float]]) -> tuple[float, float]:
    members, wishes = group
    offset, offsets = 0.0, []
    for node in members:
        offsets.append(offset + node.width / 2)
        offset += node.width + _GAP
    left = sum(wish - place for wish, place in zip(wishes, offsets, strict=True)) / len(members)
    return left, left + offset - _GAP


def _draw(nodes: dict[int, _Node], links: list[_Link]) -> str:
    boxes = [node for node in nodes.values() if any(node in link[:2] for link in links)]
    bends = [bend for _, _, path in links for bend in path]
    # A label beside a symbol reaches further right than its box.
    right = [node.x + max(node.width / 2, text_width(node.label, 11) + 8) for node in boxes]
    left = min([node.x - node.width / 2 for node in (*boxes, *bends)]) - 6
    wide = max(*right, *(bend.x + 8 for bend in bends), 0.0) + 4 - left
    top = 6.0
    paths = dict.fromkeys(_path(source, target, path, left, top) for source, target, path in links)
    lines = "".join(f'<path d="{path}"/>' for path in paths)
    heads = "".join(f'<path d="{_head(target, left, top)}"/>' for target in {id(link[1]): link[1] for link in links}.values())
    drawn = f'<g style="fill:none;stroke:currentColor;stroke-width:1.2;opacity:.6">{lines}{heads}</g>'
    drawn += "".join(_box(node, node.x - left, node.y + top) for node in boxes)
    tall = max(node.y + node.height / 2 for node in boxes) + top + 8
    return frame(wide, tall, drawn, scroll=False)


def _path(source: _Node, target: _Node, bends: Sequence[_Node], left: float, top: float) -> str:
    x, y = source.x - left, source.y + source.height / 2 + top
    # The stem leaves room for the shape beside it, before edges turn aside.
    parts = [f"M{number(x)} {number(y)}v{number(_STEM)}"]
    y += _STEM
    # Past the boxes of a layer a lane runs straight, so that it cuts no corner.
    stops = [(bend.x - left, bend.y - bend.tall / 2 + top, bend.tall + _STEM) for bend in bends]
    for across, down, straight in (*stops, (target.x - left, target.y - target.height / 2 + top, 0.0)):
        half = number((y + down) / 2)
        parts.append(f"C{number(x)} {half} {number(across)} {half} {number(across)} {number(down)}")
        if straight:
            parts.append(f"v{number(straight)}")
        x, y = across, down + straight
    return "".join(parts)


def _head(target: _Node, left: float, top: float) -> str:
    return f"M{number(target.x - left - 4)} {number(target.y - target.height / 2 + top - 5)}l4 5l4-5"


def _box(node: _Node, x: float, y: float) -> str:
    wide, tall = node.width, node.height
    ends = not node.layers
    shade = colour(2 if node.join else 0)
    style = "fill:none;stroke:currentColor;opacity:.5" if ends else f"fill:{shade};fill-opacity:.16;stroke:{shade};stroke-width:1.3"
    rounded = tall / 2 if node.join or ends else 5
    box = (
        f'<rect x="{number(x - wide / 2)}" y="{number(y - tall / 2)}" width="{number(wide)}" '
        f'height="{number(tall)}" rx="{number(rounded)}" style="{style}"/>'
    )
    title = f"<title>{html.escape(', '.join(node.layers))}</title>" if node.layers else ""
    first = y - _LINE * (len(node.lines) - 1) / 2 + 4.2
    words = "".join(text(x, first + _LINE * i, line, size=15 if len(line) == 1 else 12) for i, line in enumerate(node.lines))
    shape = text(x + 6, y + tall / 2 + 15, node.label, size=11, anchor="start", halo=True) if node.shape else ""
    return f"<g>{title}{box}{words}{shape}</g>"
