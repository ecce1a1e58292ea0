"""Gradients and saved weights: the error messages of today's PyTorch, as they are printed, and what is wrong without one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES"]


# --8<-- [start:in-place-modification-broken]
def in_place_broken(x: Tensor) -> Tensor:
    """Change the result of exp, which is its own derivative."""
    y = x.exp()
    y += 1
    return y.sum()


# --8<-- [end:in-place-modification-broken]


# --8<-- [start:in-place-modification-fixed]
def in_place_fixed(x: Tensor) -> Tensor:
    """Make a new tensor; the old one is still there for backward."""
    y = x.exp()
    y = y + 1
    return y.sum()


# --8<-- [end:in-place-modification-fixed]


def in_place_symptom(version: Callable[[Tensor], Tensor]) -> str:
    """Return what backward raises."""
    return attempt(lambda: version(torch.ones(3, requires_grad=True)).backward())


# --8<-- [start:in-place-modification-check]
def in_place_check(function: Callable[[Tensor], Tensor]) -> None:
    """The gradient is that of a difference quotient."""
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(function, x)


# --8<-- [end:in-place-modification-check]


# --8<-- [start:backward-twice-broken]
def twice_broken(weight: Tensor, inputs: Tensor) -> None:
    """Compute the features once, then go backward in every step."""
    features = (weight * inputs).exp()
    for _ in range(2):
        features.sum().backward()


# --8<-- [end:backward-twice-broken]


# --8<-- [start:backward-twice-fixed]
def twice_fixed(weight: Tensor, inputs: Tensor) -> None:
    """A new graph for every backward."""
    for _ in range(2):
        features = (weight * inputs).exp()
        features.sum().backward()


# --8<-- [end:backward-twice-fixed]


def twice_symptom(version: Callable[[Tensor, Tensor], None]) -> str:
    """Return what the second step raises."""
    return attempt(version, torch.ones(3, requires_grad=True), torch.ones(3))


# --8<-- [start:backward-twice-check]
def twice_check(steps: Callable[[Tensor, Tensor], None]) -> None:
    """Two steps leave twice the gradient of one."""
    weight = torch.zeros(3, requires_grad=True)
    steps(weight, torch.ones(3))
    assert weight.grad is not None and weight.grad.tolist() == [2, 2, 2]


# --8<-- [end:backward-twice-check]


# --8<-- [start:parameter-without-gradient-broken]
class GradientCut(nn.Module):
    """Cut the graph between the two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, inputs: Tensor) -> Tensor:
        """Take the features' values without their history."""
        features = self.body(inputs).relu().detach()
        return torch.as_tensor(self.head(features))


# --8<-- [end:parameter-without-gradient-broken]


# --8<-- [start:parameter-without-gradient-fixed]
class GradientWhole(GradientCut):
    """Leave the history where it is."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Hand the features on as they are."""
        features = self.body(inputs).relu()
        return torch.as_tensor(self.head(features))


# --8<-- [end:parameter-without-gradient-fixed]


def cut_symptom(version: Callable[[], nn.Module]) -> float:
    """Return how many parameters have no gradient after backward."""
    model = version()
    model(torch.randn(5, 4)).sum().backward()
    return float(sum(parameter.grad is None for parameter in model.parameters()))


