r"""Losses from scratch: cross-entropy and its parts, squared error, and cross-entropy of yes-or-no logits.

Arguments that torch deprecated (`size_average`, `reduce`) are left out; what stands behind them is given by name.
`reduction` is "mean", "sum" or "none". How the mean is taken differs, and is written at each loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.layers.probabilities import log_softmax

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "mse_loss", "nll_loss"]


# --8<-- [start:nll_loss]
def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> Tensor:
    """-weight[t] · ln p[t], summed or averaged, as `torch.nn.functional.nll_loss` does.

    The mean divides by the sum of the weights of the targets, not by their number: a batch of one rare class weighs no
    more than a batch of a common one. Ignored targets count for nothing; if all are ignored, the mean is 0 / 0, NaN.

    Args:
        input: logarithms of probabilities, (C,), (N, C) or (N, C, …), floating point.
        target: classes 0 to C - 1, or ignore_index, int64 or uint8: the input's shape without C.
        weight: (C,) weight of each class, or None for 1.
        ignore_index: targets of this value count for nothing.
        reduction: "mean", "sum" or "none".

    Returns:
        One number, or for "none" a tensor of the target's shape.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: a target is no class, or a setting is unknown.
    """
    target, kept = _check_classes(input, target, weight, ignore_index, reduction)
    weights = _weights(input, target, weight, kept)
    losses = torch.where(kept, weights * -_pick(input, target), 0.0)
    return _reduce(losses, reduction, weights)


# --8<-- [end:nll_loss]


# --8<-- [start:cross_entropy]
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ_c weight[c] · q[c] · ln softmax(x)[c], as `torch.nn.functional.cross_entropy` does.

    q is 1 at the target and 0 elsewhere, or the target itself if it holds probabilities. Label smoothing ε mixes in a
    uniform distribution: q ← (1 - ε) q + ε / C. The mean over class targets divides by Σ weight[target], without the
    ignored ones (all ignored: NaN); over probabilities it divides by their number, whatever the weights.

    Args:
        input: logits, (C,), (N, C) or (N, C, …), floating point; not probabilities.
        target: classes (int64 or uint8; the input's shape without C), or probabilities (floating point, the input's shape).
        weight: (C,) weight of each class, or None for 1.
        ignore_index: class targets of this value count for nothing.
        reduction: "mean", "sum" or "none".
        label_smoothing: ε, 0 to 1.

    Returns:
        One number, or for "none" a tensor of the input's shape without C.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: a target is no class, or a setting is unknown.

    Source: Szegedy et al., 2015, section 7 (label smoothing), https://arxiv.org/abs/1512.00567.
    """
    if not 0 <= label_smoothing <= 1:
        raise ConfigError(f"label_smoothing must lie between 0 and 1, got {label_smoothing}")
    if target.shape == input.shape and input.dim():
        return _cross_entropy_of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    target, kept = _check_classes(input, target, weight, ignore_index, reduction)
    log_p = log_softmax(input, _class_axis(input))
    weights = _weights(input, target, weight, kept)
    losses = weights * -_pick(log_p, target)
    if label_smoothing:
        uniform = -_weigh(log_p, weight).sum(_class_axis(input)) / input.shape[_class_axis(input)]
        losses = (1 - label_smoothing) * losses + label_smoothing * uniform
    return _reduce(torch.where(kept, losses, 0.0), reduction, weights)


def _cross_entropy_of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, label_smoothing: float
) -> Tensor:
    if not target.is_floating_point() or ignore_index >= 0:
        raise ConfigError(f"a target of the input's shape holds probabilities: floating point, no ignore_index; got {target.dtype}")
    _check_settings(input, weight, reduction)
    axis = _class_axis(input)
    q = (1 - label_smoothing) * target + label_smoothing / max(input.shape[axis], 1)
    losses = -_weigh(q * log_softmax(input, axis), weight).sum(axis)
    return _reduce(losses, reduction, torch.ones_like(losses))


# --8<-- [end:cross_entropy]


