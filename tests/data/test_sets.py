"""Data sets: the three parts, where they are looked for, and what is said when something is wrong."""

from __future__ import annotations

import hashlib
import pickle
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from dlnotes import data
from dlnotes.data import files
from dlnotes.errors import DataError, UnknownNameError

_events: list[tuple[Any, ...]] = []
sys.addaudithook(lambda event, args: _events.append(args) if event == "dlnotes.data" else None)


def idx(path: Path, count: int, *, images: bool) -> None:
    shape = (count, 28, 28) if images else (count,)
    values = np.random.default_rng(0).integers(0, 256 if images else 10, shape, dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape), *shape) + values.tobytes())


@pytest.fixture(scope="module")
def mnist_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mnist")
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        idx(root / f"MNIST/raw/{part}-images-idx3-ubyte", count, images=True)
        idx(root / f"MNIST/raw/{part}-labels-idx1-ubyte", count, images=False)
    return root


@pytest.fixture(autouse=True)
def _sums_of_the_made_up_mnist(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "mnist_folder" in request.fixturenames:
        raw = request.getfixturevalue("mnist_folder") / "MNIST/raw"
        sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in raw.iterdir()}
        monkeypatch.setattr(files, "_MNIST_SHA256", sums)


@pytest.fixture
def cifar_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    generator = np.random.default_rng(0)
    sums = {}
    for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
        content = {"data": generator.integers(0, 256, (40, 3072), dtype=np.uint8), "labels": [number % 10 for number in range(40)]}
        (folder / name).write_bytes(pickle.dumps(content))
        sums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(number) for number in range(10)]}))
    sums["batches.meta"] = hashlib.md5((folder / "batches.meta").read_bytes()).hexdigest()
    kind = torchvision.datasets.CIFAR10
    monkeypatch.setattr(kind, "train_list", [[f"data_batch_{number}", sums[f"data_batch_{number}"]] for number in range(1, 6)])
    monkeypatch.setattr(kind, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(kind, "meta", {"filename": "batches.meta", "key": "label_names", "md5": sums["batches.meta"]})
    return tmp_path


def check(splits: data.Splits, channels: int, side: int) -> None:
    for split in (splits.train, splits.validation, splits.test):
        assert split.images.dtype == torch.uint8 and split.images.shape[1:] == (channels, side, side)
        assert split.labels.dtype == torch.int64 and len(split.labels) == len(split.images)
        assert set(split.labels.tolist()) == set(range(10))


def test_digits() -> None:
    splits = data.load("digits")
    check(splits, 1, 28)
    assert [len(part.labels) for part in (splits.train, splits.validation, splits.test)] == [1257, 180, 360]
    assert splits.train.images.max() == 255 and splits.train.images.min() == 0
    assert _events[-1] == ("digits", splits.fingerprint, splits.origin)


def test_parts_share_no_sample_and_keep_the_classes_in_proportion() -> None:
    from sklearn.datasets import load_digits

    splits = data.load("digits")
    parts = [splits.train, splits.validation, splits.test]
    # Digits holds a few equal images, so count each image over all parts against the source.
    together = torch.cat([part.images for part in parts]).flatten(1)
    assert sorted(torch.cat([part.labels for part in parts]).tolist()) == sorted(load_digits().target.tolist())
    assert len(together) == 1797 and len(together.unique(dim=0)) == len(np.unique(load_digits().data, axis=0))
    for part in parts:
        shares = torch.bincount(part.labels) / len(part.labels)
        assert shares.min() > 0.08 and shares.max() < 0.12


def test_mnist_from_a_root(mnist_folder: Path) -> None:
    splits = data.load("mnist", root=mnist_folder)
    check(splits, 1, 28)
    assert [len(part.labels) for part in (splits.train, splits.validation, splits.test)] == [55_000, 5_000, 10_000]


def test_the_environment_names_the_folder(mnist_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNOTES_DATA", str(mnist_folder))
    assert data.load("mnist").fingerprint == data.load("mnist", root=mnist_folder).fingerprint
    rows = {row.name: row for row in data.status()}
    assert rows["mnist"].state == "here" and rows["mnist"].path == str(mnist_folder)
    assert rows["cifar10"].state == "missing" and "DLNOTES_DATA" in rows["cifar10"].how_to_get


def test_an_explicit_root_never_becomes_another_place(mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLNOTES_DATA", str(mnist_folder))
    with pytest.raises(DataError, match=r"(?s)mnist is not in .*Three ways"):
        data.load("mnist", root=tmp_path)


@pytest.mark.parametrize(
    ("fault", "told"),
    [("truncated", "5,000 bytes"), ("missing", "is missing"), ("empty", "0 bytes"), ("header", "no idx header"), ("one bit", "SHA-256")],
)
def test_damaged_files(fault: str, told: str, tmp_path: Path, mnist_folder: Path) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    for file in (mnist_folder / "MNIST/raw").iterdir():
        (raw / file.name).symlink_to(file)
    target = raw / "t10k-labels-idx1-ubyte"
    content = target.read_bytes()
    target.unlink()
    if fault != "missing":
        turned = content[:-1] + bytes([content[-1] ^ 1])
        target.write_bytes({"truncated": content[:5000], "empty": b"", "header": b"\xff" * 8 + content[8:], "one bit": turned}[fault])
    with pytest.raises(DataError, match=rf"(?s)mnist.*{told}.*Three ways to mend it.*\(1\).*\(2\).*\(3\)"):
        data.load("mnist", root=tmp_path)
    assert {row.name: row.state for row in data.status(tmp_path)}["mnist"] == "damaged"


def test_cifar(cifar_folder: Path) -> None:
    splits = data.load("cifar10", root=cifar_folder)
    check(splits, 3, 32)
    assert len(splits.train.labels) + len(splits.validation.labels) == 200 and len(splits.test.labels) == 40
    first = pickle.loads((cifar_folder / "cifar-10-batches-py/test_batch").read_bytes())["data"][0]
    assert torch.equal(splits.test.images[0], torch.from_numpy(first.reshape(3, 32, 32)))


def test_damaged_cifar(cifar_folder: Path) -> None:
    path = cifar_folder / "cifar-10-batches-py/test_batch"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match="test_batch is truncated or damaged"):
        data.load("cifar10", root=cifar_folder)


def test_a_pickle_that_holds_code_is_never_run(cifar_folder: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (witness,)

    (cifar_folder / "cifar-10-batches-py/test_batch").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match="pickled code"):
        data.load("cifar10", root=cifar_folder)
    assert not witness.exists()


def test_a_set_that_is_not_the_official_one_says_so(cifar_folder: Path) -> None:
    assert data.load("cifar10", root=cifar_folder).origin == "CIFAR-10, https://www.cs.toronto.edu/~kriz/cifar.html"
    path = cifar_folder / "cifar-10-batches-py/data_batch_1"
    content = pickle.loads(path.read_bytes())
    path.write_bytes(pickle.dumps({"data": content["data"][::-1], "labels": content["labels"][::-1]}))
    assert "not the official files" in data.load("cifar10", root=cifar_folder).origin


def test_what_one_writes_into_digits_the_next_does_not_see() -> None:
    data.load("digits").train.images.zero_()
    assert data.load("digits").train.images.any()


def test_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"could not be downloaded.*Three ways"):
        data.load("mnist")


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError, match="cannot be written"):
        data.load("mnist")


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'fashion_mnist'"):
        data.load("fashion-mnist")


def test_the_real_sets(real_data: Path) -> None:
    splits = data.load("mnist", root=real_data)
    check(splits, 1, 28)
    assert splits.origin.startswith("MNIST")
    check(fashion := data.load("fashion_mnist", root=real_data), 1, 28)
    levels = len(torch.cat([fashion.train.images, fashion.validation.images]).unique())
    assert fashion.origin.startswith("near-exact copy" if levels < 250 else "Fashion-MNIST")
