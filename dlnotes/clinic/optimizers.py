"""What the optimizer holds, when it steps, and how far."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR, ReduceLROnPlateau, StepLR

from dlnotes.clinic.case import Apart, Case, attempt, defined, warned

__all__ = ["CASES", "moved"]


def moved(net: nn.Module, act: Callable[[], Any]) -> list[float]:
    """Return by how much each parameter changed at most while `act` ran."""
    before = [parameter.detach().clone() for parameter in net.parameters()]
    act()
    return [float((after.detach() - old).abs().max()) for after, old in zip(net.parameters(), before, strict=True)]


def _loss(net: nn.Module, rows: int = 8) -> Tensor:
    """Return the mean square of what the net answers to ones."""
    loss: Tensor = net(torch.ones(rows, 4)).pow(2).mean()
    return loss


MISSPELT_BROKEN = """
# --8<-- [start:misspelt-parameter-broken]
def train_step(net, optimiser, images):
    loss = net(images).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
# --8<-- [end:misspelt-parameter-broken]
"""


MISSPELT_FIXED = """
# --8<-- [start:misspelt-parameter-fixed]
def train_step(net, optimizer, images):
    loss = net(images).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
# --8<-- [end:misspelt-parameter-fixed]
"""


def misspelt_symptom(source: str) -> float:
    """Return how far the net moved, with the optimizer of an earlier net among the globals."""
    earlier, net = nn.Linear(4, 2), nn.Linear(4, 2)
    train_step = defined(source, "train_step", optimizer=SGD(earlier.parameters(), lr=0.1))
    return max(moved(net, lambda: train_step(net, SGD(net.parameters(), lr=0.1), torch.ones(8, 4))))


# --8<-- [start:misspelt-parameter-check]
def misspelt_check(source: str) -> None:
    """In a fresh session the function knows nothing but its arguments."""
    net = nn.Linear(4, 2)
    train_step = defined(source, "train_step")
    train_step(net, SGD(net.parameters(), lr=0.1), torch.ones(8, 4))


# --8<-- [end:misspelt-parameter-check]


# --8<-- [start:optimizer-of-another-net-broken]
def another_broken(first: nn.Module, second: nn.Module) -> Optimizer:
    """Make the optimizer once, for the first net, and go on using it."""
    return SGD(first.parameters(), lr=0.1)


# --8<-- [end:optimizer-of-another-net-broken]


# --8<-- [start:optimizer-of-another-net-fixed]
def another_fixed(first: nn.Module, second: nn.Module) -> Optimizer:
    """Make another one for the net that is trained now."""
    return SGD(second.parameters(), lr=0.1)


# --8<-- [end:optimizer-of-another-net-fixed]


def step_of_second(make: Callable[[nn.Module, nn.Module], Optimizer], steps: int = 1) -> tuple[float, float]:
    """Train the second of two nets.

    Args:
        make: takes both nets and returns the optimizer that steps.
        steps: how many.

    Returns:
        How far the second net moved, and the norm of its gradients at the end.
    """
    first, second = nn.Linear(4, 2), nn.Linear(4, 2)
    optimizer = make(first, second)

    def train() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            _loss(second).backward()
            optimizer.step()

    way = max(moved(second, train))
    return way, float(torch.stack([parameter.grad.norm() for parameter in second.parameters() if parameter.grad is not None]).norm())


def another_symptom(version: Callable[[nn.Module, nn.Module], Optimizer]) -> float:
    """Return how far the second net moved in a step of its own."""
    return step_of_second(version)[0]


# --8<-- [start:optimizer-of-another-net-check]
def another_check(make: Callable[[nn.Module, nn.Module], Optimizer]) -> None:
    """The optimizer holds the parameters of the net that it shall train."""
    first, second = nn.Linear(4, 2), nn.Linear(4, 2)
    held = {id(parameter) for group in make(first, second).param_groups for parameter in group["params"]}
    assert held == {id(parameter) for parameter in second.parameters()}


# --8<-- [end:optimizer-of-another-net-check]


# --8<-- [start:one-optimizer-one-net-broken]
def one_net_broken(first: nn.Module, second: nn.Module) -> Optimizer:
    """Define two nets and hope."""
    return SGD(first.parameters(), lr=0.1)


# --8<-- [end:one-optimizer-one-net-broken]


# --8<-- [start:one-optimizer-one-net-fixed]
def one_net_fixed(first: nn.Module, second: nn.Module) -> Optimizer:
    """One optimizer, two groups, each with a learning rate of its own if it needs one."""
    groups: list[dict[str, Any]] = [{"params": first.parameters()}, {"params": second.parameters(), "lr": 0.05}]
    return SGD(groups, lr=0.1)


# --8<-- [end:one-optimizer-one-net-fixed]


def one_net_symptom(version: Callable[[nn.Module, nn.Module], Optimizer]) -> float:
    """Return how far the net moved that moved least."""
    first, second = nn.Linear(4, 4), nn.Linear(4, 2)
    optimizer = version(first, second)
    (first(torch.ones(8, 4)).pow(2).mean() + second(torch.ones(8, 4)).pow(2).mean()).backward()
    both = nn.ModuleList([first, second])
    return min(moved(both, optimizer.step))


# --8<-- [start:one-optimizer-one-net-check]
def one_net_check(make: Callable[[nn.Module, nn.Module], Optimizer]) -> None:
    """The optimizer holds every parameter that shall learn."""
    first, second = nn.Linear(4, 4), nn.Linear(4, 2)
    held = {id(parameter) for group in make(first, second).param_groups for parameter in group["params"]}
    wanted = {id(parameter) for net in (first, second) for parameter in net.parameters()}
    assert held == wanted


# --8<-- [end:one-optimizer-one-net-check]


# --8<-- [start:exhausted-generator-broken]
def generator_broken(net: nn.Module) -> Tensor:
    """Use one generator twice: the optimizer reads it to its end."""
    parameters = net.parameters()
    optimizer = SGD(parameters, lr=0.1)
    (1000 * _loss(net)).backward()
    norm = nn.utils.clip_grad_norm_(parameters, max_norm=1.0)
    optimizer.step()
    return norm


# --8<-- [end:exhausted-generator-broken]


# --8<-- [start:exhausted-generator-fixed]
def generator_fixed(net: nn.Module) -> Tensor:
    """Keep a list, which can be read as often as one likes."""
    parameters = list(net.parameters())
    optimizer = SGD(parameters, lr=0.1)
    (1000 * _loss(net)).backward()
    norm = nn.utils.clip_grad_norm_(parameters, max_norm=1.0)
    optimizer.step()
    return norm


# --8<-- [end:exhausted-generator-fixed]


def generator_symptom(version: Callable[[nn.Module], Tensor]) -> str:
    """Return the warnings."""
    return warned(version, nn.Linear(4, 2))


# --8<-- [start:exhausted-generator-check]
def generator_check(step: Callable[[nn.Module], Tensor]) -> None:
    """With learning rate 0.1 and norm 1, no weight moves by more than 0.1."""
    net = nn.Linear(4, 2)
    assert max(moved(net, lambda: step(net))) <= 0.1


# --8<-- [end:exhausted-generator-check]


# --8<-- [start:forgotten-zero-grad-broken]
def zero_broken(net: nn.Module, optimizer: Optimizer, loss_of: Callable[[], Tensor]) -> None:
    """Every backward adds to the gradients of all the steps before."""
    for _ in range(10):
        loss_of().backward()
        optimizer.step()


# --8<-- [end:forgotten-zero-grad-broken]


# --8<-- [start:forgotten-zero-grad-fixed]
def zero_fixed(net: nn.Module, optimizer: Optimizer, loss_of: Callable[[], Tensor]) -> None:
    """Start each step from no gradient."""
    for _ in range(10):
        optimizer.zero_grad()
        loss_of().backward()
        optimizer.step()


# --8<-- [end:forgotten-zero-grad-fixed]


def zero_symptom(version: Callable[..., None]) -> float:
    """Return how far 10 steps go along a slope of 1, in steps of one learning rate, over 10."""
    net = nn.Linear(1, 1, bias=False)
    (way,) = moved(net, lambda: version(net, SGD(net.parameters(), lr=0.1), lambda: net.weight.sum()))
    return way / (10 * 0.1)


# --8<-- [start:forgotten-zero-grad-check]
def zero_check(train: Callable[..., None]) -> None:
    """On a slope of 1, ten steps of 0.1 go 1 far."""
    net = nn.Linear(1, 1, bias=False)
    (way,) = moved(net, lambda: train(net, SGD(net.parameters(), lr=0.1), lambda: net.weight.sum()))
    assert abs(way - 1.0) < 1e-4


# --8<-- [end:forgotten-zero-grad-check]


# --8<-- [start:zero-grad-before-step-broken]
def order_broken(optimizer: Optimizer, loss: Tensor) -> None:
    """Throw the gradients away before they are used."""
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()


# --8<-- [end:zero-grad-before-step-broken]


# --8<-- [start:zero-grad-before-step-fixed]
def order_fixed(optimizer: Optimizer, loss: Tensor) -> None:
    """Clear, compute, step."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


