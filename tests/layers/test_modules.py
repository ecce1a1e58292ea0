"""Modules that keep the settings of a function behave as torch's: outputs, gradients, state, in training and in evaluation.

Convolution, linear, transposed convolution and batch norm have tests of their own, for they draw weights or keep statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from dlnotes import layers
from dlnotes.errors import DlnotesError


class Case(NamedTuple):
    """How a module is made, and the shape of what it is given."""

    arguments: tuple[Any, ...]
    options: dict[str, Any]
    shape: tuple[int, ...]


def numbers(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def lived(module: nn.Module, shape: tuple[int, ...]) -> list[Tensor]:
    """Return outputs, gradients by the input and gradients by the parameters, in training and in evaluation."""
    found = []
    for training in (True, False):
        module.train(training)
        module.zero_grad()
        image = numbers(shape).requires_grad_(True)
        torch.manual_seed(7)  # dropout draws
        made = module(image)
        outputs = list(made) if isinstance(made, tuple) else [made]
        (outputs[0] * numbers(outputs[0].shape, 1)).sum().backward()
        found += [*outputs, image.grad, *(p.grad for p in module.parameters())]
    assert all(isinstance(tensor, Tensor) for tensor in found)
    return found  # type: ignore[return-value]


def largest(name: str, case: Case) -> float:
    """Return the largest difference from torch's module; what torch refuses, ours must refuse."""
    try:
        theirs = getattr(nn, name)(*case.arguments, **case.options)
        theirs(numbers(case.shape))
    except (RuntimeError, ValueError):
        with pytest.raises(DlnotesError):
            getattr(layers, name)(*case.arguments, **case.options)(numbers(case.shape))
        return 0.0
    ours = getattr(layers, name)(*case.arguments, **case.options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for place, p in enumerate(theirs.parameters()):
            p.copy_(numbers(tuple(p.shape), 2 + place))
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    found = 0.0
    for a, b in zip(lived(ours, case.shape), lived(theirs, case.shape), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        if a.numel():
            found = max(found, float((a - b).detach().abs().max()))
    return found


DOUBLE = {"dtype": torch.float64}
IMAGES = [(2, 3, 8, 9), (3, 6, 7), (0, 2, 6, 6)]
MODES = [("nearest", None), ("nearest-exact", None), ("bilinear", None), ("bilinear", True)]
GRIDS: dict[str, list[Case]] = {
    "LayerNorm": [
        Case((normalized, eps, affine, bias), DOUBLE, shape)
        for (normalized, shape), eps, affine, bias in product(
            [(4, (3, 4)), ([3, 4], (2, 3, 4)), ((2, 3), (2, 3)), (3, (0, 3))], [1e-5, 0.1], [True, False], [True, False]
        )
    ],
    "GroupNorm": [
        Case((groups, channels, eps, affine), {**DOUBLE, "bias": bias}, shape)
        for (groups, channels, shape), eps, affine, bias in product(
            [(2, 4, (3, 4, 5)), (1, 4, (3, 4)), (3, 6, (2, 6, 3, 2)), (4, 4, (0, 4, 3))], [1e-5, 0.1], [True, False], [True, False]
        )
    ],
    "Dropout": [Case((p,), {}, shape) for p, shape in product([0.0, 0.1, 0.5, 0.9, 1.0], [(), (7,), (4, 5), (2, 3, 4, 4), (0, 3)])],
    "Dropout2d": [Case((p,), {}, shape) for p, shape in product([0.0, 0.1, 0.5, 0.9, 1.0], [(2, 3, 4, 4), (1, 8, 1, 3), (0, 3, 2, 2)])],
    "MaxPool2d": [
        Case((k, s, p, d, indices, ceil), {}, shape)
        for k, s, p, d, indices, ceil, shape in product([2, (3, 2)], [None, (2, 3)], [0, 1], [1, 2], [False, True], [False, True], IMAGES)
    ],
    "AvgPool2d": [
        Case((k, s, p, ceil, include, divisor), {}, shape)
        for k, s, p, ceil, include, divisor, shape in product(
            [2, (3, 2)], [None, (2, 3)], [0, (1, 0)], [False, True], [True, False], [None, 3], IMAGES
        )
    ],
    "AdaptiveAvgPool2d": [Case((size,), {}, shape) for size, shape in product([1, 3, (4, 7), (None, 2), (12, 15)], IMAGES)],
    "AdaptiveMaxPool2d": [Case((size, indices), {}, shape) for size, indices, shape in product([1, 3, (4, None)], [True, False], IMAGES)],
    "PixelShuffle": [Case((r,), {}, (*axes, c * r * r, 2, 3)) for r, c, axes in product([1, 2, 3], [1, 2], [(), (2,), (1, 3)])],
    "PixelUnshuffle": [Case((r,), {}, (*axes, c, 2 * r, 3 * r)) for r, c, axes in product([1, 2, 3], [1, 2], [(), (2,), (1, 3)])],
    "Upsample": [
        Case((size, factor, mode, align), {"recompute_scale_factor": again} if factor else {}, shape)
        for (mode, align), (size, factor), again, shape in product(
            MODES, [(3, None), ((9, 4), None), (None, 2), (None, (1.5, 0.7))], [None, True], [(2, 3, 5, 6), (1, 1, 4, 4)]
        )
        if factor or again is None
    ],
}
CHECKS = {
    "LayerNorm": ("forward", "input gradient", "parameter gradient", "state", "train and eval"),
    "GroupNorm": ("forward", "input gradient", "parameter gradient", "state", "train and eval"),
    "Dropout": ("forward", "input gradient", "train and eval", "the same values dropped"),
    "Dropout2d": ("forward", "input gradient", "train and eval", "the same values dropped"),
    "MaxPool2d": ("forward", "indices", "input gradient"),
    "AdaptiveMaxPool2d": ("forward", "indices", "input gradient"),
}


@pytest.mark.parametrize("name", GRIDS)
def test_modules_equal_torchs(name: str, proof: Any) -> None:
    found = max(largest(name, case) for case in GRIDS[name])
    checks = CHECKS.get(name, ("forward", "input gradient"))
    proof(name=f"layers.{name}", against=f"torch.nn.{name}", checks=checks, settings=len(GRIDS[name]), difference=found, tolerance=1e-11)


SIDE, BATCH, CHANNELS = st.integers(1, 9), st.integers(0, 3), st.integers(1, 4)
TWO = st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4))
LESS = st.integers(0, 2) | st.tuples(st.integers(0, 2), st.integers(0, 2))
IMAGE = st.tuples(BATCH, CHANNELS, SIDE, SIDE) | st.tuples(CHANNELS, SIDE, SIDE)
EPS, SHARE = st.floats(1e-5, 1), st.floats(0, 0.99)
SIZE = st.integers(1, 9) | st.tuples(st.integers(1, 9), st.none() | st.integers(1, 9))


