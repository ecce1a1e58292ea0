r"""From scores to probabilities: softmax, its logarithm, and the logarithm of a sum of exponentials.

    softmax(x)_i = e^x_i / Σ_j e^x_j        logsumexp(x) = ln Σ_j e^x_j        log_softmax(x)_i = x_i - logsumexp(x)

e^x is infinite from x = 89 in float32. All three subtract the largest score first: softmax does not change when every
score falls by the same number, and logsumexp falls by that number, which is added again. The gradient does not see the
shift, because the result does not depend on it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["log_softmax", "logsumexp", "softmax"]


# --8<-- [start:logsumexp]
def logsumexp(input: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """Ln Σ e^x along one or several axes, as `torch.logsumexp` does: a maximum with a round corner.

    A sum over nothing is 0, so its logarithm is -∞; whole numbers are taken as float.

    Args:
        input: any shape.
        dim: the axis or axes to sum over.
        keepdim: keep these axes, with size 1.

    Returns:
        A tensor without these axes.

    Raises:
        ShapeError: the input has no such axis.
    """
    if not input.is_floating_point():
        input = input.to(torch.get_default_dtype())
    shift = _largest(input, dim)
    total = torch.exp(input - shift).sum(dim, keepdim=True)
    result = shift + torch.log(total)
    return result if keepdim else result.squeeze(dim)


# --8<-- [end:logsumexp]


# --8<-- [start:softmax]
def softmax(input: Tensor, dim: int | None = None, dtype: torch.dtype | None = None) -> Tensor:
    """e^x / Σ e^x along one axis, as `torch.nn.functional.softmax` does: shares between 0 and 1 that sum to 1.

    Args:
        input: scores of any shape, floating point.
        dim: the axis of the classes. Torch guesses it when it is None, and warns; here it must be given.
        dtype: type to compute in; None keeps that of the input.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: dim is None, or the input holds whole numbers and no dtype is given.
        ShapeError: the input has no such axis.
    """
    input, dim = _scores(input, dim, dtype)
    e = torch.exp(input - _largest(input, dim, guard=False))
    return e / e.sum(dim, keepdim=True)


def log_softmax(input: Tensor, dim: int | None = None, dtype: torch.dtype | None = None) -> Tensor:
    """X - ln Σ e^x along one axis, as `torch.nn.functional.log_softmax` does.

    `softmax(x).log()` is -∞ where softmax rounds to 0; this is not.

    Args:
        input: scores of any shape, floating point.
        dim: the axis of the classes; it must be given.
        dtype: type to compute in; None keeps that of the input.

    Returns:
        Logarithms of probabilities, at most 0, in a tensor of the input's shape.

    Raises:
        ConfigError: dim is None, or the input holds whole numbers and no dtype is given.
        ShapeError: the input has no such axis.
    """
    input, dim = _scores(input, dim, dtype)
    shifted = input - _largest(input, dim, guard=False)
    return shifted - torch.log(torch.exp(shifted).sum(dim, keepdim=True))


# --8<-- [end:softmax]


def _largest(input: Tensor, dim: int | tuple[int, ...], guard: bool = True) -> Tensor:
    """Return the largest score along the axes, kept with size 1, as a constant for the gradient."""
    axes = (dim,) if isinstance(dim, int) else dim
    rank = max(input.dim(), 1)  # a single number counts as one axis
    if not axes or any(not -rank <= axis < rank for axis in axes):
        raise ShapeError(f"dim must name axes between {-rank} and {rank - 1} of an input of shape {tuple(input.shape)}, got {dim}")
    if not input.numel():  # there is no largest of nothing
        return input.new_zeros(()) if not input.dim() else torch.zeros_like(input.sum(axes, keepdim=True))
    largest = input.detach().amax(axes, keepdim=True)
    # ∞ - ∞ is NaN; scores that are all -∞, or +∞ among them, need no shift.
    return torch.where(torch.isinf(largest), 0.0, largest) if guard else largest


def _scores(input: Tensor, dim: int | None, dtype: torch.dtype | None) -> tuple[Tensor, int]:
    if dim is None:
        raise ConfigError("dim must be given: -1 for scores (N, C), 1 for scores (N, C, H, W)")
    if dtype is not None:
        input = input.to(dtype)
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; give dtype=torch.float32")
    return input, dim
