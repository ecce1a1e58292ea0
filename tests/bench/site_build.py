"""Measure builds of the real site, cold, unchanged and after an edit under serve, and of 12 toy tutorials. Run by `make bench`."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
TOY = """\
# %% [markdown] tags=["zh"]
# # 玩具 {{ #toy }}

# %% [markdown] tags=["en"]
# # Toy {{ #toy }}

# %%
import time

import torch

start = time.process_time()
layer = torch.nn.Linear(64, 64)
while time.process_time() - start < 2:
    layer(torch.randn(64, 64)).sum().backward()
print({number})
"""


def build(root: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of one strict build, child processes included."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-q"], cwd=root, env=environ, check=True)
    with contextlib.suppress(ChildProcessError):
        while os.wait():
            pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def project(folder: Path, pages: bool) -> Path:
    """Lay out the real site, or one of 12 toy pages, in a folder with an empty cache but npm's."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=ignore)
    (folder / "dlnotes").symlink_to(ROOT / "dlnotes")
    (folder / "tests").symlink_to(ROOT / "tests")
    (folder / ".cache").mkdir()
    if (ROOT / ".cache/npm").exists():
        shutil.copytree(ROOT / ".cache/npm", folder / ".cache/npm")
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    if pages:
        for path in list((folder / "docs").rglob("*.py")):
            path.unlink()
        (folder / "docs/index.py").write_text(TOY.format(number=0), "utf-8")
        for number in range(1, 12):
            (folder / f"docs/toy{number}.py").write_text(TOY.format(number=number), "utf-8")
        head, _, rest = config.partition("nav:\n")
        names = ["index.py", *(f"toy{number}.py" for number in range(1, 12)), "glossary.md"]
        config = head + "nav:\n" + "".join(f"  - {name}\n" for name in names) + rest[rest.index("validation:") :]
    (folder / "mkdocs.yml").write_text(config, "utf-8")
    return folder


def adopt_orphans() -> None:
    """Become the parent of processes whose own has ended, so that the pages' processes and their server are counted too (Linux)."""
    if sys.platform == "linux":
        set_child_subreaper = 36
        ctypes.CDLL(None).prctl(set_child_subreaper, 1)


def edits(root: Path) -> tuple[float, int]:
    """Return the median wall seconds from saving a sentence under `mkdocs serve` to the page that shows it, and how many pages ran."""
    source, port = root / "docs/theory/convolution.py", free_port()
    text = source.read_text("utf-8")
    # The end of the first Chinese sentence.
    at = text.index("。", text.index('tags=["zh"]'))
    log = root / "serve.log"
    waits = []
    with log.open("w") as output:
        command = [sys.executable, "-m", "mkdocs", "serve", "--livereload", "-a", f"127.0.0.1:{port}"]
        server = subprocess.Popen(command, cwd=root, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, stdout=output, stderr=output)
    try:
        wait_for(port, "卷积")
        before = log.read_text("utf-8").count("executing")
        for word in "甲乙丙丁戊":
            time.sleep(2)
            source.write_text(text[:at] + f"（改动{word}）" + text[at:], "utf-8")
            waits.append(wait_for(port, f"（改动{word}）"))
        return statistics.median(waits), log.read_text("utf-8").count("executing") - before
    finally:
        server.terminate()
        server.wait()
        source.write_text(text, "utf-8")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, text: str) -> float:
    """Return the seconds until the page shows a text."""
    start = time.monotonic()
    while time.monotonic() - start < 600:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/theory/convolution/", timeout=600) as answer:
            if text in answer.read().decode():
                return time.monotonic() - start
        time.sleep(0.05)
    raise TimeoutError(text)


def main() -> None:
    """Measure, print a table, and write .cache/bench/site_build.json."""
    adopt_orphans()
    table, report = Table("measured", "wall s", "CPU s", "aim"), {}
    with tempfile.TemporaryDirectory() as temporary:
        real, toys = project(Path(temporary, "real"), False), project(Path(temporary, "toys"), True)
        for label, root, aim in (
            ("real site, cold", real, "≤ 360 s wall"),
            ("real site, nothing changed", real, "≤ 8 s wall"),
            ("12 toys of 2 CPU s, cold", toys, "≤ 35 CPU s"),
            ("12 toys, nothing changed", toys, ""),
        ):
            wall, cpu = build(root)
            report[label] = {"wall": wall, "cpu": cpu}
            table.add_row(label, f"{wall:.1f}", f"{cpu:.1f}", aim)
        wall, ran = edits(real)
        report["prose edit under serve"] = {"wall": wall, "executed": ran}
        table.add_row("prose edit under serve, median of 5", f"{wall:.1f}", "", f"≤ 3 s wall, nothing executed (executed: {ran})")
    Console().print(table)
    target = ROOT / ".cache/bench/site_build.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