# --8<-- [start:parameter-without-gradient-check]
def cut_check(build: Callable[[], nn.Module]) -> None:
    """Every parameter gets a gradient."""
    model = build()
    model(torch.randn(5, 4)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


# --8<-- [end:parameter-without-gradient-check]


# --8<-- [start:loss-without-graph-broken]
def graph_broken(logits: Tensor, targets: Tensor) -> Tensor:
    """Count the errors: argmax has no gradient."""
    wrong = logits.argmax(dim=1) != targets
    return wrong.float().mean()


# --8<-- [end:loss-without-graph-broken]


# --8<-- [start:loss-without-graph-fixed]
def graph_fixed(logits: Tensor, targets: Tensor) -> Tensor:
    """Learn from a smooth loss, report the errors beside it."""
    return F.cross_entropy(logits, targets)


# --8<-- [end:loss-without-graph-fixed]


def graph_symptom(version: Callable[[Tensor, Tensor], Tensor]) -> str:
    """Return what backward raises."""
    logits = torch.randn(4, 3, requires_grad=True)
    return attempt(lambda: version(logits, torch.zeros(4, dtype=torch.int64)).backward())


# --8<-- [start:loss-without-graph-check]
def graph_check(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """A loss knows how it was computed."""
    logits = torch.randn(4, 3, requires_grad=True)
    assert loss(logits, torch.zeros(4, dtype=torch.int64)).grad_fn is not None


# --8<-- [end:loss-without-graph-check]


# --8<-- [start:backward-of-many-broken]
def scalar_broken(logits: Tensor, targets: Tensor) -> None:
    """One loss per sample: which of them shall fall?"""
    F.cross_entropy(logits, targets, reduction="none").backward()


# --8<-- [end:backward-of-many-broken]


# --8<-- [start:backward-of-many-fixed]
def scalar_fixed(logits: Tensor, targets: Tensor) -> None:
    """Their mean is one number."""
    F.cross_entropy(logits, targets, reduction="none").mean().backward()


# --8<-- [end:backward-of-many-fixed]


def scalar_symptom(version: Callable[[Tensor, Tensor], None]) -> str:
    """Return what backward raises."""
    return attempt(version, torch.randn(4, 3, requires_grad=True), torch.zeros(4, dtype=torch.int64))


# --8<-- [start:backward-of-many-check]
def scalar_check(step: Callable[[Tensor, Tensor], None]) -> None:
    """A step leaves a gradient."""
    logits = torch.randn(4, 3, requires_grad=True)
    step(logits, torch.zeros(4, dtype=torch.int64))
    assert logits.grad is not None


# --8<-- [end:backward-of-many-check]


# --8<-- [start:update-of-a-leaf-broken]
def leaf_broken(weight: Any) -> None:
    """Update while autograd is watching."""
    weight.square().sum().backward()
    weight -= 0.1 * weight.grad


# --8<-- [end:update-of-a-leaf-broken]


# --8<-- [start:update-of-a-leaf-fixed]
def leaf_fixed(weight: Any) -> None:
    """An update is no part of the function to differentiate."""
    weight.square().sum().backward()
    with torch.no_grad():
        weight -= 0.1 * weight.grad


# --8<-- [end:update-of-a-leaf-fixed]


def leaf_symptom(version: Callable[[Tensor], None]) -> str:
    """Return what the update raises."""
    return attempt(version, torch.ones(3, requires_grad=True))


# --8<-- [start:update-of-a-leaf-check]
def leaf_check(step: Callable[[Tensor], None]) -> None:
    """The same object holds the new values: 1 - 0.1 · 2 = 0.8."""
    weight = torch.ones(3, requires_grad=True)
    step(weight)
    assert torch.allclose(weight, torch.full((3,), 0.8))


# --8<-- [end:update-of-a-leaf-check]


# --8<-- [start:numpy-of-a-gradient-broken]
def numpy_broken(outputs: Tensor) -> Any:
    """NumPy would lose the history without a word."""
    return outputs.numpy()


# --8<-- [end:numpy-of-a-gradient-broken]


# --8<-- [start:numpy-of-a-gradient-fixed]
def numpy_fixed(outputs: Tensor) -> Any:
    """Say that the history may go, and leave the GPU."""
    return outputs.detach().cpu().numpy()


# --8<-- [end:numpy-of-a-gradient-fixed]


def numpy_symptom(version: Callable[[Tensor], Any]) -> str:
    """Return what the conversion raises."""
    return attempt(version, nn.Linear(2, 2)(torch.ones(1, 2)))


# --8<-- [start:numpy-of-a-gradient-check]
def numpy_check(convert: Callable[[Tensor], Any]) -> None:
    """Outputs of a model become an array."""
    assert isinstance(convert(nn.Linear(2, 2)(torch.ones(1, 2))), np.ndarray)


# --8<-- [end:numpy-of-a-gradient-check]


# --8<-- [start:keys-with-module-broken]
def keys_broken(model: nn.Module) -> dict[str, Tensor]:
    """Save the wrapper, and its name with every key."""
    wrapped = nn.DataParallel(model)
    return wrapped.state_dict()


# --8<-- [end:keys-with-module-broken]


# --8<-- [start:keys-with-module-fixed]
def keys_fixed(model: nn.Module) -> dict[str, Tensor]:
    """Save the model inside."""
    wrapped = nn.DataParallel(model)
    return wrapped.module.state_dict()


# --8<-- [end:keys-with-module-fixed]


def keys_symptom(version: Callable[[nn.Module], dict[str, Tensor]]) -> str:
    """Return what loading raises."""
    return attempt(nn.Linear(2, 2).load_state_dict, version(nn.Linear(2, 2)))


# --8<-- [start:keys-with-module-check]
def keys_check(state: Callable[[nn.Module], dict[str, Tensor]]) -> None:
    """The saved keys are those of the bare model."""
    model = nn.Linear(2, 2)
    assert list(state(model)) == list(model.state_dict())


# --8<-- [end:keys-with-module-check]


# --8<-- [start:whole-model-in-a-file-broken]
def whole_broken(model: nn.Module, file: io.BytesIO) -> None:
    """Pickle the object, code paths and all."""
    torch.save(model, file)


# --8<-- [end:whole-model-in-a-file-broken]


# --8<-- [start:whole-model-in-a-file-fixed]
def whole_fixed(model: nn.Module, file: io.BytesIO) -> None:
    """Save tensors by name; the code stays in the code."""
    torch.save(model.state_dict(), file)


# --8<-- [end:whole-model-in-a-file-fixed]


def whole_symptom(version: Callable[[nn.Module, io.BytesIO], None]) -> str:
    """Return what loading raises."""
    file = io.BytesIO()
    version(nn.Linear(2, 2), file)
    file.seek(0)
    return attempt(torch.load, file)


# --8<-- [start:whole-model-in-a-file-check]
def whole_check(save: Callable[[nn.Module, io.BytesIO], None]) -> None:
    """What was saved loads with the safe default."""
    model, file = nn.Linear(2, 2), io.BytesIO()
    save(model, file)
    file.seek(0)
    nn.Linear(2, 2).load_state_dict(torch.load(file))


# --8<-- [end:whole-model-in-a-file-check]


# --8<-- [start:weights-that-are-no-leaf-broken]
def own_weights_broken(inputs: int, outputs: int) -> Tensor:
    """Ask for a gradient, then scale: the product is a new tensor."""
    return torch.randn(inputs, outputs, requires_grad=True) * 0.01


# --8<-- [end:weights-that-are-no-leaf-broken]


# --8<-- [start:weights-that-are-no-leaf-fixed]
def own_weights_fixed(inputs: int, outputs: int) -> Tensor:
    """Scale, and move if need be; ask for a gradient last."""
    return (torch.randn(inputs, outputs) * 0.01).requires_grad_()


# --8<-- [end:weights-that-are-no-leaf-fixed]


def own_weights_symptom(version: Callable[[int, int], Tensor]) -> str:
    """Return what the optimizer says."""
    return attempt(torch.optim.SGD, [version(4, 3)], lr=0.1)


# --8<-- [start:weights-that-are-no-leaf-check]
def own_weights_check(make: Callable[[int, int], Tensor]) -> None:
    """After backward, the gradient is where an optimizer looks for it."""
    weights = make(4, 3)
    weights.sum().backward()
    assert weights.is_leaf and weights.grad is not None


# --8<-- [end:weights-that-are-no-leaf-check]


CASES = (
    Case(
        "E-92",
        "in-place-modification",
        title=("反向传播需要的值，已经就地改掉了", "A value that backward needs was changed in place"),
        seen=(
            "报错 one of the variables needed for gradient computation has been modified by an inplace operation",
            "error: one of the variables needed for gradient computation has been modified by an inplace operation",
        ),
        where=("`+=`、`x[...] = `、带下划线的方法", "`+=`, `x[...] = `, methods that end in an underscore"),
        broken=in_place_broken,
        fixed=in_place_fixed,
        symptom=in_place_symptom,
        sign="has been modified by an inplace operation",
        check=in_place_check,
    ),
    Case(
        "E-93",
        "backward-twice",
        title=("对同一张计算图反向两次", "Backward twice through the same graph"),
        seen=(
            "报错 Trying to backward through the graph a second time",
            "error: trying to backward through the graph a second time",
        ),
        where=(
            "循环之外算过一次的中间结果、循环网络的隐状态",
            "a result computed once outside the loop, the hidden state of a recurrent net",
        ),
        broken=twice_broken,
        fixed=twice_fixed,
        symptom=twice_symptom,
        sign="Trying to backward through the graph a second time",
        check=twice_check,
    ),
    Case(
        "E-89",
        "parameter-without-gradient",
        title=("参数没有梯度：计算图断了", "Parameters without a gradient: the graph is cut"),
        seen=(
            "有的参数 grad 是 None，前面几层不学习",
            "grad is None for some parameters, the first layers do not learn",
        ),
        where=(
            "forward 里的 .detach()、.data、.numpy()，或者没有用到的层",
            ".detach(), .data or .numpy() in forward, or a layer that is never used",
        ),
        broken=GradientCut,
        fixed=GradientWhole,
        symptom=cut_symptom,
        sign=Apart(broken=1, fixed=0),
        check=cut_check,
    ),
    Case(
        "E-94",
        "loss-without-graph",
        title=("损失没有 grad_fn", "The loss has no grad_fn"),
        seen=(
            "报错 element 0 of tensors does not require grad and does not have a grad_fn",
            "error: element 0 of tensors does not require grad and does not have a grad_fn",
        ),
        where=(
            "no_grad 里训练、用 argmax 或 .item() 算损失",
            "training under no_grad, a loss made of argmax or .item()",
        ),
        broken=graph_broken,
        fixed=graph_fixed,
        symptom=graph_symptom,
        sign="does not require grad and does not have a grad_fn",
        check=graph_check,
    ),
    Case(
        "E-95",
        "backward-of-many",
        title=("反向传播的起点不是一个数", "Backward from more than one number"),
        seen=(
            "报错 grad can be implicitly created only for scalar outputs",
            "error: grad can be implicitly created only for scalar outputs",
        ),
        where=('reduction="none" 的损失、忘了求平均', 'a loss with reduction="none", a forgotten mean'),
        broken=scalar_broken,
        fixed=scalar_fixed,
        symptom=scalar_symptom,
        sign="grad can be implicitly created only for scalar outputs",
        check=scalar_check,
    ),
    Case(
        "E-96",
        "update-of-a-leaf",
        title=("手写梯度下降，参数不让就地改", "Gradient descent by hand: a leaf refuses to be changed"),
        seen=(
            "报错 a leaf Variable that requires grad is being used in an in-place operation",
            "error: a leaf Variable that requires grad is being used in an in-place operation",
        ),
        where=("不用优化器，自己更新参数", "updating parameters without an optimizer"),
        broken=leaf_broken,
        fixed=leaf_fixed,
        symptom=leaf_symptom,
        sign="is being used in an in-place operation",
        check=leaf_check,
    ),
    Case(
        "E-109",
        "weights-that-are-no-leaf",
        title=("自己造的权重，优化器不收", "Weights of your own that no optimizer takes"),
        seen=(
            "报错 can't optimize a non-leaf Tensor，或警告 The .grad attribute of a Tensor that is not a leaf Tensor is being accessed",
            "error: can't optimize a non-leaf Tensor; warning: the .grad attribute of a Tensor that is not a leaf Tensor is being accessed",
        ),
        where=("不用 nn.Module，自己造参数；先要梯度再 .to(device)", "parameters without nn.Module; .to(device) after requires_grad=True"),
        broken=own_weights_broken,
        fixed=own_weights_fixed,
        symptom=own_weights_symptom,
        sign="can't optimize a non-leaf Tensor",
        check=own_weights_check,
    ),
    Case(
        "E-97",
        "numpy-of-a-gradient",
        title=("带梯度的张量不能直接变成 NumPy", "A tensor with a gradient does not become NumPy"),
        seen=(
            "报错 Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead",
            "error: can't call numpy() on Tensor that requires grad",
        ),
        where=("画图、算指标", "plotting, computing a metric"),
        broken=numpy_broken,
        fixed=numpy_fixed,
        symptom=numpy_symptom,
        sign="that requires grad. Use tensor.detach().numpy() instead",
        check=numpy_check,
    ),
    Case(
        "E-99",
        "keys-with-module",
        title=("权重的键多了 `module.`", "Keys that begin with `module.`"),
        seen=(
            '载入权重报错 Missing key(s) in state_dict, Unexpected key(s) in state_dict: "module.',
            'loading weights: Missing key(s) in state_dict, Unexpected key(s) in state_dict: "module.',
        ),
        where=("多卡训练保存的权重，在单卡上载入", "weights saved by training on several GPUs, loaded on one"),
        broken=keys_broken,
        fixed=keys_fixed,
        symptom=keys_symptom,
        sign="Missing key(s) in state_dict",
        check=keys_check,
    ),
    Case(
        "E-100",
        "whole-model-in-a-file",
        title=("torch.load 拒绝载入整个模型", "torch.load refuses a whole model"),
        seen=(
            "报错 Weights only load failed，UnpicklingError，Unsupported global",
            "error: Weights only load failed, UnpicklingError, unsupported global",
        ),
        where=(
            "用 torch.save(model) 保存的旧文件，torch 2.6 之后载入",
            "an old file made by torch.save(model), loaded with torch 2.6 or later",
        ),
        broken=whole_broken,
        fixed=whole_fixed,
        symptom=whole_symptom,
        sign="Weights only load failed",
        check=whole_check,
    ),
)
