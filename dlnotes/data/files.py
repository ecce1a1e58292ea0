"""Find the files of a data set, check them, read them, fetch them.

The layout is torchvision's, and torchvision downloads. The files are read here, because torchvision would
read an old `processed/training.pt` in place of the files that were checked, and runs what
a pickled batch holds.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
import pickle
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dlnotes.errors import DataError

__all__ = ["SETS", "Damaged", "FileSet", "Official", "download", "locate", "mend", "read", "search_folders"]

_DIGITS = tuple("0123456789")
_FASHION = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
_CIFAR_FOLDER = "cifar-10-batches-py"
_CIFAR_COUNT = 60_000
_CIFAR_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))


class Damaged(Exception):
    """What is wrong with the files, in words."""


class Official(NamedTuple):
    """A data set as its authors divided it: uint8 images (N, C, H, W) and int64 labels (N,), twice."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    origin: str


@dataclasses.dataclass(frozen=True)
class FileSet:
    """A data set kept in files.

    Attributes:
        folder: folder below the root that holds the files.
        files: paths below `folder`.
        reader: name of torchvision's class, which downloads it.
        read: reads and checks it, given `folder` below the root.
    """

    folder: str
    files: tuple[str, ...]
    reader: str
    read: Callable[[Path], Official]


def _cache_folder() -> Path:
    """Return the folder that downloads go to: dlnotes/ in XDG_CACHE_HOME or in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dlnotes"


def search_folders(root: str | os.PathLike[str] | None) -> list[Path]:
    """Return where to look: in an explicit root only, else in DLNOTES_DATA and the cache folder."""
    if root is not None:
        return [Path(root).expanduser()]
    named = os.environ.get("DLNOTES_DATA")
    return [*([Path(named).expanduser()] if named else []), _cache_folder()]


def locate(name: str, root: str | os.PathLike[str] | None) -> Path | None:
    """Return the first folder that holds any file of the set, or None."""
    row = SETS[name]
    for folder in search_folders(root):
        try:
            if any((folder / row.folder / file).is_file() for file in row.files):
                return folder
        except OSError as error:
            raise DataError(f"{folder} cannot be read: {error.strerror}. {mend(name, folder)}") from error
    return None


def read(name: str, folder: Path) -> Official:
    """Check and read a set.

    Raises:
        Damaged: what is wrong, in words.
    """
    row = SETS[name]
    for file in row.files:
        if not (folder / row.folder / file).is_file():
            raise Damaged(f"{row.folder}/{file} is missing")
    try:
        return row.read(folder / row.folder)
    except OSError as error:
        raise Damaged(f"{error.filename or row.folder} cannot be read: {error.strerror or error}") from error


def download(name: str) -> Path:
    """Fetch a set into the cache folder, whole or not at all, and return that folder.

    Raises:
        DataError: the folder cannot be written, or there is no network.
    """
    import torchvision.datasets

    row, target = SETS[name], _cache_folder()
    try:
        (target / row.folder).mkdir(parents=True, exist_ok=True)
        # A download that is killed half-way leaves nothing that looks like the data set.
        temporary = tempfile.TemporaryDirectory(dir=target, prefix=".download-")
    except OSError as error:
        told = f"{name} would be downloaded to {target}, which cannot be written: {error.strerror}"
        raise DataError(f"{told}. {mend(name)}") from error
    with temporary as folder:
        try:
            getattr(torchvision.datasets, row.reader)(folder, download=True)
        except Exception as error:  # torchvision and what is below it raise anything from URLError to EOFError
            raise DataError(f"{name} could not be downloaded to {target}: {error}. {mend(name)}") from error
        for file in row.files:
            Path(folder, row.folder, file).replace(target / row.folder / file)
    return target


def mend(name: str, folder: Path | None = None) -> str:
    """Say the three ways to get a set; `folder` holds a damaged copy or was asked for by name."""
    holder = Path(SETS[name].folder).parts[0]
    place = _cache_folder() if folder is None else folder
    download = f"dlnotes data --download {name}"
    if folder is not None and (folder / holder).exists():
        download += f" (delete the damaged {folder / holder} first)"
    return (
        f"Three ways to mend it: (1) copy a whole {holder}/ into {place}; "
        f"(2) set DLNOTES_DATA to a folder that holds {holder}/; "
        f"(3) let it be downloaded to {_cache_folder()}: {download}"
    )


# ---- idx files: MNIST and its kin


_IDX = {"train-images-idx3-ubyte": (60_000, 28, 28), "train-labels-idx1-ubyte": (60_000,),
        "t10k-images-idx3-ubyte": (10_000, 28, 28), "t10k-labels-idx1-ubyte": (10_000,)}  # fmt: skip

# Of the files as their authors published them, uncompressed.
_MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# The labels of every copy of Fashion-MNIST; its images are told by their grey levels and statistics.
_FASHION_SHA256 = {
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def _idx(content: bytes, file: str) -> Tensor:
    """Parse an idx file of the official shape.

    Its header is the bytes 0, 0, 8 (for uint8) and the number of dimensions, then each size in 4 bytes.
    """
    shape = _IDX[file]
    header = bytes([0, 0, 8, len(shape)]) + np.array(shape, dtype=">u4").tobytes()
    wanted = len(header) + math.prod(shape)
    if len(content) != wanted:
        raise Damaged(f"{file} has {len(content):,} bytes, wanted {wanted:,}")
    if not content.startswith(header):
        raise Damaged(f"{file} starts with {content[: len(header)].hex(' ')}, which is no idx header of {shape}")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=len(header)).view(shape)


def _idx_set(folder: Path, name: str, sums: dict[str, str], classes: tuple[str, ...], origin: str) -> Official:
    """Read the four files and hold those with a known sum to it."""
    parts = []
    for file in _IDX:
        content = (folder / file).read_bytes()
        parts.append(_idx(content, file))
        if file in sums and hashlib.sha256(content).hexdigest() != sums[file]:
            raise Damaged(f"{file} differs from {name}'s (SHA-256)")
    train_images, train_labels, test_images, test_labels = parts
    return Official(train_images.unsqueeze(1), train_labels.long(), test_images.unsqueeze(1), test_labels.long(), classes, origin)


def _mnist(folder: Path) -> Official:
    return _idx_set(folder, "MNIST", _MNIST_SHA256, _DIGITS, "MNIST, http://yann.lecun.com/exdb/mnist")


def _fashion(folder: Path) -> Official:
    origin = "Fashion-MNIST, https://github.com/zalandoresearch/fashion-mnist"
    official = _idx_set(folder, "Fashion-MNIST", _FASHION_SHA256, _FASHION, origin)
    std, mean = (float(value) / 255 for value in torch.std_mean(official.train_images.float()))
    if max(abs(mean - 0.2860), abs(std - 0.3530)) > 0.002:
        raise Damaged(f"the images have mean {mean:.4f} and standard deviation {std:.4f}, wanted .2860 and .3530")
    # The official images use all 256 grey levels; a copy rebuilt from compressed images has lost some.
    if len(official.train_images.unique()) < 250:
        return official._replace(origin="near-exact copy of Fashion-MNIST (pixels within ±1 grey level)")
    return official


# ---- pickled batches: CIFAR-10


class _ArrayUnpickler(pickle.Unpickler):
    """Build containers and NumPy arrays and nothing else: no file can make this program run its code."""

    _ALLOWED = frozenset({"_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer", "encode"})

    def find_class(self, module: str, name: str) -> Any:
        if (module.split(".")[0] == "numpy" and name in self._ALLOWED) or (module, name) == (
            "_codecs",
            "encode",
        ):
            return super().find_class(module, name)
        raise Damaged(f"it contains pickled code ({module}.{name}), which is never run")


def _cifar(folder: Path) -> Official:
    batches = {}
    for name in (*_CIFAR_TRAIN, "test_batch", "batches.meta"):
        try:
            with open(folder / name, "rb") as file, warnings.catch_warnings():
                # The official batches hold arrays of an older NumPy.
                warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed", category=Warning)
                batches[name] = _ArrayUnpickler(file, encoding="latin1").load()
        except Damaged as error:
            raise Damaged(f"{name}: {error}") from error
        except OSError:
            raise
        except Exception as error:  # a damaged pickle raises anything
            raise Damaged(f"{name} is truncated or damaged: {error}") from error
    try:
        classes = tuple(str(name) for name in batches["batches.meta"]["label_names"])
        train = [_batch(batches[name], name, len(classes)) for name in _CIFAR_TRAIN]
        test = _batch(batches["test_batch"], "test_batch", len(classes))
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"a batch is not as CIFAR-10's: {error!r}") from error
    images, labels = torch.cat([part for part, _ in train]), torch.cat([part for _, part in train])
    return Official(images, labels, *test, classes, _cifar_origin(folder, len(labels) + len(test[1])))


def _batch(batch: dict[str, Any], name: str, classes: int) -> tuple[Tensor, Tensor]:
    images = np.ascontiguousarray(batch["data"])
    labels = torch.as_tensor(batch["labels"], dtype=torch.int64)
    if images.dtype != np.uint8 or images.shape != (len(labels), 3 * 32 * 32):
        raise Damaged(f"{name} holds {images.dtype} {images.shape} with {len(labels)} labels, wanted uint8 (N, 3072)")
    if not len(labels) or int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise Damaged(f"{name} holds no labels from 0 to {classes - 1}")
    return torch.from_numpy(images.copy()).view(-1, 3, 32, 32), labels


def _cifar_origin(folder: Path, count: int) -> str:
    """Compare with the MD5 sums that torchvision holds; a smaller set is no damage, but says what it is."""
    from torchvision.datasets import CIFAR10

    sums = [*CIFAR10.train_list, *CIFAR10.test_list]
    changed = [name for name, md5 in sums if _md5(folder / name) != md5]
    if not changed:
        return "CIFAR-10, https://www.cs.toronto.edu/~kriz/cifar.html"
    if count >= _CIFAR_COUNT:
        raise Damaged(f"{changed[0]} differs from CIFAR-10's (MD5 sum)")
    return f"{count:,} images in the layout of CIFAR-10; not the official files"


def _md5(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


SETS = {
    "mnist": FileSet("MNIST/raw", tuple(_IDX), "MNIST", _mnist),
    "fashion_mnist": FileSet("FashionMNIST/raw", tuple(_IDX), "FashionMNIST", _fashion),
    "cifar10": FileSet(_CIFAR_FOLDER, (*_CIFAR_TRAIN, "test_batch", "batches.meta"), "CIFAR10", _cifar),
}
