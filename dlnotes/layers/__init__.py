"""Layers from scratch, each proved equal to torch's; this package imports torch alone.

Functions have the names, arguments and defaults of `torch.nn.functional`, modules those of `torch.nn`, so that a
reader can swap one for the other. A file is imported when one of its names is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlnotes.layers.convolution import conv2d, conv2d_loops, conv_output_size

__all__ = [
    "conv2d",
    "conv2d_loops",
    "conv_output_size",
]

# No file may have the name of a function: importing dlnotes/layers/x.py makes `layers.x` that file for ever.
_FILES = {
    "convolution": ("conv2d", "conv2d_loops", "conv_output_size"),
}
_FILE_OF = {name: file for file, names in _FILES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
