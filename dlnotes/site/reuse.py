"""What a former build made of the same thing: an edit costs what it changed, not the whole site.

Everything is found by a digest of all that it is made from. What a failed build made is not kept, so that a fault
fails every time until it is mended.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import pickle
import platform
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from dlnotes.site.execution import write_atomic

__all__ = ["Store", "configuration", "digest_of_files", "digest_of_package", "store", "surroundings"]

_PACKAGE = Path(__file__).resolve().parents[1]


class Store:
    """Keeps what is costly to make: in memory for the next build of this process, on disk for the next process.

    Args:
        folder: where it is kept on disk.
        stamp: what everything depends on; whatever was made under another stamp is not found.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self.folder, self.stamp = folder, stamp
        self._kept: dict[str, bytes] = {}
        self._used: dict[str, bytes] = {}
        self._around = ""

    def begin(self, around: str = "") -> None:
        """Start a build, and forget what a failed one has made.

        Args:
            around: digest of what builds read more than once, see `keep`.
        """
        self._used, self._around = {}, around

    def get(self, kind: str, parts: object, make: Callable[[], Any]) -> Any:
        """Return what `make` returns, or an equal copy of what it returned for the same parts in an earlier build.

        Args:
            kind: what is made, in a word.
            parts: everything it is made from besides the stamp; JSON must be able to write it.
            make: makes it; the result is pickled.
        """
        key = hashlib.sha256(json.dumps([kind, self.stamp, parts], default=str).encode()).hexdigest()
        data = self._used.get(key) or self._kept.get(key) or self._read(key)
        if data:
            # Whatever is wrong with a kept thing, making it again mends it.
            with contextlib.suppress(Exception):
                made = pickle.loads(data)
                self._used[key] = data
                return made
        made = make()
        self._used[key] = pickle.dumps(made)
        return made

    def keep(self, around: str = "") -> None:
        """Keep what this build, which has succeeded, has used, and nothing else.

        If the surroundings are no longer those it began with, things may have been made of one state and named by the
        other: then keep what former builds left, and none of this one.
        """
        if around != self._around:
            return
        former, self._kept = self._kept, self._used
        # The site is finished; what cannot be kept, on a full disk for example, is made again. Room is made first.
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir() if self.folder.exists() else ():
                if path.name not in self._used:
                    path.unlink(missing_ok=True)
            for key, data in self._used.items():
                if key not in former:
                    write_atomic(self.folder / key, data)

    def _read(self, key: str) -> bytes | None:
        try:
            return (self.folder / key).read_bytes()
        except OSError:
            return None


@functools.cache
def store(root: Path) -> Store:
    """Return the store of a project, the same one for all builds of this process."""
    libraries = sorted(f"{found.name} {found.version}" for found in importlib.metadata.distributions())
    # The code is what this process has imported, whatever is edited while it serves.
    code = digest_of_files(path for folder in ("site", "glossary", "figures", "exercises") for path in (_PACKAGE / folder).rglob("*"))
    return Store(root / ".cache/made", json.dumps([platform.python_version(), libraries, code]))


def digest_of_files(paths: Iterable[Path]) -> str:
    """Digest the names and contents of files; folders and compiled modules do not count."""
    found = hashlib.sha256()
    for path in sorted(paths):
        # A file may go while it is read: Python and editors write beside a file, then rename.
        with contextlib.suppress(OSError):
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                found.update(f"{path}\0{len(content)}\0".encode())
                found.update(content)
    return found.hexdigest()


def configuration(root: Path) -> list[Path]:
    """List the files that shape every page of a project: its configuration and its theme."""
    return [root / "mkdocs.yml", root / "docs/en.yml", *(root / "docs/theme").rglob("*")]


def surroundings(root: Path) -> str:
    """Digest the configuration, the theme and the package of a project: builds read them at different times."""
    return digest_of_files([*configuration(root), *_PACKAGE.rglob("*")])


def digest_of_package() -> str:
    """Digest the package as it is on disk now, which is what docstrings are read from."""
    return digest_of_files(_PACKAGE.rglob("*.py"))
