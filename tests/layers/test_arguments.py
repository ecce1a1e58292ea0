"""Arguments where names and defaults, which test_layers.py compares, are not all: kinds, and what has no signature."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import layers

LOSSES = ("cross_entropy", "nll_loss", "mse_loss", "binary_cross_entropy_with_logits")


@pytest.mark.parametrize("name", LOSSES)
def test_what_stands_behind_a_deprecated_argument_goes_by_name(name: str) -> None:
    # By position, the same call would mean another thing to torch.
    theirs, ours = (inspect.signature(getattr(place, name)).parameters for place in (F, layers))
    shared = list(theirs)[: list(theirs).index("size_average")]
    assert all((ours[key].kind is inspect.Parameter.KEYWORD_ONLY) == (key not in shared) for key in ours)


def test_arguments_of_logsumexp_are_torchs() -> None:
    assert (torch.logsumexp.__doc__ or "").strip().startswith("logsumexp(input, dim, keepdim=False, *, out=None)")
    ours = [(p.name, p.default) for p in inspect.signature(layers.logsumexp).parameters.values()]
    assert ours == [("input", inspect.Parameter.empty), ("dim", inspect.Parameter.empty), ("keepdim", False)]


@pytest.mark.parametrize("name", ["BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm", "Dropout", "Dropout2d"])
def test_arguments_of_modules_are_torchs(name: str) -> None:
    ours, theirs = (inspect.signature(getattr(place, name)).parameters.values() for place in (layers, nn))
    assert [(p.name, p.default, p.kind) for p in ours] == [(p.name, p.default, p.kind) for p in theirs if p.name != "inplace"]
