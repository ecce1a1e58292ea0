"""One contract for every model in the registry."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from dlnotes import models, summary
from dlnotes.errors import ConfigError, UnknownNameError

PARAMETERS = {
    "mlp": 203_530,
    "mlp_32_16": 25_818,
    "lenet": 44_426,
    "lenet_sigmoid": 44_426,
    "lenet_bn": 44_878,
    "lenet5": 61_706,
    "digit_cnn": 1_007_590,
    "lenet_cifar": 40_010,
    "lenet_cifar_relu": 40_010,
}
every_model = pytest.mark.parametrize("name", models.names())


def batch(name: str, count: int = 4, channels: int | None = None) -> torch.Tensor:
    c, h, w = models.input_shape(name)
    return torch.randn(count, channels or c, h, w, generator=torch.Generator().manual_seed(0))


def test_every_name_has_a_published_count() -> None:
    assert set(PARAMETERS) == set(models.names())


@every_model
def test_counts(name: str) -> None:
    assert sum(p.numel() for p in models.create(name).parameters()) == PARAMETERS[name]


@every_model
def test_the_docstring_gives_the_traced_count(name: str) -> None:
    model = models.create(name)
    doc = importlib.import_module(type(model).__module__).__doc__ or ""
    counts = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]{3,}", doc)}
    assert summary.trace(model, models.input_shape(name)).parameters in counts


@every_model
def test_output_shape_and_other_sizes(name: str) -> None:
    assert models.create(name)(batch(name)).shape == (4, 10)
    assert models.create(name, in_channels=2, num_classes=7)(batch(name, channels=2)).shape == (4, 7)


@every_model
def test_every_parameter_gets_a_finite_gradient(name: str) -> None:
    torch.manual_seed(0)
    model = models.create(name)
    F.cross_entropy(model(batch(name)), torch.arange(4)).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, key


@every_model
def test_state_dict_round_trip_and_deterministic_eval(name: str) -> None:
    one, other = models.create(name).eval(), models.create(name).eval()
    assert not torch.equal(one(batch(name)), other(batch(name)))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(batch(name)), other(batch(name)))
    assert torch.equal(one(batch(name)), one(batch(name)))


@every_model
def test_overfits_one_batch(name: str) -> None:
    torch.manual_seed(0)
    model, images, labels = models.create(name), batch(name, 12), torch.arange(12) % 10
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(400):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        if loss.item() < 0.05:
            return
    pytest.fail(f"loss {loss.item():.3f} after 400 steps")


def test_activations_differ_as_documented() -> None:
    kinds = {name: {type(m) for m in models.create(name).modules()} for name in models.names()}
    assert nn.Sigmoid in kinds["lenet_sigmoid"] and nn.ReLU not in kinds["lenet_sigmoid"]
    assert nn.BatchNorm2d in kinds["lenet_bn"] and nn.BatchNorm1d in kinds["lenet_bn"]
    assert {nn.Tanh, nn.AvgPool2d} <= kinds["lenet5"]
    assert not kinds["digit_cnn"] & {nn.Softmax}


def test_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'lenet'"):
        models.create("lenett")


@pytest.mark.parametrize("value", [0, -1, True, 2.0])
def test_sizes_are_checked(value: object) -> None:
    with pytest.raises(ConfigError, match="num_classes must be a positive integer"):
        models.create("mlp", num_classes=value)  # type: ignore[arg-type]


def test_creating_one_model_imports_no_other_file() -> None:
    program = (
        "import sys; from dlnotes import models; models.create('lenet'); print([m for m in sys.modules if m.startswith('dlnotes.models.')])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['dlnotes.models.lenet']"


def test_every_file_stands_alone() -> None:
    files = sorted({str(models.source(name)) for name in models.names()})
    program = f"""
import importlib.util, sys
import torch
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('dlnotes', 'torchvision', 'numpy', 'sklearn'):
            raise ImportError(name + ' is not to be had here')
sys.meta_path.insert(0, Wall())
for path in {files!r}:
    spec = importlib.util.spec_from_file_location('alone', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in module.VARIANTS:
        assert module.build(name).eval()(torch.zeros(1, *module.INPUT_SHAPE)).shape == (1, 10)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(files[0]).anchor)


@every_model
def test_files_stay_short(name: str) -> None:
    assert len(models.source(name).read_text("utf-8").splitlines()) <= 170
