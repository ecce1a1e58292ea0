"""What the answers to the exercises of docs/training/tuning.py must be."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch

from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _fewest_pairs() -> Sequence[float]:
    """Count the sign patterns of n equal differences whose mean is as far from 0; return the share for 5, and the first n at 0.01."""

    def share(count: int) -> float:
        patterns = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * count)
        return (patterns.sum(dim=1).abs() == count).double().mean().item()

    return [share(5), next(count for count in range(2, 20) if share(count) <= 0.01)]


def _folds(answer: Any) -> tuple[str, str] | None:
    for count, parts in ((10, 4), (23, 5), (12, 3)):
        pairs = answer(count, parts)
        if len(pairs) != parts:
            return f"folds({count}, {parts}) 给出 {len(pairs)} 折", f"folds({count}, {parts}) gives {len(pairs)} folds"
        whole, sizes = list(range(count)), [len(validation) for _, validation in pairs]
        if sorted(int(index) for _, validation in pairs for index in validation) != whole:
            return "不是每个下标恰好作一次验证", "not every index is in validation exactly once"
        if any(sorted(map(int, torch.cat(list(pair)))) != whole for pair in pairs):
            return "有一折的训练与验证合起来不是全部下标，或有重复", "training and validation of a fold are not all indices, each once"
        if max(sizes) - min(sizes) > 1:
            return f"folds({count}, {parts}) 各折的大小是 {sizes}", f"the folds of folds({count}, {parts}) have the sizes {sizes}"
    return None


CHECKS: dict[int, Check] = {
    1: number(_fewest_pairs, "最小的 p 值、对数", "the least p-value, and the number of pairs", count=2),
    2: number(lambda: len(list(itertools.product(range(5), repeat=4))) * 3 / 6, "小时", "in hours"),
    3: number(lambda: float(1 - torch.distributions.Binomial(20, torch.tensor(0.05)).log_prob(torch.tensor(0.0)).exp()), tolerance=5e-3),
    4: code(
        "folds",
        "folds(n, k)：k 个 (train, validation)，都是下标的一维张量",
        "folds(n, k): k pairs (train, validation) of index tensors of one dimension",
        _folds,
    ),
}
