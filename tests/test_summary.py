"""The ledger against independent sources: torch's flop counter, parameter sums, known receptive fields."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from dlnotes import models, summary
from dlnotes.errors import ConfigError, ShapeError


def flops(model: nn.Module, shape: tuple[int, ...]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, *shape, device=next(model.parameters()).device))
    return int(counter.get_total_flops())


@pytest.mark.parametrize("name", models.names())
def test_totals(name: str) -> None:
    with torch.device("meta"):
        model, shape = models.create(name), models.input_shape(name)
    ledger = summary.trace(model, shape)
    # Auxiliary heads run in training only; their parameters are listed all the same, in rows without a shape.
    assert ledger.parameters == sum(p.numel() for p in model.parameters())
    assert 2 * ledger.macs == flops(model, shape)
    assert ledger.activation_bytes == sum(row.activation_bytes for row in ledger.rows)


@pytest.mark.slow
@pytest.mark.parametrize("size", [28, 32, 96, 224])
@pytest.mark.parametrize("name", models.names())
def test_totals_at_other_sizes(name: str, size: int) -> None:
    with torch.device("meta"):
        model = models.create(name)
    channels, *own = models.input_shape(name)
    # What flattens without pooling to a fixed size takes images of one size.
    if size < getattr(model, "smallest", own[0]) or (not hasattr(model, "smallest") and size != own[0]):
        with pytest.raises(ShapeError):
            summary.trace(model, (channels, size, size))
        return
    ledger = summary.trace(model, (channels, size, size))
    assert ledger.parameters == sum(p.numel() for p in model.parameters())
    assert 2 * ledger.macs == flops(model, (channels, size, size))


@pytest.mark.parametrize(
    ("build", "parameters", "field"),
    [
        (torchvision.models.resnet18, 11_689_512, 435),
        (torchvision.models.vgg11, 132_863_336, 150),
        (torchvision.models.densenet121, 7_978_856, 2071),
    ],
)
def test_branching_models(build: object, parameters: int, field: int) -> None:
    with torch.device("meta"):
        model = build(weights=None)  # type: ignore[operator]
    ledger = summary.trace(model, (3, 64, 64))
    assert ledger.parameters == parameters
    assert 2 * ledger.macs == flops(model, (3, 64, 64))
    before = [row for row in ledger.rows if row.type != "AdaptiveAvgPool2d"]
    fields = [row.receptive_field for row in before if isinstance(row.receptive_field, int)]
    # Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill 2019, up to the last pooling.
    assert field in fields and max(fields[: fields.index(field) + 1]) == field


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
    assert "not known" in str(summary.trace(Odd(), (1, 8, 8)))

    class Spectrum(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.rfft(x).abs()

    with pytest.raises(ShapeError, match="multiplications of _fft_r2c are not known"):
        summary.trace(Spectrum(), (1, 4, 4))


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


# ---- receptive fields against what reaches the output: NaN in one line of the image marks all that sees it


def sides(model: nn.Module, shape: tuple[int, ...]) -> list[int | str]:
    """Measure what the positions of a (C, H, W) output see along each axis of the image: the widest, or "all" if each sees all."""
    found: list[int | str] = []
    for axis in range(2, 4):
        lines = []
        for line in range(shape[axis - 1]):
            image = torch.zeros(1, *shape)
            image.select(axis, line).fill_(torch.nan)
            with torch.no_grad():
                output = model.eval()(image)
            seen = output.isnan()
            lines.append(seen.any(dim=1).any(dim=5 - axis - 1) if seen.dim() == 4 else seen.any(dim=1, keepdim=True))
        table = torch.cat(lines)  # (pixel, position)
        spans = [int(column.nonzero().max() - column.nonzero().min()) + 1 if column.any() else 0 for column in table.T]
        found.append("all" if min(spans) == shape[axis - 1] else max(spans))
    return found


def measured(model: nn.Module, shape: tuple[int, ...]) -> int | str:
    height, width = sides(model, shape)
    return height if height == width else f"{height}×{width}"


class Free(nn.Module):
    """A forward written as a function of the module's parts."""

    def __init__(self, forward: Callable[..., Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(parts)
        self.function = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, **self.parts)


def conv(kernel: int | tuple[int, int] = 3, **more: object) -> nn.Conv2d:
    return nn.Conv2d(2, 2, kernel, **more)  # type: ignore[arg-type]


def unequal(x: Tensor, a: nn.Module, b: nn.Module) -> Tensor:
    return torch.cat([F.interpolate(a(x), scale_factor=2.0), b(x)], dim=1)


def gated(x: Tensor, a: nn.Module, b: nn.Module) -> Tensor:
    features = a(x)
    return features * b(features.mean(dim=(2, 3), keepdim=True)).sigmoid()


def shuffled(x: Tensor, a: nn.Module) -> Tensor:
    n, c, h, w = x.shape
    return a(x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w))


