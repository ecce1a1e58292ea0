"""Events along a time axis that runs down the page, so that a narrow screen shows it whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from dlnotes.errors import ShapeError
from dlnotes.figures.diagram import Diagram
from dlnotes.figures.pieces import colour, frame, number, text, text_width

__all__ = ["timeline"]

_YEAR = 26.0
"""Pixels of one year."""

_LINE = 17.0
"""Pixels from one line of a label to the next."""

_AXIS, _LABELS = 44.0, 88.0


def timeline(events: Sequence[tuple[float, Sequence[str]]]) -> Diagram:
    """Draw events at their places in time, earliest on top; labels that would overlap move apart as little as they must.

    Args:
        events: (when, lines): the year with its fraction, and the lines of the label; the first line is its heading.

    Raises:
        ShapeError: there is no event, one has no label, or they are not in order of time.
    """
    years = [when for when, _ in events]
    if not events or not all(lines for _, lines in events) or years != sorted(years):
        raise ShapeError(f"timeline wants at least one event, each with a label, in order of time; got {list(events)}")
    first, last = math.floor(years[0]), math.ceil(years[-1])
    heights = [_LINE * len(lines) + 11 for _, lines in events]
    places = _apart([_YEAR * (when - first) for when in years], heights)
    top = 12 - min(places[0] - heights[0] / 2, -6)
    ticks = "".join(f"M{number(_AXIS - 4)} {number(top + _YEAR * i)}h4" for i in range(last - first + 1))
    parts = [
        f'<path d="M{number(_AXIS)} {number(top)}v{number(_YEAR * (last - first))}{ticks}" '
        'style="fill:none;stroke:currentColor;stroke-width:1.2;opacity:.7"/>'
    ]
    parts += [text(_AXIS - 9, top + _YEAR * (year - first) + 4, str(year), size=11, anchor="end") for year in range(first, last + 1)]
    for index, ((when, lines), place, height) in enumerate(zip(events, places, heights, strict=True)):
        shade, at, to = colour(index % 8), top + _YEAR * (when - first), top + place
        bend = f"{number(_AXIS + 24)} {number(at)} {number(_LABELS - 28)} {number(to)}"
        path = f"M{number(_AXIS)} {number(at)}C{bend} {number(_LABELS - 9)} {number(to)}"
        side = f"M{number(_LABELS - 9)} {number(to - height / 2 + 5)}v{number(height - 10)}"
        parts.append(f'<path d="{path}" style="fill:none;stroke:{shade};stroke-width:1.6"/>')
        parts.append(f'<path d="{side}" style="fill:none;stroke:{shade};stroke-width:3.5"/>')
        parts.append(f'<circle cx="{number(_AXIS)}" cy="{number(at)}" r="4.5" style="fill:{shade}"/>')
        for line, label in enumerate(lines):
            y = to - height / 2 + 5 + _LINE * (line + 0.75)
            parts.append(text(_LABELS, y, label, size=12.5 if line else 14, weight=400 if line else 600, anchor="start"))
    width = _LABELS + max(text_width(line, 12.5) for _, lines in events for line in lines)
    bottom = top + max(_YEAR * (last - first) + 6, places[-1] + heights[-1] / 2)
    return Diagram(frame(width, bottom + 6, "".join(parts), scroll=False))


def _apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Return middles as near to the wanted ones as labels of these heights allow, in the same order.

    Neighbours that would overlap become one group, which stands where the sum of the squared shifts is least.
    """
    groups: list[list[tuple[float, float]]] = []
    for label in zip(wanted, heights, strict=True):
        group = [label]
        while groups and _middles(groups[-1])[-1] + groups[-1][-1][1] / 2 > _middles(group)[0] - group[0][1] / 2:
            group = groups.pop() + group
        groups.append(group)
    return [middle for group in groups for middle in _middles(group)]


def _middles(group: Sequence[tuple[float, float]]) -> list[float]:
    """Return the middles of labels (wanted middle, height) that touch each other."""
    ends = list(accumulate(height for _, height in group))
    inside = [end - height / 2 for end, (_, height) in zip(ends, group, strict=True)]
    start = sum(wish - place for (wish, _), place in zip(group, inside, strict=True)) / len(group)
    return [start + place for place in inside]
