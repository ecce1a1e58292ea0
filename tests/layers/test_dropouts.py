"""Dropout from scratch drops what torch drops from the same seed, and scales as torch does."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes import layers
from dlnotes.errors import ConfigError, ShapeError

SHAPES = {"dropout": [(7,), (4, 5), (2, 3, 4, 4), (0, 3), ()], "dropout2d": [(2, 3, 4, 4), (1, 8, 1, 3), (0, 3, 2, 2), (3, 1, 2, 5)]}


def seeded(function: Any, seed: int) -> Any:
    def run(x: Tensor, **options: Any) -> Tensor:
        torch.manual_seed(seed)
        out: Tensor = function(x, **options)
        return out + 0  # evaluation gives back its input, which has no history

    return run


def image(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("name", SHAPES)
def test_equals_torch(name: str, difference: Any, proof: Any) -> None:
    tried = list(product(SHAPES[name], (0.0, 0.1, 0.5, 0.9, 1.0), (True, False), (0, 1)))
    found = max(
        difference(seeded(getattr(layers, name), seed), seeded(getattr(F, name), seed), [image(shape)], p=p, training=training)
        for shape, p, training, seed in tried
    )
    checks = ("forward", "input gradient", "the same values dropped")
    proof(
        name=f"layers.{name}", against=f"torch.nn.functional.{name}", checks=checks, settings=len(tried), difference=found, tolerance=1e-13
    )


@pytest.mark.parametrize("name", SHAPES)
@given(sizes=st.tuples(*[st.integers(0, 4)] * 4), p=st.floats(0, 1), training=st.booleans(), seed=st.integers(0, 99))
@settings(settings.get_profile("layers"))
def test_equals_torch_anywhere(name: str, difference: Any, sizes: tuple[int, ...], p: float, training: bool, seed: int) -> None:
    ours, theirs = seeded(getattr(layers, name), seed), seeded(getattr(F, name), seed)
    # Next to p = 1 the few that stay grow without bound, so the difference is taken relative to that.
    scale = 1 / (1 - p) if p < 1 else 1.0
    assert difference(ours, theirs, [image(sizes)], p=p, training=training) <= 1e-14 * scale


def test_every_value_is_zero_or_grown_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    out = layers.dropout(torch.ones(100_000), 0.25)
    assert out.unique().tolist() == [0.0, pytest.approx(1 / 0.75)]
    assert float((out == 0).float().mean()) == pytest.approx(0.25, abs=0.005) and float(out.mean()) == pytest.approx(1, abs=0.01)


def test_dropout2d_drops_whole_channels() -> None:
    torch.manual_seed(0)
    channels = layers.dropout2d(torch.ones(50, 40, 3, 3), 0.3).flatten(2)
    assert (channels == channels[..., :1]).all()
    assert float((channels[..., 0] == 0).float().mean()) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(("name", "theirs"), [("Dropout", nn.Dropout), ("Dropout2d", nn.Dropout2d)])
def test_modules_follow_train_and_eval(name: str, theirs: Any) -> None:
    x, ours, other = image((2, 3, 4, 4)), getattr(layers, name)(0.4), theirs(0.4)
    torch.testing.assert_close(seeded(ours, 5)(x), seeded(other, 5)(x))
    assert torch.equal(ours.eval()(x), x) and ours.state_dict() == {} and "p=0.4" in repr(ours)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_refuses_a_share_that_is_none(p: float) -> None:
    for ours in (layers.dropout, layers.dropout2d):
        with pytest.raises(ConfigError, match="between 0 and 1"):
            ours(torch.ones(1, 1, 2, 2), p)
    with pytest.raises(ConfigError):
        layers.Dropout(p)
    with pytest.raises((ValueError, RuntimeError)):
        F.dropout(torch.ones(2), p)


def test_refuses_shapes_and_whole_numbers() -> None:
    with pytest.raises(ShapeError, match="N, C, H, W"):
        layers.dropout2d(torch.ones(2, 3))
    with pytest.raises(ConfigError, match="floating point"):
        layers.dropout(torch.ones(2, dtype=torch.int64))
    with pytest.raises(RuntimeError):
        F.dropout(torch.ones(2, dtype=torch.int64))
