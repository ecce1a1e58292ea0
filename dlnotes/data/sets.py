"""Find data sets, check them, and turn them into tensors."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dlnotes.errors import ConfigError, DataError, UnknownNameError

__all__ = ["Split", "Splits", "Status", "enlarge", "load", "names", "status"]

_DIGITS = tuple("0123456789")
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


@dataclasses.dataclass(frozen=True)
class _Set:
    """A data set that torchvision reads.

    `files` are the paths below the root with their sizes in bytes where every correct copy has the same size.
    """

    reader: str
    files: dict[str, int]
    classes: tuple[str, ...]
    validation: int
    origin: str


def _idx_files(folder: str) -> dict[str, int]:
    # An idx file is a header of 16 (images) or 8 (labels) bytes, then one byte per pixel or label.
    parts = {"train": 60_000, "t10k": 10_000}
    images = {f"{folder}/raw/{part}-images-idx3-ubyte": 16 + count * 784 for part, count in parts.items()}
    return images | {f"{folder}/raw/{part}-labels-idx1-ubyte": 8 + count for part, count in parts.items()}


_SETS = {
    "mnist": _Set("MNIST", _idx_files("MNIST"), _DIGITS, 5_000, "MNIST, http://yann.lecun.com/exdb/mnist"),
    "fashion_mnist": _Set(
        "FashionMNIST",
        _idx_files("FashionMNIST"),
        ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
        5_000,
        "Fashion-MNIST, https://github.com/zalandoresearch/fashion-mnist",
    ),
    "cifar10": _Set(
        "CIFAR10",
        # The pickled batches have no fixed size; torchvision checks their MD5 sums.
        dict.fromkeys(
            [f"cifar-10-batches-py/{name}" for name in ("batches.meta", *(f"data_batch_{number}" for number in range(1, 6)), "test_batch")],
            0,
        ),
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        5_000,
        "CIFAR-10, https://www.cs.toronto.edu/~kriz/cifar.html",
    ),
}


def names() -> tuple[str, ...]:
    """Return every data set name."""
    return ("digits", *_SETS)


def load(name: str, root: str | os.PathLike[str] | None = None) -> Splits:
    """Load a data set whole.

    Args:
        name: one of `names()`.
        root: folder in torchvision's layout; nothing outside it is read. None looks in DLNOTES_DATA, then in the user's
            cache folder, and downloads to the latter what is in neither.

    Returns:
        The three parts, as uint8 images (N, C, H, W) and int64 labels (N,).

    Raises:
        UnknownNameError: no data set of that name.
        DataError: files are missing, truncated or damaged, the folder cannot be written, or there is no network.
    """
    if name not in names():
        raise UnknownNameError("data set", name, names())
    if name == "digits":
        splits = _digits()
    else:
        folder, download = _find(name, root)
        splits = _read(name, folder, download)
    # Whoever listens, such as the page builder, learns which data a program used.
    sys.audit("dlnotes.data", splits.name, splits.fingerprint, splits.origin)
    return splits


def status(root: str | os.PathLike[str] | None = None) -> tuple[Status, ...]:
    """Say for every data set whether it is here, where, and how to get it; downloads nothing."""
    rows = [Status("digits", "here", "scikit-learn", "embedded, 1,797 images", "nothing to do")]
    for name in _SETS:
        found = next(((folder, _problem(name, folder)) for folder in _folders(root) if _present(name, folder)), None)
        if found is None:
            rows.append(Status(name, "missing", "", f"not in {_join(_folders(root))}", _mend(name)))
        else:
            folder, problem = found
            rows.append(Status(name, "damaged" if problem else "here", str(folder), problem or "complete", _mend(name) if problem else ""))
    return tuple(rows)


# ---- where files are


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlnotes"


def _folders(root: str | os.PathLike[str] | None) -> list[Path]:
    if root is not None:
        return [Path(root)]
    named = os.environ.get("DLNOTES_DATA")
    return [*([Path(named)] if named else []), _cache_folder()]


def _present(name: str, folder: Path) -> bool:
    return any((folder / file).is_file() for file in _SETS[name].files)


def _find(name: str, root: str | os.PathLike[str] | None) -> tuple[Path, bool]:
    """Return the folder to read, and whether torchvision must download into it."""
    for folder in _folders(root):
        if _present(name, folder):
            if problem := _problem(name, folder):
                raise DataError(f"{name} in {folder} is damaged: {problem}. {_mend(name)}")
            return folder, False
    if root is not None:
        raise DataError(f"{name} is not in {root} (wanted {next(iter(_SETS[name].files))} and so on). {_mend(name)}")
    return _cache_folder(), True


def _problem(name: str, folder: Path) -> str:
    """Return what is wrong with the files, or an empty string."""
    for file, size in _SETS[name].files.items():
        path = folder / file
        if not path.is_file():
            return f"{file} is missing"
        actual = path.stat().st_size
        if size and actual != size:
            return f"{file} has {actual:,} bytes, wanted {size:,}"
        if not actual:
            return f"{file} is empty"
    return ""


def _mend(name: str) -> str:
    first = Path(next(iter(_SETS[name].files))).parts[0]
    return (
        f"Three ways to mend it: (1) copy a good folder {first}/ into {_cache_folder()}; "
        "(2) set DLNOTES_DATA to the folder that holds it; "
        f"(3) with a network, delete what is damaged and run: dlnotes data --download {name}"
    )


def _join(folders: list[Path]) -> str:
    return " or ".join(map(str, folders))


# ---- reading


def _read(name: str, folder: Path, download: bool) -> Splits:
    import torchvision.datasets

    row = _SETS[name]
    reader: Callable[..., Any] = getattr(torchvision.datasets, row.reader)
    if download:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(f"{name} would be downloaded to {folder}, which cannot be written: {error.strerror}. {_mend(name)}") from error
    try:
        with warnings.catch_warnings():
            # torchvision's CIFAR reader unpickles arrays of an older NumPy.
            warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed", category=Warning)
            official = [_tensors(reader(str(folder), train=train, download=download)) for train in (True, False)]
    except Exception as error:  # torchvision and the libraries below it raise anything from URLError to EOFError
        action = "could not be downloaded to" if download else "could not be read from"
        raise DataError(f"{name} {action} {folder}: {error}. {_mend(name)}") from error
    train, test = official
    if len(train.labels) <= 2 * row.validation:
        # A cut-down copy, such as a test makes, keeps a validation part of a tenth.
        held_out = max(len(row.classes), len(train.labels) // 10)
    else:
        held_out = row.validation
    rest, validation = _stratified(train, held_out)
    origin = row.origin
    if name == "fashion_mnist" and len(torch.unique(train.images)) < 250:
        # The official images use all 256 grey levels.
        origin = "near-exact copy of Fashion-MNIST (pixels within ±1 grey level)"
    return _splits(name, rest, validation, test, row.classes, origin)


def _tensors(dataset: Any) -> Split:
    images = torch.as_tensor(np.asarray(dataset.data))
    images = images.unsqueeze(1) if images.dim() == 3 else images.permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.as_tensor(dataset.targets, dtype=torch.int64))


def enlarge(cells: Tensor) -> Tensor:
    """Enlarge 8×8 cells of 0 to 16, float32 (N, 1, 8, 8), to uint8 images (N, 1, 28, 28)."""
    large = torch.nn.functional.interpolate(cells * (255 / 16), size=(28, 28), mode="bicubic", align_corners=False)
    return large.round().clamp(0, 255).to(torch.uint8)


@functools.cache
def _digits() -> Splits:
    from sklearn.datasets import load_digits

    raw = load_digits()
    everything = Split(
        enlarge(torch.as_tensor(raw.images, dtype=torch.float32).unsqueeze(1)), torch.as_tensor(raw.target, dtype=torch.int64)
    )
    rest, test = _stratified(everything, 360)
    train, validation = _stratified(rest, 180)
    return _splits("digits", train, validation, test, _DIGITS, "scikit-learn digits, 8×8 upscaled to 28×28")


def _stratified(split: Split, count: int) -> tuple[Split, Split]:
    """Take `count` samples out, each class in proportion; the same ones on every machine."""
    if not 0 < count < len(split.labels):
        raise ConfigError(f"cannot hold out {count} of {len(split.labels)} samples")
    from sklearn.model_selection import train_test_split

    kept, taken = train_test_split(np.arange(len(split.labels)), test_size=count, stratify=split.labels.numpy(), random_state=_SPLIT_SEED)
    kept, taken = np.sort(kept), np.sort(taken)
    return Split(split.images[kept], split.labels[kept]), Split(split.images[taken], split.labels[taken])


def _splits(name: str, train: Split, validation: Split, test: Split, classes: tuple[str, ...], origin: str) -> Splits:
    digest = hashlib.sha256()
    for split in (train, validation, test):
        digest.update(split.images.contiguous().numpy().tobytes())
        digest.update(split.labels.numpy().tobytes())
    return Splits(name, train, validation, test, classes, digest.hexdigest(), origin)
