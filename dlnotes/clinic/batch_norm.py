"""Batch normalization written by hand: what goes wrong, and how far from torch's own it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES"]

Statistics = tuple[Tensor, Tensor]


def _images() -> Tensor:
    return 3 + 2 * torch.randn(8, 6, 5, 5)


# --8<-- [start:always-true-branch-broken]
def branch_broken(images: Tensor) -> Tensor:
    """Ask whether there is a shape; there always is."""
    axes = (0,) if len(images.shape) else (0, 2, 3)
    mean = images.mean(dim=axes, keepdim=True)
    variance = images.var(dim=axes, keepdim=True, unbiased=False)
    return (images - mean) / (variance + 1e-5).sqrt()


# --8<-- [end:always-true-branch-broken]


# --8<-- [start:always-true-branch-fixed]
def branch_fixed(images: Tensor) -> Tensor:
    """Ask for the number of axes."""
    axes = (0,) if images.dim() == 2 else (0, 2, 3)
    mean = images.mean(dim=axes, keepdim=True)
    variance = images.var(dim=axes, keepdim=True, unbiased=False)
    return (images - mean) / (variance + 1e-5).sqrt()


# --8<-- [end:always-true-branch-fixed]


def branch_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return the largest difference to torch."""
    images = _images()
    return float((version(images) - nn.BatchNorm2d(6)(images)).abs().max())


# --8<-- [start:always-true-branch-check]
def branch_check(normalize: Callable[[Tensor], Tensor]) -> None:
    """Agree with torch on images and on plain features."""
    for inputs, layer in ((torch.randn(8, 6, 5, 5), nn.BatchNorm2d(6)), (torch.randn(8, 6), nn.BatchNorm1d(6))):
        assert torch.allclose(normalize(inputs), layer(inputs), atol=1e-5)


# --8<-- [end:always-true-branch-check]


# --8<-- [start:comparison-for-assignment-broken]
class ShiftBroken(nn.Module):
    """Compare a parameter that does not exist yet."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.beta == nn.Parameter(torch.zeros(features))  # noqa: B015


def comparison_broken() -> nn.Module:
    """Build the layer."""
    return ShiftBroken(6)


# --8<-- [end:comparison-for-assignment-broken]


# --8<-- [start:comparison-for-assignment-fixed]
class ShiftFixed(nn.Module):
    """Assign the parameter, which registers it."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(features))


def comparison_fixed() -> nn.Module:
    """Build the layer."""
    return ShiftFixed(6)


# --8<-- [end:comparison-for-assignment-fixed]


def comparison_symptom(version: Callable[[], nn.Module]) -> str:
    """Return what building raises."""
    return attempt(version)


# --8<-- [start:comparison-for-assignment-check]
def comparison_check(build: Callable[[], nn.Module]) -> None:
    """The layer has the parameter that its state should hold."""
    assert list(build().state_dict()) == ["beta"]


# --8<-- [end:comparison-for-assignment-check]


def update(mean: Tensor, variance: Tensor, batch: Tensor) -> Statistics:
    """Return the moving mean and variance after one batch (N, C)."""
    return 0.9 * mean + 0.1 * batch.mean(dim=0), 0.9 * variance + 0.1 * batch.var(dim=0)


# --8<-- [start:swapped-statistics-broken]
def swapped_broken(batches: list[Tensor]) -> Statistics:
    """Pass the variance where the mean is expected."""
    mean, variance = torch.zeros(4), torch.ones(4)
    for batch in batches:
        mean, variance = update(variance, mean, batch)
    return mean, variance


# --8<-- [end:swapped-statistics-broken]


# --8<-- [start:swapped-statistics-fixed]
def swapped_fixed(batches: list[Tensor]) -> Statistics:
    """Name the arguments; their order no longer matters."""
    mean, variance = torch.zeros(4), torch.ones(4)
    for batch in batches:
        mean, variance = update(mean=mean, variance=variance, batch=batch)
    return mean, variance


# --8<-- [end:swapped-statistics-fixed]


