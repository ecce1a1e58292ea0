"""Metrics, checkpoints, devices, seeds and augmentation."""

from __future__ import annotations

import math
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dlnotes.errors import CheckpointError, ConfigError, ShapeError
from dlnotes.training import (
    Normalization,
    affine,
    choose_device,
    confusion_matrix,
    load_checkpoint,
    load_weights,
    predict,
    save_checkpoint,
    seed_everything,
)

_events: list[tuple[str, tuple[Any, ...]]] = []
sys.addaudithook(lambda event, args: _events.append((event, args)) if event.startswith("dlnotes.") else None)


def test_normalization_is_computed_from_the_images() -> None:
    images = torch.randint(0, 256, (50, 3, 7, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    constants = Normalization.of(images)
    scaled = images.double() / 255
    torch.testing.assert_close(constants.mean.double(), scaled.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(constants.std.double(), scaled.std(dim=(0, 2, 3), correction=0))
    normal = constants.apply(images)
    assert normal.mean().abs() < 1e-5 and normal.std() == pytest.approx(1, abs=1e-3)


def test_even_images_do_not_divide_by_zero() -> None:
    images = torch.full((3, 1, 2, 2), 9, dtype=torch.uint8)
    assert Normalization.of(images).apply(images).isfinite().all()


@pytest.mark.parametrize("images", [torch.zeros(2, 1, 4, 4), torch.zeros(1, 4, 4, dtype=torch.uint8)])
def test_images_must_be_uint8_of_four_dimensions(images: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match="uint8"):
        Normalization.of(images)


def test_predict_restores_every_mode() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.Linear(4, 2))
    model[1].eval()
    images = torch.arange(8, dtype=torch.uint8).reshape(2, 1, 2, 2)
    first, second = (predict(model, images, Normalization.of(images)) for _ in range(2))
    assert torch.equal(first, second) and not first.requires_grad
    assert model.training and not model[1].training and model[2].training


def test_confusion_matrix() -> None:
    logits = torch.eye(3)[torch.tensor([0, 1, 1, 2])]
    assert confusion_matrix(logits, torch.tensor([0, 1, 2, 2])).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    one, other = nn.Linear(3, 2), nn.Linear(3, 2)
    save_checkpoint(tmp_path / "deep/run.pt", one, step=5)
    state = load_checkpoint(tmp_path / "deep/run.pt")
    load_weights(other, state)
    assert state["step"] == 5 and torch.equal(one.weight, other.weight)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.pt"]


def test_a_failed_write_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.pt"
    save_checkpoint(path, nn.Linear(1, 1), step=1)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(CheckpointError, match="no space left"):
        save_checkpoint(path, nn.Linear(1, 1), step=2)
    monkeypatch.undo()
    assert load_checkpoint(path)["step"] == 1 and len(list(tmp_path.iterdir())) == 1


class Trap:
    """Pickled, this would create a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.touch, (self.path,)  # type: ignore[return-value]


def test_bad_checkpoints(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pt", tmp_path / "bad.pt"
    save_checkpoint(good, nn.Linear(3, 2))
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        load_checkpoint(tmp_path / "none.pt")
    bad.write_bytes(good.read_bytes()[:300])
    with pytest.raises(CheckpointError, match="truncated"):
        load_checkpoint(bad)
    bad.write_bytes(pickle.dumps({"format": "x"}))
    with pytest.raises(CheckpointError):
        load_checkpoint(bad)
    torch.save({"format": "dlnotes-checkpoint-1", "model": {}, "trap": Trap(tmp_path / "sprung")}, bad)
    with pytest.raises(CheckpointError, match="code"):
        load_checkpoint(bad)
    assert not (tmp_path / "sprung").exists()
    torch.save({"weight": torch.zeros(1)}, bad)
    with pytest.raises(CheckpointError, match="not written by this version of dlnotes"):
        load_checkpoint(bad)
    other = nn.Linear(4, 2)
    before = other.weight.clone()
    with pytest.raises(CheckpointError, match=r"another model \(1 difference: weight: file \(2, 3\), model \(2, 4\)"):
        load_weights(other, load_checkpoint(good), good)
    assert torch.equal(before, other.weight)


def test_devices() -> None:
    choice = choose_device("cpu")
    assert choice.device.type == "cpu" and choice.reason == "asked for by name"
    assert _events[-1] == ("dlnotes.device", ("cpu", "asked for by name"))
    assert choose_device().device.type == ("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="not available here"):
            choose_device("cuda")


def test_seeds() -> None:
    import random

    import numpy as np

    draws = []
    for _ in range(2):
        seed_everything(3)
        draws.append((random.random(), float(np.random.rand()), float(torch.rand(1))))
    assert draws[0] == draws[1] and _events[-1] == ("dlnotes.seed", (3,))


def test_augmentation_moves_a_little_and_fills_with_black() -> None:
    images = torch.zeros(64, 1, 28, 28)
    images[..., 10:18, 10:18] = 255.0
    moved = affine(images, torch.Generator().manual_seed(0))
    again = affine(images, torch.Generator().manual_seed(0))
    assert torch.equal(moved, again) and moved.shape == images.shape
    assert not torch.equal(moved[0], moved[1]) and moved.min() >= 0 and moved.max() <= 255.01
    ink = (moved > 128).float()
    centres = (ink.sum(dim=2) * torch.arange(28)).sum(dim=-1) / ink.sum(dim=(2, 3))
    assert (centres - 13.5).abs().max() < 4, "a digit stays in the image"
    still = affine(images, torch.Generator(), degrees=0, scale=0, shift=0)
    torch.testing.assert_close(still, images)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (5, 9)])
def test_augmentation_is_one_affine_grid(height: int, width: int) -> None:
    images = torch.rand(3, 2, height, width)
    amounts = torch.rand(3, 4, generator=torch.Generator().manual_seed(4)) * 2 - 1
    angle, size = amounts[:, 0] * 0.5, 1 + amounts[:, 1] * 0.2
    cos, sin = angle.cos() / size, angle.sin() / size
    x, y = amounts[:, 2] * 0.6, amounts[:, 3] * 0.6
    matrices = torch.stack([cos, -sin, x, sin, cos, y], dim=1).view(3, 2, 3)
    grid = torch.nn.functional.affine_grid(matrices, list(images.shape), align_corners=False)
    wanted = torch.nn.functional.grid_sample(images, grid, align_corners=False)
    moved = affine(images, torch.Generator().manual_seed(4), degrees=math.degrees(0.5), scale=0.2, shift=0.3)
    torch.testing.assert_close(moved, wanted, rtol=1e-4, atol=1e-4)
