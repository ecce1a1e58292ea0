"""Learning rates known beforehand equal those of torch's scheduler."""

from __future__ import annotations

import pytest
import torch

from dlnotes.training import Config
from dlnotes.training.schedules import learning_rates


@pytest.mark.parametrize("steps", [3, 10, 37, 400])
def test_one_cycle_is_torchs(steps: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.3, total_steps=steps)
    wanted = []
    for step in range(steps):
        wanted.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    assert learning_rates(Config(lr=0.3, schedule="one_cycle"), steps) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_constant() -> None:
    assert learning_rates(Config(lr=0.1, schedule="constant"), 3) == [0.1] * 3


@pytest.mark.parametrize("steps", [1, 2])
def test_a_run_of_one_or_two_steps(steps: int) -> None:
    rates = learning_rates(Config(lr=0.1, schedule="one_cycle"), steps)
    assert len(rates) == steps and all(0 < rate <= 0.1 for rate in rates)
