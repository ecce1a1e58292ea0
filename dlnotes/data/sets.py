"""Data sets by name: three parts that share no sample, a fingerprint, and where they came from."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import sys
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dlnotes.data import files
from dlnotes.errors import ConfigError, DataError, UnknownNameError

__all__ = ["Split", "Splits", "Status", "enlarge", "load", "names", "status"]

_SPLIT_SEED = 0


class Split(NamedTuple):
    """Images with their labels.

    Attributes:
        images: uint8, (N, C, H, W), 0 to 255.
        labels: int64, (N,).
    """

    images: Tensor
    labels: Tensor


@dataclasses.dataclass(frozen=True)
class Splits:
    """A data set in its three parts, which share no sample.

    Attributes:
        name: name of the data set.
        train: for fitting the weights.
        validation: for choosing settings; taken from the official training part.
        test: for the last measurement.
        classes: name of each class.
        fingerprint: SHA-256 over every image and label, as hexadecimal digits.
        origin: one line that says where the data come from.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    fingerprint: str
    origin: str


class Status(NamedTuple):
    """What is known of a data set on this machine: `state` is "here", "damaged" or "missing"."""

    name: str
    state: str
    path: str
    detail: str
    how_to_get: str


def names() -> tuple[str, ...]:
    """Return every data set name."""
    return ("digits", *files.SETS)


def load(name: str, root: str | os.PathLike[str] | None = None) -> Splits:
    """Load a data set whole.

    The validation part has 180 images of `digits`, and 5,000 of the larger sets. Each class is in it in
    proportion, and the same images are in it on every machine.

    Args:
        name: one of `names()`.
        root: folder in torchvision's layout; nothing outside it is read. None looks in DLNOTES_DATA, then in
            the user's cache folder, and downloads to the latter what is in neither.

    Returns:
        The three parts, as uint8 images (N, C, H, W) and int64 labels (N,).

    Raises:
        UnknownNameError: no data set of that name.
        DataError: files are missing or damaged, the folder cannot be written, or there is no network.
    """
    if name not in names():
        raise UnknownNameError("data set", name, names())
    splits = _digits() if name == "digits" else _from_files(name, root)
    # Whoever listens, such as the page builder, learns which data a program used.
    sys.audit("dlnotes.data", splits.name, splits.fingerprint, splits.origin)
    return splits


def status(root: str | os.PathLike[str] | None = None) -> tuple[Status, ...]:
    """Say for every data set whether it is here, where, and how to get it.

    Every file is read and checked as `load` does; nothing is downloaded.
    """
    rows = [Status("digits", "here", "scikit-learn", "embedded, 1,797 images", "nothing to do")]
    for name in files.SETS:
        try:
            rows.append(_file_status(name, root))
        except DataError as error:
            rows.append(Status(name, "damaged", "", str(error), ""))
    return tuple(rows)


def _file_status(name: str, root: str | os.PathLike[str] | None) -> Status:
    folder = files.locate(name, root)
    if folder is None:
        looked = " or ".join(map(str, files.search_folders(root)))
        return Status(name, "missing", "", f"not in {looked}", files.mend(name))
    try:
        official = files.read(name, folder)
    except files.Damaged as problem:
        return Status(name, "damaged", str(folder), str(problem), files.mend(name, folder))
    count = len(official.train_labels) + len(official.test_labels)
    return Status(name, "here", str(folder), f"{count:,} images: {official.origin}", "nothing to do")


def _from_files(name: str, root: str | os.PathLike[str] | None) -> Splits:
    folder = files.locate(name, root)
    if folder is None and root is not None:
        # Another folder, or a download, would answer a question that was not asked.
        [place] = files.search_folders(root)
        told = "" if place.is_dir() else ", which is no folder"
        raise DataError(f"{name} is not in {place}{told}. {files.mend(name, place)}")
    folder = folder or files.download(name)
    try:
        official = files.read(name, folder)
    except files.Damaged as problem:
        raise DataError(f"{name} in {folder} is damaged: {problem}. {files.mend(name, folder)}") from problem
    everything = Split(official.train_images, official.train_labels)
    count = len(everything.labels)
    # A cut-down copy, such as a test makes, holds out a tenth.
    held_out = 5_000 if count > 10_000 else max(len(official.classes), count // 10)
    train, validation = _stratified(everything, held_out)
    test = Split(official.test_images, official.test_labels)
    return _splits(name, (train, validation, test), official.classes, official.origin)


def enlarge(cells: Tensor) -> Tensor:
    """Enlarge 8 by 8 cells of 0 to 16, float32 (N, 1, 8, 8), to uint8 images (N, 1, 28, 28)."""
    options = {"size": (28, 28), "mode": "bicubic", "align_corners": False}
    large = torch.nn.functional.interpolate(cells * (255 / 16), **options)  # type: ignore[arg-type]
    return large.round().clamp(0, 255).to(torch.uint8)


def _digits() -> Splits:
    kept = _embedded()
    # Whoever writes into its images must not change what the next one loads.
    parts = {part: Split(*(tensor.clone() for tensor in getattr(kept, part))) for part in ("train", "validation", "test")}
    return dataclasses.replace(kept, **parts)  # type: ignore[arg-type]


@functools.cache
def _embedded() -> Splits:
    from sklearn.datasets import load_digits

    raw = load_digits()
    images = enlarge(torch.as_tensor(raw.images, dtype=torch.float32).unsqueeze(1))
    rest, test = _stratified(Split(images, torch.as_tensor(raw.target, dtype=torch.int64)), 360)
    parts = (*_stratified(rest, 180), test)
    origin = "scikit-learn digits, 8×8 upscaled to 28×28"
    return _splits("digits", parts, tuple("0123456789"), origin)


def _stratified(split: Split, count: int) -> tuple[Split, Split]:
    """Take `count` samples out, each class in proportion; the same ones on every machine."""
    from sklearn.model_selection import train_test_split

    labels = split.labels.numpy()
    try:
        kept, taken = train_test_split(np.arange(len(labels)), test_size=count, stratify=labels, random_state=_SPLIT_SEED)
    except ValueError as error:
        raise ConfigError(f"cannot hold out {count} of {len(labels)} samples of each class: {error}") from error
    first, second = (Split(split.images[index], split.labels[index]) for index in (np.sort(kept), np.sort(taken)))
    return first, second


def _splits(name: str, parts: tuple[Split, Split, Split], classes: tuple[str, ...], origin: str) -> Splits:
    digest = hashlib.sha256()
    for split in parts:
        digest.update(split.images.contiguous().numpy().tobytes())
        digest.update(split.labels.numpy().tobytes())
    return Splits(name, *parts, classes, digest.hexdigest(), origin)
