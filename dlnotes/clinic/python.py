"""Python itself: names, references, and what a class has to do to be a layer."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

from dlnotes.clinic.case import Apart, Case, attempt, defined, warned

__all__ = ["CASES", "Settings", "complaint", "run_as", "train_and_keep"]


def complaint(source: str) -> str:
    """Run source text as the file train.py and return the end of what Python prints about it; "" if it runs."""
    # The marks between which pages include the text are no part of it.
    lines = [line for line in source.strip().splitlines() if "--8<--" not in line]
    try:
        exec(compile("\n".join(lines), "train.py", "exec"), {"__name__": "__main__"})
    except Exception as error:
        return "".join(traceback.format_exception_only(error)).rstrip()
    return ""


BRACKET_BROKEN = """
# --8<-- [start:bracket-not-closed-broken]
layers = [
    ("conv", 5),
    ("pool", 2),
count = len(layers)
# --8<-- [end:bracket-not-closed-broken]
"""


BRACKET_FIXED = """
# --8<-- [start:bracket-not-closed-fixed]
layers = [
    ("conv", 5),
    ("pool", 2),
]
count = len(layers)
# --8<-- [end:bracket-not-closed-fixed]
"""


def compiling(source: str) -> str:
    """Return what compiling raises."""
    return attempt(compile, source, "<cell>", "exec")


# --8<-- [start:bracket-not-closed-check]
def bracket_check(source: str) -> None:
    """The file can be read; `python -m py_compile file.py` asks the same."""
    assert defined(source, "count") == 2


# --8<-- [end:bracket-not-closed-check]


REPLACED_BROKEN = """
# --8<-- [start:text-replaced-in-code-broken]
size = 28
../img = [0] * size
total = len(../img)
# --8<-- [end:text-replaced-in-code-broken]
"""


REPLACED_FIXED = """
# --8<-- [start:text-replaced-in-code-fixed]
size = 28
image = [0] * size
total = len(image)
# --8<-- [end:text-replaced-in-code-fixed]
"""


# --8<-- [start:text-replaced-in-code-check]
def replaced_check(source: str) -> None:
    """It runs, and counts 28 pixels."""
    assert defined(source, "total") == 28


# --8<-- [end:text-replaced-in-code-check]


MODULES_BROKEN = """
# --8<-- [start:module-for-class-broken]
from torch import nn


class Net(nn.modules):
    def forward(self, images):
        return images
# --8<-- [end:module-for-class-broken]
"""


MODULES_FIXED = """
# --8<-- [start:module-for-class-fixed]
from torch import nn


class Net(nn.Module):
    def forward(self, images):
        return images
# --8<-- [end:module-for-class-fixed]
"""


def modules_symptom(source: str) -> str:
    """Return what the definition of the class raises."""
    return attempt(defined, source, "Net", __name__="notebook")


# --8<-- [start:module-for-class-check]
def modules_check(source: str) -> None:
    """The class is a kind of nn.Module."""
    assert issubclass(defined(source, "Net", __name__="notebook"), nn.Module)


# --8<-- [end:module-for-class-check]


# --8<-- [start:missing-super-init-broken]
class SuperBroken(nn.Module):
    """Begin with the layers."""

    def __init__(self) -> None:
        self.linear = nn.Linear(4, 2)


# --8<-- [end:missing-super-init-broken]


# --8<-- [start:missing-super-init-fixed]
class SuperFixed(nn.Module):
    """Let nn.Module set up its lists first."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)


# --8<-- [end:missing-super-init-fixed]


def super_symptom(version: Callable[[], nn.Module]) -> str:
    """Return what making one raises."""
    return attempt(version)


# --8<-- [start:missing-super-init-check]
def super_check(make: Callable[[], nn.Module]) -> None:
    """It can be made, and has two parameters."""
    assert len(list(make().parameters())) == 2


# --8<-- [end:missing-super-init-check]


# --8<-- [start:layers-in-a-list-broken]
class ListBroken(nn.Module):
    """Keep the layers in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(3)]

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, 4) → (N, 4)."""
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs


# --8<-- [end:layers-in-a-list-broken]


# --8<-- [start:layers-in-a-list-fixed]
class ListFixed(nn.Module):
    """Keep the layers in a ModuleList."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, 4) → (N, 4)."""
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs


# --8<-- [end:layers-in-a-list-fixed]


def list_symptom(version: Callable[[], nn.Module]) -> float:
    """Return how many parameter tensors the net shows."""
    return len(list(version().parameters()))


# --8<-- [start:layers-in-a-list-check]
def list_check(make: Callable[[], nn.Module]) -> None:
    """Three layers, each with a weight and a bias, are saved."""
    assert len(make().state_dict()) == 6


# --8<-- [end:layers-in-a-list-check]


# --8<-- [start:one-layer-three-times-broken]
def repeated_broken() -> nn.Sequential:
    """Repeat the layer."""
    return nn.Sequential(*[nn.Linear(4, 4)] * 3)


# --8<-- [end:one-layer-three-times-broken]


# --8<-- [start:one-layer-three-times-fixed]
def repeated_fixed() -> nn.Sequential:
    """Make a new layer each time."""
    return nn.Sequential(*[nn.Linear(4, 4) for _ in range(3)])


# --8<-- [end:one-layer-three-times-fixed]


def repeated_symptom(version: Callable[[], nn.Sequential]) -> float:
    """Return how many different weights there are."""
    return len({id(layer.weight) for layer in version()})


# --8<-- [start:one-layer-three-times-check]
def repeated_check(make: Callable[[], nn.Sequential]) -> None:
    """Three layers of 4·4 + 4 numbers."""
    assert sum(parameter.numel() for parameter in make().parameters()) == 3 * 20


# --8<-- [end:one-layer-three-times-check]


# --8<-- [start:rebound-weights-broken]
def rebound_broken(net: nn.Module, lr: float) -> None:
    """Give the name p to a new tensor."""
    p: Tensor
    with torch.no_grad():
        for p in net.parameters():
            assert p.grad is not None
            p = p - lr * p.grad


# --8<-- [end:rebound-weights-broken]


# --8<-- [start:rebound-weights-fixed]
def rebound_fixed(net: nn.Module, lr: float) -> None:
    """Change the numbers inside the tensor that the net holds."""
    p: Tensor
    with torch.no_grad():
        for p in net.parameters():
            assert p.grad is not None
            p -= lr * p.grad  # type: ignore[misc]


# --8<-- [end:rebound-weights-fixed]


def rebound_symptom(version: Callable[[nn.Module, float], None]) -> float:
    """Return how far the weights moved."""
    net = nn.Linear(4, 2)
    net(torch.ones(8, 4)).pow(2).mean().backward()
    before = net.weight.detach().clone()
    version(net, 0.1)
    return float((net.weight.detach() - before).abs().max())


# --8<-- [start:rebound-weights-check]
def rebound_check(step: Callable[[nn.Module, float], None]) -> None:
    """One step does what torch's SGD does."""
    nets = [nn.Linear(4, 2)]
    nets.append(copy.deepcopy(nets[0]))
    for net in nets:
        net(torch.ones(8, 4)).pow(2).mean().backward()
    step(nets[0], 0.1)
    SGD(nets[1].parameters(), lr=0.1).step()
    assert torch.allclose(nets[0].weight, nets[1].weight)


# --8<-- [end:rebound-weights-check]


# --8<-- [start:callers-data-changed-broken]
def inplace_broken(images: Tensor) -> Tensor:
    """Subtract and divide in place."""
    images -= images.mean()
    images /= images.std()
    return images


# --8<-- [end:callers-data-changed-broken]


# --8<-- [start:callers-data-changed-fixed]
def inplace_fixed(images: Tensor) -> Tensor:
    """Compute a new tensor."""
    return (images - images.mean()) / images.std()


# --8<-- [end:callers-data-changed-fixed]


def inplace_symptom(version: Callable[[Tensor], Tensor]) -> float:
    """Return how far the caller's images moved."""
    images = torch.rand(10, 4)
    before = images.clone()
    version(images)
    return float((images - before).abs().max())


# --8<-- [start:callers-data-changed-check]
def inplace_check(normalize: Callable[[Tensor], Tensor]) -> None:
    """The argument is afterwards what it was before."""
    images = torch.rand(10, 4)
    before = images.clone()
    normalize(images)
    assert torch.equal(images, before)


# --8<-- [end:callers-data-changed-check]


# --8<-- [start:best-weights-not-copied-broken]
def best_broken(net: nn.Module) -> dict[str, Tensor]:
    """Keep the state of now."""
    return net.state_dict()


# --8<-- [end:best-weights-not-copied-broken]


# --8<-- [start:best-weights-not-copied-fixed]
def best_fixed(net: nn.Module) -> dict[str, Tensor]:
    """Keep a copy of the numbers."""
    return copy.deepcopy(net.state_dict())


# --8<-- [end:best-weights-not-copied-fixed]


def train_and_keep(keep: Callable[[nn.Module], dict[str, Tensor]]) -> tuple[float, float]:
    """Train past the best epoch.

    Args:
        keep: called at the best epoch, when the only weight is 1.

    Returns:
        The weight that was kept, and the last one, 2.
    """
    net = nn.Linear(1, 1, bias=False)
    kept: dict[str, Tensor] = {}
    for epoch, weight in enumerate((0.0, 1.0, 2.0)):
        with torch.no_grad():
            net.weight.fill_(weight)
        if epoch == 1:
            kept = keep(net)
    return kept["weight"].item(), net.weight.item()


def best_symptom(version: Callable[[nn.Module], dict[str, Tensor]]) -> float:
    """Return how far the kept weight is from what it was at the best epoch."""
    return abs(train_and_keep(version)[0] - 1.0)


# --8<-- [start:best-weights-not-copied-check]
def best_check(keep: Callable[[nn.Module], dict[str, Tensor]]) -> None:
    """What was kept does not change when the net does."""
    net = nn.Linear(2, 2)
    kept, before = keep(net), net.weight.detach().clone()
    nn.init.zeros_(net.weight)
    assert torch.equal(kept["weight"], before)


# --8<-- [end:best-weights-not-copied-check]


# --8<-- [start:mutable-default-broken]
def default_broken(losses: list[float], history: list[float] = []) -> list[float]:  # noqa: B006
    """Collect the losses of one run."""
    for loss in losses:
        history.append(loss)
    return history


# --8<-- [end:mutable-default-broken]


# --8<-- [start:mutable-default-fixed]
def default_fixed(losses: list[float], history: list[float] | None = None) -> list[float]:
    """Collect the losses of one run."""
    history = [] if history is None else history
    for loss in losses:
        history.append(loss)
    return history


# --8<-- [end:mutable-default-fixed]


def default_symptom(version: Callable[..., list[float]]) -> float:
    """Return how many losses the second run of three has recorded."""
    fresh = version([])
    fresh.clear()
    version([3.0, 2.0, 1.0])
    return len(version([3.0, 2.0, 1.0]))


# --8<-- [start:mutable-default-check]
def default_check(record: Callable[..., list[float]]) -> None:
    """Two runs do not share a list."""
    assert record([1.0]) is not record([2.0])


# --8<-- [end:mutable-default-check]


# --8<-- [start:loop-variable-in-a-hook-broken]
def hooks_broken(net: nn.Sequential, maps: dict[str, Tensor]) -> None:
    """Let each hook store its layer's output under the layer's name."""
    for name, layer in net.named_children():
        layer.register_forward_hook(lambda _, __, output: maps.update({name: output}))  # noqa: B023


# --8<-- [end:loop-variable-in-a-hook-broken]


# --8<-- [start:loop-variable-in-a-hook-fixed]
def hooks_fixed(net: nn.Sequential, maps: dict[str, Tensor]) -> None:
    """Give each hook its own name, at the time it is made."""
    def storing(name: str) -> Callable[..., None]:
        return lambda _, __, output: maps.update({name: output})

    for name, layer in net.named_children():
        layer.register_forward_hook(storing(name))


# --8<-- [end:loop-variable-in-a-hook-fixed]


def hooks_symptom(version: Callable[[nn.Sequential, dict[str, Tensor]], None]) -> float:
    """Return under how many names the outputs of three layers are stored."""
    net, maps = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)), dict[str, Tensor]()
    version(net, maps)
    net(torch.zeros(1, 2))
    return len(maps)


