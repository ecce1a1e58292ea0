"""Plots and diagrams: English labels, colours that follow the page's theme, text that stays text.

Each name is imported when it is first used, so that a page depends on the drawings that it shows and on no others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlnotes.figures.diagram import Diagram, architecture, convolution
    from dlnotes.figures.plots import bars, confusion_matrix, curves, image_grid, kernels, lines
    from dlnotes.figures.svg import to_svg

__all__ = ["Diagram", "architecture", "bars", "confusion_matrix", "convolution", "curves", "image_grid", "kernels", "lines", "to_svg"]

_FILES = {"diagram": ("Diagram", "architecture", "convolution"), "svg": ("to_svg",)}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILE_OF.get(name, 'plots')}"), name)
