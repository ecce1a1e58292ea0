"""Sizes, counts and borders of convolution and pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES", "receptive_side"]


def receptive_side(net: nn.Module, size: int = 21) -> int:
    """Return how many input pixels one output pixel spans, measured by its gradient.

    Args:
        net: maps (1, 1, size, size) to (1, 1, H, W) with H and W odd.
        size: side of the input, larger than what is measured.
    """
    image = torch.zeros(1, 1, size, size, requires_grad=True)
    maps = net(image)
    maps[0, 0, maps.shape[2] // 2, maps.shape[3] // 2].backward()
    assert image.grad is not None
    columns = image.grad[0, 0].ne(0).any(dim=0).nonzero()
    return int(columns[-1] - columns[0] + 1)


# --8<-- [start:brackets-of-the-size-formula-broken]
def size_broken(n: int, k: int, s: int = 1, p: int = 0) -> float:
    """28-5/1+1, as it is often written."""
    return n - k / s + 2 * p + 1


# --8<-- [end:brackets-of-the-size-formula-broken]


# --8<-- [start:brackets-of-the-size-formula-fixed]
def size_fixed(n: int, k: int, s: int = 1, p: int = 0) -> float:
    """Divide the whole way that the kernel can go by the stride, and round down."""
    return (n - k + 2 * p) // s + 1


# --8<-- [end:brackets-of-the-size-formula-fixed]


def size_symptom(version: Callable[..., float]) -> float:
    """Return the largest error over 48 settings, against torch."""
    worst = 0.0
    for n in (28, 27, 32):
        for k in (1, 3, 4, 5):
            for s, p in ((1, 0), (1, 2), (2, 0), (2, 1)):
                true = nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, n, n)).shape[-1]
                worst = max(worst, abs(version(n, k, s, p) - true))
    return worst


# --8<-- [start:brackets-of-the-size-formula-check]
def size_check(size: Callable[..., float]) -> None:
    """The formula gives what torch gives, at stride 2 and with padding too."""
    for n, k, s, p in ((28, 5, 1, 0), (28, 5, 2, 0), (27, 3, 2, 1)):
        assert size(n, k, s, p) == nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, n, n)).shape[-1]


# --8<-- [end:brackets-of-the-size-formula-check]


# --8<-- [start:even-kernel-same-size-broken]
def even_broken(images: Tensor, weight: Tensor) -> Tensor:
    """Pad (k - 1) / 2 on each side."""
    return F.conv2d(images, weight, padding=(weight.shape[-1] - 1) // 2)


# --8<-- [end:even-kernel-same-size-broken]


# --8<-- [start:even-kernel-same-size-fixed]
def even_fixed(images: Tensor, weight: Tensor) -> Tensor:
    """Pad k - 1 in all, one more on the right if that is odd."""
    missing = weight.shape[-1] - 1
    before, after = missing // 2, missing - missing // 2
    return F.conv2d(F.pad(images, (before, after, before, after)), weight)


# --8<-- [end:even-kernel-same-size-fixed]


def even_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> float:
    """Return how far the side is from 28 at worst, for kernels of 3, 4, 5 and 7."""
    sides = [version(torch.zeros(1, 1, 28, 28), torch.zeros(1, 1, k, k)).shape[-1] for k in (3, 4, 5, 7)]
    return max(abs(side - 28) for side in sides)


# --8<-- [start:even-kernel-same-size-check]
def even_check(convolve: Callable[[Tensor, Tensor], Tensor]) -> None:
    """The size stays, for even kernels too, as with padding="same"."""
    for k in (2, 3, 4, 5):
        images, weight = torch.randn(1, 1, 9, 9), torch.randn(1, 1, k, k)
        assert torch.allclose(convolve(images, weight), F.conv2d(images, weight, padding="same"), atol=1e-5)


# --8<-- [end:even-kernel-same-size-check]


# --8<-- [start:same-with-stride-broken]
def strided_broken() -> nn.Module:
    """Write what TensorFlow accepts."""
    return nn.Conv2d(1, 6, kernel_size=3, stride=2, padding="same")


# --8<-- [end:same-with-stride-broken]


# --8<-- [start:same-with-stride-fixed]
def strided_fixed() -> nn.Module:
    """Pad (k - 1) / 2: the side is halved and rounded up."""
    return nn.Conv2d(1, 6, kernel_size=3, stride=2, padding=1)


# --8<-- [end:same-with-stride-fixed]


def strided_symptom(version: Callable[[], nn.Module]) -> str:
    """Return what making the layer raises."""
    return attempt(version)


# --8<-- [start:same-with-stride-check]
def strided_check(make: Callable[[], nn.Module]) -> None:
    """A side of 28 becomes 14, one of 27 becomes 14."""
    for side in (28, 27):
        assert make()(torch.zeros(1, 1, side, side)).shape[-1] == 14


# --8<-- [end:same-with-stride-check]


# --8<-- [start:dark-border-broken]
def border_broken() -> nn.Conv2d:
    """Put zeros around the picture."""
    return nn.Conv2d(1, 1, 5, padding=2, bias=False)


# --8<-- [end:dark-border-broken]


# --8<-- [start:dark-border-fixed]
def border_fixed() -> nn.Conv2d:
    """Go on with the picture's own pixels, mirrored."""
    return nn.Conv2d(1, 1, 5, padding=2, bias=False, padding_mode="reflect")


