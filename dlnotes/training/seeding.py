"""Seeds: the same seed gives the same run on the same machine and versions."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np
import torch

from dlnotes.errors import ConfigError

__all__ = ["random_state", "restore_random_state", "seed_everything"]


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch (on every device).

    Args:
        seed: 0 to 2**32 - 1.

    Raises:
        ConfigError: NumPy takes no such seed.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ConfigError(f"seed must be an integer from 0 to 4294967295, got {seed!r}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    sys.audit("dlnotes.seed", seed)


def random_state(device: torch.device) -> dict[str, Any]:
    """Return the states of all generators that a module may draw from; a checkpoint can hold them."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": [kind, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest],
        "torch": torch.get_rng_state(),
        "device": None if device.type == "cpu" else torch.get_device_module(device).get_rng_state().cpu(),
    }


def restore_random_state(state: dict[str, Any], device: torch.device) -> None:
    """Put back what `random_state` returned."""
    random.setstate(state["python"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if device.type != "cpu" and state["device"] is not None:
        torch.get_device_module(device).set_rng_state(state["device"])
