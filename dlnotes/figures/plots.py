"""Plots that more than one page draws; each returns a matplotlib figure.

They take tensors on any device, arrays or nested sequences, and draw in the style that `style.apply()` sets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.figures.style import INK, PALETTE

__all__ = ["bars", "cells", "confusion_matrix", "curves", "feature_maps", "image_grid", "kernels", "lines", "mistakes"]

_WIDTH = 6.4
"""Inches of a figure that is as wide as the page."""

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def lines(
    series: Mapping[str, Sequence[float]],
    *,
    x: Sequence[float] | None = None,
    xlabel: str,
    ylabel: str,
    log: bool = False,
) -> Any:
    """Draw named series over a common x axis.

    Args:
        series: label → values.
        x: positions; 1, 2, 3 … if None.
        xlabel: label of the x axis.
        ylabel: label of the y axis.
        log: whether the y axis is logarithmic.

    Raises:
        ShapeError: a series has not one value for each position.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter, NullFormatter

    figure, axes = plt.subplots()
    for label, values in series.items():
        array = _array(values)
        positions = np.arange(1, array.size + 1) if x is None else _array(x)
        if array.shape != positions.shape:
            raise ShapeError(f"series {label!r} has shape {array.shape}, its positions have {positions.shape}")
        axes.plot(positions, array, label=label)
    axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    if log:
        axes.yaxis.set_major_formatter(FuncFormatter(_power))
        axes.yaxis.set_minor_formatter(NullFormatter())
    if len(series) > 1:
        axes.legend()
    return figure


def curves(histories: Any, *, metric: str | None = None) -> Any:
    """Draw loss and accuracy over the epochs, one thin line per run and a thick one for their mean.

    Args:
        histories: one `History`, or several of the same length that differ in their seed.
        metric: "loss" or "accuracy"; None draws both side by side.

    Raises:
        ConfigError: no such metric.
        ShapeError: there is no epoch to draw, or the runs differ in their number of epochs.
    """
    import matplotlib.pyplot as plt

    runs = [history.epochs for history in (histories if isinstance(histories, list | tuple) else [histories])]
    if not runs or not runs[0] or len({len(run) for run in runs}) > 1:
        lengths = ", ".join(str(len(run)) for run in runs) or "no run at all"
        raise ShapeError(f"curves wants runs of one length, at least 1 epoch; got {lengths}")
    if metric not in (None, "loss", "accuracy"):
        raise ConfigError(f"metric must be 'loss', 'accuracy' or None for both, got {metric!r}")
    metrics = (metric,) if metric else ("loss", "accuracy")
    size = (7.4, 3.1) if metric is None else None
    figure, panels = plt.subplots(1, len(metrics), figsize=size, squeeze=False)
    for axes, quantity in zip(panels.flat, metrics, strict=True):
        _draw_curves(axes, runs, quantity)
    return figure


def _draw_curves(axes: Any, runs: Sequence[Any], quantity: str) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [record.epoch for record in runs[0]]
    marker = "o" if len(epochs) == 1 else ""
    for colour, (part, label) in zip(PALETTE, (("train", "training"), ("validation",) * 2), strict=False):
        values = np.array([[getattr(record, f"{part}_{quantity}") for record in run] for run in runs])
        style = {"color": colour, "linestyle": "-", "marker": marker}
        if len(runs) > 1:
            axes.plot(epochs, values.T, linewidth=0.7, alpha=0.5, **style)
        axes.plot(epochs, values.mean(axis=0), label=label, **style)
    axes.set(xlabel="epoch", ylabel=quantity)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.legend()