# --8<-- [end:dark-border-fixed]


def border_symptom(version: Callable[[], nn.Conv2d]) -> float:
    """Return what the mean of 5×5 pixels gives in the corner of a white picture, where 1 is right."""
    layer = version()
    nn.init.constant_(layer.weight, 1 / 25)
    return float(layer(torch.ones(1, 1, 28, 28))[0, 0, 0, 0].item())


# --8<-- [start:dark-border-check]
def border_check(make: Callable[[], nn.Conv2d]) -> None:
    """The mean of a white picture is white everywhere."""
    layer = make()
    nn.init.constant_(layer.weight, 1 / 25)
    assert torch.allclose(layer(torch.ones(1, 1, 9, 9)), torch.ones(1, 1, 9, 9))


# --8<-- [end:dark-border-check]


# --8<-- [start:pooling-counts-padding-broken]
def average_broken() -> nn.Module:
    """Leave the default."""
    return nn.AvgPool2d(3, stride=1, padding=1)


# --8<-- [end:pooling-counts-padding-broken]


# --8<-- [start:pooling-counts-padding-fixed]
def average_fixed() -> nn.Module:
    """Divide by the number of real pixels."""
    return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)


# --8<-- [end:pooling-counts-padding-fixed]


def average_symptom(version: Callable[[], nn.Module]) -> float:
    """Return the mean in the corner of a white picture."""
    return float(version()(torch.ones(1, 1, 8, 8))[0, 0, 0, 0])


# --8<-- [start:pooling-counts-padding-check]
def average_check(make: Callable[[], nn.Module]) -> None:
    """The mean of ones is one, in the corner too."""
    assert torch.allclose(make()(torch.ones(1, 1, 8, 8)), torch.ones(1, 1, 8, 8))


# --8<-- [end:pooling-counts-padding-check]


# --8<-- [start:pooled-away-broken]
def pools_broken() -> nn.Module:
    """Pool five times, as networks for 224×224 do."""
    return nn.Sequential(*[nn.MaxPool2d(2) for _ in range(5)])


# --8<-- [end:pooled-away-broken]


# --8<-- [start:pooled-away-fixed]
def pools_fixed() -> nn.Module:
    """Pool as long as there is something to pool: 28, 14, 7, 3."""
    return nn.Sequential(*[nn.MaxPool2d(2) for _ in range(3)])


# --8<-- [end:pooled-away-fixed]


def pools_symptom(version: Callable[[], nn.Module]) -> str:
    """Return what an image of 28×28 raises."""
    return attempt(version(), torch.zeros(1, 1, 28, 28))


