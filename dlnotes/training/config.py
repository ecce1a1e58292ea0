"""The settings of a training run, checked when they are made."""

from __future__ import annotations

import dataclasses
import difflib
import math

from dlnotes.errors import ConfigError

__all__ = ["Config"]

_CHOICES = {
    "optimizer": ("sgd", "adam", "adamw"),
    "schedule": ("constant", "one_cycle"),
    "augmentation": ("none", "digits"),
    "precision": ("auto", "float32", "bfloat16"),
    "device": ("auto", "cuda", "mps", "cpu"),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """How to train.

    Attributes:
        epochs: passes over the training data, at least 1.
        batch_size: samples per step.
        lr: learning rate; the peak of the schedule where there is one.
        optimizer: "sgd" (with momentum), "adam" or "adamw".
        momentum: momentum of SGD, 0 to below 1.
        weight_decay: as the optimizer defines it: L2 in the gradient for SGD and Adam, decoupled for AdamW.
        schedule: "constant" or "one_cycle" (warm up, then anneal to almost 0; see `schedules.learning_rates`).
        label_smoothing: share of the target spread over all classes, 0 to below 1.
        augmentation: "none", or "digits": small rotation, scaling and shift that keep a digit's meaning.
        seed: of order, augmentation, dropout, and whatever else is drawn while training.
        device: "auto", or one by name.
        precision: "auto" is bfloat16 where the hardware multiplies it and a step is large enough to gain from it,
            float32 elsewhere (measured; see `precision.choose_precision`).
        drop_last: leave out the ragged last batch, whose few samples would weigh as much as a whole batch.

    Raises:
        ConfigError: a value is out of range; the message says which and what is allowed.
    """

    epochs: int = 5
    batch_size: int = 64
    lr: float = 1e-3
    optimizer: str = "adamw"
    momentum: float = 0.9
    weight_decay: float = 0.01
    schedule: str = "one_cycle"
    label_smoothing: float = 0.0
    augmentation: str = "none"
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    drop_last: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} must be an integer of at least 1, got {value!r}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**32:
            raise ConfigError(f"seed must be an integer from 0 to 4294967295, got {self.seed!r}")
        _number("lr", self.lr, above=0.0)
        _number("weight_decay", self.weight_decay)
        _number("momentum", self.momentum, below=1.0)
        _number("label_smoothing", self.label_smoothing, below=1.0)
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                near = difflib.get_close_matches(str(value), choices, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ConfigError(f"{name} must be one of {', '.join(choices)}, got {value!r}{hint}")


def _number(name: str, value: float, *, above: float | None = None, below: float = math.inf) -> None:
    numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    low = numeric and (value > above if above is not None else value >= 0)
    if not (low and value < below):
        wanted = "greater than 0" if above is not None else "at least 0"
        limit = f" and below {below:g}" if math.isfinite(below) else ""
        raise ConfigError(f"{name} must be a finite number {wanted}{limit}, got {value!r}")
