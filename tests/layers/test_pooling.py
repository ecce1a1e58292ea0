"""Pooling from scratch equals torch's: maxima, means, their windows at the edge, and adaptive windows."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dlnotes import layers
from dlnotes.errors import ConfigError, DlnotesError, ShapeError

MAX = list(product([2, 3, (3, 2)], [None, 1, 2, (2, 3)], [0, 1], [1, 2], [False, True]))
AVG = list(product([2, 3, (3, 2)], [None, 1, (2, 3)], [0, 1, (1, 0)], [False, True], [True, False], [None, 3]))
ADAPTIVE = [1, 2, 3, 5, (4, 7), (None, 2), (3, None), (12, 15)]


def image(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def few(*shape: int) -> Tensor:
    """An image of four values only: many windows have several equal maxima."""
    return torch.randint(0, 4, shape, generator=torch.Generator().manual_seed(0)).double()


def same(difference: Any, ours: Any, theirs: Any, tensor: Tensor, options: dict[str, Any]) -> float:
    """Return the largest difference; where torch refuses, ours must refuse."""
    try:
        theirs(tensor, **options)
    except (RuntimeError, ValueError):
        with pytest.raises(DlnotesError):
            ours(tensor, **options)
        return 0.0
    return float(difference(ours, theirs, [tensor], **options))


def test_max_pool2d_equals_torch(proof: Any, difference: Any) -> None:
    found = 0.0
    for (k, s, p, d, ceil), made in product(MAX, [image(2, 3, 8, 9), few(2, 3, 9, 8)]):
        options = {"kernel_size": k, "stride": s, "padding": p, "dilation": d, "ceil_mode": ceil, "return_indices": True}
        found = max(found, difference(layers.max_pool2d, F.max_pool2d, [made], **options))
    checks = ("forward", "indices", "input gradient")
    proof(
        name="layers.max_pool2d",
        against="torch.nn.functional.max_pool2d",
        checks=checks,
        settings=2 * len(MAX),
        difference=found,
        tolerance=1e-14,
    )


def test_avg_pool2d_equals_torch(proof: Any, difference: Any) -> None:
    found = 0.0
    for k, s, p, ceil, include, divisor in AVG:
        options = {
            "kernel_size": k,
            "stride": s,
            "padding": p,
            "ceil_mode": ceil,
            "count_include_pad": include,
            "divisor_override": divisor,
        }
        found = max(found, difference(layers.avg_pool2d, F.avg_pool2d, [image(2, 3, 8, 9)], **options))
    checks = ("forward", "input gradient")
    proof(
        name="layers.avg_pool2d",
        against="torch.nn.functional.avg_pool2d",
        checks=checks,
        settings=len(AVG),
        difference=found,
        tolerance=1e-14,
    )


@pytest.mark.parametrize("kind", ["avg", "max"])
def test_adaptive_pooling_equals_torch(proof: Any, difference: Any, kind: str) -> None:
    name = f"adaptive_{kind}_pool2d"
    options: dict[str, Any] = {"return_indices": True} if kind == "max" else {}
    tried = list(product(ADAPTIVE, [(2, 3, 8, 9), (1, 2, 5, 5), (3, 7, 6), (0, 2, 4, 4)], [image, few]))
    found = max(difference(getattr(layers, name), getattr(F, name), [make(*shape)], output_size=o, **options) for o, shape, make in tried)
    proof(
        name=f"layers.{name}",
        against=f"torch.nn.functional.{name}",
        checks=("forward", "indices", "input gradient") if kind == "max" else ("forward", "input gradient"),
        settings=len(tried),
        difference=found,
        tolerance=1e-14,
    )


TWO = st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4))
PADDING = st.integers(0, 2) | st.tuples(st.integers(0, 2), st.integers(0, 2))
SHAPES = st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 10), st.integers(1, 10)) | st.tuples(*[st.integers(1, 8)] * 3)
MADE = st.builds(lambda make, shape, turn: make(*shape).mT if turn else make(*shape), st.sampled_from([image, few]), SHAPES, st.booleans())


@given(MADE, TWO, st.none() | TWO, PADDING, TWO, st.booleans())
@settings(settings.get_profile("layers"))
def test_max_pool2d_equals_torch_on_any_setting(difference: Any, made: Tensor, k: Any, s: Any, p: Any, d: Any, ceil: bool) -> None:
    options = {"kernel_size": k, "stride": s, "padding": p, "dilation": d, "ceil_mode": ceil, "return_indices": True}
    spread = d if isinstance(d, int) else max(d)
    assume(
        p in (0, (0, 0)) or min(made.shape[-2:]) >= spread
    )  # else a window may step over the whole image; torch's index is then undefined
    assert same(difference, layers.max_pool2d, F.max_pool2d, made, options) < 1e-13


@given(MADE, TWO, st.none() | TWO, PADDING, st.booleans(), st.booleans(), st.none() | st.integers(-2, 3))
@settings(settings.get_profile("layers"))
def test_avg_pool2d_equals_torch_on_any_setting(
    difference: Any, made: Tensor, k: Any, s: Any, p: Any, ceil: bool, include: bool, divisor: int | None
) -> None:
    options = {"kernel_size": k, "stride": s, "padding": p, "ceil_mode": ceil, "count_include_pad": include, "divisor_override": divisor}
    assert same(difference, layers.avg_pool2d, F.avg_pool2d, made, options) < 1e-13


@pytest.mark.parametrize("name", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
@given(MADE, st.integers(1, 12) | st.tuples(st.integers(1, 12), st.none() | st.integers(1, 12)))
@settings(settings.get_profile("layers"))
def test_adaptive_pooling_equals_torch_on_any_size(difference: Any, name: str, made: Tensor, size: Any) -> None:
    options = {"output_size": size} | ({"return_indices": True} if "max" in name else {})
    assert same(difference, getattr(layers, name), getattr(F, name), made, options) < 1e-13


def test_gradcheck() -> None:
    made = image(1, 2, 5, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layers.max_pool2d(x, 3, 2, 1), [made])
    assert torch.autograd.gradcheck(lambda x: layers.avg_pool2d(x, 3, 2, 1, True, False), [made])
    assert torch.autograd.gradcheck(lambda x: layers.adaptive_avg_pool2d(x, 3), [made])


def test_a_window_that_would_start_in_the_padding_is_dropped() -> None:
    # 4 pixels and one of padding: rounded up there would be windows at -1, 2 and 5, but 5 is beyond the pixels and the left padding.
    assert layers.pool_output_size(4, 2, 3, 1, ceil_mode=True) == F.max_pool2d(torch.zeros(1, 4, 4), 2, 3, 1, ceil_mode=True).shape[-1] == 2
    assert layers.pool_output_size(5, 2, 2, ceil_mode=True) == 3 and layers.pool_output_size(5, 2, 2) == 2


def test_padding_counts_in_a_mean_and_never_in_a_maximum() -> None:
    ones = torch.ones(1, 1, 2, 2)
    assert layers.avg_pool2d(ones, 2, 2, 1).flatten().tolist() == [0.25] * 4
    assert layers.avg_pool2d(ones, 2, 2, 1, count_include_pad=False).flatten().tolist() == [1.0] * 4
    assert layers.max_pool2d(-ones, 2, 2, 1).flatten().tolist() == [-1.0] * 4  # type: ignore[union-attr]
    hanging = layers.avg_pool2d(torch.ones(1, 1, 3, 3), 2, 2, ceil_mode=True)
    assert hanging.flatten().tolist() == [1.0] * 4, "what hangs over the edge is not counted"


def test_a_window_of_minus_infinity_points_into_the_image() -> None:
    lowest = torch.full((1, 1, 4, 4), -torch.inf)
    ours, theirs = layers.max_pool2d(lowest, 3, 2, 1, return_indices=True), F.max_pool2d(lowest, 3, 2, 1, return_indices=True)
    assert torch.equal(ours[0], theirs[0]) and torch.equal(ours[1], theirs[1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dtypes(dtype: torch.dtype) -> None:
    made = image(2, 3, 6, 6).to(dtype)
    for name in ("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"):
        ours, theirs = getattr(layers, name)(made, 3), getattr(F, name)(made, 3)
        assert ours.dtype == dtype
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"])
@pytest.mark.parametrize("shape", [(4, 4), (1, 1, 1, 4, 4), (1, 1, 0, 4)])
def test_refuses_the_shapes_that_torch_refuses(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        getattr(F, name)(torch.zeros(shape), 2)
    with pytest.raises(ShapeError):
        getattr(layers, name)(torch.zeros(shape), 2)


def test_refuses_settings_out_of_range() -> None:
    made = torch.zeros(1, 1, 6, 6)
    for options in ({"kernel_size": 0}, {"kernel_size": 2, "stride": 0}, {"kernel_size": 2, "padding": 2}, {"kernel_size": (1, 2, 3)}):
        for name in ("max_pool2d", "avg_pool2d"):
            with pytest.raises((RuntimeError, ValueError)):
                getattr(F, name)(made, **options)
            with pytest.raises(ConfigError):
                getattr(layers, name)(made, **options)
    with pytest.raises(ConfigError, match="divisor_override"):
        layers.avg_pool2d(made, 2, divisor_override=0)
    with pytest.raises(ConfigError, match="output_size"):
        layers.adaptive_avg_pool2d(made, (1, 2, 3))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="output_size"):
        layers.adaptive_avg_pool2d(made, None)  # type: ignore[arg-type]