def swapped_symptom(version: Callable[[list[Tensor]], Statistics]) -> float:
    """Return the largest difference to torch's outputs in evaluation mode, after 200 batches of mean 3 and variance 4."""
    batches = [3 + 2 * torch.randn(64, 4) for _ in range(200)]
    layer: Any = nn.BatchNorm1d(4, affine=False)
    for batch in batches:
        layer(batch)
    mean, variance = version(batches)
    return float(((batches[0] - mean) / (variance + 1e-5).sqrt() - layer.eval()(batches[0])).abs().max())


# --8<-- [start:swapped-statistics-check]
def swapped_check(statistics: Callable[[list[Tensor]], Statistics]) -> None:
    """The moving mean finds the mean, the moving variance the variance."""
    mean, variance = statistics([3 + 2 * torch.randn(256, 4) for _ in range(100)])
    assert (mean - 3).abs().max() < 0.3 and (variance - 4).abs().max() < 0.8


# --8<-- [end:swapped-statistics-check]


# --8<-- [start:statistics-not-saved-broken]
class PlainStatistics(nn.Module):
    """Keep the moving mean as a plain attribute."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.mean = torch.zeros(features)

    def forward(self, inputs: Tensor) -> Tensor:
        """Subtract the moving mean."""
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * inputs.mean(dim=0)
        return inputs - self.mean


# --8<-- [end:statistics-not-saved-broken]


# --8<-- [start:statistics-not-saved-fixed]
class BufferedStatistics(PlainStatistics):
    """Register it: a buffer is saved, loaded and moved, not trained."""

    mean: Tensor

    def __init__(self, features: int) -> None:
        super().__init__(features)
        del self.mean
        self.register_buffer("mean", torch.zeros(features))


# --8<-- [end:statistics-not-saved-fixed]


def saved_symptom(version: Callable[[int], nn.Module]) -> float:
    """Return how far the outputs of a reloaded layer are from those of the layer that was saved."""
    layer, inputs = version(4), 3 + torch.randn(64, 4)
    for _ in range(50):
        layer(inputs)
    again = version(4)
    again.load_state_dict(layer.state_dict())
    return float((layer.eval()(inputs) - again.eval()(inputs)).abs().max().detach())


# --8<-- [start:statistics-not-saved-check]
def saved_check(build: Callable[[int], nn.Module]) -> None:
    """A layer and its reloaded copy compute the same."""
    layer, inputs = build(4), 3 + torch.randn(64, 4)
    layer(inputs)
    copy = build(4)
    copy.load_state_dict(layer.state_dict())
    assert torch.equal(layer.eval()(inputs), copy.eval()(inputs))


# --8<-- [end:statistics-not-saved-check]


# --8<-- [start:variance-from-zero-broken]
def variance_broken(features: int) -> Statistics:
    """Start both statistics at 0."""
    return torch.zeros(features), torch.zeros(features)


# --8<-- [end:variance-from-zero-broken]


# --8<-- [start:variance-from-zero-fixed]
def variance_fixed(features: int) -> Statistics:
    """Start at mean 0, variance 1: change nothing yet."""
    return torch.zeros(features), torch.ones(features)


# --8<-- [end:variance-from-zero-fixed]


def variance_symptom(version: Callable[[int], Statistics]) -> float:
    """Return the factor by which inputs are scaled in evaluation mode."""
    return float((1 / (version(1)[1] + 1e-5).sqrt()).max())


# --8<-- [start:variance-from-zero-check]
def variance_check(start: Callable[[int], Statistics]) -> None:
    """Start where torch starts."""
    layer: Any = nn.BatchNorm1d(4)
    mean, variance = start(4)
    assert torch.equal(mean, layer.running_mean) and torch.equal(variance, layer.running_var)


# --8<-- [end:variance-from-zero-check]


# --8<-- [start:biased-moving-variance-broken]
def biased_broken(batch: Tensor) -> Tensor:
    """Store the variance that normalised the batch."""
    return 0.9 * torch.ones(batch.shape[1]) + 0.1 * batch.var(dim=0, unbiased=False)


# --8<-- [end:biased-moving-variance-broken]


# --8<-- [start:biased-moving-variance-fixed]
def biased_fixed(batch: Tensor) -> Tensor:
    """Normalise with n, but store the estimate with n - 1."""
    return 0.9 * torch.ones(batch.shape[1]) + 0.1 * batch.var(dim=0, unbiased=True)


# --8<-- [end:biased-moving-variance-fixed]


def biased_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return the relative error of what one batch of four added."""
    batch = 5 * torch.randn(4, 3)
    layer: Any = nn.BatchNorm1d(3)
    layer(batch)
    return float(((version(batch) - layer.running_var) / (layer.running_var - 0.9)).abs().max())


