"""Measure a model: loss and accuracy weighted by sample, predictions, confusions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from dlnotes.errors import ShapeError

__all__ = ["Metrics", "Normalization", "confusion_matrix", "evaluate", "predict"]


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
    count: int  # type: ignore[assignment]


class Normalization(NamedTuple):
    """Mean and standard deviation per channel, float32 (C,), of pixels scaled to 0..1."""

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, images: Tensor) -> Normalization:
        """Compute the constants of uint8 images (N, C, H, W).

        Raises:
            ShapeError: the images are not uint8 of four dimensions.
        """
        _check_images(images)
        # Counting the 256 values is exact and needs no floating-point copy of the data set.
        values = torch.arange(256, dtype=torch.float64, device="cpu") / 255
        counts = torch.stack([torch.bincount(channel.reshape(-1), minlength=256) for channel in images.unbind(1)]).cpu().double()
        counts /= counts.sum(dim=1, keepdim=True)
        mean = counts @ values
        std = (counts @ values**2 - mean**2).clamp_min(0).sqrt().clamp_min(1e-6)
        return cls(mean.float(), std.float())

    def apply(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Turn uint8 images (N, C, H, W) into floats of mean 0 and standard deviation 1 per channel."""
        scale = (1 / (255 * self.std)).to(images.device).view(1, -1, 1, 1)
        shift = (self.mean / self.std).to(images.device).view(1, -1, 1, 1)
        return torch.addcmul(-shift, images.to(torch.float32), scale).to(dtype)


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, normalization: Normalization, *, batch_size: int = 1024) -> Tensor:
    """Return the logits of images.

    Args:
        model: maps float images (N, C, H, W) to logits (N, num_classes).
        images: uint8, (N, C, H, W).
        normalization: the constants of the training data.
        batch_size: images at a time.

    Returns:
        Float32 logits (N, num_classes) on the CPU. The model's mode is what it was before.

    Raises:
        ShapeError: the images are not uint8 of four dimensions.
    """
    _check_images(images)
    device = next(model.parameters()).device
    with evaluation_mode(model):
        batches = [model(normalization.apply(batch.to(device))).float().cpu() for batch in images.split(batch_size)]
    return torch.cat(batches)


def evaluate(model: nn.Module, split: Labelled, normalization: Normalization, *, batch_size: int = 1024) -> Metrics:
    """Measure cross-entropy and accuracy, each sample counting once however the batches fall.

    Args:
        model: maps float images (N, C, H, W) to logits (N, num_classes).
        split: uint8 images and int64 labels.
        normalization: the constants of the training data.
        batch_size: images at a time.

    Returns:
        Mean loss in nats, accuracy and number of samples.
    """
    logits = predict(model, split.images, normalization, batch_size=batch_size)
    labels = split.labels.cpu()
    loss = nn.functional.cross_entropy(logits, labels).item()
    return Metrics(loss, (logits.argmax(dim=1) == labels).float().mean().item(), len(labels))


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """Count predictions: int64 (num_classes, num_classes), row = true class, column = predicted class.

    Args:
        logits: (N, num_classes).
        labels: int64, (N,).
    """
    classes = logits.shape[1]
    cells = labels.cpu() * classes + logits.argmax(dim=1).cpu()
    return torch.bincount(cells, minlength=classes**2).reshape(classes, classes)


@contextlib.contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout off and batch normalisation to its running statistics; restore every module's mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _check_images(images: Tensor) -> None:
    if images.dtype != torch.uint8 or images.dim() != 4:
        raise ShapeError(f"images must be uint8 of shape (N, C, H, W), got {images.dtype} {tuple(images.shape)}")
