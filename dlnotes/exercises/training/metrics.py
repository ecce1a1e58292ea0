"""What the answers to the exercises of docs/training/metrics.py must be."""

from __future__ import annotations

import math
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _ill() -> float:
    """Return the percentage of the ill among those reported, from the odds: those before, times the ratio of the two rates."""
    odds = 1 / 99 * (0.9 / 0.05)
    return 100 * odds / (1 + odds)


def _always_yes() -> float:
    from sklearn.metrics import f1_score

    return float(f1_score([1] + [0] * 9, [1] * 10))


def _boxes_apart() -> float:
    from torchvision.ops import box_iou

    boxes = torch.tensor([[0, 0, 16, 16], [4, 4, 20, 20]], dtype=torch.float64)
    return float(box_iou(boxes[:1], boxes[1:]))


def _auc(answer: Any) -> tuple[str, str] | None:
    generator = torch.Generator().manual_seed(0)
    for count, levels in ((40, 10_000), (41, 5), (30, 2)):
        positive = torch.rand(count, generator=generator) < 0.3
        scores = (torch.randint(levels, (count,), generator=generator) + positive * (levels // 3)).double()
        gap = scores[positive][:, None] - scores[~positive]
        wanted = ((gap > 0).double() + 0.5 * (gap == 0).double()).mean().item()
        got = float(answer(scores, positive))
        if not math.isclose(got, wanted, abs_tol=1e-6):
            return (
                f"{count} 个分数、最多 {levels} 种取值时得到 {got:.4f}，应当是 {wanted:.4f}",
                f"with {count} scores of at most {levels} values it gives {got:.4f}, which should be {wanted:.4f}",
            )
    return None


CHECKS: dict[int, Check] = {
    1: number(_ill, "百分之几", "in percent", tolerance=5e-3),
    2: code(
        "auc",
        "auc(scores, positive)：一维的分数和布尔标签，返回 ROC 曲线下面积；分数相同算半次",
        "auc(scores, positive): scores and Booleans of one dimension; returns the area under the ROC curve, ties counting one half",
        _auc,
    ),
    3: number(_always_yes, tolerance=5e-3),
    4: number(_boxes_apart, tolerance=5e-3),
}
