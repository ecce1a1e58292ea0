"""GoogLeNet: look at each place through windows of several sizes at once, and lay the answers side by side.

Input: float32 images (N, C, H, W). Output: logits (N, num_classes); in training mode, where there are auxiliary heads,
`Outputs(logits, auxiliary1, auxiliary2)`, for `GoogLeNet.loss`. 1,000 classes; 10 for the small form.

| variant           | large window | last pooling | heads | images    | smallest | parameters | without heads |
|-------------------|--------------|--------------|------:|-----------|---------:|-----------:|--------------:|
| `googlenet`       | 3×3          | 2×2          |     2 | 3×224×224 |    15×15 | 13,004,888 |     6,624,904 |
| `googlenet_paper` | 5×5          | 3×3          |     2 | 3×224×224 |    31×31 | 13,385,816 |     7,005,832 |
| `googlenet_small` | 5×5          | 3×3          |     0 | 1×28×28   |      3×3 |     40,086 |        40,086 |

Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015, https://arxiv.org/abs/1409.4842.
Differences from the paper: batch normalisation (ε 0.001) behind every convolution, none of its two local response
normalisations; an auxiliary head averages to 4×4 whatever its input, where the paper's window is 5×5 with stride 3.
`googlenet` is torchvision's: a 3×3 for the paper's 5×5, a last pooling of 2×2 for 3×3, and dropout 0.2 for 0.4.
Differences from torchvision: the same numbers come out, those of the heads in the order in which they stand, read by name.
Images are not rescaled inside the net (its `transform_input`). Parameters have other names, which `RENAMES` translates.
Narrowed in `googlenet_small`: four inceptions for nine, an eighth of the width or less, a stem of one 3×3, dropout 0.1, and
no heads, since the way to its early layers is short.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["INPUT_SHAPES", "RENAMES", "TORCHVISION", "VARIANTS", "GoogLeNet", "Inception", "Outputs", "build"]

# One row an inception: channels of the 1×1; of the 3×3, narrowed and out; of the 5×5, narrowed and out; behind the pooling.
Widths = tuple[int, int, int, int, int, int]


# --8<-- [start:widths]
STAGES: tuple[tuple[Widths, ...], ...] = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)
SMALL = (((8, 12, 16, 4, 8, 8), (16, 16, 24, 4, 12, 12)), ((24, 16, 32, 4, 12, 12), (32, 24, 48, 6, 16, 16)))
# --8<-- [end:widths]


def unit(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Sequential:
    """Convolve, normalise, activate; height and width are divided by the stride."""
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels, eps=0.001), nn.ReLU(inplace=True))


def pool(kernel_size: int) -> nn.MaxPool2d:
    """Halve height and width, rounding up."""
    return nn.MaxPool2d(kernel_size, stride=2, ceil_mode=True)


# --8<-- [start:block]
class Inception(nn.Module):
    """Four branches over the same input, concatenated.

    Args:
        in_channels: channels of the input.
        widths: channels of the 1×1; of the 3×3, narrowed and out; of the large window, narrowed and out; behind the pooling.
        large: side of the large window; 5 in the paper, 3 in torchvision.
    """

    def __init__(self, in_channels: int, widths: Widths, large: int = 5) -> None:
        super().__init__()
        point, narrow3, wide3, narrow5, wide5, pooled = widths
        self.branch1 = unit(in_channels, point, 1)
        self.branch2 = nn.Sequential(unit(in_channels, narrow3, 1), unit(narrow3, wide3, 3))
        self.branch3 = nn.Sequential(unit(in_channels, narrow5, 1), unit(narrow5, wide5, large))
        self.branch4 = nn.Sequential(nn.MaxPool2d(kernel_size=3, stride=1, padding=1), unit(in_channels, pooled, 1))
        self.out_channels = point + wide3 + wide5 + pooled

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(features) for branch in branches], dim=1)


# --8<-- [end:block]


# --8<-- [start:auxiliary]
class Outputs(NamedTuple):
    """What the net says in training mode: logits (N, num_classes) at its end, and after the inceptions 4a and 4d."""

    logits: Tensor
    auxiliary1: Tensor
    auxiliary2: Tensor


def auxiliary_head(in_channels: int, num_classes: int) -> nn.Sequential:
    """Classify from the middle of the net, so that its gradient reaches the early layers on a short way."""
    narrow = [nn.AdaptiveAvgPool2d(4), unit(in_channels, 128, 1), nn.Flatten()]  # (N, 2048)
    return nn.Sequential(*narrow, nn.Linear(2048, 1024), nn.ReLU(inplace=True), nn.Dropout(0.7), nn.Linear(1024, num_classes))


# --8<-- [end:auxiliary]


# --8<-- [start:model]
class GoogLeNet(nn.Module):
    """A stem, stages of inceptions with pooling between them, the mean of each map, one linear layer.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        stages: widths of each inception, stage by stage.
        stem: (64, 192) as in the paper, or (width,) for a single 3×3 with stride 2.
        large: side of the large window.
        last_pool: side of the last pooling window.
        auxiliary: whether heads stand after the inceptions 4a and 4d.
        dropout: share of the last features that is dropped in training.

    Raises:
        ValueError: there are to be auxiliary heads, and one of their places is missing.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        stages: tuple[tuple[Widths, ...], ...] = STAGES,
        stem: tuple[int, ...] = (64, 192),
        large: int = 5,
        last_pool: int = 3,
        auxiliary: bool = True,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        if len(stem) == 1:
            first: list[nn.Module] = [unit(in_channels, stem[0], 3, 2)]
        else:
            first = [unit(in_channels, stem[0], 7, 2), pool(3), unit(stem[0], stem[0], 1), unit(stem[0], stem[1], 3), pool(3)]
        layers: dict[str, nn.Module] = {"stem": nn.Sequential(*first)}
        channels, heads = stem[-1], {}
        # The paper counts stem and pooling as stages 1 and 2.
        for stage, rows in enumerate(stages, start=3):
            if stage > 3:
                layers[f"pool{stage - 1}"] = pool(last_pool if stage == 2 + len(stages) else 3)
            for number, widths in enumerate(rows):
                letter = chr(ord("a") + number)
                inception = layers[f"inception{stage}{letter}"] = Inception(channels, widths, large)
                channels = inception.out_channels
                if auxiliary and f"{stage}{letter}" in ("4a", "4d"):
                    heads[f"inception{stage}{letter}"] = auxiliary_head(channels, num_classes)
        if auxiliary and len(heads) != 2:
            raise ValueError("auxiliary heads stand after the inceptions 4a and 4d: give the second stage four rows, or auxiliary=False")
        self.features = nn.Sequential(OrderedDict(layers))
        self.heads = nn.ModuleDict(heads)
        last = nn.Linear(channels, num_classes)
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), last)
        # Where a window of 3 slides by 2 and may stick out, two pixels are the fewest that give one.
        windows = [module for module in self.features.modules() if isinstance(module, nn.MaxPool2d) and module.stride == 2]
        self.smallest = 2 ** (1 + sum(window.kernel_size == 3 for window in windows)) - 1
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.01)

    def forward(self, images: Tensor) -> Tensor | Outputs:
        """Map images (N, in_channels, H, W) to logits (N, num_classes), with those of the heads while they train."""
        if images.dim() != 4 or images.shape[1] != self.in_channels or min(images.shape[2:]) < self.smallest:
            wanted = f"(N, {self.in_channels}, H, W) with H and W of at least {self.smallest}"
            raise ValueError(f"this GoogLeNet takes images of shape {wanted}, got {tuple(images.shape)}")
        features, early = images, []
        for name, layer in self.features.named_children():
            features = layer(features)  # (N, 192, 28, 28) after the stem, (N, 1024, 7, 7) at the end, from 224×224
            if self.training and name in self.heads:
                early.append(self.heads[name](features))
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return Outputs(logits, *early) if early else logits

    @staticmethod
    def loss(outputs: Outputs, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
        """Return the cross-entropy of the last logits plus 0.3 times that of each auxiliary head."""
        last, *early = (F.cross_entropy(part, targets, label_smoothing=label_smoothing) for part in outputs)
        return last + 0.3 * sum(early)


# --8<-- [end:model]


# --8<-- [start:variants]
VARIANTS: dict[str, dict[str, Any]] = {
    "googlenet": {"large": 3, "last_pool": 2, "dropout": 0.2},
    "googlenet_paper": {},
    "googlenet_small": {"stages": SMALL, "stem": (16,), "auxiliary": False, "dropout": 0.1},
}
# --8<-- [end:variants]
INPUT_SHAPES = {name: (1, 28, 28) if name.endswith("small") else (3, 224, 224) for name in VARIANTS}
# The twin in torchvision, and how its parameter names become ours, one rule after the other.
TORCHVISION = {"googlenet": "googlenet"}
RENAMES = (
    (r"^conv1\.", "features.stem.0."),
    (r"^conv2\.", "features.stem.2."),
    (r"^conv3\.", "features.stem.3."),
    (r"^inception", "features.inception"),
    (r"^aux1\.conv\.", "heads.inception4a.1."),
    (r"^aux1\.fc1\.", "heads.inception4a.3."),
    (r"^aux1\.fc2\.", "heads.inception4a.6."),
    (r"^aux2\.conv\.", "heads.inception4d.1."),
    (r"^aux2\.fc1\.", "heads.inception4d.3."),
    (r"^aux2\.fc2\.", "heads.inception4d.6."),
    (r"\.conv\.", ".0."),
    (r"\.bn\.", ".1."),
    (r"^fc\.", "classifier.3."),
)


def build(name: str = "googlenet", *, in_channels: int | None = None, num_classes: int | None = None) -> GoogLeNet:
    """Build a variant by name; None takes the sizes that it was made for."""
    channels, side, _ = INPUT_SHAPES[name]
    return GoogLeNet(in_channels or channels, num_classes or (1000 if side == 224 else 10), **VARIANTS[name])
