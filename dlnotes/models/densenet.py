"""DenseNet: each layer sees the maps of all layers before it, and adds a few of its own.

Input: float32 images (N, C, H, W). Output: logits (N, num_classes).

| variant          | c0 | growth g | layers n per block | images    | smallest | classes | parameters |
|------------------|---:|---------:|--------------------|-----------|---------:|--------:|-----------:|
| `densenet121`    | 64 |       32 | 6, 12, 24, 16      | 3×224×224 |    29×29 |   1,000 |  7,978,856 |
| `densenet161`    | 96 |       48 | 6, 12, 36, 24      | 3×224×224 |    29×29 |   1,000 | 28,681,000 |
| `densenet169`    | 64 |       32 | 6, 12, 32, 32      | 3×224×224 |    29×29 |   1,000 | 14,149,480 |
| `densenet201`    | 64 |       32 | 6, 12, 48, 32      | 3×224×224 |    29×29 |   1,000 | 20,013,928 |
| `densenet_small` | 16 |       12 | 4, 4, 4            | 1×28×28   |      7×7 |      10 |     98,538 |

A block that n layers of growth g have passed turns c0 channels into c0 + n·g. A transition halves channels, height and width.

Source: Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks", CVPR 2017,
https://arxiv.org/abs/1608.06993. These are its DenseNet-BC: bottlenecks (B) of 4·g channels, transitions that compress (C).
Differences from the paper: no dropout, which the paper uses on small data sets without augmentation.
Differences from torchvision: the same numbers come out. A layer returns its input with its own maps appended, where
torchvision keeps a list; parameters have other names, which `RENAMES` translates, those of older checkpoints too.
Narrowed in `densenet_small`: three blocks of four layers, 16 channels at first, and a 3×3 with stride 2 as its stem.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["INPUT_SHAPES", "RENAMES", "TORCHVISION", "VARIANTS", "DenseBlock", "DenseLayer", "DenseNet", "Transition", "build"]


# --8<-- [start:layer]
class DenseLayer(nn.Module):
    """Make `growth_rate` new maps from all that came before, and append them.

    Args:
        in_channels: channels of the input.
        growth_rate: channels that are added, g.
        bottleneck: the 1×1 before the 3×3 makes this many times `growth_rate` channels.
    """

    def __init__(self, in_channels: int, growth_rate: int, bottleneck: int = 4) -> None:
        super().__init__()
        between = bottleneck * growth_rate
        self.new = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, between, kernel_size=1, bias=False),
            nn.BatchNorm2d(between),
            nn.ReLU(inplace=True),
            nn.Conv2d(between, growth_rate, kernel_size=3, padding=1, bias=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, in_channels + growth_rate, H, W)."""
        return torch.cat((features, self.new(features)), dim=1)


# --8<-- [end:layer]


# --8<-- [start:block]
class DenseBlock(nn.Sequential):
    """`depth` dense layers; x becomes [x, f₁(x)], then [x, f₁(x), f₂([x, f₁(x)])], and so on.

    Args:
        in_channels: channels of the input, c0.
        growth_rate: channels that each layer adds, g.
        depth: number of layers, n.
    """

    def __init__(self, in_channels: int, growth_rate: int, depth: int) -> None:
        layers = {f"layer{n + 1}": DenseLayer(in_channels + n * growth_rate, growth_rate) for n in range(depth)}
        super().__init__(OrderedDict(layers))
        self.out_channels = in_channels + depth * growth_rate  # c0 + n·g


# --8<-- [end:block]


