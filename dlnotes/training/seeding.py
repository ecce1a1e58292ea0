"""Seeds: the same seed gives the same run on the same machine and versions."""

from __future__ import annotations

import random
import sys

import numpy as np
import torch

__all__ = ["seed_everything"]


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch (on every device).

    Args:
        seed: 0 to 2**32 - 1.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    sys.audit("dlnotes.seed", seed)
