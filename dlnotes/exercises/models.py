"""What the answers to the exercises of the model pages must be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number
from dlnotes.summary import Ledger, trace

__all__ = ["CHECKS"]


def _ledger(name: str) -> Ledger:
    with torch.device("meta"):
        return trace(models.create(name), models.input_shape(name))


def _row(name: str, layer: str) -> Any:
    return next(row for row in _ledger(name).rows if row.name == layer)


def _sizes() -> Sequence[int]:
    """Count the numbers from the input of LeNet to its second pooling."""
    names = ("features.0.0", "features.0.2", "features.1.0", "features.1.2")
    return [28 * 28, *(math.prod(_row("lenet", name).output_shape) for name in names)]


def _activations(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    model = models.create("lenet").eval()
    images = torch.randn(2, 1, 28, 28)
    found = answer(model, images)
    leaves = [name for name, module in model.named_modules() if not any(True for _ in module.children())]
    if not isinstance(found, dict) or list(found) != leaves:
        got = list(found) if isinstance(found, dict) else type(found).__name__
        return (
            f"应当是名字 → 输出的字典，按调用的次序：{leaves}；得到 {got}",
            f"wanted a dict of name → output in the order of the calls, {leaves}; got {got}",
        )
    x = images
    with torch.no_grad():
        for name in leaves:
            x = model.get_submodule(name)(x)
            if not torch.equal(found[name], x):
                return f"{name} 的输出不对", f"the output of {name} is not right"
    if any(module._forward_hooks for module in model.modules()):
        return "钩子还挂着", "hooks are still there"
    return None


def _as_convolution(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    for channels, side, outputs in ((16, 4, 120), (3, 5, 7)):
        linear = nn.Linear(channels * side * side, outputs)
        convolution = answer(linear, channels, side)
        maps = torch.randn(2, channels, side, side)
        with torch.no_grad():
            got, wanted = convolution(maps), linear(maps.flatten(1))
        if not isinstance(convolution, nn.Conv2d) or tuple(got.shape) != (2, outputs, 1, 1):
            return (
                f"应当返回 nn.Conv2d，输出形状 (2, {outputs}, 1, 1)；得到 {type(convolution).__name__}，{tuple(got.shape)}",
                f"wanted an nn.Conv2d whose output is (2, {outputs}, 1, 1); got {type(convolution).__name__} with {tuple(got.shape)}",
            )
        difference = (got.flatten(1) - wanted).abs().max().item()
        if difference > 1e-5:
            return f"输出与全连接层差 {difference:.2g}", f"the outputs are {difference:.2g} off those of the fully connected layer"
    return None


def _macs_per_parameter(answer: Any) -> tuple[str, str] | None:
    for name in ("lenet", "resnet18", "densenet121"):
        ledger = _ledger(name)
        got, wanted = float(answer(name)), ledger.macs / ledger.parameters
        if not math.isclose(got, wanted, rel_tol=1e-3):
            return f"{name} 得到 {got:.4g}，应为 {wanted:.4g}", f"{name} gives {got:.4g}, should be {wanted:.4g}"
    return None


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _stacked_to_eleven() -> Sequence[int]:
    """Stack 3×3 convolutions of one channel until they see 11×11, and count their weights."""
    layers: list[nn.Module] = []
    field: int | str | None = 0
    while isinstance(field, int) and field < 11:
        layers.append(nn.Conv2d(1, 1, 3, bias=False))
        field = trace(nn.Sequential(*layers), (1, 32, 32)).rows[-1].receptive_field
    return [len(layers), _parameters(nn.Sequential(*layers)), _parameters(nn.Conv2d(1, 1, 11, bias=False))]


def _bottleneck() -> Sequence[int]:
    sizes = ((256, 64, 1), (64, 64, 3), (64, 256, 1))
    return [
        sum(_parameters(nn.Conv2d(*size, bias=False)) for size in sizes),
        2 * _parameters(nn.Conv2d(256, 256, 3, bias=False)),
    ]


def _ways() -> Sequence[int]:
    """Walk all ways through 9 blocks, each through its branch or past it."""
    branches = [sum(way) for way in itertools.product((0, 1), repeat=9)]
    return [len(branches), sum(number in (4, 5) for number in branches)]


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _first_linear_of_vgg16() -> Sequence[int]:
    """Count the parameters of the first fully connected layer, as it is and behind a global average."""
    channels, height, width = _row("vgg16", "features.30").output_shape
    return [_count(nn.Linear(inputs, 4096, device="meta")) for inputs in (channels * height * width, channels)]


def _stacked_branch() -> Sequence[int]:
    """MACs of the large branch of inception 3a behind its reduction: one 5×5, two 3×3 with 32 maps between them, and with 16."""

    def macs(*sizes: tuple[int, int, int]) -> int:
        layers = (nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2) for inputs, outputs, kernel in sizes)
        return trace(nn.Sequential(*layers), (16, 28, 28)).macs

    return [macs((16, 32, 5)), macs((16, 32, 3), (32, 32, 3)), macs((16, 16, 3), (16, 32, 3))]


def _longest_way() -> int:
    """Layers with weights on the longest way through GoogLeNet, counted along the ledger's edges."""
    rows = _ledger("googlenet_paper").rows
    depth = [0] * len(rows)
    for i, row in enumerate(rows):
        if row.output_shape is not None:
            before = max((depth[source] for source in row.inputs if source >= 0), default=0)
            depth[i] = before + (row.type in ("Conv2d", "Linear"))
    return max(depth)


