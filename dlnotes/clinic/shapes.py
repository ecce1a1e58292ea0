"""Shapes and types that do not fit, and shapes that fit by accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import default_collate

from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES", "small_network"]


# --8<-- [start:missing-flatten-broken]
def flatten_broken() -> nn.Module:
    """Linear acts on the last axis, and that has 28 values."""
    layers = nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)
    return nn.Sequential(*layers)


# --8<-- [end:missing-flatten-broken]


# --8<-- [start:missing-flatten-fixed]
def flatten_fixed() -> nn.Module:
    """Make one row of each image first."""
    layers = nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)
    return nn.Sequential(nn.Flatten(), *layers)


# --8<-- [end:missing-flatten-fixed]


def flatten_symptom(version: Callable[[], nn.Module]) -> str:
    """Return what a forward pass raises."""
    return attempt(version(), torch.zeros(200, 1, 28, 28))


# --8<-- [start:missing-flatten-check]
def flatten_check(build: Callable[[], nn.Module]) -> None:
    """Two images in, two rows of logits out."""
    assert build()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


# --8<-- [end:missing-flatten-check]


# --8<-- [start:flatten-across-samples-broken]
def across_broken(features: Tensor) -> Tensor:
    """Let the number of rows come out as it likes."""
    return features.view(-1, 256)


# --8<-- [end:flatten-across-samples-broken]


# --8<-- [start:flatten-across-samples-fixed]
def across_fixed(features: Tensor) -> Tensor:
    """Keep the first axis, flatten the others."""
    return features.flatten(1)


# --8<-- [end:flatten-across-samples-fixed]


def across_symptom(version: Callable[[Tensor], Tensor]) -> str:
    """Return what the loss raises, where the features are 16×5×5 and not 16×4×4."""
    rows = version(torch.zeros(64, 16, 5, 5))
    return attempt(F.cross_entropy, rows[:, :10], torch.zeros(64, dtype=torch.int64))


# --8<-- [start:flatten-across-samples-check]
def across_check(flatten: Callable[[Tensor], Tensor]) -> None:
    """As many rows as samples, whatever the size of the image."""
    for size in (4, 5):
        assert len(flatten(torch.zeros(64, 16, size, size))) == 64


# --8<-- [end:flatten-across-samples-check]


# --8<-- [start:column-of-labels-broken]
def column_broken(logits: Tensor, labels: Tensor) -> float:
    """Compare (N,) with (N, 1): broadcasting makes N×N of it."""
    right = logits.argmax(dim=1) == labels
    return right.sum().item() / len(labels)


# --8<-- [end:column-of-labels-broken]


# --8<-- [start:column-of-labels-fixed]
def column_fixed(logits: Tensor, labels: Tensor) -> float:
    """One axis on both sides, then compare."""
    right = logits.argmax(dim=1) == labels.flatten()
    return right.sum().item() / len(labels)


# --8<-- [end:column-of-labels-fixed]


def column_symptom(version: Callable[[Tensor, Tensor], float]) -> float:
    """Return the accuracy of answers that are all right."""
    labels = torch.arange(200) % 10
    return version(F.one_hot(labels, 10).float(), labels[:, None])


# --8<-- [start:column-of-labels-check]
def column_check(accuracy: Callable[[Tensor, Tensor], float]) -> None:
    """All right is 1, all wrong is 0."""
    labels = torch.arange(20) % 10
    logits = F.one_hot(labels, 10).float()
    assert accuracy(logits, labels[:, None]) == 1
    assert accuracy(-logits, labels[:, None]) == 0


# --8<-- [end:column-of-labels-check]


# --8<-- [start:label-out-of-range-broken]
def range_broken(labels: Tensor) -> Tensor:
    """Pass the numbers on as the file has them: 1 to 10."""
    return labels


# --8<-- [end:label-out-of-range-broken]


# --8<-- [start:label-out-of-range-fixed]
def range_fixed(labels: Tensor) -> Tensor:
    """Give each number that occurs its place in order, from 0."""
    places: Tensor = torch.unique(labels, return_inverse=True)[1]
    return places


# --8<-- [end:label-out-of-range-fixed]


def range_symptom(version: Callable[[Tensor], Tensor]) -> str:
    """Return what the loss raises."""
    return attempt(F.cross_entropy, torch.zeros(10, 10), version(torch.arange(1, 11)))


# --8<-- [start:label-out-of-range-check]
def range_check(prepare: Callable[[Tensor], Tensor]) -> None:
    """Classes are numbered 0 to C - 1."""
    labels = prepare(torch.arange(1, 11))
    assert labels.min() == 0 and labels.max() == 9


# --8<-- [end:label-out-of-range-check]


# --8<-- [start:shortcut-with-stride-broken]
def shortcut_broken(before: int, after: int, stride: int) -> nn.Module:
    """Ask about channels only."""
    if before == after:
        return nn.Identity()
    return nn.Conv2d(before, after, 1, stride)


# --8<-- [end:shortcut-with-stride-broken]


# --8<-- [start:shortcut-with-stride-fixed]
def shortcut_fixed(before: int, after: int, stride: int) -> nn.Module:
    """A stride changes the size, so it needs a projection too."""
    if before == after and stride == 1:
        return nn.Identity()
    return nn.Conv2d(before, after, 1, stride)


# --8<-- [end:shortcut-with-stride-fixed]


def shortcut_symptom(version: Callable[[int, int, int], nn.Module]) -> str:
    """Return what adding both paths raises, at equal channels and stride 2."""
    images, path = torch.zeros(2, 8, 16, 16), nn.Conv2d(8, 8, 3, stride=2, padding=1)
    return attempt(lambda: path(images) + version(8, 8, 2)(images))


# --8<-- [start:shortcut-with-stride-check]
def shortcut_check(shortcut: Callable[[int, int, int], nn.Module]) -> None:
    """Both paths end in one shape, for each kind of block."""
    images = torch.zeros(1, 8, 16, 16)
    for after, stride in ((8, 1), (16, 1), (8, 2), (16, 2)):
        path = nn.Conv2d(8, after, 3, stride, padding=1)
        assert path(images).shape == shortcut(8, after, stride)(images).shape


# --8<-- [end:shortcut-with-stride-check]


# --8<-- [start:double-inputs-broken]
def double_broken(array: Any) -> Tensor:
    """NumPy computes in float64 unless told otherwise."""
    return torch.from_numpy(array)


# --8<-- [end:double-inputs-broken]


# --8<-- [start:double-inputs-fixed]
def double_fixed(array: Any) -> Tensor:
    """Models compute in float32."""
    return torch.from_numpy(array).float()


# --8<-- [end:double-inputs-fixed]


def double_symptom(version: Callable[[Any], Tensor]) -> str:
    """Return what a layer raises."""
    return attempt(lambda: nn.Linear(4, 2)(version(np.zeros((3, 4)))))


# --8<-- [start:double-inputs-check]
def double_check(prepare: Callable[[Any], Tensor]) -> None:
    """Inputs and parameters have one type."""
    assert prepare(np.zeros((3, 4))).dtype == nn.Linear(4, 2).weight.dtype


# --8<-- [end:double-inputs-check]


# --8<-- [start:labels-of-the-wrong-type-broken]
def label_type_broken(column: list[float]) -> Tensor:
    """Numbers with a point become float32."""
    return torch.tensor(column)


# --8<-- [end:labels-of-the-wrong-type-broken]


# --8<-- [start:labels-of-the-wrong-type-fixed]
def label_type_fixed(column: list[float]) -> Tensor:
    """A class number is a whole number, int64."""
    return torch.tensor(column, dtype=torch.int64)


# --8<-- [end:labels-of-the-wrong-type-fixed]


def label_type_symptom(version: Callable[[list[float]], Tensor]) -> str:
    """Return what the loss raises."""
    return attempt(lambda: F.cross_entropy(torch.zeros(3, 4), version([0.0, 1.0, 2.0])))


# --8<-- [start:labels-of-the-wrong-type-check]
def label_type_check(prepare: Callable[[list[float]], Tensor]) -> None:
    """Labels are int64."""
    assert prepare([0.0, 1.0, 2.0]).dtype == torch.int64


# --8<-- [end:labels-of-the-wrong-type-check]


# --8<-- [start:view-after-transpose-broken]
def view_broken(images: Tensor) -> Tensor:
    """A view cannot reorder the memory."""
    return images.permute(0, 2, 3, 1).view(len(images), -1)


# --8<-- [end:view-after-transpose-broken]


# --8<-- [start:view-after-transpose-fixed]
def view_fixed(images: Tensor) -> Tensor:
    """Reshape copies where it must."""
    return images.permute(0, 2, 3, 1).reshape(len(images), -1)


# --8<-- [end:view-after-transpose-fixed]


def view_symptom(version: Callable[[Tensor], Tensor]) -> str:
    """Return what flattening raises."""
    return attempt(version, torch.zeros(2, 3, 4, 4))


# --8<-- [start:view-after-transpose-check]
def view_check(flatten: Callable[[Tensor], Tensor]) -> None:
    """The first three values are the channels of the first pixel."""
    images = torch.arange(48.0).view(1, 3, 4, 4)
    assert flatten(images)[0, :3].tolist() == [0, 16, 32]


# --8<-- [end:view-after-transpose-check]


# --8<-- [start:forward-missing-broken]
class BlockBroken(nn.Module):
    """Define forward inside __init__, one indent too deep."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)

        def forward(self: Any, inputs: Tensor) -> Any:
            return self.conv(inputs).relu()


