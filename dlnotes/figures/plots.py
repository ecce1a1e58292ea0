"""Plots that more than one page draws; each returns a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlnotes.figures.style import INK, PALETTE

__all__ = ["bars", "confusion_matrix", "curves", "image_grid", "kernels", "lines"]


def lines(series: Mapping[str, Sequence[float]], *, x: Sequence[float] | None = None, xlabel: str, ylabel: str, log: bool = False) -> Any:
    """Draw named series over a common x axis.

    Args:
        series: label → values.
        x: positions; 1, 2, 3 … if None.
        xlabel: label of the x axis.
        ylabel: label of the y axis.
        log: whether the y axis is logarithmic.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    for label, values in series.items():
        axes.plot(range(1, len(values) + 1) if x is None else x, values, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    if len(series) > 1:
        axes.legend()
    return figure


def curves(histories: Any) -> Any:
    """Draw loss and accuracy over the epochs, one thin line per run and a thick one for their mean.

    Args:
        histories: one `History`, or several of the same length that differ in their seed.
    """
    import matplotlib.pyplot as plt

    runs = [history.epochs for history in (histories if isinstance(histories, list | tuple) else [histories])]
    figure, both = plt.subplots(1, 2, figsize=(7.4, 3.1))
    for axes, quantity in zip(both, ("loss", "accuracy"), strict=True):
        for number, part in enumerate(("train", "validation")):
            values = np.array([[getattr(record, f"{part}_{quantity}") for record in run] for run in runs])
            epochs = range(1, values.shape[1] + 1)
            if len(runs) > 1:
                axes.plot(epochs, values.T, color=PALETTE[number], linewidth=0.7, alpha=0.5)
            axes.plot(epochs, values.mean(axis=0), color=PALETTE[number], label={"train": "training", "validation": "validation"}[part])
        axes.set(xlabel="epoch", ylabel=quantity)
        axes.legend()
    return figure


def confusion_matrix(counts: Any, classes: Sequence[str]) -> Any:
    """Draw how often each class was taken for which; the mistakes are what is coloured.

    Args:
        counts: integers (num_classes, num_classes), row = true, column = predicted.
        classes: name of each class.
    """
    import matplotlib.pyplot as plt

    table = np.asarray(counts)
    figure, axes = plt.subplots(figsize=(4.4, 4.1))
    mistakes = table - np.diag(np.diag(table))
    axes.set(xlim=(-0.5, len(classes) - 0.5), ylim=(len(classes) - 0.5, -0.5), aspect="equal", xlabel="predicted class", ylabel="true class")
    for row, column in zip(*np.nonzero(table), strict=True):
        if row != column:
            strength = 0.25 + 0.55 * mistakes[row, column] / max(mistakes.max(), 1)
            axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, color=PALETTE[1], alpha=strength, linewidth=0))
        axes.text(column, row, str(table[row, column]), ha="center", va="center", fontsize=9, alpha=0.65 if row == column else 1)
    axes.set_xticks(range(len(classes)), classes)
    axes.set_yticks(range(len(classes)), classes)
    axes.grid(False)
    axes.tick_params(length=0)
    return figure


def bars(groups: Mapping[str, Sequence[float]], *, xlabel: str, limits: tuple[float, float] | None = None) -> Any:
    """Draw the mean of each group as a bar and every single run as a dot.

    Args:
        groups: label → one value per seed.
        xlabel: what the values are.
        limits: ends of the axis.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.6, 0.5 + 0.5 * len(groups)))
    for position, (label, values) in enumerate(groups.items()):
        axes.barh(position, float(np.mean(values)), color=PALETTE[0], alpha=0.45, height=0.6)
        axes.plot(values, [position] * len(values), "o", color=INK, markersize=4, alpha=0.7)
        axes.text(-0.01, position, label, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=10)
    axes.set_yticks(range(len(groups)), [""] * len(groups))
    axes.invert_yaxis()
    axes.set_xlabel(xlabel)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    if limits:
        axes.set_xlim(*limits)
    return figure


def image_grid(images: Any, titles: Sequence[str] | None = None, *, columns: int = 8) -> Any:
    """Draw images side by side.

    Args:
        images: (N, C, H, W) or (N, H, W); each is shown between its own least and greatest value.
        titles: text above each image.
        columns: images per row.
    """
    import matplotlib.pyplot as plt

    pictures = [_picture(image) for image in images]
    rows = -(-len(pictures) // columns)
    height = 1.15 if titles else 0.92
    figure, grid = plt.subplots(rows, columns, figsize=(0.92 * columns, height * rows), squeeze=False)
    for number, axes in enumerate(grid.flat):
        axes.axis("off")
        if number < len(pictures):
            axes.imshow(pictures[number], interpolation="none")
            if titles:
                axes.set_title(titles[number], fontsize=9, pad=3)
    return figure


def kernels(weight: Any, titles: Sequence[str] | None = None, *, columns: int = 6) -> Any:
    """Draw kernels: blue for negative weights, red for positive, white for zero.

    Args:
        weight: (O, C, K_h, K_w) or (O, K_h, K_w); the channels of one kernel are averaged.
        titles: text above each kernel.
        columns: kernels per row.
    """
    import matplotlib.pyplot as plt

    values = np.asarray(weight, dtype=float)
    values = values.mean(axis=1) if values.ndim == 4 else values
    limit = np.abs(values).max() or 1.0
    rows = -(-len(values) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(1.05 * columns, (1.3 if titles else 1.05) * rows), squeeze=False)
    for number, axes in enumerate(grid.flat):
        axes.axis("off")
        if number < len(values):
            axes.imshow(values[number], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none")
            if titles:
                axes.set_title(titles[number], fontsize=9, pad=3)
    return figure


def _picture(image: Any) -> Any:
    array = np.asarray(image, dtype=float)
    if array.ndim == 3:
        array = array[0] if len(array) == 1 else array.transpose(1, 2, 0)
    low, high = array.min(), array.max()
    return (array - low) / ((high - low) or 1.0)
