"""Settings are checked when they are made."""

from __future__ import annotations

import dataclasses
import math

import pytest

from dlnotes.errors import ConfigError
from dlnotes.training import Config


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", True),
        ("batch_size", 0),
        ("lr", 0),
        ("lr", -1e-3),
        ("lr", math.nan),
        ("lr", math.inf),
        ("lr", "1"),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("weight_decay", -1),
        ("weight_decay", math.nan),
        ("label_smoothing", 1.0),
        ("seed", -1),
        ("seed", 2**32),
        ("optimizer", "sdg"),
        ("schedule", "cosine"),
        ("augmentation", "flips"),
        ("precision", "fp16"),
        ("device", "gpu"),
    ],
)
def test_a_value_out_of_range_names_the_field_and_what_came(name: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**{name: value})  # type: ignore[arg-type]
    assert name in str(caught.value) and repr(value) in str(caught.value)


def test_a_typo_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sgd'"):
        Config(optimizer="sdg")


def test_unknown_fields_and_changes_are_refused() -> None:
    with pytest.raises(TypeError, match="batchsize"):
        Config(batchsize=128)  # type: ignore[call-arg]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().lr = 1.0  # type: ignore[misc]
