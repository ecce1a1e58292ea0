"""What the answers to the exercises of docs/theory/tensors.py must be."""

from __future__ import annotations

import torch

from dlnotes.exercises.checking import Check, number

__all__ = ["CHECKS"]


CHECKS: dict[int, Check] = {
    1: number(
        lambda: (*torch.zeros(4, 5, 6).stride(), torch.arange(120).view(4, 5, 6)[2, 3, 4].item()),
        "三个步幅，再加位置",
        "the three strides, then the place",
        count=4,
    ),
    2: number(lambda: tuple(torch.broadcast_shapes((8, 1, 6, 1), (7, 1, 5))), "形状", "the shape", count=4),
    3: number(
        lambda: [torch.empty(128, 3, 224, 224, dtype=kind, device="meta").nbytes / 2**20 for kind in (torch.float32, torch.uint8)],
        "float32 与 uint8 的 MiB 数",
        "MiB as float32, and as uint8",
        count=2,
        tolerance=2e-3,
    ),
    5: number(
        lambda: [torch.arange(6.0).view(2, 3).expand(1000, 2, 3).untyped_storage().nbytes() // 4, torch.zeros(6).repeat(1000).numel()],
        "各自的存储里有几个数",
        "how many numbers are in the storage of each",
        count=2,
    ),
}