# --8<-- [end:zero-grad-before-step-fixed]


def order_symptom(version: Callable[[Optimizer, Tensor], None]) -> float:
    """Return how far the weights moved in one step."""
    net = nn.Linear(4, 2)
    return max(moved(net, lambda: version(SGD(net.parameters(), lr=0.1), _loss(net))))


# --8<-- [start:zero-grad-before-step-check]
def order_check(step: Callable[[Optimizer, Tensor], None]) -> None:
    """After a step the weights are not what they were."""
    net = nn.Linear(4, 2)
    assert max(moved(net, lambda: step(SGD(net.parameters(), lr=0.1), _loss(net)))) > 0


# --8<-- [end:zero-grad-before-step-check]


# --8<-- [start:scheduler-before-optimizer-broken]
def first_broken(optimizer: Optimizer, scheduler: LRScheduler) -> list[float]:
    """Change the learning rate, then step."""
    used = []
    for _ in range(3):
        scheduler.step()
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    return used


# --8<-- [end:scheduler-before-optimizer-broken]


# --8<-- [start:scheduler-before-optimizer-fixed]
def first_fixed(optimizer: Optimizer, scheduler: LRScheduler) -> list[float]:
    """Step, then change the learning rate."""
    used = []
    for _ in range(3):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


# --8<-- [end:scheduler-before-optimizer-fixed]


