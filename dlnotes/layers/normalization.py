r"""Layer and group normalisation from scratch: every example is normalised by itself, so training and evaluation agree.

    y = (x - mean) / √(var + ε) · weight + bias

The formula is that of batch normalisation; what differs is over which values mean and var go. Of images (N, C, H, W):

| layer                    | one mean for each | over              | weight and bias |
|--------------------------|-------------------|-------------------|-----------------|
| batch norm               | channel           | N, H, W           | (C,)            |
| layer norm, last axis W  | n, c, h           | W                 | (W,)            |
| layer norm, (C, H, W)    | n                 | C, H, W           | (C, H, W)       |
| group norm, G groups     | n, group          | C / G, H, W       | (C,)            |

The variance is the biased one (divided by n), and ε stands inside the root. Layer norm has a weight for every value that
it normalises over; group norm has one per channel.

Sources: Ba, Kiros and Hinton, 2016, https://arxiv.org/abs/1607.06450; Wu and He, 2018, https://arxiv.org/abs/1803.08494.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["GroupNorm", "LayerNorm", "group_norm", "layer_norm"]


# --8<-- [start:layer_norm]
def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalise over the last axes of each example, as `torch.nn.functional.layer_norm` does.

    Args:
        input: (…, *normalized_shape), floating point.
        normalized_shape: the sizes of the last axes, over which mean and variance go.
        weight: scale of shape `normalized_shape`, or None for 1.
        bias: shift of shape `normalized_shape`, or None for 0.
        eps: added to the variance inside the root.

    Returns:
        A tensor of the input's shape.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: the input holds whole numbers.

    Source: Ba, Kiros and Hinton, 2016, equation 4, https://arxiv.org/abs/1607.06450.
    """
    _check_layer(input, tuple(normalized_shape), weight, bias)
    dims = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(dims, keepdim=True)
    var = centred.square().mean(dims, keepdim=True)
    output = centred / torch.sqrt(var + eps)
    if weight is not None:
        output = output * weight
    return output if bias is None else output + bias


# --8<-- [end:layer_norm]


# --8<-- [start:group_norm]
def group_norm(input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """Normalise groups of channels of each example, as `torch.nn.functional.group_norm` does.

    One group is layer norm over (C, H, W); as many groups as channels is instance norm.

    Args:
        input: (N, C, …), floating point.
        num_groups: divides C; neighbouring channels share a group.
        weight: (C,) scale, or None for 1.
        bias: (C,) shift, or None for 0.
        eps: added to the variance inside the root.

    Returns:
        A tensor of the input's shape.

    Raises:
        ShapeError: the shapes do not fit, or the only group has one value.
        ConfigError: num_groups does not divide the channels, or the input holds whole numbers.

    Source: Wu and He, 2018, figure 3, https://arxiv.org/abs/1803.08494.
    """
    _check_group(input, num_groups, weight, bias)
    count, channels = input.shape[:2]
    groups = input.reshape(count, num_groups, prod(input.shape[1:]) // num_groups)  # (N, G, C/G · H · W)
    centred = groups - groups.mean(2, keepdim=True)
    var = centred.square().mean(2, keepdim=True)
    output = (centred / torch.sqrt(var + eps)).reshape(input.shape)
    per_channel = (1, channels, *[1] * (input.dim() - 2))
    if weight is not None:
        output = output * weight.reshape(per_channel)
    return output if bias is None else output + bias.reshape(per_channel)


# --8<-- [end:group_norm]


class LayerNorm(nn.Module):
    """Layer normalisation with a trained scale and shift for each value, as `nn.LayerNorm`.

    Args:
        normalized_shape: sizes of the last axes; one integer for the last axis alone.
        eps: added to the variance inside the root.
        elementwise_affine: train a scale and a shift.
        bias: with `elementwise_affine`, train the shift too.
        device: where the parameters live.
        dtype: type of the parameters.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.weight = nn.Parameter(torch.ones(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        shift = elementwise_affine and bias
        self.bias = nn.Parameter(torch.zeros(self.normalized_shape, device=device, dtype=dtype)) if shift else None

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (…, *normalized_shape)."""
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


class GroupNorm(nn.Module):
    """Group normalisation with a trained scale and shift for each channel, as `nn.GroupNorm`.

    Args:
        num_groups: groups of channels; divides `num_channels`.
        num_channels: channels C.
        eps: added to the variance inside the root.
        affine: train a scale and a shift.
        device: where the parameters live.
        dtype: type of the parameters.
        bias: with `affine`, train the shift too.

    Raises:
        ConfigError: num_groups does not divide num_channels.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ConfigError(f"num_groups must divide the {num_channels} channels, got {num_groups}")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.weight = nn.Parameter(torch.ones(num_channels, device=device, dtype=dtype)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_channels, device=device, dtype=dtype)) if affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (N, C, …)."""
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)


def _check_layer(input: Tensor, shape: tuple[int, ...], weight: Tensor | None, bias: Tensor | None) -> None:
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; call input.float()")
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ShapeError(f"normalized_shape must be the last sizes of the input {tuple(input.shape)}, got {shape}")
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != shape:
            raise ShapeError(f"{name} must have the shape of normalized_shape, {shape}, got {tuple(value.shape)}")


def _check_group(input: Tensor, num_groups: int, weight: Tensor | None, bias: Tensor | None) -> None:
    if input.dim() < 2:
        raise ShapeError(f"input must be (N, C, …), got {tuple(input.shape)}")
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; call input.float()")
    channels = input.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ConfigError(f"num_groups must divide the {channels} channels of the input, got {num_groups}")
    if input.numel() == num_groups:
        raise ShapeError(f"a group needs more than one value, got {tuple(input.shape)} in {num_groups} groups; use fewer groups")
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and tuple(value.shape) != (channels,):
            raise ShapeError(f"{name} must be ({channels},), one number per channel, got {tuple(value.shape)}")
