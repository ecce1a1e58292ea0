"""Decide which pages must run, run them side by side, and remember the results.

A stored result is used again only if everything that the run used is unchanged: the code cells, the versions of
the libraries, the machine's kind, the profile, and every file that the run read: package modules, data, assets.
Results are written atomically and by the parent alone, so a build that is killed leaves nothing half-written.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import multiprocessing
import multiprocessing.connection
import os
import platform
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dlnotes.errors import PageError
from dlnotes.site import kernel
from dlnotes.site.pages import Page

__all__ = ["Execution", "Executor", "Profile", "write_atomic"]

LIBRARIES = ("torch", "torchvision", "numpy", "scikit-learn", "matplotlib", "pandas", "pillow", "ipython")
_SHOWN = ("torch", "torchvision", "numpy")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclasses.dataclass(frozen=True)
class Profile:
    """What pages are built for: `quick` on embedded data, `full` on the real data sets.

    Raises:
        PageError: the name is neither.
    """

    name: str = "quick"

    def __post_init__(self) -> None:
        if self.name not in ("quick", "full"):
            raise PageError(f"unknown profile {self.name!r}: set DLNOTES_PROFILE to quick (embedded data, any machine) "
                            "or full (MNIST, Fashion-MNIST, CIFAR-10)")


@dataclasses.dataclass(frozen=True)
class Execution:
    """What came out of a page.

    Attributes:
        outputs: for each cell that ran, its outputs in the form of nbformat.
        values: for each cell, the values of its expressions as text.
        provenance: device, data sets, seeds, versions, commit, seconds, profile.
        fresh: whether the page ran in this build.
        digest: of all that, and of what the run read.
    """

    outputs: tuple[list[dict[str, Any]], ...]
    values: tuple[list[str], ...]
    provenance: dict[str, Any]
    fresh: bool = False
    digest: str = ""


@dataclasses.dataclass
class _Task:
    page: Page
    process: multiprocessing.process.BaseProcess
    connection: multiprocessing.connection.Connection
    started: float
    wall_started: float


class Executor:
    """Runs pages, at most `jobs` at a time.

    Args:
        docs: the docs folder; pages run with their own folder as working directory.
        cache: folder for the results.
        profile: see `Profile`.
        jobs: processes at a time; each has one torch thread, since two lose when both cores are busy.
        timeout: seconds a page may take.
        report: called with one line of progress at a time.
        package: folder that holds the dlnotes package of the pages.
    """

    def __init__(
        self,
        docs: Path,
        cache: Path,
        profile: Profile | None = None,
        *,
        jobs: int | None = None,
        timeout: float = 900,
        report: Callable[[str], None] = lambda line: None,
        package: Path | None = None,
    ) -> None:
        self.docs, self.profile = docs.resolve(), profile or Profile()
        self.cache = cache / self.profile.name
        self.jobs = jobs or int(os.environ.get("DLNOTES_JOBS", 0)) or min(os.cpu_count() or 1, 8)
        self.timeout, self.report = timeout, report
        self.package = (package or Path(__file__).resolve().parents[2]).resolve()
        self._digest = functools.lru_cache(maxsize=None)(_digest)

    def run(self, pages: Sequence[Page]) -> dict[str, Execution]:
        """Return the execution of every page, running those whose stored result is missing or out of date.

        Raises:
            PageError: a page failed; every failure is told, and the results of the other pages are kept.
        """
        self._digest.cache_clear()
        done: dict[str, Execution] = {}
        waiting = []
        for page in pages:
            if stored := self._load(page):
                done[page.name] = stored
            elif page.executable:
                waiting.append(page)
            else:
                done[page.name] = Execution((), (), {})
        if waiting:
            done |= self._run_all(waiting, total=len(waiting))
        return done

    def stale(self, pages: Sequence[Page]) -> list[str]:
        """Return the names of the pages that `run` would execute."""
        self._digest.cache_clear()
        return [page.name for page in pages if page.executable and not self._load(page)]

    # ---- results that are kept

    def _key(self, page: Page) -> str:
        """Digest of everything known before the run."""
        cells = [[cell.source if cell.kind == "code" else "", sorted(cell.tags), cell.expressions()] for cell in page.cells]
        return _sha(json.dumps([cells, self._machine()], sort_keys=True))

    def _machine(self) -> dict[str, str]:
        accelerator = f"{Path('/dev/nvidiactl').exists()} {os.environ.get('CUDA_VISIBLE_DEVICES', '')}"
        return _versions() | {"python": platform.python_version(), "machine": platform.machine(), "system": sys.platform,
                           "accelerator": accelerator, "profile": self.profile.name,
                           "data": os.environ.get("DLNOTES_DATA", "") if self.profile.name == "full" else ""}

    def _file(self, page: Page) -> Path:
        return self.cache / f"{page.name}.json"

    def _load(self, page: Page) -> Execution | None:
        try:
            text = self._file(page).read_text("utf-8")
            stored = json.loads(text)
            if stored["key"] != self._key(page) or any(self._digest(str(self.package / path)) != sha for path, sha in stored["inputs"].items()):
                return None
            return Execution(tuple(stored["outputs"]), tuple(stored["values"]), stored["provenance"], digest=_sha(text))
        except (OSError, ValueError, KeyError, TypeError):
            # Whatever is wrong with a stored result, running the page again mends it.
            return None

    def _stored(self, page: Page, execution: Execution, inputs: Mapping[str, str]) -> str:
        # Relative paths, so that a checkout which is moved or copied looks at its own files.
        relative = {os.path.relpath(path, self.package): digest for path, digest in inputs.items()}
        content = {"key": self._key(page), "inputs": relative, "outputs": execution.outputs, "values": execution.values,
                   "provenance": execution.provenance}
        return json.dumps(content, ensure_ascii=False)

    # ---- running

    def _run_all(self, pages: list[Page], total: int) -> dict[str, Execution]:
        done: dict[str, Execution] = {}
        failures: list[str] = []
        waiting, running = list(pages), list[_Task]()
        context = _context()
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    running.append(self._start(context, waiting.pop(0)))
                soonest = min(task.started + self.timeout for task in running) - time.monotonic()
                ready = multiprocessing.connection.wait([task.connection for task in running], timeout=max(soonest, 0.01))
                for task in list(running):
                    overdue = time.monotonic() - task.started > self.timeout
                    if task.connection not in ready and not overdue:
                        continue
                    running.remove(task)
                    seconds = time.monotonic() - task.started
                    try:
                        done[task.page.name] = self._finish(task, overdue and task.connection not in ready)
                        mark = "done"
                    except PageError as error:
                        failures.append(str(error))
                        mark = "FAILED"
                    count = len(done) + len(failures)
                    self.report(f"[{count}/{total}] {task.page.name}: {mark} in {seconds:.1f} s")
        finally:
            for task in running:
                task.process.kill()
        if failures:
            raise PageError("\n\n".join(failures))
        return done

    def _start(self, context: Any, page: Page) -> _Task:
        cells = [{"code": cell.kind == "code", "source": cell.source if cell.kind == "code" else "", "tags": sorted(cell.tags),
                  "expressions": cell.expressions()} for cell in page.cells]
        environ = dict(os.environ) | dict.fromkeys(_THREAD_VARIABLES, "1") | {"DLNOTES_PROFILE": self.profile.name}
        if self.profile.name == "quick":
            # A quick build is the same on every machine, whatever data lies there.
            environ.pop("DLNOTES_DATA", None)
        roots = [str(self.package / "dlnotes"), str(self.docs), environ.get("DLNOTES_DATA", ""), _user_cache()]
        request = {"cells": cells, "cwd": str(page.path.parent), "environ": environ, "threads": 1, "listed": os.path.join(self.docs, ""),
                   "roots": [os.path.join(os.path.abspath(root), "") for root in roots if root]}
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=kernel.main, args=(sending, request, str(self.package)), daemon=True)
        with _no_main(), _one_thread():
            process.start()
        sending.close()
        self.report(f"executing {page.name}")
        return _Task(page, process, receiving, time.monotonic(), time.time())

    def _finish(self, task: _Task, overdue: bool) -> Execution:
        page = task.page
        if overdue:
            task.process.kill()
            raise PageError(f"{page.path}: still running after {self.timeout:.0f} s; make the page cheaper")
        try:
            result = task.connection.recv()
        except (EOFError, OSError) as error:
            task.process.join()
            raise PageError(f"{page.path}: the page's process died with exit code {task.process.exitcode} "
                            "(out of memory, or killed)") from error
        task.process.join(5)
        if "crash" in result:
            raise PageError(f"{page.path}: the page could not be run\n{result['crash']}")
        if fault := result["error"]:
            cell = page.cells[fault["cell"]]
            source = "\n".join(f"    {line}" for line in cell.source.splitlines()[:12])
            raise PageError(f"{page.path}:{cell.line}: cell {fault['cell'] + 1} failed\n{source}\n\n{fault['text']}")
        execution = Execution(tuple(cell["outputs"] for cell in result["cells"]), tuple(cell["values"] for cell in result["cells"]),
                              self._provenance(result), fresh=True)
        text = self._stored(page, execution, result["inputs"])
        if all(_mtime(path) <= task.wall_started for path in result["inputs"]):
            # A file that changed during the run may have been read in either state: do not trust the result later.
            write_atomic(self._file(page), text)
        return dataclasses.replace(execution, digest=_sha(text))

    def _provenance(self, result: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **result["provenance"],
            "profile": self.profile.name,
            "seconds": round(result["seconds"], 1),
            "cpu_seconds": round(result["cpu_seconds"], 1),
            "versions": {"python": platform.python_version()} | {name: _versions()[name] for name in _SHOWN},
            "processor": _processor(),
            "commit": _commit(self.package),
        }


def write_atomic(path: Path, content: str | bytes) -> bool:
    """Write a file whole or not at all, and only if its content changes; say whether it did."""
    data = content.encode() if isinstance(content, str) else content
    with contextlib.suppress(OSError):
        if path.read_bytes() == data:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(path)
    return True


@functools.cache
def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(path: str) -> str:
    try:
        return kernel.digest(path)
    except OSError:
        return "missing"


def _mtime(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return float("inf")


def _user_cache() -> str:
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "dlnotes")


@functools.cache
def _context() -> Any:
    """A fork server with the heavy libraries imported, where forking is safe; fresh interpreters elsewhere."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(kernel.PRELOAD))
    return context


@contextlib.contextmanager
def _no_main() -> Iterator[None]:
    """Keep multiprocessing from importing the program that runs the build into every page's process."""
    main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """The libraries read these variables when the fork server imports them."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@functools.cache
def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _commit(folder: Path) -> str:
    try:
        command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
