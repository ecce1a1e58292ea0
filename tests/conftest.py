"""What every test shares: no network, one thread, nobody's own data or cache."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from pytest_socket import disable_socket, socket_allow_hosts

ROOT = Path(__file__).resolve().parents[1]
DATA = os.environ.get("DLNOTES_DATA")


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
def real_data() -> Path:
    """The folder of real data sets, where there is one."""
    if not DATA:
        pytest.skip("DLNOTES_DATA is not set: real data sets are not here")
    return Path(DATA)
