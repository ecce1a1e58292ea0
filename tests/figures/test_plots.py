"""The plots: what they show, how small they are, and what they refuse."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from matplotlib.colors import to_rgb

from dlnotes import figures
from dlnotes.errors import ConfigError, ShapeError
from dlnotes.figures.style import PALETTE


def history(seed: int, epochs: int = 12) -> SimpleNamespace:
    generator = torch.Generator().manual_seed(seed)
    records = []
    for epoch in range(1, epochs + 1):
        noise = torch.rand(4, generator=generator) / 10
        records.append(
            SimpleNamespace(
                epoch=epoch,
                train_loss=2 / epoch + noise[0].item(),
                validation_loss=2.2 / epoch + noise[1].item(),
                train_accuracy=1 - 0.8 / epoch - noise[2].item(),
                validation_accuracy=1 - 0.9 / epoch - noise[3].item(),
            )
        )
    return SimpleNamespace(epochs=tuple(records))


def digits(count: int) -> torch.Tensor:
    from dlnotes import data

    return data.load("digits").test.images[:count]


def counts() -> torch.Tensor:
    table = torch.diag(torch.arange(30, 40))
    table[4, 9], table[2, 1], table[3, 8] = 3, 1, 2
    return table


DRAWINGS: dict[str, tuple[int, Callable[[], Any]]] = {
    "curves": (10_000, lambda: figures.curves([history(seed) for seed in range(3)])),
    "loss": (5_000, lambda: figures.curves(history(0), metric="loss")),
    "confusion": (12_000, lambda: figures.confusion_matrix(counts(), list("0123456789"))),
    "all mistakes": (
        20_000,
        lambda: figures.confusion_matrix(torch.ones(10, 10, dtype=torch.int64), list("0123456789")),
    ),
    "bars": (
        5_000,
        lambda: figures.bars({"LeNet": [0.9, 0.95], "MLP": [0.8]}, xlabel="test accuracy", limits=(0, 1)),
    ),
    "lines": (
        6_000,
        lambda: figures.lines({"logits": [1e-6, 1.0], "softmax": [0.5, 0.1]}, xlabel="step", ylabel="loss", log=True),
    ),
    "images": (16_000, lambda: figures.image_grid(digits(16), [str(number) for number in range(16)])),
    "maps": (
        6_000,
        lambda: figures.feature_maps(torch.randn(16, 12, 12, generator=torch.Generator().manual_seed(0)).relu()),
    ),
    "cells": (
        6_000,
        lambda: figures.cells({"all": torch.arange(36.0).reshape(6, 6) - 18, "layers": torch.eye(6).expand(2, 6, 6)}, numbers=True),
    ),
    "kernels": (3_000, lambda: figures.kernels(torch.linspace(-1, 1, 150).reshape(6, 1, 5, 5))),
}


def texts(figure: Any) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", figures.to_svg(figure))


@pytest.mark.parametrize("name", DRAWINGS)
def test_small_and_deterministic(name: str) -> None:
    most, draw = DRAWINGS[name]
    svg = figures.to_svg(draw())
    assert svg == figures.to_svg(draw())
    assert len(svg) < most and len(gzip.compress(svg.encode())) < 10_000
    assert svg.count("<image") == (name in ("images", "maps", "kernels")), "one picture, however many tiles"


def test_curves_draw_runs_thin_and_their_mean_thick() -> None:
    figure = figures.curves([history(0), history(1)])
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    lines = figure.axes[0].get_lines()
    assert len(lines) == 6 and len({line.get_linewidth() for line in lines}) == 2
    mean = max(lines, key=lambda line: line.get_linewidth()).get_ydata()
    wanted = [(a.train_loss + b.train_loss) / 2 for a, b in zip(history(0).epochs, history(1).epochs, strict=True)]
    assert list(mean) == pytest.approx(wanted)
    assert {"epoch", "loss", "accuracy", "training", "validation"} <= set(texts(figure))


def test_curves_of_one_metric_and_of_one_epoch() -> None:
    assert len(figures.curves(history(0), metric="accuracy").axes) == 1
    assert figures.curves(history(0, epochs=1)).axes[0].get_lines()[0].get_marker() == "o", "a line needs two points"


def test_confusion_matrix_colours_mistakes_alone() -> None:
    figure = figures.confusion_matrix(counts(), list("0123456789"))
    cells = {(round(bar.get_x() + 0.5), round(bar.get_y() + 0.5)): bar.get_alpha() for bar in figure.axes[0].patches}
    assert set(cells) == {(9, 4), (1, 2), (8, 3)} and cells[9, 4] > cells[8, 3] > cells[1, 2]
    shown = texts(figure)
    assert {"3", "predicted class", "true class", "39"} <= set(shown)
    perfect = figures.confusion_matrix(torch.eye(3, dtype=torch.int64), ["a", "b", "c"])
    assert not perfect.axes[0].patches


def test_bars_show_mean_and_every_run() -> None:
    figure = figures.bars({"LeNet": [0.9, 0.96], "MLP": [0.8]}, xlabel="test accuracy")
    assert {"LeNet", "MLP", "0.930", "0.800", "test accuracy"} <= set(texts(figure))
    assert [list(line.get_xdata()) for line in figure.axes[0].get_lines()] == [[0.9, 0.96]]
    assert "12,346" in texts(figures.bars({"a": [12345.6]}, xlabel="count"))


def test_lines_write_powers_of_ten_plainly() -> None:
    shown = texts(figures.lines({"logits": [1e-6, 1.0]}, xlabel="step", ylabel="loss", log=True))
    assert {"10⁻⁶", "1"} <= set(shown)


def picture(figure: Any) -> Any:
    return figure.axes[0].images[0].get_array()


def test_image_grid_keeps_bytes_and_stretches_floats() -> None:
    image = torch.tensor([[100, 150]], dtype=torch.uint8).repeat(24, 12)
    assert set(picture(figures.image_grid(image[None, None]))[..., 0].ravel()) == {100, 150}
    assert set(picture(figures.image_grid(image[None, None].float()))[..., 0].ravel()) == {0, 255}
    assert (picture(figures.image_grid(torch.ones(1, 1, 24, 24))) == [0, 0, 0, 255]).all()


def test_image_grid_lays_out_rows_with_transparent_gaps() -> None:
    tiles = picture(figures.image_grid(torch.full((5, 3, 24, 24), 9, dtype=torch.uint8), columns=3))
    assert tiles[0, 0].tolist() == [9, 9, 9, 255] and tiles[-1, -1].tolist() == [0, 0, 0, 0]
    assert (tiles[..., 3] == 255).sum() == 5 * 24 * 24


def test_image_grid_takes_images_of_different_sizes() -> None:
    figure = figures.image_grid([torch.zeros(28, 28), *torch.rand(2, 12, 12)], ["input", "map 1", "map 2"])
    assert texts(figure) == ["input", "map 1", "map 2"]
    assert (picture(figure)[..., 3] == 255).sum() == 3 * 84 * 84, "84 is the least common multiple"


def test_image_grid_keeps_the_shape_of_a_wide_image() -> None:
    assert picture(figures.image_grid(torch.rand(1, 12, 24))).shape == (24, 48, 4)


def test_tensors_with_gradient_and_bfloat16_are_taken() -> None:
    figures.kernels(torch.nn.Conv2d(3, 4, 3).weight)
    figures.feature_maps(torch.rand(1, 4, 6, 6, dtype=torch.bfloat16))


def test_kernels_are_white_at_zero() -> None:
    colours = picture(figures.kernels(torch.tensor([[[-1.0, 0.0, 2.0]]])))[0]
    negative, zero, positive = colours[0], colours[len(colours) // 2], colours[-1]
    assert min(zero[:3]) > 240 and negative[2] > negative[0] and positive[0] > positive[2]


def test_feature_maps_share_one_scale() -> None:
    maps = torch.stack([torch.zeros(24, 24), torch.eye(24)])
    assert picture(figures.feature_maps(maps))[:, :24, :3].max() == 0


def test_cells_shade_by_value_and_leave_zero_empty() -> None:
    values = torch.tensor([[0.0, 1.0, 2.0], [-2.0, 2.0, 0.0]])
    axes = figures.cells({"a": values}, outlines={"a": [(0, 1, 2, 2)]}).axes[0]
    *drawn, outline = axes.patches
    covered = {(to_rgb(patch.get_facecolor()), patch.get_alpha()): len(patch.get_path().vertices) // 5 for patch in drawn}
    assert sorted(covered.values()) == [1, 1, 2], "two cells of strength 2, one of 1, one negative"
    strongest = {alpha for (colour, alpha) in covered if colour == to_rgb(PALETTE[1])}
    assert strongest == {max(alpha for _, alpha in covered)}, "a negative value is as strong as its size"
    assert outline.get_xy() == (1, 0) and (outline.get_width(), outline.get_height()) == (2, 2)


def test_cells_draw_layers_in_their_own_colours() -> None:
    figure = figures.cells({"a": torch.eye(3).expand(2, 3, 3), "b": torch.zeros(3, 3)}, numbers=True)
    assert {to_rgb(patch.get_facecolor()) for patch in figure.axes[0].patches} == {to_rgb(colour) for colour in PALETTE[:2]}
    assert texts(figure).count("0") == 9, "numbers for single layers only"


def test_mistakes_titles_and_none() -> None:
    labels, predictions = torch.tensor([1, 2, 3]), torch.tensor([1, 7, 3])
    assert texts(figures.mistakes(digits(3), labels, predictions)) == ["2 → 7"]
    named = figures.mistakes(digits(3), labels, predictions, [f"class {n}" for n in range(10)])
    assert texts(named) == ["class 2 → class 7"]
    assert texts(figures.mistakes(digits(3), labels, labels)) == ["3 / 3 ✓"]


@pytest.mark.parametrize(
    ("call", "error", "part"),
    [
        (lambda: figures.curves([]), ShapeError, "no run"),
        (lambda: figures.curves([history(0), history(0, 3)]), ShapeError, "12, 3"),
        (lambda: figures.curves(history(0), metric="lr"), ConfigError, "'lr'"),
        (lambda: figures.confusion_matrix(torch.ones(3, 4), list("abc")), ShapeError, "(3, 3)"),
        (lambda: figures.bars({"a": []}, xlabel="x"), ShapeError, "at least one value"),
        (lambda: figures.lines({"a": [1, 2]}, x=[1], xlabel="x", ylabel="y"), ShapeError, "'a'"),
        (lambda: figures.image_grid([]), ShapeError, "0 images"),
        (lambda: figures.image_grid(torch.rand(2, 4, 8, 8)), ShapeError, "(4, 8, 8)"),
        (lambda: figures.image_grid(torch.rand(2, 1, 8, 8), ["one"]), ShapeError, "1 titles"),
        (lambda: figures.image_grid(torch.rand(2, 1, 8, 8), columns=0), ConfigError, "columns"),
        (lambda: figures.feature_maps(torch.rand(2, 3, 8, 8)), ShapeError, "(2, 3, 8, 8)"),
        (lambda: figures.kernels(torch.rand(8, 8)), ShapeError, "(8, 8)"),
        (lambda: figures.cells({}), ShapeError, "at least one panel"),
        (lambda: figures.cells({"a": torch.rand(3)}), ShapeError, "(3,)"),
        (lambda: figures.cells({"a": torch.rand(3, 3)}, outlines={"b": []}), ShapeError, "['b']"),
        (lambda: figures.cells({"a": torch.rand(3, 3)}, columns=0), ConfigError, "columns"),
        (lambda: figures.mistakes(torch.rand(2, 1, 8, 8), [1], [1]), ShapeError, "1 labels"),
    ],
)
def test_refuses(call: Callable[[], Any], error: type[Exception], part: str) -> None:
    with pytest.raises(error, match=re.escape(part)):
        call()
