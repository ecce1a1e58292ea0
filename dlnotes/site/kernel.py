"""Run the cells of one page as a notebook would, in a process that runs nothing else.

This module is imported afresh in each such process, so it stays small; everything that it imports from
dlnotes counts as used by every page.
"""

from __future__ import annotations

import builtins
import contextlib
import hashlib
import importlib
import io
import os
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

from dlnotes.figures import style

__all__ = ["PRELOAD", "run"]

PRELOAD = ("torch", "torchvision", "matplotlib.pyplot", "IPython.core.interactiveshell", "pandas", "sklearn.datasets")
"""Third-party modules that the fork server imports once; a dlnotes module here would never be seen to change."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_EVENTS = {"dlnotes.data": "data", "dlnotes.seed": "seeds", "dlnotes.device": "devices"}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Execute a page.

    Args:
        request: `cells`, each {"source", "tags", "expressions", "code"}; `cwd`; `environ`; `listed`, the folder
            below which listings count as inputs of the page; `roots`, the folders below which files do; `threads`.

    Returns:
        `cells`, each {"outputs", "values"} in the same order; `inputs`, path → SHA-256 of every file that the run
        read below the roots, modules included; `provenance`; `seconds`, `cpu_seconds`; `error`, None or
        {"cell", "text"}.
    """
    start, cpu = time.perf_counter(), time.process_time()
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    inputs, provenance = _listen(request["roots"], request["listed"])
    import torch

    torch.set_num_threads(request["threads"])
    recorder = _Recorder()
    style.apply()
    results: list[dict[str, Any]] = []
    error = None
    with _quiet_files(recorder):
        shell = _shell(recorder)
        for number, cell in enumerate(request["cells"]):
            outputs, values, problem = _run_cell(shell, recorder, cell)
            results.append({"outputs": outputs, "values": values})
            if problem:
                error = {"cell": number, "text": problem}
                break
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "dlnotes" and getattr(module, "__file__", None):
            inputs.add(str(module.__file__))
    return {
        "cells": results,
        "inputs": {path: digest(path) for path in sorted(inputs) if os.path.exists(path)},
        "provenance": {key: sorted(values) for key, values in provenance.items()},
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu,
        "error": error,
    }


# ---- what the page used


def _listen(roots: list[str], listed: str) -> tuple[set[str], dict[str, set[Any]]]:
    """Note every file below the roots that is opened for reading, every folder below `listed` whose names are read, and what dlnotes reports."""
    inputs: set[str] = set()
    provenance: dict[str, set[Any]] = {key: set() for key in _EVENTS.values()}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            reading = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) == 0
            if reading and isinstance(path, str | bytes | os.PathLike):
                absolute = os.path.abspath(os.fsdecode(path))
                if absolute.startswith(tuple(roots)) and not absolute.endswith(".pyc"):
                    inputs.add(absolute)
        elif event in ("os.listdir", "os.scandir") and isinstance(args[0], str | bytes | os.PathLike):
            # Only in docs/: Python's own imports list the folders of the package, whatever a page uses of it.
            if (absolute := os.path.abspath(os.fsdecode(args[0]))).startswith(listed):
                inputs.add(absolute)
        elif event in _EVENTS:
            provenance[_EVENTS[event]].add(args)

    sys.addaudithook(hook)
    return inputs, provenance


