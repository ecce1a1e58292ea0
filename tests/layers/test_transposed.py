"""Transposed convolution from scratch equals torch's."""

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
from dlnotes.errors import ConfigError, DlnotesError, ShapeError

CHECKS = ("forward", "input gradient", "parameter gradient")
GRID = list(product([1, 2, (3, 1)], [0, 1, (2, 1)], [0, 1, (1, 0)], [1, 2], [1, 2, (2, 1)], [(3, 3), (2, 3), (1, 1)]))


def tensors(shape: tuple[int, ...], outputs: int, kernel: tuple[int, int], groups: int = 1) -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    shapes = [shape, (shape[-3], outputs // groups, *kernel), (outputs,)]
    return [torch.randn(shape, generator=g, dtype=torch.float64) for shape in shapes]


def same(difference: Any, made: list[Tensor], options: dict[str, Any]) -> float:
    """Return the largest difference; where torch refuses, ours must refuse."""
    try:
        F.conv_transpose2d(*made, **options)
    except (RuntimeError, ValueError):
        with pytest.raises(DlnotesError):
            layers.conv_transpose2d(*made, **options)
        return 0.0
    return float(difference(layers.conv_transpose2d, F.conv_transpose2d, made, **options))


def test_equals_torch(proof: Any, difference: Any) -> None:
    found = 0.0
    for stride, padding, more, groups, dilation, kernel in GRID:
        options = {"stride": stride, "padding": padding, "output_padding": more, "groups": groups, "dilation": dilation}
        found = max(found, same(difference, tensors((2, 4, 5, 4), 6, kernel, groups), options))
    against = "torch.nn.functional.conv_transpose2d"
    proof(name="layers.conv_transpose2d", against=against, checks=CHECKS, settings=len(GRID), difference=found, tolerance=1e-11)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[list[Tensor], dict[str, Any]]:
    groups = draw(st.integers(1, 3))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    shape = (groups * draw(st.integers(1, 2)), draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    if draw(st.booleans()):
        shape = (draw(st.integers(0, 2)), *shape)
    made = tensors(shape, groups * draw(st.integers(1, 2)), kernel, groups)
    if draw(st.booleans()):
        made[0] = made[0].mT
    two = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3))
    less = st.integers(0, 3) | st.tuples(st.integers(0, 3), st.integers(0, 3))
    options = {"stride": draw(two), "padding": draw(less), "output_padding": draw(less), "dilation": draw(two), "groups": groups}
    if not len(made[0]):  # of an empty batch torch does not check these
        options["padding"] = options["output_padding"] = 0
    return made[: draw(st.integers(2, 3))], options


@given(drawn())
@settings(settings.get_profile("layers"))
def test_equals_torch_on_any_setting(difference: Any, case: Any) -> None:
    assert same(difference, *case) < 1e-11


def test_it_is_the_gradient_of_a_convolution() -> None:
    image, kernel = (tensor.requires_grad_() for tensor in tensors((1, 3, 7, 7), 3, (3, 3))[:2])
    output = layers.conv2d(image, kernel, stride=2)
    upstream = torch.randn_like(output)
    (gradient,) = torch.autograd.grad(output, image, upstream)
    torch.testing.assert_close(layers.conv_transpose2d(upstream, kernel, stride=2), gradient)


def test_output_padding_computes_more_and_adds_no_zeros() -> None:
    image, kernel = torch.ones(1, 1, 2, 2), torch.ones(1, 1, 3, 3)
    small, large = layers.conv_transpose2d(image, kernel, stride=2, padding=1), layers.conv_transpose2d(image, kernel, None, 2, 1, 1)
    assert small.shape[-1] == 3 and large.shape[-1] == 4
    assert torch.equal(large[..., :3, :3], small) and large[0, 0, 3, 3] == 1


def test_gradcheck() -> None:
    made = [tensor.requires_grad_() for tensor in tensors((1, 2, 3, 3), 2, (2, 3))]
    assert torch.autograd.gradcheck(lambda *t: layers.conv_transpose2d(*t, stride=2, padding=1, output_padding=1), made)


def test_dtypes() -> None:
    for dtype, near in ((torch.float32, 1e-5), (torch.bfloat16, 0.05)):
        made = [tensor.to(dtype) for tensor in tensors((1, 3, 5, 5), 4, (3, 3))]
        torch.testing.assert_close(layers.conv_transpose2d(*made, stride=2), F.conv_transpose2d(*made, stride=2), rtol=near, atol=near)


@pytest.mark.parametrize(
    ("shapes", "options", "error"),
    [
        (((4, 4), (1, 1, 3, 3)), {}, ShapeError),
        (((1, 3, 4, 4), (2, 2, 3, 3)), {}, ShapeError),
        (((1, 3, 4, 4), (3, 2, 3, 3), (3,)), {}, ShapeError),
        (((1, 3, 4, 4), (3, 2, 3, 3)), {"groups": 2}, ShapeError),
        (((1, 3, 2, 2), (3, 2, 1, 1)), {"padding": 1}, ShapeError),
        (((1, 3, 4, 4), (3, 2, 3, 3)), {"output_padding": 1}, ConfigError),
        (((1, 3, 4, 4), (3, 2, 3, 3)), {"stride": 0}, ConfigError),
    ],
)
def test_refuses_what_torch_refuses(shapes: Any, options: Any, error: Any) -> None:
    made = [torch.zeros(shape) for shape in shapes]
    with pytest.raises((RuntimeError, ValueError)):
        F.conv_transpose2d(*made, **options)
    with pytest.raises(error):
        layers.conv_transpose2d(*made, **options)


def test_module_equals_torch(proof: Any, difference: Any) -> None:
    found, tried = 0.0, list(product([1, 2], [0, 1], [1, 2], [True, False], [None, (11, 10)]))
    for stride, padding, groups, bias, size in tried:
        options: dict[str, Any] = {"stride": stride, "padding": padding, "groups": groups, "bias": bias, "dtype": torch.float64}
        torch.manual_seed(0)
        theirs = nn.ConvTranspose2d(4, 6, 3, **options)
        torch.manual_seed(0)
        ours = layers.ConvTranspose2d(4, 6, 3, **options)
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())  # the same first weights
        ours.load_state_dict(theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        made = tensors((2, 4, 5, 5), 6, (3, 3))[:1]
        if size:
            low = 4 * stride - 2 * padding + 3
            size = (low + stride - 1, low)
        found = max(found, difference(ours, theirs, made, output_size=size))
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert a.grad is not None and b.grad is not None
            found = max(found, float((a.grad - b.grad).abs().max()))
    name, against = "layers.ConvTranspose2d", "torch.nn.ConvTranspose2d"
    proof(name=name, against=against, checks=(*CHECKS, "state"), settings=len(tried), difference=found, tolerance=1e-11)


def test_the_module_refuses_what_torch_refuses() -> None:
    with pytest.raises(ConfigError, match="between"):
        layers.ConvTranspose2d(3, 3, 3, stride=2)(torch.zeros(1, 3, 4, 4), (11, 9))
    for options in ({"groups": 2}, {"padding_mode": "circular"}):
        with pytest.raises(ValueError):
            nn.ConvTranspose2d(3, 4, 3, **options)  # type: ignore[arg-type]
        with pytest.raises(ConfigError):
            layers.ConvTranspose2d(3, 4, 3, **options)  # type: ignore[arg-type]
