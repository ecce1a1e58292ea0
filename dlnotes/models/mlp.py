"""Multilayer perceptron: flatten the image, then fully connected layers with ReLU between them.

Input: float32 images (N, 1, 28, 28). Output: logits (N, 10).

| variant     | layers         | parameters |
|-------------|----------------|-----------:|
| `mlp`       | 784-256-10     |    203,530 |
| `mlp_32_16` | 784-32-16-10   |     25,818 |

A layer with m inputs and n outputs has m·n weights and n biases.

Source: Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323, 1986,
https://doi.org/10.1038/323533a0.
Differences from the paper: ReLU for the sigmoid, cross-entropy for the squared error, torch's default initialisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

__all__ = ["INPUT_SHAPE", "MLP", "VARIANTS", "build"]

INPUT_SHAPE = (1, 28, 28)


# --8<-- [start:model]
class MLP(nn.Module):
    """Fully connected layers with ReLU between them.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        hidden_sizes: width of each hidden layer.
        image_size: height and width of the image.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10, hidden_sizes: Sequence[int] = (256,), image_size: int = 28) -> None:
        super().__init__()
        sizes = [in_channels * image_size**2, *hidden_sizes]
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, H, W) to logits (N, num_classes)."""
        logits: Tensor = self.layers(images)
        return logits


# --8<-- [end:model]


VARIANTS: dict[str, dict[str, Any]] = {
    "mlp": {"hidden_sizes": (256,)},
    "mlp_32_16": {"hidden_sizes": (32, 16)},
}


def build(name: str = "mlp", *, in_channels: int = 1, num_classes: int = 10) -> MLP:
    """Build a variant by name."""
    return MLP(in_channels, num_classes, **VARIANTS[name])
