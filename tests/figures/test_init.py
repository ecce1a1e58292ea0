"""The package's door: lazy, exact, without effect on matplotlib."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dlnotes import figures


def test_every_public_name_is_there() -> None:
    assert all(getattr(figures, name).__doc__ for name in figures.__all__)
    assert dir(figures) == sorted(figures.__all__)
    with pytest.raises(AttributeError, match="histogram"):
        figures.histogram  # noqa: B018


def test_importing_is_light() -> None:
    loaded = "print([name for name in ('matplotlib', 'torch', 'dlnotes.summary') if name in sys.modules])"
    code = f"import sys, dlnotes.figures; {loaded}; from dlnotes.figures import to_svg; {loaded}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]
