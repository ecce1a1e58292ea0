"""The case of softmax and ReLU before the cross-entropy."""

import math

import pytest
import torch
from torch.nn import functional as F

from dlnotes import clinic, models
from dlnotes.clinic import softmax_before_cross_entropy as case
from dlnotes.errors import UnknownNameError


# --8<-- [start:test]
def test_the_network_returns_logits() -> None:
    torch.manual_seed(0)
    network = case.fixed(models.create("lenet"))
    outputs = network(torch.randn(64, 1, 28, 28))
    # Logits take both signs and sum to nothing in particular.
    assert case.symptom(outputs) == ""


# --8<-- [end:test]


@pytest.mark.parametrize(
    ("relu", "softmax", "expected"), [(False, True, "probabilities"), (True, True, "probabilities"), (True, False, "no negative logits")]
)
def test_the_symptom_names_each_ending(relu: bool, softmax: bool, expected: str) -> None:
    torch.manual_seed(0)
    network = case.broken(models.create("lenet"), relu=relu, softmax=softmax)
    assert case.symptom(network(torch.randn(64, 1, 28, 28))) == expected


def test_a_perfect_answer_still_costs_the_floor() -> None:
    perfect = F.one_hot(torch.arange(10), 10).double()
    assert F.cross_entropy(perfect, torch.arange(10)).item() == pytest.approx(case.loss_floor(10))
    assert case.loss_floor(10) == pytest.approx(1.4612, abs=1e-4)
    assert case.loss_floor(2) == pytest.approx(math.log(1 + 1 / math.e))


def test_softmax_starves_the_worst_mistakes() -> None:
    assert case.gradient_when_wrong(8, softmax=False) > 1.4
    assert case.gradient_when_wrong(8, softmax=True) < 1e-2
    # Without softmax the gradient grows with the mistake; behind it, it shrinks.
    assert case.gradient_when_wrong(8, softmax=False) > case.gradient_when_wrong(4, softmax=False)
    assert case.gradient_when_wrong(8, softmax=True) < case.gradient_when_wrong(4, softmax=True)


def test_cases_are_found_by_name() -> None:
    assert clinic.get("softmax_before_cross_entropy") is case
    with pytest.raises(UnknownNameError, match="device_moves"):
        clinic.get("device_move")