# --8<-- [start:mse_loss]
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(x - t)², as `torch.nn.functional.mse_loss` does; with weights the mean divides by their sum.

    Torch broadcasts (N, 1) against (N,) to N² differences and only warns. Here the shapes must be equal.

    Args:
        input: any shape.
        target: the input's shape; one of the two floating point.
        reduction: "mean", "sum" or "none".
        weight: the input's shape, or None for 1.

    Returns:
        One number, or for "none" a tensor of the input's shape.

    Raises:
        ShapeError: the shapes differ.
        ConfigError: whole numbers only, or an unknown reduction.
    """
    for name, value in (("target", target), ("weight", weight)):
        if value is not None and value.shape != input.shape:
            raise ShapeError(
                f"{name} must have the input's shape {tuple(input.shape)}, got {tuple(value.shape)}; call squeeze or unsqueeze"
            )
    if not (input.is_floating_point() or target.is_floating_point()):
        raise ConfigError(f"input or target must be floating point, got {input.dtype} and {target.dtype}; call input.float()")
    weights = torch.ones_like(input) if weight is None else weight
    return _reduce(weights * (input - target) ** 2, reduction, weights)


# --8<-- [end:mse_loss]


# --8<-- [start:bce]
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
) -> Tensor:
    """-(pos_weight · t · ln σ(x) + (1 - t) · ln(1 - σ(x))), as the function of `torch.nn.functional`.

    -ln σ(x) = ln(1 + e^-x) is computed as max(-x, 0) + ln(1 + e^-|x|), which no x overflows; -ln(1 - σ(x)) is the same of -x.
    The mean divides by the number of values, whatever the weights: unlike `cross_entropy`.

    Args:
        input: logits of any shape, floating point.
        target: probabilities of yes, 0 to 1, the input's shape, floating point.
        weight: factor of each loss, broadcast to the input's shape.
        reduction: "mean", "sum" or "none".
        pos_weight: factor of the yes part, broadcast to the input's shape.

    Returns:
        One number, or for "none" a tensor of the input's shape.

    Raises:
        ShapeError: the shapes do not fit.
        ConfigError: whole numbers, or an unknown reduction.
    """
    if target.shape != input.shape:
        raise ShapeError(f"target must have the input's shape {tuple(input.shape)}, got {tuple(target.shape)}")
    if not (input.is_floating_point() and target.is_floating_point()):
        raise ConfigError(f"input and target must be floating point, got {input.dtype} and {target.dtype}; call target.float()")
    # Not -input.abs(): its gradient at 0 is 0, and the loss has a slope there.
    minus_abs = torch.where(input >= 0, -input, input)
    tail = torch.log1p(torch.exp(minus_abs))
    yes = torch.where(input >= 0, 0.0, -input) + tail  # -ln σ(x)
    no = torch.where(input >= 0, input, 0.0) + tail  # -ln(1 - σ(x))
    losses = _broadcast(pos_weight, input, "pos_weight") * target * yes + (1 - target) * no
    return _reduce(_broadcast(weight, input, "weight") * losses, reduction, torch.ones_like(input))


# --8<-- [end:bce]


def _reduce(losses: Tensor, reduction: str, weights: Tensor) -> Tensor:
    """Sum the losses, and for the mean divide by the sum of the weights that they contain."""
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / weights.sum()
    raise ConfigError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _class_axis(input: Tensor) -> int:
    return 0 if input.dim() == 1 else 1


def _pick(values: Tensor, target: Tensor) -> Tensor:
    """Return the value of the target class: (N, C, …) and (N, …) → (N, …)."""
    axis = _class_axis(values)
    return values.gather(axis, target.unsqueeze(axis)).squeeze(axis)


def _weigh(values: Tensor, weight: Tensor | None) -> Tensor:
    """Multiply every class with its weight: (N, C, …) → (N, C, …)."""
    return values if weight is None else values * weight.reshape(-1, *[1] * (values.dim() - _class_axis(values) - 1))


def _weights(input: Tensor, target: Tensor, weight: Tensor | None, kept: Tensor) -> Tensor:
    """Return the weight of every target, 0 where it is ignored, in the target's shape."""
    return torch.where(kept, input.new_ones(()) if weight is None else weight[target], 0.0)


def _broadcast(factor: Tensor | None, input: Tensor, name: str) -> Tensor:
    if factor is None:
        return torch.ones_like(input)
    try:
        return factor.expand(input.shape)
    except RuntimeError:
        raise ShapeError(f"{name} must broadcast to the input's shape {tuple(input.shape)}, got {tuple(factor.shape)}") from None


def _check_settings(input: Tensor, weight: Tensor | None, reduction: str) -> None:
    if not input.dim():
        raise ShapeError("input must be (C,), (N, C) or (N, C, …), got a single number")
    if not input.is_floating_point():
        raise ConfigError(f"input must be floating point, got {input.dtype}; call input.float()")
    if reduction not in ("mean", "sum", "none"):
        raise ConfigError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    classes = input.shape[_class_axis(input)]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise ShapeError(f"weight must be ({classes},), one number per class, got {tuple(weight.shape)}")


def _check_classes(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str) -> tuple[Tensor, Tensor]:
    """Return the targets as int64 with 0 at the ignored ones, and where they count."""
    _check_settings(input, weight, reduction)
    axis = _class_axis(input)
    wanted = (*input.shape[:axis], *input.shape[axis + 1 :])
    if tuple(target.shape) != wanted:
        raise ShapeError(f"target must be {wanted}, the input's shape without its classes, got {tuple(target.shape)}")
    if target.dtype not in (torch.int64, torch.uint8):
        raise ConfigError(f"class targets must be int64 or uint8, got {target.dtype}; call target.long()")
    target = target.long()
    kept = target != ignore_index
    wrong = target[kept & ((target < 0) | (target >= input.shape[axis]))]
    if wrong.numel():
        raise ConfigError(f"targets must be classes 0 to {input.shape[axis] - 1} or ignore_index={ignore_index}, got {int(wrong[0])}")
    return torch.where(kept, target, 0), kept
