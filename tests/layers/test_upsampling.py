"""Interpolation and pixel shuffle from scratch equal torch's."""

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
from dlnotes.errors import ConfigError, ShapeError

CHECKS = ("forward", "input gradient")
MODES = [("nearest", None), ("nearest-exact", None), ("bilinear", None), ("bilinear", True)]
TARGETS: list[dict[str, Any]] = [{"size": size} for size in (1, 3, 7, (12, 5), (4, 20))]
TARGETS += [{"scale_factor": f, "recompute_scale_factor": r} for f in (2, 0.5, 1.5, (3.3, 0.7), 1.0) for r in (None, True)]


def image(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_interpolate_equals_torch(proof: Any, difference: Any) -> None:
    tried = list(product(MODES, TARGETS, [(2, 3, 7, 6), (1, 1, 4, 9)]))
    found = max(
        difference(layers.interpolate, F.interpolate, [image(*shape)], mode=mode, align_corners=align, **target)
        for (mode, align), target, shape in tried
    )
    against = "torch.nn.functional.interpolate"
    proof(name="layers.interpolate", against=against, checks=CHECKS, settings=len(tried), difference=found, tolerance=1e-13)


SIDES = st.integers(1, 24)
FACTORS = st.floats(0.25, 4, allow_nan=False)


@given(st.sampled_from(MODES), st.integers(0, 2), st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES) | SIDES, st.booleans())
@settings(settings.get_profile("layers"))
def test_interpolate_equals_torch_on_any_size(difference: Any, mode: Any, count: int, sides: Any, size: Any, turn: bool) -> None:
    made = image(count, 2, *sides)
    options = {"size": size, "mode": mode[0], "align_corners": mode[1]}
    if not count:
        assert layers.interpolate(made, **options).shape == F.interpolate(made, **options).shape
        return
    assert difference(layers.interpolate, F.interpolate, [made.mT if turn else made], **options) < 1e-12


@given(
    st.sampled_from(MODES), st.tuples(st.integers(4, 24), st.integers(4, 24)), st.tuples(FACTORS, FACTORS), st.sampled_from([None, True])
)
@settings(settings.get_profile("layers"))
def test_interpolate_equals_torch_on_any_factor(difference: Any, mode: Any, sides: Any, factors: Any, recompute: Any) -> None:
    options = {"scale_factor": factors, "mode": mode[0], "align_corners": mode[1], "recompute_scale_factor": recompute}
    assert difference(layers.interpolate, F.interpolate, [image(1, 2, *sides)], **options) < 1e-12


def test_gradcheck() -> None:
    for align in (False, True):
        made = image(1, 1, 4, 3).requires_grad_()
        assert torch.autograd.gradcheck(lambda x, align=align: layers.interpolate(x, (6, 2), mode="bilinear", align_corners=align), [made])


def test_where_pixels_stand() -> None:
    row = torch.tensor([0.0, 10, 20, 30]).view(1, 1, 1, 4)

    def resized(width: int, mode: str, align: bool | None = None) -> list[float]:
        return [float(value) for value in layers.interpolate(row, (1, width), mode=mode, align_corners=align).flatten()]

    assert resized(2, "nearest") == [0, 20], "the pixel on the left, not the mean"
    assert resized(2, "nearest-exact") == [10, 30]
    assert resized(2, "bilinear") == [5, 25], "half-pixel centres"
    assert resized(2, "bilinear", True) == [0, 30], "corners on corners"
    assert resized(8, "bilinear")[:3] == [0, 2.5, 7.5], "a centre beyond the edge takes the edge"


def test_positions_follow_the_factor_and_not_the_sizes() -> None:
    row = torch.arange(5.0).view(1, 1, 1, 5).expand(1, 1, 5, 5)
    by_factor = layers.interpolate(row, scale_factor=1.5, mode="bilinear")
    by_sizes = layers.interpolate(row, scale_factor=1.5, mode="bilinear", recompute_scale_factor=True)
    assert by_factor.shape == by_sizes.shape == (1, 1, 7, 7)
    assert by_factor[0, 0, 0, -1] < by_sizes[0, 0, 0, -1] == 4


