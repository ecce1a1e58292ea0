"""The doctor finds every fault it claims to know, is silent on what is sound, and leaves everything as it was."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes import clinic, models
from dlnotes.clinic import autograd, batch_norm, bookkeeping, loss_heads, optimizers, python, shapes
from dlnotes.errors import ConfigError, ShapeError

ROOT = Path(__file__).resolve().parents[2]
LABELS = torch.arange(8) % 3


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def batch(*shape: int) -> tuple[Tensor, Tensor]:
    return torch.randn(8, *shape), LABELS


def found(*args: Any, **options: Any) -> list[str]:
    return [finding.case for finding in clinic.examine(*args, **options).findings]


class Through(nn.Module):
    """A network whose features go through a function before the last layer."""

    def __init__(self, function: Callable[..., Any], features: int, last: int) -> None:
        super().__init__()
        self.first, self.function, self.last = nn.Conv2d(1, features, 1), function, nn.Linear(last, 3)

    def forward(self, inputs: Tensor) -> Any:
        return self.last(self.function(self.first(inputs)))


class Shortcut(nn.Module):
    def __init__(self, shortcut: Callable[..., nn.Module]) -> None:
        super().__init__()
        self.path, self.shortcut = nn.Conv2d(8, 8, 3, stride=2, padding=1), shortcut(8, 8, 2)
        self.last = nn.Sequential(nn.Flatten(), nn.Linear(32, 3))

    def forward(self, inputs: Tensor) -> Any:
        return self.last(self.path(inputs) + self.shortcut(inputs))


def linear() -> nn.Module:
    return nn.Linear(4, 3)


def moved(version: str) -> tuple[Any, ...]:
    # On the meta device a layer has a place and no numbers, so it stands for one on a GPU.
    return linear().to("meta" if version == "broken" else "cpu"), batch(4)


def two_nets(version: str) -> tuple[Any, ...]:
    """One optimizer for the net that is trained, and one that was made for another."""
    net = linear()
    return net, batch(4), _pick(optimizers, "another", version)(linear(), net)


def replaced(version: str) -> tuple[Any, ...]:
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 10))
    make = clinic.get("E-101")
    return model, batch(4), (make.broken if version == "broken" else make.fixed)(model)  # type: ignore[operator]


def left_in_evaluation(version: str) -> tuple[Any, ...]:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))
    model.train(version == "fixed")
    return model, batch(4), torch.optim.SGD(model.parameters(), lr=0.1)


def half_in_evaluation(version: str) -> tuple[Any, ...]:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    model[1].train(version == "fixed")
    return model, batch(4)


def short_batch(version: str) -> tuple[Any, ...]:
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    batches = (batch_norm.one_sample_broken if version == "broken" else batch_norm.one_sample_fixed)(torch.randn(9, 3))
    inputs = list(batches)[-1]
    return model, (inputs, LABELS[: len(inputs)])


def _pick(module: Any, stem: str, version: str) -> Any:
    return getattr(module, f"{stem}_{version}")


FAULTS: dict[str, Callable[[str], tuple[Any, ...]]] = {
    "E-01": moved,
    "E-10": lambda v: (
        (shapes.BlockBroken if v == "broken" else shapes.BlockFixed)(),
        (torch.randn(2, 1, 8, 8), torch.zeros(2, 4, 4, dtype=torch.int64)),
    ),
    "E-11": lambda v: (Shortcut(_pick(shapes, "shortcut", v)), batch(8, 4, 4)),
    "E-12": lambda v: (_pick(loss_heads, "softmax", v)(linear()), batch(4)),
    "E-18": lambda v: (_pick(shapes, "flatten", v)(), batch(1, 28, 28)),
    "E-19": lambda v: (linear(), (torch.randn(8, 4), LABELS[:, None] if v == "broken" else LABELS)),
    "E-20": two_nets,
    "E-25": left_in_evaluation,
    "E-66": lambda v: (_pick(loss_heads, "relu", v)(linear()), batch(4)),
    "E-80": short_batch,
    "E-85": lambda v: (_pick(bookkeeping, "zeros", v)(nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))), batch(4)),
    "E-86": lambda v: (linear(), (_pick(shapes, "double", v)(np.random.default_rng(0).normal(size=(8, 4))), LABELS)),
    "E-87": lambda v: (linear(), (torch.randn(8, 4), _pick(shapes, "label_type", v)([float(label) for label in LABELS]))),
    "E-88": lambda v: (linear(), (torch.randn(8, 4), _pick(shapes, "range", v)(LABELS + 1))),
    "E-89": lambda v: ((autograd.GradientCut if v == "broken" else autograd.GradientWhole)(), batch(4)),
    "E-90": lambda v: (nn.Sequential(*(_pick(loss_heads, "first_loss", v)(nn.Linear(128, 128)) for _ in range(2))), batch(128)),
    "E-91": lambda v: (Through(_pick(shapes, "across", v), 16, 256 if v == "broken" else 512), batch(1, 4, 8)),
    "E-92": lambda v: (linear(), batch(4), None, lambda outputs, targets: _pick(autograd, "in_place", v)(outputs)),
    "E-94": lambda v: (linear(), batch(4), None, _pick(autograd, "graph", v)),
    "E-95": lambda v: (linear(), batch(4), None, lambda x, y: F.cross_entropy(x, y, reduction="none" if v == "broken" else "mean")),
    "E-97": lambda v: (Through(lambda x: (torch.from_numpy(x.numpy()) if v == "broken" else x).flatten(1), 2, 32), batch(1, 4, 4)),
    "E-98": lambda v: (Through(_pick(shapes, "view", v), 2, 32), batch(1, 4, 4)),
    "E-101": replaced,
    "E-106": lambda v: (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3)),
        (_pick(shapes, "channels", v)(np.random.default_rng(0).integers(0, 255, (8, 8, 8, 3), np.uint8)), LABELS),
    ),
    "E-151": lambda v: (nn.Sequential(nn.Linear(4, 4), (python.ListBroken if v == "broken" else python.ListFixed)()), batch(4)),
    "E-108": lambda v: (
        nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)),
        (5 * torch.randn(8, 4), (LABELS == 1).float()),
        None,
        _pick(loss_heads, "binary", v),
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_every_seeded_fault_is_found_and_mended_it_is_not(case: str) -> None:
    assert found(*FAULTS[case]("broken")) == [case]
    assert found(*FAULTS[case]("fixed")) == []


@pytest.mark.parametrize("case", FAULTS)
def test_a_finding_has_a_number_a_message_and_a_link_to_its_case(case: str) -> None:
    report = clinic.examine(*FAULTS[case]("broken"))
    (finding,) = report.findings
    assert isinstance(finding.evidence, int | float) and len(finding.message) > 30
    page, _, anchor = finding.link.partition("/#")
    assert f"{{ #{anchor} }}" in (ROOT / "docs" / f"{page}.py").read_text("utf-8")
    assert finding.case in str(report) and finding.link in str(report) and finding.message in " ".join(str(report).split())


def test_the_evidence_is_what_was_measured() -> None:
    def evidence(case: str) -> float:
        return clinic.examine(*FAULTS[case]("broken")).findings[0].evidence

    assert evidence("E-12") == pytest.approx(1) and 0 < evidence("E-66") < 1
    assert (evidence("E-20"), evidence("E-101"), evidence("E-89")) == (2, 2, 2)
    assert evidence("E-88") == 3 and evidence("E-86") == 8 and evidence("E-80") == 1
    assert evidence("E-90") > 2 * 4.85 and evidence("E-85") > 0.6 and evidence("E-91") == 16
    assert str(clinic.examine(linear(), batch(4))) == "nothing found"


def test_a_layer_in_another_mode_than_its_model() -> None:
    assert found(*half_in_evaluation("broken")) == ["E-25"] and found(*half_in_evaluation("fixed")) == []


def test_one_optimizer_for_two_parts_of_a_model() -> None:
    for version, cases in ((optimizers.one_net_broken, ["E-101"]), (optimizers.one_net_fixed, [])):
        encoder, decoder = nn.Linear(4, 8), nn.Linear(8, 3)
        assert found(nn.Sequential(encoder, nn.ReLU(), decoder), batch(4), version(encoder, decoder)) == cases


def test_what_a_list_hides_counts_only_if_it_takes_part() -> None:
    class Student(nn.Linear):
        """Keep a teacher out of its own parameters, as is done on purpose."""

        def __init__(self) -> None:
            super().__init__(4, 3)
            self.teacher = [linear()]

        def forward(self, inputs: Tensor) -> Tensor:
            with torch.no_grad():
                hint = self.teacher[0](inputs)
            return super().forward(inputs) + 0 * hint

    assert found(Student(), batch(4)) == []
    assert found(python.ListBroken(), batch(4)) == ["E-151"]


# ---- no false alarm


SIDES = {"alexnet": 64, "vgg": 32, "nin": 64, "googlenet": 64, "resnet": 48, "preact": 48, "densenet": 48}


def _images(name: str, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Images as small as the family takes, for the nets that are made for 224×224."""
    side = next(side for family, side in SIDES.items() if name.startswith(family)) if shape[-1] == 224 else shape[-1]
    return torch.randn(4, shape[0], side, side), torch.arange(4)