def confusion_matrix(counts: Any, classes: Sequence[str]) -> Any:
    """Draw how often each class was taken for which; the mistakes are what is coloured.

    Args:
        counts: integers (num_classes, num_classes), row = true, column = predicted.
        classes: name of each class.

    Raises:
        ShapeError: `counts` is not square, or `classes` has another length.
    """
    import matplotlib.pyplot as plt

    table, number = _array(counts), len(classes)
    if table.shape != (number, number):
        raise ShapeError(f"confusion_matrix wants counts of shape ({number}, {number}), got {table.shape}")
    mistakes = np.where(np.eye(number, dtype=bool), 0, table)
    most = max(int(mistakes.max()), 1)
    side = min(_WIDTH, 1.0 + 0.34 * max(number, 6))
    figure, axes = plt.subplots(figsize=(side + 0.3, side))
    for row, column in zip(*np.nonzero(mistakes), strict=True):
        # The square root keeps single mistakes visible; a stronger colour would drown the number in the dark.
        strength = 0.5 * math.sqrt(mistakes[row, column] / most)
        axes.bar(column, 1, width=1, bottom=row - 0.5, color=PALETTE[1], alpha=strength)
    for on_diagonal in (True, False):
        for row, column in zip(*np.nonzero(table), strict=True):
            if (row == column) == on_diagonal:
                axes.text(
                    column, row, str(table[row, column]), ha="center", va="center_baseline",
                    fontsize=9, alpha=0.65 if on_diagonal else 1,
                )  # fmt: skip
    limits = (-0.5, number - 0.5)
    axes.set(xlim=limits, ylim=limits[::-1], aspect="equal", xlabel="predicted class", ylabel="true class")
    axes.set_xticks(range(number), classes)
    if max(map(len, classes)) > 3:
        axes.tick_params(axis="x", labelrotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(range(number), classes)
    axes.set_xticks(np.arange(number + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(number + 1) - 0.5, minor=True)
    axes.grid(False)
    axes.grid(True, which="minor")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(which="both", length=0)
    return figure


def bars(groups: Mapping[str, Sequence[float]], *, xlabel: str, limits: tuple[float, float] | None = None) -> Any:
    """Draw the mean of each group as a bar, with its number, and every single run as a dot.

    Args:
        groups: label → one value per seed.
        xlabel: what the values are.
        limits: ends of the axis.

    Raises:
        ShapeError: there is no group, or one has no value.
    """
    import matplotlib.pyplot as plt

    arrays = [_array(values).ravel() for values in groups.values()]
    if not arrays or not all(runs.size for runs in arrays):
        raise ShapeError(f"bars wants groups with at least one value each, got {dict(groups)}")
    figure, axes = plt.subplots(figsize=(_WIDTH, 0.75 + 0.42 * len(groups)))
    # Three digits of the largest, and as many decimals for all.
    most = max(abs(float(runs.mean())) for runs in arrays) or 1.0
    decimals = max(0, 2 - math.floor(math.log10(most)))
    for position, runs in enumerate(arrays):
        mean = float(runs.mean())
        axes.barh(position, mean, color=PALETTE[0], alpha=0.45, height=0.62)
        if runs.size > 1:
            axes.plot(runs, np.full(runs.size, position), "o", color=INK, markersize=3.5, alpha=0.7)
        end = max(float(runs.max()), 0.0)
        axes.annotate(
            f"{mean:,.{decimals}f}",
            (end, position),
            xytext=(6, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=10,
            annotation_clip=False,
        )
    axes.set_yticks(range(len(groups)), groups)
    axes.invert_yaxis()
    axes.set_xlabel(xlabel)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    if limits:
        axes.set_xlim(*limits)
    return figure


def cells(
    panels: Mapping[str, Any],
    *,
    numbers: bool = False,
    decimals: int = 0,
    outlines: Mapping[str, Sequence[tuple[int, int, int, int]]] | None = None,
    columns: int = 4,
) -> Any:
    """Draw small grids of cells side by side: the greater a value, the stronger its colour; 0 stays empty.

    Args:
        panels: title → values (H, W), or (K, H, W) for K layers over each other, each in a colour of its own. Negative
            values of a single layer take the second colour. Colours are on one scale per panel.
        numbers: whether to write the values of single layers into their cells.
        decimals: digits behind the point of these numbers.
        outlines: title → frames (top, left, height, width) drawn around cells, in cells.
        columns: panels per row.

    Raises:
        ConfigError: `columns` is not positive.
        ShapeError: there is no panel, one has another number of axes, or an outline belongs to no panel.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    if columns < 1:
        raise ConfigError(f"columns must be at least 1, got {columns}")
    stacks = {title: _layers(values) for title, values in panels.items()}
    if not stacks or set(outlines or {}) - set(stacks):
        raise ShapeError(f"cells wants at least one panel and outlines for panels only, got {list(stacks)} and {list(outlines or {})}")
    columns = min(columns, len(stacks))
    rows = -(-len(stacks) // columns)
    wide = _WIDTH / columns if columns > 2 else 2.4
    tall = wide * max(stack.shape[1] / stack.shape[2] for stack in stacks.values())
    figure, panes = plt.subplots(rows, columns, figsize=(wide * columns, (tall + 0.3) * rows), squeeze=False)
    for axes, (title, stack) in zip(panes.flat, stacks.items(), strict=False):
        _draw_cells(axes, stack)
        axes.set_title(title, fontsize=10)
        if numbers and len(np.asarray(panels[title]).shape) == 2:
            _write_cells(axes, _array(panels[title]), decimals)
        for top, left, height, width in (outlines or {}).get(title, ()):
            axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=INK, linewidth=2, zorder=3))
    for axes in panes.flat[len(stacks) :]:
        axes.axis("off")
    return figure


def _layers(values: Any) -> Any:
    """Return (K, H, W), a signed grid as one layer for each sign."""
    array = _array(values).astype(float)
    if array.ndim == 2:
        array = np.stack([array.clip(0), (-array).clip(0)])
    if array.ndim != 3 or not array.size:
        raise ShapeError(f"a panel of cells wants (H, W) or (K, H, W), got {array.shape}")
    return array.clip(0)


def _draw_cells(axes: Any, stack: Any) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    _, height, width = stack.shape
    most = float(stack.max()) or 1.0
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    for colour, layer in zip(PALETTE, stack, strict=False):
        # Cells of one strength are one path; an eye tells no more than ten strengths apart.
        strengths = np.ceil(layer / most * 10) / 10
        for strength in np.unique(strengths[strengths > 0]):
            corners = np.argwhere(strengths == strength)[:, ::-1]
            path = Path(np.concatenate([square + corner for corner in corners]), codes * len(corners))
            axes.add_patch(PathPatch(path, facecolor=colour, alpha=0.08 + 0.52 * strength, linewidth=0))
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_xticks(range(width + 1), [""] * (width + 1))
    axes.set_yticks(range(height + 1), [""] * (height + 1))
    axes.grid(alpha=0.3)
    axes.set_axisbelow(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _write_cells(axes: Any, values: Any, decimals: int) -> None:
    for (row, column), value in np.ndenumerate(values):
        axes.text(column + 0.5, row + 0.53, f"{value:.{decimals}f}", ha="center", va="center_baseline", fontsize=9)


def image_grid(images: Any, titles: Sequence[str] | None = None, *, columns: int = 8) -> Any:
    """Draw images side by side, as one picture without smoothing.

    Args:
        images: uint8 or float (N, C, H, W) with C 1 or 3, or (N, H, W), or a list of such images, whose sizes
            may differ. uint8 is shown as it is; of floats each image is shown between its own least and
            greatest value.
        titles: text above each image.
        columns: images per row.

    Raises:
        ConfigError: `columns` is not positive.
        ShapeError: there is no image, one has another shape, or there are not as many titles.
    """
    return _draw_tiles([_colours(image) for image in images], titles, columns)


def mistakes(
    images: Any,
    labels: Any,
    predictions: Any,
    classes: Sequence[str] | None = None,
    *,
    limit: int = 16,
    columns: int = 8,
) -> Any:
    """Draw the images that were taken for another class, titled "true → predicted".

    Args:
        images: uint8 or float (N, C, H, W).
        labels: true classes, integers (N,).
        predictions: predicted classes, integers (N,).
        classes: name of each class; the numbers are shown if None.
        limit: mistakes to draw at most.
        columns: images per row.

    Raises:
        ShapeError: the three differ in length.
    """
    import matplotlib.pyplot as plt

    true, predicted = _array(labels), _array(predictions)
    if not len(images) == len(true) == len(predicted):
        raise ShapeError(
            f"mistakes wants one label and one prediction per image, got {len(images)} images, "
            f"{len(true)} labels and {len(predicted)} predictions"
        )
    wrong = np.flatnonzero(true != predicted)[:limit]
    if not wrong.size:
        figure = plt.figure(figsize=(2, 0.5), layout="none")
        figure.text(0.5, 0.5, f"{len(true)} / {len(true)} ✓", ha="center", va="center")
        return figure
    names = [str(name) for name in (classes or range(int(max(true.max(), predicted.max())) + 1))]
    titles = [f"{names[true[index]]} → {names[predicted[index]]}" for index in wrong]
    return image_grid([images[int(index)] for index in wrong], titles, columns=columns)


def feature_maps(activations: Any, titles: Sequence[str] | None = None, *, columns: int = 8) -> Any:
    """Draw the feature maps of one image on one common scale, so that a map that is off looks off.

    Args:
        activations: float (C, H, W), or (1, C, H, W).
        titles: text above each map.
        columns: maps per row.

    Raises:
        ConfigError: `columns` is not positive.
        ShapeError: not the maps of one image, or not as many titles.
    """
    maps = _array(activations).astype(float)
    maps = maps[0] if maps.ndim == 4 and len(maps) == 1 else maps
    if maps.ndim != 3 or not maps.size:
        raise ShapeError(f"feature_maps wants the maps of one image, (C, H, W) or (1, C, H, W); got {maps.shape}")
    return _draw_tiles([_colours(one) for one in _stretch(maps, maps.min(), maps.max())], titles, columns)


def kernels(weight: Any, titles: Sequence[str] | None = None, *, columns: int = 6) -> Any:
    """Draw kernels: blue for negative weights, red for positive, white for zero.

    Args:
        weight: (O, C, K_h, K_w) or (O, K_h, K_w); the channels of one kernel are averaged.
        titles: text above each kernel.
        columns: kernels per row.

    Raises:
        ConfigError: `columns` is not positive.
        ShapeError: another number of dimensions, or not as many titles.
    """
    from matplotlib import colormaps

    values = _array(weight).astype(float)
    values = values.mean(axis=1) if values.ndim == 4 else values
    if values.ndim != 3 or not values.size:
        raise ShapeError(f"kernels wants (O, C, K_h, K_w) or (O, K_h, K_w), got {values.shape}")
    limit = np.abs(values).max() or 1.0
    return _draw_tiles(list(colormaps["RdBu_r"](values / limit / 2 + 0.5, bytes=True)), titles, columns)


# ---- tiles


def _draw_tiles(tiles: list[Any], titles: Sequence[str] | None, columns: int) -> Any:
    """Draw RGBA tiles as one picture with transparent gaps: one picture costs far less than many."""
    import matplotlib.pyplot as plt

    if columns < 1:
        raise ConfigError(f"columns must be at least 1, got {columns}")
    if not tiles or (titles is not None and len(titles) != len(tiles)):
        got = f"{len(tiles)} images" + (f" and {len(titles)} titles" if titles is not None else "")
        raise ShapeError(f"a grid wants at least one image, and one title for each if any; got {got}")
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    tiles = _same_size(tiles)
    height, width = tiles[0].shape[:2]
    inches = min(1.3, _WIDTH / columns)
    # Points become pixels of the picture: 8 between tiles, 16 for a title of 10 points.
    per_point = width / (72 * inches - 8)
    gap, head = max(1, round(8 * per_point)), round(16 * per_point) if titles else 0
    step_x, step_y = width + gap, height + gap + head
    mosaic = np.zeros((rows * step_y - gap, columns * step_x - gap, 4), dtype=np.uint8)
    corners = [(head + step_y * (n // columns), step_x * (n % columns)) for n in range(len(tiles))]
    for tile, (top, left) in zip(tiles, corners, strict=True):
        mosaic[top : top + height, left : left + width] = tile
    inch = inches / step_x
    figure = plt.figure(figsize=(mosaic.shape[1] * inch, mosaic.shape[0] * inch), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.imshow(mosaic, interpolation="none", extent=(0, mosaic.shape[1], mosaic.shape[0], 0), aspect="auto")
    for title, (top, left) in zip(titles or [], corners, strict=False):
        axes.text(left + width / 2, top - 4 * per_point, title, fontsize=10, ha="center", va="baseline")
    return figure


def _same_size(tiles: list[Any]) -> list[Any]:
    """Enlarge tiles to one size by repeating pixels, small ones so that gaps can be fine."""
    sides = []
    for axis in (0, 1):
        sizes = {tile.shape[axis] for tile in tiles}
        common = math.lcm(*sizes)
        # Where a common multiple would be huge, some pixels are repeated once more than others.
        sides.append(common if common <= 6 * max(sizes) else 3 * max(sizes))
    factor = -(-24 // min(sides))  # one for both, or a wide image would turn square
    height, width = (side * factor for side in sides)
    return [tile[np.arange(height) * tile.shape[0] // height][:, np.arange(width) * tile.shape[1] // width] for tile in tiles]


def _colours(image: Any) -> Any:
    """Return one image, (H, W) or (C, H, W), as uint8 RGBA (H, W, 4)."""
    array = _array(image)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or len(array) not in (1, 3) or not array.size:
        raise ShapeError(f"an image must be (H, W), (1, H, W) or (3, H, W), got {np.shape(_array(image))}")
    if array.dtype != np.uint8:
        array = _stretch(array.astype(float), array.min(), array.max())
    opaque = np.full((1, *array.shape[1:]), 255, dtype=np.uint8)
    return np.concatenate([np.broadcast_to(array, (3, *array.shape[1:])), opaque]).transpose(1, 2, 0)


def _stretch(array: Any, low: float, high: float) -> Any:
    return np.round((array - low) / ((high - low) or 1.0) * 255).astype(np.uint8)


def _array(values: Any) -> Any:
    """Return a tensor on any device, an array or a sequence as an array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # NumPy has no bfloat16.
        values = values.float() if values.is_floating_point() else values
    return np.asarray(values)


def _power(value: float, _: Any = None) -> str:
    """Write a power of ten in plain characters: matplotlib's own way places every digit by itself."""
    exponent = math.log10(value) if value > 0 else 0.5
    if abs(exponent - round(exponent)) > 1e-6:
        return f"{value:g}"
    return f"{value:g}" if abs(exponent) < 2.5 else f"10{str(round(exponent)).translate(_RAISED)}"
