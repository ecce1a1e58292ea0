"""Trace a model: what each layer does to the shape, and what it costs.

MACs are multiply-accumulate operations of one sample in convolutions and fully connected layers; bias, activation,
pooling and normalisation count 0. Activation memory is that of each layer's output at four bytes a number (float32).
The receptive field is the side, in input pixels, of the square that one output number sees.
"""

from __future__ import annotations

import copy
import dataclasses
import html
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from dlnotes.errors import ShapeError

__all__ = ["Ledger", "Row", "trace"]

_HEAD = ("layer", "type", "output shape", "parameters", "MACs", "activation", "receptive field")


@dataclasses.dataclass(frozen=True)
class Row:
    """One call of one layer.

    Attributes:
        name: its path in the model, such as "features.0.0".
        type: name of its class.
        output_shape: without the batch.
        parameters: weights and biases; 0 when a shared layer is called again.
        macs: multiply-accumulate operations per sample.
        activation_bytes: bytes of its output per sample, float32.
        receptive_field: side in input pixels; "all" for the whole image, None when it is not known.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    macs: int
    activation_bytes: int
    receptive_field: int | str | None


@dataclasses.dataclass(frozen=True)
class Ledger:
    """The rows of a traced model, in the order in which they ran, with their totals."""

    rows: tuple[Row, ...]
    input_shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """Weights and biases of the model."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations per sample."""
        return sum(row.macs for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Bytes of all outputs per sample, float32."""
        return sum(row.activation_bytes for row in self.rows)

    def __str__(self) -> str:
        table = [_HEAD, *map(_cells, self.rows), self._total()]
        widths = [max(len(line[i]) for line in table) for i in range(len(_HEAD))]
        lines = [
            "  ".join(
                text.ljust(width) if i < 3 else text.rjust(width) for i, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in table
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    def to_markdown(self) -> str:
        """Return the ledger as a Markdown table."""
        lines = [_HEAD, ("---", "---", "---", "--:", "--:", "--:", "--:"), *map(_cells, self.rows), self._total()]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def to_dataframe(self) -> Any:
        """Return the rows as a pandas DataFrame.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame([dataclasses.asdict(row) for row in self.rows])

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            scope = ' scope="col"' if tag == "th" else ""
            numeric = ['"num"' if i > 2 else '"text"' for i in range(len(cells))]
            inner = (f"<{tag}{scope} class={kind}>{html.escape(text)}</{tag}>" for kind, text in zip(numeric, cells, strict=True))
            return f"<tr>{''.join(inner)}</tr>"

        body = "".join(line(_cells(row), "td") for row in self.rows)
        return (
            f'<table class="dl-ledger"><thead>{line(_HEAD, "th")}</thead><tbody>{body}</tbody>'
            f"<tfoot>{line(self._total(), 'td')}</tfoot></table>"
        )

    def _total(self) -> tuple[str, ...]:
        return ("total", "", "", f"{self.parameters:,}", f"{self.macs:,}", _bytes(self.activation_bytes), "")


def trace(model: nn.Module, input_shape: Sequence[int]) -> Ledger:
    """Run a model once, on shapes alone, and write down what each layer did.

    Nothing is computed: the trace works on a copy without data, so the model, its mode and its statistics stay as they are.

    Args:
        model: any module that takes one float tensor.
        input_shape: (C, H, W), or whatever one sample of the input is; without the batch.

    Returns:
        The ledger.

    Raises:
        ShapeError: the model does not accept that shape; the layer at which it failed is named.
    """
    shape = tuple(input_shape)
    if not shape or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in shape):
        raise ShapeError(f"input_shape must be positive integers such as (1, 28, 28), without the batch, got {input_shape!r}")
    twin = copy.deepcopy(model).to("meta").eval()
    recorder = _Trace(twin)
    try:
        with torch.no_grad(), recorder.fields:
            twin(recorder.fields.start(torch.empty((1, *shape), device="meta")))
    except (RuntimeError, ValueError, IndexError) as error:
        where = f" at layer {recorder.current}" if recorder.current else ""
        raise ShapeError(
            f"the model does not accept an input of shape {shape}{where}: {error}. "
            "Give the shape of one sample that the model was built for, as (channels, height, width)"
        ) from error
    finally:
        recorder.remove()
    return Ledger(tuple(recorder.rows), shape)


