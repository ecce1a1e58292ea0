"""One contract for every model in the registry."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from dlnotes import models, summary
from dlnotes.errors import CheckpointError, ConfigError, UnknownNameError

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
    "alexnet": 61_100_840,  # torchvision's published count
    "alexnet_paper": 60_965_224,  # that of BVLC's AlexNet, the paper's form in Caffe
    "alexnet_small": 40_642,
    "vgg11": 132_863_336,  # torchvision's published counts
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "vgg11_bn": 132_868_840,
    "vgg13_bn": 133_053_736,
    "vgg16_bn": 138_365_992,
    "vgg19_bn": 143_678_248,
    "vgg_small": 28_378,
    "nin": 7_595_176,  # 29 MiB of float32, as its author says
    "nin_small": 32_618,
    "nin_small_collapsing": 32_618,
    # torchvision's published counts, but for those that it has not
    "googlenet": 6_624_904 + 6_379_984,  # the published count is without the two heads
    "googlenet_paper": 13_385_816,
    "googlenet_small": 40_086,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet50_paper": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "preact_resnet18": 11_687_720,
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet56": 853_018,
    "plain20": 269_722,
    "plain56": 853_018,
    "resnet_small": 77_754,
    "densenet121": 7_978_856,
    "densenet161": 28_681_000,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "densenet_small": 98_538,
}
every_model = pytest.mark.parametrize("name", models.names())
# Those made for photographs are looked at on the meta device; what they compute stands in test_parity.py and below.
LARGE = [name for name in models.names() if models.input_shape(name)[1] > 32]
SMALL = [name for name in models.names() if name not in LARGE]
every_small_model = pytest.mark.parametrize("name", SMALL)


def shapes_of(name: str, **sizes: int) -> nn.Module:
    with torch.device("meta"):
        return models.create(name, **sizes)


def batch(name: str, count: int = 4, channels: int | None = None) -> torch.Tensor:
    c, h, w = models.input_shape(name)
    return torch.randn(count, channels or c, h, w, generator=torch.Generator().manual_seed(0))


def test_every_name_has_a_published_count() -> None:
    assert set(PARAMETERS) == set(models.names())


@every_model
def test_counts(name: str) -> None:
    assert sum(p.numel() for p in shapes_of(name).parameters()) == PARAMETERS[name]


@every_model
def test_the_docstring_gives_the_traced_count(name: str) -> None:
    model = shapes_of(name)
    doc = importlib.import_module(type(model).__module__).__doc__ or ""
    counts = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]{3,}", doc)}
    assert summary.trace(model, models.input_shape(name)).parameters in counts


@every_model
def test_output_shape_and_other_sizes(name: str) -> None:
    def shape(model: nn.Module, channels: int) -> tuple[int, ...]:
        return tuple(model.eval()(torch.empty(4, channels, *models.input_shape(name)[1:], device="meta")).shape)

    assert shape(shapes_of(name), models.input_shape(name)[0]) == (4, 1000 if name in LARGE else 10)
    assert shape(shapes_of(name, in_channels=2, num_classes=7), 2) == (4, 7)


@pytest.mark.parametrize("name", [name for name in models.names() if hasattr(shapes_of(name), "smallest")])
def test_wrong_images_are_told_what_is_right(name: str) -> None:
    model = shapes_of(name, in_channels=2).eval()
    side = model.smallest
    assert isinstance(side, int) and model(torch.empty(1, 2, side, side, device="meta")).dim() == 2
    for shape in ((1, 2, side - 1, side), (1, 2, side, side - 1), (1, 3, side, side), (2, side, side)):
        with pytest.raises(ValueError, match=rf"2, H, W\).* at least {side}\b.*got \({', '.join(map(str, shape))}\)"):
            model(torch.empty(shape, device="meta"))
    # The limit is the net's own: without the check, one pixel less fails in a layer.
    model.smallest = 1
    with pytest.raises((RuntimeError, ValueError)):
        model(torch.empty(1, 2, side - 1, side - 1, device="meta"))


def test_every_large_model_names_its_smallest_image() -> None:
    assert [name for name in LARGE if not hasattr(shapes_of(name), "smallest")] == []


@every_small_model
def test_every_parameter_gets_a_finite_gradient(name: str) -> None:
    torch.manual_seed(0)
    model = models.create(name)
    F.cross_entropy(model(batch(name)), torch.arange(4)).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, key


@every_small_model
def test_state_dict_round_trip_and_deterministic_eval(name: str) -> None:
    one, other = models.create(name).eval(), models.create(name).eval()
    assert not torch.equal(one(batch(name)), other(batch(name)))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(batch(name)), other(batch(name)))
    assert torch.equal(one(batch(name)), one(batch(name)))


# Without shortcuts, 56 layers need many more steps than any other net here: what the paper calls degradation. And a NiN that
# collapses is not to be trusted with any task.
FITTING = [name for name in SMALL if name != "nin_small_collapsing"]


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name == "plain56" else name for name in FITTING])
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
    kinds = {name: {type(m) for m in shapes_of(name).modules()} for name in models.names()}
    assert nn.Sigmoid in kinds["lenet_sigmoid"] and nn.ReLU not in kinds["lenet_sigmoid"]
    assert nn.BatchNorm2d in kinds["lenet_bn"] and nn.BatchNorm1d in kinds["lenet_bn"]
    assert {nn.Tanh, nn.AvgPool2d} <= kinds["lenet5"]
    assert not kinds["digit_cnn"] & {nn.Softmax}


@pytest.mark.parametrize("name", sorted(set(LARGE) - set(models.torchvision_names())))
def test_forms_without_a_twin_pass_gradients_to_every_parameter(name: str) -> None:
    torch.manual_seed(0)
    model = models.create(name, num_classes=5)
    result = model(torch.randn(2, models.input_shape(name)[0], model.smallest, model.smallest))
    sum(logits.sum() for logits in ([result] if isinstance(result, torch.Tensor) else result)).backward()  # type: ignore[union-attr]
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.abs().sum() > 0, key


def test_the_paper_form_of_alexnet_has_two_columns() -> None:
    layers = [m for m in shapes_of("alexnet_paper").modules() if isinstance(m, nn.Conv2d)]
    assert [layer.groups for layer in layers] == [1, 2, 1, 2, 2]
    # Krizhevsky et al. 2012, section 3.5: 96 kernels of 11×11×3, 256 of 5×5×48, 384 of 3×3×256, 384 of 3×3×192, 256 of 3×3×192.
    kernels = [(96, 3, 11, 11), (256, 48, 5, 5), (384, 256, 3, 3), (384, 192, 3, 3), (256, 192, 3, 3)]
    assert [tuple(layer.weight.shape) for layer in layers] == kernels
    # Section 3.3: b = a / (2 + 1e-4 · the sum of squares over 5 maps) ** 0.75.
    maps = torch.randn(1, 8, 1, 1)
    norm = next(m for m in models.create("alexnet_paper", num_classes=2).modules() if isinstance(m, nn.LocalResponseNorm))
    wanted = [maps[0, i, 0, 0] / (2 + 1e-4 * (maps[0, max(0, i - 2) : i + 3] ** 2).sum()) ** 0.75 for i in range(8)]
    torch.testing.assert_close(norm(maps).flatten(), torch.stack(wanted))


def test_dropout_of_alexnet_stands_where_each_source_has_it() -> None:
    # Section 4.2 of the paper sets outputs of hidden neurons to 0; torchvision sets inputs of the hidden layers to 0.
    layers = {
        "alexnet": "Dropout Linear ReLU Dropout Linear ReLU Linear",
        "alexnet_paper": "Linear ReLU Dropout Linear ReLU Dropout Linear",
    }
    for name, wanted in layers.items():
        assert " ".join(type(layer).__name__ for layer in shapes_of(name).classifier.children()) == wanted


def test_nin_has_the_layers_of_its_published_model() -> None:
    # name, maps, kernel, stride, padding, side of the map: https://gist.github.com/mavenlin/d802a5849de39225bcc6
    table = """
        conv1 96 11 4 0 54 | cccp1 96 1 1 0 54 | cccp2 96 1 1 0 54 | pool0 96 3 2 0 27
        conv2 256 5 1 2 27 | cccp3 256 1 1 0 27 | cccp4 256 1 1 0 27 | pool2 256 3 2 0 13
        conv3 384 3 1 1 13 | cccp5 384 1 1 0 13 | cccp6 384 1 1 0 13 | pool3 384 3 2 0 6
        conv4-1024 1024 3 1 1 6 | cccp7-1024 1024 1 1 0 6 | cccp8-1024 1000 1 1 0 6"""
    wanted = [tuple(map(int, row.split()[1:])) for line in table.strip().splitlines() for row in line.split("|")]
    model = shapes_of("nin")
    found = []
    for row in summary.trace(model, (3, 224, 224)).rows:
        layer = model.get_submodule(row.name)
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            numbers = (layer.kernel_size, layer.stride, layer.padding)
            found.append((row.output_shape[0], *(n[0] if isinstance(n, tuple) else n for n in numbers), row.output_shape[1]))
    assert found == wanted
    assert [type(layer) for layer in model.features][-3:] == [nn.Sequential, nn.Conv2d, nn.ReLU] and model.features[6].p == 0.5


def test_nin_small_can_say_no() -> None:
    torch.manual_seed(0)
    logits = {name: models.create(name)(batch(name, 16)) for name in ("nin_small", "nin_small_collapsing")}
    assert (logits["nin_small"] < 0).any() and not (logits["nin_small_collapsing"] < 0).any()


def test_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'lenet'"):
        models.create("lenett")


@pytest.mark.parametrize("value", [0, -1, True, 2.0])
def test_sizes_are_checked(value: object) -> None:
    with pytest.raises(ConfigError, match="num_classes must be a positive integer"):
        models.create("mlp", num_classes=value)  # type: ignore[arg-type]


def state(**changes: torch.Tensor | None) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        weights = dict(torchvision.models.alexnet(num_classes=7).state_dict())
    weights |= {key.replace("__", "."): value for key, value in changes.items() if value is not None}
    return {key: value for key, value in weights.items() if changes.get(key.replace(".", "__"), value) is not None}


def test_torchvision_weights_bring_their_sizes_and_precision() -> None:
    weights = {key: torch.zeros(value.shape, dtype=torch.float64) for key, value in state().items()}
    model = models.from_torchvision("alexnet", weights)
    assert model.classifier[6].out_features == 7 and model.training
    assert all(parameter.requires_grad and parameter.dtype == torch.float64 for parameter in model.parameters())
    with torch.no_grad():
        model.features[0].bias += 1
    assert not weights["features.0.bias"].any(), "the tensors are copied"
    grey = state(features__0__weight=torch.empty(64, 1, 11, 11, device="meta"))
    assert models.from_torchvision("alexnet", grey).features[0].in_channels == 1


def test_wrong_weights_are_named_key_by_key() -> None:
    wrong = state(features__0__bias=None, classifier__9__weight=torch.zeros(2), features__3__weight=torch.zeros(2, 2))
    with pytest.raises(CheckpointError) as caught:
        models.from_torchvision("alexnet", wrong)
    for part in ("'features.0.bias'", "'classifier.9.weight'", "'features.3.weight' is (2, 2) and should be (192, 64, 5, 5)"):
        assert part in str(caught.value)
    assert "'features.0.weight'" not in str(caught.value)
    with pytest.raises(CheckpointError, match=r"'classifier.6.bias' is \(8,\) and should be \(7,\)"):
        models.from_torchvision("alexnet", state(classifier__6__bias=torch.zeros(8)))
    with pytest.raises(CheckpointError, match=r"missing.*features.0.weight"):
        models.from_torchvision("alexnet", {})


@pytest.mark.parametrize("name", ["lenet", "alexnet_small", "alexnett"])
def test_names_without_a_twin(name: str) -> None:
    with pytest.raises(UnknownNameError, match=r"with a twin in torchvision.*Did you mean 'alexnet'"):
        models.from_torchvision(name, {})


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
        shape = module.INPUT_SHAPES[name] if hasattr(module, 'INPUT_SHAPES') else module.INPUT_SHAPE
        if shape[1] <= 32:  # the large ones have the same classes
            assert module.build(name).eval()(torch.zeros(1, *shape)).shape == (1, 10)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(files[0]).anchor)


@every_model
def test_files_stay_short(name: str) -> None:
    text = models.source(name).read_text("utf-8")
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    said = [node.body[0] for node in ast.walk(ast.parse(text)) if isinstance(node, kinds) and ast.get_docstring(node)]
    docstrings = {line for first in said for line in range(first.lineno, (first.end_lineno or 0) + 1)}
    lines = enumerate(text.splitlines(), start=1)
    assert sum(bool(line.strip()) and not line.strip().startswith("#") for number, line in lines if number not in docstrings) <= 150
