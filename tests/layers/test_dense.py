"""The linear layer from scratch equals torch's."""

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


def tensors(*shapes: tuple[int, ...]) -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=g, dtype=torch.float64) for shape in shapes]


def test_linear_equals_torch(proof: Any, difference: Any) -> None:
    tried = list(product([(), (1,), (4,), (2, 3), (2, 0), (2, 1, 3)], [1, 5], [1, 7], [True, False]))
    found = max(
        difference(layers.linear, F.linear, tensors((*axes, n), (m, n), (m,))[: 2 + bias], **({} if bias else {"bias": None}))
        for axes, n, m, bias in tried
    )
    checks = ("forward", "input gradient", "parameter gradient")
    proof(name="layers.linear", against="torch.nn.functional.linear", checks=checks, settings=len(tried), difference=found, tolerance=1e-13)


@given(st.lists(st.integers(0, 3), max_size=3), st.integers(1, 9), st.integers(0, 9), st.booleans())
@settings(settings.get_profile("layers"))
def test_linear_equals_torch_on_any_shape(difference: Any, axes: list[int], inputs: int, outputs: int, bias: bool) -> None:
    made = tensors((inputs, *axes), (outputs, inputs), (outputs,))
    made[0] = made[0].movedim(0, -1)  # not contiguous
    assert difference(layers.linear, F.linear, made[: 2 + bias]) < 1e-12


def test_one_output_may_go_without_an_axis(difference: Any) -> None:
    assert difference(layers.linear, F.linear, tensors((4, 3), (3,))) < 1e-13


def test_loops_refuse_what_has_no_rows() -> None:
    with pytest.raises(ShapeError):
        layers.linear_loops(torch.zeros(4), torch.zeros(2, 4))


def test_gradcheck() -> None:
    assert torch.autograd.gradcheck(layers.linear, [tensor.requires_grad_() for tensor in tensors((2, 3), (4, 3), (4,))])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dtypes(dtype: torch.dtype) -> None:
    made = [tensor.to(dtype) for tensor in tensors((5, 3), (4, 3), (4,))]
    output = layers.linear(*made)
    assert output.dtype == dtype
    torch.testing.assert_close(output, F.linear(*made), rtol=0.02 if dtype == torch.bfloat16 else 1e-5, atol=1e-2)


@pytest.mark.parametrize("shapes", [((2, 3), (4, 2)), ((2, 3), (4, 3), (3,)), ((2, 3), (1, 4, 3)), ((), (4, 3))])
def test_refuses_what_torch_refuses(shapes: Any) -> None:
    made = [torch.zeros(shape) for shape in shapes]
    with pytest.raises(RuntimeError):
        F.linear(*made)
    with pytest.raises(ShapeError):
        layers.linear(*made)


def test_module_equals_torch(proof: Any, difference: Any) -> None:
    found, tried = 0.0, list(product([1, 5], [1, 7], [True, False]))
    for inputs, outputs, bias in tried:
        torch.manual_seed(0)
        theirs = nn.Linear(inputs, outputs, bias, dtype=torch.float64)
        torch.manual_seed(0)
        ours = layers.Linear(inputs, outputs, bias, dtype=torch.float64)
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())  # the same first weights
        ours.load_state_dict(theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        found = max(found, difference(ours, theirs, tensors((4, inputs))))
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert a.grad is not None and b.grad is not None
            found = max(found, float((a.grad - b.grad).abs().max()))
    checks = ("forward", "input gradient", "parameter gradient", "state")
    proof(name="layers.Linear", against="torch.nn.Linear", checks=checks, settings=len(tried), difference=found, tolerance=1e-13)
    with pytest.raises(ConfigError):
        layers.Linear(0, 3)
