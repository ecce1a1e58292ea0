"""What the cases of optimizers measure with."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import SGD

from dlnotes.clinic import optimizers


def test_moved_sees_the_largest_change_of_each_parameter() -> None:
    net = nn.Linear(2, 1)

    def act() -> None:
        with torch.no_grad():
            net.weight += torch.tensor([[0.5, -2.0]])

    assert optimizers.moved(net, act) == [2.0, 0.0]


def test_an_optimizer_of_another_net_leaves_gradients_to_pile_up() -> None:
    torch.manual_seed(0)
    way, one = optimizers.step_of_second(optimizers.another_broken, steps=1)
    torch.manual_seed(0)
    _, three = optimizers.step_of_second(optimizers.another_broken, steps=3)
    assert way == 0 and abs(three - 3 * one) < 1e-5 * one


def test_an_unbroken_run_is_its_own_measure() -> None:
    assert torch.equal(optimizers.weights_after(25, None), optimizers.weights_after(25, optimizers.resume_fixed))
    assert not torch.equal(optimizers.weights_after(20, None), optimizers.weights_after(25, None))


def test_without_clearing_the_way_is_the_sum_of_sums() -> None:
    net = nn.Linear(1, 1, bias=False)
    optimizer = SGD(net.parameters(), lr=0.1)
    (way,) = optimizers.moved(net, lambda: optimizers.zero_broken(net, optimizer, lambda: net.weight.sum()))
    assert abs(way - 0.1 * sum(range(1, 11))) < 1e-5
