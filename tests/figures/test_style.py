"""The palette, computed: contrast on both themes, and difference for readers who lack one kind of cone."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest

from dlnotes.figures.style import DASHES, INK, PALETTE

# Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision deficiency",
# 2009, severity 1; on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Ottosson, "A perceptual color space for image processing", 2020; times 100."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    ) @ np.clip(rgb, 0, 1)
    return (
        100
        * np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ np.cbrt(cones)
    )


def difference(first: str, second: str, vision: str) -> float:
    seen = [oklab(VISION[vision] @ linear(colour)) for colour in (first, second)]
    return float(np.linalg.norm(seen[0] - seen[1]))


@pytest.mark.parametrize("colour", PALETTE)
@pytest.mark.parametrize("ground", ["#ffffff", "#1e2129"])
def test_contrast(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


@pytest.mark.parametrize("vision", VISION)
def test_no_two_colours_look_alike(vision: str) -> None:
    for first, second in combinations(range(len(PALETTE)), 2):
        seen = difference(PALETTE[first], PALETTE[second], vision)
        # About 2 can just be told apart side by side; the colours used most differ much more.
        assert seen >= (10 if second < 4 else 6), (first + 1, second + 1)
        if DASHES[first] == DASHES[second]:
            assert seen >= 9, "one line style, so the colour has to do it alone"


def test_colours_are_unlike_ink_and_each_other() -> None:
    assert len({*PALETTE, INK}) == 9 and len(DASHES) == len(PALETTE)
    assert all(len(colour) == 7 and colour == colour.lower() for colour in PALETTE)


def test_apply_keeps_text() -> None:
    assert mpl.rcParams["svg.fonttype"] == "none" and mpl.rcParams["text.color"] == INK
    assert [item["color"] for item in mpl.rcParams["axes.prop_cycle"]] == list(PALETTE)
