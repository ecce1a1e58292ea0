"""What a case is: broken code, mended code, a quantity that tells them apart, and a check that tells in time."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch

from dlnotes.errors import UnknownNameError

__all__ = ["Apart", "Case", "Kind", "Wording", "attempt", "defined", "page_of", "repeatable", "warned"]


class Apart(NamedTuple):
    """Two limits with a wide gap between them; the broken code's number lies beyond one, the mended code's beyond the other.

    Attributes:
        broken: the broken number is at least this if it is the larger limit, otherwise at most this.
        fixed: likewise for the mended number, on the other side.
    """

    broken: float
    fixed: float


@dataclasses.dataclass(frozen=True)
class Case:
    """One mistake.

    Texts are pairs (Chinese, English).

    Attributes:
        id: "E-12".
        slug: names the case; also the anchor on its page.
        title: the heading on its page.
        seen: what a reader notices, in the words of a search.
        where: in which code it comes up.
        broken: the faulty code, a function or (for what does not even compile) a string.
        fixed: the same, mended.
        symptom: takes `broken` or `fixed` and returns what tells them apart: a number, or a text ("" if all is well).
        sign: what the symptom of the broken code must be: a part of the text that readers see, or `Apart`.
        check: takes `broken` or `fixed` and raises for the broken one: the test that would have caught it.
    """

    id: str
    slug: str
    title: tuple[str, str]
    seen: tuple[str, str]
    where: tuple[str, str]
    broken: Callable[..., Any] | str
    fixed: Callable[..., Any] | str
    symptom: Callable[[Any], float | str]
    sign: Apart | str
    check: Callable[[Any], None]

    @property
    def message(self) -> str:
        """The text that torch or Python prints, as far as it is always the same; "" for a silent mistake."""
        return self.sign if isinstance(self.sign, str) else ""

    def measure(self, version: str) -> float | str:
        """Return the symptom of one version, measured with every random state set, and put back afterwards.

        Args:
            version: "broken" or "fixed".
        """
        with repeatable():
            return self.symptom(self.broken if version == "broken" else self.fixed)

    def ill(self, value: float | str) -> bool:
        """Say whether a symptom is that of the broken code."""
        if isinstance(self.sign, str):
            return self.sign in str(value)
        number = float(value)
        broken, fixed = self.sign
        # NaN and infinity are on the broken side wherever that lies.
        return not (number <= fixed if fixed < broken else number >= fixed)


@dataclasses.dataclass(frozen=True)
class Kind:
    """The cases of one page, by slug or id: `kind["E-12"]`."""

    name: str
    title: tuple[str, str]
    cases: tuple[Case, ...]

    def find(self, name: str) -> Case | None:
        """Return a case by its slug or id, or None."""
        return next((case for case in self.cases if name in (case.slug, case.id)), None)

    def __getitem__(self, name: str) -> Case:
        """Return a case by its slug or id."""
        if case := self.find(name):
            return case
        raise UnknownNameError("clinic case", name, [case.slug for case in self.cases])


@dataclasses.dataclass(frozen=True)
class Wording:
    """A mistake that only words can carry; `title` and `seen` are pairs (Chinese, English) as in a `Case`."""

    id: str
    slug: str
    title: tuple[str, str]
    seen: tuple[str, str]


def page_of(kind: str) -> str:
    """Return the name of a kind's page: "clinic/loss-heads"."""
    return "clinic/" + kind.replace("_", "-")


@contextlib.contextmanager
def repeatable() -> Iterator[None]:
    """Seed every random generator with 0, keep warnings quiet, and put the states back at the end."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            random.seed(0)
            np.random.seed(0)
            torch.default_generator.manual_seed(0)
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def attempt(function: Callable[..., Any], *args: Any, **options: Any) -> str:
    """Call and return what was raised, as Python prints it: "TypeError: …"; "" if nothing was."""
    try:
        function(*args, **options)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def defined(source: str, name: str, **known: Any) -> Any:
    """Run source text as a notebook runs a cell, and return what it calls `name`.

    Args:
        source: the text of the cell.
        name: the name whose value is wanted; KeyError if the cell gave it none.
        known: names that earlier cells left behind.
    """
    exec(compile(source, "<cell>", "exec"), known)
    return known[name]


def warned(function: Callable[..., Any], *args: Any, **options: Any) -> str:
    """Call and return the text of all warnings, "" if there was none."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args, **options)
    return "\n".join(f"{warning.category.__name__}: {warning.message}" for warning in caught)
