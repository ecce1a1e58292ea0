"""Plots and diagrams: English labels, colours that follow the page's theme, text that stays text."""

from dlnotes.figures.diagram import Diagram, architecture, convolution
from dlnotes.figures.plots import bars, confusion_matrix, curves, image_grid, kernels, lines
from dlnotes.figures.svg import to_svg

__all__ = ["Diagram", "architecture", "bars", "confusion_matrix", "convolution", "curves", "image_grid", "kernels", "lines", "to_svg"]
