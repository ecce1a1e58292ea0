"""Where tensors live, and how a program starts.

A machine without a GPU can show what goes wrong on one: torch's "meta" device is a device of its own, whose tensors
have a shape and no data.
"""

from __future__ import annotations

import functools
import io
import os
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from dlnotes.clinic.case import Apart, Case, attempt

__all__ = ["CASES", "deterministic", "run_program", "saved_bytes", "saved_on_gpu"]


@functools.cache
def run_program(source: str) -> str:
    """Run a program in a process of its own, without a terminal or a GPU, and return what it wrote to stderr; "" if it ended well.

    A program that has run already is not run again.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(source, "utf-8")
        environ = {key: value for key, value in os.environ.items() if key != "PYTHONBREAKPOINT"} | {"CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(
            [sys.executable, str(path)], env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False
        )
    return "" if done.returncode == 0 else done.stderr


# --8<-- [start:device-moves-broken]
def device_moves_broken(model: nn.Module, images: Tensor, device: str) -> Any:
    """Move the model and lose the moved images."""
    model.to(device)
    images.to(device)
    return model(images)


# --8<-- [end:device-moves-broken]


# --8<-- [start:device-moves-fixed]
def device_moves_fixed(model: nn.Module, images: Tensor, device: str) -> Any:
    """Move the model in place and give the moved images a name."""
    model.to(device)
    images = images.to(device)
    return model(images)


# --8<-- [end:device-moves-fixed]


def device_moves_symptom(version: Callable[..., Any]) -> str:
    """Return the error of the forward pass."""
    return attempt(version, nn.Linear(4, 2), torch.zeros(3, 4), "meta")


# --8<-- [start:device-moves-check]
def device_moves_check(forward: Callable[..., Any]) -> None:
    """Model and images meet on the device; meta stands for a GPU."""
    logits = forward(nn.Linear(4, 2), torch.zeros(3, 4), "meta")
    assert logits.device.type == "meta"


# --8<-- [end:device-moves-check]


CUDA_BROKEN = """\
# --8<-- [start:hard-coded-cuda-broken]
import torch

device = torch.device("cuda")
images = torch.zeros(2, 3).to(device)
# --8<-- [end:hard-coded-cuda-broken]
"""


CUDA_FIXED = """\
# --8<-- [start:hard-coded-cuda-fixed]
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
images = torch.zeros(2, 3).to(device)
# --8<-- [end:hard-coded-cuda-fixed]
"""


def cuda_symptom(version: str) -> str:
    """Return what the program says on a machine without a GPU; the last line depends on how torch was built."""
    return run_program(version)


# --8<-- [start:hard-coded-cuda-check]
def cuda_check(program: str) -> None:
    """The program runs where no GPU is."""
    assert run_program(program) == ""


# --8<-- [end:hard-coded-cuda-check]


BREAKPOINT_BROKEN = """\
# --8<-- [start:leftover-breakpoint-broken]
for step in range(3):
    breakpoint()
    loss = 1 / (step + 1)
# --8<-- [end:leftover-breakpoint-broken]
"""


BREAKPOINT_FIXED = """\
# --8<-- [start:leftover-breakpoint-fixed]
for step in range(3):
    loss = 1 / (step + 1)
# --8<-- [end:leftover-breakpoint-fixed]
"""


def breakpoint_symptom(version: str) -> str:
    """Return what the program says when no terminal is attached."""
    return run_program(version)


# --8<-- [start:leftover-breakpoint-check]
def breakpoint_check(program: str) -> None:
    """The program ends by itself."""
    assert run_program(program) == ""


# --8<-- [end:leftover-breakpoint-check]


WORKERS_BROKEN = """\
# --8<-- [start:workers-without-guard-broken]
import multiprocessing

