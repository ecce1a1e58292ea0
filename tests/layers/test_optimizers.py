"""Optimizers from scratch take the steps of torch.optim, from any settings, and exchange their state with it."""

from __future__ import annotations

import copy
import inspect
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from dlnotes import layers
from dlnotes.errors import CheckpointError, ConfigError

NAMES = ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW")
SGD = [
    {"lr": lr, "momentum": m, "dampening": d, "weight_decay": w, "nesterov": n, "maximize": up}
    for lr, m, d, w, n, up in product((0.1, 0.001), (0.0, 0.9), (0.0, 0.3), (0.0, 0.1), (False, True), (False, True))
    if not (n and (m == 0 or d != 0))
]
ADAM = [
    {"lr": lr, "betas": b, "eps": e, "weight_decay": w, "amsgrad": a, "maximize": up}
    for lr, b, e, w, a, up in product(
        (0.1, 0.001), ((0.9, 0.999), (0.0, 0.5), (0.5, 0.0)), (1e-8, 1e-2), (0.0, 0.1), (False, True), (False, True)
    )
]
ADAGRAD = [
    {"lr": lr, "lr_decay": d, "weight_decay": w, "initial_accumulator_value": i, "eps": e, "maximize": up}
    for lr, d, w, i, e, up in product((0.1, 0.001), (0.0, 0.3), (0.0, 0.1), (0.0, 2.0), (1e-10, 1e-2), (False, True))
]
RMSPROP = [
    {"lr": lr, "alpha": a, "eps": e, "weight_decay": w, "momentum": m, "centered": c, "maximize": up}
    for lr, a, e, w, m, c, up in product(
        (0.1, 0.001), (0.99, 0.5), (1e-8, 1e-2), (0.0, 0.1), (0.0, 0.9), (False, True), (False, True)
    )
]
GRIDS = {"SGD": SGD, "Adagrad": ADAGRAD, "RMSprop": RMSPROP, "Adam": ADAM, "AdamW": ADAM}


def start() -> list[Tensor]:
    g = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=g, dtype=torch.float64).requires_grad_(True) for shape in ((4, 3), (3,), (), (2,))]


def walk(optimizer: Any, params: list[Tensor], steps: int = 20, first: int = 0) -> None:
    """Follow gradients that depend on the parameters and change from step to step; the last parameter has none at times."""
    for step in range(first, first + steps):
        optimizer.zero_grad()
        g = torch.Generator().manual_seed(step)
        loss = torch.zeros((), dtype=torch.float64)
        for p in params if step % 3 else params[:-1]:
            loss = loss + (p - torch.randn(p.shape, generator=g, dtype=torch.float64)).square().sum() + p.sin().sum()
        loss.backward()
        optimizer.step()


def largest(ours: list[Tensor], theirs: list[Tensor]) -> float:
    assert all(torch.isfinite(p).all() for p in ours)
    return max(float((a - b).detach().abs().max() / b.detach().abs().max().clamp(min=1)) for a, b in zip(ours, theirs, strict=True))


