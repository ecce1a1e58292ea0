"""Look at a reader's own model on one batch and say what is wrong with it, as far as that can be told for sure.

Everything runs on a copy; model, optimizer, batch and random states are left as they were. A model without a finding may
still be a poor one: the doctor knows the illnesses below and no others.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parameter import is_lazy

from dlnotes import clinic
from dlnotes.clinic.case import page_of, repeatable
from dlnotes.errors import ConfigError, ShapeError

__all__ = ["Finding", "Report", "examine"]

Loss = Callable[[Any, Tensor], Tensor]
# Learning rate and steps of each attempt at two samples; a net of sigmoids sits on a plateau for hundreds of steps.
_SMALL, _LARGE = ((1e-3, 60), (1e-2, 400), (3e-3, 800)), ((1e-3, 60), (1e-4, 60))
_PARAMETERS = 30_000_000
"""Larger models are not asked to learn by heart: a step of theirs takes seconds."""
_FORWARD = ("E-10", "E-106", "E-98", "E-97", "E-86", "E-18", "E-11", "E-96")
_BACKWARD = ("E-92", "E-93", "E-95", "E-108", "E-91", "E-87", "E-88", "E-86", "E-11")
"""Cases that are told by the message of an exception, in the order in which they are tried."""
_RELU = ("Relu", "ClampMin", "Threshold", "Hardtanh")
_SAME_NUMBERS = ("View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Alias", "Clone", "NativeDropout")
"""Names of autograd's nodes: those of a ReLU, and those that may follow it without another computation."""
_NORMALIZATIONS = nn.modules.batchnorm._BatchNorm
_DROPOUTS = nn.modules.dropout._DropoutNd


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        case: id of the clinic's case, such as "E-12".
        evidence: the number that gave it away; the message says what it counts.
        message: what is wrong and how to mend it.
    """

    case: str
    evidence: float
    message: str

    @property
    def link(self) -> str:
        """Where the case stands on the site: "clinic/loss-heads/#softmax-before-cross-entropy"."""
        return next(f"{page_of(kind)}/#{case.slug}" for kind in clinic.kinds() if (case := clinic.kind(kind).find(self.case)))


@dataclasses.dataclass(frozen=True)
class Report:
    """What the doctor found; an empty list for a model in which nothing is known to be wrong."""

    findings: list[Finding]

    def __str__(self) -> str:
        """Return one paragraph per finding, in lines that a terminal holds."""
        if not self.findings:
            return "nothing found"
        wrap = textwrap.TextWrapper(width=78, subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)
        return "\n".join(wrap.fill(f"{finding.case}: {finding.message}") + f"\n      {finding.link}" for finding in self.findings)


def examine(
    model: nn.Module,
    batch: tuple[Tensor, Tensor],
    optimizer: torch.optim.Optimizer | None = None,
    loss: Loss | None = None,
) -> Report:
    """Examine a model before it is trained.

    Args:
        model: any module: inputs → logits (N, C).
        batch: inputs (N, …) and targets, int64 (N,), as the training loop would pass them; eight samples or more tell most.
        optimizer: the one that shall train the model. Without it, nothing is said of what it holds, nor of a model that is
            in evaluation mode as a whole.
        loss: (what the model returns, targets) → scalar. None means cross-entropy; only then are the form of outputs and
            targets, the last layer and the size of the loss judged.

    Returns:
        The findings, the most basic first. What makes the model impossible to run hides what would come after it.

    Raises:
        ShapeError: the batch is not a pair of tensors of the same length.
        ConfigError: the model cannot be copied, or has no numbers because it lies on the device "meta" with its inputs.
    """
    if len(batch) != 2 or not all(isinstance(part, Tensor) and part.dim() for part in batch) or len(batch[0]) != len(batch[1]):
        raise ShapeError("batch must be a pair (inputs, targets) of tensors with the same length, such as next(iter(loader))")
    if len(batch[0]) == 0:
        raise ShapeError("the batch is empty; give at least two samples")
    if batch[0].is_meta and all(parameter.is_meta for parameter in model.parameters()):
        raise ConfigError(
            'model and inputs lie on the device "meta" and have no numbers; use model.to_empty(device="cpu") and initialise it'
        )
    with _as_it_was(model, batch[0].device):
        return Report(list(_findings(model, batch[0], batch[1], optimizer, loss)))


@contextmanager
def _as_it_was(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Keep the random states, the reader's gradients and her buffers."""
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers() if not is_lazy(buffer)]
    for parameter, _ in gradients:
        parameter.grad = None
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []), repeatable(), torch.enable_grad():
            yield
        # A closure that is kept as an attribute goes on calling the original.
        if any(parameter.grad is not None for parameter, _ in gradients):
            raise ConfigError(
                "the model cannot be copied, and the doctor works on copies only: its forward calls the original model, "
                "as a lambda kept as an attribute does; write it as a method"
            )
    finally:
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
        for parameter, gradient in gradients:
            parameter.grad = gradient