# --8<-- [end:forward-missing-broken]


# --8<-- [start:forward-missing-fixed]
class BlockFixed(nn.Module):
    """Define forward beside __init__."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 5)

    def forward(self, inputs: Tensor) -> Any:
        """Convolve, then cut off below 0."""
        return self.conv(inputs).relu()


# --8<-- [end:forward-missing-fixed]


def forward_symptom(version: Callable[[], nn.Module]) -> str:
    """Return what calling the block raises."""
    return attempt(version(), torch.zeros(1, 1, 28, 28))


# --8<-- [start:forward-missing-check]
def forward_check(build: Callable[[], nn.Module]) -> None:
    """A module can be called."""
    assert build()(torch.zeros(1, 1, 28, 28)).shape == (1, 6, 24, 24)


# --8<-- [end:forward-missing-check]


# --8<-- [start:channels-last-broken]
def channels_broken(pictures: Any) -> Tensor:
    """Take the axes as Pillow and NumPy have them: (N, H, W, C)."""
    return torch.from_numpy(pictures).float() / 255


# --8<-- [end:channels-last-broken]


# --8<-- [start:channels-last-fixed]
def channels_fixed(pictures: Any) -> Tensor:
    """Torch wants the channels before height and width: (N, C, H, W)."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


# --8<-- [end:channels-last-fixed]


