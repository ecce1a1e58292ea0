"""Batch normalisation from scratch equals torch's: outputs, gradients, running statistics, and after a reload."""

from __future__ import annotations

import copy
import io
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes import layers, models
from dlnotes.errors import ConfigError, ShapeError


def numbers(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def with_statistics(function: Any, tracked: bool, **options: Any) -> Any:
    """Wrap batch_norm so that it gives its output and the running statistics that it leaves behind."""

    def run(x: Tensor, *affine: Tensor) -> tuple[Tensor, ...]:
        mean, var = (numbers(x.shape[1:2], 7), numbers(x.shape[1:2], 8).square() + 0.1) if tracked else (None, None)
        out = function(x, mean, var, *affine, **options)
        return (out, mean, var) if mean is not None and var is not None else (out,)

    return run


def compare(difference: Any, shape: tuple[int, ...], count: int, tracked: bool, **options: Any) -> float:
    tensors = [numbers(shape), *(numbers(shape[1:2], seed) for seed in range(1, count + 1))]
    found: float = difference(
        with_statistics(layers.batch_norm, tracked, **options), with_statistics(F.batch_norm, tracked, **options), tensors
    )
    return found


SHAPES = [(5, 3), (2, 3), (4, 3, 6), (3, 2, 4, 5), (1, 2, 3, 3), (2, 2, 2, 2, 2), (0, 3), (0, 2, 3, 3)]


def test_equals_torch(difference: Any, proof: Any) -> None:
    grid = product(SHAPES, (0, 1, 2), (True, False), (True, False), (0.1, 0.0, 1.0), (1e-5, 0.1))
    tried = [setting for setting in grid if setting[2] or setting[3]]
    found = max(
        compare(difference, shape, count, tracked, training=training, momentum=momentum, eps=eps)
        for shape, count, training, tracked, momentum, eps in tried
    )
    checks = ("forward", "input gradient", "parameter gradient", "state")
    against = "torch.nn.functional.batch_norm"
    proof(name="layers.batch_norm", against=against, checks=checks, settings=len(tried), difference=found, tolerance=1e-9)


@given(
    batch=st.integers(2, 5),
    channels=st.integers(1, 4),
    sides=st.lists(st.integers(1, 4), max_size=3),
    count=st.integers(0, 2),
    training=st.booleans(),
    momentum=st.floats(0, 1),
    eps=st.floats(1e-5, 1),
)
@settings(settings.get_profile("layers"))
def test_equals_torch_on_any_shape(
    difference: Any, batch: int, channels: int, sides: list[int], count: int, training: bool, momentum: float, eps: float
) -> None:
    assert compare(difference, (batch, channels, *sides), count, True, training=training, momentum=momentum, eps=eps) < 1e-8


OPTIONS = [
    {"momentum": momentum, "affine": affine, "track_running_stats": tracked, "bias": bias}
    for momentum, affine, tracked, bias in product((0.1, 0.7, None), (True, False), (True, False), (True, False))
]
PAIRS = [
    ("BatchNorm", nn.BatchNorm1d, (6, 3)),
    ("BatchNorm", nn.BatchNorm2d, (4, 3, 5, 2)),
    ("BatchNorm1d", nn.BatchNorm1d, (6, 3)),
    ("BatchNorm1d", nn.BatchNorm1d, (4, 3, 5)),
    ("BatchNorm2d", nn.BatchNorm2d, (4, 3, 5, 2)),
]


def step(module: nn.Module, x: Tensor) -> list[Tensor]:
    """Return output, all gradients and all buffers, and move the parameters a little."""
    x = x.clone().requires_grad_(True)
    module.zero_grad()
    out = module(x)
    (out * numbers(out.shape, 9)).sum().backward()
    found = [out.detach(), x.grad, *(p.grad for p in module.parameters())]
    with torch.no_grad():
        for p in module.parameters():
            p -= 0.1 * p.grad  # type: ignore[operator]
    return [*found, *(b.clone() for b in module.buffers())]  # type: ignore[list-item]


def life(ours: nn.Module, theirs: nn.Module, shape: tuple[int, ...]) -> float:
    """Train three batches, evaluate, reload through a file, train on; return the largest difference seen."""
    found = 0.0
    for phase in ("train", "eval", "reload", "train", "eval"):
        if phase == "reload":
            for module in (ours, theirs):
                file = io.BytesIO()
                torch.save(module.state_dict(), file)
                file.seek(0)
                module.load_state_dict({key: torch.zeros_like(value) for key, value in module.state_dict().items()})
                module.load_state_dict(torch.load(file))
            continue
        ours.train(phase == "train"), theirs.train(phase == "train")
        for seed in range(3):
            x = numbers(shape, seed) * (seed + 1) + seed
            for a, b in zip(step(ours, x), step(theirs, x), strict=True):
                assert a.dtype == b.dtype and a.shape == b.shape and torch.isfinite(a).all()
                found = max(found, float((a - b).abs().max()))
    return found


@pytest.mark.parametrize("name", ["BatchNorm", "BatchNorm1d", "BatchNorm2d"])
def test_modules_equal_torchs_through_training_evaluation_and_a_reload(name: str, proof: Any) -> None:
    found, tried = 0.0, [(theirs, shape, options) for (own, theirs, shape), options in product(PAIRS, OPTIONS) if own == name]
    for theirs, shape, options in tried:
        ours, other = getattr(layers, name)(3, dtype=torch.float64, **options), theirs(3, dtype=torch.float64, **options)
        assert [(k, v.dtype, v.shape) for k, v in ours.state_dict().items()] == [
            (k, v.dtype, v.shape) for k, v in other.state_dict().items()
        ]
        assert repr(ours).partition("(")[2] == repr(other).partition("(")[2]
        found = max(found, life(ours, other, shape))
    against = {"BatchNorm": "torch.nn.BatchNorm1d, torch.nn.BatchNorm2d"}.get(name, f"torch.nn.{name}")
    checks = ("forward", "input gradient", "parameter gradient", "state", "train and eval", "reload")
    proof(name=f"layers.{name}", against=against, checks=checks, settings=len(tried), difference=found, tolerance=1e-10)


CONVERTED = ("lenet_bn", "resnet_small", "densenet_small")


def train(model: nn.Module, reload: bool) -> list[Tensor]:
    """Three steps, then evaluation, and once more; return outputs, gradients and statistics of all of it."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    found: list[Any] = []
    for turn in range(2):
        for seed in range(3):
            images = numbers((6, 1, 28, 28), seed).requires_grad_()
            optimizer.zero_grad()
            output = model.train()(images)
            F.cross_entropy(output, torch.arange(6)).backward()
            optimizer.step()
            found += [output, images.grad, *(parameter.grad.clone() for parameter in model.parameters())]
        found += [buffer.clone().double() for buffer in model.buffers()] + [model.eval()(numbers((4, 1, 28, 28), 7))]
        if turn == 0 and reload:
            file = io.BytesIO()
            torch.save(model.state_dict(), file)
            file.seek(0)
            model.load_state_dict({key: torch.zeros_like(value) for key, value in model.state_dict().items()})
            model.load_state_dict(torch.load(file))
    return [tensor.detach() for tensor in found]


def test_whole_models_learn_the_same_with_ours(proof: Any) -> None:
    difference = 0.0
    for name in CONVERTED:
        torch.manual_seed(0)
        theirs = models.create(name).double()
        # Scales and statistics that are not 0 and 1, so that a lost one is seen.
        for tensor in theirs.state_dict().values():
            if tensor.dim() == 1 and tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
        ours = layers.convert_batch_norm(copy.deepcopy(theirs))
        assert list(ours.state_dict()) == list(theirs.state_dict())
        for one, other in zip(theirs.modules(), ours.modules(), strict=True):
            assert type(one) is type(other) or type(one).__name__ == type(other).__name__
            assert isinstance(other, layers.BatchNorm) == isinstance(one, nn.BatchNorm1d | nn.BatchNorm2d)
        for a, b in zip(train(ours, reload=True), train(theirs, reload=False), strict=True):
            # Biases in front of a normalisation have no gradient but rounding.
            difference = max(difference, float((a - b).abs().max() / b.abs().max().clamp_min(1e-3)))
    checks = ("forward", "input gradient", "parameter gradient", "state", "train and eval", "reload")
    against = "torch.nn.BatchNorm1d, torch.nn.BatchNorm2d"
    proof(name="layers.convert_batch_norm", against=against, checks=checks, settings=len(CONVERTED), difference=difference, tolerance=1e-8)


def test_converting_keeps_tensors_settings_and_what_is_shared() -> None:
    shared = nn.BatchNorm2d(3, eps=0.1, momentum=None, affine=False)
    inner: Any = nn.Sequential(shared, nn.BatchNorm1d(2, track_running_stats=False)).eval()
    weight = inner[1].weight
    model: Any = nn.Sequential(shared, inner, nn.SyncBatchNorm(3))
    printed = repr(model)
    assert layers.convert_batch_norm(model) is model and repr(model) == printed
    assert isinstance(model[0], layers.BatchNorm2d) and model[0] is model[1][0] and model[0].running_mean is shared.running_mean
    assert model[1][1].weight is weight and model[1][1].running_mean is None and not model[1][1].training
    assert type(model[2]) is nn.SyncBatchNorm
    alone = layers.convert_batch_norm(nn.BatchNorm3d(2))
    assert type(alone) is layers.BatchNorm and alone.training
    torch.testing.assert_close(alone(numbers((2, 2, 2, 2, 2)).float()), nn.BatchNorm3d(2)(numbers((2, 2, 2, 2, 2)).float()))


def test_weights_go_over_to_torch_and_back() -> None:
    ours, theirs = layers.BatchNorm2d(3), nn.BatchNorm2d(3)
    step(theirs, numbers((4, 3, 2, 2)).float())
    ours.load_state_dict(theirs.state_dict())
    x = numbers((4, 3, 2, 2), 5).float()
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))
    step(ours.train(), x)
    theirs.load_state_dict(ours.state_dict())
    assert theirs.num_batches_tracked == 2
    torch.testing.assert_close(ours.eval()(x), theirs(x))


def test_the_running_variance_is_unbiased_and_momentum_weighs_the_new_value() -> None:
    x = torch.tensor([[0.0], [2.0]])  # mean 1, biased variance 1, unbiased 2
    norm = layers.BatchNorm(1, momentum=0.1, eps=3.0)
    assert norm(x).tolist() == [[-0.5], [0.5]]  # biased, and ε inside the root: 1 / √(1 + 3)
    assert norm.running_mean is not None and norm.running_var is not None
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.9 * 0 + 0.1 * 1]))
    torch.testing.assert_close(norm.running_var, torch.tensor([0.9 * 1 + 0.1 * 2]))


def test_without_momentum_all_batches_weigh_alike() -> None:
    norm = layers.BatchNorm(1, momentum=None)
    for value in (0.0, 3.0, 9.0):
        norm(torch.tensor([[value - 1], [value + 1]]))
    assert norm.running_mean is not None and norm.num_batches_tracked == 3
    torch.testing.assert_close(norm.running_mean, torch.tensor([4.0]))


def test_gradcheck_and_dtype(difference: Any) -> None:
    tensors = [numbers((4, 2, 3)).requires_grad_(True), *(numbers((2,), seed).requires_grad_(True) for seed in (1, 2))]
    assert torch.autograd.gradcheck(lambda *t: layers.batch_norm(t[0], None, None, *t[1:], training=True), tensors)
    functions = [lambda x, own=own: own(x, None, None, training=True) for own in (layers.batch_norm, F.batch_norm)]
    assert difference(*functions, [tensors[0].float()]) < 1e-5


X, C = torch.zeros(3, 4), torch.ones(4)
BAD: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception]]] = [
    ((X[0], None, None), {"training": True}, ShapeError),
    ((X[:1], None, None), {"training": True}, ShapeError),
    ((X, None, None), {}, ConfigError),
    ((X, C, None), {"training": True}, ConfigError),
    ((X, torch.ones(5), torch.ones(5)), {}, ShapeError),
    ((X, C, C, torch.ones(5)), {}, ShapeError),
    ((X, C, C, None, torch.ones(5)), {}, ShapeError),
    ((X, None, None), {"training": True, "eps": 0.0}, ConfigError),
    ((X.long(), None, None), {"training": True}, ConfigError),
]


@pytest.mark.parametrize(("arguments", "options", "error"), BAD)
def test_refuses_what_torch_refuses(arguments: Any, options: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        layers.batch_norm(*arguments, **options)
    with pytest.raises((RuntimeError, ValueError, IndexError)):
        F.batch_norm(*arguments, **options)


@pytest.mark.parametrize(("name", "shape"), [("BatchNorm1d", (2, 4, 2, 2)), ("BatchNorm2d", (2, 4)), ("BatchNorm1d", (2, 5))])
def test_modules_refuse_what_torchs_refuse(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError):
        getattr(layers, name)(4)(torch.zeros(shape))
    with pytest.raises((RuntimeError, ValueError)):
        getattr(nn, name)(4)(torch.zeros(shape))
