"""Dense blocks: what is appended, and how many channels that makes."""

from __future__ import annotations

import re

import pytest
import torch
import torchvision

from dlnotes import models
from dlnotes.models.densenet import VARIANTS, DenseBlock, DenseLayer, DenseNet, Transition


def test_a_layer_keeps_its_input_and_appends_its_own_maps() -> None:
    layer, features = DenseLayer(5, growth_rate=3).eval(), torch.randn(2, 5, 4, 4)
    found = layer(features)
    assert torch.equal(found[:, :5], features) and torch.equal(found[:, 5:], layer.new(features))


@pytest.mark.parametrize(("c0", "g", "n"), [(1, 1, 1), (16, 12, 4), (7, 3, 5)])
def test_a_block_has_c0_plus_n_g_channels(c0: int, g: int, n: int) -> None:
    block = DenseBlock(c0, g, n)
    assert block(torch.randn(2, c0, 4, 4)).shape == (2, c0 + n * g, 4, 4)
    assert block.out_channels == c0 + n * g and len(block) == n


def test_a_block_is_the_papers_formula() -> None:
    torch.manual_seed(0)
    block, x = DenseBlock(2, 3, 2).eval(), torch.randn(1, 2, 5, 5)
    one, two = block
    first = one.new(x)
    assert torch.equal(block(x), torch.cat((x, first, two.new(torch.cat((x, first), dim=1))), dim=1))


def test_a_transition_halves_everything() -> None:
    assert Transition(10)(torch.randn(2, 10, 6, 6)).shape == (2, 5, 3, 3) and Transition(10).out_channels == 5


@pytest.mark.parametrize(
    ("name", "channels"),
    [("densenet121", 1024), ("densenet161", 2208), ("densenet169", 1664), ("densenet201", 1920), ("densenet_small", 88)],
)
def test_channels_at_the_end(name: str, channels: int) -> None:
    with torch.device("meta"):
        net = models.create(name)
    assert isinstance(net, DenseNet) and net.classifier[2].in_features == channels
    # The number in the name counts layers: two convolutions a dense layer, stem, transitions, and the linear layer.
    depths = VARIANTS[name]["depths"]
    assert name == "densenet_small" or int(name[8:]) == 2 * sum(depths) + 1 + len(depths) - 1 + 1


def test_old_checkpoints_are_read_too() -> None:
    theirs = torchvision.models.densenet121(weights=None, num_classes=3).eval()
    # The published files still have norm.1, conv.2 and so on, and no counters.
    pattern = re.compile(r"(denselayer\d+\.(?:norm|conv))([12])\.")
    old = {pattern.sub(r"\1.\2.", key): value for key, value in theirs.state_dict().items() if "num_batches" not in key}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    ours, images = models.from_torchvision("densenet121", old).eval(), torch.randn(1, 3, 40, 40)
    torch.testing.assert_close(ours(images), theirs(images))
