"""What the answers to the exercises of docs/theory/mlp.py must be."""

from __future__ import annotations

import math
from typing import Any

from dlnotes.exercises.checking import Check, code, number
from dlnotes.exercises.shared import dense_parameters

__all__ = ["CHECKS"]


def _xor(answer: Any) -> tuple[str, str] | None:
    for x1, x2 in ((0, 0), (0, 1), (1, 0), (1, 1)):
        got, wanted = float(answer(x1, x2)), float(x1 != x2)
        if not math.isclose(got, wanted, abs_tol=1e-6):
            return f"xor({x1}, {x2}) 得到 {got:g}，应为 {wanted:g}", f"xor({x1}, {x2}) is {got:g}, should be {wanted:g}"
    # Two neurons with ReLU are linear between their bends, so far outside the function must be a straight line.
    far = [float(answer(float(k), 2.0 * k)) for k in (100, 200, 300)]
    if not math.isclose(far[1] - far[0], far[2] - far[1], rel_tol=1e-6, abs_tol=1e-6):
        return "远处不是直线：这不是 ReLU 网络", "far from 0 this is no straight line: it is no ReLU network"
    return None


CHECKS: dict[int, Check] = {
    1: code("xor", "xor(x1, x2)：返回这个网络的输出", "xor(x1, x2) returns the output of the network", _xor),
    2: number(lambda: 0.25**10, "sigmoid 的", "for sigmoid", tolerance=0.02),
    3: number(lambda: dense_parameters(784, 32, 16, 10), "784-32-16-10 的", "of 784-32-16-10"),
}
