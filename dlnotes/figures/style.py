"""One look for every figure: ink and series colours that the page's style sheet redefines in the dark."""

from __future__ import annotations

__all__ = ["DASHES", "INK", "PALETTE", "apply"]

INK = "#010203"
"""Stands for the page's text colour; becomes `currentColor` in the SVG."""

PALETTE = ("#2e91f2", "#e77022", "#29796c", "#b576af", "#996516", "#7f5bb6", "#b4485b", "#869482")
"""Series colours; each becomes `var(--dl-1)` … `var(--dl-8)` with this value as fallback.

Each has a contrast of at least 3:1 on white and on the dark theme's background, and no two look alike to
readers who lack one kind of cone; tests compute both.
"""

DASHES = ("-", "-", "--", "--", "-.", "-.", ":", ":")
"""Line style of each series: colours of one style are those that nobody confuses."""


def apply() -> None:
    """Set matplotlib's defaults for this process."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "figure.figsize": (6.4, 3.4),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "savefig.transparent": True,
            "svg.fonttype": "none",
            "svg.hashsalt": "dlnotes",
            "font.family": "sans-serif",
            "font.size": 11,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.titlesize": 11,
            "axes.edgecolor": INK,
            "axes.facecolor": "none",
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=DASHES),
            "grid.color": INK,
            "grid.alpha": 0.12,
            "grid.linewidth": 0.8,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "lines.linewidth": 1.8,
            "image.cmap": "gray",
            "path.simplify": True,
        }
    )