def _narrowing(inputs: int, growth: int) -> list[float]:
    """Count weights without and with the 1×1, and solve for the width at which they are equal."""
    with torch.device("meta"):

        def alone(width: int) -> int:
            return _parameters(nn.Conv2d(width, growth, 3, bias=False))

        def narrowed(width: int) -> int:
            return _parameters(nn.Sequential(nn.Conv2d(width, 4 * growth, 1, bias=False), nn.Conv2d(4 * growth, growth, 3, bias=False)))

        # Both grow in a straight line.
        gaps = [narrowed(width) - alone(width) for width in (1, 2)]
        return [alone(inputs), narrowed(inputs), 1 + gaps[0] / (gaps[0] - gaps[1])]


def _densenet_channels(name: str) -> int:
    shape = next(call.output_shape for call in _ledger("densenet121").calls if call.name == name)
    return shape[0]


def _statistics() -> list[int]:
    model = models.create("lenet_bn")
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    return [
        sum(map(_parameters, norms)),
        sum(buffer.numel() for norm in norms for name, buffer in norm.named_buffers() if name.startswith("running")),
    ]


def _as_sum(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    for channels in (1, 3, 8):
        convolution = answer(channels)
        one, other = torch.randn(2, channels, 4, 5), torch.randn(2, channels, 4, 5)
        if not isinstance(convolution, nn.Conv2d) or convolution.kernel_size != (1, 1):
            return "应当返回 1×1 的 nn.Conv2d", "wanted an nn.Conv2d of 1×1"
        with torch.no_grad():
            got = convolution(torch.cat([one, other], 1))
        if got.shape != one.shape or not torch.allclose(got, one + other, atol=1e-5):
            return f"{channels} 个通道时，输出不是两者之和", f"with {channels} channels the output is not the sum"
    return None


def _inverted() -> Sequence[float]:
    """Weights of an inverted residual, and the share of its depthwise step."""
    steps = [_count(nn.Conv2d(*sizes, bias=False)) for sizes in ((24, 144, 1), (144, 24, 1))]
    depthwise = _count(nn.Conv2d(144, 144, 3, groups=144, bias=False))
    return [sum(steps) + depthwise, depthwise / (sum(steps) + depthwise)]


def _below_three() -> float:
    """Walk all ways in which 4 channels can be above 0 or not."""
    ways = [sum(way) for way in itertools.product((0, 1), repeat=4)]
    return sum(number < 3 for number in ways) / len(ways)


def _unshuffle(answer: Any) -> tuple[str, str] | None:
    for channels, groups in ((8, 2), (12, 3), (12, 4), (10, 5)):
        x = torch.arange(2.0 * channels * 6).reshape(2, channels, 2, 3)
        got = answer(nn.functional.channel_shuffle(x, groups), groups)
        if got.shape != x.shape or not torch.equal(got, x):
            return (
                f"{channels} 个通道、{groups} 组，没有回到原来的次序",
                f"with {channels} channels in {groups} groups the order is not what it was",
            )
    return None


def _overlap() -> float:
    """Paint both boxes on a grid of unit cells and count."""
    one, other = torch.zeros(2, 8, 8, dtype=torch.bool)
    one[0:4, 0:4] = True
    other[1:5, 2:6] = True
    return int((one & other).sum()) / int((one | other).sum())


def _dice() -> float:
    """Take regions with 6 cells in common and 10 together."""
    one, other = set(range(8)), set(range(2, 10))
    assert len(one & other) / len(one | other) == 0.6
    return 2 * len(one & other) / (len(one) + len(other))


def _box(answer: Any) -> tuple[str, str] | None:
    for top, left, bottom, right in ((2, 3, 5, 9), (0, 0, 0, 0), (7, 1, 7, 11)):
        mask = torch.zeros(8, 12, dtype=torch.bool)
        mask[top, right] = mask[bottom, left] = mask[top, (left + right) // 2] = True
        got, wanted = tuple(int(value) for value in answer(mask)), (left, top, right, bottom)
        if got != wanted:
            return f"得到 {got}，应为 {wanted}", f"got {got}, should be {wanted}"
    return None


def _smallest_map() -> Sequence[int]:
    halves = nn.Sequential(*[nn.Conv2d(1, 1, 3, stride=2, padding=1) for _ in range(3)])
    return list(halves(torch.empty(1, 1, 40, 56)).shape[2:])


def _transposed_instead() -> int:
    sizes = ((48, 48), (48, 24), (24, 12))
    return sum(_count(nn.ConvTranspose2d(*size, 2)) - _count(nn.Conv2d(*size, 1)) for size in sizes)
def _fgsm(answer: Any) -> tuple[str, str] | None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 8), nn.Tanh(), nn.Linear(8, 3))
    x, labels, epsilon = torch.rand(16, 1, 6, 6), torch.randint(0, 3, (16,)), 0.05
    before = x.clone()
    moved = answer(model, x, labels, epsilon)
    if not torch.equal(x, before):
        return "输入被就地改了", "the input was changed in place"
    if any(parameter.grad is not None for parameter in model.parameters()):
        return "模型的参数上留下了梯度", "gradients are left on the parameters of the model"
    if moved.shape != x.shape or moved.min() < 0 or moved.max() > 1:
        return "形状变了，或者超出了 0 到 1", "the shape has changed, or values leave 0 to 1"
    probe = x.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(model(probe), labels), probe)
    difference = (moved - (x + epsilon * gradient.sign()).clamp(0, 1)).abs().max().item()
    if difference > 1e-6:
        return f"与沿损失上升的符号走一步差 {difference:.2g}", f"it is {difference:.2g} off a step along the sign that raises the loss"
    return None


