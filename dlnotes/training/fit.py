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

from dlnotes.errors import CheckpointError, ConfigError, DivergenceError, ShapeError
from dlnotes.training.augmentation import affine
from dlnotes.training.checkpoints import check_writable, load_checkpoint, load_weights, save_checkpoint
from dlnotes.training.config import Config
from dlnotes.training.devices import choose_device
from dlnotes.training.metrics import (
    Labelled,
    Metrics,
    Normalization,
    check_images,
    check_labels,
    check_logits,
    evaluate,
    normalize,
)  # fmt: skip
from dlnotes.training.precision import choose_precision
from dlnotes.training.schedules import learning_rates
from dlnotes.training.seeding import random_state, restore_random_state, seed_everything

__all__ = ["EpochRecord", "History", "TrainingData", "fit"]

_GPU_CHECK = 256
"""Steps between two looks at the loss on a GPU, where each look makes it wait."""


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
        device: where it ran.
        reason: why there.
        precision: "float32" or "bfloat16".
        steps: optimizer steps over the whole run.
        seconds: wall time of training and validation, in every process that took part.
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

    The images go to the device once, as bytes. A batch is gathered from them by index and normalised there: no
    worker, no copy and no Python loop over samples stands between the network and its data.

    Args:
        model: maps float images (N, C, H, W) to logits (N, num_classes). Training starts from its weights.
            In training mode it may return a NamedTuple of tensors with `logits` among them, if it has a method
            `loss(outputs, targets, label_smoothing)`, as GoogLeNet has for its auxiliary heads.
        splits: `.train` and `.validation`, each with uint8 images (N, C, H, W) and int64 labels (N,).
        config: the settings; `Config()` if None.
        checkpoint: file written after every epoch.
        resume: go on from the checkpoint if it exists; on the CPU the weights come out bit for bit as in an
            unbroken run.
        progress: show a progress bar; None shows one on a terminal only.

    Returns:
        The history.

    Raises:
        ConfigError: the training part is smaller than a batch, the model has nothing to train, or `resume` is
            without `checkpoint`.
        ShapeError: images, labels and logits do not fit each other.
        CheckpointError: the checkpoint cannot be written, or is damaged, of another model, data or settings.
        DivergenceError: the loss became NaN or infinite; the message names the step and the learning rate.
    """
    config = config or Config()
    if resume and checkpoint is None:
        raise ConfigError("resume=True needs the file to resume from: fit(..., checkpoint='lenet.pt', resume=True)")
    if checkpoint is not None:
        check_writable(checkpoint)
    run = _Run(model, splits, config)
    if resume and checkpoint is not None and Path(checkpoint).exists():
        run.restore(checkpoint)
    with _progress(progress, config, len(run.records)) as advance:
        while len(run.records) < config.epochs:
            run.epoch()
            if checkpoint is not None:
                run.save(checkpoint)
            advance(run.records[-1])
    model.eval()
    return run.history()


class _Run:
    """The state of a run: everything that a checkpoint must hold."""

    def __init__(self, model: nn.Module, splits: TrainingData, config: Config) -> None:
        for split in (splits.train, splits.validation):
            check_images(split.images)
            check_labels(split)
        self.model, self.config = model, config
        self.device, self.reason = choose_device(config.device)
        self.on_cpu = self.device.type == "cpu"
        self.batches = _batches(len(splits.train.labels), config)
        # Order and augmentation have a generator of their own: a layer that draws numbers does not change them.
        self.generator = torch.Generator().manual_seed(config.seed)
        model.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.normalization = Normalization.of(splits.train.images)
        self.factors = self.normalization.factors(self.device)
        self.images, self.labels = splits.train.images.to(self.device), splits.train.labels.to(self.device)
        self.validation = _Part(splits.validation.images.to(self.device), splits.validation.labels.to(self.device))
        first = normalize(self.images[:1], *self.factors)
        self.precision = choose_precision(config.precision, model, first, config.batch_size)
        seed_everything(config.seed)
        self.optimizer = _optimizer(model, config)
        self.rates = learning_rates(config, config.epochs * self.batches)
        self.records: list[EpochRecord] = []
        self.step, self.seconds, self.cpu_seconds = 0, 0.0, 0.0

    def history(self) -> History:
        return History(
            tuple(self.records), self.normalization, self.config, str(self.device), self.reason, self.precision,
            self.step, self.seconds, self.cpu_seconds,
        )  # fmt: skip

    # ---- training

    def epoch(self) -> None:
        start, cpu = time.perf_counter(), time.process_time()
        loss, accuracy = self._train()
        validation = self._validate()
        elapsed = time.perf_counter() - start
        self.seconds += elapsed
        self.cpu_seconds += time.process_time() - cpu
        number, lr = len(self.records) + 1, self.rates[self.step - 1]
        self.records.append(EpochRecord(number, loss, accuracy, validation.loss, validation.accuracy, lr, elapsed))

    def _train(self) -> tuple[float, float]:
        """Take the steps of one epoch; return loss and accuracy, each sample counting once."""
        self.model.train()
        size, seen = self.config.batch_size, min(self.batches * self.config.batch_size, len(self.labels))
        order = torch.randperm(len(self.labels), generator=self.generator)[:seen].to(self.device)
        labels = self.labels.index_select(0, order)
        losses = torch.zeros(self.batches, device=self.device)
        answers = torch.empty_like(labels)
        first, checked = self.step, 0
        for number in range(self.batches):
            batch = slice(number * size, min((number + 1) * size, seen))
            loss, logits = self._train_batch(self.images.index_select(0, order[batch]), labels[batch])
            losses[number] = loss
            torch.argmax(logits, dim=1, out=answers[batch])
            self.step += 1
            if not self.on_cpu and number + 1 in (checked + _GPU_CHECK, self.batches):
                self._check(losses[checked : number + 1].tolist(), first + checked)
                checked = number + 1
        sizes = torch.full((self.batches,), size, dtype=torch.float64)
        sizes[-1] = seen - size * (self.batches - 1)
        return float(losses.double().cpu() @ sizes) / seen, int((answers == labels).sum()) / seen

    def _train_batch(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step; return loss and logits."""
        if self.config.augmentation == "digits":
            images = affine(images.float(), self.generator)
        images = normalize(images, *self.factors)
        if self.precision == "bfloat16":
            with torch.autocast(self.device.type, torch.bfloat16):
                outputs = self.model(images)
        else:
            outputs = self.model(images)
        loss, logits = self._loss(outputs, labels)
        if self.on_cpu:
            # Before the weights are touched, so that they stay what they were.
            self._check([loss.item()], self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rates[self.step]
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return loss.detach(), logits.detach()

    def _loss(self, outputs: Any, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return loss and logits; a model that says more than logits while it trains brings a loss of its own."""
        own = getattr(self.model, "loss", None)
        alone = isinstance(outputs, Tensor)
        if not alone and not (callable(own) and isinstance(getattr(outputs, "logits", None), Tensor)):
            raise ShapeError(
                f"the model must return logits of shape ({len(labels)}, num_classes), got {type(outputs).__name__}; with more than "
                "logits it returns a NamedTuple that has them as .logits, and has a method loss(outputs, targets, label_smoothing)"
            )
        logits: Tensor = (outputs if alone else outputs.logits).float()
        if not self.step:
            check_logits(logits, labels)
        if alone or own is None:
            return F.cross_entropy(logits, labels, label_smoothing=self.config.label_smoothing), logits
        loss: Tensor = own(type(outputs)(*(part.float() for part in outputs)), labels, self.config.label_smoothing)
        return loss, logits

    def _validate(self) -> Metrics:
        measured = evaluate(self.model, self.validation, self.normalization)
        if not math.isfinite(measured.loss):
            self._stop("validation loss", measured.loss, self.step - 1)
        return measured

    def _check(self, losses: list[float], first: int) -> None:
        """Stop at the first loss that is no number; `losses` are those of the steps from `first` on."""
        for step, loss in enumerate(losses, first):
            if not math.isfinite(loss):
                self._stop("loss", loss, step)

    def _stop(self, what: str, loss: float, step: int) -> None:
        raise DivergenceError(
            f"the {what} became {loss} at step {step + 1} (epoch {len(self.records) + 1}) with learning rate "
            f"{self.rates[step]:.3g}; lower lr, or look for a division by zero or a logarithm of zero in the model"
        )

    # ---- checkpoints

    def save(self, path: str | Path) -> None:
        save_checkpoint(
            path,
            self.model,
            optimizer=self.optimizer.state_dict(),
            config=dataclasses.asdict(self.config),
            normalization=list(self.normalization),
            records=[list(record) for record in self.records],
            step=self.step,
            cpu_seconds=self.cpu_seconds,
            order=self.generator.get_state(),
            random=random_state(self.device),
        )

    def restore(self, path: str | Path) -> None:
        state = load_checkpoint(path)
        mine, theirs = dataclasses.asdict(self.config), state.get("config", {})
        if changed := [name for name in mine if mine[name] != theirs.get(name)]:
            told = ", ".join(f"{name} {theirs.get(name)!r} → {mine[name]!r}" for name in changed)
            raise CheckpointError(f"{path} was trained with other settings ({told}); resume with the same ones, or start anew")
        load_weights(self.model, state, path)
        try:
            same = [torch.equal(one, other) for one, other in zip(self.normalization, state["normalization"], strict=True)]
            if not all(same):
                raise CheckpointError(f"{path} was trained on other data; resume with the same, or start anew")
            self.optimizer.load_state_dict(state["optimizer"])
            self.records = [EpochRecord(*record) for record in state["records"]]
            self.step, self.cpu_seconds = state["step"], state["cpu_seconds"]
            self.seconds = sum(record.seconds for record in self.records)
            self.generator.set_state(state["order"])
            restore_random_state(state["random"], self.device)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(f"{path} holds weights but no whole training run ({error!r}); start anew without resume") from error


class _Part(NamedTuple):
    images: Tensor
    labels: Tensor


def _batches(count: int, config: Config) -> int:
    """Return the number of steps per epoch."""
    batches = count // config.batch_size if config.drop_last else math.ceil(count / config.batch_size)
    if not batches:
        raise ConfigError(f"batch_size {config.batch_size} is larger than the training part of {count} samples; lower it")
    return batches


def _optimizer(model: nn.Module, config: Config) -> torch.optim.Optimizer:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not parameters:
        raise ConfigError("the model has no parameter to train: none that requires a gradient")
    fused = parameters[0].device.type in ("cpu", "cuda")
    options: dict[str, Any] = {"lr": config.lr, "weight_decay": config.weight_decay, "fused": fused}
    if config.optimizer == "sgd":
        return torch.optim.SGD(parameters, momentum=config.momentum, **options)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(parameters, **options)


@contextlib.contextmanager
def _progress(wanted: bool | None, config: Config, done: int) -> Iterator[Any]:
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda record: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=config.epochs, completed=done)
        yield lambda record: bar.update(
            task,
            advance=1,
            description=f"validation loss {record.validation_loss:.4f}, accuracy {record.validation_accuracy:.2%}",
        )
