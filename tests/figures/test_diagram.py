"""Diagrams are drawn from the module: every shape is there, and every label has a Chinese form."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from torch import nn

from dlnotes import figures, models, summary
from dlnotes.errors import ConfigError, ShapeError
from dlnotes.site.labels import translate

# The chain of layers that this drawing shows; nets of many layers are to be drawn block by block.
CHAINS = [name for name in models.names() if models.source(name).stem in ("mlp", "lenet", "digit_cnn", "lenet_cifar")]


@pytest.mark.parametrize("name", CHAINS)
def test_the_diagram_shows_every_shape(name: str) -> None:
    model, shape = models.create(name), models.input_shape(name)
    diagram = figures.architecture(model, shape)
    shapes = [shape]
    for row in summary.trace(model, shape).rows:
        if row.output_shape != shapes[-1]:
            shapes.append(row.output_shape)
    wanted = ["×".join(map(str, item)) for item in shapes]
    assert [text for text in diagram.texts if text in set(wanted)] == wanted
    titles = "".join(re.findall(r"<title>([^<]*)</title>", diagram.svg))
    assert all(f"{row.name} ({row.type})" in titles for row in summary.trace(model, shape).rows if row.parameters)
    assert len(diagram.svg) < 8_000 and ET.fromstring(diagram.svg).get("viewBox")


@pytest.mark.parametrize("name", CHAINS)
def test_labels_have_translations_and_fit(name: str) -> None:
    diagram = figures.architecture(models.create(name), models.input_shape(name))
    assert [text for text in diagram.texts if translate(text) is None] == []
    root = ET.fromstring(diagram.svg)
    width, height = map(float, root.get("viewBox", "").split()[2:])
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        half = 3.2 * len(text.text or "")
        assert half <= float(text.get("x", 0)) <= width - half and 10 <= float(text.get("y", 0)) < height


def test_operations_are_named_as_they_are_set() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Identity(),
        nn.Conv2d(8, 8, 3, padding="same"),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(72, 10),
    )
    texts = figures.architecture(model, (3, 32, 32)).texts
    assert texts == (
        "input",
        "3×32×32",
        "Conv 3×3, stride 2, pad 1",
        "BatchNorm",
        "ReLU",
        "8×16×16",
        "MaxPool 3×3, stride 2",
        "8×7×7",
        "Conv 3×3",
        "8×7×7",
        "AvgPool 2×2",
        "8×3×3",
        "Flatten",
        "72",
        "Linear",
        "10",
    )


def test_a_single_layer_is_a_model() -> None:
    assert figures.architecture(nn.Linear(4, 2), (4,)).texts == ("input", "4", "Linear", "2")


def test_wrong_input_shape() -> None:
    with pytest.raises(ShapeError):
        figures.architecture(models.create("lenet"), (1, 3, 3))


def test_diagrams_are_deterministic_and_show_themselves() -> None:
    first, second = (figures.convolution(5, 3, stride=2, padding=1) for _ in range(2))
    assert first == second and first._repr_svg_() == first.svg and "bytes" in repr(first)
    assert "font-family" not in first.svg and " id=" not in first.svg


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), [(5, 3, 2, 1), (6, 3, 1, 0), (28, 5, 1, 0), (3, 3, 1, 0)])
def test_the_convolution_diagram(size: int, kernel: int, stride: int, padding: int) -> None:
    diagram = figures.convolution(size, kernel, stride, padding)
    labels = {
        "input with padding" if padding else "input",
        f"kernel {kernel}×{kernel}",
        f"stride {stride}",
        "output",
    }
    assert set(diagram.texts) - {"0"} == labels
    assert diagram.texts.count("0") == (size + 2 * padding) ** 2 - size**2, "padding is made of zeros"
    assert diagram.svg.count("stroke-width:2.5") == (4 if size > kernel else 2)
    assert all(translate(text) is not None for text in diagram.texts)


def test_the_convolution_diagram_refuses_what_does_not_fit() -> None:
    with pytest.raises(ConfigError):
        figures.convolution(5, 0)
    with pytest.raises(ShapeError):
        figures.convolution(3, 5)
