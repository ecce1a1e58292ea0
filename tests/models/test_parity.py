"""Canonical forms against torchvision: the same parameters, outputs and gradients, in evaluation and in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest
import torch
import torchvision
from torch import Tensor, nn

from dlnotes import models

# Options of torchvision's builder that make it train as ours does; weights come from the builder's own initialisation.
OPTIONS: dict[str, dict[str, object]] = {"googlenet": {"init_weights": False}}
# Those with the most weights or layers; a smaller net of the same family is always run.
SLOW: set[str] = {"vgg11", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "resnet34", "resnet50", "resnet101", "resnet152"}
SLOW |= {"densenet161", "densenet169", "densenet201"}
TWINS = models.torchvision_names()
every_twin = pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in TWINS])
TOLERANCE = 1e-5


class Proof(Protocol):
    def __call__(self, *, name: str, against: str, checks: tuple[str, ...], settings: int, difference: float, tolerance: float) -> None: ...


def twin(name: str, **options: object) -> nn.Module:
    model: nn.Module = getattr(torchvision.models, TWINS[name])(weights=None, **OPTIONS.get(name, {}), **options)
    return model


def filled(name: str) -> nn.Module:
    """A twin in double precision for 20 classes; its own initialisation of 138 million weights would take seconds.

    Statistics and scales are not 0 and 1, so that a wrong assignment is seen.
    """
    torch.manual_seed(0)
    with torch.device("meta"):
        model = twin(name, num_classes=20).double()
    model.to_empty(device="cpu")
    for key, tensor in model.state_dict().items():
        if key.endswith("num_batches_tracked"):
            tensor.zero_()
        elif tensor.dim() > 1:
            bound = (6 / tensor[0].numel()) ** 0.5  # He's rule: signals keep their size
            tensor.uniform_(-bound, bound)
        elif key.endswith("running_var") or "weight" in key:
            tensor.uniform_(0.5, 1.5)
        else:
            tensor.uniform_(-0.2, 0.2)
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
    total = sum((item * torch.linspace(-1, 1, item.numel(), dtype=item.dtype).view_as(item)).sum() for item in logits)
    assert isinstance(total, Tensor)
    (gradient,) = torch.autograd.grad(total, images)
    assert gradient.abs().sum() > 0
    return [*(item.detach() for item in logits), gradient]


@every_twin
def test_parameters_layer_by_layer(name: str) -> None:
    with torch.device("meta"):
        ours, theirs = models.create(name), twin(name)
    assert sorted(leaves(ours), key=str) == sorted(leaves(theirs), key=str)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())


@every_twin
def test_outputs_and_gradients(name: str, proof: Proof) -> None:
    theirs = filled(name)
    ours = models.from_torchvision(name, theirs.state_dict())
    for module in [*ours.modules(), *theirs.modules()]:
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    # The smallest image would leave maps of one pixel, whose borders and strides go unseen.
    assert isinstance(ours.smallest, int)
    side = max(ours.smallest, 40)
    images = torch.randn(2, 3, side + 2, side, dtype=torch.float64)
    difference = 0.0
    for training in (False, True):
        one, other = ours.train(training), theirs.train(training)
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