def channels_symptom(version: Callable[[Any], Tensor]) -> str:
    """Return what a first convolution raises."""
    return attempt(lambda: nn.Conv2d(3, 6, 5)(version(np.zeros((8, 32, 32, 3), np.uint8))))


# --8<-- [start:channels-last-check]
def channels_check(prepare: Callable[[Any], Tensor]) -> None:
    """Height and width differ here, so that no axis can pass for another."""
    assert prepare(np.zeros((8, 20, 30, 3), np.uint8)).shape == (8, 3, 20, 30)


# --8<-- [end:channels-last-check]


def small_network() -> nn.Module:
    """Return a network for images (N, 1, 28, 28) → logits (N, 10)."""
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(3456, 10))


# --8<-- [start:picture-without-batch-broken]
def single_broken(model: nn.Module, picture: Tensor) -> Any:
    """Hand one picture (1, 28, 28) to a network for batches."""
    return model(picture)


# --8<-- [end:picture-without-batch-broken]


# --8<-- [start:picture-without-batch-fixed]
def single_fixed(model: nn.Module, picture: Tensor) -> Any:
    """Make a batch of one, and take the one answer out again."""
    return model(picture[None])[0]


# --8<-- [end:picture-without-batch-fixed]


def single_symptom(version: Callable[[nn.Module, Tensor], Any]) -> str:
    """Return what a prediction for one picture raises."""
    return attempt(version, small_network(), torch.zeros(1, 28, 28))


# --8<-- [start:picture-without-batch-check]
def single_check(predict: Callable[[nn.Module, Tensor], Any]) -> None:
    """One picture in, one row of logits out."""
    assert predict(small_network(), torch.zeros(1, 28, 28)).shape == (10,)


# --8<-- [end:picture-without-batch-check]


# --8<-- [start:pictures-of-two-sizes-broken]
def sizes_broken(pictures: list[Tensor]) -> Any:
    """Hand the pictures over as they came from the camera."""
    return default_collate(pictures)