# --8<-- [start:loop-variable-in-a-hook-check]
def hooks_check(register: Callable[[nn.Sequential, dict[str, Tensor]], None]) -> None:
    """Each layer's output is there, under its own name."""
    net, maps = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4)), dict[str, Tensor]()
    register(net, maps)
    net(torch.zeros(1, 2))
    assert [maps[name].shape[1] for name in ("0", "1")] == [3, 4]


# --8<-- [end:loop-variable-in-a-hook-check]


# --8<-- [start:hooks-passed-over-broken]
def call_broken(net: nn.Module, images: Tensor) -> Any:
    """Call the method that one wrote oneself."""
    return net.forward(images)


# --8<-- [end:hooks-passed-over-broken]


# --8<-- [start:hooks-passed-over-fixed]
def call_fixed(net: nn.Module, images: Tensor) -> Any:
    """Call the module."""
    return net(images)


# --8<-- [end:hooks-passed-over-fixed]


def call_symptom(version: Callable[[nn.Module, Tensor], Any]) -> float:
    """Return how often a hook on the net was called."""
    net, calls = nn.Linear(2, 2), list[int]()
    net.register_forward_hook(lambda *_: calls.append(1))
    version(net, torch.zeros(1, 2))
    return len(calls)


# --8<-- [start:hooks-passed-over-check]
def call_check(call: Callable[[nn.Module, Tensor], Any]) -> None:
    """A hook sees the call."""
    net, calls = nn.Linear(2, 2), list[int]()
    net.register_forward_hook(lambda *_: calls.append(1))
    call(net, torch.zeros(1, 2))
    assert calls


