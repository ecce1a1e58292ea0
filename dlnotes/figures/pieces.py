"""What all diagrams are drawn with: text, colours, the frame, and the names of operations."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from torch import nn

from dlnotes.figures.style import PALETTE

if TYPE_CHECKING:
    from dlnotes.summary import Row

__all__ = ["TIMES", "colour", "frame", "number", "operation", "text", "text_width"]

TIMES = "\N{MULTIPLICATION SIGN}"
_FUNCTIONS = {
    "relu": "ReLU",
    "relu_": "ReLU",
    "cat": "concat",
    "linear": "Linear",
    "interpolate": "resize",
    "adaptive_avg_pool2d": "AvgPool",
    "mean": "mean",
    "pad": "padding",
}


def number(value: float) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def text_width(label: str, size: float) -> float:
    """Estimate the width of a label, with room for its Chinese form, which is a little wider at worst."""
    return 0.62 * size * len(label)


def colour(index: int) -> str:
    """Return a series colour that follows the theme of the page."""
    return f"var(--dl-{index + 1},{PALETTE[index]})"


def text(x: float, y: float, label: str, *, size: float, weight: int = 400, anchor: str = "middle", halo: bool = False) -> str:
    """Draw one line of text; (x, y) is on its baseline. A halo in the colour of the page hides the lines behind it."""
    heavy = f";font-weight:{weight}" if weight != 400 else ""
    style = f"font-size:{size}px;text-anchor:{anchor};fill:currentColor{heavy}"
    if halo:
        style += ";paint-order:stroke;stroke:var(--md-default-bg-color,transparent);stroke-width:5px;stroke-linejoin:round"
    return f'<text x="{number(x)}" y="{number(y)}" style="{style}">{html.escape(label)}</text>'


def frame(width: float, height: float, body: str, *, scroll: bool = True, grow: float = 1.1) -> str:
    """Wrap a drawing; one that may scroll keeps its labels readable on a phone. It grows up to `grow` times its size."""
    # Below nine tenths the labels would become too small: the page scrolls instead.
    least = f";min-width:{width * 0.9:.0f}px" if scroll and width > 400 else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'class="dl-svg dl-diagram" style="max-width:{width * grow:.0f}px{least}">{body}</svg>'
    )


def operation(module: nn.Module, row: Row) -> str:
    """Name a layer as the labels of figures do; empty for one that only passes its input on."""
    if row.name.rpartition(".")[2] == row.type and row.type.islower():
        # A function has no module of its own.
        return _FUNCTIONS.get(row.type, row.type)
    if isinstance(module, nn.Conv2d):
        stride = f", stride {module.stride[0]}" if module.stride != (1, 1) else ""
        padded = not isinstance(module.padding, str) and any(module.padding)
        padding = f", pad {module.padding[0]}" if padded else ""
        return f"Conv {module.kernel_size[0]}{TIMES}{module.kernel_size[1]}{stride}{padding}"
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        (size, step) = (_side(side) for side in (module.kernel_size, module.stride))
        kind = "Max" if isinstance(module, nn.MaxPool2d) else "Avg"
        return f"{kind}Pool {size}{TIMES}{size}" + (f", stride {step}" if step != size else "")
    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        kind = "Max" if isinstance(module, nn.AdaptiveMaxPool2d) else "Avg"
        return f"global {kind}Pool" if row.output_shape and set(row.output_shape[1:]) == {1} else f"{kind}Pool"
    if isinstance(module, nn.Identity | nn.Dropout | nn.Dropout2d):
        return ""
    return "BatchNorm" if row.type.startswith("BatchNorm") else row.type.strip("_")


def _side(value: Any) -> int:
    return int(value if isinstance(value, int) else value[0])
