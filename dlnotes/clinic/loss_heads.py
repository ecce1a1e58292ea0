"""What stands between the last layer and the loss, and what the loss does with it."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes.clinic.case import Apart, Case, attempt, warned

__all__ = ["CASES", "classes_named", "gradient_when_wrong", "loss_floor"]

Build = Callable[[nn.Module], nn.Module]


# --8<-- [start:softmax-before-cross-entropy-broken]
def softmax_broken(body: nn.Module) -> nn.Module:
    """End in softmax, though the cross-entropy applies one."""
    return nn.Sequential(body, nn.Softmax(dim=1))


# --8<-- [end:softmax-before-cross-entropy-broken]


# --8<-- [start:softmax-before-cross-entropy-fixed]
def softmax_fixed(body: nn.Module) -> nn.Module:
    """Return the logits as they are."""
    return nn.Sequential(body)


# --8<-- [end:softmax-before-cross-entropy-fixed]


def softmax_symptom(version: Build) -> float:
    """Return the cross-entropy of answers that could not be better."""
    perfect = 100 * torch.eye(10)
    return F.cross_entropy(version(nn.Identity())(perfect), torch.arange(10)).item()


# --8<-- [start:softmax-before-cross-entropy-check]
def softmax_check(build: Build) -> None:
    """Logits do not sum to 1."""
    outputs = build(nn.Linear(4, 10))(torch.randn(64, 4))
    assert not torch.allclose(outputs.sum(dim=1), torch.ones(64))


# --8<-- [end:softmax-before-cross-entropy-check]


def loss_floor(num_classes: int) -> float:
    """Return the loss of a perfect answer that went through softmax first: ln(1 + (C - 1) / e)."""
    return math.log(1 + (num_classes - 1) / math.e)


def gradient_when_wrong(confidence: float, *, softmax: bool) -> float:
    """Return the norm of the gradient by the logits of one sample whose wrong class leads by `confidence`.

    Args:
        confidence: the logit of the wrong class; all others are 0.
        softmax: whether a softmax stands before the cross-entropy.
    """
    logits = torch.zeros(1, 10, dtype=torch.float64)
    logits[0, 3] = confidence
    logits.requires_grad_(True)
    outputs = logits.softmax(dim=1) if softmax else logits
    F.cross_entropy(outputs, torch.tensor([7])).backward()
    assert logits.grad is not None
    return float(logits.grad.norm())


def classes_named(outputs: Tensor) -> int:
    """Return how many classes outputs (N, C) name at least once.

    A row of zeros, as ReLU leaves it, names none: `argmax` would break the tie in favour of class 0.
    """
    return len(outputs[outputs.ne(0).any(dim=1)].argmax(dim=1).unique())


# --8<-- [start:relu-on-logits-broken]
def relu_broken(body: nn.Module) -> nn.Module:
    """Activate once more, after the last layer."""
    return nn.Sequential(body, nn.ReLU())


# --8<-- [end:relu-on-logits-broken]


# --8<-- [start:relu-on-logits-fixed]
def relu_fixed(body: nn.Module) -> nn.Module:
    """Nothing follows the last layer."""
    return nn.Sequential(body)


# --8<-- [end:relu-on-logits-fixed]


def relu_symptom(version: Build) -> float:
    """Return the share of logits that get no gradient, where all of them are wrongly negative."""
    logits = torch.full((4, 10), -1.0, requires_grad=True)
    F.cross_entropy(version(nn.Identity())(logits), torch.arange(4)).backward()
    assert logits.grad is not None
    return float(logits.grad.eq(0).float().mean())


# --8<-- [start:relu-on-logits-check]
def relu_check(build: Build) -> None:
    """Logits take both signs."""
    outputs = build(nn.Linear(4, 10))(torch.randn(64, 4))
    assert (outputs < 0).any() and (outputs > 0).any()


# --8<-- [end:relu-on-logits-check]


# --8<-- [start:softmax-without-dim-broken]
def dim_broken(scores: Tensor) -> Tensor:
    """Leave the choice of the axis to softmax."""
    probabilities: Tensor = nn.Softmax()(scores)
    return probabilities


# --8<-- [end:softmax-without-dim-broken]


# --8<-- [start:softmax-without-dim-fixed]
def dim_fixed(scores: Tensor) -> Tensor:
    """Say along which axis the probabilities sum to 1."""
    probabilities: Tensor = nn.Softmax(dim=-1)(scores)
    return probabilities


# --8<-- [end:softmax-without-dim-fixed]


def dim_symptom(version: Callable[[Tensor], Tensor]) -> str:
    """Return the warnings."""
    return warned(version, torch.zeros(2, 3, 4))


# --8<-- [start:softmax-without-dim-check]
def dim_check(probabilities: Callable[[Tensor], Tensor]) -> None:
    """The last axis sums to 1, whatever the number of axes."""
    for shape in ((2, 4), (2, 3, 4)):
        sums = probabilities(torch.randn(shape)).sum(dim=-1)
        assert torch.allclose(sums, torch.ones_like(sums))


# --8<-- [end:softmax-without-dim-check]


# --8<-- [start:log-of-softmax-broken]
def log_broken(logits: Tensor, targets: Tensor) -> Tensor:
    """Follow the formula: softmax, then the logarithm."""
    powers = logits.exp()
    probabilities = powers / powers.sum(dim=1, keepdim=True)
    return -probabilities[range(len(targets)), targets].log().mean()


# --8<-- [end:log-of-softmax-broken]


# --8<-- [start:log-of-softmax-fixed]
def log_fixed(logits: Tensor, targets: Tensor) -> Tensor:
    """Log-softmax subtracts the largest logit first."""
    return -F.log_softmax(logits, dim=1)[range(len(targets)), targets].mean()


# --8<-- [end:log-of-softmax-fixed]


def log_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> float:
    """Return the loss of a confidently wrong answer."""
    return version(torch.tensor([[1000.0, 0.0]]), torch.tensor([1])).item()


# --8<-- [start:log-of-softmax-check]
def log_check(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Agree with torch, far from zero as well."""
    logits, targets = 500 * torch.randn(8, 10), torch.arange(8)
    assert torch.isclose(loss(logits, targets), F.cross_entropy(logits, targets))


