"""Network in network: 1×1 convolutions mix the maps at every pixel, and one map per class, averaged, is the classifier.

Input: float32 images (N, 3, 224, 224), or (N, 1, 28, 28) for the small forms; larger ones work too.
Output: logits (N, 1000), or (N, 10).

| variant                | maps of the blocks      | after the last layer | smallest image | parameters |
|------------------------|-------------------------|----------------------|---------------:|-----------:|
| `nin`                  | 96, 256, 384, 1024      | ReLU                 |          39×39 |  7,595,176 |
| `nin_small`            | 16, 32, 48              | nothing              |            7×7 |     32,618 |
| `nin_small_collapsing` | 16, 32, 48              | ReLU                 |            7×7 |     32,618 |

Source: Lin, Chen and Yan, "Network in network", ICLR 2014, https://arxiv.org/abs/1312.4400. The paper gives the idea and
nets of three blocks for small images. The ImageNet net, four blocks, is the Caffe model of its first author,
https://gist.github.com/mavenlin/d802a5849de39225bcc6: 224×224 pixels, no padding in the first convolution, pooling that
rounds up, maps of 54, 27, 13 and 6 pixels, normal weights with standard deviation 0.05, or 0.01 in three layers, biases 0.
Differences from that model: the last average takes whatever map there is, for the same result at 224×224.
torchvision has no NiN.

The published net has a ReLU after its last layer too. A class whose map is negative everywhere then has logit 0 and gradient
0: it is never learnt, and if that holds for all classes, training stands still at chance. `nin_small` ends without that
ReLU, and `nin_small_collapsing` has it; nothing else differs. Both start from He's rule. On digits the first reads every class
with every seed tried, the second loses one or two classes for good with some seeds.
Both keep blocks of one spatial and two 1×1 convolutions, overlapping pooling and the average as classifier. Narrowed for
28×28 pixels: three blocks, as in the paper's own small nets, first kernel 5×5 with stride 2, widths as in the table, no dropout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

__all__ = ["INPUT_SHAPES", "VARIANTS", "NiN", "build"]

INPUT_SHAPES = {"nin": (3, 224, 224), "nin_small": (1, 28, 28), "nin_small_collapsing": (1, 28, 28)}


# --8<-- [start:block]
def block(in_channels: int, widths: Sequence[int], kernel: int, stride: int, padding: int) -> nn.Sequential:
    """Find features with one spatial convolution, then mix them at every pixel with 1×1 convolutions: a small MLP."""
    layers: list[nn.Module] = []
    for channels, width in zip([in_channels, *widths], widths, strict=False):
        spatial = nn.Conv2d(channels, width, kernel, stride, padding)
        layers.append(nn.Conv2d(channels, width, kernel_size=1) if layers else spatial)
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


# --8<-- [end:block]


# --8<-- [start:model]
class NiN(nn.Module):
    """Blocks with overlapping pooling between them; the last one ends in a map for each class.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits, and of maps in the last layer.
        widths: maps of each block.
        stem: kernel, stride and padding of the first convolution.
        dropout: probability with which a feature is set to 0 before the last block, in training.
        last_relu: whether the last layer ends in a ReLU.
        he: start from He's rule; otherwise as published.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        widths: Sequence[int] = (96, 256, 384, 1024),
        stem: tuple[int, int, int] = (11, 4, 0),
        dropout: float = 0.5,
        last_relu: bool = True,
        he: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels, self.smallest = in_channels, 39 if len(widths) == 4 else 7
        plans = [(in_channels, *stem)] + [(width, kernel, 1, kernel // 2) for width, kernel in zip(widths, (5, 3, 3), strict=False)]
        layers: list[nn.Module] = []
        for (channels, kernel, stride, padding), width in zip(plans, widths[:-1], strict=False):
            layers.append(block(channels, (width,) * 3, kernel, stride, padding))
            # Rounding up lets the last window hang over the edge.
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
        channels, width = widths[-2:]
        last = nn.Conv2d(width, num_classes, kernel_size=1)
        layers += [nn.Dropout(dropout), block(channels, (width, width), 3, 1, 1), last]
        self.features = nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if last_relu else []))
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self._initialize(he)

    def _initialize(self, he: bool) -> None:
        convolutions = [layer for layer in self.modules() if isinstance(layer, nn.Conv2d)]
        for number, layer in enumerate(convolutions, start=1):
            if he:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            else:
                # The first convolution, the third block's and the last layer start smaller.
                nn.init.normal_(layer.weight, std=0.01 if number in (1, 7, 12) else 0.05)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, H, W) to logits (N, num_classes)."""
        if images.dim() != 4 or images.shape[1] != self.in_channels or min(images.shape[2:]) < self.smallest:
            wanted = f"(N, {self.in_channels}, H, W) with H and W of at least {self.smallest}"
            raise ValueError(f"this NiN takes images of shape {wanted}, got {tuple(images.shape)}")
        maps = self.features(images)  # (N, num_classes, 6, 6) from 224×224; (N, num_classes, 3, 3) from 28×28
        logits: Tensor = self.classifier(maps)  # (N, num_classes)
        return logits


# --8<-- [end:model]


# --8<-- [start:variants]
_SMALL = {"widths": (16, 32, 48), "stem": (5, 2, 2), "dropout": 0.0, "he": True}
VARIANTS: dict[str, dict[str, Any]] = {
    "nin": {},
    "nin_small": _SMALL | {"last_relu": False},
    "nin_small_collapsing": _SMALL,
}
# --8<-- [end:variants]


def build(name: str = "nin", *, in_channels: int | None = None, num_classes: int | None = None) -> NiN:
    """Build a variant by name; None takes the sizes that it was made for."""
    channels, classes = (3, 1000) if name == "nin" else (1, 10)
    return NiN(in_channels or channels, num_classes or classes, **VARIANTS[name])
