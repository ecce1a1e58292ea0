"""Measure a model: loss and accuracy weighted by sample, predictions, confusions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from dlnotes.errors import ConfigError, ShapeError
from dlnotes.training.devices import choose_device

__all__ = ["Labelled", "Metrics", "Normalization", "confusion_matrix", "evaluate", "predict"]


class Labelled(Protocol):
    """Anything with uint8 images (N, C, H, W) and int64 labels (N,)."""

    @property
    def images(self) -> Tensor:
        """Images, uint8, (N, C, H, W)."""

    @property
    def labels(self) -> Tensor:
        """Labels, int64, (N,)."""


class Metrics(NamedTuple):
    """Mean loss and accuracy over `count` samples; accuracy is a share, 0 to 1."""

    loss: float
    accuracy: float
    count: int  # type: ignore[assignment]  # the name of a method of tuple


class Normalization(NamedTuple):
    """Mean and standard deviation per channel, float32 (C,), of pixels scaled to 0..1."""

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, images: Tensor) -> Normalization:
        """Compute the constants of uint8 images (N, C, H, W).

        Raises:
            ShapeError: the images are not uint8 of four dimensions, or there are none.
        """
        check_images(images)
        # Counting the 256 values is exact and needs no floating-point copy of the data set.
        values = torch.arange(256, dtype=torch.float64, device="cpu") / 255
        channels = (channel.reshape(-1) for channel in images.unbind(1))
        counts = torch.stack([torch.bincount(channel, minlength=256).cpu() for channel in channels]).double()
        counts /= counts.sum(dim=1, keepdim=True)
        mean = counts @ values
        std = (counts @ values**2 - mean**2).clamp_min(0).sqrt().clamp_min(1e-6)
        return cls(mean.float(), std.float())

    def factors(self, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """Return scale and shift, float32 (1, C, 1, 1): pixels of 0..255 become pixels * scale + shift."""
        scale, shift = 1 / (255 * self.std), -self.mean / self.std
        return scale.view(1, -1, 1, 1).to(device), shift.view(1, -1, 1, 1).to(device)

    def apply(self, images: Tensor) -> Tensor:
        """Turn pixels of 0..255 (N, C, H, W) into float32 of mean 0 and standard deviation 1 per channel."""
        return normalize(images, *self.factors(images.device))


def normalize(images: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return pixels * scale + shift, float32 (N, C, H, W), the channels of a pixel side by side in memory."""
    pixels = images.to(torch.float32, memory_format=torch.channels_last, copy=True)
    return pixels.mul_(scale).add_(shift)


@torch.no_grad()
def predict(
    model: nn.Module,
    images: Tensor,
    normalization: Normalization,
    *,
    batch_size: int = 1024,
    device: str | None = None,
    precision: str = "float32",
) -> Tensor:
    """Return the logits of images.

    Args:
        model: maps float images (N, C, H, W) to logits (N, num_classes).
        images: uint8, (N, C, H, W).
        normalization: the constants of the training data.
        batch_size: images at a time.
        device: "auto", "cuda", "mps" or "cpu", to which the model is moved; None computes where the model is.
        precision: "float32" or "bfloat16".

    Returns:
        Float32 logits (N, num_classes) on the CPU. The model's mode is what it was before.

    Raises:
        ShapeError: the images are not uint8 of four dimensions, or there are none.
        ConfigError: the device is not there, or there is no such precision.
    """
    check_images(images)
    if precision not in ("float32", "bfloat16"):
        raise ConfigError(f"precision must be 'float32' or 'bfloat16', got {precision!r}")
    if device is not None:
        model.to(choose_device(device).device)
    place = next((parameter.device for parameter in model.parameters()), images.device)
    factors = normalization.factors(place)
    batches = []
    with evaluation_mode(model), torch.autocast(place.type, torch.bfloat16, enabled=precision == "bfloat16"):
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size].to(place)
            batches.append(model(normalize(batch, *factors)).float())
    return torch.cat(batches).cpu()


def evaluate(
    model: nn.Module,
    split: Labelled,
    normalization: Normalization,
    *,
    batch_size: int = 1024,
    device: str | None = None,
    precision: str = "float32",
) -> Metrics:
    """Measure cross-entropy and accuracy, each sample counting once however the batches fall.

    Args:
        model: maps float images (N, C, H, W) to logits (N, num_classes).
        split: uint8 images and int64 labels.
        normalization: the constants of the training data.
        batch_size: images at a time.
        device: as in `predict`.
        precision: as in `predict`.

    Returns:
        Mean loss in nats, accuracy and number of samples. The model's mode is what it was before.

    Raises:
        ShapeError: images and labels do not fit each other, or the labels do not fit the logits.
        ConfigError: as in `predict`.
    """
    check_labels(split)
    options = {"batch_size": batch_size, "device": device, "precision": precision}
    logits = predict(model, split.images, normalization, **options)  # type: ignore[arg-type]
    labels = split.labels.cpu()
    check_logits(logits, labels)
    loss = nn.functional.cross_entropy(logits, labels).item()
    return Metrics(loss, (logits.argmax(dim=1) == labels).double().mean().item(), len(labels))


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """Count predictions: int64 (num_classes, num_classes), row = true class, column = predicted class.

    Args:
        logits: (N, num_classes).
        labels: int64, (N,).

    Raises:
        ShapeError: the labels do not fit the logits.
    """
    logits, labels = logits.cpu(), labels.cpu()
    check_logits(logits, labels)
    classes = logits.shape[1]
    cells = labels * classes + logits.argmax(dim=1)
    return torch.bincount(cells, minlength=classes**2).reshape(classes, classes)


@contextlib.contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout off and batch normalisation to its running statistics; put every module's mode back."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def check_images(images: Tensor) -> None:
    """Refuse what is not uint8 (N, C, H, W) with N at least 1."""
    if images.dtype != torch.uint8 or images.dim() != 4 or not len(images):
        raise ShapeError(f"images must be uint8 of shape (N, C, H, W), got {images.dtype} {tuple(images.shape)}")


def check_labels(split: Labelled) -> None:
    """Refuse labels that are not int64 (N,), one for each image."""
    labels, count = split.labels, len(split.images)
    if labels.dtype != torch.int64 or labels.shape != (count,):
        wanted = f"labels must be int64 of shape ({count},), one for each image"
        raise ShapeError(f"{wanted}, got {labels.dtype} {tuple(labels.shape)}")


def check_logits(logits: Tensor, labels: Tensor) -> None:
    """Refuse logits that are not (N, num_classes) with a class for every label."""
    if logits.dim() != 2 or len(logits) != len(labels):
        raise ShapeError(f"the model must return logits of shape ({len(labels)}, num_classes), got {tuple(logits.shape)}")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= logits.shape[1]:
        raise ShapeError(
            f"labels run from {low} to {high}, but the model has {logits.shape[1]} classes; build it with a num_classes that fits the data"
        )
