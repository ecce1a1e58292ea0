"""The exercises of the pages: read where they stand, printed, and checked where the answer is a number or code.

The text of an exercise stands on its page and nowhere else. What an answer must be stands in one module per page, below
this one, worked out anew and not copied from the page; tests hold the two against each other.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlnotes.exercises.checking import Verdict, checkable, checks, judge
    from dlnotes.exercises.reading import Exercise, exercises, find, read

__all__ = ["Exercise", "Verdict", "checkable", "checks", "exercises", "find", "judge", "read"]

_MODULES = {
    **dict.fromkeys(("Exercise", "exercises", "find", "read"), "reading"),
    **dict.fromkeys(("Verdict", "checkable", "checks", "judge"), "checking"),
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
