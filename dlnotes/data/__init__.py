"""Data sets by name, whole in memory as tensors.

    splits = data.load("digits")
    splits.train.images    # uint8, (N, C, H, W)
    splits.train.labels    # int64, (N,)

`digits` is embedded (scikit-learn carries it) and needs no file. The others are looked for in an explicit root, then in
the folder that DLNOTES_DATA names, then in the user's cache folder, and only then downloaded there by torchvision.
"""

from dlnotes.data.own_digit import load_digit
from dlnotes.data.sets import Split, Splits, Status, load, names, status

__all__ = ["Split", "Splits", "Status", "load", "load_digit", "names", "status"]
