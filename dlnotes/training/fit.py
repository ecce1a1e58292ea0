"""Train a module on tensors, fast: the data set stays on the device, and a batch is a slice of it."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlnotes.errors import CheckpointError, ConfigError, DivergenceError
from dlnotes.training.augmentation import affine
from dlnotes.training.checkpoints import load_checkpoint, load_weights, save_checkpoint
from dlnotes.training.config import Config
from dlnotes.training.devices import choose_device, has_fast_bfloat16
from dlnotes.training.metrics import Labelled, Normalization, evaluate
from dlnotes.training.seeding import seed_everything

__all__ = ["EpochRecord", "History", "fit"]


class TrainingData(Protocol):
    """Anything with a train and a validation part."""

    @property
    def train(self) -> Labelled:
        """What the weights are fitted to."""

    @property
    def validation(self) -> Labelled:
        """What every epoch is measured on."""


class EpochRecord(NamedTuple):
    """One epoch. Training figures are means over its samples while the weights were changing."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    lr: float
    seconds: float


@dataclasses.dataclass(frozen=True)
class History:
    """What happened during a training run.

    Attributes:
        epochs: one record per epoch.
        normalization: the constants of the training images; pass them to `evaluate` and `predict`.
        config: the settings.
        device: where it ran, and `reason` why there.
        precision: "float32" or "bfloat16".
        steps: optimizer steps over the whole run.
        seconds: wall time of training and validation.
        cpu_seconds: processor time of the same.
    """

    epochs: tuple[EpochRecord, ...]
    normalization: Normalization
    config: Config
    device: str
    reason: str
    precision: str
    steps: int
    seconds: float
    cpu_seconds: float


def fit(
    model: nn.Module,
    splits: TrainingData,
    config: Config | None = None,
    *,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: bool | None = None,
) -> History:
    """Train a model; it is left on the device, in evaluation mode.

    Args:
        model: maps float images (N, C, H, W) to logits (N, num_classes). Its weights are trained from what they are.
        splits: `.train` and `.validation`, each with uint8 images and int64 labels.
        config: the settings; `Config()` if None.
        checkpoint: file written after every epoch.
        resume: go on from the checkpoint if it exists; on the CPU the weights come out bit for bit as in an unbroken run.
        progress: show a progress bar; None shows one on a terminal only.

    Returns:
        The history.

    Raises:
        ConfigError: the training part is smaller than a batch, or `resume` without `checkpoint`.
        CheckpointError: the checkpoint is damaged, of another model or of other settings.
        DivergenceError: the loss became NaN or infinite; the message names the step and the learning rate.
    """
    config = config or Config()
    run = _Run(model, splits, config)
    if resume and checkpoint is None:
        raise ConfigError("resume=True needs the file to resume from: fit(..., checkpoint='lenet.pt', resume=True)")
    if resume and checkpoint is not None and Path(checkpoint).exists():
        run.restore(checkpoint)
    with _progress(progress, config, len(run.records)) as advance:
        while len(run.records) < config.epochs:
            run.epoch()
            if checkpoint is not None:
                run.save(checkpoint)
            advance(run.records[-1])
    model.eval()
    return History(
        tuple(run.records), run.normalization, config, str(run.device), run.reason, run.precision, run.step, run.seconds, run.cpu_seconds
    )


