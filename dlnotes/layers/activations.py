r"""Activations from scratch, each one formula, written so that no input overflows and no gradient becomes NaN.

Two things recur. `torch.where` evaluates both branches, and the gradient of the branch that was not taken is 0 times
whatever stands there; 0 · ∞ is NaN. So the branch is fed a harmless number first. And at the kink x = 0 a gradient must
be chosen: torch takes 0 for ReLU, the slope of the negative side for leaky ReLU and ELU, and 0 at both ends of hardtanh.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dlnotes.errors import ConfigError

__all__ = ["elu", "gelu", "hardtanh", "leaky_relu", "relu", "sigmoid", "silu", "softplus", "tanh"]


def _minus_abs(x: Tensor) -> Tensor:
    # Not -x.abs(): its gradient at 0 is 0, and sigmoid and tanh have a slope there.
    return torch.where(x >= 0, -x, x)


# --8<-- [start:sigmoid]
def sigmoid(input: Tensor) -> Tensor:
    """σ(x) = 1 / (1 + e^-x), between 0 and 1.

    For negative x it is computed as e^x / (1 + e^x), the same number: e^-x overflows at x = -89 in float32.

    Args:
        input: any shape.

    Returns:
        A tensor of the input's shape.
    """
    e = torch.exp(_minus_abs(input))  # e^-|x|, at most 1
    return torch.where(input >= 0, 1.0, e) / (1 + e)


# --8<-- [end:sigmoid]


# --8<-- [start:tanh]
def tanh(input: Tensor) -> Tensor:
    """(e^x - e^-x) / (e^x + e^-x), between -1 and 1; it is 2σ(2x) - 1.

    Divided by e^|x| above and below, nothing overflows. `expm1(z)` is e^z - 1 without the loss of digits near 0.

    Args:
        input: any shape.

    Returns:
        A tensor of the input's shape.
    """
    t = torch.expm1(2 * _minus_abs(input))  # e^-2|x| - 1, between -1 and 0
    size = -t / (2 + t)  # tanh |x|
    return torch.where(input >= 0, size, -size)


# --8<-- [end:tanh]


# --8<-- [start:relu]
def relu(input: Tensor) -> Tensor:
    """max(0, x); the gradient at 0 is taken as 0.

    Args:
        input: any shape.

    Returns:
        A tensor of the input's shape.
    """
    return torch.where(input <= 0, torch.zeros_like(input), input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """max(0, x) + negative_slope · min(0, x): a ReLU that lets a little through.

    Args:
        input: any shape, floating point.
        negative_slope: slope for x ≤ 0.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: the input holds whole numbers.
    """
    _check_float(input)
    return torch.where(input > 0, input, negative_slope * input)


# --8<-- [end:relu]


# --8<-- [start:elu]
def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """max(0, x) + α (e^min(0, x) - 1): a ReLU that falls to -α along a curve.

    Args:
        input: any shape, floating point.
        alpha: α.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: the input holds whole numbers.

    Source: Clevert, Unterthiner and Hochreiter, 2016, https://arxiv.org/abs/1511.07289.
    """
    _check_float(input)
    negative = torch.where(input > 0, 0.0, input)  # e^x of a large x would be infinite, though it is not used
    return torch.where(input > 0, input, alpha * torch.expm1(negative))


# --8<-- [end:elu]


# --8<-- [start:gelu]
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Φ(x) · x, where Φ(x) is the share of a normal distribution that lies below x.

    Φ(x) = ½ (1 + erf(x / √2)); the tanh form approximates it by ½ (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Args:
        input: any shape, floating point.
        approximate: "none" or "tanh" (as in GPT-2 and BERT's first code).

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: `approximate` is another word, or the input holds whole numbers.

    Source: Hendrycks and Gimpel, 2016, https://arxiv.org/abs/1606.08415.
    """
    _check_float(input)
    if approximate == "none":
        return input * 0.5 * (1 + torch.erf(input / math.sqrt(2)))
    if approximate == "tanh":
        return input * 0.5 * (1 + tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input**3)))
    raise ConfigError(f"approximate must be 'none' or 'tanh', got {approximate!r}")


# --8<-- [end:gelu]


# --8<-- [start:silu]
def silu(input: Tensor) -> Tensor:
    """σ(x) · x, also called swish.

    Args:
        input: any shape, floating point.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: the input holds whole numbers.

    Source: Elfwing, Uchibe and Doya, 2017, https://arxiv.org/abs/1702.03118.
    """
    _check_float(input)
    return input * sigmoid(input)


# --8<-- [end:silu]


# --8<-- [start:softplus]
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + e^βx) / β, a ReLU with a round corner; its gradient is σ(βx).

    Args:
        input: any shape, floating point.
        beta: β; the larger, the sharper the corner.
        threshold: where βx is above it, x itself is returned, so that e^βx need not be computed.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: the input holds whole numbers.
    """
    _check_float(input)
    linear = beta * input > threshold
    small = torch.where(linear, 0.0, beta * input)
    return torch.where(linear, input, torch.log1p(torch.exp(small)) / beta)


# --8<-- [end:softplus]


# --8<-- [start:hardtanh]
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """min(max(x, min_val), max_val); the gradient at both ends is 0.

    Args:
        input: any shape.
        min_val: the lowest output.
        max_val: the highest output; 0 and 6 give ReLU6.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: min_val is above max_val.
    """
    if min_val > max_val:
        raise ConfigError(f"min_val must not be above max_val, got {min_val} and {max_val}")
    low, high = torch.full_like(input, min_val), torch.full_like(input, max_val)
    return torch.where(input <= min_val, low, torch.where(input >= max_val, high, input))


# --8<-- [end:hardtanh]


def _check_float(input: Tensor) -> None:
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; call input.float()")
