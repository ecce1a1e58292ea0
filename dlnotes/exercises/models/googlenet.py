"""What the answers to the exercises of docs/models/googlenet.py must be."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from dlnotes.exercises.checking import Check, number
from dlnotes.exercises.shared import ledger_of, ledger_row
from dlnotes.summary import trace

__all__ = ["CHECKS"]


def _stacked_branch() -> Sequence[int]:
    """MACs of the large branch of inception 3a behind its reduction: one 5×5, two 3×3 with 32 maps between them, and with 16."""

    def macs(*sizes: tuple[int, int, int]) -> int:
        layers = (nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2) for inputs, outputs, kernel in sizes)
        return trace(nn.Sequential(*layers), (16, 28, 28)).macs

    return [macs((16, 32, 5)), macs((16, 32, 3), (32, 32, 3)), macs((16, 16, 3), (16, 32, 3))]


def _longest_way() -> int:
    """Layers with weights on the longest way through GoogLeNet, counted along the ledger's edges."""
    rows = ledger_of("googlenet_paper").rows
    depth = [0] * len(rows)
    for i, row in enumerate(rows):
        if row.output_shape is not None:
            before = max((depth[source] for source in row.inputs if source >= 0), default=0)
            depth[i] = before + (row.type in ("Conv2d", "Linear"))
    return max(depth)


CHECKS: dict[int, Check] = {
    1: number(lambda: ledger_row("googlenet_paper", "features.inception3b.cat").output_shape[0]),
    2: number(_longest_way),
    3: number(
        _stacked_branch, "一个 5×5、两个 3×3、中间 16 个通道的两个 3×3", "one 5×5, two 3×3, two 3×3 with 16 maps in between", count=3
    ),
}
