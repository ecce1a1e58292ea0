r"""Dropout from scratch: in training every value is zeroed with probability p, and those that stay grow by 1 / (1 - p).

    y = x · m / (1 - p),  m = 1 with probability 1 - p, else 0

Because of the factor 1 / (1 - p) the mean of y is x, so evaluation needs no factor: there dropout returns x itself.
p is the share that is dropped, not the share that is kept. p = 1 gives 0 everywhere.

Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout", JMLR 15, 2014,
https://jmlr.org/papers/v15/srivastava14a.html (which scales by 1 - p in evaluation instead).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["Dropout", "Dropout2d", "dropout", "dropout2d"]


# --8<-- [start:dropout]
def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero single values at random, as `torch.nn.functional.dropout` does.

    With the same seed on the CPU, the same values are dropped as by torch.

    Args:
        input: any shape, floating point.
        p: probability that a value is dropped, 0 to 1.
        training: without it the input comes back as it is.

    Returns:
        A tensor of the input's shape.

    Raises:
        ConfigError: p is not between 0 and 1, or the input holds whole numbers.

    Source: Srivastava et al., 2014.
    """
    return _drop(input, input.shape, p, training)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero whole channels at random, as `torch.nn.functional.dropout2d` does.

    Neighbouring pixels resemble each other, so a single dropped pixel hides little; a dropped channel does.

    Args:
        input: (N, C, H, W), floating point.
        p: probability that a channel of an example is dropped, 0 to 1.
        training: without it the input comes back as it is.

    Returns:
        A tensor of the input's shape.

    Raises:
        ShapeError: the input is not (N, C, H, W).
        ConfigError: p is not between 0 and 1, or the input holds whole numbers.

    Source: Tompson et al., 2015, section 3.2, https://arxiv.org/abs/1411.4280.
    """
    if input.dim() != 4:
        raise ShapeError(f"dropout2d takes (N, C, H, W), got {tuple(input.shape)}; use dropout for single values")
    return _drop(input, (*input.shape[:2], 1, 1), p, training)


def _drop(input: Tensor, shape: tuple[int, ...], p: float, training: bool) -> Tensor:
    if not 0 <= p <= 1:
        raise ConfigError(f"p is the share that is dropped and lies between 0 and 1, got {p}")
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; call input.float()")
    if not training or p == 0:
        return input
    if p == 1:
        return input * torch.zeros_like(input)
    keep = torch.empty(shape, dtype=input.dtype, device=input.device).bernoulli_(1 - p)  # 1: kept, 0: dropped
    return input * (keep / (1 - p))


# --8<-- [end:dropout]


class Dropout(nn.Module):
    """Zero single values at random while the module is in training, as `nn.Dropout`.

    Args:
        p: probability that a value is dropped, 0 to 1.

    Raises:
        ConfigError: p is not between 0 and 1.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ConfigError(f"p is the share that is dropped and lies between 0 and 1, got {p}")
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        """Drop values of a tensor of any shape."""
        return dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Name the settings in the printed model."""
        return f"p={self.p}"


class Dropout2d(Dropout):
    """Zero whole channels at random while the module is in training, as `nn.Dropout2d`; the argument is that of `Dropout`."""

    def forward(self, input: Tensor) -> Tensor:
        """Drop channels of (N, C, H, W)."""
        return dropout2d(input, self.p, self.training)
