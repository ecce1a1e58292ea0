"""Receptive fields: follow every tensor of a forward pass and know which input pixels it sees.

Along each axis of the image, position i of a tensor sees the pixels of one interval. The intervals repeat: with period P
and jump J, position i + P sees what i sees, J pixels further. Convolution, pooling, padding, slicing, transposed convolution
and upsampling read positions in a repeating pattern, so this form is exact for all of them, borders aside: the image is
taken as unbounded, as receptive fields are usually stated. What reads every position (a fully connected layer, a global
mean) sees one fixed interval of the real image. Where a rule is missing the field is not known, and stays so.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["Fields", "tensors_in"]

_Interval = tuple[int, int] | None
"""First and last pixel, or None where nothing is seen."""

_Factor = tuple[int, int | None]
"""A size, and the axis of the image that it runs along, if any: a flattened dimension has several."""


def _hull(intervals: Iterable[_Interval]) -> _Interval:
    seen = [interval for interval in intervals if interval is not None]
    return (min(first for first, _ in seen), max(last for _, last in seen)) if seen else None


def _length(interval: _Interval) -> int:
    return 0 if interval is None else interval[1] - interval[0] + 1


@dataclasses.dataclass(frozen=True)
class _Moving:
    """Intervals that move with the position: `windows` for one period, then the same again, `jump` pixels further."""

    windows: tuple[_Interval, ...] = ((0, 0),)
    jump: int = 1

    def at(self, position: int) -> _Interval:
        turns, phase = divmod(position, len(self.windows))
        window = self.windows[phase]
        return None if window is None else (window[0] + turns * self.jump, window[1] + turns * self.jump)

    def read(self, positions: Callable[[int], Iterable[int]], period: int = 1, advance: int = 1) -> _Moving | None:
        """Output i reads `positions(i)`; output i + period reads the same, `advance` positions further."""
        own = len(self.windows)
        times = own // math.gcd(own, advance)
        if period * times > 4096:
            return None
        windows = tuple(_hull(self.at(place) for place in positions(i)) for i in range(period * times))
        return _Moving(windows, self.jump * advance * times // own)

    def join(self, other: _Moving) -> _Moving | None:
        own, theirs = len(self.windows), len(other.windows)
        if self.jump * theirs != other.jump * own:
            return None
        period = math.lcm(own, theirs)
        return _Moving(tuple(_hull((self.at(i), other.at(i))) for i in range(period)), self.jump * period // own)


@dataclasses.dataclass(frozen=True)
class _Fixed:
    """One interval of the real image for every position."""

    interval: _Interval


_Axis = _Moving | _Fixed


@dataclasses.dataclass(frozen=True)
class _State:
    """Which dimension of a tensor runs along which axis, and what is seen along each axis."""

    places: tuple[tuple[_Factor, ...], ...]
    axes: tuple[_Axis, ...]

    def size(self, axis: int) -> int:
        return math.prod(size for place in self.places for size, own in place if own == axis)

    def along(self, dim: int) -> list[int]:
        return [axis for _, axis in self.places[dim] if axis is not None]


class _Unknown(Exception):
    """No rule says what the result sees."""


class Fields:
    """The fields of all tensors of one forward pass.

    Args:
        image: the input tensor, (1, C, *axes).
    """

    def __init__(self, image: Tensor) -> None:
        self.image = tuple(image.shape[2:])
        # Tensors are kept, so that no id is given twice.
        self._known: dict[int, tuple[Tensor, _State | None]] = {}
        self._foreign: set[int] = set()
        places = [((1, None),), *[((image.shape[1], None),)][: image.dim() - 1]]
        axes = tuple(_Moving() for _ in self.image)
        self._known[id(image)] = image, _State((*places, *(((size, i),) for i, size in enumerate(self.image))), axes)

    def seen(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on the input."""
        return id(tensor) in self._known or _storage(tensor) in self._foreign

    def report(self, tensor: Tensor) -> int | str | None:
        """Return what one position of a tensor sees: a side, "height×width", "all", or None if it is not known."""
        state = self._state(tensor)
        if state is None:
            return None
        sides: list[int | str] = []
        for i, (axis, pixels) in enumerate(zip(state.axes, self.image, strict=True)):
            if isinstance(axis, _Fixed):
                length = _length(axis.interval)
                sides.append("all" if length == pixels else length)
            else:
                sides.append(max(map(_length, axis.windows[: state.size(i)])))
        if not sides:
            return "all"
        return sides[0] if len(set(sides)) == 1 else "×".join(map(str, sides))

    def follow(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
        """Take note of one operation and of what came out of it."""
        inputs = [item for item in tensors_in([args, kwargs]) if self.seen(item)]
        if not inputs:
            return
        name = func.overloadpacket.__name__
        if name in _CONSTANT:
            return
        outputs = list(tensors_in([result]))
        state = self._next(func, name, args, kwargs, outputs, inputs)
        for tensor in outputs:
            fits = state is not None and tuple(math.prod(size for size, _ in place) for place in state.places) == tuple(tensor.shape)
            written = func._schema.is_mutable and any(tensor is item for item in tensors_in(args))
            if written and self._shared(tensor):
                # What else looks at this memory changed too, in a way that is not followed.
                self._foreign.add(_storage(tensor))
            self._known[id(tensor)] = tensor, state if fits else None

    def _next(self, func: Any, name: str, args: Any, kwargs: Any, outputs: list[Tensor], inputs: list[Tensor]) -> _State | None:
        if any(self._state(tensor) is None for tensor in inputs) or not outputs:
            return None
        try:
            if name in _RULES:
                bound = dict(zip((argument.name for argument in func._schema.arguments), args, strict=False)) | kwargs
                defaults = {argument.name: argument.default_value for argument in func._schema.arguments}
                return _RULES[name](self, defaults | bound, outputs)
            if torch.Tag.pointwise in func.tags or name in _POINTWISE:
                return self._broadcast([self._get(tensor) for tensor in inputs], outputs[0].shape)
        except _Unknown:
            pass
        return None

    def _shared(self, tensor: Tensor) -> bool:
        """Whether a tensor is a part of a memory that others look at."""
        if tensor.numel() * tensor.element_size() != tensor.untyped_storage().nbytes():
            return True
        owner = _storage(tensor)
        return any(other is not tensor and _storage(other) == owner for other, _ in self._known.values() if not _same(other, tensor))

    def _state(self, tensor: Tensor) -> _State | None:
        return None if _storage(tensor) in self._foreign else self._known[id(tensor)][1]

    def _get(self, tensor: Tensor) -> _State:
        """Return the state of a tensor; one that does not depend on the input sees nothing."""
        if not self.seen(tensor):
            return _State(tuple(((size, None),) for size in tensor.shape), tuple(_Fixed(None) for _ in self.image))
        state = self._state(tensor)
        if state is None:
            raise _Unknown
        return state

    def _fix(self, state: _State, axes: Iterable[int]) -> _State:
        """Let every position see what all positions along these axes see together."""
        result = list(state.axes)
        for axis in axes:
            own = result[axis]
            if isinstance(own, _Moving):
                found = _hull(own.at(i) for i in range(state.size(axis)))
                last = self.image[axis] - 1
                clipped = None if found is None else (max(0, found[0]), min(last, found[1]))
                result[axis] = _Fixed(clipped if clipped and clipped[0] <= clipped[1] else None)
        return dataclasses.replace(state, axes=tuple(result))

    def _join(self, states: list[_State]) -> tuple[_Axis, ...]:
        joined = list(states[0].axes)
        sizes = [states[0].size(axis) for axis in range(len(joined))]
        for state in states[1:]:
            for i, other in enumerate(state.axes):
                joined[i] = self._join_axis(i, (joined[i], sizes[i]), (other, state.size(i)))
                sizes[i] = max(sizes[i], state.size(i))
        return tuple(joined)

    def _join_axis(self, number: int, first: tuple[_Axis, int], second: tuple[_Axis, int]) -> _Axis:
        (one, many), (other, count) = first, second
        if isinstance(one, _Fixed) and isinstance(other, _Fixed):
            return _Fixed(_hull((one.interval, other.interval)))
        if isinstance(one, _Moving) and isinstance(other, _Moving):
            result = one.join(other) if many == count else None
            if result is None:
                raise _Unknown
            return result
        moving, size, fixed = (one, many, other) if isinstance(one, _Moving) else (other, count, one)
        assert isinstance(moving, _Moving) and isinstance(fixed, _Fixed)
        if fixed.interval is None:
            return moving
        whole = _hull(moving.at(i) for i in range(size))
        last = self.image[number] - 1
        if whole and not (fixed.interval[0] <= max(0, whole[0]) and min(last, whole[1]) <= fixed.interval[1]):
            raise _Unknown
        return fixed

    def _broadcast(self, states: list[_State], shape: Sequence[int]) -> _State:
        places = []
        for dim in range(1, len(shape) + 1):
            candidates = [state.places[-dim] for state in states if len(state.places) >= dim]
            running = {_tidy(place) for place in candidates if any(axis is not None for _, axis in place)}
            if any(_count(place) != shape[-dim] for place in running):
                # A single row or column stretched over many positions moves with none of them.
                raise _Unknown
            if len(running) > 1:
                raise _Unknown
            places.append(running.pop() if running else ((shape[-dim], None),))
        result = _State(tuple(reversed(places)), self._join(states))
        placed = [axis for place in result.places for _, axis in place if axis is not None]
        if len(placed) != len(set(placed)):
            raise _Unknown
        return result

    def _window(
        self, state: _State, dims: Sequence[int], outputs: Sequence[Tensor], read: Callable[[int, _Moving], _Moving | None]
    ) -> _State:
        """Read windows along some dimensions; `read` takes the number of the dimension among them, and the axis."""
        places, axes = list(state.places), list(state.axes)
        for number, dim in enumerate(dims):
            own = state.along(dim)
            if len(own) > 1 or (own and len(_tidy(state.places[dim])) > 1):
                raise _Unknown
            size = outputs[0].shape[dim]
            for axis in own:
                moving = axes[axis]
                if isinstance(moving, _Moving):
                    result = read(number, moving)
                    if result is None:
                        raise _Unknown
                    axes[axis] = result
            places[dim] = ((size, own[0] if own else None),)
        return _State(tuple(places), tuple(axes))

    # ---- rules, by the name of the operation in torch's dispatcher

    def _convolution(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        weight = a["weight"]
        if self.seen(weight):
            raise _Unknown
        state = self._get(a["input"])
        if state.along(1) or state.along(0):
            raise _Unknown
        rank = weight.dim() - 2
        stride, padding, dilation = (_spread(a[key], rank) for key in ("stride", "padding", "dilation"))
        kernel = weight.shape[2:]
        dims = range(2, 2 + rank)
        # Channels are mixed, positions are not.
        places = (state.places[0], ((outputs[0].shape[1], None),), *state.places[2:])
        state = dataclasses.replace(state, places=places)
        if a["transposed"]:
            return self._window(state, dims, outputs, lambda i, axis: _transposed(axis, kernel[i], stride[i], padding[i], dilation[i]))
        return self._window(state, dims, outputs, lambda i, axis: _slide(axis, kernel[i], stride[i], padding[i], dilation[i]))

    def _pool(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["self"])
        kernel = list(a["kernel_size"])
        rank = outputs[0].dim() - 2 if len(kernel) == 1 else len(kernel)
        kernel = _spread(kernel, rank)
        stride = _spread(a["stride"], rank) if a["stride"] else kernel
        padding, dilation = _spread(a["padding"], rank), _spread(a.get("dilation", 1), rank)
        dims = range(outputs[0].dim() - rank, outputs[0].dim())
        return self._window(state, dims, outputs, lambda i, axis: _slide(axis, kernel[i], stride[i], padding[i], dilation[i]))

    def _adaptive(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        source = a["self"]
        state, rank = self._get(source), len(a["output_size"])
        dims = range(source.dim() - rank, source.dim())
        single = [dim for dim in dims if outputs[0].shape[dim] == 1]
        state = self._fix(state, [axis for dim in single for axis in state.along(dim)])

        def read(number: int, axis: _Moving) -> _Moving | None:
            size, count = source.shape[dims[number]], outputs[0].shape[dims[number]]
            common = math.gcd(size, count)
            return axis.read(lambda i: range(i * size // count, -((i + 1) * size // -count)), count // common, size // common)

        return self._window(state, dims, outputs, read)

    def _pad(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, pad = self._get(a["self"]), a.get("pad") or a["padding"]
        dims = [len(state.places) - 1 - i for i in range(len(pad) // 2)]
        if any(state.along(dim) == [] and (pad[2 * i] or pad[2 * i + 1]) for i, dim in enumerate(dims)):
            places = list(state.places)
            for dim in dims:
                if not state.along(dim):
                    places[dim] = ((outputs[0].shape[dim], None),)
            state = dataclasses.replace(state, places=tuple(places))
        return self._window(state, dims, outputs, lambda i, axis: _slide(axis, 1, 1, pad[2 * i], 1))

    def _slice(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, dim = self._get(a["self"]), a["dim"]
        size = a["self"].shape[dim]
        start = min(size, max(0, (a["start"] or 0) + (size if (a["start"] or 0) < 0 else 0)))
        if outputs[0].shape == a["self"].shape:
            return state
        return self._window(state, [dim % len(state.places)], outputs, lambda i, axis: _slide(axis, 1, a["step"], -start, 1))

    def _split(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, dim = self._get(a["self"]), a["dim"] % len(self._get(a["self"]).places)
        if state.along(dim) or len({output.shape for output in outputs}) > 1:
            raise _Unknown
        return dataclasses.replace(state, places=(*state.places[:dim], ((outputs[0].shape[dim], None),), *state.places[dim + 1 :]))

    def _nearest(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        def read(up: int, axis: _Moving) -> _Moving | None:
            return axis.read(lambda i: [i // up], up, 1)

        return self._resize(a, outputs, read, lambda down, axis: _slide(axis, 1, down, 0, 1))

    def _linear_interpolation(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        if a["align_corners"]:
            raise _Unknown

        def grow(up: int, axis: _Moving) -> _Moving | None:
            # Output i lies at (2 i + 1 - up) / (2 up), between two positions unless that is whole.
            return axis.read(lambda i: range((2 * i + 1 - up) // (2 * up), -((2 * i + 1 - up) // (-2 * up)) + 1), up, 1)

        def shrink(down: int, axis: _Moving) -> _Moving | None:
            return axis.read(lambda i: range(i * down + (down - 1) // 2, i * down + down // 2 + 1), 1, down)

        return self._resize(a, outputs, grow, shrink)

    def _resize(self, a: dict[str, Any], outputs: list[Tensor], grow: Any, shrink: Any) -> _State:
        source = a.get("self", a.get("input"))
        assert isinstance(source, Tensor)
        before, after = source.shape[2:], outputs[0].shape[2:]

        def read(number: int, axis: _Moving) -> _Moving | None:
            size, count = before[number], after[number]
            if count % size == 0:
                return grow(count // size, axis)  # type: ignore[no-any-return]
            return shrink(size // count, axis) if size % count == 0 else None

        return self._window(self._get(source), range(2, source.dim()), outputs, read)

    def _shuffle_pixels(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, up = self._get(a["self"]), a["upscale_factor"]
        if state.along(1):
            raise _Unknown
        state = dataclasses.replace(state, places=(state.places[0], ((outputs[0].shape[1], None),), *state.places[2:]))
        return self._window(state, (2, 3), outputs, lambda i, axis: axis.read(lambda place: [place // up], up, 1))

    def _norm(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["input"])
        if not a.get("training", False):
            return state
        return self._fix(state, [axis for dim in range(len(state.places)) if dim != 1 for axis in state.along(dim)])

    def _group_norm(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        return self._fix(self._get(a["input"]), range(len(self.image)))

    def _layer_norm(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["input"])
        return self._fix(state, [axis for dim in range(-len(a["normalized_shape"]), 0) for axis in state.along(dim)])

    def _softmax(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["self"])
        return self._fix(state, state.along(a["dim"]))

    def _reduce(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, wanted = self._get(a["self"]), a.get("dim")
        every = len(state.places)
        dims = range(every) if wanted in (None, []) else [dim % every for dim in ([wanted] if isinstance(wanted, int) else wanted)]
        state = self._fix(state, [axis for dim in dims for axis in state.along(dim)])
        keep = a.get("keepdim", False)
        places = [((1, None),) if dim in dims else place for dim, place in enumerate(state.places) if keep or dim not in dims]
        return dataclasses.replace(state, places=tuple(places))

    def _cat(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        states = [self._get(tensor) for tensor in a["tensors"]]
        dim = a["dim"] % len(states[0].places)
        if any(state.along(dim) for state in states):
            raise _Unknown
        # Only places count for the other dimensions, so the one that grows is left out.
        rest = [
            dataclasses.replace(state, places=tuple(((1, None),) if i == dim else p for i, p in enumerate(state.places)))
            for state in states
        ]
        joined = self._broadcast(rest, [1 if i == dim else size for i, size in enumerate(outputs[0].shape)])
        return dataclasses.replace(joined, places=(*joined.places[:dim], ((outputs[0].shape[dim], None),), *joined.places[dim + 1 :]))

    def _view(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, shape = self._get(a["self"]), tuple(outputs[0].shape)
        if shape == tuple(a["self"].shape):
            return state
        return dataclasses.replace(state, places=_regroup([factor for place in state.places for factor in place], shape))

    def _permute(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["self"])
        if "dims" in a:
            order = list(a["dims"])
        else:
            order = list(range(len(state.places)))
            first, second = a.get("dim0", 0), a.get("dim1", -1)
            if order:
                order[first], order[second] = order[second], order[first]
        return dataclasses.replace(state, places=tuple(state.places[dim] for dim in order))

    def _unsqueeze(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["self"])
        dim = a["dim"] % (len(state.places) + 1)
        return dataclasses.replace(state, places=(*state.places[:dim], ((1, None),), *state.places[dim:]))

    def _squeeze(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state, wanted = self._get(a["self"]), a.get("dim")
        every = len(state.places)
        dims = range(every) if wanted is None else [dim % every for dim in ([wanted] if isinstance(wanted, int) else wanted)]
        places = [place for dim, place in enumerate(state.places) if dim not in dims or _count(place) != 1]
        return dataclasses.replace(state, places=tuple(places))

    def _select(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        state = self._get(a["self"])
        dim = a["dim"] % len(state.places)
        if state.along(dim) and _count(state.places[dim]) != 1:
            raise _Unknown
        return dataclasses.replace(state, places=(*state.places[:dim], *state.places[dim + 1 :]))

    def _expand(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        return self._broadcast([self._get(a["self"])], outputs[0].shape)

    def _same(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        return self._get(a.get("self", a.get("input")))  # type: ignore[arg-type]

    def _product(self, a: dict[str, Any], outputs: list[Tensor]) -> _State:
        first = self._get(a.get("mat1", a.get("batch1", a.get("self"))))  # type: ignore[arg-type]
        second = self._get(a.get("mat2", a.get("batch2")))  # type: ignore[arg-type]
        lone = [
            axis for axis in range(len(self.image)) if axis not in [own for dim in range(len(first.places)) for own in first.along(dim)]
        ]
        first = self._fix(first, [*first.along(-1), *lone])
        second = self._fix(second, second.along(-2))
        blank: tuple[_Factor, ...] = ((1, None),)
        left = dataclasses.replace(first, places=(*first.places[:-1], blank))
        right = dataclasses.replace(second, places=(*second.places[:-2], blank, second.places[-1]))
        result = self._broadcast([left, right], outputs[0].shape)
        if "mat1" in a or "batch1" in a:
            return self._broadcast([result, self._get(a["self"])], outputs[0].shape)
        return result


def _slide(axis: _Moving, kernel: int, stride: int, padding: int, dilation: int) -> _Moving | None:
    return axis.read(lambda i: range(i * stride - padding, i * stride - padding + dilation * (kernel - 1) + 1, dilation), 1, stride)


def _transposed(axis: _Moving, kernel: int, stride: int, padding: int, dilation: int) -> _Moving | None:
    def positions(i: int) -> Iterable[int]:
        taps = (i + padding - number * dilation for number in range(kernel))
        return (tap // stride for tap in taps if tap % stride == 0)

    return axis.read(positions, stride, 1)


def _regroup(factors: list[_Factor], shape: Sequence[int]) -> tuple[tuple[_Factor, ...], ...]:
    """Deal the factors of one shape out to the dimensions of another of the same count."""
    queue = [factor for factor in factors if factor != (1, None)]
    places: list[tuple[_Factor, ...]] = []
    for size in shape:
        place: list[_Factor] = []
        if size == 1 and queue and queue[0][0] == 1:
            place.append(queue.pop(0))
        while _count(place) < size:
            have, axis = queue.pop(0)
            want = size // _count(place)
            if have > want or size % _count(place):
                if axis is not None or have % want or size % _count(place):
                    raise _Unknown
                queue.insert(0, (have // want, None))
                have = want
            place.append((have, axis))
        if _count(place) != size:
            raise _Unknown
        places.append(tuple(place) or ((1, None),))
    if queue and places:
        places[-1] = (*places[-1], *queue)
    return tuple(map(_tidy, places))


def _tidy(place: Sequence[_Factor]) -> tuple[_Factor, ...]:
    """Merge neighbours that run along no axis, so that equal layouts compare equal."""
    result: list[_Factor] = []
    for size, axis in place:
        if axis is None and result and result[-1][1] is None:
            result[-1] = (result[-1][0] * size, None)
        else:
            result.append((size, axis))
    kept = tuple(factor for factor in result if factor != (1, None))
    return kept or ((1, None),)


def _count(place: Iterable[_Factor]) -> int:
    return math.prod(size for size, _ in place)


def _spread(value: Any, rank: int) -> list[int]:
    items = [value] if isinstance(value, int) else list(value)
    return items * rank if len(items) == 1 else items


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _same(one: Tensor, other: Tensor) -> bool:
    return (one.shape, one.stride(), one.storage_offset()) == (other.shape, other.stride(), other.storage_offset())


def tensors_in(items: Any) -> Iterable[Tensor]:
    """Yield every tensor in nested lists, tuples and dictionaries."""
    if isinstance(items, Tensor):
        yield items
    elif isinstance(items, dict):
        yield from tensors_in(list(items.values()))
    elif isinstance(items, list | tuple):
        for item in items:
            yield from tensors_in(item)


_POINTWISE = {"clone", "detach", "alias", "lift_fresh", "dropout", "dropout_", "native_dropout", "contiguous", "_to_copy", "where", "prelu"}
_CONSTANT = {
    "empty_like",
    "zeros_like",
    "ones_like",
    "full_like",
    "rand_like",
    "randn_like",
    "new_empty",
    "new_zeros",
    "new_ones",
    "new_full",
}
_RULES: dict[str, Callable[[Fields, dict[str, Any], list[Tensor]], _State]] = {
    **dict.fromkeys(("convolution", "_convolution"), Fields._convolution),
    **dict.fromkeys(
        (
            "max_pool1d_with_indices",
            "max_pool2d_with_indices",
            "max_pool3d_with_indices",
            "max_pool2d",
            "avg_pool1d",
            "avg_pool2d",
            "avg_pool3d",
        ),
        Fields._pool,
    ),
    **dict.fromkeys(
        ("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"),
        Fields._adaptive,
    ),
    **dict.fromkeys(
        ("constant_pad_nd", *(f"{kind}_pad{rank}d" for kind in ("reflection", "replication") for rank in (1, 2, 3))), Fields._pad
    ),
    "slice": Fields._slice,
    **dict.fromkeys(("split", "split_with_sizes"), Fields._split),
    **dict.fromkeys([f"{kind}{rank}d" for kind in ("upsample_nearest", "_upsample_nearest_exact") for rank in (1, 2, 3)], Fields._nearest),
    **dict.fromkeys(("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d"), Fields._linear_interpolation),
    "pixel_shuffle": Fields._shuffle_pixels,
    **dict.fromkeys(
        (
            "native_batch_norm",
            "cudnn_batch_norm",
            "_native_batch_norm_legit",
            "_native_batch_norm_legit_no_training",
            "_batch_norm_no_update",
        ),
        Fields._norm,
    ),
    "native_group_norm": Fields._group_norm,
    "native_layer_norm": Fields._layer_norm,
    **dict.fromkeys(("_softmax", "_log_softmax"), Fields._softmax),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "max", "min", "var", "std", "logsumexp", "prod"), Fields._reduce),
    "cat": Fields._cat,
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias"), Fields._view),
    **dict.fromkeys(("permute", "transpose", "t"), Fields._permute),
    "unsqueeze": Fields._unsqueeze,
    "squeeze": Fields._squeeze,
    "select": Fields._select,
    "expand": Fields._expand,
    **dict.fromkeys(("native_channel_shuffle", "channel_shuffle"), Fields._same),
    **dict.fromkeys(("mm", "bmm", "addmm", "baddbmm"), Fields._product),
}
