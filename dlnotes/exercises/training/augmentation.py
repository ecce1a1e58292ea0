"""What the answers to the exercises of docs/training/augmentation.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _places() -> int:
    """Count the crops of 28 by 28 in 32 by 32."""
    return int(torch.zeros(32, 32).unfold(0, 28, 1).unfold(1, 28, 1)[..., 0, 0].numel())


def _flipped(answer: Any) -> tuple[str, str] | None:
    images = torch.arange(2 * 4 * 3 * 5, dtype=torch.float32).reshape(4, 2, 3, 5)
    labels = torch.tensor([0, 3, 8, 5])
    got = answer(images.clone(), labels, [8, 0])
    if got.shape != images.shape:
        return f"输出的形状应为 {tuple(images.shape)}", f"the output should be {tuple(images.shape)}"
    for image, one, label in zip(images, got, labels.tolist(), strict=True):
        if not torch.equal(one, torch.from_numpy(image.numpy()[..., ::-1].copy()) if label in (0, 8) else image):
            should = ("应当左右翻转", "should be flipped left-right") if label in (0, 8) else ("应当原样", "should stay as it is")
            return f"标签是 {label} 的图{should[0]}", f"the image labelled {label} {should[1]}"
    return None


def _mixed(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    images, labels, order = torch.rand(4, 1, 3, 3, generator=generator), torch.tensor([2, 0, 2, 4]), torch.tensor([1, 2, 0, 3])
    inputs, targets = answer(images, labels, order, 0.7, 6)
    wanted = torch.zeros(4, 6)
    for row, other in enumerate(order.tolist()):
        wanted[row, labels[row]] += 0.7
        wanted[row, labels[other]] += 0.3
    if inputs.shape != images.shape or not torch.allclose(inputs, 0.7 * images + 0.3 * images[order], atol=1e-5):
        return "图片没有按 0.7 比 0.3 混合", "the images are not mixed 0.7 to 0.3"
    if targets.shape != (4, 6) or not torch.allclose(targets.float(), wanted, atol=1e-5):
        return "标签没有按 0.7 比 0.3 混合成 (4, 6)", "the labels are not mixed 0.7 to 0.3, as (4, 6)"
    return None


def _covered() -> Sequence[float]:
    """Count the pixels of a cat that a piece of a dog leaves."""
    dog = torch.zeros(32, 32, dtype=torch.bool)
    dog[4:28, 8:24] = True
    return [(~dog).double().mean().item(), dog.double().mean().item()]


CHECKS: dict[int, Check] = {
    2: number(_places),
    3: code(
        "flip_some",
        "flip_some(images, labels, symmetric)：(N, C, H, W)、(N,)、标签的列表 → (N, C, H, W)",
        "flip_some(images, labels, symmetric): (N, C, H, W), (N,), a list of labels → (N, C, H, W)",
        _flipped,
    ),
    5: code(
        "mix",
        "mix(images, labels, order, weight, num_classes)：混好的图片和标签，(N, C, H, W) 与 (N, num_classes)",
        "mix(images, labels, order, weight, num_classes) gives mixed images and labels, (N, C, H, W) and (N, num_classes)",
        _mixed,
    ),
    6: number(_covered, "猫、狗", "cat, dog", count=2),
}