def first_symptom(version: Callable[[Optimizer, LRScheduler], list[float]]) -> str:
    """Return the warnings."""
    optimizer = SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    return warned(version, optimizer, StepLR(optimizer, step_size=1))


# --8<-- [start:scheduler-before-optimizer-check]
def first_check(train: Callable[[Optimizer, LRScheduler], list[float]]) -> None:
    """The first step uses the learning rate that was asked for."""
    optimizer = SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    assert train(optimizer, StepLR(optimizer, step_size=1))[0] == 0.1


# --8<-- [end:scheduler-before-optimizer-check]


# --8<-- [start:scheduler-per-batch-broken]
def unit_broken(optimizer: Optimizer, epochs: int, batches: int) -> float:
    """Meant: a tenth after 30 epochs. Written: a tenth after 30 batches."""
    scheduler = StepLR(optimizer, step_size=30, gamma=0.1)
    for _ in range(epochs):
        for _ in range(batches):
            optimizer.step()
            scheduler.step()
    return float(scheduler.get_last_lr()[0])


# --8<-- [end:scheduler-per-batch-broken]


# --8<-- [start:scheduler-per-batch-fixed]
def unit_fixed(optimizer: Optimizer, epochs: int, batches: int) -> float:
    """Step the scheduler where its unit ends."""
    scheduler = StepLR(optimizer, step_size=30, gamma=0.1)
    for _ in range(epochs):
        for _ in range(batches):
            optimizer.step()
        scheduler.step()
    return float(scheduler.get_last_lr()[0])


# --8<-- [end:scheduler-per-batch-fixed]


def unit_symptom(version: Callable[[Optimizer, int, int], float]) -> float:
    """Return the learning rate after 10 epochs of 21 batches."""
    return version(SGD(nn.Linear(4, 2).parameters(), lr=0.1), 10, 21)


# --8<-- [start:scheduler-per-batch-check]
def unit_check(train: Callable[[Optimizer, int, int], float]) -> None:
    """Before epoch 30 the learning rate is the first one, however many batches there are."""
    for batches in (1, 50):
        assert train(SGD(nn.Linear(4, 2).parameters(), lr=0.1), 10, batches) == 0.1


# --8<-- [end:scheduler-per-batch-check]


# --8<-- [start:too-many-scheduler-steps-broken]
def total_broken(optimizer: Optimizer, epochs: int, batches: int) -> None:
    """Count epochs, step by batches."""
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=epochs)
    for _ in range(epochs * batches):
        optimizer.step()
        scheduler.step()


# --8<-- [end:too-many-scheduler-steps-broken]


# --8<-- [start:too-many-scheduler-steps-fixed]
def total_fixed(optimizer: Optimizer, epochs: int, batches: int) -> None:
    """Count what is stepped."""
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=epochs * batches)
    for _ in range(epochs * batches):
        optimizer.step()
        scheduler.step()


# --8<-- [end:too-many-scheduler-steps-fixed]


def total_symptom(version: Callable[[Optimizer, int, int], None]) -> str:
    """Return what three epochs of two batches raise."""
    return attempt(version, SGD(nn.Linear(4, 2).parameters(), lr=0.1), 3, 2)


# --8<-- [start:too-many-scheduler-steps-check]
def total_check(train: Callable[[Optimizer, int, int], None]) -> None:
    """A whole training runs through, and ends at almost no learning rate."""
    optimizer = SGD(nn.Linear(4, 2).parameters(), lr=0.1)
    train(optimizer, 30, 20)
    assert optimizer.param_groups[0]["lr"] < 1e-4


# --8<-- [end:too-many-scheduler-steps-check]


# --8<-- [start:plateau-without-metric-broken]
def plateau_broken(optimizer: Optimizer, losses: list[float]) -> float:
    """Step it like any other scheduler."""
    scheduler = ReduceLROnPlateau(optimizer, patience=1)
    for _ in losses:
        optimizer.step()
        scheduler.step()  # type: ignore[call-arg]
    return float(scheduler.get_last_lr()[0])


# --8<-- [end:plateau-without-metric-broken]


# --8<-- [start:plateau-without-metric-fixed]
def plateau_fixed(optimizer: Optimizer, losses: list[float]) -> float:
    """Tell it how well the validation went."""
    scheduler = ReduceLROnPlateau(optimizer, patience=1)
    for validation_loss in losses:
        optimizer.step()
        scheduler.step(validation_loss)
    return float(scheduler.get_last_lr()[0])


