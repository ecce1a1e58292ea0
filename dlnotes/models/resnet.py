"""ResNet: each block adds what it has learned to what it was given, so that a deep net can be trained at all.

Input: float32 images (N, C, H, W), any H and W. Output: logits (N, num_classes). Blocks of four stages are made for 3×224×224
and 1,000 classes; of three, for 3×32×32 and 10 (the paper's nets for CIFAR-10, and their plain twins), or 1×28×28 and 10.

| variant           | blocks      | block           | shortcut   | parameters |
|-------------------|-------------|-----------------|------------|-----------:|
| `resnet18`        | 2, 2, 2, 2  | 3×3, 3×3        | projection | 11,689,512 |
| `resnet34`        | 3, 4, 6, 3  | 3×3, 3×3        | projection | 21,797,672 |
| `resnet50`        | 3, 4, 6, 3  | 1×1, 3×3, 1×1   | projection | 25,557,032 |
| `resnet50_paper`  | 3, 4, 6, 3  | stride in a 1×1 | projection | 25,557,032 |
| `resnet101`       | 3, 4, 23, 3 | 1×1, 3×3, 1×1   | projection | 44,549,160 |
| `resnet152`       | 3, 8, 36, 3 | 1×1, 3×3, 1×1   | projection | 60,192,808 |
| `preact_resnet18` | 2, 2, 2, 2  | pre-activation  | projection | 11,687,720 |
| `resnet20`        | 3, 3, 3     | 3×3, 3×3        | zeros      |    269,722 |
| `resnet32`        | 5, 5, 5     | 3×3, 3×3        | zeros      |    464,154 |
| `resnet56`        | 9, 9, 9     | 3×3, 3×3        | zeros      |    853,018 |
| `plain20`         | 3, 3, 3     | 3×3, 3×3        | none       |    269,722 |
| `plain56`         | 9, 9, 9     | 3×3, 3×3        | none       |    853,018 |
| `resnet_small`    | 1, 1, 1     | 3×3, 3×3        | projection |     77,754 |

Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015, https://arxiv.org/abs/1512.03385;
the same, "Identity mappings in deep residual networks", 2016, https://arxiv.org/abs/1603.05027 (pre-activation).
Differences from the paper: a bottleneck has its stride in the 3×3, where torchvision has it ("v1.5"); a 1×1 with stride 2,
as in `resnet50_paper`, never looks at three pixels of four. Shortcuts are the paper's: A (zeros) for 32×32, B (projection)
for 224×224. Those of `preact_resnet18` project without normalisation; its paper measures deeper nets of the same form.
Differences from torchvision: the same numbers come out; parameters have other names, which `RENAMES` translates.
Narrowed in `resnet_small`: three stages of one block, 16 channels at first, and a 3×3 with stride 2 as its stem.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["INPUT_SHAPES", "RENAMES", "TORCHVISION", "VARIANTS", "Bottleneck", "PreActivationBlock", "ResNet", "ResidualBlock", "build"]


def convolution(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Conv2d:
    """Divide height and width by the stride; no bias, since normalisation would take it away again."""
    return nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False)


# --8<-- [start:shortcut]
class ZeroShortcut(nn.Module):
    """Shortcut A of the paper, without a parameter: keep one pixel per stride, append channels of zeros."""

    def __init__(self, stride: int, new_channels: int) -> None:
        super().__init__()
        self.stride, self.new_channels = stride, new_channels

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C + new_channels, ⌈H/stride⌉, ⌈W/stride⌉)."""
        # A mean over windows of one pixel only skips.
        return F.pad(F.avg_pool2d(features, kernel_size=1, stride=self.stride), (0, 0, 0, 0, 0, self.new_channels))


