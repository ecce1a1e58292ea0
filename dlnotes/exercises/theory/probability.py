"""What the answers to the exercises of docs/theory/probability.py must be."""

from __future__ import annotations

import math
from typing import Any

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _interval(answer: Any) -> tuple[str, str] | None:
    for right, total in ((349, 360), (9900, 10000), (7, 10)):
        share = right / total
        deviation = math.sqrt(sum((outcome - share) ** 2 for outcome in [1] * right + [0] * (total - right)) / total)
        wanted = [share + side * 1.96 * deviation / math.sqrt(total) for side in (-1, 1)]
        got = [float(bound) for bound in answer(right, total)]
        # Dividing by N or by N - 1, and 1.96 or 2, are left open.
        if len(got) != 2 or any(abs(one - other) > 0.06 * (wanted[1] - wanted[0]) for one, other in zip(got, wanted, strict=True)):
            bounds = ", ".join(f"{bound:.4f}" for bound in wanted)
            return f"{right}/{total} 应得 ({bounds})，得到 {got}", f"{right}/{total} should give ({bounds}), got {got}"
    return None


CHECKS: dict[int, Check] = {
    1: number(
        lambda: [100 * factor * math.sqrt(0.99 * 0.01 / 10_000) for factor in (1, 1.96)],
        "标准误、半宽，都用百分点",
        "standard error and half-width, in points",
        count=2,
        tolerance=3e-3,
    ),
    2: number(lambda: 1 / (1 + (0.1 * 0.99) / (0.9 * 0.01)), "一个比例，0 到 1", "a share, 0 to 1", tolerance=5e-3),
    3: number(lambda: math.sqrt(3 / 784), tolerance=1e-2),
    4: number(
        lambda: [0.99**100, math.ceil(math.log(0.01) / math.log(0.99))],
        "权重（0 到 1）、第几步",
        "the weight (0 to 1), the step",
        count=2,
        tolerance=2e-3,
    ),
    5: code(
        "interval",
        "interval(right, total)：两个整数，返回（下界，上界），都是 0 到 1 的比例",
        "interval(right, total): two whole numbers; returns (low, high) as shares",
        _interval,
    ),
}
