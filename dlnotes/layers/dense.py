"""The linear layer from scratch: y = x·Wᵀ + b."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["Linear", "linear", "linear_loops"]


# --8<-- [start:linear]
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply and add as `torch.nn.functional.linear` does, with the same arguments.

        output[…, o] = bias[o] + Σ_i weight[o, i] · input[…, i]

    The weight stands as (outputs, inputs), so the formula has a transpose: row o holds the weights of output o.

    Args:
        input: (…, I), any number of axes before the last.
        weight: (O, I); or (I,), for a single output without an axis of its own.
        bias: (O,), or () with a weight (I,); or None.

    Returns:
        (…, O); (…) with a weight (I,).

    Raises:
        ShapeError: the shapes do not fit.
    """
    _check(input, weight, bias)
    output = input @ weight.t()  # (…, O)
    return output if bias is None else output + bias


# --8<-- [end:linear]


# --8<-- [start:loops]
def linear_loops(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Compute `linear` with one loop per index of the formula; slow, and easy to read.

    Args:
        input: (N, I).
        weight: (O, I).
        bias: (O,) or None.

    Returns:
        (N, O).

    Raises:
        ShapeError: the shapes do not fit.
    """
    _check(input, weight, bias)
    if input.dim() != 2 or weight.dim() != 2:
        raise ShapeError(f"the loops take input (N, I) and weight (O, I), got {tuple(input.shape)} and {tuple(weight.shape)}")
    output = input.new_zeros(input.shape[0], weight.shape[0])
    for n in range(input.shape[0]):
        for o in range(weight.shape[0]):
            for i in range(weight.shape[1]):
                output[n, o] = output[n, o] + weight[o, i] * input[n, i]
            if bias is not None:
                output[n, o] = output[n, o] + bias[o]
    return output


# --8<-- [end:loops]


# --8<-- [start:module]
class Linear(nn.Module):
    """A linear layer with weights of its own, as `torch.nn.Linear`.

    The first weights and biases are uniform between ±1/√I.

    Args:
        in_features: I, numbers that come in.
        out_features: O, numbers that go out.
        bias: whether one number is added to each output.
        device: where the weights lie.
        dtype: their type.

    Raises:
        ConfigError: a size is negative.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if in_features < 1 or out_features < 1:
            raise ConfigError(f"in_features and out_features must be at least 1, got {in_features} and {out_features}")
        self.weight = nn.Parameter(torch.empty(out_features, in_features, device=device, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(out_features, device=device, dtype=dtype)) if bias else None
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(in_features), 1 / math.sqrt(in_features))

    def forward(self, input: Tensor) -> Tensor:
        """Return (…, O) for (…, I); see `linear`."""
        return linear(input, self.weight, self.bias)


# --8<-- [end:module]


def _check(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if weight.dim() not in (1, 2) or input.dim() < 1 or input.shape[-1] != weight.shape[-1]:
        raise ShapeError(f"input must be (…, I) and weight (O, I), got {tuple(input.shape)} and {tuple(weight.shape)}")
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise ShapeError(f"bias must be {tuple(weight.shape[:-1])}, one number per output, got {tuple(bias.shape)}")
