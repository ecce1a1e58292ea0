"""What the answers to the exercises of docs/training/checkpoints.py must be."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from dlnotes import models
from dlnotes.exercises.checking import Check, code, number

__all__ = ["CHECKS"]


def _file_sizes() -> Sequence[float]:
    """Return the kilobytes of LeNet's weights, and of these with the state of AdamW."""
    model = models.create("lenet")
    optimizer = torch.optim.AdamW(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    weights = sum(parameter.nbytes for parameter in model.parameters())
    state = sum(value.nbytes for values in optimizer.state.values() for key, value in values.items() if key != "step")
    return [weights / 1000, (weights + state) / 1000]


def _share_and_loss() -> Sequence[float]:
    """Return the share of time spent writing, in percent, and the minutes lost on average."""
    moments = torch.linspace(0, 5, 100_001, dtype=torch.float64)
    return [100 * 6 / (5 * 60), moments.mean().item()]


class _Cut:
    """Cannot be saved: the disk is full, or the power fails."""

    def __reduce__(self) -> Any:
        raise OSError("the power failed")


def _atomic(answer: Any) -> tuple[str, str] | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pt"
        for value in (1.0, 2.0):
            answer({"weight": torch.full((1000,), value)}, str(path))
            if not path.is_file() or torch.load(path)["weight"][0] != value:
                return "写完之后，文件里不是刚才的状态", "after writing, the file does not hold that state"
        whole = path.read_bytes()
        with contextlib.suppress(OSError):
            answer({"weight": torch.zeros(1000), "last": _Cut()}, str(path))
        if not path.is_file() or path.read_bytes() != whole:
            return "中途出错之后，旧文件没有原样留下", "after a failure halfway the old file is not there untouched"
    return None


CHECKS: dict[int, Check] = {
    1: number(
        _file_sizes, "只存权重、连同 AdamW 的状态，都用 kB", "the weights, and with the state of AdamW, in kB", count=2, tolerance=5e-3
    ),
    2: number(_share_and_loss, "多花百分之几、丢几分钟", "percent more time, minutes lost", count=2),
    5: code(
        "save_atomically",
        "save_atomically(state, path)：把 state 写到 path；中途出错时旧文件原样还在",
        "save_atomically(state, path) writes state to path; if it fails halfway, the old file is untouched",
        _atomic,
    ),
}
