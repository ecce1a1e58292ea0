r"""Batch normalisation from scratch: every channel gets mean 0 and variance 1 over the batch, then a trained scale and shift.

    y[n, c, …] = (x[n, c, …] - mean[c]) / √(var[c] + ε) · weight[c] + bias[c]

In training, mean and var are those of the batch, over everything but the channel; in evaluation they are running averages
that training left behind. Four rules surprise:

- ε stands inside the root, so a channel that never changes gives 0 and not a division by 0.
- The batch is divided by √ of the biased variance (divided by n), but the running average takes the unbiased one (by n - 1).
- `momentum` is the share of the new value: running ← (1 - momentum) · running + momentum · batch.
- `momentum=None` averages all batches with equal weight, 1 / (number of batches so far).

Source: Ioffe and Szegedy, "Batch Normalization", 2015, https://arxiv.org/abs/1502.03167.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError

__all__ = ["BatchNorm", "BatchNorm1d", "BatchNorm2d", "batch_norm", "convert_batch_norm"]


# --8<-- [start:batch_norm]
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise every channel over the batch, as `torch.nn.functional.batch_norm` does.

    Args:
        input: (N, C) or (N, C, …), floating point.
        running_mean: (C,) running averages, changed in place in training; used instead of the batch's in evaluation.
        running_var: (C,) as `running_mean`.
        weight: (C,) scale, or None for 1.
        bias: (C,) shift, or None for 0.
        training: normalise by the batch's own statistics and update the running ones.
        momentum: share of the new value in the running averages, 0 to 1.
        eps: added to the variance inside the root, above 0.

    Returns:
        A tensor of the input's shape.

    Raises:
        ShapeError: the shapes do not fit, or a channel has one value only in training, whose variance says nothing.
        ConfigError: eps is not positive in training, or running statistics are missing.

    Source: Ioffe and Szegedy, 2015, algorithm 1, https://arxiv.org/abs/1502.03167.
    """
    _check(input, running_mean, running_var, weight, bias, training, eps)
    if training and input.numel():
        dims = (0, *range(2, input.dim()))  # everything but the channel
        mean = input.mean(dims)  # (C,)
        squares = (input - _per_channel(mean, input)).square()
        var = squares.mean(dims)  # (C,), biased: divided by n
        if running_mean is not None and running_var is not None:
            count = input.numel() // input.shape[1]
            with torch.no_grad():
                unbiased = var * count / (count - 1)
                running_mean.copy_((1 - momentum) * running_mean + momentum * mean)
                running_var.copy_((1 - momentum) * running_var + momentum * unbiased)
    elif running_mean is not None and running_var is not None:
        mean, var = running_mean, running_var
    else:  # an empty batch: nothing to normalise, and nothing to learn from
        mean, var = input.new_zeros(input.shape[1]), input.new_ones(input.shape[1])

    output = (input - _per_channel(mean, input)) / torch.sqrt(_per_channel(var, input) + eps)
    if weight is not None:
        output = output * _per_channel(weight, input)
    if bias is not None:
        output = output + _per_channel(bias, input)
    return output


def _per_channel(values: Tensor, input: Tensor) -> Tensor:
    """Turn (C,) into (1, C, 1, …), so that it meets every value of its channel."""
    return values.reshape(1, -1, *[1] * (input.dim() - 2))


# --8<-- [end:batch_norm]


