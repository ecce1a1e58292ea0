"""Layer and group normalisation from scratch equal torch's."""

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


def numbers(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def layer(place: Any, shape: tuple[int, ...], eps: float) -> Any:
    return lambda x, *affine: place.layer_norm(x, shape, *affine, eps=eps)


def group(place: Any, groups: int, eps: float) -> Any:
    return lambda x, *affine: place.group_norm(x, groups, *affine, eps=eps)


def affine(shape: tuple[int, ...], count: int) -> list[Tensor]:
    return [numbers(shape, seed) for seed in range(1, count + 1)]


def test_layer_norm_equals_torch(difference: Any, proof: Any) -> None:
    shapes = [((4, 3), 1), ((2, 3, 4), 1), ((2, 3, 4), 2), ((2, 3, 4), 3), ((5,), 1), ((0, 3), 1), ((2, 3, 2, 4), 3), ((3, 1), 1)]
    tried, found = list(product(shapes, (0, 1, 2), (1e-5, 0.1))), 0.0
    for (shape, axes), count, eps in tried:
        last = shape[-axes:]
        found = max(found, difference(layer(layers, last, eps), layer(F, last, eps), [numbers(shape), *affine(last, count)]))
    checks = ("forward", "input gradient", "parameter gradient")
    against = "torch.nn.functional.layer_norm"
    proof(name="layers.layer_norm", against=against, checks=checks, settings=len(tried), difference=found, tolerance=1e-11)


def test_group_norm_equals_torch(difference: Any, proof: Any) -> None:
    shapes = [((4, 6), 3), ((2, 6, 5), 1), ((2, 6, 5), 2), ((2, 6, 5), 6), ((3, 4, 3, 2), 2), ((0, 4, 3), 2), ((2, 4), 4), ((1, 4, 2), 4)]
    tried, found = list(product(shapes, (0, 1, 2), (1e-5, 0.1))), 0.0
    for (shape, groups), count, eps in tried:
        tensors = [numbers(shape), *affine(shape[1:2], count)]
        found = max(found, difference(group(layers, groups, eps), group(F, groups, eps), tensors))
    checks = ("forward", "input gradient", "parameter gradient")
    against = "torch.nn.functional.group_norm"
    proof(name="layers.group_norm", against=against, checks=checks, settings=len(tried), difference=found, tolerance=1e-11)


@given(
    sizes=st.lists(st.integers(1, 4), max_size=3),
    last=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    count=st.integers(0, 2),
    eps=st.floats(1e-5, 1),
)
@settings(settings.get_profile("layers"))
def test_layer_norm_equals_torch_on_any_shape(difference: Any, sizes: list[int], last: list[int], count: int, eps: float) -> None:
    end = tuple(last)
    assert difference(layer(layers, end, eps), layer(F, end, eps), [numbers((*sizes, *end)), *affine(end, count)]) < 1e-10


@given(
    batch=st.integers(0, 3),
    groups=st.integers(1, 3),
    per_group=st.integers(1, 3),
    sides=st.lists(st.integers(2, 4), min_size=1, max_size=2),
    count=st.integers(0, 2),
    eps=st.floats(1e-5, 1),
)
@settings(settings.get_profile("layers"))
def test_group_norm_equals_torch_on_any_shape(
    difference: Any, batch: int, groups: int, per_group: int, sides: list[int], count: int, eps: float
) -> None:
    channels = groups * per_group
    tensors = [numbers((batch, channels, *sides)), *affine((channels,), count)]
    assert difference(group(layers, groups, eps), group(F, groups, eps), tensors) < 1e-10


def test_gradcheck_and_dtype(difference: Any) -> None:
    x = numbers((2, 4, 3)).requires_grad_(True)
    assert torch.autograd.gradcheck(layer(layers, (4, 3), 1e-5), [x])
    assert torch.autograd.gradcheck(group(layers, 2, 1e-5), [x])
    assert difference(layer(layers, (3,), 1e-5), layer(F, (3,), 1e-5), [x.float()]) < 1e-4
    assert difference(group(layers, 2, 1e-5), group(F, 2, 1e-5), [x.float()]) < 1e-4


def test_epsilon_stands_inside_the_root_and_the_variance_is_biased() -> None:
    x = torch.tensor([[-1.0, 1.0]])  # biased variance 1, unbiased 2
    assert layers.layer_norm(x, [2], eps=3.0).tolist() == [[-0.5, 0.5]]  # 1 / √(1 + 3)
    assert layers.group_norm(x, 1, eps=3.0).tolist() == [[-0.5, 0.5]]


X = torch.zeros(3, 4)
BAD: list[tuple[str, tuple[Any, ...], type[Exception]]] = [
    ("layer_norm", (X, [3]), ShapeError),
    ("layer_norm", (X, []), ShapeError),
    ("layer_norm", (X, [2, 3, 4]), ShapeError),
    ("layer_norm", (X, [4], torch.ones(3)), ShapeError),
    ("layer_norm", (X, [4], None, torch.ones(3)), ShapeError),
    ("layer_norm", (X.long(), [4]), ConfigError),
    ("group_norm", (X, 3), ConfigError),
    ("group_norm", (X, 0), ConfigError),
    ("group_norm", (X[0], 2), ShapeError),
    ("group_norm", (X, 2, torch.ones(2)), ShapeError),
    ("group_norm", (X, 2, None, torch.ones(2)), ShapeError),
    ("group_norm", (X[:1], 4), ShapeError),
    ("group_norm", (X.long(), 2), ConfigError),
]


@pytest.mark.parametrize(("name", "arguments", "error"), BAD)
def test_refuses_what_torch_refuses(name: str, arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        getattr(layers, name)(*arguments)
    with pytest.raises((RuntimeError, ValueError, ZeroDivisionError)):
        getattr(F, name)(*arguments)


def test_group_norm_refuses_groups_that_do_not_divide() -> None:
    for place in (layers, nn):
        with pytest.raises(ValueError, match="divi"):
            place.GroupNorm(3, 4)
