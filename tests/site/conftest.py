"""A small project to build, and the real site, built once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Built(NamedTuple):
    """The real site, and what building it printed."""

    site: Path
    output: str
    seconds: float


def mkdocs(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mkdocs as a reader would."""
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "mkdocs", *arguments], cwd=root, env=environ, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="session")
def built() -> Built:
    """Build the real site into site/, strictly."""
    start = time.monotonic()
    result = mkdocs(ROOT, "build", "--strict")
    assert result.returncode == 0, result.stdout + result.stderr
    return Built(ROOT / "site", result.stdout + result.stderr, time.monotonic() - start)


def page(zh: str, en: str, code: str = "") -> str:
    """Return the source of a page with one pair and, if wanted, one code cell."""
    parts = [f'# %% [markdown] tags=["{tag}"]\n' + "\n".join(f"# {line}".rstrip() for line in text.split("\n"))
             for tag, text in (("zh", zh), ("en", en))]
    return "\n\n".join([*parts, *([code] if code.startswith("# %%") else [f"# %%\n{code}"] if code else [])]) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a page of the small project."""

    def writer(name: str, zh: str, en: str, code: str = "") -> Path:
        path = tmp_path / "docs" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(zh, en, code), "utf-8")
        return path

    return writer


@pytest.fixture
def project(tmp_path: Path, write: Callable[..., Path]) -> Path:
    """Lay out a small project that uses the real theme, hooks and configuration."""
    (tmp_path / "docs").mkdir()
    for name in ("theme", "npm", "en.yml"):
        (tmp_path / "docs" / name).symlink_to(ROOT / "docs" / name)
    (tmp_path / "dlnotes").symlink_to(ROOT / "dlnotes")
    (tmp_path / ".cache").mkdir()
    npm = ROOT / ".cache/npm"
    if npm.exists():
        (tmp_path / ".cache/npm").symlink_to(npm)
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    head, _, rest = config.partition("nav:\n")
    tail = rest[rest.index("validation:"):]
    (tmp_path / "mkdocs.yml").write_text(f"{head}nav:\n  - index.py\n  - second.py\n  - glossary.md\n{tail}", "utf-8")
    write("index", "# 首页 { #home }\n\n见[第二页](second.py#there)。", "# Home { #home }\n\nSee the [second page](second.py#there).")
    write("second", "# 第二页 { #second }\n\n## 那里 { #there }\n\n卷积神经网络。", "# Second page { #second }\n\n## There { #there }\n\nKernels.",
          "print(6 * 7)")
    return tmp_path