OWN = [
    pytest.param(name, marks=[pytest.mark.slow] if models.input_shape(name)[-1] == 224 and name not in ("resnet18", "densenet121") else [])
    for name in models.names()
]
TORCHVISION = ("alexnet", "vgg11", "resnet18", "densenet121", "googlenet")
TORCHVISION_SLOW = (
    *("vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"),
    *("resnet34", "resnet50", "resnet101", "resnet152", "densenet161", "densenet169", "densenet201"),
)


@pytest.mark.parametrize("name", OWN)
def test_no_alarm_on_the_models_of_the_package(name: str) -> None:
    model = models.create(name)
    report = clinic.examine(model, _images(name, models.input_shape(name)), torch.optim.SGD(model.parameters(), lr=0.1))
    assert report.findings == []


@pytest.mark.parametrize("name", [*TORCHVISION, *(pytest.param(name, marks=pytest.mark.slow) for name in TORCHVISION_SLOW)])
def test_no_alarm_on_torchvision(name: str) -> None:
    options = {"init_weights": True} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(num_classes=10, **options)
    report = clinic.examine(model, _images(name, (3, 224, 224)), torch.optim.SGD(model.parameters(), lr=0.1))
    assert report.findings == []


def test_no_alarm_on_unusual_but_sound_models() -> None:
    frozen = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    frozen[1].eval().requires_grad_(False)
    optimizer = torch.optim.SGD((parameter for parameter in frozen.parameters() if parameter.requires_grad), lr=0.1)
    assert found(frozen, batch(4), optimizer) == []
    assert found(frozen, (torch.randn(1, 4), LABELS[:1])) == []
    backbone = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout()).eval().requires_grad_(False)
    head = nn.Linear(8, 3)
    assert found(nn.Sequential(backbone, head), batch(4), torch.optim.SGD(head.parameters(), lr=0.1)) == []

    assert found(nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(3)), batch(4)) == []
    assert found(nn.Sequential(nn.Embedding(20, 8), nn.Flatten(), nn.Linear(40, 3)), (torch.randint(20, (8, 5)), LABELS)) == []
    zero_head = nn.Linear(4, 3)
    nn.init.zeros_(zero_head.weight)
    nn.init.zeros_(zero_head.bias)
    assert found(zero_head, batch(4)) == []

    segmentation, maps = nn.Conv2d(1, 3, 1), torch.randint(3, (8, 5, 5))
    maps[0, 0, 0] = -100
    assert found(segmentation, (torch.randn(8, 1, 5, 5), maps)) == []
    assert found(linear(), (torch.randn(8, 4), torch.full((8, 3), 1 / 3))) == []
    assert found(linear(), (torch.randn(8, 4), LABELS.byte())) == []