# --8<-- [end:plateau-without-metric-fixed]


def plateau_symptom(version: Callable[[Optimizer, list[float]], float]) -> str:
    """Return what is raised."""
    return attempt(version, SGD(nn.Linear(4, 2).parameters(), lr=0.1), [1.0, 0.9, 0.9, 0.9])


# --8<-- [start:plateau-without-metric-check]
def plateau_check(train: Callable[[Optimizer, list[float]], float]) -> None:
    """The learning rate falls where the loss stands still, and not before."""
    for losses, expected in (([1.0, 0.9, 0.8, 0.7], 0.1), ([1.0, 0.9, 0.9, 0.9], 0.01)):
        assert abs(train(SGD(nn.Linear(4, 2).parameters(), lr=0.1), losses) - expected) < 1e-9


# --8<-- [end:plateau-without-metric-check]


# --8<-- [start:clipping-before-unscale-broken]
def unscale_broken(net: nn.Module, optimizer: Optimizer, scaler: torch.amp.GradScaler) -> None:
    """Clip what the scaler has multiplied by 65536."""
    scaler.scale(_loss(net)).backward()
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
    scaler.step(optimizer)
    scaler.update()


# --8<-- [end:clipping-before-unscale-broken]


# --8<-- [start:clipping-before-unscale-fixed]
def unscale_fixed(net: nn.Module, optimizer: Optimizer, scaler: torch.amp.GradScaler) -> None:
    """Divide by the scale first, then clip."""
    scaler.scale(_loss(net)).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
    scaler.step(optimizer)
    scaler.update()


# --8<-- [end:clipping-before-unscale-fixed]


def unscale_symptom(version: Callable[..., None]) -> float:
    """Return how far one step with learning rate 1 goes."""
    net = nn.Linear(4, 2)
    nn.init.constant_(net.weight, 0.5)
    optimizer = SGD(net.parameters(), lr=1.0)
    return max(moved(net, lambda: version(net, optimizer, torch.amp.GradScaler("cpu"))))


# --8<-- [start:clipping-before-unscale-check]
def unscale_check(step: Callable[..., None]) -> None:
    """The scale of the scaler must not change the step."""
    ways = []
    for scale in (1.0, 65536.0):
        net = nn.Linear(4, 2)
        nn.init.constant_(net.weight, 0.5)
        nn.init.zeros_(net.bias)
        optimizer, scaler = SGD(net.parameters(), lr=1.0), torch.amp.GradScaler("cpu", init_scale=scale)
        ways.append(max(moved(net, functools.partial(step, net, optimizer, scaler))))
    assert abs(ways[0] - ways[1]) < 1e-3 * ways[0]


# --8<-- [end:clipping-before-unscale-check]


# --8<-- [start:clipping-after-step-broken]
def late_broken(net: nn.Module, optimizer: Optimizer, loss: Tensor) -> None:
    """Clip gradients that have been used already."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)


# --8<-- [end:clipping-after-step-broken]


# --8<-- [start:clipping-after-step-fixed]
def late_fixed(net: nn.Module, optimizer: Optimizer, loss: Tensor) -> None:
    """Clip between backward and step."""
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
    optimizer.step()


# --8<-- [end:clipping-after-step-fixed]


def late_symptom(version: Callable[[nn.Module, Optimizer, Tensor], None]) -> float:
    """Return how far a step with learning rate 1 goes where the gradient is 100."""
    net = nn.Linear(1, 1, bias=False)
    return moved(net, lambda: version(net, SGD(net.parameters(), lr=1.0), 100 * net.weight.sum()))[0]


# --8<-- [start:clipping-after-step-check]
def late_check(step: Callable[[nn.Module, Optimizer, Tensor], None]) -> None:
    """No step is longer than the learning rate times the largest norm."""
    net = nn.Linear(1, 1, bias=False)
    assert moved(net, lambda: step(net, SGD(net.parameters(), lr=1.0), 100 * net.weight.sum()))[0] <= 1.001


# --8<-- [end:clipping-after-step-check]


# --8<-- [start:decay-is-not-l2-broken]
def decay_broken(parameters: list[nn.Parameter]) -> Optimizer:
    """Adam adds λw to the gradient, then divides by the gradient's own size."""
    return Adam(parameters, lr=0.01, weight_decay=0.1)


# --8<-- [end:decay-is-not-l2-broken]


# --8<-- [start:decay-is-not-l2-fixed]
def decay_fixed(parameters: list[nn.Parameter]) -> Optimizer:
    """AdamW shrinks the weight itself, apart from the gradient."""
    return AdamW(parameters, lr=0.01, weight_decay=0.1)


# --8<-- [end:decay-is-not-l2-fixed]


