"""Measure the fast path against the usual loop, and what the recipes reach. Run by `make bench`.

Ratios are taken within one run, in CPU seconds of one thread; each is the median of several repetitions.
The usual loop is what most tutorials teach: PIL images, ToTensor and Normalize per sample, a DataLoader, float32, AdamW.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from dlnotes import data, models, recipes
from dlnotes.training import Config, fit

REPEATS = 3
MEMORY = """
import resource, sys
from dlnotes import data, recipes
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
splits = data.load(sys.argv[1])
before = peak()
recipes.run("lenet", sys.argv[1], epochs=1)
print(before, peak())
"""


class Samples(Dataset[Any]):
    """A data set as tutorials have it: one PIL image at a time."""

    def __init__(self, split: data.Split) -> None:
        to_pil = v2.ToPILImage()
        self.images, self.labels = [to_pil(image) for image in split.images], split.labels.tolist()
        self.transform = v2.Compose([v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((0.13,), (0.31,))])

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        """Return one transformed image and its label."""
        return self.transform(self.images[index]), self.labels[index]


def usual(name: str, split: data.Split) -> float:
    """Return images per CPU second of the usual loop, over one epoch."""
    model = models.create(name)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    loader = DataLoader(Samples(split), batch_size=64, shuffle=True, drop_last=True)
    start = time.process_time()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()
    return len(split.labels) / (time.process_time() - start)


def fast(name: str, splits: data.Splits) -> float:
    """Return images per CPU second of `training.fit`, set-up and validation included."""
    model = models.create(name)
    start = time.process_time()
    fit(model, splits, Config(epochs=1, batch_size=64))
    return len(splits.train.labels) / (time.process_time() - start)


def memory(name: str) -> tuple[float, float]:
    """Return the peak memory of a fresh process in MiB: with the data loaded, and after a LeNet run."""
    environ = os.environ | {"OMP_NUM_THREADS": "1"}
    told = subprocess.run([sys.executable, "-c", MEMORY, name], capture_output=True, text=True, check=True, env=environ).stdout
    before, after = map(float, told.split())
    return before, after


def main() -> None:
    """Measure, print a table, and write .cache/bench/fast_path.json."""
    torch.set_num_threads(1)
    name = "mnist" if os.environ.get("DLNOTES_DATA") else "digits"
    splits = data.load(name)
    # A fifth of MNIST is enough for a steady figure.
    part = data.Split(splits.train.images[:12_000], splits.train.labels[:12_000])
    # The usual loop does not validate, so neither does this one, but for a handful of images.
    few = data.Split(splits.validation.images[:50], splits.validation.labels[:50])
    small = data.Splits(name, part, few, splits.test, splits.classes, splits.fingerprint, splits.origin)
    report: dict[str, Any] = {"data": name, "torch": torch.__version__}
    table = Table("measured", "value", "aim")
    for model, aim in (("mlp", 5.0), ("lenet", 1.7)):
        ratios = [fast(model, small) / usual(model, part) for _ in range(REPEATS)]
        report[f"{model}: fast path / usual loop"] = ratios
        table.add_row(f"{model}: images per CPU second, fast path / usual loop", f"{statistics.median(ratios):.2f}", f"≥ {aim}")
    runs = [recipes.run("lenet", "digits", seed=seed) for seed in range(3)]
    accuracy = statistics.mean(run.test.accuracy for run in runs)
    cpu = statistics.median(run.history.cpu_seconds for run in runs)
    report |= {"lenet on digits, test accuracy": [run.test.accuracy for run in runs], "lenet on digits, CPU seconds": cpu}
    table.add_row("lenet on digits, 3 seeds: test accuracy", f"{accuracy:.2%}", "≥ 98.5 %")
    table.add_row("lenet on digits: CPU seconds a run", f"{cpu:.2f}", "≤ 3")
    if name == "mnist":
        run = recipes.run("lenet_bn", "mnist")
        report |= {"lenet_bn on mnist, test accuracy": run.test.accuracy, "lenet_bn on mnist, CPU seconds": run.history.cpu_seconds}
        table.add_row("lenet_bn on mnist: test accuracy", f"{run.test.accuracy:.2%}", "≥ 99 %")
        table.add_row("lenet_bn on mnist: CPU seconds of training", f"{run.history.cpu_seconds:.1f}", "≤ 10")
    before, after = memory(name)
    report["peak memory, MiB"] = {"data loaded": before, "after a LeNet run": after}
    table.add_row(f"peak memory of a process with {name} loaded, and after a LeNet run", f"{before:.0f}, {after:.0f} MiB", "")
    Console().print(table)
    target = Path(".cache/bench/fast_path.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
