"""Padding from scratch equals torch's."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dlnotes import layers
from dlnotes.errors import ConfigError, DlnotesError, ShapeError

MODES = ["constant", "reflect", "replicate", "circular"]
PADS = [(1, 1), (2, 0), (0, 1, 2, 1), (1, 2, 3, 0), (-1, 2), (1, -1, -2, 0), (0, 0, 0, 0)]


def image(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def same(difference: Any, tensor: Tensor, options: dict[str, Any]) -> float:
    """Return the largest difference; where torch refuses, ours must refuse."""
    try:
        F.pad(tensor, **options)
    except (RuntimeError, ValueError, NotImplementedError):
        with pytest.raises(DlnotesError):
            layers.pad(tensor, **options)
        return 0.0
    return float(difference(layers.pad, F.pad, [tensor], **options))


def test_pad_equals_torch(proof: Any, difference: Any) -> None:
    shapes = [(2, 3, 5, 6), (3, 5, 6)]
    tried = [
        (mode, pad, shape) for mode, pad, shape in product(MODES, PADS, shapes) if len(shape) == 3 or mode == "constant" or len(pad) == 4
    ]
    found = max(difference(layers.pad, F.pad, [image(*shape)], pad=pad, mode=mode) for mode, pad, shape in tried)
    proof(
        name="layers.pad",
        against="torch.nn.functional.pad",
        checks=("forward", "input gradient"),
        settings=len(tried),
        difference=found,
        tolerance=1e-14,
    )


SIDE = st.integers(1, 6)


@given(st.sampled_from(MODES), st.integers(1, 3), SIDE, SIDE, st.tuples(*[st.integers(-1, 6)] * 4), st.booleans())
@settings(settings.get_profile("layers"))
def test_pad_equals_torch_on_any_setting(difference: Any, mode: str, count: int, height: int, width: int, pad: Any, turn: bool) -> None:
    if mode == "circular":  # torch reads unwritten memory where cutting leaves less than is to be wrapped
        pad = tuple(abs(number) for number in pad)
    made = image(count, 2, width, height)
    assert same(difference, made.mT if turn else made, {"pad": pad, "mode": mode}) < 1e-14


def test_what_stands_beyond_the_edge() -> None:
    row = torch.tensor([[[1, 2, 3]]])
    shown = {mode: layers.pad(row, (2, 2), mode).flatten().tolist() for mode in MODES}
    assert shown == {
        "constant": [0, 0, 1, 2, 3, 0, 0],
        "reflect": [3, 2, 1, 2, 3, 2, 1],
        "replicate": [1, 1, 1, 2, 3, 3, 3],
        "circular": [2, 3, 1, 2, 3, 1, 2],
    }
    assert layers.pad(row, (-1, 1), "circular").flatten().tolist() == [2, 3, 2], "cut first, then wrapped"
    assert layers.pad(row, (1, 0), value=7).flatten().tolist() == [7, 1, 2, 3]


def test_gradcheck() -> None:
    for mode in MODES:
        assert torch.autograd.gradcheck(lambda x, mode=mode: layers.pad(x, (1, 2, 0, 1), mode), [image(1, 1, 4, 3).requires_grad_()])


@pytest.mark.parametrize(
    ("shape", "options", "error"),
    [
        ((1, 1, 4, 4), {"pad": (1,)}, ConfigError),
        ((4,), {"pad": (1, 1, 1, 1)}, ConfigError),
        ((1, 1, 4, 4), {"pad": (1, 1), "mode": "mirror"}, ConfigError),
        ((1, 1, 4, 4), {"pad": (1, 1, 1, 1), "mode": "reflect", "value": 1.0}, ConfigError),
        ((1, 1, 4, 4), {"pad": (4, 4, 4, 4), "mode": "reflect"}, ShapeError),
        ((1, 1, 4, 4), {"pad": (5, 5, 5, 5), "mode": "circular"}, ShapeError),
        ((4, 4), {"pad": (1, 1, 1, 1), "mode": "replicate"}, ShapeError),
        ((1, 1, 4, 4), {"pad": (-3, -3)}, ShapeError),
    ],
)
def test_refuses_what_torch_refuses(shape: Any, options: Any, error: Any) -> None:
    with pytest.raises((RuntimeError, ValueError, NotImplementedError)):
        F.pad(torch.zeros(shape), **options)
    with pytest.raises(error):
        layers.pad(torch.zeros(shape), **options)