# --8<-- [end:hooks-passed-over-check]


SHADOW_BROKEN = """
# --8<-- [start:shadowed-module-broken]
from torch.utils import data
import numpy as np

data = np.zeros((8, 4))
loader = data.DataLoader(list(data), batch_size=2)
# --8<-- [end:shadowed-module-broken]
"""


SHADOW_FIXED = """
# --8<-- [start:shadowed-module-fixed]
from torch.utils.data import DataLoader
import numpy as np

samples = np.zeros((8, 4))
loader = DataLoader(list(samples), batch_size=2)
# --8<-- [end:shadowed-module-fixed]
"""


def shadow_symptom(source: str) -> str:
    """Return what running it raises."""
    return attempt(defined, source, "loader")


# --8<-- [start:shadowed-module-check]
def shadow_check(source: str) -> None:
    """It runs, and makes four batches."""
    assert len(defined(source, "loader")) == 4


# --8<-- [end:shadowed-module-check]


FILE_BROKEN = """
# --8<-- [start:file-named-like-a-module-broken]
# random.py
import random

print(random.Random(3).randint(1, 6))
# --8<-- [end:file-named-like-a-module-broken]
"""


FILE_FIXED = """
# --8<-- [start:file-named-like-a-module-fixed]
# try_random.py
import random

print(random.Random(3).randint(1, 6))
# --8<-- [end:file-named-like-a-module-fixed]
"""


