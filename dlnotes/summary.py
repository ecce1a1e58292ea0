"""Trace a model: what each layer does to the shape, and what it costs.

MACs are multiply-accumulate operations of one sample in convolutions, fully connected layers and matrix products; bias,
activation, pooling, normalisation and products of single numbers count 0. Activation memory is that of each layer's output
at four bytes a number (float32). The receptive field is the side, in input pixels, of the smallest square that holds all
that one position of the output sees, in all its channels, when the image is large enough; "5×3" where height and width
differ, "all" for the whole image, "not known" where an operation has no rule.
"""

from __future__ import annotations

import copy
import dataclasses
import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.receptive import Fields, tensors_in

__all__ = ["Call", "Ledger", "Row", "trace"]

_HEAD = ("layer", "type", "output shape", "parameters", "MACs", "activation", "receptive field")


@dataclasses.dataclass(frozen=True)
class Row:
    """One call of one layer, or of a function such as `torch.cat` that a module calls itself.

    Attributes:
        name: its path in the model, such as "features.0.0"; a function stands behind the module that calls it.
        type: name of its class or function.
        output_shape: without the batch; None for a layer that did not run, such as an auxiliary head in evaluation.
        parameters: weights and biases; 0 when a shared layer is called again.
        macs: multiply-accumulate operations per sample.
        activation_bytes: bytes of its output per sample, float32.
        receptive_field: side in input pixels, "height×width" where they differ; "all" for the whole image, None when it
            is not known.
        inputs: numbers of the rows whose outputs it reads; -1 for the input of the model.
    """

    name: str
    type: str
    output_shape: tuple[int, ...] | None
    parameters: int
    macs: int
    activation_bytes: int
    receptive_field: int | str | None
    inputs: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a module that has modules inside.

    Attributes:
        name: its path in the model; empty for the model itself.
        type: name of its class.
        start: number of the first row inside.
        stop: number after the last row inside.
        output_shape: without the batch.
        receptive_field: as in a row.
        inputs: numbers of the rows that it reads; -1 for the input of the model.
        outputs: numbers of the rows that its result came from.
    """

    name: str
    type: str
    start: int
    stop: int
    output_shape: tuple[int, ...]
    receptive_field: int | str | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Ledger:
    """The rows of a traced model, in the order in which they ran, with their totals."""

    rows: tuple[Row, ...]
    input_shape: tuple[int, ...]
    calls: tuple[Call, ...] = dataclasses.field(default=(), repr=False)

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

    @property
    def depth(self) -> int:
        """Layers with weights to multiply by, convolutions and fully connected ones, on the longest way to an output.

        This is the number in names such as ResNet-18: a convolution on a shortcut, or on the shorter of two branches, does
        not count. Neither does normalisation, nor a layer that did not run.
        """
        longest = {-1: 0}
        for number, row in enumerate(self.rows):
            longest[number] = bool(row.macs and row.parameters) + max((longest[source] for source in row.inputs), default=0)
        return max(longest.values())

    def collapse(self, depth: int = 1) -> Ledger:
        """Fold the rows into blocks, so that a deep network fits a page.

        Args:
            depth: how many parts of the path stay, at least 1: "features.denseblock1.denselayer2.conv1" becomes
                "features" at 1 and "features.denseblock1" at 2.

        Returns:
            A ledger with one row for each call of a block: its parameters, MACs and activation memory summed, the shape
            and the receptive field of its output. The totals stay.

        Raises:
            ConfigError: depth is not a positive whole number.
        """
        if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
            raise ConfigError(f"depth must be a whole number from 1, got {depth!r}")
        blocks = {call.start: call for call in self.calls if call.name and call.name.count(".") == depth - 1 and call.stop > call.start}
        folded: list[Row] = []
        target: dict[int, int] = {-1: -1}
        number = 0
        while number < len(self.rows):
            block, row = blocks.get(number), self.rows[number]
            if row.output_shape is None:
                folded += _idle(self.rows[number:], depth)
                break
            stop = block.stop if block else number + 1
            target |= dict.fromkeys(range(number, stop), len(folded))
            inside = self.rows[number:stop]
            inputs = tuple(dict.fromkeys(target[item] for item in (block or row).inputs))
            parameters, macs, memory = (sum(getattr(item, key) for item in inside) for key in ("parameters", "macs", "activation_bytes"))
            source = block or row
            folded.append(Row(source.name, source.type, source.output_shape, parameters, macs, memory, source.receptive_field, inputs))
            number = stop
        root = [
            dataclasses.replace(
                call,
                start=0,
                stop=len(folded),
                inputs=tuple(dict.fromkeys(target[item] for item in call.inputs)),
                outputs=tuple(dict.fromkeys(target[item] for item in call.outputs)),
            )
            for call in self.calls
            if not call.name
        ]
        return Ledger(tuple(folded), self.input_shape, tuple(root))

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

        return pd.DataFrame([dataclasses.asdict(row) for row in self.rows]).drop(columns="inputs")

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

    Nothing is computed: the trace works on a copy without data, in evaluation mode, so the model, its mode and its
    statistics stay as they are. Functions that a module's own `forward` calls have rows too, but for those that only
    look at the same memory in another shape.

    Args:
        model: any module that takes one float tensor.
        input_shape: (C, H, W), or whatever one sample of the input is; without the batch.

    Returns:
        The ledger.

    Raises:
        ShapeError: the model does not accept that shape; the layer at which it failed is named. Or a layer's
            multiply-accumulate operations are not known.
    """
    shape = tuple(input_shape)
    if not shape or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in shape):
        raise ShapeError(f"input_shape must be positive integers such as (1, 28, 28), without the batch, got {input_shape!r}")
    twin = _without_data(model).eval()
    image = torch.empty((1, *shape), device="meta")
    recorder = _Recorder(twin, image)
    try:
        with torch.no_grad(), _Operations(recorder), _Functions(recorder):
            twin(image)
    except _NotKnown as error:
        raise ShapeError(str(error)) from None
    except (RuntimeError, ValueError, IndexError) as error:
        where = f" at layer {recorder.current}" if recorder.current else ""
        raise ShapeError(
            f"the model does not accept an input of shape {shape}{where}: {error}. "
            "Give the shape of one sample that the model was built for, as (channels, height, width)"
        ) from error
    finally:
        recorder.remove()
    recorder.finish()
    return Ledger(tuple(recorder.rows), shape, tuple(recorder.calls))


