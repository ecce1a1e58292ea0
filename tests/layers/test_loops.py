"""The forms that are there to be read, with loops, and the sizes they rely on, equal torch too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from dlnotes import layers
from dlnotes.errors import DlnotesError

WEIGHTED, PLAIN = ("forward", "input gradient", "parameter gradient"), ("forward", "input gradient")


class Case(NamedTuple):
    """What a function is called with: shapes of its tensors, and its settings."""

    shapes: tuple[tuple[int, ...], ...]
    options: dict[str, Any]


class Loops(NamedTuple):
    """A function with loops: torch's of the same result, what is compared, a grid of cases, and a source of others."""

    theirs: Callable[..., Tensor]
    checks: tuple[str, ...]
    grid: list[Case]
    drawn: st.SearchStrategy[Case]


def numbers(shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


ONE, FEW, SIDE = st.integers(0, 2), st.integers(1, 3), st.integers(1, 6)


def image(side: st.SearchStrategy[int] = SIDE) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(ONE, FEW, side, side)


@st.composite
def convolutions(draw: st.DrawFn, turned: bool) -> Case:
    # Of an empty batch torch turns even what leaves no pixel.
    count, channels, outputs, height, width, rows, columns = (draw(s) for s in (FEW if turned else ONE, FEW, FEW, SIDE, SIDE, FEW, FEW))
    kernel = (channels, outputs, rows, columns) if turned else (outputs, channels, rows, columns)
    shapes = ((count, channels, height, width), kernel, (outputs,))
    return Case(shapes[: draw(st.integers(2, 3))], {"stride": draw(FEW), "padding": draw(st.integers(0, 1))})


@st.composite
def poolings(draw: st.DrawFn, mean: bool) -> Case:
    options = {"kernel_size": draw(FEW), "stride": draw(st.none() | FEW), "padding": draw(st.integers(0, 2))}
    return Case((draw(image()),), options | ({"count_include_pad": draw(st.booleans())} if mean else {}))


FUNCTIONS: dict[str, Loops] = {
    "linear_loops": Loops(
        F.linear,
        WEIGHTED,
        [Case(((n, i), (o, i), (o,))[: 2 + b], {}) for n, i, o, b in product([0, 1, 3], [1, 4], [1, 2], [0, 1])],
        st.builds(lambda n, i, o, b: Case(((n, i), (o, i), (o,))[: 2 + b], {}), ONE, SIDE, SIDE, st.booleans()),
    ),
    "conv2d_loops": Loops(
        F.conv2d,
        WEIGHTED,
        [
            Case(((2, 2, 6, 5), (3, 2, *kernel), (3,))[: 2 + bias], {"stride": s, "padding": p})
            for kernel, bias, s, p in product([(3, 2), (1, 1)], [0, 1], [1, 2, 3], [0, 1, 2])
        ],
        convolutions(turned=False),
    ),
    "conv_transpose2d_loops": Loops(
        F.conv_transpose2d,
        WEIGHTED,
        [
            Case(((2, 2, 4, 5), (2, 3, *kernel), (3,))[: 2 + bias], {"stride": s, "padding": p})
            for kernel, bias, s, p in product([(3, 2), (2, 3)], [0, 1], [1, 2, 3], [0, 1])
        ],
        convolutions(turned=True),
    ),
    "max_pool2d_loops": Loops(
        F.max_pool2d,
        PLAIN,
        [Case(((2, 3, 7, 8),), {"kernel_size": k, "stride": s, "padding": p}) for k, s, p in product([2, 3], [None, 1, 2], [0, 1])],
        poolings(mean=False),
    ),
    "avg_pool2d_loops": Loops(
        F.avg_pool2d,
        PLAIN,
        [
            Case(((2, 3, 7, 8),), {"kernel_size": k, "stride": s, "padding": p, "count_include_pad": c})
            for k, s, p, c in product([2, 3], [None, 1, 2], [0, 1], [True, False])
        ],
        poolings(mean=True),
    ),
    "adaptive_avg_pool2d_loops": Loops(
        F.adaptive_avg_pool2d,
        PLAIN,
        [Case((shape,), {"output_size": size}) for shape, size in product([(2, 3, 7, 8), (1, 1, 4, 4), (0, 2, 3, 3)], [1, 2, 3, 5, 9])],
        st.builds(lambda shape, size: Case((shape,), {"output_size": size}), image(), st.integers(1, 8)),
    ),
    "interpolate_loops": Loops(
        partial(F.interpolate, mode="bilinear"),
        PLAIN,
        [
            Case(((1, 2, 5, 6),), {"size": size, "align_corners": align})
            for size, align in product([(3, 8), (9, 4), (1, 1), (5, 6), (10, 12)], [False, True])
        ],
        st.builds(
            lambda shape, size, align: Case(((max(shape[0], 1), *shape[1:]),), {"size": size, "align_corners": align}),
            image(),
            st.tuples(SIDE, SIDE),
            st.booleans(),
        ),
    ),
    "pixel_shuffle_loops": Loops(
        F.pixel_shuffle,
        PLAIN,
        [Case(((*a, c * r * r, 2, 3),), {"upscale_factor": r}) for a, c, r in product([(), (2,), (1, 3)], [1, 2], [1, 2, 3])],
        st.builds(
            lambda axes, c, h, w, r: Case(((*axes, c * r * r, h, w),), {"upscale_factor": r}), st.lists(FEW, max_size=2), FEW, FEW, FEW, FEW
        ),
    ),
}


def largest(name: str, case: Case, difference: Any) -> float:
    """Return the largest difference from torch; what torch refuses, the loops must refuse."""
    made, theirs = [numbers(shape) for shape in case.shapes], FUNCTIONS[name].theirs
    try:
        theirs(*made, **case.options)
    except (RuntimeError, ValueError):
        with pytest.raises(DlnotesError):
            getattr(layers, name)(*made, **case.options)
        return 0.0
    if not made[0].numel():  # loops that never turn leave nothing to differentiate
        assert getattr(layers, name)(*made, **case.options).shape == theirs(*made, **case.options).shape
        return 0.0
    return float(difference(getattr(layers, name), theirs, made, **case.options))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_loops_equal_torch(name: str, difference: Any, proof: Any) -> None:
    theirs, checks, grid, _ = FUNCTIONS[name]
    found = max(largest(name, case, difference) for case in grid)
    against = f"torch.nn.functional.{getattr(theirs, '__name__', 'interpolate')}"
    proof(name=f"layers.{name}", against=against, checks=checks, settings=len(grid), difference=found, tolerance=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_loops_equal_torch_for_any_settings(name: str, difference: Any) -> None:
    @given(case=FUNCTIONS[name].drawn)
    @settings(settings.get_profile("layers"))
    def tried(case: Case) -> None:
        assert largest(name, case, difference) < 1e-11

    tried()


def conv_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return F.conv2d(torch.zeros(1, 1, size, 1), torch.zeros(1, 1, kernel, 1), None, stride, (padding, 0), dilation).shape[2]


def pool_size(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    pooled = F.max_pool2d(torch.zeros(1, 1, size, 1), (kernel, 1), (stride, 1), (padding, 0), (dilation, 1), ceil)
    return int(pooled.shape[2])


SIZES: dict[str, tuple[Callable[..., int], str, list[tuple[Any, ...]]]] = {
    "conv_output_size": (conv_size, "conv2d", list(product(range(1, 12), [1, 2, 3, 5], [1, 2, 3], [0, 1, 2], [1, 2]))),
    "pool_output_size": (pool_size, "max_pool2d", list(product(range(1, 12), [1, 2, 3, 5], [1, 2, 3], [0, 1, 2], [1, 2], [False, True]))),
}


def apart(name: str, case: tuple[Any, ...]) -> int:
    try:
        wanted = SIZES[name][0](*case)
    except RuntimeError:
        with pytest.raises(DlnotesError):
            getattr(layers, name)(*case)
        return 0
    return abs(int(getattr(layers, name)(*case)) - wanted)


@pytest.mark.parametrize("name", SIZES)
def test_sizes_equal_those_of_torchs_output(name: str, proof: Any) -> None:
    _, against, grid = SIZES[name]
    found = max(apart(name, case) for case in grid)
    proof(
        name=f"layers.{name}",
        against=f"torch.nn.functional.{against}",
        checks=("size of the output",),
        settings=len(grid),
        difference=found,
        tolerance=0.0,
    )


LONG = st.tuples(st.integers(1, 200), st.integers(1, 11), st.integers(1, 7), st.integers(0, 9), st.integers(1, 5))


@given(case=LONG, ceil=st.booleans())
@settings(settings.get_profile("layers"))
def test_sizes_equal_those_of_torchs_output_for_any_settings(case: tuple[int, ...], ceil: bool) -> None:
    assert apart("conv_output_size", case) == 0 and apart("pool_output_size", (*case, ceil)) == 0
