"""Measure canonical models beside torchvision's own: one step forward and backward, same weights, same batch. Run by `make bench`.

Both are measured in turns within one run, in CPU seconds of one thread; the ratio is that of the two medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import torch
import torchvision
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from dlnotes import models

REPEATS = 7
SIDE, BATCH = 96, 8
AIM = 1.05


def step(model: nn.Module, images: Tensor) -> float:
    """Return the CPU seconds of one step forward and backward."""
    start = time.process_time()
    result = model(images)
    parts = [result] if isinstance(result, Tensor) else list(result)
    torch.stack([part.square().mean() for part in parts]).sum().backward()
    seconds = time.process_time() - start
    model.zero_grad(set_to_none=True)
    return seconds


def compare(name: str, repeats: int) -> tuple[float, float]:
    """Return the median CPU seconds of our model and of its twin."""
    twin = models.torchvision_names()[name]
    options = {"init_weights": False} if twin == "googlenet" else {}
    theirs: nn.Module = getattr(torchvision.models, twin)(weights=None, **options)
    ours = models.from_torchvision(name, theirs.state_dict())
    images = torch.randn(BATCH, 3, SIDE, SIDE)
    pair = (ours.train(), theirs.train())
    for model in pair:
        step(model, images)
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats):
        # Whoever comes first may find a colder cache, so they take turns at that too.
        for place in (0, 1) if turn % 2 else (1, 0):
            times[place].append(step(pair[place], images))
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    """Measure, print a table, and write .cache/bench/models.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="models with a twin in torchvision; all of them if none is given")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    table = Table("model", "here, s", "torchvision, s", "ratio", "aim")
    report: dict[str, object] = {"torch": torch.__version__, "torchvision": torchvision.__version__, "batch": [BATCH, 3, SIDE, SIDE]}
    for name in options.names or models.torchvision_names():
        ours, theirs = compare(name, options.repeats)
        report[name] = {"here": ours, "torchvision": theirs, "ratio": ours / theirs}
        table.add_row(name, f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.3f}", f"≤ {AIM}")
    Console().print(table)
    target = Path(".cache/bench/models.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