def run_as(source: str) -> str:
    """Run source text as the file that its first comment names, and return the last line that it prints."""
    name = next(line for line in source.splitlines() if line.endswith(".py")).split()[-1]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(source, "utf-8")
        result = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
    return (result.stdout + result.stderr).strip().splitlines()[-1]


def file_symptom(source: str) -> str:
    """Return the last line that the program prints."""
    return run_as(source)


# --8<-- [start:file-named-like-a-module-check]
def file_check(source: str) -> None:
    """It prints what a die shows."""
    assert 1 <= int(run_as(source)) <= 6


# --8<-- [end:file-named-like-a-module-check]


PRINTED_BROKEN = """
# --8<-- [start:printed-text-as-code-broken]
from torch import nn

layer = nn.BatchNorm2d(6)
layer.eval()
BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
# --8<-- [end:printed-text-as-code-broken]
"""


PRINTED_FIXED = """
# --8<-- [start:printed-text-as-code-fixed]
from torch import nn

layer = nn.BatchNorm2d(6)
layer.eval()
# BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
# --8<-- [end:printed-text-as-code-fixed]
"""


def printed_symptom(source: str) -> str:
    """Return what running it raises."""
    return attempt(defined, source, "layer")


# --8<-- [start:printed-text-as-code-check]
def printed_check(source: str) -> None:
    """It runs, and the layer is in evaluation mode."""
    assert not defined(source, "layer").training