# --8<-- [start:pooled-away-check]
def pools_check(make: Callable[[], nn.Module]) -> None:
    """An image of the data set goes through."""
    assert make()(torch.zeros(1, 1, 28, 28)).numel() > 0


# --8<-- [end:pooled-away-check]


# --8<-- [start:not-quite-back-broken]
def back_broken() -> nn.ConvTranspose2d:
    """Take the numbers of the convolution."""
    return nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1)


# --8<-- [end:not-quite-back-broken]


# --8<-- [start:not-quite-back-fixed]
def back_fixed() -> nn.ConvTranspose2d:
    """Say which of the two possible sizes is meant."""
    return nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1)


# --8<-- [end:not-quite-back-fixed]


def back_symptom(version: Callable[[], nn.ConvTranspose2d]) -> float:
    """Return by how many pixels the way down and up misses 28."""
    maps = nn.Conv2d(1, 8, 3, stride=2, padding=1)(torch.zeros(1, 1, 28, 28))
    return float(abs(version()(maps).shape[-1] - 28))


# --8<-- [start:not-quite-back-check]
def back_check(make: Callable[[], nn.ConvTranspose2d]) -> None:
    """Down and up again ends at the size of the beginning."""
    down = nn.Conv2d(1, 8, 3, stride=2, padding=1)
    assert make()(down(torch.zeros(1, 1, 28, 28))).shape == (1, 1, 28, 28)


# --8<-- [end:not-quite-back-check]


# --8<-- [start:correlation-not-convolution-broken]
def flip_broken(signal: np.ndarray[Any, Any], kernel: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Compute what is called convolution in mathematics."""
    return np.convolve(signal, kernel, mode="valid")


# --8<-- [end:correlation-not-convolution-broken]


# --8<-- [start:correlation-not-convolution-fixed]
def flip_fixed(signal: np.ndarray[Any, Any], kernel: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Compute what is called convolution in deep learning."""
    return np.correlate(signal, kernel, mode="valid")


# --8<-- [end:correlation-not-convolution-fixed]


def flip_symptom(version: Callable[[Any, Any], Any]) -> float:
    """Return the largest difference to torch's conv1d."""
    signal, kernel = torch.randn(20), torch.randn(5)
    ours = torch.from_numpy(version(signal.numpy(), kernel.numpy()))
    return float((ours - F.conv1d(signal.view(1, 1, -1), kernel.view(1, 1, -1)).flatten()).abs().max())


# --8<-- [start:correlation-not-convolution-check]
def flip_check(convolve: Callable[[Any, Any], Any]) -> None:
    """A kernel that looks one place to the right finds what is there."""
    assert convolve(np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])).tolist() == [1.0, 0.0]


# --8<-- [end:correlation-not-convolution-check]


# --8<-- [start:equivariance-not-invariance-broken]
def shift_broken(layer: nn.Module, image: Tensor) -> tuple[Tensor, Tensor]:
    """Claim: a shifted image gives the same output."""
    return layer(image.roll(3, dims=3)), layer(image)


# --8<-- [end:equivariance-not-invariance-broken]


# --8<-- [start:equivariance-not-invariance-fixed]
def shift_fixed(layer: nn.Module, image: Tensor) -> tuple[Tensor, Tensor]:
    """Claim: a shifted image gives the shifted output."""
    return layer(image.roll(3, dims=3)), layer(image).roll(3, dims=3)


# --8<-- [end:equivariance-not-invariance-fixed]


def shift_symptom(version: Callable[[nn.Module, Tensor], tuple[Tensor, Tensor]]) -> float:
    """Return the largest difference between what is claimed to be equal, for a blot amid black."""
    image = torch.zeros(1, 1, 28, 28)
    image[..., 10:16, 10:14] = 1
    one, other = version(nn.Conv2d(1, 4, 5, bias=False), image)
    return float((one - other).detach().abs().max())


