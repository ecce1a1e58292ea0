"""Checkpoints: written whole or not at all, read without running code, and only into the model they came from."""

from __future__ import annotations

import contextlib
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dlnotes.errors import CheckpointError

__all__ = ["load_checkpoint", "load_weights", "save_checkpoint"]

_FORMAT = "dlnotes-checkpoint-1"


def save_checkpoint(path: str | os.PathLike[str], model: nn.Module, **state: Any) -> None:
    """Write a checkpoint atomically: a run that is killed leaves the former file or the new one.

    Args:
        path: the file; its folder is made.
        model: its state_dict is stored.
        state: tensors, numbers, strings, and lists and dicts of them.

    Raises:
        CheckpointError: the file cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            torch.save({"format": _FORMAT, "model": model.state_dict(), **state}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except (OSError, RuntimeError) as error:
        raise CheckpointError(f"the checkpoint {target} cannot be written: {error}; choose another folder or free some space") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote; tensors come to the CPU. Nothing that a file contains is executed.

    Raises:
        CheckpointError: the file is missing, truncated, carries code, or is no checkpoint of dlnotes.
    """
    target = Path(path)
    if not target.is_file():
        raise CheckpointError(f"there is no checkpoint {target}; train first, for example: dlnotes train lenet --checkpoint {target}")
    if not zipfile.is_zipfile(target):
        raise CheckpointError(f"{target} is truncated or no checkpoint ({target.stat().st_size:,} bytes); delete it and train again")
    try:
        state = torch.load(target, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{target} contains pickled code, which is never run; take weights as a state_dict of tensors") from error
    except (OSError, RuntimeError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{target} is damaged: {error}; delete it and train again") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise CheckpointError(f"{target} was not written by dlnotes; load its weights yourself: model.load_state_dict(torch.load(...))")
    return state


def load_weights(model: nn.Module, state: dict[str, Any], path: str | os.PathLike[str] = "checkpoint") -> None:
    """Put the weights of a checkpoint into a model of the same structure.

    Raises:
        CheckpointError: the checkpoint belongs to another model; the first differences are named and the model is unchanged.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    got = {name: tuple(tensor.shape) for name, tensor in state["model"].items()}
    if wanted != got:
        names = [name for name in wanted | got if wanted.get(name) != got.get(name)]
        told = "; ".join(f"{name}: file {got.get(name, 'has none')}, model {wanted.get(name, 'has none')}" for name in names[:3])
        raise CheckpointError(f"{path} belongs to another model ({len(names)} differences: {told}); build the model it was saved from")
    model.load_state_dict(state["model"])
