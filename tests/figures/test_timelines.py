"""Events on a time axis."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlnotes.errors import ShapeError
from dlnotes.figures import timeline
from dlnotes.figures.timelines import _apart


def test_events_stand_at_their_years() -> None:
    drawing = timeline([(2000.0, ["first", "a note"]), (2001.5, ["second"]), (2010.0, ["third"])])
    assert [label for label in drawing.texts if not label.isdigit()] == ["first", "a note", "second", "third"]
    assert [label for label in drawing.texts if label.isdigit()] == [str(year) for year in range(2000, 2011)]
    dots = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', drawing.svg)]
    assert dots[1] - dots[0] == pytest.approx((dots[2] - dots[0]) * 0.15, abs=0.1), "to scale"


def test_what_cannot_be_drawn() -> None:
    for events in ([], [(2000.0, [])], [(2001.0, ["a"]), (2000.0, ["b"])]):
        with pytest.raises(ShapeError, match="in order of time"):
            timeline(events)


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(10, 60)), min_size=1, max_size=12))
def test_labels_never_overlap_and_move_only_if_they_must(labels: list[tuple[float, float]]) -> None:
    labels.sort()
    wanted, heights = [wish for wish, _ in labels], [height for _, height in labels]
    places = _apart(wanted, heights)
    for i in range(1, len(places)):
        assert places[i] - places[i - 1] >= (heights[i] + heights[i - 1]) / 2 - 1e-6
    if all(b - a >= (h + g) / 2 for a, b, g, h in zip(wanted, wanted[1:], heights, heights[1:], strict=False)):
        assert places == pytest.approx(wanted)
    # Nothing moves as a whole: the shifts of a group of touching labels add up to nothing.
    assert sum(places) == pytest.approx(sum(wanted), abs=1e-6)