# --8<-- [end:pictures-of-two-sizes-broken]


# --8<-- [start:pictures-of-two-sizes-fixed]
def sizes_fixed(pictures: list[Tensor]) -> Any:
    """Bring each to one size; a batch is one block of numbers."""

    def resize(picture: Tensor) -> Tensor:
        return F.interpolate(picture[None], (28, 28), mode="bilinear", antialias=True)[0]

    return default_collate([resize(picture) for picture in pictures])


# --8<-- [end:pictures-of-two-sizes-fixed]


def sizes_symptom(version: Callable[[list[Tensor]], Any]) -> str:
    """Return what making a batch raises."""
    return attempt(version, [torch.zeros(1, 28, 28), torch.zeros(1, 30, 28)])


# --8<-- [start:pictures-of-two-sizes-check]
def sizes_check(collate: Callable[[list[Tensor]], Any]) -> None:
    """Pictures of several sizes make one batch."""
    assert collate([torch.zeros(1, 28, 28), torch.zeros(1, 30, 28)]).shape == (2, 1, 28, 28)


# --8<-- [end:pictures-of-two-sizes-check]


CASES = (
    Case(
        "E-18",
        "missing-flatten",
        title=("图片直接进了全连接层", "An image goes straight into a fully connected layer"),
        seen=(
            "报错 mat1 and mat2 shapes cannot be multiplied (5600x28 and 784x256)",
            "error: mat1 and mat2 shapes cannot be multiplied (5600x28 and 784x256)",
        ),
        where=("卷积或图片之后接 Linear", "Linear after an image or a convolution"),
        broken=flatten_broken,
        fixed=flatten_fixed,
        symptom=flatten_symptom,
        sign="mat1 and mat2 shapes cannot be multiplied",
        check=flatten_check,
    ),
    Case(
        "E-105",
        "picture-without-batch",
        title=("训练时好好的，预测一张图片就报错：少了批量轴", "Training works, one picture does not: the batch axis is missing"),
        seen=(
            "预测单张图片报错 mat1 and mat2 shapes cannot be multiplied (6x576 and 3456x10)，图片没有批量轴",
            "predicting a single picture: mat1 and mat2 shapes cannot be multiplied (6x576 and 3456x10), no batch axis",
        ),
        where=("用训练好的模型识别一张图片", "a trained model and one picture of your own"),
        broken=single_broken,
        fixed=single_fixed,
        symptom=single_symptom,
        sign="(6x576 and 3456x10)",
        check=single_check,
    ),
    Case(
        "E-106",
        "channels-last",
        title=("通道排在了最后：expected input to have 3 channels", "Channels last: expected input to have 3 channels"),
        seen=(
            "卷积报错 Given groups=1, weight of size, expected input to have 3 channels, but got 32 channels instead",
            "convolution: given groups=1, expected input to have 3 channels, but got 32 channels instead",
        ),
        where=("来自 Pillow、NumPy、OpenCV 的图片", "pictures from Pillow, NumPy or OpenCV"),
        broken=channels_broken,
        fixed=channels_fixed,
        symptom=channels_symptom,
        sign="channels instead",
        check=channels_check,
    ),
    Case(
        "E-140",
        "pictures-of-two-sizes",
        title=("图片大小不一，拼不成批量", "Pictures of several sizes do not make a batch"),
        seen=(
            "DataLoader 报错 stack expects each tensor to be equal size, but got [1, 28, 28] at entry 0 and [1, 30, 28] at entry 1",
            "DataLoader: stack expects each tensor to be equal size, but got [1, 28, 28] at entry 0 and [1, 30, 28] at entry 1",
        ),
        where=("自己的照片文件夹", "a folder of pictures of one's own"),
        broken=sizes_broken,
        fixed=sizes_fixed,
        symptom=sizes_symptom,
        sign="stack expects each tensor to be equal size",
        check=sizes_check,
    ),
    Case(
        "E-91",
        "flatten-across-samples",
        title=("`view(-1, 256)` 把样本混在了一起", "`view(-1, 256)` mixes the samples"),
        seen=(
            "cross_entropy 报错 Expected input batch_size to match target batch_size",
            "error: Expected input batch_size to match target batch_size",
        ),
        where=("用 view 或 reshape 展平", "flattening with view or reshape"),
        broken=across_broken,
        fixed=across_fixed,
        symptom=across_symptom,
        sign="to match target batch_size",
        check=across_check,
    ),
    Case(
        "E-19",
        "column-of-labels",
        title=("准确率大于 1：标签多了一维", "An accuracy above 1: the labels have an axis too many"),
        seen=("准确率算出来大于 1，标签形状是 (N, 1)", "accuracy is greater than 1, labels of shape (N, 1)"),
        where=("从表格或自己的数据集读标签", "labels from a table or a data set of one's own"),
        broken=column_broken,
        fixed=column_fixed,
        symptom=column_symptom,
        sign=Apart(broken=1.5, fixed=1.0),
        check=column_check,
    ),
    Case(
        "E-88",
        "label-out-of-range",
        title=(
            "标签从 1 数到 10：Target is out of bounds",
            "Labels from 1 to 10: target is out of bounds",
        ),
        seen=(
            "报错 Target 10 is out of bounds，GPU 上是 device-side assert triggered",
            "error: Target 10 is out of bounds; on a GPU: device-side assert triggered",
        ),
        where=("类别编号从 1 开始的数据集", "a data set that counts its classes from 1"),
        broken=range_broken,
        fixed=range_fixed,
        symptom=range_symptom,
        sign="is out of bounds",
        check=range_check,
    ),
    Case(
        "E-11",
        "shortcut-with-stride",
        title=("残差块：步幅不是 1 时加不上", "A residual block that cannot add: the stride is not 1"),
        seen=(
            "残差块报错 The size of tensor a must match the size of tensor b",
            "residual block: the size of tensor a must match the size of tensor b",
        ),
        where=("自己写残差块", "a residual block of one's own"),
        broken=shortcut_broken,
        fixed=shortcut_fixed,
        symptom=shortcut_symptom,
        sign="must match the size of tensor b",
        check=shortcut_check,
    ),
    Case(
        "E-86",
        "double-inputs",
        title=("NumPy 来的数据是双精度", "Data from NumPy is in double precision"),
        seen=(
            "报错 mat1 and mat2 must have the same dtype, but got Double and Float；或 expected scalar type Float but found Double",
            "error: mat1 and mat2 must have the same dtype, but got Double and Float",
        ),
        where=("torch.from_numpy、从表格读数据", "torch.from_numpy, data from a table"),
        broken=double_broken,
        fixed=double_fixed,
        symptom=double_symptom,
        sign="must have the same dtype",
        check=double_check,
    ),
    Case(
        "E-87",
        "labels-of-the-wrong-type",
        title=("标签的类型不是 int64", "Labels that are not int64"),
        seen=(
            "报错 expected target dtype to be Long or Byte, but got Float；旧版本是 expected scalar type Long but found Float",
            "error: expected target dtype to be Long or Byte, but got Float; in older versions expected scalar type Long but found Float",
        ),
        where=("从表格或 NumPy 读标签", "labels from a table or from NumPy"),
        broken=label_type_broken,
        fixed=label_type_fixed,
        symptom=label_type_symptom,
        sign="expected target dtype to be Long or Byte",
        check=label_type_check,
    ),
    Case(
        "E-98",
        "view-after-transpose",
        title=("转置之后不能 view", "No view after a transpose"),
        seen=(
            "报错 view size is not compatible with input tensor's size and stride. Use .reshape(...) instead",
            "error: view size is not compatible with input tensor's size and stride",
        ),
        where=("permute、transpose、切片之后展平", "flattening after permute, transpose or a slice"),
        broken=view_broken,
        fixed=view_fixed,
        symptom=view_symptom,
        sign="view size is not compatible with input tensor's size and stride",
        check=view_check,
    ),
    Case(
        "E-10",
        "forward-missing",
        title=("模块没有 forward", "A module without forward"),
        seen=(
            "报错 NotImplementedError: Module is missing the required forward function",
            "NotImplementedError: module is missing the required forward function",
        ),
        where=("forward 缩进过深，写成了别的名字，或者忘了写", "forward indented too far, spelt otherwise, or forgotten"),
        broken=BlockBroken,
        fixed=BlockFixed,
        symptom=forward_symptom,
        sign='is missing the required "forward" function',
        check=forward_check,
    ),
)