def _findings(
    model: nn.Module, inputs: Tensor, targets: Tensor, optimizer: torch.optim.Optimizer | None, loss: Loss | None
) -> Iterator[Finding]:
    if optimizer is not None:
        yield from _held(model, optimizer)
    yield from _mode(model, with_optimizer=optimizer is not None)
    patient = _patient(model)
    if alone := _alone(patient, inputs):
        yield alone
        return
    try:
        raw = patient(inputs.clone())
    except Exception as error:
        yield _refused(error, patient, inputs)
        return
    outputs = _tensors(raw)
    if not outputs:
        yield Finding("E-18", 0, f"the model returns {type(raw).__name__} and no tensor; forward must return the logits (N, C)")
    else:
        yield from _judged(model, patient, inputs, targets, raw, outputs, loss)


def _judged(
    model: nn.Module, patient: nn.Module, inputs: Tensor, targets: Tensor, raw: Any, outputs: list[Tensor], loss: Loss | None
) -> Iterator[Finding]:
    """Judge what the model returned, and what can be learnt from it."""
    if outputs[0].device != targets.device:
        yield _places({str(outputs[0].device), str(targets.device)}, "outputs and targets", "targets = targets.to(device)")
        return
    ending: list[Finding] = []
    if loss is None:
        if bad := next(_form(outputs[0], targets), None):
            yield bad
            return
        yield from (ending := list(_ending(outputs[0])))
    try:
        cut, value = _gradients(patient, raw, outputs, targets, loss)
    except Exception as error:
        yield _told(error, _BACKWARD, "the loss cannot be computed or differentiated")
        return
    if cut:
        yield cut
    # A head that is known to be wrong explains a strange loss.
    elif loss is None and not ending and not targets.is_floating_point():
        yield from _learning(model, patient, inputs, targets, value, outputs[0].shape[1])


# ---- the copy


def _patient(model: nn.Module) -> nn.Module:
    """Return a copy in training mode, except for layers that are kept in evaluation mode on purpose."""
    memo: dict[int, Any] = {}
    for module in model.modules():
        for value in vars(module).values():
            # Results of an earlier forward, kept as plain attributes, are the one kind of tensor that Python cannot copy.
            if isinstance(value, Tensor) and not value.is_leaf:
                memo[id(value)] = value.detach().clone()
    try:
        patient = copy.deepcopy(model, memo)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConfigError(f"the model cannot be copied, and the doctor works on copies only: {error}") from error
    patient.train()
    resting = _resting(model)
    for name, module in patient.named_modules():
        module.training = name not in resting
    return patient


def _resting(model: nn.Module) -> set[str]:
    """Return the names of all modules in parts that are kept in evaluation mode on purpose: no parameter of theirs is to be trained."""
    parts = [
        name
        for name, module in model.named_modules()
        if not module.training and list(module.parameters()) and not any(parameter.requires_grad for parameter in module.parameters())
    ]
    return {name for name, _ in model.named_modules() if any(name == part or name.startswith(f"{part}.") for part in parts)}


# ---- what can be seen without running the model