def decay_symptom(version: Callable[[list[nn.Parameter]], Optimizer]) -> float:
    """Return which share of the promised shrinking, lr · λ · w a step, a weight gets whose gradient is large."""
    ends = []
    for decay in (True, False):
        weight = nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
        optimizer = version([weight])
        if not decay:
            optimizer.param_groups[0]["weight_decay"] = 0.0
        for sign in (1, -1) * 50:
            optimizer.zero_grad()
            (100 * sign * weight).sum().backward()
            optimizer.step()
        ends.append(weight.item())
    promised = 1 - (1 - 0.01 * 0.1) ** 100
    return (ends[1] - ends[0]) / promised


# --8<-- [start:decay-is-not-l2-check]
def decay_check(make: Callable[[list[nn.Parameter]], Optimizer]) -> None:
    """With a gradient of 0 and with one of 100, a weight decays alike."""
    shares = []
    for slope in (0.0, 100.0):
        ends = []
        for decay in (0.1, 0.0):
            weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
            optimizer = make([weight])
            optimizer.param_groups[0]["weight_decay"] = decay
            (slope * weight).sum().backward()
            optimizer.step()
            ends.append(weight.item())
        shares.append(ends[1] - ends[0])
    assert abs(shares[0] - shares[1]) < 1e-6


# --8<-- [end:decay-is-not-l2-check]


# --8<-- [start:decay-on-everything-broken]
def everything_broken(net: nn.Module) -> Optimizer:
    """Decay whatever is a parameter."""
    return AdamW(net.parameters(), lr=0.01, weight_decay=0.5)


# --8<-- [end:decay-on-everything-broken]


# --8<-- [start:decay-on-everything-fixed]
def everything_fixed(net: nn.Module) -> Optimizer:
    """Decay weights, which have two axes or more; leave vectors alone."""
    weights = [parameter for parameter in net.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in net.parameters() if parameter.dim() <= 1]
    groups: list[dict[str, Any]] = [{"params": weights}, {"params": vectors, "weight_decay": 0.0}]
    return AdamW(groups, lr=0.01, weight_decay=0.5)


# --8<-- [end:decay-on-everything-fixed]


def everything_symptom(version: Callable[[nn.Module], Optimizer]) -> float:
    """Return γ after 200 steps in which the loss asked for nothing."""
    norm = nn.BatchNorm1d(4)
    net = nn.Sequential(nn.Linear(4, 4), norm)
    optimizer = version(net)
    for _ in range(200):
        optimizer.zero_grad()
        (0 * net(torch.randn(8, 4))).sum().backward()
        optimizer.step()
    return norm.weight.min().item()


# --8<-- [start:decay-on-everything-check]
def everything_check(make: Callable[[nn.Module], Optimizer]) -> None:
    """No bias, γ or β is in a group that decays."""
    for group in make(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))).param_groups:
        assert group["weight_decay"] == 0 or all(parameter.dim() > 1 for parameter in group["params"])


# --8<-- [end:decay-on-everything-check]


# --8<-- [start:frozen-weights-move-broken]
def frozen_broken(body: nn.Module, head: nn.Module) -> Optimizer:
    """Freeze by multiplying the gradients with 0."""
    for parameter in body.parameters():
        parameter.register_hook(torch.zeros_like)
    return AdamW([*body.parameters(), *head.parameters()], lr=0.1, weight_decay=0.1)


# --8<-- [end:frozen-weights-move-broken]


# --8<-- [start:frozen-weights-move-fixed]
def frozen_fixed(body: nn.Module, head: nn.Module) -> Optimizer:
    """Give frozen parameters no gradient, and the optimizer no frozen parameters."""
    body.requires_grad_(False)
    return AdamW(head.parameters(), lr=0.1, weight_decay=0.1)


# --8<-- [end:frozen-weights-move-fixed]


def frozen_symptom(version: Callable[[nn.Module, nn.Module], Optimizer]) -> float:
    """Return how far the frozen body moved."""
    body, head = nn.Linear(4, 4), nn.Linear(4, 2)
    nn.init.constant_(body.weight, 0.5)
    optimizer = version(body, head)
    _loss(nn.Sequential(body, head)).backward()
    return max(moved(body, optimizer.step))


# --8<-- [start:frozen-weights-move-check]
def frozen_check(make: Callable[[nn.Module, nn.Module], Optimizer]) -> None:
    """What is frozen is bit for bit the same afterwards."""
    body, head = nn.Linear(4, 4), nn.Linear(4, 2)
    optimizer = make(body, head)
    _loss(nn.Sequential(body, head)).backward()
    assert max(moved(body, optimizer.step)) == 0


# --8<-- [end:frozen-weights-move-check]


# --8<-- [start:resume-without-optimizer-broken]
def resume_broken(net: nn.Module, optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """Load the weights and go on."""
    net.load_state_dict(saved["model"])


# --8<-- [end:resume-without-optimizer-broken]


# --8<-- [start:resume-without-optimizer-fixed]
def resume_fixed(net: nn.Module, optimizer: Optimizer, saved: dict[str, Any]) -> None:
    """Load what the optimizer has gathered as well."""
    net.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])


# --8<-- [end:resume-without-optimizer-fixed]


