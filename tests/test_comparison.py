"""Comparing models, and the records of what was found."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dlnotes import comparison, models, recipes
from dlnotes.errors import ConfigError, UnknownNameError
from dlnotes.site.execution import _processor
from dlnotes.summary import trace

RECORDS = Path(__file__).resolve().parents[1] / "docs/results/comparison"
FAMILIES = ("lenet", "alexnet_small", "vgg_small", "nin_small", "googlenet_small", "resnet_small", "densenet_small")
CASES = [(data, model) for data in ("digits", "mnist") for model in FAMILIES]
SEEDS = (0, 1, 2)
# Rounding differs between machines, and a run with it: far more than that means that something has changed.
NEAR = {"digits": 0.015, "mnist": 0.004}


def path(data: str, model: str) -> Path:
    return RECORDS / f"{data}.{model}.json"


def read(data: str, model: str) -> dict[str, Any]:
    assert path(data, model).is_file(), f"no record of {model} on {data}: run this file with --record and commit what it writes"
    found: dict[str, Any] = json.loads(path(data, model).read_text("utf-8"))
    return found


def test_each_model_has_its_own_recipe() -> None:
    entries = comparison.compare(["mlp_32_16", "lenet"], "digits", seeds=2, epochs=1)
    assert [entry.model for entry in entries] == ["mlp_32_16", "lenet"]
    for entry in entries:
        expected = dataclasses.replace(recipes.get(entry.model, "digits").config, epochs=1, seed=0)
        assert entry.config == expected and entry.seeds == (0, 1) and entry.test_images == 360
        alone = [recipes.run(entry.model, "digits", epochs=1, seed=seed).test.accuracy for seed in entry.seeds]
        assert list(entry.accuracies) == alone and entry.accuracy == pytest.approx(sum(alone) / 2)
        assert entry.spread == pytest.approx(abs(alone[0] - alone[1]) / 2**0.5) and entry.seconds > 0
    assert entries[0].config.lr != entries[1].config.lr
    assert (entries[1].parameters, entries[1].macs) == (44_426, 281_640)
    lines = comparison.table(entries).splitlines()
    assert len(lines) == 3 and len({len(line) for line in lines}) == 1 and "281,640" in lines[2]


def test_a_single_run_has_no_spread() -> None:
    entry = comparison.measure("mlp_32_16", "digits", seeds=[5], epochs=1)
    assert entry.spread is None and entry.seeds == (5,) and "±" not in comparison.table([entry])


def test_what_cannot_be_compared_is_refused_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a model was trained")

    monkeypatch.setattr(recipes, "run", fail)
    with pytest.raises(UnknownNameError, match="cifar10"):
        comparison.compare(["lenet", "lenet_cifar"], "digits")
    with pytest.raises(UnknownNameError, match="Did you mean 'lenet'"):
        comparison.compare(["mlp", "lenett"])
    with pytest.raises(ConfigError, match="at least one model"):
        comparison.compare([])
    for seeds in (0, -1, True, 1.5):
        with pytest.raises(ConfigError, match="seeds"):
            comparison.compare(["mlp"], seeds=seeds)  # type: ignore[arg-type]
    for wrong in ([], [1, 1]):
        with pytest.raises(ConfigError, match="each only once"):
            comparison.measure("mlp", seeds=wrong)


@pytest.mark.parametrize(("data", "model"), CASES)
def test_the_record_is_of_the_present_code(data: str, model: str) -> None:
    record = read(data, model)
    assert record["config"] == dataclasses.asdict(recipes.get(model, data).config) | {"seed": 0}, "the recipe has changed: record again"
    ledger = trace(models.create(model), (1, 28, 28))
    assert (record["parameters"], record["macs"]) == (ledger.parameters, ledger.macs), "the model has changed: record again"
    assert record["seeds"] == list(SEEDS) and len(record["accuracies"]) == len(record["cpu_seconds"]) == len(SEEDS)
    assert record["test_images"] == {"digits": 360, "mnist": 10_000}[data] and record["device"] == "cpu"
    # What the project promises of every small form.
    assert sum(record["accuracies"]) / len(SEEDS) >= {"digits": 0.98, "mnist": 0.99}[data]


def test_no_record_is_left_over() -> None:
    assert {file.name for file in RECORDS.iterdir()} == {path(*case).name for case in CASES}


@pytest.mark.slow
@pytest.mark.parametrize(("data", "model"), CASES)
def test_a_new_run_agrees_with_the_record(data: str, model: str, request: pytest.FixtureRequest) -> None:
    recording = request.config.getoption("--record")
    if data == "mnist" and not recording and model != "lenet":
        pytest.skip("minutes each: the cheapest one stands for all")
    root = request.getfixturevalue("real_data") if data == "mnist" else None
    entry = comparison.measure(model, data, seeds=SEEDS if recording else SEEDS[:1], root=root, device="cpu")
    if recording:
        found = dataclasses.asdict(entry) | {"torch": torch.__version__.split("+")[0], "processor": _processor()}
        found["config"]["device"] = "auto"
        found |= {"accuracies": [round(value, 6) for value in entry.accuracies], "cpu_seconds": [round(v, 1) for v in entry.cpu_seconds]}
        path(data, model).parent.mkdir(parents=True, exist_ok=True)
        path(data, model).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    record = read(data, model)
    assert entry.accuracies[0] == pytest.approx(record["accuracies"][0], abs=NEAR[data])
