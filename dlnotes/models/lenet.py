"""LeNet: two convolutions that find strokes, three fully connected layers that name the digit.

Input: float32 images (N, 1, 28, 28). Output: logits (N, 10).

| variant         | first convolution | activation | normalisation | pooling | parameters |
|-----------------|-------------------|------------|---------------|---------|-----------:|
| `lenet`         | 28→24, no padding | ReLU       | none          | max     |     44,426 |
| `lenet_sigmoid` | 28→24, no padding | sigmoid    | none          | max     |     44,426 |
| `lenet_bn`      | 28→24, no padding | sigmoid    | batch         | max     |     44,878 |
| `lenet5`        | 28→28, padding 2  | tanh       | none          | average |     61,706 |

Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86(11), 1998, https://doi.org/10.1109/5.726791.
Differences from the paper: its subsampling layers have a trainable coefficient and bias and a sigmoid; its third layer
connects each map to some of the six maps below, by a table; its activation is 1.7159·tanh(2x/3); its output layer
measures distances to drawn characters (radial basis functions). Here pooling has no parameters, every map sees every
map below, and the output is ten logits. Its images are 32×32; 28×28 padded by 2 is the same size.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

__all__ = ["INPUT_SHAPE", "VARIANTS", "LeNet", "build"]

INPUT_SHAPE = (1, 28, 28)


# --8<-- [start:block]
def block(
    in_channels: int,
    out_channels: int,
    activation: type[nn.Module],
    pool: type[nn.Module],
    padding: int,
    batch_norm: bool,
) -> nn.Sequential:
    """Find features with a 5×5 convolution, then halve height and width."""
    layers: list[nn.Module] = []
    layers.append(nn.Conv2d(in_channels, out_channels, kernel_size=5, padding=padding))
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers, activation(), pool(kernel_size=2))


# --8<-- [end:block]


# --8<-- [start:dense]
def dense(in_features: int, out_features: int, activation: type[nn.Module], batch_norm: bool) -> nn.Sequential:
    """Weigh every feature against every other."""
    layers: list[nn.Module] = [nn.Linear(in_features, out_features)]
    if batch_norm:
        layers.append(nn.BatchNorm1d(out_features))
    return nn.Sequential(*layers, activation())


# --8<-- [end:dense]


# --8<-- [start:model]
class LeNet(nn.Module):
    """LeNet for images of 28×28 pixels.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        activation: class of the non-linearity.
        pool: class of the pooling layer.
        padding: border of zeros before the first convolution.
        batch_norm: normalise before each activation.
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        activation: type[nn.Module] = nn.ReLU,
        pool: type[nn.Module] = nn.MaxPool2d,
        padding: int = 0,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        # A 5×5 kernel takes 4 pixels off each side length unless padding gives them back.
        size = ((28 - 4 + 2 * padding) // 2 - 4) // 2
        self.features = nn.Sequential(
            block(in_channels, 6, activation, pool, padding, batch_norm),
            block(6, 16, activation, pool, 0, batch_norm),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            dense(16 * size**2, 120, activation, batch_norm),
            dense(120, 84, activation, batch_norm),
            nn.Linear(84, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, 28, 28) to logits (N, num_classes)."""
        features = self.features(images)  # (N, 16, 4, 4); (N, 16, 5, 5) with padding 2
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


# --8<-- [start:variants]
VARIANTS: dict[str, dict[str, Any]] = {
    "lenet": {},
    "lenet_sigmoid": {"activation": nn.Sigmoid},
    "lenet_bn": {"activation": nn.Sigmoid, "batch_norm": True},
    "lenet5": {"activation": nn.Tanh, "pool": nn.AvgPool2d, "padding": 2},
}
# --8<-- [end:variants]


def build(name: str = "lenet", *, in_channels: int = 1, num_classes: int = 10) -> LeNet:
    """Build a variant by name."""
    return LeNet(in_channels, num_classes, **VARIANTS[name])