def weights_after(steps: int, resume: Callable[..., None] | None) -> Tensor:
    """Train with Adam and return the weights.

    Args:
        steps: how many, over 20.
        resume: how a run goes on that was broken off after 20 steps; None for one that was not.
    """
    net = nn.Linear(4, 2)
    nn.init.constant_(net.weight, 0.5)
    nn.init.zeros_(net.bias)
    optimizer = Adam(net.parameters(), lr=0.01)
    for step in range(steps):
        if resume and step == 20:
            saved = {"model": net.state_dict(), "optimizer": optimizer.state_dict()}
            net = nn.Linear(4, 2)
            optimizer = Adam(net.parameters(), lr=0.01)
            resume(net, optimizer, saved)
        optimizer.zero_grad()
        _loss(net).backward()
        optimizer.step()
    return net.weight.detach()


def resume_symptom(version: Callable[..., None]) -> float:
    """Return how far the weights are from those of an unbroken run, ten steps after the break."""
    return float((weights_after(30, None) - weights_after(30, version)).abs().max())


# --8<-- [start:resume-without-optimizer-check]
def resume_check(resume: Callable[..., None]) -> None:
    """A broken run ends where an unbroken one ends."""
    assert torch.allclose(weights_after(30, None), weights_after(30, resume))


# --8<-- [end:resume-without-optimizer-check]


# --8<-- [start:larger-batch-same-rate-broken]
def batch_rate_broken(batch_size: int) -> float:
    """A learning rate found for batches of 64."""
    return 0.005


# --8<-- [end:larger-batch-same-rate-broken]


# --8<-- [start:larger-batch-same-rate-fixed]
def batch_rate_fixed(batch_size: int) -> float:
    """Start from a rate in proportion to the batch, and measure from there."""
    return 0.005 * batch_size / 64


# --8<-- [end:larger-batch-same-rate-fixed]


def batch_rate_symptom(version: Callable[[int], float]) -> float:
    """Return the share of the loss that is left after one epoch of batches of 512."""
    features = torch.randn(8192, 4, dtype=torch.float64)
    wanted = features @ torch.ones(4, dtype=torch.float64)
    weight = nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer = SGD([weight], lr=version(512))
    for rows, answers in zip(features.split(512), wanted.split(512), strict=True):
        optimizer.zero_grad()
        (rows @ weight - answers).pow(2).mean().backward()
        optimizer.step()
    return float(((features @ weight - wanted).pow(2).mean() / wanted.pow(2).mean()).detach())


# --8<-- [start:larger-batch-same-rate-check]
def batch_rate_check(rate: Callable[[int], float]) -> None:
    """Steps times rate stay about the same for every batch size."""
    ways = [1024 / size * rate(size) for size in (64, 128, 512)]
    assert max(ways) < 1.5 * min(ways)


# --8<-- [end:larger-batch-same-rate-check]


# --8<-- [start:short-last-batch-broken]
def short_broken(samples: int, batch_size: int) -> list[int]:
    """Take what is left as a batch of its own."""
    return [len(batch) for batch in torch.arange(samples).split(batch_size)]


# --8<-- [end:short-last-batch-broken]


# --8<-- [start:short-last-batch-fixed]
def short_fixed(samples: int, batch_size: int) -> list[int]:
    """Leave the rest out; after shuffling it is another rest in every epoch."""
    return [len(batch) for batch in torch.arange(samples).split(batch_size) if len(batch) == batch_size]


# --8<-- [end:short-last-batch-fixed]


def short_symptom(version: Callable[[int, int], list[int]]) -> float:
    """Return how many times the weight of one sample another one has: each batch weighs 1, shared by its samples."""
    sizes = version(1347, 64)
    return max(sizes) / min(sizes)


# --8<-- [start:short-last-batch-check]
def short_check(batches: Callable[[int, int], list[int]]) -> None:
    """No batch is less than half as large as another, whatever is left over."""
    for samples in (1347, 1345, 1280):
        sizes = batches(samples, 64)
        assert max(sizes) <= 2 * min(sizes)


# --8<-- [end:short-last-batch-check]