# --8<-- [start:biased-moving-variance-check]
def biased_check(moving_variance: Callable[[Tensor], Tensor]) -> None:
    """A batch of four is small enough to tell n from n - 1."""
    batch = torch.randn(4, 3)
    layer: Any = nn.BatchNorm1d(3)
    layer(batch)
    assert torch.allclose(moving_variance(batch), layer.running_var)


# --8<-- [end:biased-moving-variance-check]


# --8<-- [start:momentum-of-the-new-broken]
def momentum_broken(features: int) -> nn.BatchNorm1d:
    """Hand over the weight of the old value, 0.9."""
    return nn.BatchNorm1d(features, momentum=0.9)


# --8<-- [end:momentum-of-the-new-broken]


# --8<-- [start:momentum-of-the-new-fixed]
def momentum_fixed(features: int) -> nn.BatchNorm1d:
    """In torch, momentum is the weight of the new value."""
    return nn.BatchNorm1d(features, momentum=1 - 0.9)


# --8<-- [end:momentum-of-the-new-fixed]


def momentum_symptom(version: Callable[[int], nn.BatchNorm1d]) -> float:
    """Return the standard deviation of the moving mean, over 300 batches of 16 from N(0, 1)."""
    layer: Any = version(8)
    means = []
    for _ in range(300):
        layer(torch.randn(16, 8))
        means.append(layer.running_mean.clone())
    return float(torch.stack(means[50:]).std())


# --8<-- [start:momentum-of-the-new-check]
def momentum_check(build: Callable[[int], nn.BatchNorm1d]) -> None:
    """One batch moves the mean by a tenth of the way."""
    layer: Any = build(1)
    layer(torch.tensor([[4.0], [6.0]]))
    assert torch.allclose(layer.running_mean, torch.tensor([0.5]))


# --8<-- [end:momentum-of-the-new-check]


# --8<-- [start:statistics-of-the-input-broken]
def input_broken(layer: nn.Module, inputs: Tensor) -> Any:
    """Average what comes out of the layer."""
    for _ in range(100):
        mean = layer(inputs).mean(dim=0)
    return mean.detach()


# --8<-- [end:statistics-of-the-input-broken]


# --8<-- [start:statistics-of-the-input-fixed]
def input_fixed(layer: nn.Module, inputs: Tensor) -> Any:
    """Average what goes into the layer."""
    for _ in range(100):
        layer(inputs)
        mean = inputs.mean(dim=0)
    return mean


# --8<-- [end:statistics-of-the-input-fixed]


def input_symptom(version: Callable[[nn.Module, Tensor], Any]) -> float:
    """Return how far the claimed mean is from running_mean."""
    layer: Any = nn.BatchNorm1d(4)
    mean = version(layer, 5 + torch.randn(64, 4))
    return float((mean - layer.running_mean).abs().max())


# --8<-- [start:statistics-of-the-input-check]
def input_check(mean_of: Callable[[nn.Module, Tensor], Any]) -> None:
    """After many equal batches, the moving mean is the mean."""
    layer: Any = nn.BatchNorm1d(4)
    mean = mean_of(layer, 5 + torch.randn(64, 4))
    assert torch.allclose(mean, layer.running_mean, atol=0.01)


# --8<-- [end:statistics-of-the-input-check]


# --8<-- [start:one-sample-batch-broken]
def one_sample_broken(images: Any) -> Any:
    """Keep the short batch at the end of the epoch."""
    return torch.utils.data.DataLoader(images, batch_size=4)


# --8<-- [end:one-sample-batch-broken]


# --8<-- [start:one-sample-batch-fixed]
def one_sample_fixed(images: Any) -> Any:
    """Drop it; shuffling brings its samples back in other epochs."""
    return torch.utils.data.DataLoader(images, batch_size=4, drop_last=True)


