"""Figures: small, deterministic, in the theme's colours, with text that stays text."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pytest
import torch

from dlnotes import figures, models, summary
from dlnotes.errors import ConfigError, ShapeError
from dlnotes.figures.style import INK, PALETTE, apply
from dlnotes.training import Config
from dlnotes.training.fit import EpochRecord, History
from dlnotes.training.metrics import Normalization


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context():
        mpl.use("agg")
        apply()
        yield
    import matplotlib.pyplot as plt

    plt.close("all")


def history(seed: int) -> History:
    records = tuple(EpochRecord(n, 2 / n + seed, 0.1 * n, 1 / n, 0.1 * n, 1e-3, 1.0) for n in range(1, 9))
    return History(records, Normalization(torch.zeros(1), torch.ones(1)), Config(), "cpu", "", "float32", 1, 1.0, 1.0)


DRAWINGS = {
    "curves": lambda: figures.curves([history(0), history(1)]),
    "confusion": lambda: figures.confusion_matrix(torch.eye(10, dtype=torch.int64) * 30 + 1, list("0123456789")),
    "bars": lambda: figures.bars({"LeNet": [0.9, 0.95], "MLP": [0.8, 0.7]}, xlabel="test accuracy", limits=(0, 1)),
    "lines": lambda: figures.lines({"logits": [1.0, 2.0], "softmax": [0.5, 0.1]}, xlabel="step", ylabel="loss", log=True),
    "images": lambda: figures.image_grid(torch.arange(4 * 784).reshape(4, 1, 28, 28), ["0", "1", "2", "3"]),
    "kernels": lambda: figures.kernels(torch.linspace(-1, 1, 150).reshape(6, 1, 5, 5)),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_svg(name: str) -> None:
    first, second = figures.to_svg(DRAWINGS[name]()), figures.to_svg(DRAWINGS[name]())
    assert first == second
    assert len(first) < 30_000 and len(gzip.compress(first.encode())) < 5_000
    assert first.startswith("<svg") and "font-family" not in first and "<metadata" not in first and INK not in first
    assert "<!DOCTYPE" not in first and "http://www.w3.org/1999/xlink" not in first
    assert not re.search(r"\d\.\d{3,}", re.sub(r"base64,[^\"]*", "", first)), "coordinates are rounded"
    for used in re.findall(r'(?:url\(#|href="#)([^")]+)', first):
        assert f'id="{used}"' in first


def test_text_stays_text_and_colours_follow_the_theme() -> None:
    svg = figures.to_svg(DRAWINGS["curves"]())
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"epoch", "loss", "accuracy", "training", "validation"} <= set(texts)
    assert f"var(--dl-1,{PALETTE[0]})" in svg and "currentColor" in svg


def test_ids_of_two_figures_do_not_clash() -> None:
    ids = [set(re.findall(r' id="([^"]+)"', figures.to_svg(DRAWINGS[name]()))) for name in ("curves", "lines", "confusion")]
    assert ids[0] and not ids[0] & ids[1] and not ids[0] & ids[2]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("ground", ["#ffffff", "#1e2129"])
def test_contrast(colour: str, ground: str) -> None:
    high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 3


@pytest.mark.parametrize("name", ["lenet", "lenet_bn", "lenet5", "mlp", "digit_cnn"])
def test_the_diagram_shows_every_shape(name: str) -> None:
    model, shape = models.create(name), models.input_shape(name)
    svg = figures.architecture(model, shape)._repr_svg_()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    shapes = [shape]
    for row in summary.trace(model, shape).rows:
        if row.output_shape != shapes[-1]:
            shapes.append(row.output_shape)
    wanted: list[Any] = ["×".join(map(str, item)) for item in shapes]
    assert [text for text in texts if text in set(wanted)] == wanted
    assert len(svg) < 8_000
    with pytest.raises(ShapeError):
        figures.architecture(model, (1, 3, 3) if name != "mlp" else (1, 5, 5))


def test_the_convolution_diagram() -> None:
    svg = figures.convolution(5, 3, stride=2, padding=1).svg
    assert "input with padding" in svg and "kernel 3×3" in svg and "stride 2" in svg
    with pytest.raises(ConfigError):
        figures.convolution(5, 0)