class _Run:
    """The state of a run: everything that a checkpoint must hold."""

    def __init__(self, model: nn.Module, splits: TrainingData, config: Config) -> None:
        self.model, self.splits, self.config = model, splits, config
        self.device, self.reason = choose_device(config.device)
        count = len(splits.train.labels)
        self.batches = count // config.batch_size if config.drop_last else math.ceil(count / config.batch_size)
        if not self.batches:
            raise ConfigError(f"batch_size {config.batch_size} is larger than the training part of {count} samples; lower it")
        seed_everything(config.seed)
        # Order and augmentation have a generator of their own, so that a layer which draws numbers does not change them.
        self.generator = torch.Generator().manual_seed(config.seed)
        self.fast = has_fast_bfloat16(self.device.type)
        self.precision = ("bfloat16" if self.fast else "float32") if config.precision == "auto" else config.precision
        self.normalization = Normalization.of(splits.train.images)
        model.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        images = self.normalization.apply(splits.train.images.to(self.device))
        self.images = images.contiguous(memory_format=torch.channels_last)
        self.labels = splits.train.labels.to(self.device)
        self.black = -self.normalization.mean / self.normalization.std
        self.optimizer = _optimizer(model, config)
        self.scheduler = _scheduler(self.optimizer, config, self.batches)
        self.records: list[EpochRecord] = []
        self.step, self.seconds, self.cpu_seconds = 0, 0.0, 0.0

    def epoch(self) -> None:
        start, cpu = time.perf_counter(), time.process_time()
        self.model.train()
        order = torch.randperm(len(self.labels), generator=self.generator).to(self.device)
        loss_sum = torch.zeros((), device=self.device)
        correct = torch.zeros((), dtype=torch.int64, device=self.device)
        seen, lr = 0, 0.0
        for number in range(self.batches):
            index = order[number * self.config.batch_size : (number + 1) * self.config.batch_size]
            lr = float(self.optimizer.param_groups[0]["lr"])
            loss, hits = self._train_batch(self.images[index], self.labels[index])
            self.step += 1
            loss_sum += loss * len(index)
            correct += hits
            seen += len(index)
            # Asking a GPU for the loss would make every step wait, so there the epoch's sum is asked instead.
            if self.device.type == "cpu" and not math.isfinite(loss.item()):
                self._stop(loss.item(), lr)
        total = loss_sum.item()
        if not math.isfinite(total):
            self._stop(total, lr)
        validation = evaluate(self.model, self.splits.validation, self.normalization)
        elapsed = time.perf_counter() - start
        self.seconds += elapsed
        self.cpu_seconds += time.process_time() - cpu
        self.records.append(
            EpochRecord(len(self.records) + 1, total / seen, correct.item() / seen, validation.loss, validation.accuracy, lr, elapsed)
        )

    def _train_batch(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        if self.config.augmentation == "digits":
            images = affine(images, self.generator, fill=self.black)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            logits = self.model(images)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=self.config.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.scheduler.step()
        return loss.detach(), (logits.detach().argmax(dim=1) == labels).sum()

    def _stop(self, loss: float, lr: float) -> None:
        raise DivergenceError(
            f"the loss became {loss} at step {self.step} (epoch {len(self.records) + 1}) with learning rate {lr:.3g}; "
            "lower lr, or look for a division by zero or a logarithm of zero in the model"
        )

    # ---- checkpoints

    def save(self, path: str | Path) -> None:
        save_checkpoint(
            path,
            self.model,
            optimizer=self.optimizer.state_dict(),
            scheduler=self.scheduler.state_dict(),
            config=dataclasses.asdict(self.config),
            normalization=list(self.normalization),
            records=[list(record) for record in self.records],
            step=self.step,
            random={"order": self.generator.get_state(), "torch": torch.get_rng_state()},
        )

    def restore(self, path: str | Path) -> None:
        state = load_checkpoint(path)
        mine, theirs = dataclasses.asdict(self.config), state.get("config", {})
        changed = [name for name in mine if mine[name] != theirs.get(name)]
        if changed:
            told = ", ".join(f"{name} {theirs.get(name)!r} → {mine[name]!r}" for name in changed)
            raise CheckpointError(f"{path} was trained with other settings ({told}); resume with the same ones, or start anew")
        load_weights(self.model, state, path)
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.records = [EpochRecord(*record) for record in state["records"]]
        self.step = state["step"]
        self.seconds = sum(record.seconds for record in self.records)
        self.generator.set_state(state["random"]["order"])
        torch.set_rng_state(state["random"]["torch"])


def _optimizer(model: nn.Module, config: Config) -> torch.optim.Optimizer:
    fused = next(model.parameters()).device.type in ("cpu", "cuda")
    options: dict[str, Any] = {"lr": config.lr, "weight_decay": config.weight_decay, "fused": fused}
    if config.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), momentum=config.momentum, **options)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(model.parameters(), **options)


def _scheduler(optimizer: torch.optim.Optimizer, config: Config, batches: int) -> torch.optim.lr_scheduler.LRScheduler:
    if config.schedule == "constant":
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
    # One step more than is taken, because the scheduler also steps after the last one.
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=config.lr, total_steps=config.epochs * batches + 1)


@contextlib.contextmanager
def _progress(wanted: bool | None, config: Config, done: int) -> Iterator[Any]:
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda record: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=config.epochs, completed=done)
        yield lambda record: bar.update(
            task, advance=1, description=f"validation loss {record.validation_loss:.4f}, accuracy {record.validation_accuracy:.2%}"
        )
