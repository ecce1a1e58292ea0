"""What all proofs of layers share: how two functions are compared, and how many examples hypothesis tries.

`DLNOTES_EXAMPLES=500 pytest tests/layers` tries 500 random settings a layer; without it the suite stays quick.
A test takes them by `@settings(settings.get_profile("layers"))`.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, settings
from torch import Tensor

settings.register_profile(
    "layers",
    max_examples=int(os.environ.get("DLNOTES_EXAMPLES", "25")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def run(function: Callable[..., Any], tensors: list[Tensor], options: dict[str, Any]) -> list[Tensor]:
    """Return what the function gives, and the gradients of a random sum of its first output."""
    inputs = [tensor.detach().clone().requires_grad_(tensor.is_floating_point()) for tensor in tensors]
    made = function(*inputs, **options)
    outputs = list(made) if isinstance(made, tuple) else [made]
    upstream = torch.randn(outputs[0].shape, generator=torch.Generator().manual_seed(1), dtype=outputs[0].dtype)
    outputs[0].backward(upstream)
    gradients = [torch.zeros_like(tensor) if tensor.grad is None else tensor.grad for tensor in inputs]
    return [output.detach() for output in outputs] + gradients


@pytest.fixture(scope="session")
def difference() -> Callable[..., float]:
    """`difference(ours, theirs, tensors, **options)`: the largest one of outputs and of gradients by every tensor."""

    def largest(ours: Callable[..., Any], theirs: Callable[..., Any], tensors: list[Tensor], **options: Any) -> float:
        found = 0.0
        for a, b in zip(run(ours, tensors, options), run(theirs, tensors, options), strict=True):
            assert a.shape == b.shape and a.dtype == b.dtype, f"{a.shape} {a.dtype}, torch has {b.shape} {b.dtype}"
            assert torch.equal(a.isnan(), b.isnan()), "NaN in one of the two only"
            if a.numel():
                found = max(found, float((a - b).abs().max()))
        return found

    return largest


@pytest.fixture(scope="session")
def parameters() -> Callable[..., dict[str, Any]]:
    """`parameters(function)`: names and defaults in order; of a function written in C++, from its first line of documentation."""

    def read(function: Callable[..., Any]) -> dict[str, Any]:
        line = re.search(rf"\b{function.__name__}\((.*?)\) ->", function.__doc__ or "")
        try:
            found = inspect.signature(function).parameters.values()
        except ValueError:
            assert line, f"{function} has neither a signature nor a documented one"
            scope: dict[str, Any] = {}
            exec(f"def function({line[1]}): ...", scope)
            found = inspect.signature(scope["function"]).parameters.values()
        return {item.name: item.default for item in found}

    return read