def _idle(rows: Sequence[Row], depth: int) -> list[Row]:
    """Fold rows that did not run by the first parts of their paths."""
    folded: dict[str, Row] = {}
    for row in rows:
        name = ".".join(row.name.split(".")[:depth])
        kind = row.type if name == row.name else ""
        old = folded.get(name, Row(name, kind, None, 0, 0, 0, None))
        folded[name] = dataclasses.replace(old, parameters=old.parameters + row.parameters)
    return list(folded.values())


def _without_data(model: nn.Module) -> nn.Module:
    """Copy a model onto the meta device; what it shares stays shared."""
    memo: dict[int, Any] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        if nn.parameter.is_lazy(tensor):
            raise ShapeError("the model has lazy layers whose shapes are not known yet; run it once on a batch before tracing it")
        empty = torch.empty_like(tensor, device="meta")
        memo[id(tensor)] = nn.Parameter(empty, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
    return copy.deepcopy(model, memo)


class _NotKnown(Exception):
    """An operation whose multiplications nobody has counted."""


@dataclasses.dataclass
class _Open:
    """A layer or a function that is running and will become a row."""

    name: str
    type: str
    inputs: tuple[int, ...]
    macs: int = 0
    operations: int = 0


class _Recorder:
    """Collects rows: one for each call of a layer that has no layers inside, and of a function outside of such layers."""

    def __init__(self, model: nn.Module, image: Tensor) -> None:
        self.rows: list[Row] = []
        self.calls: list[Call] = []
        self.current = ""
        self.fields = Fields(image)
        self.open: _Open | None = None
        self.model = model
        self._image = image
        self._ran: set[int] = set()
        self._counted: set[int] = set()
        self._used: set[int] = set()
        self._sources: dict[int, tuple[int, ...]] = {id(image): (-1,)}
        self._stack: list[tuple[str, int, tuple[int, ...]]] = []
        self._handles = []
        for name, module in model.named_modules():
            leaf = not any(True for _ in module.children())
            # Inside a layer that may be called under several names, the first one stands for all.
            before, after = (self._enter, self._leave) if leaf else (self._enter_block, self._leave_block)
            self._handles += [
                module.register_forward_pre_hook(before(name or ("model" if leaf else "")), with_kwargs=True),
                module.register_forward_hook(after(name or ("model" if leaf else "")), with_kwargs=True),
            ]

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def finish(self) -> None:
        """Write down the parameters of what never ran."""
        for name, module in self.model.named_modules():
            idle = self._new(module.parameters(recurse=False))
            if idle:
                self.rows.append(Row(name or "model", type(module).__name__, None, idle, 0, 0, None))

    def sources(self, *items: Any) -> tuple[int, ...]:
        """Return the numbers of the rows that tensors came from; -1 is the input."""
        return tuple(dict.fromkeys(source for tensor in tensors_in(items) for source in self._sources.get(id(tensor), ())))

    def operation(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Take note of one operation of the dispatcher."""
        self._used |= {id(tensor) for tensor in tensors_in([args, kwargs])}
        macs = _macs(func, args, result)
        if self.open:
            self.open.macs += macs
            self.open.operations += 1
        sources = self.sources(args, kwargs)
        self.fields.follow(func, args, kwargs, result)
        for tensor in tensors_in(result):
            if sources:
                self._sources[id(tensor)] = sources

    def row(self, output: Tensor, parameters: int) -> None:
        """Close what is open with its output."""
        assert self.open is not None
        self._sources[id(output)] = (len(self.rows),)
        self.rows.append(
            Row(
                name=self.open.name,
                type=self.open.type,
                output_shape=_sample(output),
                parameters=parameters,
                macs=self.open.macs,
                activation_bytes=4 * output.numel(),
                receptive_field=self.fields.report(output) if self.fields.seen(output) else None,
                inputs=self.open.inputs,
            )
        )

    def begin(self, name: str, args: Any, kwargs: Any) -> None:
        """Open a function called by the block that runs."""
        block = self._stack[-1][0] if self._stack else ""
        path = f"{block}.{name}" if block else name
        self.open = _Open(path, name, self.sources(args, kwargs))

    def end(self, func_args: Any, result: Any) -> None:
        """Close a function; one that only looks at its input in another shape leaves no row."""
        outputs = list(tensors_in([result]))
        inputs = [tensor for tensor in tensors_in(func_args) if self.fields.seen(tensor)]
        memory = {tensor.untyped_storage()._cdata for tensor in inputs}
        assert self.open is not None
        if outputs and self.fields.seen(outputs[0]):
            looks = outputs[0].untyped_storage()._cdata in memory and not any(outputs[0] is tensor for tensor in inputs)
            idle = any(outputs[0] is tensor for tensor in inputs) and not self.open.operations
            copied = self.open.type in _COPIES
            if self.open.macs or not (looks or idle or copied):
                used = [tensor for tensor in tensors_in(func_args) if isinstance(tensor, nn.Parameter)]
                self.row(outputs[0], self._new(used))
                for other in outputs[1:]:
                    self._sources[id(other)] = (len(self.rows) - 1,)
        self.open = None

    def _new(self, parameters: Iterable[Tensor]) -> int:
        new = {id(parameter): parameter.numel() for parameter in parameters if id(parameter) not in self._counted}
        self._counted |= set(new)
        return sum(new.values())

    def _enter(self, name: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            self.current = f"{name} ({type(module).__name__})"
            self.open = _Open(name, type(module).__name__, self.sources(args, kwargs))

        return hook

    def _leave(self, name: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
            assert self.open is not None
            if not isinstance(output, Tensor):
                raise ValueError(f"layer {name} returns {type(output).__name__}; only layers that return one tensor can be traced")
            if any(output is tensor for tensor in tensors_in([args, kwargs])) and not self.open.operations:
                # What passes its input on gets a name of its own for it, so that others can still read the input.
                output = output.view(output.shape)
            self.row(output, self._new(module.parameters()))
            self.open = None
            return output

        return hook

    def _enter_block(self, name: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any) -> None:
            self._stack.append((name, len(self.rows), self.sources(args, kwargs)))

        return hook

    def _leave_block(self, name: str) -> Any:
        def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
            _, start, inputs = self._stack.pop()
            own = self._new(parameter for parameter in module.parameters(recurse=False) if id(parameter) in self._used)
            tensors = list(tensors_in([output]))
            if not tensors:
                raise ValueError(f"block {name or 'model'} returns no tensor")
            field = self.fields.report(tensors[0]) if self.fields.seen(tensors[0]) else None
            if own:
                # Its weights went through other operations first, so no row of a function holds them.
                self.rows.append(Row(name or "model", type(module).__name__, _sample(tensors[0]), own, 0, 0, field, inputs))
            outputs = self.sources(*tensors)
            self.calls.append(Call(name, type(module).__name__, start, len(self.rows), _sample(tensors[0]), field, inputs, outputs))

        return hook


class _Operations(TorchDispatchMode):
    """Shows every operation of the dispatcher to a recorder."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.recorder = recorder

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.recorder.operation(func, args, kwargs or {}, result)
        return result


class _Functions(TorchFunctionMode):
    """Shows a recorder the functions that blocks call, such as `torch.cat`, but not what these call in turn."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if self.recorder.open is not None or name in ("__get__", "__set__", ""):
            return func(*args, **(kwargs or {}))
        name = name.strip("_")
        self.recorder.begin(_SHORT.get(name, name), args, kwargs or {})
        result = func(*args, **(kwargs or {}))
        self.recorder.end([args, kwargs or {}], result)
        return result


_SHORT = {"iadd": "add", "imul": "mul", "isub": "sub", "radd": "add", "rmul": "mul", "concat": "cat", "concatenate": "cat"}
_COPIES = {"contiguous", "clone", "to", "type", "float", "reshape", "flatten", "dropout"}
"""Functions whose output holds the same numbers as their input, where they copy."""


def _sample(output: Tensor) -> tuple[int, ...]:
    # A model that moves other things into the batch, such as windows, shows them.
    return tuple(output.shape[1:] if output.dim() and output.shape[0] == 1 else output.shape)


_PRODUCTS = re.compile(
    r"conv|mm|matmul|(^|_)m?v?dot|einsum|lstm|gru|rnn|fft|attention|^_?linear|^bilinear|_trilinear|cdist|(^|_)(mv|ger|addr)$|inverse|solve|svd"
)


def _macs(func: Any, args: Any, result: Any) -> int:
    """Count the multiply-accumulate operations of one operation."""
    name = func.overloadpacket.__name__
    if name in ("convolution", "_convolution"):
        data, weight, transposed = args[0], args[1], args[6]
        # Every output number is a sum over one window; transposed, every input number is spread over one.
        return int((data if transposed else result).numel() * weight[0].numel())
    if name in ("mm", "bmm", "addmm", "baddbmm"):
        return int(result.numel() * args[-2].shape[-1])
    if name in ("mv", "addmv", "dot", "vdot"):
        return int(args[-2].numel())
    if _PRODUCTS.search(name) and "upsample" not in name:
        raise _NotKnown(
            f"the multiplications of {name} are not known to trace; it counts convolutions, fully connected layers and matrix products"
        )
    return 0


# ---- text


def _bytes(count: int) -> str:
    return f"{count / 1024:,.1f} KiB" if count >= 1024 else f"{count} B"


def _cells(row: Row) -> tuple[str, ...]:
    if row.output_shape is None:
        return (row.name, row.type, "not run", f"{row.parameters:,}", "", "", "")
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