# --8<-- [end:printed-text-as-code-check]


# --8<-- [start:any-key-goes-broken]
def key_broken(**changes: Any) -> int:
    """Write any key into a namespace."""
    settings = SimpleNamespace(batch_size=64, lr=0.1)
    vars(settings).update(changes)
    return int(settings.batch_size)


# --8<-- [end:any-key-goes-broken]


# --8<-- [start:any-key-goes-fixed]
def key_fixed(**changes: Any) -> int:
    """Let a dataclass refuse what it does not know."""
    return dataclasses.replace(Settings(), **changes).batch_size


# --8<-- [end:any-key-goes-fixed]


@dataclasses.dataclass(frozen=True)
class Settings:
    """All there is to set."""

    batch_size: int = 64
    lr: float = 0.1


def key_symptom(version: Callable[..., int]) -> float:
    """Return how many of two misspelt settings go through."""
    return sum(attempt(version, **changes) == "" for changes in ({"batchsize": 128}, {"Lr": 1.0})) / 2


# --8<-- [start:any-key-goes-check]
def key_check(configure: Callable[..., int]) -> None:
    """A right key works, a wrong one is refused."""
    assert configure(batch_size=128) == 128
    assert attempt(configure, batchsize=128)


# --8<-- [end:any-key-goes-check]


ASSERT_BROKEN = """
# --8<-- [start:assertion-always-true-broken]
def check(images):
    assert (
        len(images) > 0,
        "there are no images",
    )
# --8<-- [end:assertion-always-true-broken]
"""


ASSERT_FIXED = """
# --8<-- [start:assertion-always-true-fixed]
def check(images):
    if len(images) == 0:
        raise ValueError("there are no images")
# --8<-- [end:assertion-always-true-fixed]
"""


def assert_symptom(source: str) -> str:
    """Return the warnings of compiling."""
    return warned(compile, source, "<cell>", "exec")


# --8<-- [start:assertion-always-true-check]
def assert_check(source: str) -> None:
    """The check refuses what it was written for."""
    assert attempt(defined(source, "check"), [])


# --8<-- [end:assertion-always-true-check]


