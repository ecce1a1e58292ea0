"""What the cases of convolution measure with."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes.clinic import convolution


@pytest.mark.parametrize(("layers", "side"), [
    ([nn.Conv2d(1, 1, 5)], 5),
    ([nn.Conv2d(1, 1, 3, dilation=2)], 5),
    ([nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 3)], 5),
    ([nn.Conv2d(1, 1, 3, stride=2), nn.Conv2d(1, 1, 3)], 7),
])  # fmt: skip
def test_the_receptive_field_is_that_of_the_formula(layers: list[nn.Module], side: int) -> None:
    torch.manual_seed(0)
    # 21 → 10 at stride 2 has no middle pixel of odd sides; 23 → 11 → 9 has.
    assert convolution.receptive_side(nn.Sequential(*layers), size=23) == side


def test_with_equal_weights_everywhere_a_locally_connected_layer_is_a_convolution() -> None:
    torch.manual_seed(0)
    layer, kernel, images = convolution.LocallyConnected(7, 2, 3), torch.randn(2, 1, 3, 3), torch.randn(4, 1, 7, 7)
    with torch.no_grad():
        layer.weight.copy_(kernel.flatten(1).expand(25, 2, 9))
        layer.bias.copy_(torch.tensor([0.5, -1.0]).expand(25, 2))
    assert torch.allclose(layer(images), F.conv2d(images, kernel, torch.tensor([0.5, -1.0])), atol=1e-5)
