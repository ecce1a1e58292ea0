"""Train several models on the same data, each with its own recipe and several seeds, and set them side by side.

`compare` is what `dlnotes compare` prints. What a run of three seeds found on each data set stands in
docs/results/comparison, one record for each model, written by tests/test_comparison.py.
"""

from __future__ import annotations

import dataclasses
import os
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from dlnotes import recipes
from dlnotes.errors import ConfigError
from dlnotes.summary import trace
from dlnotes.training import Config

__all__ = ["Entry", "compare", "measure", "table"]

_HEAD = ("model", "parameters", "MACs", "test accuracy", "spread", "CPU seconds")


@dataclasses.dataclass(frozen=True)
class Entry:
    """What training one model with several seeds gave.

    Attributes:
        model: name of the model.
        data: name of the data set.
        parameters: weights and biases, all of them.
        macs: multiply-accumulate operations for one image of the data set.
        seeds: one for each run.
        accuracies: share of the test images that were read rightly after each run, 0 to 1.
        cpu_seconds: processor time of each run: training with its validation, without reading the data.
        test_images: size of the test part.
        config: the settings; its seed is that of the first run.
        device: where the runs took place.
        precision: "float32" or "bfloat16".
    """

    model: str
    data: str
    parameters: int
    macs: int
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    test_images: int
    config: Config
    device: str
    precision: str

    @property
    def accuracy(self) -> float:
        """Mean test accuracy."""
        return statistics.mean(self.accuracies)

    @property
    def spread(self) -> float | None:
        """Standard deviation of the test accuracy over the seeds; None for a single run."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def seconds(self) -> float:
        """Mean processor time of a run."""
        return statistics.mean(self.cpu_seconds)


def measure(
    model: str, data: str | None = None, *, seeds: Sequence[int] = (0, 1, 2), root: str | os.PathLike[str] | None = None, **settings: Any
) -> Entry:
    """Train one model with several seeds, as its recipe says, and measure each run once on the test part.

    Args:
        model: name of the model.
        data: name of the data set; None takes `recipes.default_data(model)`.
        seeds: one for each run.
        root: folder of the data.
        settings: fields of `Config` that differ from the recipe, such as `epochs=1`.

    Raises:
        ConfigError: there is no seed, or one comes twice.
        UnknownNameError: no such recipe or setting.
        DataError: the data set is not there.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise ConfigError(f"measure wants at least one seed and each only once, got {list(seeds)}")
    runs = [recipes.run(model, data, root=root, seed=seed, **settings) for seed in seeds]
    first = runs[0]
    ledger = trace(first.model, first.splits.test.images.shape[1:])
    return Entry(
        model=model,
        data=recipes.get(model, data).data,
        parameters=ledger.parameters,
        macs=ledger.macs,
        seeds=tuple(seeds),
        accuracies=tuple(run.test.accuracy for run in runs),
        cpu_seconds=tuple(run.history.cpu_seconds for run in runs),
        test_images=first.test.count,
        config=first.history.config,
        device=first.history.device,
        precision=first.history.precision,
    )


def compare(
    names: Iterable[str], data: str | None = None, *, seeds: int = 3, root: str | os.PathLike[str] | None = None, **settings: Any
) -> tuple[Entry, ...]:
    """Train several models on the same data, each as its own recipe says: its optimizer, learning rate and epochs.

    Args:
        names: names of models that have a recipe for the data.
        data: name of the data set; None takes `recipes.default_data` of the first model.
        seeds: runs of each model, with the seeds 0, 1, 2 …
        root: folder of the data.
        settings: fields of `Config` that are the same for all, in the place of the recipe's.

    Returns:
        One entry for each model, in the order of `names`.

    Raises:
        ConfigError: there is no model, or `seeds` is not positive.
        UnknownNameError: a model has no recipe for the data; nothing was trained.
        DataError: the data set is not there.
    """
    wanted = list(names)
    if not wanted:
        raise ConfigError("compare wants at least one model, such as: compare(['mlp', 'lenet'])")
    if isinstance(seeds, bool) or not isinstance(seeds, int) or seeds < 1:
        raise ConfigError(f"seeds must be a whole number of runs from 1, got {seeds!r}")
    common = recipes.default_data(wanted[0]) if data is None else data
    for name in wanted:
        recipes.get(name, common)
    return tuple(measure(name, common, seeds=range(seeds), root=root, **settings) for name in wanted)


def table(entries: Iterable[Entry]) -> str:
    """Write entries as lines of text, the spread in percentage points."""
    lines = [_HEAD]
    for entry in entries:
        spread = "" if entry.spread is None else f"±{100 * entry.spread:.2f}"
        lines.append(
            (entry.model, f"{entry.parameters:,}", f"{entry.macs:,}", f"{entry.accuracy:.2%}", spread, f"{entry.seconds:.1f}")
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    return "\n".join(
        "  ".join(text.ljust(width) if i == 0 else text.rjust(width) for i, (text, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )
