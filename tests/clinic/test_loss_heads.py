"""The floor of the loss under a softmax too many, the gradient that is left, and how many classes a network names."""

import math

import pytest
import torch
from torch.nn import functional as F

from dlnotes.clinic import loss_heads


@pytest.mark.parametrize("num_classes", [2, 3, 10, 1000])
def test_the_floor_is_the_loss_of_a_perfect_answer(num_classes: int) -> None:
    perfect = torch.eye(num_classes, dtype=torch.float64)
    assert loss_heads.loss_floor(num_classes) == pytest.approx(F.cross_entropy(perfect, torch.arange(num_classes)).item(), rel=1e-12)


def test_softmax_starves_the_worst_mistakes() -> None:
    # Softmax minus one-hot: nearly +1 for the class that leads, -1 for the right one.
    assert loss_heads.gradient_when_wrong(30, softmax=False) == pytest.approx(math.sqrt(2), rel=1e-6)
    gradients = [loss_heads.gradient_when_wrong(lead, softmax=True) for lead in (2, 8, 14)]
    assert gradients[0] > 10 * gradients[1] > 100 * gradients[2] > 0


def test_a_row_of_zeros_names_no_class() -> None:
    outputs = torch.tensor([[0.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.5, 0.0], [3.0, 0.0, 0.0]])
    assert loss_heads.classes_named(outputs) == 2 and loss_heads.classes_named(outputs[:1]) == 0