CASES = (
    Case(
        "E-14",
        "bracket-not-closed",
        title=("有一个括号没有合上，报错却指着别处", "A bracket is left open, and the error points elsewhere"),
        seen=("SyntaxError: '[' was never closed", "SyntaxError: '[' was never closed"),
        where=("很长的 Compose、Sequential 列表", "long lists in Compose or Sequential"),
        broken=BRACKET_BROKEN,
        fixed=BRACKET_FIXED,
        symptom=compiling,
        sign="was never closed",
        check=bracket_check,
    ),
    Case(
        "E-17",
        "text-replaced-in-code",
        title=("查找替换改到了代码里", "Search and replace went into the code"),
        seen=(
            "SyntaxError: invalid syntax，变量名的位置上是一个路径",
            "SyntaxError: invalid syntax, with a path where a variable should be",
        ),
        where=("从网页复制的代码", "code copied from a web page"),
        broken=REPLACED_BROKEN,
        fixed=REPLACED_FIXED,
        symptom=compiling,
        sign="SyntaxError: invalid syntax",
        check=replaced_check,
    ),
    Case(
        "E-16",
        "module-for-class",
        title=("`nn.modules` 不是 `nn.Module`", "`nn.modules` is not `nn.Module`"),
        seen=("TypeError: module() takes at most 2 arguments (3 given)", "error: module() takes at most 2 arguments (3 given)"),
        where=("定义自己的网络", "defining a network of one's own"),
        broken=MODULES_BROKEN,
        fixed=MODULES_FIXED,
        symptom=modules_symptom,
        sign="module() takes at most 2 arguments (3 given)",
        check=modules_check,
    ),
    Case(
        "E-150",
        "missing-super-init",
        title=("忘了 `super().__init__()`", "`super().__init__()` was forgotten"),
        seen=(
            "AttributeError: cannot assign module before Module.__init__() call",
            "error: cannot assign module before Module.__init__() call",
        ),
        where=("定义自己的网络", "defining a network of one's own"),
        broken=SuperBroken,
        fixed=SuperFixed,
        symptom=super_symptom,
        sign="cannot assign module before Module.__init__() call",
        check=super_check,
    ),
    Case(
        "E-151",
        "layers-in-a-list",
        title=("列表里的层，优化器看不见", "Layers in a list are invisible"),
        seen=(
            "优化器报 optimizer got an empty parameter list，或者网络学不会、搬不到 GPU",
            "optimizer got an empty parameter list; the net does not learn or does not move to the GPU",
        ),
        where=("用列表存放层", "layers kept in a Python list"),
        broken=ListBroken,
        fixed=ListFixed,
        symptom=list_symptom,
        sign=Apart(broken=0.0, fixed=6.0),
        check=list_check,
    ),
    Case(
        "E-152",
        "one-layer-three-times",
        title=("`[layer] * 3` 是同一个层放了三次", "`[layer] * 3` is one layer three times"),
        seen=("参数个数比算的少，各层权重完全一样", "fewer parameters than expected, all layers with equal weights"),
        where=("用乘法重复层", "layers repeated by multiplication"),
        broken=repeated_broken,
        fixed=repeated_fixed,
        symptom=repeated_symptom,
        sign=Apart(broken=1.0, fixed=3.0),
        check=repeated_check,
    ),
    Case(
        "E-78",
        "rebound-weights",
        title=("`p = p - lr * p.grad` 什么也没有更新", "`p = p - lr * p.grad` updates nothing"),
        seen=("自己写的 SGD 没有效果，损失不变", "hand-written SGD has no effect, the loss stays the same"),
        where=("不用优化器，手写更新", "updates written by hand, without an optimizer"),
        broken=rebound_broken,
        fixed=rebound_fixed,
        symptom=rebound_symptom,
        sign=Apart(broken=0.0, fixed=0.01),
        check=rebound_check,
    ),
    Case(
        "E-153",
        "callers-data-changed",
        title=("函数悄悄改了调用者的数据", "A function changes its caller's data"),
        seen=(
            "同一个函数调用两次，结果不一样；原始图片变了",
            "calling a function twice gives two results; the original images have changed",
        ),
        where=("用 -= 或 /= 写预处理", "preprocessing written with -= or /="),
        broken=inplace_broken,
        fixed=inplace_fixed,
        symptom=inplace_symptom,
        sign=Apart(broken=0.1, fixed=0.0),
        check=inplace_check,
    ),
    Case(
        "E-154",
        "best-weights-not-copied",
        title=("存下的“最好的权重”跟着训练一起变", "The \"best weights\" went on changing"),
        seen=(
            "恢复最好的权重后，准确率与最后一轮完全相同",
            "after restoring the best weights the accuracy is exactly that of the last epoch",
        ),
        where=("早停，保留最好的模型", "early stopping, keeping the best model"),
        broken=best_broken,
        fixed=best_fixed,
        symptom=best_symptom,
        sign=Apart(broken=0.5, fixed=0.0),
        check=best_check,
    ),
    Case(
        "E-155",
        "mutable-default",
        title=("默认参数里的列表，一次创建，次次共用", "A list as default is made once and shared by all calls"),
        seen=("第二次训练的曲线里带着第一次的数据", "the curve of the second run contains the first"),
        where=("记录损失的函数", "functions that record losses"),
        broken=default_broken,
        fixed=default_fixed,
        symptom=default_symptom,
        sign=Apart(broken=6.0, fixed=3.0),
        check=default_check,
    ),
    Case(
        "E-156",
        "loop-variable-in-a-hook",
        title=("循环里注册的钩子，名字全是最后一个", "Hooks made in a loop all carry the last name"),
        seen=("每一层的特征图都记在同一个名字下面", "all feature maps are recorded under one name"),
        where=("用 lambda 给每一层注册钩子", "a lambda as hook for each layer"),
        broken=hooks_broken,
        fixed=hooks_fixed,
        symptom=hooks_symptom,
        sign=Apart(broken=1.0, fixed=3.0),
        check=hooks_check,
    ),
    Case(
        "E-157",
        "hooks-passed-over",
        title=("直接调用 `forward`，钩子不响", "Calling `forward` passes over the hooks"),
        seen=("注册了钩子却没有被调用，特征图是空的", "a hook is registered and never called, the feature maps are empty"),
        where=("写成 net.forward(x)", "written as net.forward(x)"),
        broken=call_broken,
        fixed=call_fixed,
        symptom=call_symptom,
        sign=Apart(broken=0.0, fixed=1.0),
        check=call_check,
    ),
    Case(
        "E-29",
        "shadowed-module",
        title=("后来的变量盖住了模块的名字", "A later variable took the module's name"),
        seen=(
            "AttributeError: 'numpy.ndarray' object has no attribute 'DataLoader'",
            "error: 'numpy.ndarray' object has no attribute 'DataLoader'",
        ),
        where=("笔记本里 import … as data 之后又写 data = …", "a notebook with import … as data and, later, data = …"),
        broken=SHADOW_BROKEN,
        fixed=SHADOW_FIXED,
        symptom=shadow_symptom,
        sign="object has no attribute 'DataLoader'",
        check=shadow_check,
    ),
    Case(
        "E-158",
        "file-named-like-a-module",
        title=("自己的文件叫 `random.py`，盖住了标准库", "A file called `random.py` hides the library"),
        seen=(
            "AttributeError: partially initialized module 'random' has no attribute … (most likely due to a circular import)",
            "partially initialized module 'random' has no attribute … (most likely due to a circular import)",
        ),
        where=("把试验文件命名为 random.py、torch.py、copy.py", "trial files named random.py, torch.py, copy.py"),
        broken=FILE_BROKEN,
        fixed=FILE_FIXED,
        symptom=file_symptom,
        sign="has no attribute 'Random'",
        check=file_check,
    ),
    Case(
        "E-39",
        "printed-text-as-code",
        title=("把打印出来的东西当作代码", "Printed text taken for code"),
        seen=("NameError: name 'BatchNorm2d' is not defined", "error: name 'BatchNorm2d' is not defined"),
        where=("从教程里复制代码和输出", "code and output copied together from a tutorial"),
        broken=PRINTED_BROKEN,
        fixed=PRINTED_FIXED,
        symptom=printed_symptom,
        sign="NameError: name 'BatchNorm2d' is not defined",
        check=printed_check,
    ),
    Case(
        "E-77",
        "any-key-goes",
        title=("拼错的设置没有人管", "A misspelt setting is accepted"),
        seen=("改了 batch_size，训练却没有变化", "batch_size was changed and training is the same as before"),
        where=("设置放在字典、EasyDict、Namespace 里", "settings in a dictionary, an EasyDict or a Namespace"),
        broken=key_broken,
        fixed=key_fixed,
        symptom=key_symptom,
        sign=Apart(broken=1.0, fixed=0.0),
        check=key_check,
    ),
    Case(
        "E-159",
        "assertion-always-true",
        title=("断言加了括号，永远为真", "An assertion in brackets is always true"),
        seen=(
            "SyntaxWarning: assertion is always true, perhaps remove parentheses?",
            "SyntaxWarning: assertion is always true, perhaps remove parentheses?",
        ),
        where=("带说明的 assert 写成两行", "an assert with a message, split over two lines"),
        broken=ASSERT_BROKEN,
        fixed=ASSERT_FIXED,
        symptom=assert_symptom,
        sign="assertion is always true",
        check=assert_check,
    ),
)
