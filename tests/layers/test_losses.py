"""Losses from scratch equal torch's, with every reduction, weight and target."""

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

REDUCTIONS = ("mean", "sum", "none")
SHAPES = [(5,), (4, 3), (1, 1), (2, 3, 4), (2, 4, 3, 2), (0, 3)]
SPOTS = "torch.nn.functional."


def numbers(shape: tuple[int, ...], seed: int = 0, scale: float = 1.0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * scale


def class_axis(shape: tuple[int, ...]) -> int:
    return 0 if len(shape) == 1 else 1


def classes(shape: tuple[int, ...], ignore_index: int = -100, seed: int = 0) -> Tensor:
    """Return random classes, about one in three ignored."""
    axis, g = class_axis(shape), torch.Generator().manual_seed(seed)
    rest = (*shape[:axis], *shape[axis + 1 :])
    target = torch.randint(0, shape[axis], rest, generator=g)
    return torch.where(torch.rand(rest, generator=g) < 0.3, ignore_index, target)


def some_weight(shape: tuple[int, ...], weighted: bool) -> Tensor | None:
    return numbers((shape[class_axis(shape)],), 1).abs() + 0.1 if weighted else None


def test_nll_loss_equals_torch(difference: Any, proof: Any) -> None:
    tried, found = list(product(SHAPES, REDUCTIONS, (False, True), (-100, 0))), 0.0
    for shape, reduction, weighted, ignore in tried:
        options = {"weight": some_weight(shape, weighted), "ignore_index": ignore, "reduction": reduction}
        found = max(found, difference(layers.nll_loss, F.nll_loss, [numbers(shape), classes(shape, ignore)], **options))
    checks = ("forward", "input gradient")
    proof(name="layers.nll_loss", against=f"{SPOTS}nll_loss", checks=checks, settings=len(tried), difference=found, tolerance=1e-12)


def test_cross_entropy_equals_torch(difference: Any, proof: Any) -> None:
    tried, found = list(product(SHAPES, REDUCTIONS, (False, True), (-100, 0), (0.0, 0.1, 1.0), (1.0, 300.0), (False, True))), 0.0
    for shape, reduction, weighted, ignore, smoothing, scale, soft in tried:
        options = {"weight": some_weight(shape, weighted), "reduction": reduction, "label_smoothing": smoothing}
        if soft:
            target = numbers(shape, 2).softmax(class_axis(shape))
        else:
            target, options["ignore_index"] = classes(shape, ignore), ignore
        size = max(1.0, scale * 10)  # losses are sums of numbers of this size
        found = max(found, difference(layers.cross_entropy, F.cross_entropy, [numbers(shape, 0, scale), target], **options) / size)
    checks = ("forward", "input gradient", "target gradient")
    proof(
        name="layers.cross_entropy", against=f"{SPOTS}cross_entropy", checks=checks, settings=len(tried), difference=found, tolerance=1e-12
    )


def test_mse_loss_equals_torch(difference: Any, proof: Any) -> None:
    tried, found = list(product([(5,), (2, 3), (), (0, 2), (2, 3, 4)], REDUCTIONS, (False, True))), 0.0
    for shape, reduction, weighted in tried:
        options = {"reduction": reduction, "weight": numbers(shape, 2).abs() if weighted else None}
        found = max(found, difference(layers.mse_loss, F.mse_loss, [numbers(shape), numbers(shape, 1)], **options))
    checks = ("forward", "input gradient", "target gradient")
    proof(name="layers.mse_loss", against=f"{SPOTS}mse_loss", checks=checks, settings=len(tried), difference=found, tolerance=1e-12)


def test_binary_cross_entropy_with_logits_equals_torch(difference: Any, proof: Any) -> None:
    name, found = "binary_cross_entropy_with_logits", 0.0
    tried = list(product([(5,), (2, 3), (0, 3), (2, 2, 3)], REDUCTIONS, (False, True), (False, True), (0.0, 1.0, 300.0)))
    for shape, reduction, weighted, positive, scale in tried:
        options = {
            "reduction": reduction,
            "weight": numbers(shape, 2).abs() if weighted else None,
            "pos_weight": numbers(shape[-1:], 3).abs() if positive else None,
        }
        tensors = [numbers(shape, 0, scale), numbers(shape, 1).sigmoid()]
        found = max(found, difference(getattr(layers, name), getattr(F, name), tensors, **options) / max(1.0, scale * 10))
    checks = ("forward", "input gradient", "target gradient")
    proof(name=f"layers.{name}", against=SPOTS + name, checks=checks, settings=len(tried), difference=found, tolerance=1e-12)


@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    reduction=st.sampled_from(REDUCTIONS),
    weighted=st.booleans(),
    ignore=st.sampled_from([-100, -1, 0, 2]),
    smoothing=st.floats(0, 1),
    scale=st.sampled_from([1e-3, 1.0, 30.0]),
    seed=st.integers(0, 99),
)
@settings(settings.get_profile("layers"))
def test_class_losses_equal_torch_anywhere(
    difference: Any, shape: list[int], reduction: str, weighted: bool, ignore: int, smoothing: float, scale: float, seed: int
) -> None:
    place = tuple(shape)
    tensors = [numbers(place, seed, scale), classes(place, ignore, seed)]
    options = {"weight": some_weight(place, weighted), "ignore_index": ignore, "reduction": reduction}
    assert difference(layers.nll_loss, F.nll_loss, tensors, **options) < 1e-10
    assert difference(layers.cross_entropy, F.cross_entropy, tensors, label_smoothing=smoothing, **options) < 1e-10


