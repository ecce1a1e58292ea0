"""AlexNet: the network that made deep learning win on photographs, five convolutions and three fully connected layers.

Input: float32 images (N, 3, 224, 224), or (N, 1, 28, 28) for the small form; larger ones work too, since an average brings
the last map to a fixed size. Output: logits (N, 1000), or (N, 10).

| variant         | maps                    | hidden | groups, LRN | smallest image | parameters |
|-----------------|-------------------------|-------:|-------------|---------------:|-----------:|
| `alexnet`       | 64, 192, 384, 256, 256  |  4,096 | no          |          63×63 | 61,100,840 |
| `alexnet_paper` | 96, 256, 384, 384, 256  |  4,096 | yes         |          63×63 | 60,965,224 |
| `alexnet_small` | 8, 24, 32, 24, 24       |     96 | no          |          15×15 |     40,642 |

Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", NIPS 2012,
https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks.
`alexnet` is torchvision's form, after Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014,
https://arxiv.org/abs/1404.5997: one column, other widths, no local response normalisation (LRN), dropout before the first
two fully connected layers, torch's default initialisation.
`alexnet_paper` is the paper's form. Its two columns ran on two GPUs and met in the third convolution only: groups=2 in the
second, fourth and fifth. Dropout stands behind the two hidden layers. Normal initialisation with standard deviation 0.01, and
biases of 1 where the paper has them.
Differences from the paper: it says 224×224, but 55×55 maps after the first convolution need 227, or the padding of 2 that
stands here; nn.LocalResponseNorm divides its alpha by the window of 5, so it is 5e-4 here for the paper's 1e-4.
`alexnet_small` keeps the order of the layers, the overlapping pooling and the dropout. Narrowed for 28×28 pixels: first
kernel 5×5 with stride 1 for 11×11 with stride 4, second kernel 3×3 for 5×5, and the widths in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["INPUT_SHAPES", "RENAMES", "TORCHVISION", "VARIANTS", "AlexNet", "build"]

INPUT_SHAPES = {"alexnet": (3, 224, 224), "alexnet_paper": (3, 224, 224), "alexnet_small": (1, 28, 28)}


# --8<-- [start:block]
def block(convolution: nn.Conv2d, *, normalize: bool = False, pool: bool = False) -> list[nn.Module]:
    """Convolution and ReLU, in the paper's order with what may follow: normalisation, then pooling that overlaps."""
    layers: list[nn.Module] = [convolution, nn.ReLU(inplace=True)]
    if normalize:
        layers.append(nn.LocalResponseNorm(size=5, alpha=5e-4, beta=0.75, k=2.0))
    if pool:
        # Windows of 3 at steps of 2 share a row and a column with their neighbours.
        layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
    return layers


# --8<-- [end:block]


# --8<-- [start:model]
class AlexNet(nn.Module):
    """Five convolutions, then three fully connected layers with dropout.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        widths: maps of each convolution.
        hidden: width of the two hidden fully connected layers.
        dropout: probability with which a feature is set to 0 in training.
        paper: two columns, local response normalisation and the paper's initialisation.
        small: kernels, strides and pooled side for 28×28 pixels.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        widths: Sequence[int] = (64, 192, 384, 256, 256),
        hidden: int = 4096,
        dropout: float = 0.5,
        paper: bool = False,
        small: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels, self.smallest = in_channels, 15 if small else 63
        one, two, three, four, five = widths
        groups, kernel, side = 2 if paper else 1, 3 if small else 5, 2 if small else 6
        stem, stride = (5, 1) if small else (11, 4)
        self.features = nn.Sequential(
            *block(nn.Conv2d(in_channels, one, stem, stride, padding=2), normalize=paper, pool=True),
            *block(nn.Conv2d(one, two, kernel, padding=kernel // 2, groups=groups), normalize=paper, pool=True),
            *block(nn.Conv2d(two, three, kernel_size=3, padding=1)),
            *block(nn.Conv2d(three, four, kernel_size=3, padding=1, groups=groups)),
            *block(nn.Conv2d(four, five, kernel_size=3, padding=1, groups=groups), pool=True),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        # The paper drops what the two hidden layers put out, torchvision what they take in.
        before, after = (0, 1) if paper else (1, 0)
        self.classifier = nn.Sequential(
            *[nn.Dropout(dropout)] * before,
            nn.Linear(five * side**2, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            *[nn.Dropout(dropout)] * after,
            nn.Linear(hidden, num_classes),
        )
        if paper:
            self._initialize()

    def _initialize(self) -> None:
        layers = [layer for layer in self.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
        for number, layer in enumerate(layers, start=1):
            nn.init.normal_(layer.weight, std=0.01)
            # Ones feed the ReLUs positive numbers at the start: convolutions 2, 4, 5 and the hidden layers.
            nn.init.constant_(layer.bias, float(number in (2, 4, 5, 6, 7)))  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, H, W) to logits (N, num_classes)."""
        if images.dim() != 4 or images.shape[1] != self.in_channels or min(images.shape[2:]) < self.smallest:
            wanted = f"(N, {self.in_channels}, H, W) with H and W of at least {self.smallest}"
            raise ValueError(f"this AlexNet takes images of shape {wanted}, got {tuple(images.shape)}")
        features = self.features(images)  # (N, 256, 6, 6) from 224×224; (N, 24, 2, 2) from 28×28
        features = torch.flatten(self.avgpool(features), 1)  # (N, 9216); (N, 96)
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


# --8<-- [start:variants]
VARIANTS: dict[str, dict[str, Any]] = {
    "alexnet": {},
    "alexnet_paper": {"widths": (96, 256, 384, 384, 256), "paper": True},
    "alexnet_small": {"widths": (8, 24, 32, 24, 24), "hidden": 96, "dropout": 0.1, "small": True},
}
# --8<-- [end:variants]
# The twin in torchvision, and how its parameter names become ours: they are the same.
TORCHVISION = {"alexnet": "alexnet"}
RENAMES: tuple[tuple[str, str], ...] = ()


def build(name: str = "alexnet", *, in_channels: int | None = None, num_classes: int | None = None) -> AlexNet:
    """Build a variant by name; None takes the sizes that it was made for."""
    channels, classes = (1, 10) if name == "alexnet_small" else (3, 1000)
    return AlexNet(in_channels or channels, num_classes or classes, **VARIANTS[name])
