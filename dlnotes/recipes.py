"""Recipes: model × data × settings, the one place where hyperparameters stand.

Pages, the command line and the tests train through this table, so that a number on a page and a number in a test come
from the same run.
"""

from __future__ import annotations

import dataclasses
import os
from typing import NamedTuple

from torch import nn

from dlnotes import data, models
from dlnotes.errors import UnknownNameError
from dlnotes.training import Config, History, Metrics, evaluate, fit, seed_everything

__all__ = ["Recipe", "Run", "default_data", "get", "names", "run"]


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A model, the data it is trained on, and how."""

    model: str
    data: str
    config: Config


class Run(NamedTuple):
    """A trained model with everything that led to it; `test` was measured once, after training."""

    model: nn.Module
    splits: data.Splits
    history: History
    test: Metrics


_SMALL = Config(epochs=20, lr=5e-3, label_smoothing=0.05, augmentation="digits")
_DENSE = dataclasses.replace(_SMALL, lr=3e-3, augmentation="none")
_SIGMOID = dataclasses.replace(_SMALL, epochs=30, lr=1e-2)
_NIN = dataclasses.replace(_SMALL, lr=8e-3)
_LARGE = Config(epochs=3, batch_size=128, lr=5e-3)
_COLOUR = Config(epochs=10, batch_size=128, lr=3e-3)

_DIGIT_MODELS = {
    "mlp": _DENSE,
    "mlp_32_16": _DENSE,
    "lenet": _SMALL,
    "lenet_sigmoid": _SIGMOID,
    "lenet_bn": _SMALL,
    "lenet5": _SMALL,
    "alexnet_small": _SMALL,
    "googlenet_small": dataclasses.replace(_SMALL, lr=1e-2, epochs=5),
    "resnet_small": dataclasses.replace(_SMALL, epochs=8),
    "densenet_small": dataclasses.replace(_SMALL, lr=1e-2, epochs=5),
    "vgg_small": _SMALL,
    "nin_small": _NIN,
    "nin_small_collapsing": _NIN,
    "digit_cnn": dataclasses.replace(_SMALL, lr=2e-3, epochs=8),
}
_NORMALISED = ("googlenet_small", "resnet_small", "densenet_small")
_TABLE = (
    {(model, "digits"): config for model, config in _DIGIT_MODELS.items()}
    | {(model, name): _LARGE for model in _DIGIT_MODELS for name in ("mnist", "fashion_mnist")}
    # Sigmoid behind batch normalisation bears a higher rate, and larger batches are cheaper.
    | {("lenet_bn", "mnist"): dataclasses.replace(_LARGE, batch_size=384, lr=2.5e-2)}
    # Two passes are enough where batch normalisation bears a high rate, and these nets cost more.
    | {(model, name): dataclasses.replace(_LARGE, epochs=2, lr=1e-2) for model in _NORMALISED for name in ("mnist", "fashion_mnist")}
    # Maps that are averaged have no layer to correct them: more and smaller batches.
    | {(model, "mnist"): Config(epochs=6, lr=8e-3, label_smoothing=0.05) for model in ("nin_small", "nin_small_collapsing")}
    | {(model, "cifar10"): _COLOUR for model in ("lenet_cifar", "lenet_cifar_relu")}
    | {(model, "cifar10"): dataclasses.replace(_COLOUR, lr=1e-2) for model in ("resnet20", "resnet32", "resnet56", "plain20", "plain56")}
)


def names() -> tuple[tuple[str, str], ...]:
    """Return every (model, data set) that has a recipe."""
    return tuple(_TABLE)


def get(model: str, data: str | None = None) -> Recipe:
    """Look a recipe up.

    Args:
        model: name of the model.
        data: name of the data set; None takes `default_data(model)`.

    Raises:
        UnknownNameError: no such recipe; those of the model are named.
    """
    fitting = _data_sets(model)
    chosen = default_data(model) if data is None else data
    if chosen not in fitting:
        raise UnknownNameError(f"data set for the model {model}", chosen, fitting)
    return Recipe(model, chosen, _TABLE[model, chosen])


def default_data(model: str) -> str:
    """Return the data set that a model is trained on when none is named.

    That is the first in its table: the embedded digits wherever they fit. Pages built with `DLNOTES_PROFILE=full` train
    on the first one that is not embedded.

    Raises:
        UnknownNameError: no model of that name, or the model has no recipe.
    """
    fitting = _data_sets(model)
    if os.environ.get("DLNOTES_PROFILE") == "full":
        return next((name for name in fitting if name != "digits"), fitting[0])
    return fitting[0]


def _data_sets(model: str) -> list[str]:
    if model not in models.names():
        raise UnknownNameError("model", model, models.names())
    fitting = [name for known, name in _TABLE if known == model]
    if not fitting:
        raise UnknownNameError("model with a recipe", model, dict.fromkeys(known for known, _ in _TABLE))
    return fitting


def run(
    model: str,
    data: str | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool | None = None,
    **settings: object,
) -> Run:
    """Train a model as its recipe says and measure it once on the test part.

    Args:
        model: name of the model.
        data: name of the data set; None takes `default_data(model)`.
        root: folder of the data.
        checkpoint: file written after every epoch.
        resume: go on from the checkpoint.
        progress: show a progress bar; None shows one on a terminal only.
        settings: fields of `Config` to change, such as seed=1 or epochs=2.

    Raises:
        UnknownNameError, ConfigError, DataError, CheckpointError, DivergenceError: as the parts say.
    """
    recipe = get(model, data)
    known = {field.name for field in dataclasses.fields(Config)}
    for name in settings:
        if name not in known:
            raise UnknownNameError("setting", name, known)
    config = dataclasses.replace(recipe.config, **settings)  # type: ignore[arg-type]
    splits = _load(recipe.data, root)
    seed_everything(config.seed)
    network = models.create(recipe.model, in_channels=splits.train.images.shape[1], num_classes=len(splits.classes))
    history = fit(network, splits, config, checkpoint=os.fspath(checkpoint) if checkpoint else None, resume=resume, progress=progress)
    return Run(network, splits, history, evaluate(network, splits.test, history.normalization))


def _load(name: str, root: str | os.PathLike[str] | None) -> data.Splits:
    return data.load(name, root)
