"""Plots and diagrams: English labels, colours that follow the page's theme, text that stays text.

A name is imported when it is first asked for, so that importing this package loads neither matplotlib nor
torch, and a page depends only on the figures that it draws. Nothing here changes matplotlib's settings but
`style.apply()`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlnotes.figures.blocks import block_diagram
    from dlnotes.figures.diagram import Diagram, architecture, convolution, side_by_side
    from dlnotes.figures.graphs import autograd, flow, network
    from dlnotes.figures.plots import (
        bars,
        cells,
        confusion_matrix,
        curves,
        feature_maps,
        image_grid,
        kernels,
        lines,
        mistakes,
    )
    from dlnotes.figures.stacks import Patch, feature_stack
    from dlnotes.figures.svg import to_svg
    from dlnotes.figures.timelines import timeline

__all__ = [
    "Diagram",
    "Patch",
    "architecture",
    "autograd",
    "bars",
    "block_diagram",
    "cells",
    "confusion_matrix",
    "convolution",
    "curves",
    "feature_maps",
    "feature_stack",
    "flow",
    "image_grid",
    "kernels",
    "lines",
    "mistakes",
    "network",
    "side_by_side",
    "timeline",
    "to_svg",
]

_MODULES = dict.fromkeys(__all__, "plots") | {
    "Diagram": "diagram",
    "Patch": "stacks",
    "architecture": "diagram",
    "block_diagram": "blocks",
    "convolution": "diagram",
    "feature_stack": "stacks",
    "autograd": "graphs",
    "flow": "graphs",
    "network": "graphs",
    "side_by_side": "diagram",
    "timeline": "timelines",
    "to_svg": "svg",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