@given(
    shape=st.lists(st.integers(0, 4), max_size=4),
    reduction=st.sampled_from(REDUCTIONS),
    weighted=st.booleans(),
    scale=st.sampled_from([0.0, 1.0, 100.0]),
    seed=st.integers(0, 99),
)
@settings(settings.get_profile("layers"))
def test_losses_of_values_equal_torch_anywhere(
    difference: Any, shape: list[int], reduction: str, weighted: bool, scale: float, seed: int
) -> None:
    place = tuple(shape)
    options = {"reduction": reduction, "weight": numbers(place, seed + 1).abs() + 0.1 if weighted else None}
    tensors = [numbers(place, seed, scale), numbers(place, seed + 2).sigmoid()]
    assert difference(layers.mse_loss, F.mse_loss, tensors, **options) < 1e-9
    name = "binary_cross_entropy_with_logits"
    assert difference(getattr(layers, name), getattr(F, name), tensors, **options) < 1e-10


def test_gradcheck_and_dtype(difference: Any) -> None:
    logits, target = numbers((3, 4)).requires_grad_(True), classes((3, 4), ignore_index=0)
    assert torch.autograd.gradcheck(lambda x: layers.cross_entropy(x, target, ignore_index=0, label_smoothing=0.2), [logits])
    assert torch.autograd.gradcheck(lambda x: layers.binary_cross_entropy_with_logits(x, torch.ones_like(x) * 0.3), [logits])
    assert difference(layers.cross_entropy, F.cross_entropy, [logits.float(), target.clamp(min=0)]) < 1e-6
    assert difference(layers.cross_entropy, F.cross_entropy, [logits, target.to(torch.uint8)]) < 1e-12


def test_the_weighted_mean_divides_by_the_weights_of_the_targets() -> None:
    logits, target, weight = numbers((3, 2)), torch.tensor([0, 0, 1]), torch.tensor([1.0, 5.0], dtype=torch.float64)
    single = layers.cross_entropy(logits, target, reduction="none")
    mean = layers.cross_entropy(logits, target, weight)
    torch.testing.assert_close(mean, (single[0] + single[1] + 5 * single[2]) / 7)
    assert not torch.isclose(mean, (single[0] + single[1] + 5 * single[2]) / 3)


