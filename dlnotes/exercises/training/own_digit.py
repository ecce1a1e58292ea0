"""What the answers to the exercises of docs/training/own-digit.py must be."""

from __future__ import annotations

from typing import Any

import torch

from dlnotes.exercises.checking import Check, code

__all__ = ["CHECKS"]


def _mass(answer: Any) -> tuple[str, str] | None:
    image = torch.zeros(5, 7)
    image[1, 2], image[4, 6] = 1.0, 3.0
    if [round(float(value), 4) for value in answer(image)] != [3.25, 5.0]:
        return "1 份在（1, 2）、3 份在（4, 6）时，质心应当是（3.25, 5）", "with 1 at (1, 2) and 3 at (4, 6) the centre is (3.25, 5)"
    return None


CHECKS: dict[int, Check] = {
    4: code(
        "centre_of_mass",
        "centre_of_mass(image)：二维张量的质心（行，列），两个浮点数",
        "centre_of_mass(image) gives the centre of mass of a tensor of two dimensions as (row, column), two floats",
        _mass,
    ),
}
