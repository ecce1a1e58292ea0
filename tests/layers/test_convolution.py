"""Convolution from scratch equals torch's: outputs, gradients, refusals."""

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


def difference(ours: Any, theirs: Any, tensors: list[Tensor], **options: Any) -> float:
    """Return the largest difference of outputs and of gradients by every tensor."""
    a = [t.clone().requires_grad_(True) for t in tensors]
    b = [t.clone().requires_grad_(True) for t in tensors]
    x, y = ours(*a, **options), theirs(*b, **options)
    assert x.shape == y.shape
    upstream = torch.randn(y.shape, generator=torch.Generator().manual_seed(1), dtype=y.dtype)
    x.backward(upstream)
    y.backward(upstream)
    pairs = [(x.detach(), y.detach()), *((p.grad, q.grad) for p, q in zip(a, b, strict=True))]
    return max(float((p - q).abs().max()) if p.numel() else 0.0 for p, q in pairs)  # type: ignore[union-attr, operator]


def tensors(count: int, channels: int, outputs: int, height: int, width: int, kernel: tuple[int, int], groups: int = 1) -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    shapes = [(count, channels, height, width), (outputs, channels // groups, *kernel), (outputs,)]
    return [torch.randn(shape, generator=g, dtype=torch.float64) for shape in shapes]


GRID = list(product([1, 2, (2, 1), 3], [0, 1, (2, 1), "same", "valid"], [1, 2, (1, 2)], [1, 2], [(3, 3), (2, 3), (1, 1)]))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_equals_torch(proof: Any) -> None:
    tried = [setting for setting in GRID if setting[1] != "same" or setting[0] == 1]
    found = max(
        difference(layers.conv2d, F.conv2d, tensors(2, 4, 6, 11, 9, kernel, groups), stride=s, padding=p, dilation=d, groups=groups)
        for s, p, d, groups, kernel in tried
    )
    checks = ("forward", "input gradient", "parameter gradient")
    proof(name="layers.conv2d", against="torch.nn.functional.conv2d", checks=checks, settings=len(tried), difference=found, tolerance=1e-11)


@given(
    st.integers(0, 3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(5, 12),
    st.integers(5, 12),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 2),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_equals_torch_on_any_shape(
    count: int, channels: int, outputs: int, height: int, width: int, rows: int, columns: int, stride: int, padding: int
) -> None:
    made = tensors(count, channels, outputs, height, width, (rows, columns))
    assert difference(layers.conv2d, F.conv2d, made, stride=stride, padding=padding) < 1e-11


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_loops_equal_torch(stride: int, padding: int) -> None:
    assert difference(layers.conv2d_loops, F.conv2d, tensors(2, 2, 3, 6, 5, (3, 2)), stride=stride, padding=padding) < 1e-11


def test_gradcheck() -> None:
    made = [t.requires_grad_(True) for t in tensors(1, 2, 2, 5, 4, (3, 2))]
    assert torch.autograd.gradcheck(lambda *t: layers.conv2d(*t, stride=2, padding=1), made)


def test_works_on_views_and_other_dtypes() -> None:
    image = torch.randn(2, 6, 8, 3).permute(0, 3, 1, 2)[:, :, 1:, 1:]
    weight = torch.randn(4, 3, 3, 3)
    torch.testing.assert_close(layers.conv2d(image, weight), F.conv2d(image, weight), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("image", "weight", "bias", "groups"),
    [
        ((3, 8, 8), (2, 3, 3, 3), None, 1),
        ((1, 3, 8, 8), (2, 4, 3, 3), None, 1),
        ((1, 4, 8, 8), (3, 2, 3, 3), None, 2),
        ((1, 3, 8, 8), (2, 3, 3, 3), (3,), 1),
        ((1, 3, 2, 2), (2, 3, 3, 3), None, 1),
    ],
)
def test_refuses_what_torch_refuses(image: Any, weight: Any, bias: Any, groups: int) -> None:
    given_bias = None if bias is None else torch.zeros(bias)
    with pytest.raises(ShapeError):
        layers.conv2d(torch.zeros(image), torch.zeros(weight), given_bias, groups=groups)
    if image != (3, 8, 8):  # torch takes an image without a batch, we do not
        with pytest.raises(RuntimeError):
            F.conv2d(torch.zeros(image), torch.zeros(weight), given_bias, groups=groups)


@pytest.mark.parametrize(
    "options", [{"stride": 0}, {"dilation": 0}, {"padding": -1}, {"padding": "sane"}, {"padding": "same", "stride": 2}]
)
def test_refuses_settings_out_of_range(options: Any) -> None:
    with pytest.raises(ConfigError):
        layers.conv2d(torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 3, 3), **options)


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_size_formula_is_torchs(size: int, kernel: int, stride: int, padding: int, dilation: int) -> None:
    image, weight = torch.zeros(1, 1, size, size, device="meta"), torch.zeros(1, 1, kernel, kernel, device="meta")
    try:
        expected = F.conv2d(image, weight, stride=stride, padding=padding, dilation=dilation).shape[-1]
    except RuntimeError:
        with pytest.raises(ShapeError):
            layers.conv_output_size(size, kernel, stride, padding, dilation)
    else:
        assert layers.conv_output_size(size, kernel, stride, padding, dilation) == expected


@pytest.mark.parametrize("arguments", [(0, 1), (5, 0), (5, 3, 0), (5, 3, 1, -1), (5, 3, 1, 0, 0)])
def test_the_size_formula_checks_its_arguments(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError):
        layers.conv_output_size(*arguments)
