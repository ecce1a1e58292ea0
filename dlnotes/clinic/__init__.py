"""What goes wrong: every case is broken code, mended code, and the number or message that tells them apart.

    clinic.get("softmax-before-cross-entropy").measure("broken")   # 1.46, the loss of a perfect answer
    clinic.kind("loss_heads").cases
    clinic.examine(model, (images, labels)).findings               # what is wrong with a model of your own

One file per kind; it is imported when something in it is first asked for. A case is added to the `CASES` of its file.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dlnotes.errors import UnknownNameError

if TYPE_CHECKING:
    from dlnotes.clinic.case import Case, Kind, Wording
    from dlnotes.clinic.doctor import Finding, Report, examine

__all__ = ["Finding", "Report", "examine", "get", "kind", "kinds", "names", "wordings"]

_KINDS = {
    "devices": ("运行与设备", "Running, and devices"),
    "shapes": ("形状与类型", "Shapes and types"),
    "autograd": ("自动求导与保存的权重", "Autograd, and saved weights"),
    "loss_heads": ("损失与网络的结尾", "Losses and the end of the network"),
    "optimizers": ("优化器", "Optimizers"),
    "batch_norm": ("批量归一化", "Batch normalization"),
    "bookkeeping": ("记账与评估", "Bookkeeping and evaluation"),
    "data": ("数据与增强", "Data and augmentation"),
    "own_digit": ("自己的一张图", "A picture of your own"),
    "convolution": ("卷积的算术", "The arithmetic of convolution"),
    "python": ("Python 本身", "Python itself"),
    "statements": ("似是而非的说法", "Statements that are not quite so"),
}


def __getattr__(name: str) -> Any:
    """Import the doctor when first asked for: pages of cases do not depend on it."""
    if name in ("Finding", "Report", "examine"):
        return getattr(importlib.import_module(f"{__name__}.doctor"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def kinds() -> tuple[str, ...]:
    """Return the name of every kind, in the order of the site."""
    return tuple(_KINDS)


def kind(name: str) -> Kind:
    """Return the cases of one kind; nothing else is imported.

    Raises:
        UnknownNameError: no kind of that name.
    """
    if name not in _KINDS:
        raise UnknownNameError("kind of clinic case", name, _KINDS)
    from dlnotes.clinic.case import Kind

    module: Any = importlib.import_module(f"{__name__}.{name}")
    return Kind(name, _KINDS[name], module.CASES)


def names() -> tuple[str, ...]:
    """Return the slug of every case, kind by kind."""
    return tuple(case.slug for name in _KINDS for case in kind(name).cases)


def get(name: str) -> Case:
    """Return a case by its slug ("device-moves") or id ("E-01").

    Raises:
        UnknownNameError: no such case; the nearest slug is named.
    """
    if case := next(filter(None, (kind(key).find(name) for key in _KINDS)), None):
        return case
    raise UnknownNameError("clinic case", name, names())


def wordings() -> tuple[Wording, ...]:
    """Return the mistakes that only words can carry; they stand on the page clinic/vocabulary."""
    from dlnotes.clinic.vocabulary import WORDINGS

    return WORDINGS