def make_shortcut(kind: str, in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    """Build the way around a block; a change of channels or a stride asks for more than the identity."""
    if kind == "none":
        return None
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    if kind == "zeros":
        return ZeroShortcut(stride, out_channels - in_channels)
    return nn.Sequential(convolution(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))


# --8<-- [end:shortcut]


# --8<-- [start:block]
class ResidualBlock(nn.Module):
    """Two 3×3 convolutions whose result is added to their input.

    Args:
        in_channels: channels of the input.
        channels: channels of the convolutions; `expansion` times as many come out.
        stride: by how much the block divides height and width.
        shortcut: "projection" or "zeros" where the shape changes; "none" for a plain block, which adds nothing.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, shortcut: str = "projection") -> None:
        super().__init__()
        self.residual = self.branch(in_channels, channels, stride)
        self.shortcut = make_shortcut(shortcut, in_channels, channels * self.expansion, stride)
        self.activation = nn.ReLU(inplace=True)

    def branch(self, in_channels: int, channels: int, stride: int) -> nn.Sequential:
        """Build what the block learns."""
        first = [convolution(in_channels, channels, 3, stride), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        return nn.Sequential(*first, convolution(channels, channels, 3), nn.BatchNorm2d(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, expansion·channels, ⌈H/stride⌉, ⌈W/stride⌉)."""
        total: Tensor = self.residual(features)
        if self.shortcut is not None:
            total += self.shortcut(features)
        activated: Tensor = self.activation(total)
        return activated


# --8<-- [end:block]


# --8<-- [start:bottleneck]
class Bottleneck(ResidualBlock):
    """Narrow with a 1×1, look around with a 3×3 that takes the stride, widen fourfold with a 1×1, and add."""

    expansion = 4
    stride_first = False

    def branch(self, in_channels: int, channels: int, stride: int) -> nn.Sequential:
        """Build what the block learns."""
        strides = (stride, 1) if self.stride_first else (1, stride)
        narrow = [convolution(in_channels, channels, 1, strides[0]), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        look = [convolution(channels, channels, 3, strides[1]), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        wide = channels * self.expansion
        return nn.Sequential(*narrow, *look, convolution(channels, wide, 1), nn.BatchNorm2d(wide))


class PaperBottleneck(Bottleneck):
    """The paper's bottleneck: the first 1×1 takes the stride."""

    stride_first = True


# --8<-- [end:bottleneck]


# --8<-- [start:preactivation]
class PreActivationBlock(ResidualBlock):
    """Normalise and activate before each convolution, so that nothing changes the sum on its way to the next block."""

    def __init__(self, in_channels: int, channels: int, stride: int = 1, shortcut: str = "projection") -> None:
        super().__init__(in_channels, channels, stride, shortcut)
        if isinstance(self.shortcut, nn.Sequential):
            self.shortcut = self.shortcut[0]  # the 1×1 alone, without normalisation
        self.before = nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU(inplace=True))
        del self.activation

    def branch(self, in_channels: int, channels: int, stride: int) -> nn.Sequential:
        """Build what the block learns."""
        between = [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        return nn.Sequential(convolution(in_channels, channels, 3, stride), *between, convolution(channels, channels, 3))

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, channels, ⌈H/stride⌉, ⌈W/stride⌉)."""
        ready = self.before(features)
        total: Tensor = self.residual(ready)
        if self.shortcut is not None:
            total += self.shortcut(features if isinstance(self.shortcut, nn.Identity) else ready)
        return total


# --8<-- [end:preactivation]


# --8<-- [start:model]
class ResNet(nn.Module):
    """A stem, stages of blocks, the mean of each map, one linear layer.

    Args:
        in_channels: channels of the image.
        num_classes: number of logits.
        depths: number of blocks in each stage; every stage but the first halves height and width and doubles the channels.
        channels: channels of the stem and of the first stage.
        block: class of the blocks.
        shortcut: "projection", "zeros", or "none" for the plain twin.
        stem_stride: 4 for a 7×7 with stride 2 and pooling; 1 or 2 for a 3×3 with that stride.

    Raises:
        ValueError: there is no such shortcut or stem.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        depths: tuple[int, ...] = (2, 2, 2, 2),
        channels: int = 64,
        block: type[ResidualBlock] = ResidualBlock,
        shortcut: str = "projection",
        stem_stride: int = 4,
    ) -> None:
        super().__init__()
        if shortcut not in ("projection", "zeros", "none") or stem_stride not in (1, 2, 4):
            raise ValueError(f"shortcut is projection, zeros or none, and stem_stride 1, 2 or 4; got {shortcut!r}, {stem_stride!r}")
        self.in_channels, self.smallest = in_channels, 1
        kernel_size, stride = (7, 2) if stem_stride == 4 else (3, stem_stride)
        stem = [convolution(in_channels, channels, kernel_size, stride), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        pool = [nn.MaxPool2d(kernel_size=3, stride=2, padding=1)] if stem_stride == 4 else []
        layers: dict[str, nn.Module] = {"stem": nn.Sequential(*stem, *pool)}
        arriving = channels
        for stage, depth in enumerate(depths):
            blocks = []
            for number in range(depth):
                stride = 2 if stage > 0 and number == 0 else 1
                blocks.append(block(arriving, channels * 2**stage, stride, shortcut))
                arriving = channels * 2**stage * block.expansion
            layers[f"stage{stage + 1}"] = nn.Sequential(*blocks)
        if issubclass(block, PreActivationBlock):
            # The stem has activated for both ways of the first block; the last sum is still to be activated.
            layers["stage1"][0].before = nn.Identity()  # type: ignore[index]
            layers["last"] = nn.Sequential(nn.BatchNorm2d(arriving), nn.ReLU(inplace=True))
        self.features = nn.Sequential(OrderedDict(layers))
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, in_channels, H, W) to logits (N, num_classes)."""
        if images.dim() != 4 or images.shape[1] != self.in_channels or min(images.shape[2:]) < self.smallest:
            wanted = f"(N, {self.in_channels}, H, W) with H and W of at least {self.smallest}"
            raise ValueError(f"this ResNet takes images of shape {wanted}, got {tuple(images.shape)}")
        features = self.features(images)  # (N, 512, 7, 7) for resnet18 at 224×224
        logits: Tensor = self.classifier(features)  # (N, num_classes)
        return logits


# --8<-- [end:model]


# --8<-- [start:variants]
_CIFAR: dict[str, Any] = {"channels": 16, "stem_stride": 1}
VARIANTS: dict[str, dict[str, Any]] = {
    "resnet18": {"depths": (2, 2, 2, 2)},
    "resnet34": {"depths": (3, 4, 6, 3)},
    "resnet50": {"depths": (3, 4, 6, 3), "block": Bottleneck},
    "resnet50_paper": {"depths": (3, 4, 6, 3), "block": PaperBottleneck},
    "resnet101": {"depths": (3, 4, 23, 3), "block": Bottleneck},
    "resnet152": {"depths": (3, 8, 36, 3), "block": Bottleneck},
    "preact_resnet18": {"depths": (2, 2, 2, 2), "block": PreActivationBlock},
    "resnet20": {"depths": (3, 3, 3), "shortcut": "zeros", **_CIFAR},
    "resnet32": {"depths": (5, 5, 5), "shortcut": "zeros", **_CIFAR},
    "resnet56": {"depths": (9, 9, 9), "shortcut": "zeros", **_CIFAR},
    "plain20": {"depths": (3, 3, 3), "shortcut": "none", **_CIFAR},
    "plain56": {"depths": (9, 9, 9), "shortcut": "none", **_CIFAR},
    "resnet_small": {"depths": (1, 1, 1), "channels": 16, "stem_stride": 2},
}
# --8<-- [end:variants]
INPUT_SHAPES = dict.fromkeys(VARIANTS, (3, 224, 224)) | {name: (3, 32, 32) for name, row in VARIANTS.items() if "shortcut" in row}
INPUT_SHAPES["resnet_small"] = (1, 28, 28)
# The twins in torchvision, and how their parameter names become ours, one rule after the other.
TORCHVISION = {f"resnet{depth}": f"resnet{depth}" for depth in (18, 34, 50, 101, 152)}
RENAMES = (
    (r"^conv1\.", "features.stem.0."),
    (r"^bn1\.", "features.stem.1."),
    (r"^layer(\d)\.", r"features.stage\1."),
    (r"\.conv1\.", ".residual.0."),
    (r"\.bn1\.", ".residual.1."),
    (r"\.conv2\.", ".residual.3."),
    (r"\.bn2\.", ".residual.4."),
    (r"\.conv3\.", ".residual.6."),
    (r"\.bn3\.", ".residual.7."),
    (r"\.downsample\.", ".shortcut."),
    (r"^fc\.", "classifier.2."),
)


def build(name: str = "resnet18", *, in_channels: int | None = None, num_classes: int | None = None) -> ResNet:
    """Build a variant by name; None takes the sizes that it was made for."""
    channels, side, _ = INPUT_SHAPES[name]
    return ResNet(in_channels or channels, num_classes or (1000 if side == 224 else 10), **VARIANTS[name])
