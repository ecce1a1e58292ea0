"""Every error that dlnotes raises on purpose.

    DlnotesError
    ├── ConfigError          (ValueError)       a setting is out of range
    ├── UnknownNameError     (LookupError)      no model, data set, recipe, term or exercise of that name
    ├── DataError            (OSError)          data files are missing, damaged or cannot be written
    ├── ImageError           (ValueError)       a picture cannot be read as a digit
    ├── ShapeError           (ValueError)       a tensor or model input has the wrong shape
    ├── CheckpointError      (ValueError)       a checkpoint is damaged, unsafe or of another model
    ├── DivergenceError      (ArithmeticError)  the loss became NaN or infinite
    ├── AnswerError          (ValueError)       a reader's answer file is missing, does not run or lacks what was asked for
    └── PageError            (ValueError)       a page of the site cannot be built

Each message says what came, what was wanted and how to mend it. `except DlnotesError` catches them all,
`except ValueError` and its like go on working for readers who do not know this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AnswerError",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DivergenceError",
    "DlnotesError",
    "ImageError",
    "PageError",
    "ShapeError",
    "UnknownNameError",
]


class DlnotesError(Exception):
    """Base of all errors raised on purpose."""


class ConfigError(DlnotesError, ValueError):
    """A setting is out of range or does not fit another one."""


class UnknownNameError(DlnotesError, LookupError):
    """A name that is in none of the package's tables.

    Args:
        kind: what was looked up, in words: "model", "data set", "term".
        name: what came.
        choices: every name that would have been right.
    """

    def __init__(self, kind: str, name: str, choices: Iterable[str]) -> None:
        self.kind, self.name, self.choices = kind, name, sorted(choices)
        self.nearest = next(iter(difflib.get_close_matches(name, self.choices, n=1, cutoff=0.5)), None)
        hint = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        # A long list would drown the hint.
        listed = ", ".join(self.choices) if len(self.choices) <= 30 else f"{len(self.choices)} names"
        super().__init__(f"unknown {kind} {name!r}.{hint} Known: {listed}")


class DataError(DlnotesError, OSError):
    """Data files are missing, damaged, or their folder cannot be written."""


class ImageError(DlnotesError, ValueError):
    """A picture that cannot be read as one digit."""


class ShapeError(DlnotesError, ValueError):
    """A tensor, or the input of a model, has a shape that does not fit."""


class CheckpointError(DlnotesError, ValueError):
    """A checkpoint is truncated, carries code, or belongs to another model."""


class DivergenceError(DlnotesError, ArithmeticError):
    """Training stopped because the loss became NaN or infinite."""


class AnswerError(DlnotesError, ValueError):
    """An answer file is missing, does not run, or does not define what the exercise asks for."""


class PageError(DlnotesError, ValueError):
    """A page of the site cannot be built."""