# --8<-- [end:log-of-softmax-check]


# --8<-- [start:first-loss-broken]
def first_loss_broken(layer: nn.Linear) -> nn.Linear:
    """Draw the weights from N(0, 1), whatever the layer's width."""
    nn.init.normal_(layer.weight)
    return layer


# --8<-- [end:first-loss-broken]


# --8<-- [start:first-loss-fixed]
def first_loss_fixed(layer: nn.Linear) -> nn.Linear:
    """The wider the layer, the smaller its weights: variance 1/n."""
    nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
    return layer


# --8<-- [end:first-loss-fixed]


def first_loss_symptom(version: Callable[[nn.Linear], nn.Linear]) -> float:
    """Return the first loss of a network of three layers."""
    layers = [version(nn.Linear(784, 256)), nn.ReLU(), version(nn.Linear(256, 256)), nn.ReLU(), version(nn.Linear(256, 10))]
    return F.cross_entropy(nn.Sequential(*layers)(torch.randn(64, 784)), torch.arange(64) % 10).item()


# --8<-- [start:first-loss-check]
def first_loss_check(init: Callable[[nn.Linear], nn.Linear]) -> None:
    """Before training, the loss is about that of a guess: ln 10."""
    outputs = init(nn.Linear(784, 10))(torch.randn(64, 784))
    loss = F.cross_entropy(outputs, torch.arange(64) % 10).item()
    assert loss < 2 * math.log(10)


# --8<-- [end:first-loss-check]


# --8<-- [start:nll-of-logits-broken]
def nll_broken(logits: Tensor, targets: Tensor) -> Tensor:
    """Take the logits for log-probabilities."""
    return F.nll_loss(logits, targets)


# --8<-- [end:nll-of-logits-broken]


# --8<-- [start:nll-of-logits-fixed]
def nll_fixed(logits: Tensor, targets: Tensor) -> Tensor:
    """Make log-probabilities first; together this is cross-entropy."""
    return F.nll_loss(F.log_softmax(logits, dim=1), targets)


# --8<-- [end:nll-of-logits-fixed]


def nll_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> float:
    """Return the loss of answers that are right and sure."""
    return version(20 * torch.eye(10), torch.arange(10)).item()


# --8<-- [start:nll-of-logits-check]
def nll_check(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """A negative logarithm of a probability is never negative."""
    assert loss(20 * torch.eye(10), torch.arange(10)) >= 0


# --8<-- [end:nll-of-logits-check]


# --8<-- [start:bce-of-logits-broken]
def binary_broken(logits: Tensor, targets: Tensor) -> Tensor:
    """Hand logits to a loss that wants probabilities."""
    return F.binary_cross_entropy(logits, targets)


# --8<-- [end:bce-of-logits-broken]


# --8<-- [start:bce-of-logits-fixed]
def binary_fixed(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss with "logits" in its name applies the sigmoid itself."""
    return F.binary_cross_entropy_with_logits(logits, targets)


# --8<-- [end:bce-of-logits-fixed]


def binary_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Return what the loss raises."""
    return attempt(version, torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0]))


