"""The table of recipes, and what it must reach."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest

from dlnotes import data, models, recipes
from dlnotes.errors import UnknownNameError


def test_the_table_names_what_exists() -> None:
    for model, name in recipes.names():
        recipe = recipes.get(model, name)
        assert (recipe.model, recipe.data) == (model, name) and name in data.names()
    # The canonical forms want ImageNet; every small one can be trained here.
    assert {model for model, _ in recipes.names()} >= {name for name in models.names() if models.input_shape(name)[-1] <= 32}


def test_the_profile_chooses_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLNOTES_PROFILE", raising=False)
    assert (recipes.get("lenet").data, recipes.default_data("lenet_cifar")) == ("digits", "cifar10")
    monkeypatch.setenv("DLNOTES_PROFILE", "full")
    assert (recipes.get("lenet").data, recipes.default_data("lenet_cifar")) == ("mnist", "cifar10")
    assert recipes.get("lenet", "digits").data == "digits"


def test_unknown_names() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'lenet'"):
        recipes.get("lenet_")
    with pytest.raises(UnknownNameError, match="cifar10"):
        recipes.get("lenet_cifar", "digits")
    with pytest.raises(UnknownNameError, match="Did you mean 'batch_size'"):
        recipes.run("mlp", "digits", batchsize=12)


def test_a_run_has_everything(tmp_path: Path) -> None:
    run = recipes.run("mlp_32_16", "digits", epochs=1, seed=3, checkpoint=tmp_path / "run.pt")
    assert run.history.config.seed == 3 and run.test.count == 360 and (tmp_path / "run.pt").is_file()


@pytest.mark.slow
def test_lenet_reads_digits() -> None:
    # The aim is 98.5 % (make bench measures it); this only guards against something broken.
    assert mean(recipes.run("lenet", "digits", seed=seed).test.accuracy for seed in range(3)) > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet_small", "vgg_small", "nin_small", "googlenet_small", "resnet_small", "densenet_small"])
def test_small_forms_read_digits(name: str) -> None:
    assert mean(recipes.run(name, "digits", seed=seed).test.accuracy for seed in range(3)) >= 0.98


@pytest.mark.slow
def test_lenet_bn_reads_mnist(real_data: Path) -> None:
    assert recipes.run("lenet_bn", "mnist", root=real_data).test.accuracy > 0.98
