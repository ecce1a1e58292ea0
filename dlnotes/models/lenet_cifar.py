"""A LeNet-shaped network for colour images of 32×32 pixels.

Input: float32 images (N, 3, 32, 32). Output: logits (N, 10). Parameters: 40,010 in both variants.

| variant            | after each convolution |
|--------------------|------------------------|
| `lenet_cifar`      | pooling alone          |
| `lenet_cifar_relu` | ReLU, then pooling     |

Without ReLU the convolutions are still not linear, because the maximum in the pooling layer is not.

Source: layer sizes as beginners' CIFAR-10 tutorials have them, after LeCun et al. 1998, https://doi.org/10.1109/5.726791.
Differences from LeNet-5: 16 and 32 feature maps, max pooling, one hidden layer of 32.
"""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["INPUT_SHAPE", "VARIANTS", "LeNetCIFAR", "build"]

INPUT_SHAPE = (3, 32, 32)


# --8<-- [start:model]
class LeNetCIFAR(nn.Module):
    """Two convolutions with max pooling, then two fully connected layers.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        activation: class of the layer after each convolution; `nn.Identity` for none.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 10, activation: type[nn.Module] = nn.Identity) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 16, kernel_size=5),
            activation(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=5),
            activation(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(800, 32), nn.ReLU(), nn.Linear(32, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, 32, 32) to logits (N, num_classes)."""
        features = self.features(images)  # (N, 32, 5, 5)
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


VARIANTS: dict[str, dict[str, type[nn.Module]]] = {
    "lenet_cifar": {"activation": nn.Identity},
    "lenet_cifar_relu": {"activation": nn.ReLU},
}


def build(name: str = "lenet_cifar", *, in_channels: int = 3, num_classes: int = 10) -> LeNetCIFAR:
    """Build a variant by name."""
    return LeNetCIFAR(in_channels, num_classes, **VARIANTS[name])
