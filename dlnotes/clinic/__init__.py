"""What goes wrong: one module per case, each with the broken code, the mended code, and what tells them apart."""

from __future__ import annotations

import importlib
from types import ModuleType

from dlnotes.errors import UnknownNameError

__all__ = ["get", "names"]

_CASES = ("device_moves", "softmax_before_cross_entropy")


def names() -> tuple[str, ...]:
    """Return the name of every case."""
    return _CASES


def get(name: str) -> ModuleType:
    """Return the module of a case; it is imported only now.

    Raises:
        UnknownNameError: no case of that name.
    """
    if name not in _CASES:
        raise UnknownNameError("clinic case", name, _CASES)
    return importlib.import_module(f"{__name__}.{name}")
