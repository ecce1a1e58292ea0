"""Convolution from scratch equals torch's: outputs, gradients, refusals."""

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


def tensors(count: int, channels: int, outputs: int, height: int, width: int, kernel: tuple[int, int], groups: int = 1) -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    shapes = [(count, channels, height, width), (outputs, channels // groups, *kernel), (outputs,)]
    return [torch.randn(shape, generator=g, dtype=torch.float64) for shape in shapes]


GRID = list(product([1, 2, (2, 1), 3], [0, 1, (2, 1), "same", "valid"], [1, 2, (1, 2)], [1, 2], [(3, 3), (2, 3), (1, 1)]))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_equals_torch(proof: Any, difference: Any) -> None:
    tried = [setting for setting in GRID if setting[1] != "same" or setting[0] == 1]
    found = max(
        difference(layers.conv2d, F.conv2d, tensors(2, 4, 6, 11, 9, kernel, groups), stride=s, padding=p, dilation=d, groups=groups)
        for s, p, d, groups, kernel in tried
    )
    checks = ("forward", "input gradient", "parameter gradient")
    proof(name="layers.conv2d", against="torch.nn.functional.conv2d", checks=checks, settings=len(tried), difference=found, tolerance=1e-11)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[list[Tensor], dict[str, Any]]:
    groups = draw(st.integers(1, 3))
    two = st.integers(1, 3) | st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    channels, outputs = groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    made = tensors(draw(st.integers(0, 3)), channels, outputs, draw(st.integers(10, 14)), draw(st.integers(10, 14)), kernel, groups)
    if draw(st.booleans()):
        made[0] = made[0].transpose(2, 3).contiguous().transpose(2, 3)
    if len(made[0]) and draw(st.booleans()):
        made[0] = made[0][0]
    options = {"stride": draw(two), "padding": draw(st.integers(0, 3) | st.just("valid")), "dilation": draw(two), "groups": groups}
    return made[: draw(st.integers(2, 3))], options


@given(drawn())
@settings(settings.get_profile("layers"))
def test_equals_torch_on_any_shape(difference: Any, case: Any) -> None:
    made, options = case
    assert difference(layers.conv2d, F.conv2d, made, **options) < 1e-11


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
        ((8, 8), (2, 3, 3, 3), None, 1),
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


def test_an_odd_rest_of_same_goes_to_the_bottom_and_right() -> None:
    output = layers.conv2d(torch.arange(1.0, 5).view(1, 1, 1, 4), torch.tensor([1.0, 10]).view(1, 1, 1, 2), padding="same")
    assert output.flatten().tolist() == [21, 32, 43, 4]


MODULES = list(product(["zeros", "reflect", "replicate", "circular"], [0, (2, 1), "same", "valid"], [1, 2], [1, 2], [True, False]))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_module_equals_torch(proof: Any, difference: Any) -> None:
    found, tried = 0.0, [setting for setting in MODULES if setting[1] != "same" or setting[2] == 1]
    for mode, padding, stride, groups, bias in tried:
        options = {"stride": stride, "padding": padding, "groups": groups, "bias": bias, "padding_mode": mode, "dtype": torch.float64}
        torch.manual_seed(0)
        theirs = nn.Conv2d(4, 6, (3, 2), **options)  # type: ignore[arg-type]
        torch.manual_seed(0)
        ours = layers.Conv2d(4, 6, (3, 2), **options)  # type: ignore[arg-type]
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict())  # the same first weights
        ours.load_state_dict(theirs.state_dict())
        theirs.load_state_dict(ours.state_dict())
        found = max(found, difference(ours, theirs, tensors(2, 4, 6, 7, 9, (3, 2))[:1]))
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert a.grad is not None and b.grad is not None
            found = max(found, float((a.grad - b.grad).abs().max()))
    checks = ("forward", "input gradient", "parameter gradient", "state")
    proof(name="layers.Conv2d", against="torch.nn.Conv2d", checks=checks, settings=len(tried), difference=found, tolerance=1e-11)


@pytest.mark.parametrize("options", [{"groups": 2}, {"padding_mode": "mirror"}, {"stride": 0}, {"padding": "same", "stride": 2}])
def test_the_module_refuses_what_torch_refuses(options: Any) -> None:
    with pytest.raises((ValueError, RuntimeError)):
        nn.Conv2d(3, 4, 3, **options)(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ConfigError):
        layers.Conv2d(3, 4, 3, **options)


def test_bfloat16_stays_bfloat16() -> None:
    image, weight = (tensor.bfloat16() for tensor in tensors(1, 3, 4, 6, 6, (3, 3))[:2])
    torch.testing.assert_close(layers.conv2d(image, weight), F.conv2d(image, weight), rtol=0.02, atol=0.05)
