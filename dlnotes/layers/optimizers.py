r"""Optimizers from scratch: what `step()` does to every parameter p with gradient g, learning rate η and weight decay λ.

| optimizer | gradient   | state                                             | step                                     |
|-----------|------------|---------------------------------------------------|------------------------------------------|
| SGD       | g + λ p    | b ← μ b + (1 - dampening) g; at first b = g       | p ← p - η b                              |
| Nesterov  | g + λ p    | as above                                          | p ← p - η (g + μ b)                      |
| Adagrad   | g + λ p    | s ← s + g²                                        | p ← p - η g / (√s + ε)                   |
| RMSprop   | g + λ p    | v ← α v + (1 - α) g²                              | p ← p - η g / (√v + ε)                   |
| Adam      | g + λ p    | m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g²     | p ← p - η m̂ / (√v̂ + ε)                   |
| AdamW     | g          | as Adam                                           | p ← (1 - η λ) p, then as Adam            |

with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) after t steps. Arguments, groups, state and state_dict are torch.optim's; what
only makes torch faster (foreach, fused, capturable, differentiable) is left out. torch's schedulers take torch's own
optimizers alone; set `group["lr"]` instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from dlnotes.errors import CheckpointError, ConfigError

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]


class _Optimizer:
    """What all optimizers share: groups of parameters with settings, and a state for each parameter."""

    def __init__(self, params: Iterable[Tensor] | Iterable[dict[str, Any]], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        if isinstance(params, Tensor):
            raise ConfigError("params must be a list of tensors, such as model.parameters(), got one tensor")
        groups = list(params)
        if not groups:
            raise ConfigError("there is nothing to optimise: params is empty")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)  # type: ignore[arg-type]

    # --8<-- [start:groups]
    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimise more parameters; settings that the group does not name are those of the constructor.

        Args:
            param_group: {"params": tensors, …settings}.

        Raises:
            ConfigError: a parameter is no leaf tensor, or stands in two groups.
        """
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise ConfigError(f"params must be leaf tensors, such as model.parameters(), got {type(p).__name__}")
            if id(p) in known:
                raise ConfigError(f"a parameter of shape {tuple(p.shape)} stands twice in the groups; name it once")
            known.add(id(p))
        self.param_groups.append({**self.defaults, **param_group, "params": params})

    # --8<-- [end:groups]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, which `backward()` would otherwise add to.

        Args:
            set_to_none: drop the gradient; False fills it with 0. A parameter without a gradient is skipped by `step`,
                one with gradient 0 is still moved by momentum and weight decay.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = None if set_to_none else torch.zeros_like(p.grad)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew; or None.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        grad = -p.grad if group["maximize"] else p.grad
                        self._update(p, grad, self.state[p], group)
        return loss

    def _update(self, p: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Return state and settings with parameters as numbers, in the layout of torch.optim, which can load it."""
        number = {id(p): i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        groups = [{**group, "params": [number[id(p)] for p in group["params"]]} for group in self.param_groups]
        return {"state": {number[id(p)]: dict(state) for p, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` of this class, or of torch's twin, returned.

        Args:
            state_dict: for as many groups, with as many parameters each, as this optimizer has.

        Raises:
            CheckpointError: groups or parameters do not fit.
        """
        saved = state_dict["param_groups"]
        counts = [[len(group["params"]) for group in groups] for groups in (self.param_groups, saved)]
        if counts[0] != counts[1]:
            raise CheckpointError(f"the optimizer has groups of {counts[0]} parameters, the state_dict of {counts[1]}")
        self.state.clear()
        for group, other in zip(self.param_groups, saved, strict=True):
            for p, i in zip(group["params"], other["params"], strict=True):
                if i in state_dict["state"]:
                    self.state[p] = {key: _copy(key, value, p) for key, value in state_dict["state"][i].items()}
            group.update({key: value for key, value in other.items() if key != "params"})


# --8<-- [start:sgd]
class SGD(_Optimizer):
    """Stochastic gradient descent, as `torch.optim.SGD`.

    In the first step the buffer is the gradient itself, not (1 - dampening) times it, and the learning rate stands
    outside the buffer: when it changes, old gradients change with it.

    Args:
        params: tensors, or groups {"params": tensors, …settings}.
        lr: learning rate η, at least 0.
        momentum: μ, the share of the buffer that stays; 0 keeps no buffer.
        dampening: the share of a new gradient that the buffer leaves out, from the second step on.
        weight_decay: λ, adds λ p to the gradient.
        nesterov: look ahead: step along g + μ b.
        maximize: climb instead of descend.

    Raises:
        ConfigError: a setting is out of range.

    Source: Sutskever et al., 2013, https://proceedings.mlr.press/v28/sutskever13.html (its b contains η).
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if min(lr, momentum, weight_decay) < 0:
            raise ConfigError(f"lr, momentum and weight_decay must be at least 0, got {lr}, {momentum} and {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ConfigError(f"nesterov needs a momentum above 0 and no dampening, got {momentum} and {dampening}")
        settings = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(params, {"lr": lr, **settings, "maximize": maximize})

    def _update(self, p: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        grad = grad + group["weight_decay"] * p
        if group["momentum"] != 0:
            if state.get("momentum_buffer") is None:
                buffer = grad  # a tensor of its own: the sum above is not p.grad
            else:
                buffer = group["momentum"] * state["momentum_buffer"] + (1 - group["dampening"]) * grad
            state["momentum_buffer"] = buffer
            grad = grad + group["momentum"] * buffer if group["nesterov"] else buffer
        p -= group["lr"] * grad


# --8<-- [end:sgd]


class Adagrad(_Optimizer):
    """Adagrad, as `torch.optim.Adagrad`: each value divides its step by the root of all its squared gradients so far.

    The sum never shrinks, so steps only become smaller. It is made when a parameter has its first gradient.

    Args:
        params: tensors, or groups {"params": tensors, …settings}.
        lr: learning rate η, at least 0.
        lr_decay: at step t the learning rate is η / (1 + (t - 1) lr_decay); at least 0.
        weight_decay: λ, adds λ p to the gradient.
        initial_accumulator_value: where the sum starts, at least 0.
        eps: ε, outside the root, at least 0.
        maximize: climb instead of descend.

    Raises:
        ConfigError: a setting is out of range.

    Source: Duchi, Hazan and Singer, 2011, https://jmlr.org/papers/v12/duchi11a.html.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        settings["initial_accumulator_value"] = initial_accumulator_value
        _at_least_0(settings)
        super().__init__(params, {**settings, "maximize": maximize})

    # --8<-- [start:adagrad]
    def _update(self, p: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        grad = grad + group["weight_decay"] * p
        t = int(state.get("step", 0)) + 1
        s = state.get("sum", torch.full_like(p, group["initial_accumulator_value"])) + grad**2
        state.update(step=torch.tensor(float(t)), sum=s)
        p -= group["lr"] / (1 + (t - 1) * group["lr_decay"]) * grad / (s.sqrt() + group["eps"])
    # --8<-- [end:adagrad]


class RMSprop(_Optimizer):
    """RMSprop, as `torch.optim.RMSprop`: Adagrad with a moving average in place of the sum, so that old gradients fade.

    The average starts at 0 and is not corrected: the first step is η / √(1 - α) long.

    Args:
        params: tensors, or groups {"params": tensors, …settings}.
        lr: learning rate η, at least 0.
        alpha: α, the share of the average that stays, at least 0.
        eps: ε, outside the root, at least 0.
        weight_decay: λ, adds λ p to the gradient.
        momentum: μ of a buffer that gathers the divided gradients, at least 0.
        centered: divide by the deviation, √(v - m²) with m the moving average of g, instead of √v.
        maximize: climb instead of descend.

    Raises:
        ConfigError: a setting is out of range.

    Source: Tieleman and Hinton, 2012, lecture 6e, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf;
    centered: Graves, 2013, https://arxiv.org/abs/1308.0850.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        settings = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        _at_least_0(settings)
        super().__init__(params, {**settings, "centered": centered, "maximize": maximize})

    # --8<-- [start:rmsprop]
    def _update(self, p: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        alpha, zero = group["alpha"], torch.zeros_like(p)
        grad = grad + group["weight_decay"] * p
        v = alpha * state.get("square_avg", zero) + (1 - alpha) * grad**2
        state.update(step=torch.tensor(float(state.get("step", 0)) + 1), square_avg=v)
        if group["centered"]:
            m = state["grad_avg"] = alpha * state.get("grad_avg", zero) + (1 - alpha) * grad
            v = v - m**2
        grad = grad / (v.sqrt() + group["eps"])
        if group["momentum"] > 0:
            grad = state["momentum_buffer"] = group["momentum"] * state.get("momentum_buffer", zero) + grad
        p -= group["lr"] * grad
    # --8<-- [end:rmsprop]


# --8<-- [start:adam]
class Adam(_Optimizer):
    """Adam, as `torch.optim.Adam`: each value has its own step, about η long whatever the size of the gradients.

    m and v start at 0 and would be too small at first; dividing by 1 - βᵗ mends that, so the first step is η sign(g), short of ε.
    ε stands outside the root. weight_decay joins the gradient, so √v̂ divides it too; AdamW decouples it.

    Args:
        params: tensors, or groups {"params": tensors, …settings}.
        lr: learning rate η, at least 0.
        betas: β₁ and β₂, at least 0 and below 1.
        eps: ε, at least 0.
        weight_decay: λ, at least 0.
        amsgrad: divide by the largest v so far, so that a large gradient is never forgotten.
        maximize: climb instead of descend.

    Raises:
        ConfigError: a setting is out of range.

    Source: Kingma and Ba, 2015, algorithm 1, https://arxiv.org/abs/1412.6980; amsgrad: Reddi, Kale and Kumar, 2018,
    https://arxiv.org/abs/1904.09237.
    """

    _decoupled = False

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if min(lr, eps, weight_decay) < 0:
            raise ConfigError(f"lr, eps and weight_decay must be at least 0, got {lr}, {eps} and {weight_decay}")
        if not all(0 <= beta < 1 for beta in betas):
            raise ConfigError(f"betas must be at least 0 and below 1, got {betas}")
        settings = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, {"lr": lr, **settings, "maximize": maximize})

    def _update(self, p: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, (beta1, beta2), zero = group["lr"], group["betas"], torch.zeros_like(p)
        if self._decoupled:
            p *= 1 - lr * group["weight_decay"]
        else:
            grad = grad + group["weight_decay"] * p
        t = int(state.get("step", 0)) + 1
        m = beta1 * state.get("exp_avg", zero) + (1 - beta1) * grad
        v = beta2 * state.get("exp_avg_sq", zero) + (1 - beta2) * grad**2
        state.update(step=torch.tensor(float(t)), exp_avg=m, exp_avg_sq=v)
        if group["amsgrad"]:
            v = state["max_exp_avg_sq"] = torch.maximum(state.get("max_exp_avg_sq", zero), v)
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        p -= lr * m_hat / (v_hat.sqrt() + group["eps"])


class AdamW(Adam):
    """Adam with decoupled weight decay, as `torch.optim.AdamW`: p ← (1 - η λ) p, beside the step and not divided by √v̂.

    The arguments are those of `Adam`; weight_decay is 0.01 unless given.

    Raises:
        ConfigError: a setting is out of range.

    Source: Loshchilov and Hutter, 2019, algorithm 2, https://arxiv.org/abs/1711.05101 (its λ is multiplied by the schedule, not by η).
    """

    _decoupled = True

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


# --8<-- [end:adam]


def _at_least_0(settings: dict[str, float]) -> None:
    for name, value in settings.items():
        if value < 0:
            raise ConfigError(f"{name} must be at least 0, got {value}")


def _copy(key: str, value: Any, p: Tensor) -> Any:
    """Copy saved state; averages take the parameter's type and device, the count of steps stays as it is."""
    if not isinstance(value, Tensor):
        return value
    return value.clone() if key == "step" else value.to(p.device, p.dtype, copy=True)