worker = multiprocessing.get_context("spawn").Process(target=print)
worker.start()
worker.join()
raise SystemExit(worker.exitcode)
# --8<-- [end:workers-without-guard-broken]
"""


WORKERS_FIXED = """\
# --8<-- [start:workers-without-guard-fixed]
import multiprocessing

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=print)
    worker.start()
    worker.join()
    raise SystemExit(worker.exitcode)
# --8<-- [end:workers-without-guard-fixed]
"""


def workers_symptom(version: str) -> str:
    """Return what the program says, where a worker process imports the script once more."""
    return run_program(version)


# --8<-- [start:workers-without-guard-check]
def workers_check(program: str) -> None:
    """The program runs where processes are spawned."""
    assert run_program(program) == ""


# --8<-- [end:workers-without-guard-check]


def saved_bytes(function: Callable[..., Any], *args: Any) -> int:
    """Return how many bytes autograd keeps for backward while a function runs; a tensor kept twice counts once."""
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter):
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        function(*args)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


# --8<-- [start:out-of-memory-broken]
def memory_broken(model: nn.Module, images: Tensor) -> Any:
    """Evaluate all images at once, ready for a backward that never comes."""
    return model(images)


# --8<-- [end:out-of-memory-broken]


# --8<-- [start:out-of-memory-fixed]
def memory_fixed(model: nn.Module, images: Tensor) -> Any:
    """A part at a time, and nothing kept for backward."""
    with torch.no_grad():
        return torch.cat([model(part) for part in images.split(100)])


# --8<-- [end:out-of-memory-fixed]


def memory_symptom(version: Callable[[nn.Module, Tensor], Any]) -> float:
    """Return the bytes kept for backward while 500 images are evaluated."""
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(3456, 10))
    return float(saved_bytes(version, model, torch.zeros(500, 1, 28, 28)))


# --8<-- [start:out-of-memory-check]
def memory_check(predict: Callable[[nn.Module, Tensor], Any]) -> None:
    """Predictions carry no history, and the parts make the whole."""
    model, inputs = nn.Linear(4, 2), torch.randn(250, 4)
    outputs = predict(model, inputs)
    assert outputs.grad_fn is None
    assert torch.allclose(outputs, model(inputs))


# --8<-- [end:out-of-memory-check]


@contextmanager
def deterministic() -> Iterator[None]:
    """Demand deterministic algorithms for a while."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


# --8<-- [start:deterministic-algorithms-broken]
def write_broken(image: Tensor, places: Tensor, values: Tensor) -> Tensor:
    """Where a place occurs twice, it is open which value stays."""
    return image.flatten().put_(places, values).view_as(image)


# --8<-- [end:deterministic-algorithms-broken]


# --8<-- [start:deterministic-algorithms-fixed]
def write_fixed(image: Tensor, places: Tensor, values: Tensor) -> Tensor:
    """Indexing has an implementation with a settled order."""
    pixels = image.flatten()
    pixels[places] = values
    return pixels.view_as(image)


# --8<-- [end:deterministic-algorithms-fixed]


