"""Checkpoints: written whole or not at all, read without running code, loaded only where they belong."""

from __future__ import annotations

import contextlib
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlnotes.errors import CheckpointError

__all__ = ["check_writable", "load_checkpoint", "load_weights", "save_checkpoint"]

_FORMAT = "dlnotes-checkpoint-2"


def save_checkpoint(path: str | os.PathLike[str], model: nn.Module, **state: Any) -> None:
    """Write a checkpoint atomically: a run that is killed leaves the former file or the new one.

    Args:
        path: the file; its folder is made.
        model: its state_dict and the types of its layers are stored.
        state: tensors, numbers, strings, and lists, tuples and dicts of them.

    Raises:
        CheckpointError: the file cannot be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    content = {"format": _FORMAT, "model": model.state_dict(), "layers": _layers(model), **state}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except (OSError, RuntimeError) as error:
        raise _unwritable(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse a path that cannot be written, before hours of training end there.

    Raises:
        CheckpointError: it is a folder, or its folder cannot be made or written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    if target.is_dir():
        raise CheckpointError(f"{target} is a folder; name a file in it, such as {target / 'model.pt'}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        temporary.unlink()
    except OSError as error:
        raise _unwritable(target, error) from error


def load_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote; tensors come to the CPU. Nothing that a file contains is executed.

    Raises:
        CheckpointError: the file is missing, truncated or damaged, carries code, or is not from dlnotes.
    """
    target = Path(path)
    if not target.is_file():
        told = f"there is no checkpoint {target}"
        raise CheckpointError(f"{told}; train first, for example: dlnotes train lenet --checkpoint {target}")
    try:
        _check_archive(target)
        state = torch.load(target, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        told = f"{target} contains pickled code, which is never run"
        raise CheckpointError(f"{told}; ask for the weights as a state_dict of tensors") from error
    except Exception as error:  # a damaged file makes torch and zipfile raise anything
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{target} is damaged: {error}; delete it and train again") from error
    if not isinstance(state, dict) or state.get("format") != _FORMAT or not _is_weights(state.get("model")):
        told = f"{target} was not written by this version of dlnotes"
        raise CheckpointError(f"{told}; load its weights yourself: model.load_state_dict(torch.load(...))")
    return state


def load_weights(model: nn.Module, state: dict[str, Any], path: str | os.PathLike[str] = "checkpoint") -> None:
    """Put the weights of a checkpoint into a model of the same structure.

    Parameters must agree by name and shape, and layers by name and type: a LeNet with sigmoids would take the
    weights of one with ReLUs without a murmur, and be wrong.

    Raises:
        CheckpointError: the checkpoint belongs to another model; the first differences are named, and the model
            is unchanged.
    """
    wanted: dict[str, Any] = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    got: dict[str, Any] = {name: tuple(tensor.shape) for name, tensor in state["model"].items()}
    if wanted == got:
        wanted, got = _layers(model), state.get("layers", {})
    differences = [name for name in wanted | got if wanted.get(name) != got.get(name)]
    if differences:
        told = "; ".join(f"{name}: file {got.get(name, 'has none')}, model {wanted.get(name, 'has none')}" for name in differences[:3])
        count = f"{len(differences)} difference{'s' if len(differences) > 1 else ''}"
        raise CheckpointError(f"{path} belongs to another model ({count}: {told}); build the model it was saved from")
    model.load_state_dict(state["model"])


def _layers(model: nn.Module) -> dict[str, str]:
    return {name: type(module).__name__ for name, module in model.named_modules() if not any(module.children())}


def _is_weights(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(tensor, Tensor) for tensor in value.values())


def _check_archive(target: Path) -> None:
    """Tell a cut-off file from a foreign one, and find changed bytes, which torch.load does not look for."""
    if not zipfile.is_zipfile(target):
        with open(target, "rb") as file:
            start = file.read(2)
        if start[:1] == b"\x80":
            told = "is a bare pickle, which may carry code and is never loaded; use one of torch.save"
        elif start in (b"PK", b""):
            told = f"is truncated ({target.stat().st_size:,} bytes); delete it and train again"
        else:
            told = "is no checkpoint; check the path"
        raise CheckpointError(f"{target} {told}")
    with zipfile.ZipFile(target) as archive:
        if damaged := archive.testzip():
            raise CheckpointError(f"{target} is damaged in {damaged}; delete it and train again")


def _unwritable(target: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"the checkpoint {target} cannot be written: {error}; choose another folder or free some space")
