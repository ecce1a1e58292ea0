"""What the answers to the exercises of docs/models/depth.py must be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


def _ways() -> Sequence[int]:
    """Walk all ways through 9 blocks, each through its branch or past it."""
    branches = [sum(way) for way in itertools.product((0, 1), repeat=9)]
    return [len(branches), sum(number in (4, 5) for number in branches)]


CHECKS: dict[int, Check] = {
    4: number(_ways, "n=9 时共几条路、其中经过四五条支路的几条", "with n=9: all ways, and those through four or five", count=2),
}