@st.composite
def layer_norms(draw: st.DrawFn) -> Case:
    last = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    shape = (*draw(st.lists(st.integers(0, 3), max_size=2)), *last)
    return Case((last, draw(EPS), draw(st.booleans()), draw(st.booleans())), DOUBLE, shape)


@st.composite
def group_norms(draw: st.DrawFn) -> Case:
    groups, each = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shape = (draw(BATCH), groups * each, *draw(st.lists(st.integers(2, 4), min_size=1, max_size=2)))
    return Case((groups, groups * each, draw(EPS), draw(st.booleans())), DOUBLE | {"bias": draw(st.booleans())}, shape)


@st.composite
def max_pools(draw: st.DrawFn) -> Case:
    padding, dilation, shape = draw(LESS), draw(TWO), draw(IMAGE)
    # Else a window may step over the whole image; torch's index is then undefined.
    assume(padding in (0, (0, 0)) or min(shape[-2:]) >= (dilation if isinstance(dilation, int) else max(dilation)))
    return Case((draw(TWO), draw(st.none() | TWO), padding, dilation, draw(st.booleans()), draw(st.booleans())), {}, shape)


@st.composite
def shuffles(draw: st.DrawFn, down: bool) -> Case:
    r, c, h, w = draw(st.integers(1, 4)), draw(CHANNELS), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    axes = draw(st.lists(st.integers(1, 3), max_size=2))
    return Case((r,), {}, (*axes, c, h * r, w * r) if down else (*axes, c * r * r, h, w))


@st.composite
def upsamples(draw: st.DrawFn) -> Case:
    mode, align = draw(st.sampled_from(MODES))
    shape = (draw(st.integers(1, 3)), draw(CHANNELS), draw(st.integers(4, 12)), draw(st.integers(4, 12)))
    if draw(st.booleans()):
        return Case((draw(st.integers(1, 20) | st.tuples(SIDE, SIDE)), None, mode, align), {}, shape)
    factors = draw(st.tuples(st.floats(0.25, 4), st.floats(0.25, 4)))
    return Case((None, factors, mode, align), {"recompute_scale_factor": draw(st.sampled_from([None, True]))}, shape)


def cases(arguments: st.SearchStrategy[tuple[Any, ...]], shapes: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    return st.builds(lambda made, shape: Case(made, {}, tuple(shape)), arguments, shapes)


DRAWN: dict[str, st.SearchStrategy[Case]] = {
    "LayerNorm": layer_norms(),
    "GroupNorm": group_norms(),
    "Dropout": cases(st.tuples(SHARE), st.lists(st.integers(0, 4), max_size=4)),
    "Dropout2d": cases(st.tuples(SHARE), st.tuples(BATCH, CHANNELS, SIDE, SIDE)),
    "MaxPool2d": max_pools(),
    "AvgPool2d": cases(st.tuples(TWO, st.none() | TWO, LESS, st.booleans(), st.booleans(), st.none() | st.integers(-2, 3)), IMAGE),
    "AdaptiveAvgPool2d": cases(st.tuples(SIZE), IMAGE),
    "AdaptiveMaxPool2d": cases(st.tuples(SIZE, st.booleans()), IMAGE),
    "PixelShuffle": shuffles(False),
    "PixelUnshuffle": shuffles(True),
    "Upsample": upsamples(),
}


def drawn(name: str) -> Callable[[], None]:
    @given(case=DRAWN[name])
    @settings(settings.get_profile("layers"))
    def tried(case: Case) -> None:
        # Dropout grows what stays by 1 / (1 - p).
        assert largest(name, case) < 1e-10

    return tried


@pytest.mark.parametrize("name", GRIDS)
def test_modules_equal_torchs_for_any_settings(name: str) -> None:
    drawn(name)()


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(layers.LayerNorm):
        def forward(self, input: Tensor) -> Tensor:
            return super().forward(input) * (1 + 1e-6)

    monkeypatch.setattr(layers, "LayerNorm", Wrong)
    assert largest("LayerNorm", GRIDS["LayerNorm"][0]) > 1e-7
