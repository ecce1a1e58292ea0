"""What the answers to the exercises of docs/theory/autograd.py must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import parameters

__all__ = ["CHECKS"]


def _derivatives() -> Sequence[float]:
    x, y = torch.tensor(3.0, requires_grad=True), torch.tensor(4.0, requires_grad=True)
    (x**2 * y + y).backward()
    return [float(x.grad or 0), float(y.grad or 0)]


def _uncleared() -> float:
    """Walk 10 steps of SGD on a slope of 1 without clearing the gradient."""
    w = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(10):
        w.sum().backward()
        optimizer.step()
    return abs(w.item())


def _exp(answer: Any) -> tuple[str, str] | None:
    class Scalar:
        def __init__(self, value: float, parents: Sequence[Any] = ()) -> None:
            self.value, self.parents, self.grad = value, parents, 0.0

    for x in (0.0, 1.5, -2.0):
        scalar = Scalar(x)
        result = answer(scalar)
        # The answer may build another class of the same form, such as the page's own.
        parents = tuple(result.parents)
        if not math.isclose(result.value, math.exp(x), rel_tol=1e-9):
            return (
                f"exp({x:g}) 的值是 {result.value:g}，应为 {math.exp(x):g}",
                f"the value of exp({x:g}) is {result.value:g}, not {math.exp(x):g}",
            )
        if len(parents) != 1 or parents[0][0] is not scalar or not math.isclose(parents[0][1], math.exp(x), rel_tol=1e-9):
            return (
                f"exp({x:g}) 的 parents 应当是 ((self, {math.exp(x):g}),)，得到 {len(parents)} 项",
                f"the parents of exp({x:g}) should be ((self, {math.exp(x):g}),), got {len(parents)} with another content",
            )
    return None


def _pass_through_round(function: Callable[..., Any]) -> tuple[str, str] | None:
    x = torch.tensor([-1.7, -0.2, 0.3, 2.6], requires_grad=True)
    rounded = function(x)
    if not torch.equal(rounded.detach(), x.detach().round()):
        return f"前向应当得到 {x.detach().round().tolist()}，得到 {rounded.tolist()}", (
            f"forwards it should give {x.detach().round().tolist()}, got {rounded.tolist()}"
        )
    if not rounded.requires_grad:
        return "结果已经不在图上，梯度到不了 x", "the result is cut off from the graph: no gradient reaches x"
    passed = torch.tensor([1.0, -2.0, 3.0, 0.5])
    (gradient,) = torch.autograd.grad(rounded, x, passed)
    if not torch.allclose(gradient, passed):
        return f"传来的梯度 {passed.tolist()} 应当原样通过，得到 {gradient.tolist()}", (
            f"the gradient {passed.tolist()} should pass unchanged, got {gradient.tolist()}"
        )
    return None


CHECKS: dict[int, Check] = {
    1: number(_derivatives, "对 x，对 y", "by x, by y", count=2),
    2: code(
        "exp",
        "exp(self)：就像 Scalar 的一个方法；返回 type(self) 的新对象",
        "exp(self), as a method of Scalar would be; returns a new object of type(self)",
        _exp,
    ),
    3: number(_uncleared, tolerance=1e-3),
    4: number(lambda: 2 * parameters(models.create("lenet"))),
    6: number(lambda: (best := min(range(1, 65), key=lambda k: 64 / k + k), 64 / best + best), "k，一共占多少", "k, and how much", count=2),
    7: code(
        "pass_through_round",
        "pass_through_round(x)：张量，返回四舍五入后的张量，梯度原样通过",
        "pass_through_round(x): a tensor; returns it rounded, with the gradient passed on unchanged",
        _pass_through_round,
    ),
}
