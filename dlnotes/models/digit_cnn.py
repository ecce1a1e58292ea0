"""A first convolutional network for digits, as beginners' courses draw it, with the right last layer.

Input: float32 images (N, 1, 28, 28). Output: logits (N, 10). Parameters: 1,007,590.

Nearly all of its weights, 1,000,500, stand in one fully connected layer, because only one pooling layer comes before
it. LeNet pools twice and needs 44,426 in total.

Source: the network of many MNIST tutorials; layer sizes as they are usually copied.
Differences: that network ends in ReLU and softmax. Both are left out here, since cross-entropy takes logits; what they do
to training is measured in the clinic.
"""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["INPUT_SHAPE", "VARIANTS", "DigitCNN", "build"]

INPUT_SHAPE = (1, 28, 28)


# --8<-- [start:model]
class DigitCNN(nn.Module):
    """Two convolutions, one pooling layer, two fully connected layers.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 10, kernel_size=5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(10, 20, kernel_size=3),
            nn.ReLU(),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(2000, 500), nn.ReLU(), nn.Linear(500, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, 28, 28) to logits (N, num_classes)."""
        features = self.features(images)  # (N, 20, 10, 10)
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


VARIANTS: dict[str, dict[str, int]] = {"digit_cnn": {}}


def build(name: str = "digit_cnn", *, in_channels: int = 1, num_classes: int = 10) -> DigitCNN:
    """Build a variant by name."""
    return DigitCNN(in_channels, num_classes, **VARIANTS[name])