# --8<-- [end:one-sample-batch-fixed]


def one_sample_symptom(version: Callable[[Tensor], Any]) -> str:
    """Return what an epoch of nine samples raises."""
    layer: Any = nn.BatchNorm1d(3)
    return attempt(lambda: [layer(batch) for batch in version(torch.randn(9, 3))])


# --8<-- [start:one-sample-batch-check]
def one_sample_check(loader: Callable[[Tensor], Any]) -> None:
    """No batch is shorter than the others."""
    assert {len(batch) for batch in loader(torch.randn(9, 3))} == {4}


# --8<-- [end:one-sample-batch-check]


# --8<-- [start:gamma-and-beta-exchanged-broken]
def affine_broken(layer: nn.BatchNorm1d) -> nn.BatchNorm1d:
    """Start the scale γ at 0 and the shift β at 1."""
    nn.init.zeros_(layer.weight)
    nn.init.ones_(layer.bias)
    return layer


# --8<-- [end:gamma-and-beta-exchanged-broken]


# --8<-- [start:gamma-and-beta-exchanged-fixed]
def affine_fixed(layer: nn.BatchNorm1d) -> nn.BatchNorm1d:
    """Start the scale γ at 1 and the shift β at 0."""
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


# --8<-- [end:gamma-and-beta-exchanged-fixed]


def affine_symptom(version: Callable[[nn.BatchNorm1d], nn.BatchNorm1d]) -> float:
    """Return the standard deviation of what the layer puts out."""
    return float(version(nn.BatchNorm1d(4))(torch.randn(64, 4)).std().detach())


# --8<-- [start:gamma-and-beta-exchanged-check]
def affine_check(start: Callable[[nn.BatchNorm1d], nn.BatchNorm1d]) -> None:
    """Different samples have different outputs."""
    outputs = start(nn.BatchNorm1d(4))(torch.randn(64, 4))
    assert outputs.std() > 0.5


# --8<-- [end:gamma-and-beta-exchanged-check]


