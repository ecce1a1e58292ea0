"""What the answers to the exercises of docs/training/splits.py must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _negative_for_all() -> Sequence[float]:
    truth, said = torch.arange(1000) < 10, torch.zeros(1000, dtype=torch.bool)
    return [(truth == said).double().mean().item(), said[truth].double().mean().item()]


def _fold_sizes() -> Sequence[float]:
    from sklearn.model_selection import KFold

    kept = [len(train) for train, _ in KFold(5).split(range(1257))]
    return [len(kept), min(kept)]


def _behind_noise() -> float:
    """Find by halving the true accuracy that shows as 78 % when a fifth of the labels is wrong."""
    low, high = 0.0, 1.0
    for _ in range(60):
        true = (low + high) / 2
        # Columns are classes, the first one right: where answer and label agree, a point is counted.
        said, written = torch.tensor([true] + [(1 - true) / 9] * 9), torch.tensor([0.8] + [0.2 / 9] * 9)
        low, high = (true, high) if float(said @ written) < 0.78 else (low, true)
    return low


def _sampling(answer: Any) -> tuple[str, str] | None:
    labels = torch.tensor([0, 3, 0, 0, 1, 3, 0, 0, 0, 3])
    weights = torch.as_tensor(answer(labels), dtype=torch.float64)
    if weights.shape != labels.shape or weights.min() <= 0:
        return "应当给每个样本一个正的权重", "there should be a positive weight for each sample"
    chances = [float(weights[labels == label].sum() / weights.sum()) for label in (0, 1, 3)]
    if max(abs(chance - 1 / 3) for chance in chances) > 1e-4:
        shown = ", ".join(f"{chance:.2f}" for chance in chances)
        return (
            f"3 个类别抽到的机会是 {shown}，应当各占三分之一",
            f"the 3 classes are drawn with chances {shown}, which should be a third each",
        )
    return None


def _grouped(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    groups = torch.randint(0, 9, (60,), generator=generator) * 7 + 3
    for k in (2, 4):
        folds = [torch.as_tensor(fold) for fold in answer(groups, k)]
        if len(folds) != k or any(fold.numel() == 0 for fold in folds):
            return f"应当有 {k} 折，没有空的", f"there should be {k} folds, none of them empty"
        if torch.cat(folds).sort().values.tolist() != list(range(60)):
            return "每个样本应当恰好在一折里", "every sample should be in exactly one fold"
        people = [set(groups[fold].tolist()) for fold in folds]
        if sum(map(len, people)) != len(set().union(*people)):
            return "同一个人出现在两折里", "one person is in two folds"
    return None


CHECKS: dict[int, Check] = {
    1: number(_negative_for_all, "准确率、召回率，0 到 1", "accuracy and recall, 0 to 1", count=2),
    2: number(_fold_sizes, "几个网络、最小的训练集几张", "networks, and images of the smallest training set", count=2),
    3: number(_behind_noise, "0 到 1", "0 to 1", tolerance=2e-3),
    4: code(
        "sampling_weights",
        "sampling_weights(labels)：int64 (N,) → 每个样本的权重 (N,)",
        "sampling_weights(labels): int64 (N,) → a weight for each sample, (N,)",
        _sampling,
    ),
    5: code(
        "group_folds",
        "group_folds(groups, k)：每个样本属于谁，int64 (N,) → k 个下标张量",
        "group_folds(groups, k): whose each sample is, int64 (N,) → k tensors of indices",
        _grouped,
    ),
}