CASES = (
    Case(
        "E-15",
        "misspelt-parameter",
        title=("函数的参数拼错了，训练的却是另一个网络", "A misspelt parameter trains another network"),
        seen=(
            "准确率从头到尾不变，函数单独拿出来报 NameError: name 'optimizer' is not defined",
            "accuracy never changes; alone, the function raises NameError: name 'optimizer' is not defined",
        ),
        where=("笔记本里前面的单元留下了同名的变量", "a notebook where an earlier cell left a variable of that name"),
        broken=MISSPELT_BROKEN,
        fixed=MISSPELT_FIXED,
        symptom=misspelt_symptom,
        sign=Apart(broken=0.0, fixed=0.01),
        check=misspelt_check,
    ),
    Case(
        "E-20",
        "optimizer-of-another-net",
        title=("第二个网络怎么也学不会：优化器是第一个的", "The second network never learns: the optimizer is that of the first"),
        seen=("训练了很多轮，准确率一直不变，权重没有变化", "accuracy stays the same for many epochs, the weights do not change"),
        where=("一个文件里依次训练几个网络", "several networks trained in one file"),
        broken=another_broken,
        fixed=another_fixed,
        symptom=another_symptom,
        sign=Apart(broken=0.0, fixed=0.01),
        check=another_check,
    ),
    Case(
        "E-21",
        "one-optimizer-one-net",
        title=("多定义几个网络，不等于多了几个优化器", "More networks do not make more optimizers"),
        seen=("几个网络放在一起训练，只有第一个在变", "several networks trained together, and only the first one changes"),
        where=("编码器加解码器、生成器加判别器、集成", "encoder and decoder, generator and discriminator, ensembles"),
        broken=one_net_broken,
        fixed=one_net_fixed,
        symptom=one_net_symptom,
        sign=Apart(broken=0.0, fixed=0.01),
        check=one_net_check,
    ),
    Case(
        "E-111",
        "exhausted-generator",
        title=("梯度裁剪什么也没裁：参数的生成器已经用完", "Clipping clips nothing: the generator of parameters is used up"),
        seen=(
            "UserWarning: `parameters` is an empty generator，梯度范数显示为 0",
            "the gradient norm is reported as 0; warning: `parameters` is an empty generator, no gradient clipping will occur",
        ),
        where=("把 net.parameters() 存进变量，用了两次", "net.parameters() kept in a variable and used twice"),
        broken=generator_broken,
        fixed=generator_fixed,
        symptom=generator_symptom,
        sign="`parameters` is an empty generator",
        check=generator_check,
    ),
    Case(
        "E-112",
        "forgotten-zero-grad",
        title=("忘了 `zero_grad()`，步子越走越大", "Without `zero_grad()` the steps grow and grow"),
        seen=("损失先降后升，来回震荡，甚至变成 NaN", "the loss falls, then swings up and down, or becomes NaN"),
        where=("自己写的训练循环", "a training loop of one's own"),
        broken=zero_broken,
        fixed=zero_fixed,
        symptom=zero_symptom,
        sign=Apart(broken=3.0, fixed=1.5),
        check=zero_check,
    ),
    Case(
        "E-113",
        "zero-grad-before-step",
        title=("清零放错了地方，权重一动不动", "Clearing in the wrong place: no weight moves"),
        seen=("损失完全不变，没有报错", "the loss stays exactly the same, no error"),
        where=("调换了训练循环里的两行", "two lines of the training loop in the wrong order"),
        broken=order_broken,
        fixed=order_fixed,
        symptom=order_symptom,
        sign=Apart(broken=0.0, fixed=0.01),
        check=order_check,
    ),
    Case(
        "E-114",
        "scheduler-before-optimizer",
        title=("调度器先走了一步：第一个学习率没有用上", "The scheduler went first: the first learning rate is never used"),
        seen=(
            "UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`",
            "warning: Detected call of lr_scheduler.step() before optimizer.step()",
        ),
        where=("循环里把 scheduler.step() 写在前面", "scheduler.step() written first in the loop"),
        broken=first_broken,
        fixed=first_fixed,
        symptom=first_symptom,
        sign="Detected call of `lr_scheduler.step()` before `optimizer.step()`",
        check=first_check,
    ),
    Case(
        "E-115",
        "scheduler-per-batch",
        title=("按轮次设的调度，却每个批量走一步", "A schedule in epochs, stepped once a batch"),
        seen=("学习率很快变成 0，训练几个轮次后停住", "the learning rate is soon 0 and training stops after a few epochs"),
        where=("StepLR、CosineAnnealingLR 放进了内层循环", "StepLR or CosineAnnealingLR in the inner loop"),
        broken=unit_broken,
        fixed=unit_fixed,
        symptom=unit_symptom,
        sign=Apart(broken=1e-5, fixed=0.1),
        check=unit_check,
    ),
    Case(
        "E-116",
        "too-many-scheduler-steps",
        title=("`OneCycleLR` 报错：步数用完了", "`OneCycleLR` has no steps left"),
        seen=(
            "ValueError: Tried to step 4 times. The specified number of total steps is 3",
            "error: Tried to step … times. The specified number of total steps is …",
        ),
        where=("total_steps 填了轮次数，或者续训", "total_steps given in epochs, or training resumed"),
        broken=total_broken,
        fixed=total_fixed,
        symptom=total_symptom,
        sign="The specified number of total steps is",
        check=total_check,
    ),
    Case(
        "E-117",
        "plateau-without-metric",
        title=("`ReduceLROnPlateau` 要一个指标", "`ReduceLROnPlateau` wants a metric"),
        seen=(
            "TypeError: ReduceLROnPlateau.step() missing 1 required positional argument: 'metrics'",
            "error: ReduceLROnPlateau.step() missing 1 required positional argument: 'metrics'",
        ),
        where=("把别的调度器换成 ReduceLROnPlateau", "another scheduler replaced by ReduceLROnPlateau"),
        broken=plateau_broken,
        fixed=plateau_fixed,
        symptom=plateau_symptom,
        sign="missing 1 required positional argument: 'metrics'",
        check=plateau_check,
    ),
    Case(
        "E-118",
        "clipping-before-unscale",
        title=("混合精度下，裁剪的是放大了 65536 倍的梯度", "With mixed precision, what is clipped is 65536 times too large"),
        seen=(
            "混合精度加梯度裁剪之后几乎不学习，梯度范数显示几万",
            "hardly learns after adding gradient clipping to mixed precision; the norm is tens of thousands",
        ),
        where=("GradScaler 与 clip_grad_norm_ 一起用", "GradScaler together with clip_grad_norm_"),
        broken=unscale_broken,
        fixed=unscale_fixed,
        symptom=unscale_symptom,
        sign=Apart(broken=0.001, fixed=0.1),
        check=unscale_check,
    ),
    Case(
        "E-119",
        "clipping-after-step",
        title=("裁剪写在 `step()` 之后，等于没写", "Clipping after `step()` is no clipping"),
        seen=("加了梯度裁剪，损失还是突然变成 NaN", "the loss still explodes to NaN although gradient clipping is there"),
        where=("循环神经网络、大学习率", "recurrent networks, large learning rates"),
        broken=late_broken,
        fixed=late_fixed,
        symptom=late_symptom,
        sign=Apart(broken=10.0, fixed=1.5),
        check=late_check,
    ),
    Case(
        "E-54",
        "decay-is-not-l2",
        title=("权重衰减不总是 L2 正则化", "Weight decay is not always L2 regularization"),
        seen=("给 Adam 加了 weight_decay，几乎没有效果", "weight_decay with Adam has hardly any effect"),
        where=("把 SGD 的设置搬到 Adam", "settings of SGD carried over to Adam"),
        broken=decay_broken,
        fixed=decay_fixed,
        symptom=decay_symptom,
        sign=Apart(broken=0.2, fixed=0.8),
        check=decay_check,
    ),
    Case(
        "E-120",
        "decay-on-everything",
        title=("权重衰减连偏置和归一化的 γ 也一起缩小", "Weight decay shrinks biases and the γ of normalization too"),
        seen=(
            "批量归一化的 gamma 越来越小，weight_decay 加大后效果变差",
            "gamma of batch normalization keeps shrinking; worse results with more weight_decay",
        ),
        where=("把 net.parameters() 整个交给 AdamW", "net.parameters() handed to AdamW as a whole"),
        broken=everything_broken,
        fixed=everything_fixed,
        symptom=everything_symptom,
        sign=Apart(broken=0.5, fixed=0.99),
        check=everything_check,
    ),
    Case(
        "E-121",
        "frozen-weights-move",
        title=("冻结的层还在变：梯度清零不等于冻结", "A frozen layer still changes: a gradient of 0 does not freeze"),
        seen=("冻结了主干，权重还是变了", "the backbone is frozen and its weights change all the same"),
        where=("微调时冻结一部分层", "fine-tuning with some layers frozen"),
        broken=frozen_broken,
        fixed=frozen_fixed,
        symptom=frozen_symptom,
        sign=Apart(broken=0.004, fixed=0.0),
        check=frozen_check,
    ),
    Case(
        "E-122",
        "resume-without-optimizer",
        title=("续训只恢复了权重，没有恢复优化器", "Resumed from weights alone, without the optimizer's state"),
        seen=("从检查点恢复后损失突然跳高一段", "the loss jumps right after resuming from a checkpoint"),
        where=("断点续训", "training that goes on after a break"),
        broken=resume_broken,
        fixed=resume_fixed,
        symptom=resume_symptom,
        sign=Apart(broken=0.01, fixed=1e-6),
        check=resume_check,
    ),
    Case(
        "E-123",
        "larger-batch-same-rate",
        title=("批量加大 8 倍，学习率没有动", "Batches 8 times as large, learning rate as before"),
        seen=("换了大批量，同样的轮次却学得慢得多", "larger batches learn much more slowly in the same number of epochs"),
        where=("换到显存大的机器，或者用多卡", "a machine with more memory, or several GPUs"),
        broken=batch_rate_broken,
        fixed=batch_rate_fixed,
        symptom=batch_rate_symptom,
        sign=Apart(broken=0.5, fixed=0.2),
        check=batch_rate_check,
    ),
    Case(
        "E-83",
        "short-last-batch",
        title=("最后一个批量只有 3 个样本，步子却一样大", "The last batch has 3 samples and takes a full step"),
        seen=("训练损失在降，验证准确率却在轮次之间乱跳", "the training loss falls while the validation accuracy jumps between epochs"),
        where=("小数据集，样本数不是批量的整数倍", "small data sets whose size is no multiple of the batch"),
        broken=short_broken,
        fixed=short_fixed,
        symptom=short_symptom,
        sign=Apart(broken=10.0, fixed=1.5),
        check=short_check,
    ),
)
