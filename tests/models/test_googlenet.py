"""Inceptions side by side, and the heads that help in training."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import models
from dlnotes.models.googlenet import STAGES, GoogLeNet, Inception, Outputs


def test_an_inception_lays_its_branches_side_by_side() -> None:
    torch.manual_seed(0)
    inception, features = Inception(5, (2, 3, 4, 1, 6, 7)).eval(), torch.randn(2, 5, 9, 9)
    found = inception(features)
    assert found.shape == (2, 2 + 4 + 6 + 7, 9, 9) and inception.out_channels == 19
    branches = (inception.branch1, inception.branch2, inception.branch3, inception.branch4)
    for part, branch in zip(found.split((2, 4, 6, 7), dim=1), branches, strict=True):
        assert torch.equal(part, branch(features))


@pytest.mark.parametrize("large", [3, 5])
def test_the_large_window(large: int) -> None:
    branch = Inception(2, (1, 2, 3, 2, 3, 1), large).eval().branch3
    for parameter in branch.parameters():
        nn.init.ones_(parameter)
    features = torch.ones(1, 2, 11, 11, requires_grad=True)
    branch(features)[0, :, 5, 5].sum().backward()
    assert features.grad is not None
    touched = features.grad.abs().sum(dim=(0, 1)) > 0
    middle = slice(5 - large // 2, 6 + large // 2)
    assert touched[middle, middle].all() and touched.sum() == large**2


@pytest.mark.parametrize(("stage", "place", "in_channels", "thousands"), [(0, 0, 192, 159), (0, 1, 256, 380)])
def test_weights_of_an_inception_are_those_of_the_papers_table(stage: int, place: int, in_channels: int, thousands: int) -> None:
    # Its K is 1,024, and each map has a bias; the later rows of its table do not add up to its own widths.
    convolutions = [module for module in Inception(in_channels, STAGES[stage][place]).modules() if isinstance(module, nn.Conv2d)]
    assert abs(sum(layer.weight.numel() + layer.out_channels for layer in convolutions) / 1024 - thousands) < 1


def test_widths_are_those_of_the_papers_table() -> None:
    out = [[widths[0] + widths[2] + widths[4] + widths[5] for widths in stage] for stage in STAGES]
    assert out == [[256, 480], [512, 512, 512, 528, 832], [832, 1024]]


@pytest.fixture(scope="module")
def net() -> GoogLeNet:
    torch.manual_seed(0)
    model = models.create("googlenet_paper", num_classes=4)
    assert isinstance(model, GoogLeNet)
    return model


def test_heads_speak_in_training_only(net: GoogLeNet) -> None:
    images = torch.randn(2, 3, 32, 32)
    trained = net.train()(images)
    assert isinstance(trained, Outputs) and [tuple(part.shape) for part in trained] == [(2, 4)] * 3
    assert isinstance(net.eval()(images), torch.Tensor)
    bare = GoogLeNet(auxiliary=False)
    assert isinstance(bare.train()(images), torch.Tensor) and not len(bare.heads)


def test_each_head_reads_the_maps_of_its_place(net: GoogLeNet) -> None:
    seen: dict[str, torch.Tensor] = {}
    net.train()
    hooks = [
        layer.register_forward_hook(lambda module, inputs, output, name=name: seen.__setitem__(name, output))
        for parent in (net.features, net.heads)
        for name, layer in ((f"{'head ' if parent is net.heads else ''}{key}", child) for key, child in parent.named_children())
    ]
    outputs = net(torch.randn(2, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    assert isinstance(outputs, Outputs)
    assert outputs.auxiliary1 is seen["head inception4a"] and outputs.auxiliary2 is seen["head inception4d"]
    assert (seen["inception4a"].shape[1], seen["inception4d"].shape[1]) == (512, 528)


def test_no_inception_of_a_long_stage_is_left_out() -> None:
    net = GoogLeNet(1, 10, stages=((STAGES[0][0],) * 7,), stem=(16,), auxiliary=False)
    assert [name for name in net.features._modules if "inception" in name] == [f"inception3{letter}" for letter in "abcdefg"]


def test_heads_need_their_places() -> None:
    with pytest.raises(ValueError, match="4a and 4d"):
        GoogLeNet(stages=(STAGES[0],))


def test_loss_weighs_the_heads_and_reaches_every_parameter(net: GoogLeNet) -> None:
    targets = torch.tensor([0, 3, 2])
    outputs = net.train()(torch.randn(3, 3, 64, 64))
    assert isinstance(outputs, Outputs)
    parts = [F.cross_entropy(part, targets) for part in (outputs.logits, outputs.auxiliary1, outputs.auxiliary2)]
    total = net.loss(outputs, targets)
    torch.testing.assert_close(total, parts[0] + 0.3 * (parts[1] + parts[2]))
    total.backward()
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, key
