"""Learning rates, one per step, known before the first step is taken."""

from __future__ import annotations

import math

from dlnotes.training.config import Config

__all__ = ["learning_rates"]

_WARM_UP, _START, _END = 0.3, 1 / 25, 1 / 250_000


def learning_rates(config: Config, steps: int) -> list[float]:
    """Return the learning rate of every step.

    "one_cycle" rises along half a cosine from lr / 25 to lr during the first 30 % of the steps, and falls
    along another to lr / 250,000. Momentum stays what the settings say.

    Source:
        Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates",
        2018, https://arxiv.org/abs/1708.07120; the shape is that of torch.optim.lr_scheduler.OneCycleLR.
    """
    if config.schedule == "constant":
        return [config.lr] * steps
    top, last = _WARM_UP * steps - 1, steps - 1
    rates = []
    for step in range(steps):
        if step <= top:
            start, end, share = _START, 1.0, step / top if top else 1.0
        else:
            start, end, share = 1.0, _END, (step - top) / (last - top)
        rates.append(config.lr * (end + (start - end) * (1 + math.cos(math.pi * share)) / 2))
    return rates
