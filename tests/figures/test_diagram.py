"""Diagrams are drawn from the module: every shape is there, and every label has a Chinese form."""

from __future__ import annotations

import functools
import html
import itertools
import re
import xml.etree.ElementTree as ET

import pytest
import torch
import torchvision
from torch import Tensor, nn

from dlnotes import figures, models, summary
from dlnotes.errors import ConfigError, ShapeError
from dlnotes.site.labels import translate


@functools.cache
def drawn(name: str) -> tuple[figures.Diagram, tuple[summary.Row, ...]]:
    """A model's diagram and the rows that ran. Shapes are all that counts, so nothing is computed."""
    with torch.device("meta"):
        model, shape = models.create(name), models.input_shape(name)
    return figures.architecture(model, shape), tuple(row for row in summary.trace(model, shape).rows if row.output_shape)


@pytest.mark.parametrize("name", models.names())
def test_the_diagram_shows_every_shape(name: str) -> None:
    diagram, rows = drawn(name)
    labels = ["×".join(map(str, item)) for item in (models.input_shape(name), *(row.output_shape for row in rows))]
    shown = [text for text, _ in itertools.groupby(text for text in diagram.texts if text in set(labels))]
    wanted = [label for label, _ in itertools.groupby(labels)]
    titles = html.unescape("".join(re.findall(r"<title>([^<]*)</title>", diagram.svg)))
    assert shown[0] == wanted[0] and shown[-1] == wanted[-1] and set(shown) <= set(wanted)
    if len(rows) <= 24 and all(len(row.inputs) == 1 for row in rows):
        assert shown == wanted
        assert all(f"{row.name} ({row.type})" in titles for row in rows if row.parameters)
    width = float(ET.fromstring(diagram.svg).get("viewBox", "").split()[2])
    assert len(diagram.svg) < 24_000 and width <= 740, "a page shows it whole"


@pytest.mark.parametrize("name", models.names())
def test_labels_have_translations_and_fit(name: str) -> None:
    diagram, _ = drawn(name)
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


# ---- deep networks and blocks


def test_deep_networks_are_chains_of_blocks() -> None:
    with torch.device("meta"):
        resnet, vgg16, densenet121 = (getattr(torchvision.models, name)(weights=None) for name in ("resnet18", "vgg16", "densenet121"))
        googlenet = torchvision.models.googlenet(weights=None, init_weights=False)
    texts = figures.architecture(resnet, (3, 224, 224)).texts
    assert texts[8:-4] == tuple(text for size in ("64×56×56", "128×28×28", "256×14×14", "512×7×7") for text in ("BasicBlock ×2", size))
    assert [text for text in figures.architecture(googlenet, (3, 224, 224)).texts if "Inception" in text] == [
        "Inception ×2",
        "Inception ×5",
        "Inception ×2",
    ]
    vgg = figures.architecture(vgg16, (3, 224, 224)).texts
    assert [text[-1] for text in vgg if text.startswith("Conv")] == ["2", "2", "3", "3", "3"]
    dense = figures.architecture(densenet121, (3, 224, 224)).texts
    assert dense.count("DenseBlock") == 4 and dense[-1] == "1000"


class Residual(nn.Module):
    def __init__(self, *, project: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        self.shortcut = nn.Conv2d(4, 4, 1) if project else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.shortcut(x) + self.body(x))


@functools.cache
def blocks() -> dict[str, figures.Diagram]:
    googlenet = torchvision.models.googlenet(weights=None, init_weights=False)
    resnet = torchvision.models.resnet18(weights=None)
    dense = torchvision.models.densenet121(weights=None).features.denseblock1
    return {
        "inception": figures.block_diagram(googlenet.inception3a, (192, 28, 28)),
        "basic": figures.block_diagram(resnet.layer1[0], (64, 56, 56)),
        "down": figures.block_diagram(resnet.layer2[0], (64, 56, 56)),
        "dense": figures.block_diagram(dense, (64, 56, 56), depth=1),
        "identity": figures.block_diagram(Residual(project=False), (4, 8, 8)),
        "projection": figures.block_diagram(Residual(project=True), (4, 8, 8)),
        "lenet": figures.block_diagram(models.create("lenet"), (1, 28, 28)),
        "layer": figures.block_diagram(nn.Linear(4, 2), (4,)),
    }


def test_blocks_show_their_branches() -> None:
    drawn = blocks()
    inception = drawn["inception"].texts
    assert inception.count("Conv 1×1") == 4 and inception.count("Conv 3×3") == 2 and inception.count("MaxPool 3×3") == 1
    assert inception[-3:] == ("concat", "256×28×28", "output") or {"concat", "256×28×28", "output"} <= set(inception)
    assert {"64×28×28", "128×28×28", "32×28×28", "192×28×28"} <= set(inception)
    assert drawn["identity"].texts == ("input", "4×8×8", "BatchNorm", "ReLU", "Conv 3×3", "4×8×8", "+", "4×8×8", "ReLU", "4×8×8", "output")
    assert drawn["projection"].texts.count("Conv 1×1") == 1 and drawn["down"].texts.count("stride 2") == 2
    assert drawn["dense"].texts.count("DenseLayer") == 6 and "256×56×56" in drawn["dense"].texts
    # Every layer reads all before it, and so does the concatenation: 1 + 2 + … + 7 paths, and the one to the output.
    assert drawn["dense"].svg.count('<path d="M') - 8 == sum(range(1, 8)) + 1
    assert drawn["layer"].texts == ("input", "4", "Linear", "2", "output")


@pytest.mark.parametrize("name", blocks())
def test_blocks_fit_and_have_translations(name: str) -> None:
    diagram = blocks()[name]
    assert [text for text in diagram.texts if translate(text) is None] == []
    root = ET.fromstring(diagram.svg)
    width, height = map(float, root.get("viewBox", "").split()[2:])
    assert width <= 430, "readable on a phone"
    boxes = []
    for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, wide, tall = (float(rect.get(key, 0)) for key in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + wide <= width and y + tall <= height
        boxes.append((x, y, x + wide, y + tall))
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert not any(left < r and l < right and top < b and t < bottom for l, t, r, b in boxes[:i]), "boxes stand apart"  # noqa: E741


def test_side_by_side_keeps_every_drawing_apart_and_whole() -> None:
    drawn = {"plain": blocks()["lenet"], "a title wider than what it stands above": blocks()["layer"], "residual": blocks()["down"]}
    diagram = figures.side_by_side(drawn)
    assert list(diagram.texts) == [text for title, one in drawn.items() for text in (title, *one.texts)]
    root = ET.fromstring(diagram.svg)
    width, height = map(float, root.get("viewBox", "").split()[2:])
    svg = "{http://www.w3.org/2000/svg}"
    starts = [float(group.get("transform", "")[10:].split()[0]) for group in root.findall(f"{svg}g")]
    sizes = [tuple(map(float, ET.fromstring(one.svg).get("viewBox", "").split()[2:])) for one in drawn.values()]
    ends = [start + size[0] for start, size in zip(starts, sizes, strict=True)]
    assert all(end + 24 <= start for end, start in zip(ends, starts[1:], strict=False)) and ends[-1] <= width + 1
    assert height == max(size[1] for size in sizes) + 28
    titles = [(float(text.get("x", 0)), len(text.text or "")) for text in root.findall(f"{svg}text")]
    assert all(x - 4 * length >= 0 and x + 4 * length <= width for x, length in titles)
    with pytest.raises(ShapeError, match="got none"):
        figures.side_by_side({})
