"""The training loop: reproducible, resumable bit for bit, weighted by sample, and loud when it diverges."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from dlnotes.errors import CheckpointError, ConfigError, DivergenceError, ShapeError
from dlnotes.training import Config, History, Metrics, Normalization, evaluate, fit, load_checkpoint, seed_everything


class Part(NamedTuple):
    images: Tensor
    labels: Tensor


class Parts(NamedTuple):
    train: Part
    validation: Part


def part(count: int, seed: int = 0) -> Part:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (count,), generator=generator)
    images = torch.randint(0, 60, (count, 1, 6, 6), generator=generator, dtype=torch.uint8)
    images[torch.arange(count), 0, labels * 2] += 150
    return Part(images, labels)


PARTS = Parts(part(100), part(37, seed=1))
CONFIG = Config(epochs=4, batch_size=16, lr=1e-2, precision="float32")


def network() -> nn.Module:
    seed_everything(7)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(64, 3))


def weights(model: nn.Module) -> Tensor:
    return torch.cat([tensor.detach().double().flatten() for tensor in model.state_dict().values()])


def test_learns_and_records() -> None:
    model = network()
    history = fit(model, PARTS, CONFIG)
    assert [record.epoch for record in history.epochs] == [1, 2, 3, 4]
    assert history.steps == 4 * (100 // 16) and not model.training
    assert history.epochs[-1].validation_accuracy > 0.9
    assert history.epochs[-1].lr < history.epochs[1].lr
    assert history.device == "cpu" and history.reason and history.cpu_seconds > 0


def test_validation_is_weighted_by_sample() -> None:
    model = network()
    history = fit(model, PARTS, CONFIG)
    whole = evaluate(model, PARTS.validation, history.normalization)
    assert whole.count == 37
    for size in (1, 7, 36):
        ragged = evaluate(model, PARTS.validation, history.normalization, batch_size=size)
        assert ragged.loss == pytest.approx(whole.loss, rel=1e-5) and ragged.accuracy == whole.accuracy
    assert history.epochs[-1].validation_loss == pytest.approx(whole.loss, rel=1e-6)


@pytest.mark.parametrize("augmentation", ["none", "digits"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_equal_seeds_give_equal_weights(augmentation: str, optimizer: str) -> None:
    config = dataclasses.replace(CONFIG, augmentation=augmentation, optimizer=optimizer, epochs=2)
    results = []
    for seed in (0, 0, 1):
        model = network()
        fit(model, PARTS, dataclasses.replace(config, seed=seed))
        results.append(weights(model))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "one_cycle"])
def test_resumed_equals_unbroken_bit_for_bit(tmp_path: Path, optimizer: str, schedule: str) -> None:
    config = dataclasses.replace(CONFIG, optimizer=optimizer, schedule=schedule, augmentation="digits")
    unbroken = network()
    history = fit(unbroken, PARTS, config)

    class Stop(Exception):
        pass

    broken = network()
    calls = 0

    def interrupt(module: nn.Module, inputs: object) -> None:
        nonlocal calls
        calls += 1
        if calls > 15:
            raise Stop

    handle = broken.register_forward_pre_hook(interrupt)
    with pytest.raises(Stop):
        fit(broken, PARTS, config, checkpoint=tmp_path / "run.pt")
    handle.remove()
    done = len(load_checkpoint(tmp_path / "run.pt")["records"])
    assert 0 < done < config.epochs
    fresh = network()
    resumed = fit(fresh, PARTS, config, checkpoint=tmp_path / "run.pt", resume=True)
    assert torch.equal(weights(unbroken), weights(fresh))
    assert [record[:6] for record in resumed.epochs] == [record[:6] for record in history.epochs]


def test_resume_refuses_other_settings_and_other_models(tmp_path: Path) -> None:
    fit(network(), PARTS, CONFIG, checkpoint=tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match=r"other settings \(lr 0.01 → 0.1\)"):
        fit(network(), PARTS, dataclasses.replace(CONFIG, lr=0.1), checkpoint=tmp_path / "run.pt", resume=True)
    with pytest.raises(CheckpointError, match="another model"):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), PARTS, CONFIG, checkpoint=tmp_path / "run.pt", resume=True)
    with pytest.raises(ConfigError, match="resume=True needs"):
        fit(network(), PARTS, CONFIG, resume=True)


def test_divergence_names_step_and_learning_rate() -> None:
    with pytest.raises(DivergenceError, match=r"at step \d+ \(epoch \d\) with learning rate 1e\+30"):
        fit(
            nn.Sequential(nn.Flatten(), nn.Linear(36, 3)),
            PARTS,
            dataclasses.replace(CONFIG, lr=1e30, optimizer="sgd", schedule="constant", epochs=20),
        )


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(ConfigError, match="batch_size 101 is larger"):
        fit(network(), PARTS, dataclasses.replace(CONFIG, batch_size=101))


def test_the_ragged_batch_is_dropped_unless_wanted() -> None:
    assert fit(network(), PARTS, dataclasses.replace(CONFIG, epochs=1)).steps == 6
    assert fit(network(), PARTS, dataclasses.replace(CONFIG, epochs=1, drop_last=False)).steps == 7


def test_silent_unless_asked(capfd: pytest.CaptureFixture[str]) -> None:
    fit(network(), PARTS, CONFIG)
    assert capfd.readouterr() == ("", "")
    fit(network(), PARTS, CONFIG, progress=True)
    assert "validation loss" in capfd.readouterr().err


def test_bfloat16_learns_too() -> None:
    history = fit(network(), PARTS, dataclasses.replace(CONFIG, precision="bfloat16", epochs=6))
    assert history.precision == "bfloat16" and history.epochs[-1].validation_accuracy > 0.9


def test_types() -> None:
    history = fit(network(), PARTS, CONFIG)
    assert isinstance(history, History) and isinstance(history.normalization, Normalization)
    assert isinstance(evaluate(network(), PARTS.validation, history.normalization), Metrics)


class Said(NamedTuple):
    logits: Tensor
    extra: Tensor


class Talker(nn.Module):
    """Says more than logits while it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = network(), nn.Linear(36, 3)

    def forward(self, images: Tensor) -> Tensor | Said:
        logits: Tensor = self.body(images)
        return Said(logits, self.head(images.flatten(1))) if self.training else logits


class WithLoss(Talker):
    def loss(self, outputs: Said, targets: Tensor, label_smoothing: float) -> Tensor:
        parts = [nn.functional.cross_entropy(part, targets, label_smoothing=label_smoothing) for part in outputs]
        return parts[0] + parts[1]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_model_with_heads_brings_its_own_loss(precision: str) -> None:
    model = WithLoss()
    before = model.head.weight.detach().clone()
    history = fit(model, PARTS, dataclasses.replace(CONFIG, precision=precision))
    assert not torch.equal(before, model.head.weight) and history.epochs[-1].validation_accuracy > 0.9


def test_several_outputs_without_a_loss_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got Said; .* method loss\(outputs, targets, label_smoothing\)"):
        fit(Talker(), PARTS, CONFIG)
