"""What every test shares: no network, one thread, nobody's own data or cache."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest
import torch
from pytest_socket import disable_socket, socket_allow_hosts

ROOT = Path(__file__).resolve().parents[1]
DATA = os.environ.get("DLNOTES_DATA")
PROOFS = ROOT / "docs" / "results" / "equivalence"


class Proof(Protocol):
    """Write down that something of ours equals something of torch's, and how that was tried."""

    def __call__(self, *, name: str, against: str, checks: Sequence[str], settings: int, difference: float, tolerance: float) -> None:
        """Record one row of the site's equivalence table.

        Args:
            name: ours, as "layers.conv2d" or "models.alexnet".
            against: theirs, as "torch.nn.functional.conv2d".
            checks: what was compared: "forward", "input gradient", "parameter gradient", "state" …
            settings: how many settings were tried; the same on every machine.
            difference: the largest difference found over all of them.
            tolerance: the difference that is still taken for rounding.
        """


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write the records in docs/results that tests otherwise compare with")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Block the network; a browser test may talk to its own server on this machine."""
    if item.get_closest_marker("network"):
        return
    if item.get_closest_marker("browser") or item.get_closest_marker("site"):
        socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("DLNOTES_DATA", raising=False)


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Proof:
    """Each proof writes its own row of the equivalence table under --record, and is held to that row otherwise.

    The difference is a matter of rounding and may change from machine to machine, so the row keeps the one that was
    found, and a run is held to the tolerance.
    """
    test = f"{request.path.relative_to(ROOT).as_posix()}::{request.node.originalname}"

    def record(*, name: str, against: str, checks: Sequence[str], settings: int, difference: float, tolerance: float) -> None:
        assert settings > 0 and 0 <= difference <= tolerance, f"{name} is {difference:.3g} off {against}, more than {tolerance:.3g}"
        row = {"name": name, "against": against, "checks": list(checks), "settings": settings, "tolerance": tolerance, "test": test}
        path = PROOFS / f"{name}.json"
        if request.config.getoption("--record"):
            path.parent.mkdir(parents=True, exist_ok=True)
            found = {"difference": float(f"{difference:.2g}"), "torch": torch.__version__.split("+")[0]}
            path.write_text(json.dumps(row | found, indent=1) + "\n", encoding="utf-8")
        assert path.is_file(), f"no record for {name}: run this test with --record and commit {path.relative_to(ROOT)}"
        known = json.loads(path.read_text(encoding="utf-8"))
        assert {key: known.get(key) for key in row} == row, f"the record of {name} is of another proof: run this test with --record"

    return record


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets, where there is one."""
    if not DATA:
        pytest.skip("DLNOTES_DATA is not set: real data sets are not here")
    return Path(DATA)