def write_symptom(version: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """Return what is raised where deterministic algorithms are demanded."""
    with deterministic():
        return attempt(version, torch.zeros(4, 4), torch.tensor([0, 5]), torch.ones(2))


# --8<-- [start:deterministic-algorithms-check]
def write_check(write: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """The function runs where determinism is demanded."""
    with deterministic():
        image = write(torch.zeros(2, 2), torch.tensor([3]), torch.ones(1))
    assert image.tolist() == [[0, 0], [0, 1]]


# --8<-- [end:deterministic-algorithms-check]


def saved_on_gpu(state: dict[str, Tensor]) -> io.BytesIO:
    """Return the file that a machine with a GPU would write: each tensor carries its device's name."""
    plain, file = io.BytesIO(), io.BytesIO()
    torch.save(state, plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            # A pickle writes a text as its length and its letters.
            new.writestr(name, old.read(name).replace(b"X\3\0\0\0cpu", b"X\6\0\0\0cuda:0"))
    file.seek(0)
    return file


# --8<-- [start:weights-from-a-gpu-broken]
def load_broken(file: io.BytesIO) -> Any:
    """Put each tensor back where it was saved."""
    return torch.load(file)


# --8<-- [end:weights-from-a-gpu-broken]


# --8<-- [start:weights-from-a-gpu-fixed]
def load_fixed(file: io.BytesIO) -> Any:
    """Bring all tensors to the CPU; load_state_dict copies them on."""
    return torch.load(file, map_location="cpu")


# --8<-- [end:weights-from-a-gpu-fixed]


def load_symptom(version: Callable[[io.BytesIO], Any]) -> str:
    """Return what loading raises where there is no GPU."""
    with mock.patch("torch.cuda.is_available", return_value=False):
        return attempt(version, saved_on_gpu({"weight": torch.ones(2, 2)}))


# --8<-- [start:weights-from-a-gpu-check]
def load_check(load: Callable[[io.BytesIO], Any]) -> None:
    """Weights that were saved on a GPU load without one."""
    with mock.patch("torch.cuda.is_available", return_value=False):
        state = load(saved_on_gpu({"weight": torch.ones(2, 2)}))
    assert torch.equal(state["weight"], torch.ones(2, 2))


# --8<-- [end:weights-from-a-gpu-check]


# --8<-- [start:lambda-in-a-worker-broken]
class LambdaPictures(Dataset[Tensor]):
    """Keep a function that has no name."""

    def __init__(self) -> None:
        self.transform: Any = lambda picture: picture / 255


# --8<-- [end:lambda-in-a-worker-broken]


# --8<-- [start:lambda-in-a-worker-fixed]
def to_unit(picture: Tensor) -> Tensor:
    """Scale bytes to 0…1."""
    return picture / 255


class NamedPictures(Dataset[Tensor]):
    """Keep a function that the worker finds by its name."""

    def __init__(self) -> None:
        self.transform = to_unit


# --8<-- [end:lambda-in-a-worker-fixed]


def lambda_symptom(version: Callable[[], Dataset[Tensor]]) -> str:
    """Return what is raised when the data set is sent to a spawned worker."""
    return attempt(pickle.dumps, version())


# --8<-- [start:lambda-in-a-worker-check]
def lambda_check(make: Callable[[], Dataset[Tensor]]) -> None:
    """The data set survives the way to a worker."""
    copy: Any = pickle.loads(pickle.dumps(make()))
    assert copy.transform(torch.tensor(255.0)) == 1


# --8<-- [end:lambda-in-a-worker-check]


CASES = (
    Case(
        "E-01",
        "device-moves",
        title=("写了 `.to(device)`，数据却没有搬过去", "You wrote `.to(device)`, and the data did not move"),
        seen=(
            "张量在不同设备上 Expected all tensors to be on the same device",
            "expected all tensors to be on the same device, found cuda:0 and cpu",
        ),
        where=("第一次换到 GPU 上训练", "the first training run on a GPU"),
        broken=device_moves_broken,
        fixed=device_moves_fixed,
        symptom=device_moves_symptom,
        sign="is not on the expected device",
        check=device_moves_check,
    ),
    Case(
        "E-32",
        "hard-coded-cuda",
        title=("设备写死成 cuda", "The device is written as cuda, once and for all"),
        seen=(
            "没有显卡的电脑上报错 Torch not compiled with CUDA enabled、Found no NVIDIA driver、No CUDA GPUs are available",
            "error without a GPU: Torch not compiled with CUDA enabled, found no NVIDIA driver, no CUDA GPUs are available",
        ),
        where=("从别人的代码里复制的第一行", "the first line of a copied script"),
        broken=CUDA_BROKEN,
        fixed=CUDA_FIXED,
        symptom=cuda_symptom,
        sign="in _lazy_init",
        check=cuda_check,
    ),
    Case(
        "E-104",
        "weights-from-a-gpu",
        title=("在显卡上保存的权重，没有显卡的电脑载不进来", "Weights saved on a GPU do not load without one"),
        seen=(
            "报错 Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False",
            "error: attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False",
        ),
        where=("在服务器上训练，拿到笔记本电脑上用", "trained on a server, used on a laptop"),
        broken=load_broken,
        fixed=load_fixed,
        symptom=load_symptom,
        sign="Attempting to deserialize object on a CUDA device",
        check=load_check,
    ),
    Case(
        "E-28",
        "leftover-breakpoint",
        title=("忘了删的 breakpoint()", "A breakpoint() that was left behind"),
        seen=(
            "程序停在 (Pdb)，或者在服务器上报错 bdb.BdbQuit",
            "program stops at (Pdb), or dies with bdb.BdbQuit when nobody watches",
        ),
        where=("调试之后的训练循环", "a training loop after debugging"),
        broken=BREAKPOINT_BROKEN,
        fixed=BREAKPOINT_FIXED,
        symptom=breakpoint_symptom,
        sign="bdb.BdbQuit",
        check=breakpoint_check,
    ),
    Case(
        "E-31",
        "workers-without-guard",
        title=(
            '多进程读数据，没有 `if __name__ == "__main__":`',
            'Worker processes without `if __name__ == "__main__":`',
        ),
        seen=(
            "num_workers 大于 0 时报错 An attempt has been made to start a new process before the current process "
            "has finished its bootstrapping phase",
            "num_workers above 0: attempt to start a new process before the bootstrapping phase; DataLoader worker exited unexpectedly",
        ),
        where=(
            "Windows、macOS，以及 Python 3.14 起的 Linux",
            "Windows, macOS, and Linux from Python 3.14 on",
        ),
        broken=WORKERS_BROKEN,
        fixed=WORKERS_FIXED,
        symptom=workers_symptom,
        sign="An attempt has been made to start a new process before",
        check=workers_check,
    ),
    Case(
        "E-139",
        "lambda-in-a-worker",
        title=("数据集里的 lambda 送不进工作进程", "A lambda in the data set does not reach the workers"),
        seen=(
            "num_workers 大于 0 时报错 Can't pickle local object 或 Can't get local object，<locals>.<lambda>",
            "num_workers above 0: Can't pickle local object or Can't get local object, <locals>.<lambda>",
        ),
        where=("Dataset 的 transform、collate_fn", "the transform of a Dataset, collate_fn"),
        broken=LambdaPictures,
        fixed=NamedPictures,
        symptom=lambda_symptom,
        sign="<locals>.<lambda>",
        check=lambda_check,
    ),
    Case(
        "E-102",
        "out-of-memory",
        title=("CUDA out of memory：评估也在为反向传播存东西", "CUDA out of memory: evaluation keeps what only backward needs"),
        seen=(
            "显存不足 torch.OutOfMemoryError: CUDA out of memory. Tried to allocate；CPU 上是 DefaultCPUAllocator: can't allocate memory",
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate; on a CPU DefaultCPUAllocator: can't allocate memory",
        ),
        where=("评估、预测整个测试集", "evaluating or predicting a whole test set"),
        broken=memory_broken,
        fixed=memory_fixed,
        symptom=memory_symptom,
        sign=Apart(broken=1e6, fixed=1e3),
        check=memory_check,
    ),
    Case(
        "E-103",
        "deterministic-algorithms",
        title=("没有确定性的实现", "No deterministic implementation"),
        seen=(
            "报错 does not have a deterministic implementation, but you set torch.use_deterministic_algorithms(True)",
            "error: does not have a deterministic implementation, but you set torch.use_deterministic_algorithms(True)",
        ),
        where=("要求结果可以逐位重复时", "when a result must be repeatable to the last bit"),
        broken=write_broken,
        fixed=write_fixed,
        symptom=write_symptom,
        sign="does not have a deterministic implementation",
        check=write_check,
    ),
)
