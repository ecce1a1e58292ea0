"""The choice between float32 and bfloat16."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from dlnotes.training import precision
from dlnotes.training.precision import choose_precision

SMALL, IMAGE = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), torch.zeros(1, 1, 28, 28)
LARGE = nn.Conv2d(1, 256, 9)


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_what_is_asked_for_is_taken(wanted: str) -> None:
    assert choose_precision(wanted, SMALL, IMAGE, 64) == wanted


def test_small_networks_stay_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda kind: True)
    assert choose_precision("auto", SMALL, IMAGE, 64) == "float32"
    assert choose_precision("auto", LARGE, IMAGE, 64) == "bfloat16"


def test_bfloat16_is_never_emulated_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_multiplies_bfloat16", lambda kind: False)
    assert choose_precision("auto", LARGE, IMAGE, 64) == "float32"


def test_choosing_leaves_the_model_alone() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    before, state = {k: v.clone() for k, v in model.state_dict().items()}, torch.get_rng_state()
    choose_precision("auto", model.train(), IMAGE, 64)
    assert model.training and torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