CASES = (
    Case(
        "E-02",
        "always-true-branch",
        title=(
            "`if len(X.shape):` 永远为真，卷积的分支从不运行",
            "`if len(X.shape):` is always true, so the convolution branch never runs",
        ),
        seen=(
            "自己写的 BatchNorm 不报错，结果与 nn.BatchNorm2d 不同",
            "own batch norm raises no error but differs from nn.BatchNorm2d",
        ),
        where=("自己实现批量归一化", "batch normalization by hand"),
        broken=branch_broken,
        fixed=branch_fixed,
        symptom=branch_symptom,
        sign=Apart(broken=0.3, fixed=1e-4),
        check=branch_check,
    ),
    Case(
        "E-03",
        "comparison-for-assignment",
        title=("`==` 写在了 `=` 的位置上", "`==` where `=` was meant"),
        seen=(
            "object has no attribute 'beta'，赋值写成了双等号",
            "object has no attribute 'beta', double equals sign",
        ),
        where=("自己写的层的 __init__", "__init__ of a layer of one's own"),
        broken=comparison_broken,
        fixed=comparison_fixed,
        symptom=comparison_symptom,
        sign="object has no attribute 'beta'",
        check=comparison_check,
    ),
    Case(
        "E-04",
        "swapped-statistics",
        title=(
            "训练一切正常，评估全错：均值和方差传反了",
            "Training is perfect, evaluation is chance: mean and variance were swapped",
        ),
        seen=(
            "训练准确率很高，eval 之后准确率只有 0.1，或输出 NaN",
            "high accuracy in training, chance level or NaN after model.eval()",
        ),
        where=("按位置传递的滑动统计量", "moving statistics passed by position"),
        broken=swapped_broken,
        fixed=swapped_fixed,
        symptom=swapped_symptom,
        sign=Apart(broken=0.3, fixed=0.05),
        check=swapped_check,
    ),
    Case(
        "E-05",
        "statistics-not-saved",
        title=(
            "重新载入之后等于瞎猜：统计量没有存进 state_dict",
            "Chance level after reloading: the statistics are not in the state_dict",
        ),
        seen=(
            "保存再载入模型之后准确率变差，state_dict 里没有 running_mean",
            "accuracy drops after saving and loading, running_mean missing in state_dict",
        ),
        where=("自己写的 BatchNorm 的 __init__", "__init__ of one's own batch normalization"),
        broken=PlainStatistics,
        fixed=BufferedStatistics,
        symptom=saved_symptom,
        sign=Apart(broken=2.0, fixed=1e-4),
        check=saved_check,
    ),
    Case(
        "E-06",
        "variance-from-zero",
        title=("还没训练就评估，输出爆炸：方差从 0 开始", "Outputs explode before training: the moving variance starts at 0"),
        seen=(
            "没有训练时 eval 输出很大，moving_var 初始化为 0",
            "huge outputs in eval before any training, moving_var initialised to zero",
        ),
        where=("自己写的 BatchNorm 的初始值", "initial values of one's own batch normalization"),
        broken=variance_broken,
        fixed=variance_fixed,
        symptom=variance_symptom,
        sign=Apart(broken=100, fixed=1.1),
        check=variance_check,
    ),
    Case(
        "E-07",
        "biased-moving-variance",
        title=("与 torch 差一点点：移动方差除以了 n", "Slightly off from torch: the running variance divides by n"),
        seen=(
            "自己写的 BatchNorm 与 torch 的 running_var 对不上，批量越小差得越多",
            "running_var differs from torch, more for small batches",
        ),
        where=("与 torch 逐位核对", "checking against torch"),
        broken=biased_broken,
        fixed=biased_fixed,
        symptom=biased_symptom,
        sign=Apart(broken=0.2, fixed=1e-4),
        check=biased_check,
    ),
    Case(
        "E-08",
        "momentum-of-the-new",
        title=("momentum=0.9 在 torch 里是另一个意思", "momentum=0.9 means something else in torch"),
        seen=(
            "把论文里的 momentum 0.9 抄进 nn.BatchNorm，评估时结果抖动",
            "copied momentum 0.9 into nn.BatchNorm, evaluation jumps about",
        ),
        where=("把自己的层换成 nn.BatchNorm", "replacing one's own layer by nn.BatchNorm"),
        broken=momentum_broken,
        fixed=momentum_fixed,
        symptom=momentum_symptom,
        sign=Apart(broken=0.15, fixed=0.1),
        check=momentum_check,
    ),
    Case(
        "E-09",
        "gamma-and-beta-exchanged",
        title=("γ 从 0 开始：信号到这里就断了", "γ starts at 0: the signal ends here"),
        seen=(
            "批量归一化之后的输出全都一样，γ 和 β 的初始值写反了",
            "all outputs after batch norm are the same, initial values of gamma and beta exchanged",
        ),
        where=("自己写的 BatchNorm 的初始值", "initial values of one's own batch normalization"),
        broken=affine_broken,
        fixed=affine_fixed,
        symptom=affine_symptom,
        sign=Apart(broken=0.0, fixed=0.9),
        check=affine_check,
    ),
    Case(
        "E-48",
        "statistics-of-the-input",
        title=("running_mean 不是归一化之后的均值", "running_mean is not the mean after normalization"),
        seen=(
            "running_mean 和 running_var 是什么的均值和方差",
            "what running_mean and running_var are the mean and variance of",
        ),
        where=("读 BatchNorm 的统计量", "reading the statistics of a batch normalization"),
        broken=input_broken,
        fixed=input_fixed,
        symptom=input_symptom,
        sign=Apart(broken=1.0, fixed=0.2),
        check=input_check,
    ),
    Case(
        "E-80",
        "one-sample-batch",
        title=("最后一个批量只有一个样本", "The last batch has one sample"),
        seen=(
            "训练到轮次末尾报错 Expected more than 1 value per channel when training",
            "crash at the end of an epoch: expected more than 1 value per channel when training",
        ),
        where=("数据集大小除以批量大小，余数为 1", "the size of the data set leaves a remainder of 1"),
        broken=one_sample_broken,
        fixed=one_sample_fixed,
        symptom=one_sample_symptom,
        sign="Expected more than 1 value per channel when training",
        check=one_sample_check,
    ),
)
