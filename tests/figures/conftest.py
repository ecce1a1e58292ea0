"""The style of the pages, for each test alone."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest

from dlnotes.figures.style import apply


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    import matplotlib.pyplot as plt

    with mpl.rc_context():
        mpl.use("agg")
        apply()
        yield
    plt.close("all")