def test_a_factor_that_changes_no_size_changes_no_pixel(difference: Any) -> None:
    row = torch.arange(4.0).view(1, 1, 1, 4)
    for mode, align in MODES:
        options = {"scale_factor": (1.0, 1.125), "mode": mode, "align_corners": align}
        assert torch.equal(layers.interpolate(row, **options), row) and torch.equal(F.interpolate(row, **options), row)
    doubled = layers.interpolate(row, scale_factor=(1.0, 2.2))
    assert doubled.flatten().tolist() == F.interpolate(row, scale_factor=(1.0, 2.2)).flatten().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dtypes(dtype: torch.dtype) -> None:
    for mode, align in MODES:
        ours, theirs = (f.interpolate(image(2, 3, 6, 5).to(dtype), (9, 4), mode=mode, align_corners=align) for f in (layers, F))
        torch.testing.assert_close(
            ours, theirs, rtol=0.03 if dtype == torch.bfloat16 else 1e-5, atol=0.03 if dtype == torch.bfloat16 else 1e-5
        )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"size": 3, "scale_factor": 2.0},
        {"size": (1, 2, 3)},
        {"size": 3, "align_corners": True},
        {"size": 3, "mode": "bilinea"},
        {"size": 3, "recompute_scale_factor": True},
    ],
)
def test_refuses_settings_that_torch_refuses(options: Any) -> None:
    with pytest.raises((ValueError, NotImplementedError)):
        F.interpolate(torch.zeros(1, 1, 4, 4), **options)
    with pytest.raises(ConfigError):
        layers.interpolate(torch.zeros(1, 1, 4, 4), **options)


def test_refuses_shapes_and_antialias() -> None:
    for shape, size in (((4, 4), 2), ((1, 1, 0, 4), 2), ((1, 1, 4, 4), 0)):
        with pytest.raises((ValueError, RuntimeError, NotImplementedError)):
            F.interpolate(torch.zeros(shape), size, mode="bilinear")
        with pytest.raises(ShapeError):
            layers.interpolate(torch.zeros(shape), size, mode="bilinear")
    with pytest.raises(ConfigError, match="antialias"):
        layers.interpolate(torch.zeros(1, 1, 4, 4), 2, mode="bilinear", antialias=True)


@pytest.mark.parametrize("name", ["pixel_shuffle", "pixel_unshuffle"])
def test_shuffling_equals_torch(proof: Any, difference: Any, name: str) -> None:
    tried = [(axes, c, h, w, r) for axes, c, (h, w), r in product([(), (2,), (1, 1), (2, 3)], [1, 2], [(1, 1), (2, 3)], [1, 2, 3])]
    shapes = [(*a, c * r * r, h, w) if name == "pixel_shuffle" else (*a, c, h * r, w * r) for a, c, h, w, r in tried]
    ours, theirs = getattr(layers, name), getattr(F, name)
    found = max(
        difference(lambda x, r=r: ours(x, r), lambda x, r=r: theirs(x, r), [image(*shape)])
        for shape, (*_, r) in zip(shapes, tried, strict=True)
    )
    proof(
        name=f"layers.{name}", against=f"torch.nn.functional.{name}", checks=CHECKS, settings=len(tried), difference=found, tolerance=1e-15
    )


@given(st.lists(st.integers(1, 3), max_size=2), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
@settings(settings.get_profile("layers"))
def test_shuffling_equals_torch_on_any_shape(axes: list[int], channels: int, height: int, width: int, r: int) -> None:
    made = image(*axes, channels * r * r, width, height).mT
    shuffled = layers.pixel_shuffle(made, r)
    assert torch.equal(shuffled, F.pixel_shuffle(made, r))
    assert torch.equal(layers.pixel_unshuffle(shuffled, r), made) and torch.equal(F.pixel_unshuffle(shuffled, r), made)


def test_an_empty_batch_changes_its_shape_like_any_other() -> None:
    made = torch.zeros(0, 1, 4, 6)
    assert layers.pixel_unshuffle(made, 2).shape == (0, 4, 2, 3)
    assert F.pixel_unshuffle(made, 2).shape == made.shape, "torch leaves an empty batch as it is"
    assert layers.pixel_shuffle(torch.zeros(0, 4, 2, 3), 2).shape == F.pixel_shuffle(torch.zeros(0, 4, 2, 3), 2).shape == made.shape


def test_shuffling_refuses_what_torch_refuses() -> None:
    for name, shape, factor, error in (
        ("pixel_shuffle", (3, 2, 2), 2, ShapeError),
        ("pixel_unshuffle", (1, 3, 4), 2, ShapeError),
        ("pixel_shuffle", (4, 4), 2, ShapeError),
        ("pixel_shuffle", (4, 2, 2), 0, ConfigError),
    ):
        with pytest.raises(RuntimeError):
            getattr(F, name)(torch.zeros(shape), factor)
        with pytest.raises(error):
            getattr(layers, name)(torch.zeros(shape), factor)
