"""Softmax and its kin equal torch's, for scores of any size."""

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

PAIRS = {"softmax": F.softmax, "log_softmax": F.log_softmax, "logsumexp": torch.logsumexp}
PLACES = {"softmax": "torch.nn.functional.softmax", "log_softmax": "torch.nn.functional.log_softmax", "logsumexp": "torch.logsumexp"}


def scores(shape: tuple[int, ...], scale: float = 1.0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * scale


@pytest.mark.parametrize("name", PAIRS)
def test_equals_torch(name: str, difference: Any, proof: Any) -> None:
    places = [((5,), 0), ((4, 3), 1), ((4, 3), 0), ((2, 3, 4), 1), ((2, 3, 4, 2), -3), ((0, 4), 1), ((3, 0), 1), ((3, 1), 1), ((), 0)]
    tried: list[tuple[tuple[int, ...], float, dict[str, Any]]] = []
    for (shape, dim), scale in product(places, (1.0, 1e3, 1e-6)):
        tried += [(shape, scale, {"dim": dim})]
        if name == "logsumexp":
            tried += [(shape, scale, {"dim": dim, "keepdim": True})]
    if name == "logsumexp":
        tried += [((2, 3, 4), 1.0, {"dim": (0, 2), "keepdim": keepdim}) for keepdim in (False, True)]
    found = max(difference(getattr(layers, name), PAIRS[name], [scores(shape, scale)], **options) for shape, scale, options in tried)
    checks = ("forward", "input gradient")
    proof(name=f"layers.{name}", against=PLACES[name], checks=checks, settings=len(tried), difference=found, tolerance=1e-12)


@pytest.mark.parametrize("name", PAIRS)
@given(shape=st.lists(st.integers(0, 4), min_size=1, max_size=4), scale=st.sampled_from([1e-3, 1.0, 50.0, 1e4]), data=st.data())
@settings(settings.get_profile("layers"))
def test_equals_torch_on_any_shape(name: str, difference: Any, shape: list[int], scale: float, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    assert difference(getattr(layers, name), PAIRS[name], [scores(tuple(shape), scale)], dim=dim) < 1e-11


@pytest.mark.parametrize("name", PAIRS)
def test_infinite_scores(name: str) -> None:
    inf = float("inf")
    for row in ([1.0, -inf, 2.0], [-inf, -inf], [1.0, inf]):
        theirs, ours = PAIRS[name](torch.tensor(row), dim=0), getattr(layers, name)(torch.tensor(row), dim=0)
        torch.testing.assert_close(ours, theirs, equal_nan=True)


@pytest.mark.parametrize("name", PAIRS)
def test_gradcheck_and_dtype(name: str, difference: Any) -> None:
    assert torch.autograd.gradcheck(lambda x: getattr(layers, name)(x, dim=1), [scores((2, 3)).requires_grad_(True)])
    assert difference(getattr(layers, name), PAIRS[name], [scores((4, 6)).float()], dim=1) < 1e-6


def test_large_scores_do_not_overflow() -> None:
    x = torch.tensor([1000.0, 999.0])
    assert layers.softmax(x, 0).sum() == 1 and torch.exp(x).isinf().all()
    assert layers.log_softmax(torch.tensor([0.0, 200.0]), 0)[0] == -200 and layers.softmax(torch.tensor([0.0, 200.0]), 0).log()[0].isinf()


def test_whole_numbers_as_torch() -> None:
    whole = torch.tensor([1, 2])
    torch.testing.assert_close(layers.logsumexp(whole, 0), torch.logsumexp(whole, 0))
    for name in ("softmax", "log_softmax"):
        torch.testing.assert_close(getattr(layers, name)(whole, 0, dtype=torch.float64), PAIRS[name](whole, 0, dtype=torch.float64))
        with pytest.raises(ConfigError, match="dtype"):
            getattr(layers, name)(whole, 0)
        with pytest.raises(NotImplementedError):
            PAIRS[name](whole, 0)


@pytest.mark.parametrize("name", PAIRS)
def test_refuses_axes_that_are_not_there(name: str) -> None:
    with pytest.raises(ShapeError, match="axes between -2 and 1"):
        getattr(layers, name)(torch.ones(2, 3), 2)
    with pytest.raises(IndexError):
        PAIRS[name](torch.ones(2, 3), dim=2)
    if name != "logsumexp":
        with pytest.raises(ConfigError, match="dim must be given"):
            getattr(layers, name)(torch.ones(2, 3))
