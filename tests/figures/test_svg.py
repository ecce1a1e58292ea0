"""Slim SVG: deterministic, in the theme's colours, text as text, and drawn as matplotlib drew it."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from dlnotes.figures import to_svg
from dlnotes.figures.style import INK, PALETTE
from dlnotes.figures.svg import slim


def curve() -> Any:
    figure, axes = plt.subplots()
    axes.plot([0, 1, 2], [2.0, 1.0, 0.5], label="training loss")
    axes.plot([0, 1, 2], [2.1, 1.2, 0.9], label="validation loss")
    axes.set(xlabel="epoch", ylabel="loss < 3", title="LeNet on digits")
    axes.legend()
    return figure


def points() -> Any:
    figure, axes = plt.subplots()
    axes.plot([0, 1, 2], [1, 3, 2], "o")
    axes.set_xlim(0.5, 2)
    return figure


def several() -> Any:
    figure, axes = plt.subplots(1, 3)
    axes[0].imshow(np.arange(12.0).reshape(3, 4), interpolation="none")
    axes[1].bar([1, 2], [3, 4], hatch="//", alpha=0.5)
    axes[2].semilogy([1e-4, 1, 1e4])
    return figure


def texts(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("draw", [curve, points, several])
def test_equal_figures_give_equal_bytes(draw: Callable[[], Any]) -> None:
    svg = to_svg(draw())
    assert svg == to_svg(draw())
    ET.fromstring(svg)
    for unwanted in (
        "font-family",
        "metadata",
        "DOCTYPE",
        "<?xml",
        "xlink",
        INK,
        "rotate(-0",
        "<style",
        "\n",
    ):
        assert unwanted not in svg
    drawing = re.sub(r"base64,[^\"]*|>[^<]*<", "", svg)
    assert not re.search(r"\d\.\d{4,}", drawing), "coordinates are rounded"


def test_hash_salt_and_font_type_do_not_depend_on_the_caller() -> None:
    first = to_svg(points())
    with plt.rc_context({"svg.hashsalt": None, "svg.fonttype": "path"}):
        assert to_svg(points()) == first


def test_root_scales_and_leaves_the_role_to_the_caller() -> None:
    svg = to_svg(curve())
    root = ET.fromstring(svg)
    assert svg.startswith("<svg xmlns=") and root.get("viewBox") == "0 0 460.8 244.8"
    assert "max-width:614px" in root.get("style", "") and "min-width" in root.get("style", "")
    assert not {"width", "height", "role"} & set(root.attrib)


def test_text_stays_text() -> None:
    svg = to_svg(curve())
    assert {"epoch", "loss < 3", "LeNet on digits", "training loss", "validation loss"} <= set(texts(svg))
    assert "loss &lt; 3" in svg and "text-anchor:middle" in svg and "rotate(-90" in svg


def test_each_line_of_a_label_is_one_text() -> None:
    figure, axes = plt.subplots()
    axes.set_title("first line\nsecond line")
    assert {"first line", "second line"} <= set(texts(to_svg(figure)))


def test_powers_of_ten_are_one_text_each() -> None:
    svg = to_svg(several())
    assert {"10⁻⁴", "10⁰", "10⁴"} <= set(texts(svg)) and "tspan" not in svg


def test_formulas_keep_their_glyphs_inside_their_text() -> None:
    figure, axes = plt.subplots()
    axes.set_title("area $x^2$ of y")
    root = ET.fromstring(to_svg(figure))
    formula = next(text for text in root.iter("{http://www.w3.org/2000/svg}text") if len(text))
    assert {part.tag.rpartition("}")[2] for part in formula} == {"tspan"} and "x" in "".join(formula.itertext())


def test_colours_follow_the_theme() -> None:
    svg = to_svg(curve())
    for number in (1, 2):
        assert f"stroke:var(--dl-{number},{PALETTE[number - 1]})" in svg
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(PALETTE) and 'fill="currentColor"' in svg


def test_black_lines_are_ink_and_black_areas_are_black() -> None:
    figure, axes = plt.subplots()
    axes.axhline(1, color="black")
    axes.pcolormesh([[0.0, 1.0]])
    svg = to_svg(figure)
    assert "fill:#000" in svg and "fill:#ffffff" in svg and "stroke:#000" not in svg


def test_a_colour_in_a_label_is_no_colour() -> None:
    figure, axes = plt.subplots()
    axes.set_title(PALETTE[0])
    assert PALETTE[0] in texts(to_svg(figure))


def ids(svg: str) -> set[str]:
    found = re.findall(r' id="([^"]+)"', svg)
    assert len(found) == len(set(found))
    return set(found)


def test_ids_of_two_figures_do_not_clash() -> None:
    first, second = to_svg(points()), to_svg(several())
    assert ids(first) and ids(second) and not ids(first) & ids(second)
    for svg in (first, second):
        assert ids(svg) == set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)), "every id is used, every use has one"


def test_clips_stay_where_they_cut() -> None:
    assert "clip" not in to_svg(curve())
    figure, axes = plt.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set_xlim(0, 0.5)
    assert to_svg(figure).count("clip-path") == 1


def test_transparent_lines_stay_apart() -> None:
    figure, axes = plt.subplots()
    for shift in range(3):
        axes.plot([0, 1], [shift, 1 - shift], color=PALETTE[0], alpha=0.1, linestyle="-")
    svg = to_svg(figure)
    assert len(re.findall(r'<path d="M[^M"]*l[^M"]*"', svg)) == 3, "where they cross they must look darker"


def pixels(svg: str) -> np.ndarray:
    data = base64.b64decode(re.findall(r"base64,([^\"]*)", svg)[0])
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGBA"))


@pytest.mark.parametrize("colours", [2, 250, 2000])
@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("opaque", [True, False])
def test_pictures_keep_every_pixel(colours: int, grey: bool, opaque: bool) -> None:
    generator = np.random.default_rng(0)
    wanted = generator.integers(0, 256, (colours, 4), dtype=np.uint8)[generator.integers(0, colours, (40, 50))]
    wanted[..., 3] = 255
    if grey:
        wanted[..., 1:3] = wanted[..., :1]
    if not opaque:
        wanted[:5] = 0
    figure, axes = plt.subplots()
    axes.imshow(wanted, interpolation="none")
    svg = to_svg(figure)
    np.testing.assert_array_equal(pixels(svg), wanted)
    assert "image-rendering:pixelated" in svg and "matrix(" not in svg


def test_path_is_rewritten_without_drift() -> None:
    steps = " ".join(f"L {number * 1.04:.2f} {number * 0.26:.2f}" for number in range(1, 500))
    path = f'<path d="M 0 0 {steps}" style="fill: none; stroke: #000000"/>'
    svg = slim(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600">{path}</svg>')
    moves = re.findall(r"-?\.?\d+(?:\.\d+)?", re.sub(r"h(\S+?)(?=[a-z \"])", r"\1 0", re.findall(r' d="([^"]*)"', svg)[0]))
    end = [sum(map(float, moves[axis::2])) for axis in (0, 1)]
    assert end == pytest.approx([499 * 1.04, 499 * 0.26], abs=0.06)