def _linear_attack() -> Sequence[float]:
    """Sum the change over all weights at their worst, and add up variances at random."""
    weights = torch.full((784,), 0.01, dtype=torch.float64)
    return [(0.1 * weights.abs()).sum().item(), (0.1 * weights).square().sum().sqrt().item()]


CHECKS: dict[str, Check] = {
    "models/why-this-answer/2": code(
        "fgsm",
        "fgsm(model, x, labels, epsilon)：0 到 1 的图片沿损失上升的方向走一步，返回新图片",
        "fgsm(model, x, labels, epsilon) moves images of 0 to 1 one step in the direction that raises the loss, and returns them",
        _fgsm,
    ),
    "models/why-this-answer/3": number(
        _linear_attack, "照符号改、随机的标准差", "with fitting signs, and the deviation at random", count=2
    ),
    "models/digit-cnns/1": number(
        lambda: [_row("digit_cnn", name).parameters for name in ("features.0", "features.3")],
        "第 1 层、第 2 层",
        "the first, the second",
        count=2,
    ),
    "models/digit-cnns/2": number(lambda: sum(parameter.numel() for parameter in nn.Linear(20 * 5 * 5, 500).parameters())),
    "models/lenet/1": number(lambda: _row("lenet", "features.1.0").parameters),
    "models/lenet/2": number(
        lambda: [nn.Flatten()(torch.empty(1, 16, (28 // 2 - 4) // 2, 5)).shape[1], _ledger("lenet5").parameters],
        "输入个数、参数总数",
        "inputs, and parameters in all",
        count=2,
    ),
    "models/lenet/4": code(
        "as_convolution",
        "as_convolution(linear, channels, side)：返回等价的 nn.Conv2d",
        "as_convolution(linear, channels, side) returns the nn.Conv2d that does the same",
        _as_convolution,
    ),
    "models/alexnet/1": number(
        lambda: [_row("alexnet", "features.0").parameters, _row("alexnet", "features.0").macs], "参数、MACs", "parameters, MACs", count=2
    ),
    "models/alexnet/2": number(
        lambda: [
            sum(math.prod(row.output_shape) for row in _ledger("alexnet_paper").rows if row.parameters and row.output_shape),
            math.prod(_row("alexnet_paper", "features.0").output_shape),
        ],
        "全网的神经元、第 1 层的",
        "neurons of the network, and of its first layer",
        count=2,
    ),
    "models/alexnet/4": number(
        lambda: [nn.MaxPool2d(kernel, stride=2)(torch.empty(1, 13, 13)).shape[1] for kernel in (3, 2)],
        "重叠的、不重叠的",
        "overlapping, and not",
        count=2,
    ),
    "models/nin/1": number(lambda: [_count(nn.Conv2d(256, 64, kernel)) for kernel in (1, 3)], "1×1、3×3", "1×1, 3×3", count=2),
    "models/nin/2": number(lambda: _count(nn.Linear(math.prod(_row("nin", "features.8").output_shape), 1000, device="meta"))),
    "models/vgg/3": number(_first_linear_of_vgg16, "原来的、全局平均之后的", "as it is, and behind a global average", count=2),
    "models/googlenet/1": number(lambda: _row("googlenet_paper", "features.inception3b.cat").output_shape[0]),
    "models/googlenet/2": number(_longest_way),
    "models/googlenet/3": number(
        _stacked_branch, "一个 5×5、两个 3×3、中间 16 个通道的两个 3×3", "one 5×5, two 3×3, two 3×3 with 16 maps in between", count=3
    ),
    "models/what-a-cnn-sees/1": number(lambda: _row("lenet", "features.1.2").receptive_field, "边长", "the side"),
    "models/what-a-cnn-sees/2": number(_sizes, "从输入到第 2 个池化层", "from the input to the second pooling", count=5),
    "models/what-a-cnn-sees/4": code(
        "activations",
        "activations(model, images)：返回字典，层的名字 → 输出，按调用的次序",
        "activations(model, images) returns a dict, name of the layer → output, in the order of the calls",
        _activations,
    ),
    "models/vgg/1": number(_stacked_to_eleven, "几个；两者各是 C² 的几倍", "how many; then both counts as multiples of C²", count=3),
    "models/batch-norm/1": number(
        _statistics, "参数个数、移动统计量里的数字个数", "parameters, and numbers in running statistics", count=2
    ),
    "models/resnet/1": number(_bottleneck, "瓶颈的、两个 3×3 的", "of the bottleneck, of two 3×3", count=2),
    "models/resnet/2": number(lambda: [_ledger("resnet20").depth, _ledger("resnet50").depth], count=2),
    "models/resnet/4": number(lambda: math.prod([1 + 0.1] * 30), "残差网络的", "of the residual network", tolerance=5e-3),
    "models/depth/4": number(
        _ways, "n=9 时共几条路、其中经过四五条支路的几条", "with n=9: all ways, and those through four or five", count=2
    ),
    "models/densenet/1": number(
        lambda: [_densenet_channels("features.block3"), _densenet_channels("features.transition3")],
        "块的输出、过渡层的输出",
        "out of the block, and out of the transition",
        count=2,
    ),
    "models/densenet/2": number(
        lambda: _narrowing(512, 32), "直接、收窄、相等时的输入通道数", "alone, narrowed, and the width at which they are equal", count=3
    ),
    "models/densenet/3": code(
        "as_sum",
        "as_sum(channels)：返回 1×1 的 nn.Conv2d",
        "as_sum(channels) returns an nn.Conv2d of 1×1",
        _as_sum,
    ),
    "models/after-resnet/1": number(
        lambda: [_count(nn.Conv2d(128, 128, 3, groups=groups, bias=False)) for groups in (1, 32, 128)],
        "不分组、32 组、逐通道",
        "without groups, 32 groups, depthwise",
        count=3,
    ),
    "models/after-resnet/2": number(
        _inverted, "权重个数、逐通道卷积的份额", "weights, and the share of the depthwise", count=2, tolerance=5e-3
    ),
    "models/after-resnet/3": number(_below_three, tolerance=5e-3),
    "models/after-resnet/4": code(
        "unshuffle",
        "unshuffle(x, groups)：返回与 x 同形状的张量",
        "unshuffle(x, groups) returns a tensor of the shape of x",
        _unshuffle,
    ),
    "models/after-resnet/5": number(lambda: 1.8 * 1.4**2 * (380 / 224) ** 2, "倍数", "how many times", tolerance=1e-2),
    "models/dense-prediction/1": number(_overlap, tolerance=5e-3),
    "models/dense-prediction/2": number(lambda: 0.72 / 6, tolerance=5e-3),
    "models/dense-prediction/3": number(_dice, tolerance=5e-3),
    "models/dense-prediction/4": code(
        "box",
        "box(mask)：返回 (left, top, right, bottom)",
        "box(mask) returns (left, top, right, bottom)",
        _box,
    ),
    "models/dense-prediction/5": number(_smallest_map, "高、宽", "height, width", count=2),
    "models/dense-prediction/6": number(_transposed_instead),
    "models/index/1": number(lambda: _parameters(nn.Linear(512 * 7 * 7, 4096, device="meta")), "几个参数", "how many parameters"),
    "models/index/2": number(lambda: [_ledger("resnet34").depth, _ledger("resnet50").depth], count=2),
    "models/index/3": number(
        lambda: [math.sqrt(1 + 3), math.sqrt(50 + 100)], "两次的起伏各约几张", "chance, in images, in both cases", count=2, tolerance=0.02
    ),
    "models/index/4": code(
        "macs_per_parameter",
        "macs_per_parameter(name)：返回一个数",
        "macs_per_parameter(name) returns a number",
        _macs_per_parameter,
    ),
}