def _held(model: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[Finding]:
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    wanted = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    missing = [name for name, parameter in wanted if id(parameter) not in held]
    if missing and len(missing) == len(wanted):
        yield Finding(
            "E-20",
            len(missing),
            f"the optimizer holds none of the model's {len(missing)} parameters: it was made for another model, or for this one "
            "before it was built anew; create it from model.parameters() of this very model",
        )
    elif missing:
        yield Finding(
            "E-101",
            len(missing),
            f"{len(missing)} of {len(wanted)} parameters are not in the optimizer ({_some(missing)}): they will never change; "
            "create the optimizer after the last layer is in place, or set requires_grad=False if that is meant",
        )


def _mode(model: nn.Module, *, with_optimizer: bool) -> Iterator[Finding]:
    resting = _resting(model)
    layers = {
        name: module for name, module in model.named_modules() if isinstance(module, (_DROPOUTS, _NORMALIZATIONS)) and name not in resting
    }
    astray = [name for name, module in layers.items() if module.training != model.training]
    if astray:
        yield Finding(
            "E-25",
            len(astray),
            f"{len(astray)} of {len(layers)} layers of dropout and batch normalization are in another mode than the model "
            f"({_some(astray)}); call model.train() or model.eval()",
        )
    elif with_optimizer and not model.training and layers:
        yield Finding(
            "E-25",
            len(layers),
            f"the model is in evaluation mode: its {len(layers)} layers of dropout and batch normalization will not train; "
            "call model.train() after each evaluation",
        )


def _alone(patient: nn.Module, inputs: Tensor) -> Finding | None:
    layers = [name for name, module in patient.named_modules() if isinstance(module, _NORMALIZATIONS) and module.training]
    if len(inputs) > 1 or not layers:
        return None
    return Finding(
        "E-80",
        1,
        f"the batch has 1 sample and {len(layers)} layers take statistics over it ({_some(layers)}); "
        "use larger batches and drop_last=True in the training loader",
    )


# ---- what an exception tells


def _refused(error: Exception, patient: nn.Module, inputs: Tensor) -> Finding:
    """Say why the model does not take the inputs; what the doctor does not know is raised again."""
    places = {str(tensor.device) for tensor in (*patient.parameters(), *patient.buffers())}
    if places and str(inputs.device) not in places:
        return _places(places | {str(inputs.device)}, "model and inputs", "inputs = inputs.to(device)")
    kinds = {parameter.dtype for parameter in patient.parameters() if parameter.is_floating_point()}
    if kinds and inputs.dtype not in kinds and re.search(r"dtype|scalar type|Input type|not implemented for", str(error)):
        return Finding(
            "E-86",
            inputs.element_size(),
            f"the inputs are {inputs.dtype}, {inputs.element_size()} bytes a number, and the model computes in "
            f"{', '.join(sorted(map(str, kinds)))}; convert the inputs, such as inputs.float(), and scale bytes to 0…1",
        )
    what = f"the model cannot take inputs of shape {tuple(inputs.shape)} and type {inputs.dtype}"
    return _told(error, _FORWARD, what, other="E-18" if re.search(r"shape|size|dimension|\b[1-5]D\b", str(error)) else "")


def _told(error: Exception, cases: tuple[str, ...], what: str, other: str = "") -> Finding:
    """Return the first of the cases whose message the exception has; raise the exception again if there is none."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    case = next((name for name in cases if clinic.get(name).message in text), other)
    if not case:
        error.add_note(f"{what}, and the clinic has no case of that")
        raise error
    number = re.search(r"\d+", text)
    return Finding(case, float(number[0]) if number else 0.0, f"{what}: {text}")


def _places(devices: set[str], what: str, cure: str) -> Finding:
    return Finding("E-01", len(devices), f"{what} lie on {len(devices)} devices ({', '.join(sorted(devices))}); write {cure}")


# ---- what the outputs tell


def _form(outputs: Tensor, targets: Tensor) -> Iterator[Finding]:
    smooth, types = targets.is_floating_point(), (torch.int64, torch.uint8)
    if targets.dim() == 2 and targets.shape[1] == 1 and outputs.shape != targets.shape:
        yield Finding(
            "E-19",
            targets.dim(),
            f"the targets have {targets.dim()} axes, {tuple(targets.shape)}, and should have one, ({len(targets)},); "
            "write targets.squeeze(1)",
        )
    elif len(outputs) != len(targets):
        yield Finding(
            "E-91",
            len(outputs),
            f"{len(targets)} samples came in and {len(outputs)} rows came out; flatten with x.flatten(1), never across samples",
        )
    elif (smooth and targets.shape != outputs.shape) or (not smooth and targets.dtype not in types):
        yield Finding(
            "E-87",
            targets.element_size(),
            f"the targets are {targets.dtype}; cross-entropy wants class numbers as int64: targets.long()",
        )
    elif not smooth and (outputs.dim() != targets.dim() + 1 or outputs.shape[2:] != targets.shape[1:]):
        yield Finding(
            "E-19",
            outputs.dim(),
            f"outputs {tuple(outputs.shape)} do not fit targets {tuple(targets.shape)}; "
            "cross-entropy wants logits (N, C) and class numbers (N,)",
        )
    elif not smooth:
        # -100 is the class number that cross-entropy passes over.
        numbers = [number for number in targets.unique().tolist() if number != -100 and not 0 <= number < outputs.shape[1]]
        if numbers:
            yield Finding(
                "E-88",
                numbers[-1],
                f"a target is {numbers[-1]}, the model has {outputs.shape[1]} outputs, for classes 0 to {outputs.shape[1] - 1}; "
                "number the classes from 0, or give the last layer as many outputs as there are classes",
            )


def _ending(outputs: Tensor) -> Iterator[Finding]:
    values = outputs.detach().float()
    if values.dim() != 2 or values.shape[1] < 2 or not bool((values >= 0).all()):
        return
    sums, zeros = values.sum(dim=1), float(values.eq(0).float().mean())
    if torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        yield Finding(
            "E-12",
            float(sums.mean()),
            "every row of outputs sums to 1: they are probabilities, and cross-entropy applies softmax itself; "
            f"return the logits, or the loss stays above {math.log(1 + (values.shape[1] - 1) / math.e):.2f}",
        )
    elif _ends_in_relu(outputs):
        yield Finding(
            "E-66",
            zeros,
            f"a ReLU makes the outputs: none is negative and {zeros:.0%} are exactly 0; return what the last layer gives as it is",
        )


def _ends_in_relu(outputs: Tensor) -> bool:
    """Say whether outputs come out of a ReLU directly; where an average follows it, as in NiN, they may do as logits."""
    node = outputs.grad_fn
    while node is not None and node.name().startswith(_SAME_NUMBERS):
        node = node.next_functions[0][0]
    return node is not None and node.name().startswith(_RELU)


# ---- what training tells


def _gradients(patient: nn.Module, raw: Any, outputs: list[Tensor], targets: Tensor, loss: Loss | None) -> tuple[Finding | None, float]:
    """Go backward once; return what is wrong with the gradients, and the loss of the main output."""
    if loss is not None:
        value = loss(raw, targets)
        first = value
    else:
        first = F.cross_entropy(outputs[0], targets)
        # Auxiliary heads have parameters of their own.
        value = first + sum(F.cross_entropy(output, targets) for output in outputs[1:] if output.shape == outputs[0].shape)
    number = float(first.detach()) if first.numel() == 1 else math.nan
    if value.requires_grad:
        value.backward()
    elif outputs[0].requires_grad:
        return Finding(
            "E-94", number, f"the loss {number:.3g} has no grad_fn: argmax, comparisons, .item() or no_grad cut its graph"
        ), number
    return _reached(patient), number


def _reached(patient: nn.Module) -> Finding | None:
    """Say which parameters the gradient did not reach, or reached though the model does not know them."""
    hidden = [name for name, parameter in _hidden(patient) if parameter.grad is not None]
    if hidden:
        return Finding(
            "E-151",
            len(hidden),
            f"{len(hidden)} parameters take part and are not in model.parameters() ({_some(hidden)}): no optimizer, no state_dict "
            "and no .to(device) sees them; keep layers in nn.ModuleList or nn.ModuleDict, parameters in nn.ParameterList",
        )
    named = list(patient.named_parameters())
    wanted = [(name, parameter) for name, parameter in named if parameter.requires_grad]
    without = [name for name, parameter in wanted if parameter.grad is None]
    if named and not wanted:
        return Finding("E-94", len(named), f"all {len(named)} parameters have requires_grad=False: there is nothing to train")
    if not without:
        return None
    return Finding(
        "E-89",
        len(without),
        f"{len(without)} of {len(wanted)} parameters get no gradient ({_some(without)}): forward does not use them, "
        "or .detach(), .data, .item() or torch.no_grad() cuts the graph behind them; "
        "set requires_grad=False if that is meant",
    )


def _hidden(patient: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters in plain lists, tuples and dictionaries of the model, which its own tables do not have."""
    known = {id(parameter) for parameter in patient.parameters()}
    for prefix, module in patient.named_modules():
        for name, value in vars(module).items():
            if name.startswith("_") or not isinstance(value, list | tuple | dict):
                continue
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                place = f"{prefix}.{name}[{key!r}]".lstrip(".")
                inside = item.named_parameters() if isinstance(item, nn.Module) else [("", item)] if isinstance(item, nn.Parameter) else []
                for inner, parameter in inside:
                    if id(parameter) not in known:
                        yield f"{place}.{inner}".rstrip("."), parameter


def _learning(model: nn.Module, patient: nn.Module, inputs: Tensor, targets: Tensor, first: float, num_classes: int) -> Iterator[Finding]:
    start = math.log(num_classes)
    if not first <= 3 * start + 1:
        yield Finding(
            "E-90",
            first,
            f"the first loss is {first:.3g}, and a guess among {num_classes} classes costs {start:.2f}; "
            "standardise the inputs and keep PyTorch's initialisation",
        )
        return
    try:
        left = _overfit(model, patient, inputs, targets)
    except RuntimeError as error:
        yield _told(error, ("E-93", "E-92"), "the first training step works, and a later one fails")
        return
    if left is not None:
        yield Finding(
            "E-85",
            left,
            f"two samples could not be learnt by heart: with Adam their loss never fell below {left:.2f}, "
            f"where ignoring the inputs gives {math.log(2):.2f}; "
            "look for constants among inputs and weights, or a broken forward",
        )


def _overfit(model: nn.Module, patient: nn.Module, inputs: Tensor, targets: Tensor) -> float | None:
    """Return the loss at which two samples of different classes stayed; None if they were learnt, or there are no such two."""
    other = next(
        (i for i in range(1, len(inputs)) if not torch.equal(targets[i], targets[0]) and not torch.equal(inputs[i], inputs[0])), None
    )
    # The patient has run once, so even its lazy layers know their size.
    size = sum(parameter.numel() for parameter in patient.parameters())
    able = any(parameter.requires_grad for parameter in patient.parameters())
    if other is None or not able or targets.dim() != 1 or size > _PARAMETERS:
        return None
    pair, wanted = inputs[[0, other]], targets[[0, other]]
    lazy = any(is_lazy(parameter) for parameter in model.parameters())
    best = math.inf
    for rate, steps in _SMALL if size < 5_000_000 else _LARGE:
        patient = patient if lazy else _patient(model)
        for module in patient.modules():
            if isinstance(module, _DROPOUTS):
                module.eval()
        optimizer = torch.optim.Adam([parameter for parameter in patient.parameters() if parameter.requires_grad], lr=rate)
        for _ in range(steps):
            optimizer.zero_grad()
            value = F.cross_entropy(_tensors(patient(pair.clone()))[0], wanted)
            best = min(best, float(value.detach()))
            # Half of what two classes cost without a look at the inputs.
            if best < math.log(2) / 2:
                return None
            value.backward()
            optimizer.step()
    return best


def _tensors(outputs: Any) -> list[Tensor]:
    """Return the tensors that a model returned: one, or the main one and those of auxiliary heads."""
    if isinstance(outputs, Tensor):
        return [outputs]
    if isinstance(outputs, dict):
        main = next((outputs[key] for key in ("logits", "out") if key in outputs), None)
        outputs = ([] if main is None else [main]) + [value for value in outputs.values() if value is not main]
    values = outputs if isinstance(outputs, list | tuple) else []
    return [value for value in values if isinstance(value, Tensor)]


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
