"""The ledger against independent sources: torch's flop counter, parameter sums, known receptive fields."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dlnotes import models, summary
from dlnotes.errors import ShapeError


def flops(model: nn.Module, shape: tuple[int, ...]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, *shape, device=next(model.parameters()).device))
    return int(counter.get_total_flops())


@pytest.mark.parametrize("name", models.names())
def test_totals(name: str) -> None:
    with torch.device("meta"):
        model, shape = models.create(name), models.input_shape(name)
    ledger = summary.trace(model, shape)
    # Auxiliary heads run in training only, and a trace evaluates.
    assert ledger.parameters == sum(p.numel() for key, p in model.named_parameters() if not key.startswith("heads."))
    assert 2 * ledger.macs == flops(model, shape)
    assert ledger.activation_bytes == sum(row.activation_bytes for row in ledger.rows)


@pytest.mark.parametrize(
    ("build", "parameters", "field"),
    [
        (torchvision.models.resnet18, 11_689_512, 435),
        (torchvision.models.vgg11, 132_863_336, 150),
        (torchvision.models.densenet121, 7_978_856, 2071),
    ],
)
def test_branching_models(build: object, parameters: int, field: int) -> None:
    model = build(weights=None)  # type: ignore[operator]
    ledger = summary.trace(model, (3, 64, 64))
    assert ledger.parameters == parameters
    assert 2 * ledger.macs == flops(model, (3, 64, 64))
    fields = [row.receptive_field for row in ledger.rows if isinstance(row.receptive_field, int)]
    # Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019, up to the last pooling.
    assert max(fields) == field


def test_receptive_fields_of_lenet() -> None:
    rows = summary.trace(models.create("lenet"), (1, 28, 28)).rows
    assert [row.receptive_field for row in rows] == [5, 5, 6, 14, 14, 16, 16, "all", "all", "all", "all", "all"]


def test_receptive_field_is_what_a_gradient_sees() -> None:
    model = models.create("lenet").features
    image = torch.randn(1, 1, 28, 28, requires_grad=True)
    convolution = nn.Sequential(*list(model)[:1], list(model)[1][0])
    with torch.no_grad():
        for parameter in convolution.parameters():
            parameter.abs_()
    nn.Sequential(convolution[0][0], nn.AvgPool2d(2), convolution[1])(image)[0, 0, 3, 3].backward()
    assert image.grad is not None
    rows = image.grad[0, 0].abs().sum(dim=1).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 14


def test_what_is_not_known_is_said() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.conv(x.cumsum(dim=-1))
            return y

    assert summary.trace(Odd(), (1, 8, 8)).rows[0].receptive_field is None
    with pytest.raises(ShapeError, match="not known"):
        summary.trace(nn.ConvTranspose2d(1, 1, 3), (1, 4, 4))


def test_the_model_is_left_alone() -> None:
    model = models.create("lenet_bn").train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = torch.get_rng_state()
    summary.trace(model, (1, 28, 28))
    assert model.training and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("name", models.torchvision_names())
def test_operations_are_those_that_torchvision_publishes(name: str) -> None:
    with torch.device("meta"):
        macs = summary.trace(models.create(name), (3, 224, 224)).macs
    published = torchvision.models.get_model_weights(models.torchvision_names()[name])["IMAGENET1K_V1"].meta["_ops"]
    assert macs / 1e9 == pytest.approx(published, abs=6e-4)


@pytest.mark.parametrize(("name", "side"), [("resnet20", 81), ("plain20", 81), ("resnet56", 249)])
def test_receptive_field_through_shortcuts_of_zeros(name: str, side: int) -> None:
    # Each 3×3 adds twice the jump before it: 2n + 1 convolutions at jump 1 with the stem, the next block's first among
    # them, and so on: 1 + 2·(2n + 2) + 4·2n + 8·(2n - 1).
    n = (int(name.removeprefix("resnet").removeprefix("plain")) - 2) // 6
    assert side == 1 + 2 * (2 * n + 2) + 4 * 2 * n + 8 * (2 * n - 1)
    with torch.device("meta"):
        rows = summary.trace(models.create(name), (3, 32, 32)).rows
    assert max(row.receptive_field for row in rows if isinstance(row.receptive_field, int)) == side
    assert all(row.receptive_field is not None for row in rows)


def test_a_shared_layer_is_counted_once() -> None:
    shared = nn.Linear(4, 4)
    ledger = summary.trace(nn.Sequential(shared, nn.ReLU(), shared), (4,))
    assert ledger.parameters == 20 and ledger.macs == 32


def test_a_wrong_shape_names_the_layer() -> None:
    with pytest.raises(ShapeError, match=r"classifier\.1\.0 \(Linear\)"):
        summary.trace(models.create("lenet"), (1, 32, 32))
    for bad in [(), (1, 0, 28), (1.0, 28, 28), (True, 28, 28)]:
        with pytest.raises(ShapeError, match="positive integers"):
            summary.trace(models.create("lenet"), bad)  # type: ignore[arg-type]


def test_forms() -> None:
    ledger = summary.trace(models.create("lenet"), (1, 28, 28))
    assert "281,640" in str(ledger) and str(ledger).splitlines()[0].startswith("layer")
    markdown = ledger.to_markdown().splitlines()
    assert len(markdown) == len(ledger.rows) + 3 and {line.count("|") for line in markdown} == {8}
    frame = ledger.to_dataframe()
    assert frame["parameters"].sum() == 44_426 and len(frame) == len(ledger.rows)
    assert '<th scope="col" class="num">parameters</th>' in ledger._repr_html_()