def digest(path: str) -> str:
    """Return the SHA-256 of a file's content, or of a folder's names."""
    if os.path.isdir(path):
        return hashlib.sha256("\0".join(sorted(os.listdir(path))).encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- outputs, in the order in which they came


class _Recorder:
    """Collect the outputs of one cell in the form of nbformat."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.source = ""
        self.files: list[BinaryIO] = []

    def stream(self, name: str, text: str) -> None:
        if not text:
            return
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def display(self, data: dict[str, Any], metadata: dict[str, Any] | None, *, result: bool = False) -> None:
        output: dict[str, Any] = {"output_type": "execute_result" if result else "display_data", "data": dict(data), "metadata": metadata or {}}
        if result:
            output["execution_count"] = None
        self.outputs.append(output)

    def take(self) -> list[dict[str, Any]]:
        outputs, self.outputs = self.outputs, []
        return outputs


class _Stream(io.TextIOBase):
    def __init__(self, recorder: _Recorder, name: str) -> None:
        self.recorder, self.stream_name = recorder, name

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        self.recorder.stream(self.stream_name, text)
        return len(text)


@contextlib.contextmanager
def _quiet_files(recorder: _Recorder) -> Iterator[None]:
    """Route sys.stdout and sys.stderr to the recorder, and what C code or a child process writes to temporary files."""
    sys.stdout.flush()
    sys.stderr.flush()
    streams = sys.stdout, sys.stderr
    kept = [os.dup(1), os.dup(2)]
    files: list[BinaryIO] = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
    for number, file in enumerate(files, 1):
        os.dup2(file.fileno(), number)
    recorder.files = files
    sys.stdout, sys.stderr = _Stream(recorder, "stdout"), _Stream(recorder, "stderr")
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        for number, descriptor in enumerate(kept, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        for file in files:
            file.close()


def _drain_files(recorder: _Recorder) -> None:
    for name, file in zip(("stdout", "stderr"), recorder.files, strict=True):
        file.seek(0)
        recorder.stream(name, file.read().decode("utf-8", "replace"))
        file.seek(0)
        file.truncate()


# ---- the shell


def _shell(recorder: _Recorder) -> Any:
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, source: Any = None, **_: Any) -> None:
            recorder.display(data, metadata)

    class Hook(DisplayHook):
        def quiet(self) -> bool:
            return bool(self.semicolon_at_end_of_expression(recorder.source))  # type: ignore[no-untyped-call]

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
            recorder.display(format_dict, md_dict, result=True)

        def finish_displayhook(self) -> None:
            pass

    class Shell(InteractiveShell):
        display_pub_class = Type(Publisher)
        displayhook_class = Type(Hook)

        def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
            text = "\n".join(stb)
            recorder.outputs.append({"output_type": "error", "ename": etype.__name__, "evalue": str(evalue),
                                     "traceback": _ANSI.sub("", text).splitlines()})

        def enable_gui(self, gui: str | None = None) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Minimal"
    # Without its own folder IPython would write a profile into the home folder.
    config.InteractiveShell.ipython_dir = tempfile.mkdtemp(prefix="dlnotes-")
    Shell.clear_instance()
    shell = Shell.instance(config=config)
    builtins.display = _display  # type: ignore[attr-defined]
    _connect_figures(shell)
    return shell


def _display(*values: Any, **options: Any) -> None:
    from IPython.display import display

    display(*values, **options)


def _connect_figures(shell: Any) -> None:
    """Show each figure once, as SVG, where the page shows it or at the end of its cell."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    def draw(figure: Any) -> str:
        from dlnotes.figures import to_svg

        svg = to_svg(figure)
        plt.close(figure)
        return svg

    formatter = shell.display_formatter
    formatter.formatters["image/svg+xml"].for_type_by_name("matplotlib.figure", "Figure", draw)

    def show(*_: Any, **__: Any) -> None:
        for number in plt.get_fignums():
            _display(plt.figure(number))

    plt.show = show
    shell.show_figures = show


def _run_cell(shell: Any, recorder: _Recorder, cell: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str], str]:
    """Run one cell; return its outputs, the values of its expressions, and what went wrong."""
    tags = set(cell["tags"])
    problem = ""
    if cell["code"]:
        wanted = "raises-exception" in tags
        recorder.source = cell["source"]
        result = shell.run_cell(cell["source"], store_history=False)
        failure = result.error_before_exec or result.error_in_exec
        if failure is None:
            shell.show_figures()
        elif not wanted:
            problem = _explain(failure)
        if wanted and failure is None:
            problem = "the cell is tagged raises-exception but raised nothing"
    _drain_files(recorder)
    outputs = recorder.take()
    errors = "".join(output["text"] for output in outputs if output.get("name") == "stderr")
    if errors and "shows-warning" not in tags and not problem:
        problem = f"the cell wrote to stderr:\n{errors.rstrip()}"
    values: list[str] = []
    for expression in cell["expressions"] if not problem else []:
        try:
            values.append(str(eval(expression, shell.user_ns)))
        except Exception as failure:
            problem = f"the expression {{{{ {expression} }}}} failed: {type(failure).__name__}: {failure}"
            break
    return outputs, values, problem


def _explain(failure: BaseException) -> str:
    """Return the traceback from the page's own line on, without the shell's frames."""
    frame: TracebackType | None = failure.__traceback__
    while frame is not None and "interactiveshell" in frame.tb_frame.f_code.co_filename:
        frame = frame.tb_next
    return "".join(traceback.format_exception(type(failure), failure, frame)).rstrip()


def main(connection: Any, request: dict[str, Any], package: str) -> None:
    """Entry point of the page's process: run the request and send the result back.

    Args:
        connection: takes the result.
        request: see `run`.
        package: folder that holds the dlnotes package which the page shall import.
    """
    runner = run
    if sys.path[:1] != [package]:
        sys.path.insert(0, package)
    if not os.path.abspath(__file__).startswith(os.path.join(package, "")):
        for name in [name for name in sys.modules if name.partition(".")[0] == "dlnotes"]:
            del sys.modules[name]
        runner = importlib.import_module("dlnotes.site.kernel").run
    try:
        connection.send(runner(request))
    except BaseException:
        connection.send({"crash": traceback.format_exc()})
        raise
    finally:
        connection.close()