def last_channel(x: Tensor, a: nn.Module, b: nn.Module) -> Tensor:
    return b(a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def tokens(x: Tensor, a: nn.Module, b: nn.Module) -> Tensor:
    y = a(x)
    return b(y.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(y.shape)


def inplace_slice(x: Tensor, a: nn.Module) -> Tensor:
    y = a(x)
    y[:, :1].add_(F.max_pool2d(y, 3, 1, 1)[:, :1])
    return y


EXACT = {
    "plain": (conv(), 3),
    "dilated": (conv(dilation=3), 7),
    "grouped": (conv(groups=2, padding=1), 3),
    "kernel not square": (conv((1, 5)), "1×5"),
    "stride not square": (nn.Sequential(conv(3, stride=(2, 1)), conv(3)), "7×5"),
    "same padding, even kernel": (nn.Sequential(conv(4, padding="same"), conv(3)), 6),
    "reflect": (nn.Sequential(conv(3, padding=1, padding_mode="reflect"), conv(3)), 5),
    "replicate": (nn.Sequential(conv(3, padding=1, padding_mode="replicate"), conv(3)), 5),
    "ceil": (nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), conv(3)), 7),
    "average": (nn.Sequential(nn.AvgPool2d(2), nn.AvgPool2d(3, 1)), 6),
    "transposed": (nn.Sequential(conv(3), nn.ConvTranspose2d(2, 2, 3, stride=2)), 4),
    "transposed with gaps": (nn.Sequential(conv(3), nn.ConvTranspose2d(2, 2, 1, stride=2)), 3),
    "transposed, then convolved": (nn.Sequential(conv(3, stride=2), nn.ConvTranspose2d(2, 2, 4, stride=2, padding=1), conv(3)), 7),
    "upsampled": (nn.Sequential(nn.Upsample(scale_factor=2), conv(3)), 2),
    "upsampled, wide": (nn.Sequential(nn.Upsample(scale_factor=3), conv(5)), 3),
    "hourglass": (nn.Sequential(conv(3, stride=2, padding=1), nn.Upsample(scale_factor=2), conv(3, padding=1)), 5),
    "pixel shuffle": (nn.Sequential(nn.Conv2d(2, 8, 3), nn.PixelShuffle(2), conv(3)), 4),
    "branches of unequal jumps": (Free(unequal, a=conv(3, stride=2, padding=1), b=conv(1)), 3),
    "even kernels on two sides": (
        Free(lambda x, a, b: torch.cat([a(F.pad(x, (1, 0, 1, 0))), b(F.pad(x, (0, 1, 0, 1)))], 1), a=conv(2), b=conv(2)),
        3,
    ),
    "gated": (Free(gated, a=conv(), b=conv(1)), "all"),
    "channels shuffled": (Free(shuffled, a=conv()), 3),
    "linear over channels": (Free(last_channel, a=conv(), b=nn.Linear(2, 3)), 3),
    "tokens": (Free(tokens, a=conv(2, stride=2), b=nn.Linear(2, 2)), 2),
    "pixels transposed": (Free(lambda x, a: a(x.transpose(2, 3)).transpose(2, 3), a=conv((1, 3))), "3×1"),
    "functions": (Free(lambda x: F.max_pool2d(F.relu(F.conv2d(x, torch.ones(1, 2, 3, 3, device=x.device))), 2)), 4),
    "cropped": (Free(lambda x, a: a(x[:, :, 2:-1, ::2]), a=conv()), "3×5"),
    "group norm": (nn.Sequential(conv(), nn.GroupNorm(1, 2)), "all"),
    "instance norm": (nn.Sequential(conv(), nn.InstanceNorm2d(2)), "all"),
    "batch norm": (nn.Sequential(conv(), nn.BatchNorm2d(2)), 3),
    "flattened": (nn.Sequential(conv(), nn.Flatten(), nn.Linear(2 * 26 * 18, 4)), "all"),
    "pooled to one": (nn.Sequential(conv(), nn.AdaptiveAvgPool2d(1)), "all"),
    "pooled to a grid": (nn.AdaptiveAvgPool2d((7, 5)), 4),
    "pooled unevenly": (nn.AdaptiveAvgPool2d((5, 3)), "7×8"),
    "pooled to more": (nn.Sequential(nn.MaxPool2d(4), nn.AdaptiveAvgPool2d((10, 10))), "8×4"),
    "global, but a border is dropped": (nn.Sequential(conv(2, stride=3), nn.AdaptiveMaxPool2d(1)), "26×all"),
    "matrix product over pixels": (Free(lambda x: x @ torch.ones(20, 4, device=x.device)), "1×all"),
    "einsum over channels": (Free(lambda x: torch.einsum("nchw,cd->ndhw", x, torch.ones(2, 5, device=x.device))), 1),
    "softmax over pixels": (Free(lambda x: x.softmax(dim=-1)), "1×all"),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", EXACT)
def test_fields_are_exact(name: str) -> None:
    model, field = EXACT[name]
    assert summary.trace(model, (2, 28, 20)).rows[-1].receptive_field == field
    assert measured(model, (2, 28, 20)) == field


@pytest.mark.parametrize(
    "model",
    [
        conv(3, padding=1, padding_mode="circular"),
        nn.Upsample(scale_factor=1.5),
        nn.Upsample(scale_factor=2, mode="bicubic"),
        nn.PixelUnshuffle(2),
        Free(lambda x: x.flip(3)),
        Free(lambda x: x.roll(2, 3)),
        Free(lambda x: x + x.transpose(2, 3)),
        Free(lambda x: torch.cat([x, x], dim=2)),
        Free(lambda x, a: F.conv2d(x, a(x[:, :, :3, :3]).expand(2, 2, 3, 3)), a=conv(1)),
        Free(inplace_slice, a=conv()),
        Free(lambda x: x.view(1, 2, 10, 2, 20)),
    ],
)
def test_fields_without_a_rule_stay_unknown(model: nn.Module) -> None:
    follower = nn.Sequential(model, nn.ReLU())
    assert summary.trace(follower, (2, 20, 20)).rows[-1].receptive_field is None


def test_bilinear_upsampling_against_gradients() -> None:
    for scale in (2, 3):
        model = nn.Sequential(nn.Upsample(scale_factor=scale, mode="bilinear"), nn.Conv2d(1, 1, 3))
        nn.init.ones_(model[1].weight)
        image = torch.zeros(1, 1, 16, 16, requires_grad=True)
        spans = []
        for place in range(6 * scale, 8 * scale):
            (gradient,) = torch.autograd.grad(model(image)[0, 0, place, 0], image)
            lines = gradient[0, 0].abs().sum(dim=1).nonzero()
            spans.append(int(lines.max() - lines.min()) + 1)
        assert summary.trace(model, (1, 16, 16)).rows[-1].receptive_field == max(spans)


@st.composite
def nets(draw: st.DrawFn) -> nn.Module:
    """Draw a small net of convolutions, poolings and upsamplings with a branch somewhere."""

    def layer(last: int, *, keep: bool = False) -> nn.Module:
        kind = draw(st.sampled_from(["conv", "conv", "max", "avg", "transposed", "up", "relu"]))
        kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
        stride = 1 if keep else (draw(st.integers(1, 3)), draw(st.integers(1, 2)))
        small = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
        if kind == "conv" or keep:
            groups = draw(st.sampled_from([1, 2]))
            dilation = draw(st.integers(1, 2))
            return nn.Conv2d(last, 4, kernel, stride, "same" if keep else small, dilation, groups, bias=draw(st.booleans()))
        if kind == "transposed":
            return nn.ConvTranspose2d(last, 4, kernel, stride, groups=draw(st.sampled_from([1, 2])))
        if kind == "max":
            return nn.MaxPool2d(kernel, stride, small, ceil_mode=draw(st.booleans()))
        if kind == "avg":
            return nn.AvgPool2d(kernel, stride, small, ceil_mode=draw(st.booleans()))
        return nn.Upsample(scale_factor=draw(st.integers(2, 3))) if kind == "up" else nn.ReLU()

    def join(x: Tensor, a: nn.Module, b: nn.Module) -> Tensor:
        return a(x) + b(x)

    front = [nn.Conv2d(2, 4, 1), *(layer(4) for _ in range(draw(st.integers(0, 3))))]
    branch = Free(join, a=layer(4, keep=True), b=layer(4, keep=True))
    return nn.Sequential(*front, branch, *(layer(4) for _ in range(draw(st.integers(0, 1)))))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(net=nets())
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_random_nets(net: nn.Module) -> None:
    shape = (2, 41, 38)
    ledger = summary.trace(net, shape)
    with torch.no_grad():
        output = net.eval()(torch.zeros(1, *shape))
    assume(min(output.shape[2:]) >= 5 and output.numel() < 150_000)
    assert ledger.rows[-1].output_shape == tuple(output.shape[1:])
    assert 2 * ledger.macs == flops(net, shape)
    assert ledger.parameters == sum(p.numel() for p in net.parameters())
    field = ledger.rows[-1].receptive_field
    assert field is not None and field != "all"
    height, width = (int(side) for side in (str(field).split("×") * 2)[:2])
    assume(max(height, width) <= 12)
    assert sides(net, shape) == [height, width]


# ---- costs of what no layer of its own does, and of what never runs


class Functional(nn.Module):
    """Weights of its own beside a layer, and functions instead of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.kernel = nn.Parameter(torch.ones(4, 2, 3, 3))
        self.matrix = nn.Parameter(torch.ones(3, 4))
        self.scale = nn.Parameter(torch.ones(4, 1, 1))
        self.twisted = nn.Parameter(torch.ones(8))
        self.idle = nn.Linear(5, 7)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(F.conv2d(x, self.kernel, padding=1, groups=1, dilation=1)) + self.conv(x) * self.scale
        y = F.max_pool2d(torch.cat([y, y], dim=1) * self.twisted.view(1, -1, 1, 1), 2)
        y = torch.einsum("nchw,oc->nohw", y[:, :4], self.matrix)
        return F.linear(y.flatten(2), torch.ones(6, 16, device=x.device))


def test_functions_and_own_parameters_are_counted() -> None:
    model = Functional()
    ledger = summary.trace(model, (2, 8, 8))
    by_name = {row.name: row for row in reversed(ledger.rows)}
    assert ledger.parameters == sum(p.numel() for p in model.parameters())
    assert 2 * ledger.macs == flops(model, (2, 8, 8))
    assert by_name["conv2d"].parameters == 72 and by_name["conv2d"].macs == 72 * 64 and by_name["conv2d"].output_shape == (4, 8, 8)
    assert by_name["einsum"].parameters == 12 and by_name["mul"].parameters == 4
    assert by_name["model"].parameters == 8, "a weight that went through a view belongs to the module"
    assert by_name["idle"].output_shape is None and by_name["idle"].parameters == 42 and "not run" in str(ledger)
    assert by_name["max_pool2d"].receptive_field == 4 and by_name["cat"].output_shape == (8, 8, 8)
    named = [row.name for row in ledger.rows]
    assert by_name["cat"].inputs == (named.index("add"),) and by_name["add"].inputs == (named.index("relu"), named.index("mul"))


def test_shared_parameters_are_counted_once() -> None:
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    model = nn.Sequential(first, second)
    assert summary.trace(model, (4,)).parameters == sum(p.numel() for p in model.parameters()) == 24


def test_transposed_convolution_and_lazy_layers() -> None:
    model = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2)
    assert 2 * summary.trace(model, (4, 5, 5)).macs == flops(model, (4, 5, 5))
    with pytest.raises(ShapeError, match="run it once"):
        summary.trace(nn.Sequential(nn.LazyLinear(3)), (4,))


PUBLISHED = {
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "densenet121": 7_978_856,
    "googlenet": 13_004_888,
    "mobilenet_v2": 3_504_872,
    "shufflenet_v2_x1_0": 2_278_604,
    "vit_b_16": 86_567_656,
}


@pytest.mark.parametrize(("name", "size"), [(name, size) for name in PUBLISHED for size in (224, 96) if (name, size) != ("vit_b_16", 96)])
def test_published_counts(name: str, size: int) -> None:
    more = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(weights=None, **more).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.empty(1, 3, size, size))
    ledger = summary.trace(model, (3, size, size))
    assert ledger.parameters == PUBLISHED[name]
    assert 2 * ledger.macs == counter.get_total_flops()
    idle = sum(row.parameters for row in ledger.rows if row.output_shape is None)
    assert idle == (sum(p.numel() for key, p in model.named_parameters() if key.startswith("aux")) if name == "googlenet" else 0)


def test_fields_of_known_nets() -> None:
    googlenet = torchvision.models.googlenet(weights=None, init_weights=False)
    rows = {row.name: row.receptive_field for row in summary.trace(googlenet, (3, 224, 224)).rows}
    assert rows["conv1.conv"] == 7 and rows["maxpool2"] == 27 and rows["inception3a.cat"] == 43, "3×3 where the paper has 5×5"
    assert rows["avgpool"] == rows["fc"] == "all"
    alexnet = summary.trace(torchvision.models.alexnet(weights=None), (3, 224, 224)).rows
    assert [row.receptive_field for row in alexnet[:13]] == [11, 11, 19, 51, 51, 67, 99, 99, 131, 131, 163, 163, 195]


def test_activations_are_the_outputs_of_all_rows() -> None:
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2))
    assert [row.activation_bytes for row in summary.trace(model, (1, 28, 28)).rows] == [4 * 6 * 24 * 24, 4 * 6 * 24 * 24, 4 * 6 * 12 * 12]


def test_collapse() -> None:
    model = torchvision.models.googlenet(weights=None, init_weights=False)
    ledger = summary.trace(model, (3, 224, 224))
    folded = ledger.collapse()
    assert (folded.parameters, folded.macs, folded.activation_bytes) == (ledger.parameters, ledger.macs, ledger.activation_bytes)
    assert [row.name for row in folded.rows[:6]] == ["conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a"]
    block = folded.rows[5]
    assert block.type == "Inception" and block.output_shape == (256, 28, 28) and block.inputs == (4,)
    assert block.parameters == sum(p.numel() for p in model.inception3a.parameters())
    assert [(row.name, row.output_shape) for row in folded.rows[-2:]] == [("aux1", None), ("aux2", None)]
    assert "inception3a.branch2" in [row.name for row in ledger.collapse(2).rows]
    twice = nn.Sequential(nn.Linear(2, 2))
    calls = summary.trace(Free(lambda x, a: a(F.relu(a(x))), a=twice), (2,)).collapse(2).rows
    assert [(row.name, row.parameters, row.macs) for row in calls] == [("parts.a", 6, 4), ("relu", 0, 0), ("parts.a", 0, 4)]
    for bad in (0, True, 1.5):
        with pytest.raises(ConfigError, match="depth"):
            ledger.collapse(bad)  # type: ignore[arg-type]


def test_identity_keeps_branches_apart() -> None:
    model = Free(lambda x, a, b: b(x) + a(x), a=conv(1), b=nn.Identity())
    rows = summary.trace(model, (2, 4, 4)).rows
    assert [(row.name, row.inputs) for row in rows] == [("parts.b", (-1,)), ("parts.a", (-1,)), ("add", (0, 1))]


@pytest.mark.parametrize(
    ("name", "depth"),
    [
        *(("lenet5", 5), ("alexnet", 8), ("vgg11", 11), ("vgg19_bn", 19), ("googlenet", 22), ("nin", 12), ("resnet34", 34)),
        *(("resnet50", 50), ("resnet20", 20), ("plain56", 56), ("densenet121", 121), ("densenet201", 201)),
    ],
)
def test_depth_is_the_number_in_the_name(name: str, depth: int) -> None:
    with torch.device("meta"):
        model = models.create(name)
    assert summary.trace(model, models.input_shape(name)).depth == depth


def test_depth_takes_the_longest_way() -> None:
    # Three layers on one branch, one on the other, and a normalisation that does not count.
    model = Free(lambda x, a, b, c, d, n: n(c(b(a(x)))) + d(x), a=conv(1), b=conv(1), c=conv(1), d=conv(1), n=nn.BatchNorm2d(2))
    assert summary.trace(model, (2, 4, 4)).depth == 3
    assert summary.trace(nn.Flatten(), (2, 4, 4)).depth == 0