def race(name: str, options: dict[str, Any], steps: int = 20) -> float:
    ours, theirs = start(), start()
    walk(getattr(layers, name)(ours, **options), ours, steps)
    walk(getattr(torch.optim, name)(theirs, foreach=False, **options), theirs, steps)
    return largest(ours, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_equals_torch(name: str, proof: Any) -> None:
    found = max(race(name, options) for options in GRIDS[name])
    proof(
        name=f"layers.{name}",
        against=f"torch.optim.{name}",
        checks=("parameters after 20 steps",),
        settings=len(GRIDS[name]),
        difference=found,
        tolerance=1e-11,
    )


@given(
    lr=st.floats(0, 0.2),
    momentum=st.floats(0, 0.95),
    dampening=st.floats(0, 0.9),
    weight_decay=st.floats(0, 0.5),
    nesterov=st.booleans(),
)
@settings(settings.get_profile("layers"))
def test_sgd_equals_torch_for_any_settings(nesterov: bool, **options: float) -> None:
    if nesterov:
        options |= {"momentum": options["momentum"] + 0.01, "dampening": 0.0}
    assert race("SGD", {**options, "nesterov": nesterov}, steps=6) < 1e-10


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@given(
    lr=st.floats(0, 0.2),
    betas=st.tuples(st.floats(0, 0.99), st.floats(0, 0.999)),
    eps=st.sampled_from([1e-8, 1e-4, 0.1]),
    weight_decay=st.floats(0, 0.5),
    amsgrad=st.booleans(),
)
@settings(settings.get_profile("layers"))
def test_adam_equals_torch_for_any_settings(name: str, **options: Any) -> None:
    assert race(name, options, steps=6) < 1e-8


@pytest.mark.parametrize("name", NAMES)
def test_groups_keep_their_own_settings(name: str) -> None:
    runs = []
    for place in (layers, torch.optim):
        params = start()
        optimizer = getattr(place, name)([{"params": params[:2], "lr": 0.05}, {"params": params[2], "weight_decay": 0.3}], lr=0.01)
        optimizer.add_param_group({"params": [params[3]], "lr": 0.2})
        walk(optimizer, params, 5)
        optimizer.param_groups[0]["lr"] = 0.5  # as a schedule does
        walk(optimizer, params, 5, first=5)
        runs.append((params, [group["lr"] for group in optimizer.param_groups]))
    assert largest(runs[0][0], runs[1][0]) < 1e-12 and runs[0][1] == runs[1][1] == [0.5, 0.01, 0.2]


KEEPING = [
    ("SGD", {"momentum": 0.9}),
    ("Adagrad", {"lr_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
]


@pytest.mark.parametrize(("name", "options"), KEEPING)
@pytest.mark.parametrize("to_torch", [True, False])
def test_state_goes_over_to_torch_and_back(name: str, options: Any, to_torch: bool) -> None:
    places = (layers, torch.optim) if to_torch else (torch.optim, layers)
    straight, changed = start(), start()
    walk(getattr(torch.optim, name)(straight, lr=0.05, **options), straight, 12)
    before = getattr(places[0], name)(changed, lr=0.05, **options)
    walk(before, changed, 6)
    after = getattr(places[1], name)(changed, lr=9.0, **options)
    after.load_state_dict(copy.deepcopy(before.state_dict()))
    walk(after, changed, 6, first=6)
    assert largest(changed, straight) < 1e-12 and after.param_groups[0]["lr"] == 0.05


def test_the_names_of_the_state_are_torchs() -> None:
    options: Any
    for name, options in KEEPING:
        states = []
        for place in (layers, torch.optim):
            params = start()
            optimizer = getattr(place, name)(params, **options)
            walk(optimizer, params, 2)
            states.append({i: {key: tuple(value.shape) for key, value in s.items()} for i, s in optimizer.state_dict()["state"].items()})
        assert states[0] == states[1]


def scalar(value: float, gradient: float) -> Tensor:
    p = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    p.grad = torch.tensor(gradient, dtype=torch.float64)
    return p


def test_sgds_first_buffer_is_the_whole_gradient() -> None:
    p = scalar(0.0, 1.0)
    optimizer = layers.SGD([p], lr=1.0, momentum=0.5, dampening=0.5)
    optimizer.step()
    assert p.item() == -1  # not -0.5
    optimizer.step()
    assert p.item() == -2  # b = 0.5 · 1 + 0.5 · 1


def test_adams_first_step_is_the_learning_rate_and_eps_stands_outside_the_root() -> None:
    for gradient in (1e-3, 1.0, 1e3):
        p = scalar(0.0, gradient)
        layers.Adam([p], lr=0.1).step()
        assert p.item() == pytest.approx(-0.1, rel=1e-4)
    p = scalar(0.0, 1.0)
    layers.Adam([p], lr=1.0, eps=1.0).step()
    assert p.item() == pytest.approx(-1 / (1 + 1))  # inside the root it would be 1 / √2


def test_adagrad_only_slows_down_and_rmsprop_forgets() -> None:
    # After one huge gradient: 1 / √(10⁶ + t) for ever, against an average from which it fades.
    steps = {}
    for name, options in (("Adagrad", {}), ("RMSprop", {"alpha": 0.5})):
        p = scalar(0.0, 1e3)
        optimizer = getattr(layers, name)([p], lr=1.0, **options)
        optimizer.step()
        for _ in range(40):
            before, p.grad = p.item(), torch.ones_like(p)
            optimizer.step()
        steps[name] = before - p.item()
    assert steps["Adagrad"] == pytest.approx(1e-3, rel=1e-4) and steps["RMSprop"] == pytest.approx(1, rel=1e-4)


def test_rmsprops_first_step_is_not_corrected() -> None:
    p = scalar(0.0, 5.0)
    layers.RMSprop([p], lr=0.1, alpha=0.99).step()
    assert p.item() == pytest.approx(-0.1 / (1 - 0.99) ** 0.5)


def test_adamw_decays_apart_from_the_step() -> None:
    decoupled, joined = scalar(1.0, 0.0), scalar(1.0, 0.0)
    layers.AdamW([decoupled], lr=0.1, weight_decay=0.01).step()
    layers.Adam([joined], lr=0.1, weight_decay=0.01).step()
    assert decoupled.item() == pytest.approx(1 - 0.1 * 0.01)
    assert joined.item() == pytest.approx(1 - 0.1, rel=1e-4)  # √v divides λ out: the decay is as long as any step


@pytest.mark.parametrize("name", NAMES)
def test_zero_grad_and_what_has_no_gradient(name: str) -> None:
    p, frozen = scalar(1.0, 2.0), torch.ones(2, requires_grad=True)
    optimizer = getattr(layers, name)([p, frozen], lr=0.1)
    assert optimizer.step() is None and frozen.tolist() == [1, 1] and frozen not in optimizer.state
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is not None and float(p.grad) == 0
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_computes_the_loss_anew() -> None:
    p = torch.tensor(3.0, requires_grad=True)
    optimizer = layers.SGD([p], lr=0.5)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = p.square()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9 and p.item() == 0


def test_a_later_backward_leaves_the_buffer_alone() -> None:
    p = scalar(0.0, 1.0)
    optimizer = layers.SGD([p], lr=0.1, momentum=0.9)
    optimizer.step()
    assert p.grad is not None
    p.grad += 5
    assert float(optimizer.state[p]["momentum_buffer"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_trains_a_model(name: str) -> None:
    torch.manual_seed(0)
    model, x = nn.Linear(3, 1), torch.randn(64, 3)
    # Adagrad's steps only shrink: it needs a larger rate to get there in time.
    optimizer = getattr(layers, name)(model.parameters(), lr=0.5 if name == "Adagrad" else 0.1)
    losses = []
    for _ in range(60):
        loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 50


BAD: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": -1.0}),
    ("SGD", {"momentum": -0.1}),
    ("SGD", {"weight_decay": -0.1}),
    ("SGD", {"nesterov": True}),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    ("Adagrad", {"lr": -1.0}),
    ("Adagrad", {"lr_decay": -0.1}),
    ("Adagrad", {"initial_accumulator_value": -0.1}),
    ("RMSprop", {"alpha": -0.1}),
    ("RMSprop", {"momentum": -0.1}),
    ("RMSprop", {"eps": -1e-8}),
    ("Adam", {"lr": -1.0}),
    ("Adam", {"betas": (1.0, 0.9)}),
    ("Adam", {"betas": (0.9, -0.1)}),
    ("AdamW", {"eps": -1.0}),
    ("AdamW", {"weight_decay": -0.1}),
]


@pytest.mark.parametrize(("name", "options"), BAD)
def test_refuses_settings_that_torch_refuses(name: str, options: Any) -> None:
    with pytest.raises(ConfigError):
        getattr(layers, name)(start(), **options)
    with pytest.raises(ValueError):
        getattr(torch.optim, name)(start(), **options)


def test_refuses_parameters_that_torch_refuses() -> None:
    leaf = torch.ones(2, requires_grad=True)
    bad: list[Any] = [[], leaf, [leaf * 2], [1.0], [{"params": [leaf]}, {"params": [leaf]}]]
    for params in bad:
        with pytest.raises(ConfigError):
            layers.SGD(params)
        with pytest.raises((ValueError, TypeError)):
            torch.optim.SGD(params)
    with pytest.raises(ConfigError, match="twice"):
        layers.SGD([leaf, leaf])
    with pytest.raises(CheckpointError, match="groups of"):
        layers.SGD([leaf]).load_state_dict(layers.SGD(start()).state_dict())


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_torchs(name: str) -> None:
    left_out = {"foreach", "differentiable", "fused", "capturable", "decoupled_weight_decay"}
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    ours = inspect.signature(getattr(layers, name)).parameters
    assert [(p.name, p.default, p.kind) for p in ours.values()] == [
        (p.name, p.default, p.kind) for p in theirs.values() if p.name not in left_out
    ]
