"""The package of layers is light, and its table of names is exact."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from torch import nn
from torch.nn import functional as F

from dlnotes import layers


def test_the_table_names_every_public_name_once() -> None:
    names = [name for group in layers._FILES.values() for name in group]
    assert sorted(names) == sorted(layers.__all__) == dir(layers)
    with pytest.raises(AttributeError, match="no attribute 'conv9d'"):
        layers.conv9d  # noqa: B018


@pytest.mark.parametrize("file", [module.name for module in pkgutil.iter_modules(layers.__path__) if not module.name.startswith("_")])
def test_each_file_gives_its_names(file: str) -> None:
    assert file not in layers.__all__, "importing the file would hide the function of that name"
    assert sorted(layers._FILES[file]) == sorted(importlib.import_module(f"dlnotes.layers.{file}").__all__)


def test_no_layer_without_its_proof() -> None:
    records = Path(__file__).resolve().parents[2] / "docs" / "results" / "equivalence"
    assert sorted(path.stem.removeprefix("layers.") for path in records.glob("layers.*.json")) == sorted(layers.__all__)


def test_the_reference_lists_every_file() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "layers.py").read_text("utf-8")
    listed = re.findall(r"^# ::: dlnotes\.layers\.(\w+)$", page, re.M)
    assert sorted(listed) == sorted([*layers._FILES, *layers._FILES]), "once for each language"


def test_importing_the_package_does_not_import_torch() -> None:
    program = "import sys, dlnotes.layers; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip() == "False"


SWAPPED = sorted(name for name in layers.__all__ if hasattr(nn, name) or hasattr(F, name))


@pytest.mark.parametrize("name", SWAPPED)
def test_arguments_and_defaults_are_those_of_torch(parameters: Any, name: str) -> None:
    ours, theirs = getattr(layers, name), getattr(nn, name, None) or getattr(F, name)
    if name in ("max_pool2d", "adaptive_max_pool2d"):  # torch hides these behind a choice between two functions
        theirs = getattr(F, f"{name}_with_indices")
    # Arguments that torch deprecated, or that only save memory.
    left_out = {"size_average", "reduce", "_stacklevel", "inplace"}
    assert list(parameters(ours).items()) == [item for item in parameters(theirs).items() if item[0] not in left_out]