# --8<-- [start:bce-of-logits-check]
def binary_check(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """A logit of 0 is a probability of a half, and costs ln 2."""
    value = loss(torch.zeros(4), torch.tensor([0.0, 1.0, 0.0, 1.0]))
    assert abs(value.item() - math.log(2)) < 1e-6


# --8<-- [end:bce-of-logits-check]


CASES = (
    Case(
        "E-12",
        "softmax-before-cross-entropy",
        title=("损失停在 1.46：交叉熵之前的 softmax", "The loss stops at 1.46: softmax before cross-entropy"),
        seen=("损失降到 1.46 就不再下降，准确率却不低", "loss stuck at 1.46 while the accuracy is not bad"),
        where=("网络的最后一层", "the last layer of a classifier"),
        broken=softmax_broken,
        fixed=softmax_fixed,
        symptom=softmax_symptom,
        sign=Apart(broken=1.4, fixed=0.1),
        check=softmax_check,
    ),
    Case(
        "E-66",
        "relu-on-logits",
        title=("有的类别从不出现：logits 之后的 ReLU", "Some classes are never named: ReLU after the last layer"),
        seen=(
            "网络只会说其中几个类别，很多输出全是 0",
            "the network predicts only some of the classes, many outputs are exactly 0",
        ),
        where=("网络的最后一层", "the last layer of a classifier"),
        broken=relu_broken,
        fixed=relu_fixed,
        symptom=relu_symptom,
        sign=Apart(broken=0.95, fixed=0.3),
        check=relu_check,
    ),
    Case(
        "E-13",
        "softmax-without-dim",
        title=("没有写 dim 的 softmax", "Softmax without dim"),
        seen=(
            "softmax 没有写 dim，警告 Implicit dimension choice",
            "warning: implicit dimension choice for softmax",
        ),
        where=("自己写的输出层、注意力", "an output layer of one's own, attention"),
        broken=dim_broken,
        fixed=dim_fixed,
        symptom=dim_symptom,
        sign="Implicit dimension choice for softmax has been deprecated",
        check=dim_check,
    ),
    Case(
        "E-53",
        "log-of-softmax",
        title=("损失是 NaN 或 inf：自己取对数", "A loss of NaN or inf: taking the logarithm yourself"),
        seen=("损失变成 nan 或 inf，自己写的交叉熵", "loss becomes nan or inf with a hand-written cross-entropy"),
        where=("自己写的损失函数", "a loss function of one's own"),
        broken=log_broken,
        fixed=log_fixed,
        symptom=log_symptom,
        sign=Apart(broken=1e9, fixed=1001),
        check=log_check,
    ),
    Case(
        "E-107",
        "nll-of-logits",
        title=("损失是负数，越来越小", "The loss is negative, and falls for ever"),
        seen=(
            "损失变成负数，一直往下降，没有底；NLLLoss、nll_loss",
            "negative loss that keeps falling without end; NLLLoss, nll_loss",
        ),
        where=("换损失函数的时候", "when the loss function is exchanged"),
        broken=nll_broken,
        fixed=nll_fixed,
        symptom=nll_symptom,
        sign=Apart(broken=-10, fixed=0),
        check=nll_check,
    ),
    Case(
        "E-108",
        "bce-of-logits",
        title=("二元交叉熵只收 0 到 1 之间的数", "Binary cross-entropy takes numbers from 0 to 1"),
        seen=(
            "报错 all elements of input should be between 0 and 1，GPU 上是 device-side assert triggered",
            "error: all elements of input should be between 0 and 1; on a GPU: device-side assert triggered",
        ),
        where=("二分类、多标签、对抗网络", "two classes, several labels at once, adversarial networks"),
        broken=binary_broken,
        fixed=binary_fixed,
        symptom=binary_symptom,
        sign="all elements of input should be between 0 and 1",
        check=binary_check,
    ),
    Case(
        "E-90",
        "first-loss",
        title=("第一个损失就是几百：初始化或输入的尺度不对", "The first loss is in the hundreds: the scale of weights or inputs"),
        seen=("刚开始训练损失就有几十几百，远大于 ln(10)=2.30", "initial loss is huge, far above ln(10) = 2.30"),
        where=("开始训练的第一步", "the very first step of training"),
        broken=first_loss_broken,
        fixed=first_loss_fixed,
        symptom=first_loss_symptom,
        sign=Apart(broken=20.0, fixed=3.0),
        check=first_loss_check,
    ),
)
