"""Activations from scratch equal torch's: outputs and slopes, at kinks and far out too."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from dlnotes import layers
from dlnotes.errors import ConfigError

# Kinks, both sides of them, and numbers whose exponential is infinite in float64.
POINTS = torch.tensor([-1000.0, -745, -40, -3, -1, -1e-9, -0.0, 0, 1e-9, 0.5, 1, 3, 6, 20, 21, 40, 745, 1000], dtype=torch.float64)
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "sigmoid": [{}],
    "tanh": [{}],
    "relu": [{}],
    "leaky_relu": [{"negative_slope": slope} for slope in (0.01, 0.3, 0.0, -0.5)],
    "elu": [{"alpha": alpha} for alpha in (1.0, 0.2, 2.5)],
    "gelu": [{"approximate": form} for form in ("none", "tanh")],
    "silu": [{}],
    "softplus": [{"beta": beta, "threshold": threshold} for beta, threshold in product((1.0, 0.5, 3.0), (20.0, 1.0, 50.0))],
    "hardtanh": [{"min_val": low, "max_val": high} for low, high in ((-1.0, 1.0), (0.0, 6.0), (0.5, 0.5), (-3.0, 0.5))],
}
SHAPES = [(18,), (2, 9), (3, 1, 6), (0, 4), ()]


@pytest.mark.parametrize("name", SETTINGS)
def test_equals_torch(name: str, difference: Any, proof: Any) -> None:
    found, tried = 0.0, list(product(SETTINGS[name], SHAPES))
    for options, shape in tried:
        points = POINTS[: math.prod(shape)].reshape(shape)
        found = max(found, difference(getattr(layers, name), getattr(F, name), [points], **options))
    checks = ("forward", "input gradient")
    proof(
        name=f"layers.{name}", against=f"torch.nn.functional.{name}", checks=checks, settings=len(tried), difference=found, tolerance=1e-12
    )


@pytest.mark.parametrize("name", SETTINGS)
@given(numbers=st.lists(st.floats(-1e3, 1e3), max_size=12), data=st.data())
@settings(settings.get_profile("layers"))
def test_equals_torch_on_any_numbers(name: str, difference: Any, numbers: list[float], data: st.DataObject) -> None:
    options = data.draw(st.sampled_from(SETTINGS[name]))
    assert difference(getattr(layers, name), getattr(F, name), [torch.tensor(numbers, dtype=torch.float64)], **options) < 1e-11


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_keeps_the_dtype(name: str, dtype: torch.dtype, difference: Any) -> None:
    points = torch.linspace(-4, 4, 41).to(dtype)
    assert difference(getattr(layers, name), getattr(F, name), [points]) < (1e-6 if dtype == torch.float32 else 0.06)


@pytest.mark.parametrize("name", SETTINGS)
def test_gradcheck(name: str) -> None:
    points = torch.tensor([-2.3, -0.4, 0.3, 0.7, 2.1], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(getattr(layers, name), [points])


@pytest.mark.parametrize("name", SETTINGS)
def test_whole_numbers_as_torch(name: str) -> None:
    whole = torch.tensor([-2, 0, 3])
    try:
        expected = getattr(F, name)(whole)
    except NotImplementedError:
        with pytest.raises(ConfigError, match="floating point"):
            getattr(layers, name)(whole)
    else:
        torch.testing.assert_close(getattr(layers, name)(whole), expected)


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "hardtanh"])
def test_nan_stays_nan(name: str) -> None:
    assert getattr(layers, name)(torch.tensor([float("nan")])).isnan().all()


def test_slopes_at_the_kinks() -> None:
    def slope(function: Any, at: float) -> float:
        x = torch.tensor(float(at), requires_grad=True)
        return float(torch.autograd.grad(function(x), x)[0])

    assert slope(layers.relu, 0) == 0
    assert slope(layers.leaky_relu, 0) == pytest.approx(0.01)
    assert slope(layers.elu, 0) == 1
    assert slope(layers.hardtanh, 1) == slope(layers.hardtanh, -1) == 0
    assert slope(layers.sigmoid, 0) == 0.25 and slope(layers.tanh, 0) == 1


def test_refuses_settings_that_torch_refuses() -> None:
    with pytest.raises(ConfigError, match="'tanh'"):
        layers.gelu(torch.ones(2), approximate="tan")
    with pytest.raises(RuntimeError):
        F.gelu(torch.ones(2), approximate="tan")
    for hardtanh in (layers.hardtanh, F.hardtanh):
        with pytest.raises(ValueError, match="min_val"):
            hardtanh(torch.ones(2), 1.0, -1.0)