# --8<-- [start:equivariance-not-invariance-check]
def shift_check(claim: Callable[[nn.Module, Tensor], tuple[Tensor, Tensor]]) -> None:
    """The claim holds for weights drawn at random."""
    image = torch.zeros(1, 1, 28, 28)
    image[..., 10:16, 10:14] = 1
    for _ in range(5):
        assert torch.allclose(*claim(nn.Conv2d(1, 4, 5, bias=False), image), atol=1e-6)


# --8<-- [end:equivariance-not-invariance-check]


# --8<-- [start:local-without-sharing-broken]
def local_broken(side: int, channels: int, k: int) -> int:
    """Count one kernel a channel."""
    return channels * (k * k + 1)


# --8<-- [end:local-without-sharing-broken]


# --8<-- [start:local-without-sharing-fixed]
def local_fixed(side: int, channels: int, k: int) -> int:
    """Count a kernel of its own for every place of every map."""
    places = (side - k + 1) ** 2
    return places * channels * (k * k + 1)


# --8<-- [end:local-without-sharing-fixed]


class LocallyConnected(nn.Module):
    """Convolution without sharing: each place has weights of its own."""

    def __init__(self, side: int, channels: int, k: int) -> None:
        super().__init__()
        places = (side - k + 1) ** 2
        self.k = k
        self.weight = nn.Parameter(torch.randn(places, channels, k * k))
        self.bias = nn.Parameter(torch.zeros(places, channels))

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1, H, W) → (N, channels, H - k + 1, W - k + 1)."""
        windows = F.unfold(images, self.k).transpose(1, 2)  # (N, places, k²)
        maps: Tensor = torch.einsum("npk,pck->ncp", windows, self.weight) + self.bias.T
        side = images.shape[-1] - self.k + 1
        return maps.view(len(images), -1, side, side)


def local_symptom(version: Callable[[int, int, int], int]) -> float:
    """Return by which factor the count is too small, for 6 maps of a 28×28 image with kernels of 5×5."""
    true = sum(parameter.numel() for parameter in LocallyConnected(28, 6, 5).parameters())
    return true / version(28, 6, 5)


# --8<-- [start:local-without-sharing-check]
def local_check(count: Callable[[int, int, int], int]) -> None:
    """The count is that of a layer that runs."""
    layer = LocallyConnected(9, 2, 3)
    assert layer(torch.zeros(1, 1, 9, 9)).shape == (1, 2, 7, 7)
    assert count(9, 2, 3) == sum(parameter.numel() for parameter in layer.parameters())


# --8<-- [end:local-without-sharing-check]


# --8<-- [start:three-threes-broken]
def stack_broken() -> nn.Module:
    """Two layers of 3×3."""
    return nn.Sequential(*[nn.Conv2d(1, 1, 3, bias=False) for _ in range(2)])


# --8<-- [end:three-threes-broken]


# --8<-- [start:three-threes-fixed]
def stack_fixed() -> nn.Module:
    """Three layers of 3×3."""
    return nn.Sequential(*[nn.Conv2d(1, 1, 3, bias=False) for _ in range(3)])


# --8<-- [end:three-threes-fixed]


def stack_symptom(version: Callable[[], nn.Module]) -> float:
    """Return how many pixels in a row one output depends on, where a 7×7 kernel sees 7."""
    return receptive_side(version())


# --8<-- [start:three-threes-check]
def stack_check(make: Callable[[], nn.Module]) -> None:
    """The stack sees as far as the kernel that it replaces."""
    assert receptive_side(make()) == receptive_side(nn.Conv2d(1, 1, 7))


# --8<-- [end:three-threes-check]


# --8<-- [start:weights-four-times-broken]
def doubling_broken(stage: int) -> int:
    """Every stage costs the same, so every layer has as many weights as the first of 64 channels."""
    return 64 * 64 * 9


# --8<-- [end:weights-four-times-broken]


# --8<-- [start:weights-four-times-fixed]
def doubling_fixed(stage: int) -> int:
    """Each stage doubles both the channels that go in and those that come out, up to 512."""
    channels = min(64 << stage, 512)
    return channels * channels * 9


# --8<-- [end:weights-four-times-fixed]


def doubling_symptom(version: Callable[[int], int]) -> float:
    """Return the largest factor by which the count is off, over the five stages."""
    factors = []
    for stage, channels in enumerate((64, 128, 256, 512, 512)):
        with torch.device("meta"):
            true = nn.Conv2d(channels, channels, 3).weight.numel()
        factors.append(max(true / version(stage), version(stage) / true))
    return max(factors)


# --8<-- [start:weights-four-times-check]
def doubling_check(weights: Callable[[int], int]) -> None:
    """The count is that of the layer, in the last stage too."""
    with torch.device("meta"):
        assert weights(4) == nn.Conv2d(512, 512, 3).weight.numel()


# --8<-- [end:weights-four-times-check]


# --8<-- [start:convolutions-without-activation-broken]
def linear_broken() -> nn.Module:
    """Two convolutions, one after the other."""
    return nn.Sequential(nn.Conv2d(1, 4, 5, bias=False), nn.Conv2d(4, 4, 5, bias=False))


# --8<-- [end:convolutions-without-activation-broken]


# --8<-- [start:convolutions-without-activation-fixed]
def linear_fixed() -> nn.Module:
    """An activation in between."""
    return nn.Sequential(nn.Conv2d(1, 4, 5, bias=False), nn.ReLU(), nn.Conv2d(4, 4, 5, bias=False))


# --8<-- [end:convolutions-without-activation-fixed]


def linear_symptom(version: Callable[[], nn.Module]) -> float:
    """Return how far f(a + b) is from f(a) + f(b)."""
    net = version().double()
    a, b = torch.randn(2, 1, 1, 28, 28, dtype=torch.float64)
    return float((net(a + b) - net(a) - net(b)).detach().abs().max())


# --8<-- [start:convolutions-without-activation-check]
def linear_check(make: Callable[[], nn.Module]) -> None:
    """The net is more than a linear map."""
    net, (a, b) = make(), torch.randn(2, 1, 1, 28, 28)
    assert not torch.allclose(net(a + b), net(a) + net(b), atol=1e-3)


# --8<-- [end:convolutions-without-activation-check]


# --8<-- [start:bias-before-normalization-broken]
def idle_broken() -> nn.Module:
    """Keep the default, bias=True."""
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6))


# --8<-- [end:bias-before-normalization-broken]


# --8<-- [start:bias-before-normalization-fixed]
def idle_fixed() -> nn.Module:
    """Leave the shift to β of the normalization."""
    return nn.Sequential(nn.Conv2d(1, 6, 5, bias=False), nn.BatchNorm2d(6))


# --8<-- [end:bias-before-normalization-fixed]


def idle_symptom(version: Callable[[], nn.Module]) -> float:
    """Return how many numbers can be changed at will without any change of the output."""
    net, images, idle = version().double(), torch.randn(8, 1, 12, 12, dtype=torch.float64), 0
    before = net(images)
    for parameter in net.parameters():
        with torch.no_grad():
            parameter.add_(5)
            same = torch.allclose(net(images), before, atol=1e-6)
            parameter.sub_(5)
        idle += parameter.numel() if same else 0
    return idle


# --8<-- [start:bias-before-normalization-check]
def idle_check(make: Callable[[], nn.Module]) -> None:
    """Every parameter has a gradient worth the name."""
    net = make().double()
    net(torch.randn(8, 1, 12, 12, dtype=torch.float64)).pow(3).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().max() > 1e-6 for parameter in net.parameters())


# --8<-- [end:bias-before-normalization-check]


CASES = (
    Case(
        "E-64",
        "brackets-of-the-size-formula",
        title=("尺寸公式少了括号", "The size formula without its brackets"),
        seen=(
            "步幅为 1 时算得对，步幅为 2 时全连接层的输入大小对不上",
            "right at stride 1; at stride 2 the size of the linear layer does not fit",
        ),
        where=("手算卷积的输出大小", "output sizes worked out by hand"),
        broken=size_broken,
        fixed=size_fixed,
        symptom=size_symptom,
        sign=Apart(broken=5.0, fixed=0.0),
        check=size_check,
    ),
    Case(
        "E-62",
        "even-kernel-same-size",
        title=("$p=(k-1)/2$ 对偶数的核不成立", "$p=(k-1)/2$ does not hold for even kernels"),
        seen=("核为 4 时输出是 27 或 29，怎么也凑不成 28", "with a kernel of 4 the output is 27 or 29, never 28"),
        where=("跳跃连接，U-Net，要求大小不变的地方", "residual connections, U-Net, wherever the size must stay"),
        broken=even_broken,
        fixed=even_fixed,
        symptom=even_symptom,
        sign=Apart(broken=1.0, fixed=0.0),
        check=even_check,
    ),
    Case(
        "E-164",
        "same-with-stride",
        title=("`padding=\"same\"` 不能与步幅 2 一起用", "`padding=\"same\"` does not go with stride 2"),
        seen=(
            "ValueError: padding='same' is not supported for strided convolutions",
            "error: padding='same' is not supported for strided convolutions",
        ),
        where=("把 TensorFlow 的网络搬到 PyTorch", "a network moved from TensorFlow to PyTorch"),
        broken=strided_broken,
        fixed=strided_fixed,
        symptom=strided_symptom,
        sign="padding='same' is not supported for strided convolutions",
        check=strided_check,
    ),
    Case(
        "E-63",
        "dark-border",
        title=("“same” 填充并不是“不丢边缘信息”", "\"Same\" padding does not \"lose nothing at the border\""),
        seen=("特征图的边缘一圈发暗，边缘的目标检测不准", "feature maps are dark along the border; poor detection near the edge"),
        where=("补零", "zero padding"),
        broken=border_broken,
        fixed=border_fixed,
        symptom=border_symptom,
        sign=Apart(broken=0.5, fixed=0.95),
        check=border_check,
    ),
    Case(
        "E-166",
        "pooling-counts-padding",
        title=("平均池化把补的零也算进了平均", "Average pooling counts the padding"),
        seen=("平均池化之后边缘发暗，与手算不一致", "dark borders after average pooling, other values than by hand"),
        where=("带填充的 AvgPool2d", "AvgPool2d with padding"),
        broken=average_broken,
        fixed=average_fixed,
        symptom=average_symptom,
        sign=Apart(broken=0.5, fixed=0.95),
        check=average_check,
    ),
    Case(
        "E-67",
        "pooled-away",
        title=("池化太多次，图没了", "Pooled until nothing is left"),
        seen=(
            "RuntimeError: Given input size: (1x1x1). Calculated output size: (1x0x0). Output size is too small",
            "error: Given input size: (1x1x1). Calculated output size: (1x0x0). Output size is too small",
        ),
        where=("把为 224×224 设计的网络用到 28×28", "a network made for 224×224 on images of 28×28"),
        broken=pools_broken,
        fixed=pools_fixed,
        symptom=pools_symptom,
        sign="Output size is too small",
        check=pools_check,
    ),
    Case(
        "E-167",
        "not-quite-back",
        title=("转置卷积没有回到原来的大小", "A transposed convolution that does not come back"),
        seen=(
            "解码器的输出是 27，输入是 28，相减时报错",
            "the decoder gives 27 where the input has 28, and the difference raises an error",
        ),
        where=("自编码器，U-Net", "autoencoders, U-Net"),
        broken=back_broken,
        fixed=back_fixed,
        symptom=back_symptom,
        sign=Apart(broken=1.0, fixed=0.0),
        check=back_check,
    ),
    Case(
        "E-165",
        "correlation-not-convolution",
        title=("`torch` 的卷积与 `np.convolve` 结果相反", "Convolution in `torch` and `np.convolve` disagree"),
        seen=("与 NumPy、SciPy、MATLAB 的卷积对不上，核像是反的", "not what NumPy, SciPy or MATLAB give; the kernel seems reversed"),
        where=("用自己的核核对结果，或搬运别处的核", "checking against other software, or taking over a filter"),
        broken=flip_broken,
        fixed=flip_fixed,
        symptom=flip_symptom,
        sign=Apart(broken=0.1, fixed=1e-05),
        check=flip_check,
    ),
    Case(
        "E-60",
        "equivariance-not-invariance",
        title=("“结果不受位置影响”：等变说成了不变", "\"Position does not matter\": equivariance taken for invariance"),
        seen=(
            "以为卷积网络天生不怕平移，平移后准确率却下降",
            "convolution is thought to be immune to shifts, and accuracy falls with a shift",
        ),
        where=("面试题：权重共享有什么好处", "interview question: what is weight sharing good for"),
        broken=shift_broken,
        fixed=shift_fixed,
        symptom=shift_symptom,
        sign=Apart(broken=0.3, fixed=1e-06),
        check=shift_check,
    ),
    Case(
        "E-61",
        "local-without-sharing",
        title=(
            "局部连接不等于卷积：没有共享，权重多几百倍",
            "Local connection is not convolution: without sharing there are hundreds of times the weights",
        ),
        seen=("手算的参数个数与实际差几百倍", "parameters counted by hand are off by a factor of hundreds"),
        where=("把局部连接层当成卷积层来数", "a locally connected layer counted like a convolution"),
        broken=local_broken,
        fixed=local_fixed,
        symptom=local_symptom,
        sign=Apart(broken=100.0, fixed=1.01),
        check=local_check,
    ),
    Case(
        "E-70",
        "three-threes",
        title=("“用两个 3×3 代替 7×7”：感受野不够", "\"Two 3×3 in place of one 7×7\": the receptive field is too small"),
        seen=("用小核代替大核，效果变差", "small kernels in place of a large one, with worse results"),
        where=("VGG 的论证，星号在网页上丢了", "the argument of VGG, often quoted with its numbers lost"),
        broken=stack_broken,
        fixed=stack_fixed,
        symptom=stack_symptom,
        sign=Apart(broken=5.0, fixed=7.0),
        check=stack_check,
    ),
    Case(
        "E-68",
        "weights-four-times",
        title=(
            "“VGG 各层参数一样多”：计算量相近，参数却翻四倍",
            "\"All layers of VGG have equally many parameters\": work is equal, weights go up fourfold",
        ),
        seen=("后面几层的参数比预计多得多，模型文件很大", "later layers have far more parameters than expected, the model file is huge"),
        where=("估计模型大小", "estimating the size of a model"),
        broken=doubling_broken,
        fixed=doubling_fixed,
        symptom=doubling_symptom,
        sign=Apart(broken=10.0, fixed=1.01),
        check=doubling_check,
    ),
    Case(
        "E-37",
        "convolutions-without-activation",
        title=("两个卷积之间没有激活，等于一个卷积", "Two convolutions without an activation are one"),
        seen=("加深网络没有用", "a deeper network is no better"),
        where=("卷积后面忘了 ReLU", "ReLU forgotten after a convolution"),
        broken=linear_broken,
        fixed=linear_fixed,
        symptom=linear_symptom,
        sign=Apart(broken=1e-06, fixed=0.001),
        check=linear_check,
    ),
    Case(
        "E-163",
        "bias-before-normalization",
        title=("批量归一化前面的偏置是摆设", "A bias ahead of batch normalization is idle"),
        seen=("有些参数的梯度始终接近 0", "some parameters have a gradient of about 0 all the time"),
        where=("卷积后面接 BatchNorm", "convolution followed by BatchNorm"),
        broken=idle_broken,
        fixed=idle_fixed,
        symptom=idle_symptom,
        sign=Apart(broken=6.0, fixed=0.0),
        check=idle_check,
    ),
)