# --8<-- [start:transition]
class Transition(nn.Sequential):
    """Halve channels with a 1×1, height and width with a mean; without it the channels would only grow."""

    def __init__(self, in_channels: int) -> None:
        convolution = nn.Conv2d(in_channels, in_channels // 2, kernel_size=1, bias=False)
        super().__init__(nn.BatchNorm2d(in_channels), nn.ReLU(inplace=True), convolution, nn.AvgPool2d(kernel_size=2))
        self.out_channels = in_channels // 2


# --8<-- [end:transition]


# --8<-- [start:model]
class DenseNet(nn.Module):
    """A stem, dense blocks with transitions between them, the mean of each map, one linear layer.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        growth_rate: channels that each layer adds.
        depths: number of layers in each block.
        channels: channels of the stem.
        stem_stride: 4 for a 7×7 with stride 2 and pooling; 2 for a 3×3 with stride 2.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        growth_rate: int = 32,
        depths: tuple[int, ...] = (6, 12, 24, 16),
        channels: int = 64,
        stem_stride: int = 4,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        # The last transition needs two pixels a side, and everything before it rounds up or halves.
        self.smallest = stem_stride * (2 ** (len(depths) - 1) - 1) + 1
        size = 7 if stem_stride == 4 else 3
        stem: list[nn.Module] = [nn.Conv2d(in_channels, channels, size, stride=2, padding=size // 2, bias=False)]
        stem += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        if stem_stride == 4:
            stem.append(nn.MaxPool2d(kernel_size=3, stride=2, padding=1))
        layers: dict[str, nn.Module] = {"stem": nn.Sequential(*stem)}
        for number, depth in enumerate(depths, start=1):
            block = layers[f"block{number}"] = DenseBlock(channels, growth_rate, depth)
            channels = block.out_channels
            if number < len(depths):
                transition = layers[f"transition{number}"] = Transition(channels)
                channels = transition.out_channels
        layers["last"] = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        self.features = nn.Sequential(OrderedDict(layers))
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, in_channels, H, W) to logits (N, num_classes)."""
        if images.dim() != 4 or images.shape[1] != self.in_channels or min(images.shape[2:]) < self.smallest:
            wanted = f"(N, {self.in_channels}, H, W) with H and W of at least {self.smallest}"
            raise ValueError(f"this DenseNet takes images of shape {wanted}, got {tuple(images.shape)}")
        features = self.features(images)  # (N, 1024, 7, 7) for densenet121 at 224×224
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


# --8<-- [start:variants]
VARIANTS: dict[str, dict[str, Any]] = {
    "densenet121": {"growth_rate": 32, "depths": (6, 12, 24, 16)},
    "densenet161": {"growth_rate": 48, "depths": (6, 12, 36, 24), "channels": 96},
    "densenet169": {"growth_rate": 32, "depths": (6, 12, 32, 32)},
    "densenet201": {"growth_rate": 32, "depths": (6, 12, 48, 32)},
    "densenet_small": {"growth_rate": 12, "depths": (4, 4, 4), "channels": 16, "stem_stride": 2},
}
# --8<-- [end:variants]
INPUT_SHAPES = {name: (1, 28, 28) if name.endswith("small") else (3, 224, 224) for name in VARIANTS}
# The twins in torchvision, and how their parameter names become ours, one rule after the other. Older checkpoints have norm.1 for norm1.
TORCHVISION = {name: name for name in VARIANTS if name != "densenet_small"}
RENAMES = (
    (r"^features\.conv0\.", "features.stem.0."),
    (r"^features\.norm0\.", "features.stem.1."),
    (r"^features\.norm5\.", "features.last.0."),
    (r"\.denseblock(\d+)\.denselayer(\d+)\.", r".block\1.layer\2."),
    (r"\.norm\.?1\.", ".new.0."),
    (r"\.conv\.?1\.", ".new.2."),
    (r"\.norm\.?2\.", ".new.3."),
    (r"\.conv\.?2\.", ".new.5."),
    (r"(transition\d)\.norm\.", r"\1.0."),
    (r"(transition\d)\.conv\.", r"\1.2."),
    (r"^classifier\.", "classifier.2."),
)


def build(name: str = "densenet121", *, in_channels: int | None = None, num_classes: int | None = None) -> DenseNet:
    """Build a variant by name; None takes the sizes that it was made for."""
    channels, side, _ = INPUT_SHAPES[name]
    return DenseNet(in_channels or channels, num_classes or (1000 if side == 224 else 10), **VARIANTS[name])
