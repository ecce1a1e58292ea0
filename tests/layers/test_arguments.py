"""Normalisation, dropout, activations and losses take torch's arguments, in its order, with its defaults."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import layers

FUNCTIONS = [
    *("batch_norm", "layer_norm", "group_norm", "dropout", "dropout2d", "softmax", "log_softmax"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "hardtanh"),
    *("cross_entropy", "nll_loss", "mse_loss", "binary_cross_entropy_with_logits"),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_of_functions_are_torchs(name: str, parameters: Any) -> None:
    theirs, ours = parameters(getattr(F, name)), parameters(getattr(layers, name))
    # What torch deprecated, or what only saves memory.
    left_out = {"size_average", "reduce", "_stacklevel", "inplace"}
    assert list(ours.items()) == [item for item in theirs.items() if item[0] not in left_out]
    if "size_average" in theirs:
        # What stands behind a deprecated argument goes by name, or the same call would mean another thing.
        shared = list(theirs)[: list(theirs).index("size_average")]
        kinds = inspect.signature(getattr(layers, name)).parameters
        assert all((kinds[key].kind is inspect.Parameter.KEYWORD_ONLY) == (key not in shared) for key in ours)


def test_arguments_of_logsumexp_are_torchs() -> None:
    assert (torch.logsumexp.__doc__ or "").strip().startswith("logsumexp(input, dim, keepdim=False, *, out=None)")
    ours = [(p.name, p.default) for p in inspect.signature(layers.logsumexp).parameters.values()]
    assert ours == [("input", inspect.Parameter.empty), ("dim", inspect.Parameter.empty), ("keepdim", False)]


@pytest.mark.parametrize("name", ["BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm", "Dropout", "Dropout2d"])
def test_arguments_of_modules_are_torchs(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(place, name)).parameters.values() for place in (layers, nn))
    assert [(p.name, p.default, p.kind) for p in ours] == [(p.name, p.default, p.kind) for p in theirs if p.name != "inplace"]