def test_all_ignored_is_nan_as_the_empty_batch_is() -> None:
    ignored = torch.full((3,), -100)
    for loss in (layers.cross_entropy, F.cross_entropy, layers.nll_loss, F.nll_loss):
        assert loss(numbers((3, 2)), ignored).isnan() and loss(numbers((3, 2)), ignored, reduction="sum") == 0
        assert loss(numbers((0, 2)), ignored[:0]).isnan()
    for values in (layers.mse_loss, F.mse_loss):
        assert values(numbers((0, 2)), numbers((0, 2))).isnan()


def test_weights_do_not_divide_the_mean_of_the_yes_or_no_loss() -> None:
    x, t = numbers((4,)), torch.ones(4, dtype=torch.float64)
    plain = layers.binary_cross_entropy_with_logits(x, t)
    torch.testing.assert_close(layers.binary_cross_entropy_with_logits(x, t, torch.tensor(3.0, dtype=torch.float64)), 3 * plain)


def test_large_logits_stay_finite() -> None:
    x, t = torch.tensor([-1e4, 1e4]), torch.tensor([1.0, 0.0])
    assert layers.binary_cross_entropy_with_logits(x, t, reduction="none").tolist() == [1e4, 1e4]
    assert (-(t * x.sigmoid().log() + (1 - t) * (1 - x.sigmoid()).log())).isinf().all()
    assert layers.cross_entropy(torch.tensor([[1e4, 0.0]]), torch.tensor([1])) == 1e4


X = torch.zeros(3, 4)
T = torch.tensor([0, 1, 3])
BAD: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception]]] = [
    ("cross_entropy", (X, torch.tensor([0, 1, 4])), {}, ConfigError),
    ("cross_entropy", (X, torch.tensor([0, 1, -1])), {}, ConfigError),
    ("cross_entropy", (X, T[:2]), {}, ShapeError),
    ("cross_entropy", (X, T.float()), {}, ConfigError),
    ("cross_entropy", (X, T.int()), {}, ConfigError),
    ("cross_entropy", (X, T), {"label_smoothing": 1.1}, ConfigError),
    ("cross_entropy", (X, T, torch.ones(3)), {}, ShapeError),
    ("cross_entropy", (X, X, torch.ones(3)), {}, ShapeError),
    ("cross_entropy", (X, X), {"ignore_index": 1}, ConfigError),
    ("cross_entropy", (X, X.long()), {}, ConfigError),
    ("cross_entropy", (X, T), {"reduction": "avg"}, ConfigError),
    ("nll_loss", (X, torch.tensor([0, 1, 4])), {}, ConfigError),
    ("nll_loss", (X, T), {"reduction": "avg"}, ConfigError),
    ("nll_loss", (torch.tensor(1.0), torch.tensor(0)), {}, ShapeError),
    ("nll_loss", (X.long(), T), {}, ConfigError),
    ("mse_loss", (T, T), {}, ConfigError),
    ("mse_loss", (X, X), {"weight": torch.ones(4)}, ShapeError),
    ("mse_loss", (X, X), {"reduction": "avg"}, ConfigError),
    ("binary_cross_entropy_with_logits", (X, X[:1]), {}, ShapeError),
    ("binary_cross_entropy_with_logits", (X, X), {"pos_weight": torch.ones(3)}, ShapeError),
    ("binary_cross_entropy_with_logits", (X, X), {"weight": torch.ones(3)}, ShapeError),
    ("binary_cross_entropy_with_logits", (X, X.long()), {}, ConfigError),
    ("binary_cross_entropy_with_logits", (X, X), {"reduction": "avg"}, ConfigError),
]


@pytest.mark.parametrize(("name", "arguments", "options", "error"), BAD)
def test_refuses_what_torch_refuses(name: str, arguments: Any, options: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        getattr(layers, name)(*arguments, **options)
    with pytest.raises((RuntimeError, ValueError, IndexError)):
        getattr(F, name)(*arguments, **options)


def test_refuses_the_broadcast_that_torch_warns_of() -> None:
    with pytest.raises(ShapeError, match="squeeze"):
        layers.mse_loss(torch.zeros(3, 1), torch.zeros(3))
    with pytest.warns(UserWarning, match="broadcasting"):
        F.mse_loss(torch.zeros(3, 1), torch.zeros(3))