def test_a_model_may_convert_and_return_as_it_likes() -> None:
    class Converting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.helper = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, inputs: Tensor) -> dict[str, Tensor]:
            inputs = inputs.float() / 255
            return {"loss": inputs.mean(), "auxiliary": self.helper(inputs), "logits": self.body(inputs)}

    assert found(Converting(), (torch.randint(256, (8, 4), dtype=torch.uint8), LABELS)) == []


# ---- what else it can tell


def test_targets_that_do_not_fit() -> None:
    outputs = torch.randn(8, 4)
    assert found(linear(), (outputs, F.one_hot(LABELS))) == ["E-19"]
    assert found(linear(), (outputs, LABELS.int())) == ["E-87"]
    assert found(linear(), (outputs, LABELS - 1)) == ["E-88"]
    assert found(nn.Conv2d(1, 3, 3), (torch.randn(8, 1, 5, 5), torch.randint(3, (8, 5, 5)))) == ["E-19"]
    assert found(nn.Sequential(nn.Linear(4, 1), nn.Flatten(0)), (outputs, LABELS)) == ["E-19"]
    assert found(linear(), (outputs, LABELS.to("meta"))) == ["E-01"]


def test_shapes_without_a_case_of_their_own_are_told_as_shapes() -> None:
    report = clinic.examine(nn.Conv2d(1, 3, 5), (torch.randn(8, 1, 3, 3), LABELS))
    assert [finding.case for finding in report.findings] == ["E-18"] and "Kernel size" in report.findings[0].message
    assert found(nn.LSTM(4, 3), (torch.randn(8, 2, 2, 4), LABELS)) == ["E-18"]
    nothing = nn.Identity()
    nothing.forward = lambda inputs: None  # type: ignore[assignment, method-assign]
    assert found(nothing, batch(4)) == ["E-18"]


def test_nothing_to_train() -> None:
    assert found(linear().requires_grad_(False), batch(4)) == ["E-94"]
    assert found(nn.Identity(), batch(3)) == []