class _Trace:
    """Hooks on the layers that have no layers inside."""

    def __init__(self, model: nn.Module) -> None:
        self.rows: list[Row] = []
        self.current = ""
        self.fields = _Fields()
        self.counted: set[int] = set()
        self.handles = []
        for name, module in model.named_modules():
            if not any(True for _ in module.children()):
                self.handles += [
                    module.register_forward_pre_hook(self._enter(name or "model")),
                    module.register_forward_hook(self._leave(name or "model")),
                ]

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()

    def _enter(self, name: str) -> Any:
        def hook(module: nn.Module, inputs: Any) -> None:
            self.current = f"{name} ({type(module).__name__})"

        return hook

    def _leave(self, name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if not isinstance(output, Tensor):
                raise ValueError(f"layer {name} returns {type(output).__name__}; only layers that return one tensor can be traced")
            new = [parameter for parameter in module.parameters() if id(parameter) not in self.counted]
            self.counted |= {id(parameter) for parameter in new}
            self.rows.append(
                Row(
                    name=name,
                    type=type(module).__name__,
                    output_shape=tuple(output.shape[1:]),
                    parameters=sum(parameter.numel() for parameter in new),
                    macs=_macs(module, output),
                    activation_bytes=4 * output[0].numel(),
                    receptive_field=self.fields.of(output),
                )
            )

        return hook


def _macs(module: nn.Module, output: Tensor) -> int:
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        # Every output number is a sum over one window of the channels in its group.
        return output[0].numel() * module.weight[0].numel()
    if isinstance(module, nn.Linear):
        return output[0].numel() * module.in_features
    if any(True for _ in module.parameters(recurse=False)) and "Norm" not in type(module).__name__ and not isinstance(module, nn.PReLU):
        raise ShapeError(f"the operations of {type(module).__name__} are not known to trace; it counts Conv1d to Conv3d and Linear")
    return 0


# ---- receptive field: follow every tensor through the operations it takes part in

_Field = tuple[int, int] | str | None
_WINDOWS = {"convolution": 4, "max_pool2d_with_indices": 2, "avg_pool2d": 2, "max_pool2d": 2}
_KEEP = {
    "relu",
    "relu_",
    "sigmoid",
    "sigmoid_",
    "tanh",
    "tanh_",
    "gelu",
    "silu",
    "elu",
    "leaky_relu",
    "hardtanh",
    "native_batch_norm",
    "_native_batch_norm_legit_no_training",
    "_native_batch_norm_legit",
    "cudnn_batch_norm",
    "clone",
    "detach",
    "alias",
    "add",
    "add_",
    "mul",
    "cat",
    "constant_pad_nd",
    "dropout",
    "empty_like",
    "contiguous",
    "_to_copy",
}
_RESHAPE = {"view", "_unsafe_view", "reshape", "flatten"}
_ALL = {"addmm", "mm", "linear", "mean", "_adaptive_avg_pool2d", "adaptive_max_pool2d", "bmm"}


class _Fields(TorchDispatchMode):
    """Carry (receptive field, jump) from the input of each operation to its output; "all" is the whole image."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known: dict[int, tuple[Tensor, _Field]] = {}

    def start(self, tensor: Tensor) -> Tensor:
        self._set(tensor, (1, 1) if tensor.dim() == 4 else "all")
        return tensor

    def of(self, tensor: Tensor) -> int | str | None:
        field = self._get(tensor)
        return field[0] if isinstance(field, tuple) else field

    def _set(self, tensor: Tensor, field: _Field) -> None:
        # The tensor is kept, so that its id is not given to another one.
        self.known[id(tensor)] = tensor, field

    def _get(self, tensor: Tensor) -> _Field:
        return self.known.get(id(tensor), (tensor, None))[1]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        inputs = [item for arg in args for item in (arg if isinstance(arg, list | tuple) else [arg]) if isinstance(item, Tensor)]
        fields = [self._get(tensor) for tensor in inputs if id(tensor) in self.known]
        if fields:
            field = _next_field(func.overloadpacket.__name__, args, inputs[0], fields)
            for tensor in result if isinstance(result, list | tuple) else [result]:
                if isinstance(tensor, Tensor):
                    self._set(tensor, field)
        return result


def _next_field(name: str, args: Any, first: Tensor, fields: list[_Field]) -> _Field:
    if any(field is None for field in fields):
        return None
    if name in _ALL or "all" in fields:
        return "all"
    known = [field for field in fields if isinstance(field, tuple)]
    size, jump = max(known)
    if len({step for _, step in known}) > 1:
        return None
    if name in _KEEP:
        return size, jump
    if name in _RESHAPE:
        # Flattening keeps each number's field, but what mixes them next sees everything.
        return size, jump
    if name in _WINDOWS:
        if name == "convolution":
            kernel, stride, dilation = args[1].shape[2:], args[3], args[5]
        else:
            kernel, stride = args[1], args[2] if len(args) > 2 and args[2] else args[1]
            dilation = args[4] if name != "avg_pool2d" and len(args) > 4 else [1]
        if len({*kernel}) > 1 or len({*stride}) > 1 or len({*dilation}) > 1:
            return None
        return size + dilation[0] * (kernel[0] - 1) * jump, jump * stride[0]
    return None


# ---- text


def _bytes(count: int) -> str:
    return f"{count / 1024:,.1f} KiB" if count >= 1024 else f"{count} B"


def _cells(row: Row) -> tuple[str, ...]:
    field = "not known" if row.receptive_field is None else str(row.receptive_field)
    return (
        row.name,
        row.type,
        "×".join(map(str, row.output_shape)),
        f"{row.parameters:,}",
        f"{row.macs:,}",
        _bytes(row.activation_bytes),
        field,
    )