# --8<-- [start:module]
class BatchNorm(nn.Module):
    """Batch normalisation with trained scale and shift, for (N, C) and (N, C, …); its state_dict is that of `nn.BatchNorm1d`.

    Args:
        num_features: channels C.
        eps: added to the variance inside the root.
        momentum: share of the newest batch in the running averages; None weighs all batches alike.
        affine: train a scale and a shift.
        track_running_stats: keep running averages; without them evaluation uses the batch's statistics too.
        device: where the parameters live.
        dtype: type of the parameters.
        bias: with `affine`, train the shift too.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        ones, zeros = (make(num_features, device=device, dtype=dtype) for make in (torch.ones, torch.zeros))
        self.weight = nn.Parameter(ones) if affine else None
        self.bias = nn.Parameter(zeros) if affine and bias else None
        # Buffers: saved with the parameters and moved to the device with them, but no optimizer changes them.
        self.register_buffer("running_mean", zeros.clone() if track_running_stats else None)
        self.register_buffer("running_var", ones.clone() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0, device=device) if track_running_stats else None)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (N, C) or (N, C, …); in training, update the running averages."""
        self._check_input_dim(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
            if self.momentum is None:
                momentum = 1 / float(self.num_batches_tracked)
        use_batch = self.training or self.running_mean is None
        return batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, use_batch, momentum, self.eps)

    def _check_input_dim(self, input: Tensor) -> None:
        """Leave it to `batch_norm`; the classes below are strict about the number of dimensions, as torch's are."""

    def extra_repr(self) -> str:
        """Name the settings in the printed model."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


# --8<-- [end:module]


class BatchNorm1d(BatchNorm):
    """Batch normalisation of (N, C) or (N, C, L), with the arguments of `BatchNorm`."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (2, 3):
            raise ShapeError(f"BatchNorm1d takes (N, C) or (N, C, L), got {tuple(input.shape)}; use BatchNorm2d for images")


class BatchNorm2d(BatchNorm):
    """Batch normalisation of images (N, C, H, W), with the arguments of `BatchNorm`."""

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 4:
            raise ShapeError(f"BatchNorm2d takes (N, C, H, W), got {tuple(input.shape)}; use BatchNorm1d for vectors")


# --8<-- [start:convert]
def convert_batch_norm(model: nn.Module) -> nn.Module:
    """Put one of ours in the place of every `nn.BatchNorm1d`, `2d` and `3d`, as `nn.SyncBatchNorm.convert_sync_batchnorm` does.

    Args:
        model: any module; it is changed in place. Its weights and running statistics stay the same tensors, so the keys
            of its state_dict stay too, and an optimizer that was made before goes on.

    Returns:
        The model; if it is itself a batch normalisation, its replacement. Subclasses of torch's are left alone.
    """
    made: dict[nn.Module, nn.Module] = {}  # what is shared stays shared
    for parent in list(model.modules()):
        for name, child in parent._modules.items():
            if child is not None and type(child) in _OURS:
                parent.register_module(name, made.setdefault(child, _ours(child)))
    return _ours(model) if type(model) in _OURS else model


_OURS: dict[type, type[BatchNorm]] = {nn.BatchNorm1d: BatchNorm1d, nn.BatchNorm2d: BatchNorm2d, nn.BatchNorm3d: BatchNorm}


def _ours(theirs: Any) -> BatchNorm:
    settings = {"affine": theirs.affine, "track_running_stats": theirs.track_running_stats, "bias": theirs.bias is not None}
    ours = _OURS[type(theirs)](theirs.num_features, theirs.eps, theirs.momentum, device="meta", **settings)
    for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
        setattr(ours, name, getattr(theirs, name))
    return ours.train(theirs.training)


# --8<-- [end:convert]


def _check(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    eps: float,
) -> None:
    if input.dim() < 2:
        raise ShapeError(f"input must be (N, C) or (N, C, …), got {tuple(input.shape)}")
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; call input.float()")
    channels = input.shape[1]
    given = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    for name, value in given.items():
        if value is not None and tuple(value.shape) != (channels,):
            raise ShapeError(f"{name} must be ({channels},), one number per channel of the input, got {tuple(value.shape)}")
    if (running_mean is None) != (running_var is None) or (running_mean is None and not training):
        raise ConfigError("give running_mean and running_var, or neither and training=True")
    if training and input.numel() == channels:
        raise ShapeError(f"training needs more than one value per channel, got {tuple(input.shape)}; drop the last batch or call eval()")
    if training and eps <= 0:
        raise ConfigError(f"eps must be positive, got {eps}")
