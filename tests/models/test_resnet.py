"""Residual blocks: what the shortcut carries, where the stride stands, and what a plain net lacks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes import models
from dlnotes.models.resnet import Bottleneck, PaperBottleneck, PreActivationBlock, ResidualBlock, ResNet, ZeroShortcut


@pytest.mark.parametrize("block", [ResidualBlock, Bottleneck, PaperBottleneck, PreActivationBlock])
@pytest.mark.parametrize("shortcut", ["projection", "zeros", "none"])
@pytest.mark.parametrize(("in_channels", "channels", "stride"), [(8, 8, 1), (8, 8, 2), (8, 16, 1), (8, 16, 2), (4, 8, 1)])
def test_shapes(block: type[ResidualBlock], shortcut: str, in_channels: int, channels: int, stride: int) -> None:
    side = 7 if stride == 1 else 4
    assert block(in_channels, channels, stride, shortcut)(torch.randn(2, in_channels, 7, 7)).shape == (
        2,
        channels * block.expansion,
        side,
        side,
    )


def test_a_stride_alone_asks_for_a_projection() -> None:
    assert isinstance(ResidualBlock(8, 8, stride=2).shortcut, nn.Sequential)
    assert isinstance(ResidualBlock(8, 16).shortcut, nn.Sequential)
    assert isinstance(ResidualBlock(8, 8).shortcut, nn.Identity) and isinstance(Bottleneck(32, 8).shortcut, nn.Identity)
    assert ResidualBlock(8, 8, shortcut="none").shortcut is None


def test_a_block_that_has_learned_nothing_passes_its_input_on() -> None:
    features = torch.rand(2, 8, 5, 5)
    for shortcut, wanted in (("projection", features), ("none", torch.zeros_like(features))):
        block = ResidualBlock(8, 8, shortcut=shortcut)
        nn.init.zeros_(block.residual[4].weight)  # type: ignore[arg-type]
        assert torch.equal(block(features), wanted)


def test_a_block_is_relu_of_branch_plus_shortcut() -> None:
    torch.manual_seed(0)
    block, features = ResidualBlock(4, 6, stride=2).eval(), torch.randn(2, 4, 6, 6)
    first, second = block.residual[0].weight, block.residual[3].weight
    assert isinstance(first, Tensor) and isinstance(second, Tensor) and isinstance(block.shortcut, nn.Sequential)
    # Fresh statistics are 0 and 1, so each normalisation divides by √(1 + ε).
    scale = (1 + 1e-5) ** -0.5
    branch = scale * F.conv2d(F.relu(scale * F.conv2d(features, first, stride=2, padding=1)), second, padding=1)
    way = scale * F.conv2d(features, block.shortcut[0].weight, stride=2)  # type: ignore[arg-type]
    torch.testing.assert_close(block(features), F.relu(branch + way))


def test_zero_shortcut() -> None:
    features = torch.arange(1.0, 19).view(1, 2, 3, 3)
    found = ZeroShortcut(stride=2, new_channels=1)(features)
    assert found.tolist() == [[[[1, 3], [7, 9]], [[10, 12], [16, 18]], [[0, 0], [0, 0]]]]


def test_the_papers_bottleneck_never_looks_at_three_pixels_of_four() -> None:
    torch.manual_seed(0)
    for kind, seen in ((PaperBottleneck, 1), (Bottleneck, 4)):
        images = torch.randn(2, 8, 8, 8, requires_grad=True)
        (kind(8, 4, stride=2)(images) * torch.randn(2, 16, 4, 4)).sum().backward()
        assert images.grad is not None
        offsets = [images.grad[:, :, row::2, column::2].abs().sum() > 0 for row in (0, 1) for column in (0, 1)]
        assert sum(map(bool, offsets)) == seen


def test_the_switch_changes_what_is_computed_but_not_the_weights() -> None:
    ours, paper = (models.create(name, num_classes=5).eval() for name in ("resnet50", "resnet50_paper"))
    paper.load_state_dict(ours.state_dict())
    images = torch.randn(1, 3, 32, 32)
    assert not torch.allclose(ours(images), paper(images))


def test_preactivation_against_its_formula() -> None:
    torch.manual_seed(0)
    net = ResNet(1, 3, depths=(2, 1), channels=4, block=PreActivationBlock, stem_stride=1).double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    state, images = net.state_dict(), torch.randn(3, 1, 6, 6, dtype=torch.float64)

    def convolve(x: Tensor, key: str, stride: int = 1) -> Tensor:
        weight = state[f"{key}.weight"]
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)

    def activate(x: Tensor, key: str) -> Tensor:
        return F.relu(F.batch_norm(x, None, None, state[f"{key}.weight"], state[f"{key}.bias"], training=True))

    def branch(x: Tensor, key: str, stride: int = 1) -> Tensor:
        middle = activate(convolve(x, f"{key}.residual.0", stride), f"{key}.residual.1")
        return convolve(middle, f"{key}.residual.3")

    # The stem activates for both ways of the first block; the second leaves its input alone; the third projects what is activated.
    x = activate(convolve(images, "features.stem.0"), "features.stem.1")
    x = x + branch(x, "features.stage1.0")
    x = x + branch(activate(x, "features.stage1.1.before.0"), "features.stage1.1")
    ready = activate(x, "features.stage2.0.before.0")
    x = convolve(ready, "features.stage2.0.shortcut", 2) + branch(ready, "features.stage2.0", 2)
    x = activate(x, "features.last.0").mean(dim=(2, 3))
    torch.testing.assert_close(net(images), x @ state["classifier.2.weight"].T + state["classifier.2.bias"])


@pytest.mark.parametrize(("plain", "residual"), [("plain20", "resnet20"), ("plain56", "resnet56")])
def test_plain_twins_have_the_same_weights_and_no_sum(plain: str, residual: str) -> None:
    one, other = models.create(plain), models.create(residual)
    one.load_state_dict(other.state_dict())
    images = torch.randn(2, 3, 32, 32)
    assert not torch.allclose(one(images), other(images))
    convolutions = [module for module in other.modules() if isinstance(module, nn.Conv2d)]
    assert f"resnet{len(convolutions) + 1}" == residual, "the paper counts convolutions and the last layer"


def test_unknown_options() -> None:
    with pytest.raises(ValueError, match="got 'identity'"):
        ResNet(shortcut="identity")
    with pytest.raises(ValueError, match="stem_stride 1, 2 or 4"):
        ResNet(stem_stride=3)
