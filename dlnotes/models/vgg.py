"""VGG: depth from one small part, repeated: 3×3 convolutions, and pooling that halves the map while its width doubles.

Input: float32 images (N, 3, 224, 224), or (N, 1, 28, 28) for the small form; larger ones work too, since an average brings
the last map to a fixed size. Output: logits (N, 1000), or (N, 10).

| variant     | paper's column | convolutions per stage | hidden | smallest image | parameters  | with `_bn`  |
|-------------|----------------|------------------------|-------:|---------------:|------------:|------------:|
| `vgg11`     | A              | 1, 1, 2, 2, 2          |  4,096 |          32×32 | 132,863,336 | 132,868,840 |
| `vgg13`     | B              | 2, 2, 2, 2, 2          |  4,096 |          32×32 | 133,047,848 | 133,053,736 |
| `vgg16`     | D              | 2, 2, 3, 3, 3          |  4,096 |          32×32 | 138,357,544 | 138,365,992 |
| `vgg19`     | E              | 2, 2, 4, 4, 4          |  4,096 |          32×32 | 143,667,240 | 143,678,248 |
| `vgg_small` |                | 1, 1, 2                |     64 |            8×8 |      28,378 |             |

Two 3×3 convolutions see 5×5 pixels, three see 7×7, with fewer weights than one large kernel and a ReLU after each.

Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015,
https://arxiv.org/abs/1409.1556.
Differences from the paper: its deeper nets started from the trained weights of A, and the paper notes that the random
initialisation of Glorot and Bengio would have served; here, as in torchvision, convolutions start from He et al. 2015 (normal,
fan-out) and fully connected layers from a normal with standard deviation 0.01. Batch normalisation (`_bn`) came after
the paper. The paper's column C (1×1 kernels) and A-LRN are left out. Nothing differs from torchvision.
`vgg_small` keeps 3×3 kernels, widths that double, dropout and batch normalisation. Narrowed for 28×28 pixels: three stages
for five, widths 8, 16, 32 for 64 to 512, the last map averaged over 2×2 for 7×7, and a first stage of stride 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["INPUT_SHAPES", "RENAMES", "TORCHVISION", "VARIANTS", "VGG", "build"]


# --8<-- [start:stage]
def stage(in_channels: int, out_channels: int, depth: int, batch_norm: bool) -> list[nn.Module]:
    """See more with each of `depth` 3×3 convolutions, then halve height and width."""
    layers: list[nn.Module] = []
    for channels in [in_channels] + [out_channels] * (depth - 1):
        layers.append(nn.Conv2d(channels, out_channels, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(out_channels))
        layers.append(nn.ReLU(inplace=True))
    return [*layers, nn.MaxPool2d(kernel_size=2)]


# --8<-- [end:stage]


# --8<-- [start:model]
class VGG(nn.Module):
    """Stages of 3×3 convolutions, then three fully connected layers with dropout.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        depths: convolutions in each stage; each stage ends in a pooling layer.
        widths: maps in each stage.
        hidden: width of the two hidden fully connected layers.
        side: height and width to which the last map is averaged.
        dropout: probability with which a feature is set to 0 in training.
        batch_norm: normalise before each ReLU of the stages.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        depths: Sequence[int] = (2, 2, 3, 3, 3),
        widths: Sequence[int] = (64, 128, 256, 512, 512),
        hidden: int = 4096,
        side: int = 7,
        dropout: float = 0.5,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels, self.smallest = in_channels, 2 ** len(depths)
        stages = zip([in_channels, *widths], widths, depths, strict=False)
        self.features = nn.Sequential(*(layer for sizes in stages for layer in stage(*sizes, batch_norm)))
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Linear(widths[-1] * side**2, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        self._initialize(linear_std=0.01 if hidden >= 4096 else None)

    def _initialize(self, linear_std: float | None) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(layer, nn.Linear):
                # 0.01 suits 4,096 inputs; a narrow layer needs He's rule, or its signal dies away.
                nn.init.normal_(layer.weight, std=linear_std or (2 / layer.in_features) ** 0.5)
            if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, H, W) to logits (N, num_classes)."""
        if images.dim() != 4 or images.shape[1] != self.in_channels or min(images.shape[2:]) < self.smallest:
            wanted = f"(N, {self.in_channels}, H, W) with H and W of at least {self.smallest}"
            raise ValueError(f"this VGG takes images of shape {wanted}, got {tuple(images.shape)}")
        features = self.features(images)  # (N, 512, 7, 7) from 224×224; (N, 32, 3, 3) from 28×28
        features = torch.flatten(self.avgpool(features), 1)  # (N, 25088); (N, 128)
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


# --8<-- [start:variants]
_DEPTHS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_CANONICAL = {name + end: {"depths": depths, "batch_norm": bool(end)} for name, depths in _DEPTHS.items() for end in ("", "_bn")}
_SMALL = {"depths": (1, 1, 2), "widths": (8, 16, 32), "hidden": 64, "side": 2, "dropout": 0.1, "batch_norm": True}
VARIANTS: dict[str, dict[str, Any]] = _CANONICAL | {"vgg_small": _SMALL}
# --8<-- [end:variants]
INPUT_SHAPES = dict.fromkeys(_CANONICAL, (3, 224, 224)) | {"vgg_small": (1, 28, 28)}
# The twin in torchvision, and how its parameter names become ours: they are the same.
TORCHVISION = {name: name for name in _CANONICAL}
RENAMES: tuple[tuple[str, str], ...] = ()


def build(name: str = "vgg16", *, in_channels: int | None = None, num_classes: int | None = None) -> VGG:
    """Build a variant by name; None takes the sizes that it was made for."""
    channels, classes = (1, 10) if name == "vgg_small" else (3, 1000)
    return VGG(in_channels or channels, num_classes or classes, **VARIANTS[name])
