"""Activations drawn layer below layer."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from dlnotes.errors import ShapeError
from dlnotes.figures import Patch, feature_stack

LAYERS = {"input": torch.rand(1, 28, 28), "maps": torch.rand(1, 16, 8, 8), "vector": torch.rand(1, 10)}


def pictures(svg: str) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    data = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("RGBA"))[..., 3] for one in data]


def test_as_many_maps_and_pixels_as_there_are() -> None:
    drawing = feature_stack(LAYERS)
    assert drawing.texts == ("1×28×28", "input", "16×8×8", "maps", "10", "vector")
    assert [picture.shape for picture in pictures(drawing.svg)] == [(28, 28)] + [(8, 8)] * 16 + [(1, 10)]


def test_strength_is_the_value_on_the_scale_of_its_layer() -> None:
    maps = torch.zeros(2, 2, 2)
    maps[0, 0, 0], maps[0, 1, 1], maps[1, 0, 1] = 4.0, 2.0, -3.0
    first, second = pictures(feature_stack({"maps": maps}).svg)
    assert first[0, 0] == 255 and abs(int(first[1, 1]) - 128) <= 9 and first[0, 1] == 0 and not second.any()
    # Another layer has a scale of its own; one without any activation stays empty.
    _, _, faint, off = pictures(feature_stack({"maps": maps, "faint": 0.01 * maps[:1], "off": torch.zeros(1, 2, 2)}).svg)
    assert (faint == first).all() and not off.any()


def test_a_trail_ends_where_its_patches_are() -> None:
    plain = feature_stack(LAYERS).svg
    trail = [Patch("input", 0, 0, 0, 28, 28), Patch("maps", 15, 7, 7)]
    drawn = feature_stack(LAYERS, trail=trail).svg.removeprefix(plain.removesuffix("</svg>"))
    joins, outlines = re.findall(r'<path d="([^"]+)"', drawn)
    assert joins.count("M") == 4 and outlines.count("z") == 2
    # The first patch is the whole map, so its outline is that of the map.
    assert outlines.split("z")[0] in plain


@pytest.mark.parametrize(
    "patch",
    [Patch("nowhere", 0, 0, 0), Patch("maps", 16, 0, 0), Patch("maps", 0, 7, 0, 2), Patch("maps", 0, 0, -1), Patch("maps", 0, 0, 0, 0)],
)
def test_patches_off_the_maps_are_refused(patch: Patch) -> None:
    with pytest.raises(ShapeError, match="patch"):
        feature_stack(LAYERS, trail=[patch])


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ShapeError, match="at least one layer"):
        feature_stack({})
    for wrong in (torch.rand(2, 3, 4, 4), torch.rand(3, 4), torch.rand(0, 4, 4)):
        with pytest.raises(ShapeError, match="'odd'"):
            feature_stack({"odd": wrong})


def test_many_maps_fit_a_phone() -> None:
    svg = feature_stack({"input": torch.rand(3, 32, 32), "wide": torch.rand(64, 16, 16)}).svg
    width = re.search(r'viewBox="0 0 (\d+) ', svg)
    assert width and int(width[1]) <= 400 and "min-width" not in svg