def test_a_large_first_loss_hides_no_other_and_is_not_judged_for_a_loss_of_ones_own() -> None:
    inputs, targets = 1000 * torch.randn(8, 4), LABELS
    assert found(linear(), (inputs, targets)) == ["E-90"]
    assert found(linear(), (inputs, targets), loss=F.cross_entropy) == []
    softmax = nn.Sequential(linear(), nn.Softmax(dim=1))
    assert found(softmax, batch(4), loss=lambda outputs, targets: F.nll_loss(outputs.log(), targets)) == []


def test_several_findings_come_in_order() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3), nn.Softmax(dim=1)).eval()
    optimizer = torch.optim.SGD(linear().parameters(), lr=0.1)
    assert found(model, batch(4), optimizer) == ["E-20", "E-25", "E-12"]


# ---- everything stays as it was


def test_model_optimizer_batch_and_random_states_are_left_alone() -> None:
    # The first layer works in place, the second keeps statistics, the third draws random numbers.
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    F.cross_entropy(model(torch.randn(8, 4)), LABELS).backward()
    optimizer.step()
    inputs, targets = batch(4)
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict(), inputs, targets))
    gradients = [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]
    numbers = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[union-attr, index]
    for training in (True, False):
        model.train(training)
        clinic.examine(model, (inputs, targets), optimizer)
        assert all(module.training is training for module in model.modules())
    torch.testing.assert_close((model.state_dict(), optimizer.state_dict(), inputs, targets), before, rtol=0, atol=0)
    torch.testing.assert_close([parameter.grad for parameter in model.parameters()], gradients, rtol=0, atol=0)
    assert random.getstate() == numbers[0]
    assert np.random.get_state()[1].tolist() == numbers[1]  # type: ignore[union-attr, index]
    assert torch.equal(torch.get_rng_state(), numbers[2]) and torch.is_grad_enabled()


def test_the_same_report_every_time_and_under_no_grad() -> None:
    # Dropout decides which outputs are 0.
    model, inputs = nn.Sequential(nn.Linear(4, 32), nn.Dropout(), nn.Linear(32, 3), nn.ReLU()), batch(4)
    first = clinic.examine(model, inputs)
    assert [finding.case for finding in first.findings] == ["E-66"]
    torch.manual_seed(7)
    with torch.no_grad():
        assert clinic.examine(model, inputs) == first


def test_a_model_that_keeps_results_of_an_earlier_forward_is_copied() -> None:
    class Keeping(nn.Linear):
        def forward(self, inputs: Tensor) -> Tensor:
            self.seen = super().forward(inputs)
            return self.seen

    model = Keeping(4, 3)
    kept = model(torch.randn(8, 4))
    assert found(model, batch(4)) == [] and model.seen is kept


def test_a_model_that_carries_its_graph_into_the_next_step() -> None:
    model = nn.Sequential(nn.Linear(4, 4), batch_norm.PlainStatistics(4), nn.Linear(4, 3))
    assert found(model, batch(4)) == ["E-93"]


# ---- what it cannot take


def test_the_batch_is_checked() -> None:
    for wrong in ((torch.randn(8, 4), torch.zeros(7)), (torch.randn(8, 4), 3), (torch.randn(8, 4), LABELS, LABELS)):
        with pytest.raises(ShapeError, match="pair"):
            clinic.examine(linear(), wrong)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="empty"):
        clinic.examine(linear(), (torch.randn(0, 4), LABELS[:0]))


def test_a_model_without_numbers_or_that_cannot_be_copied() -> None:
    with pytest.raises(ConfigError, match="to_empty"):
        clinic.examine(linear().to("meta"), (torch.randn(8, 4, device="meta"), LABELS))
    with pytest.raises(ConfigError, match="dummy batch"):
        clinic.examine(nn.Sequential(nn.LazyBatchNorm1d(), nn.Linear(4, 3)), batch(4))
    locked = linear()
    locked.generator = (number for number in range(3))  # type: ignore[assignment]
    with pytest.raises(ConfigError, match="cannot be copied"):
        clinic.examine(locked, batch(4))


def test_a_model_whose_copy_calls_the_original_is_refused_and_left_alone() -> None:
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3))
    forward = model.forward
    model.forward = lambda inputs: forward(inputs)  # type: ignore[method-assign, assignment]
    with pytest.raises(ConfigError, match="calls the original"):
        clinic.examine(model, batch(4))
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(model.state_dict()["0.running_mean"], torch.zeros(4))
    model.forward = forward  # type: ignore[method-assign]
    assert found(model, batch(4)) == []


def test_an_exception_that_the_clinic_does_not_know_comes_through_with_a_note() -> None:
    class Strange(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            raise KeyError("weights of the second branch")

    with pytest.raises(KeyError) as caught:
        clinic.examine(Strange(), batch(4))
    assert "the clinic has no case of that" in caught.value.__notes__[0]
