"""Canonical forms against torchvision: the same parameters, outputs and gradients, in evaluation and in training."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Protocol

import pytest
import torch
import torchvision
from torch import Tensor, nn

from dlnotes import models

# Options of torchvision's builder that make it train as ours does; weights come from the builder's own initialisation.
OPTIONS: dict[str, dict[str, object]] = {"googlenet": {"init_weights": False}}
# Those above three seconds.
SLOW: set[str] = {"vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "resnet34", "resnet50", "resnet101", "resnet152"}
SLOW |= {"densenet161", "densenet169", "densenet201"}
TWINS = models.torchvision_names()
every_twin = pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in TWINS])
TOLERANCE = 1e-5


class Proof(Protocol):
    def __call__(self, *, name: str, against: str, checks: tuple[str, ...], settings: int, difference: float, tolerance: float) -> None: ...


def twin(name: str, **options: object) -> nn.Module:
    model: nn.Module = getattr(torchvision.models, TWINS[name])(weights=None, **OPTIONS.get(name, {}), **options)
    return model


def leaves(model: nn.Module) -> Iterator[tuple[str, tuple[torch.Size, ...]]]:
    """Layers that have parameters: kind and shapes, in the order in which they are defined."""
    for module in model.modules():
        own = tuple(parameter.shape for parameter in module.parameters(recurse=False))
        if own:
            yield type(module).__name__, own


def outputs(result: object) -> list[Tensor]:
    """Return the logits, with those of auxiliary heads where there are any, by name: their order differs from torchvision's."""
    if isinstance(result, Tensor):
        return [result]
    # auxiliary1, auxiliary2, logits here; aux_logits1, aux_logits2, logits there.
    return [getattr(result, field) for field in sorted(result._fields)]  # type: ignore[attr-defined]


def run(model: nn.Module, images: Tensor) -> list[Tensor]:
    """Outputs, and the gradient of a weighted sum of them with respect to the images."""
    images = images.clone().requires_grad_()
    logits = outputs(model(images))
    sum((item * torch.linspace(-1, 1, item.numel(), dtype=item.dtype).view_as(item)).sum() for item in logits).backward()  # type: ignore[union-attr]
    assert images.grad is not None and images.grad.abs().sum() > 0
    return [*(item.detach() for item in logits), images.grad]


@every_twin
def test_parameters_layer_by_layer(name: str) -> None:
    with torch.device("meta"):
        ours, theirs = models.create(name), twin(name)
    assert sorted(leaves(ours), key=str) == sorted(leaves(theirs), key=str)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())


@every_twin
def test_outputs_and_gradients(name: str, proof: Proof) -> None:
    torch.manual_seed(0)
    theirs = twin(name, num_classes=20).double()
    # Statistics other than 0 and 1, weights other than 1: a wrong assignment would otherwise go unseen.
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_var, module.weight.data):
                nn.init.uniform_(tensor, 0.5, 1.5)  # type: ignore[arg-type]
            for tensor in (module.running_mean, module.bias.data):
                nn.init.normal_(tensor, std=0.1)  # type: ignore[arg-type]
        elif isinstance(module, nn.Dropout):
            module.p = 0.0
    ours = models.from_torchvision(name, theirs.state_dict())
    for module in ours.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    # The smallest image would leave maps of one pixel, whose borders and strides go unseen.
    assert isinstance(ours.smallest, int)
    side = max(ours.smallest, 40)
    images = torch.randn(2, 3, side + 2, side, dtype=torch.float64)
    difference = 0.0
    for training in (False, True):
        one, other = copy.deepcopy(ours).train(training), theirs.train(training)
        found, wanted = run(one, images), run(other, images)
        assert len(found) == len(wanted)
        # Running statistics too, which training has moved.
        found += [buffer.double() for buffer in one.buffers()]
        wanted += [buffer.double() for buffer in other.buffers()]
        for a, b in zip(found, wanted, strict=True):
            difference = max(difference, float((a - b).abs().max() / b.abs().max().clamp_min(1e-30)))
    proof(
        name=f"models.{name}",
        against=f"torchvision.models.{TWINS[name]}",
        checks=("parameters", "output", "input gradient"),
        settings=2,
        difference=difference,
        tolerance=TOLERANCE,
    )
