"""What the cases of statements measure with."""

from __future__ import annotations

import torch
from torch import nn

from dlnotes.clinic import statements


def test_the_gradient_of_the_first_weight_over_that_of_the_last() -> None:
    first, last = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(first.weight, 2.0)
    nn.init.constant_(last.weight, 6.0)
    # The output is 12: by the first weight 2 · 12 · 6, by the last 2 · 12 · 2.
    assert statements.first_over_last(nn.Sequential(first, last), torch.ones(1, 1)) == 3.0


def test_kept_are_inputs_of_weights_and_no_weights() -> None:
    images = torch.randn(5, 4)
    assert statements.saved_bytes(nn.Linear(4, 3), images) == 5 * 4 * 4
    # ReLU keeps its own output, of which the second layer needs no further copy.
    assert statements.saved_bytes(nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), images) == 4 * (5 * 4 + 5 * 3)


def test_a_block_adds_its_input_or_not() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 3, 6, 6)
    for skip in (False, True):
        block = statements.Block(3, skip=skip)
        nn.init.zeros_(block.two.weight)
        assert block.two.bias is not None
        nn.init.zeros_(block.two.bias)
        assert torch.equal(block(images), images if skip else torch.zeros_like(images))


def test_deep_nets_differ_in_their_shortcuts_alone() -> None:
    plain, skip = (statements.deep_net(skip=skip, depth=4, width=8) for skip in (False, True))
    assert [p.shape for p in plain.parameters()] == [p.shape for p in skip.parameters()]
    assert plain(torch.randn(3, 1, 28, 28)).shape == (3, 10)


def test_guessing_is_right_one_time_in_ten() -> None:
    torch.manual_seed(0)
    accuracies = statements.draw(50, 1000)
    assert accuracies.shape == (50,) and abs(accuracies.mean() - 0.1) < 0.01


def test_batches_cover_all_samples() -> None:
    gradients, sizes, full = statements.sorted_gradients(500)
    assert sizes == [500, 500, 200] and all(gradient.shape == full.shape for gradient in gradients)
