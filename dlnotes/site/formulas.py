"""TeX → HTML and MathML with KaTeX, while the site is built: readers need no script for formulas."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
from pathlib import Path

from dlnotes.errors import PageError
from dlnotes.site.execution import write_atomic

__all__ = ["Formulas"]

_FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.S)
_SCRIPT = """
const katex = require('katex');
const items = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(items.map(([tex, displayMode, output]) => {
  try { return {html: katex.renderToString(tex, {displayMode, output, throwOnError: true, strict: 'error', trust: false})}; }
  catch (error) { return {error: String(error.message)}; }
})));
"""


class Formulas:
    """Renders the formulas of pages, remembering those it has met.

    Args:
        node: the Node.js program.
        modules: folder whose node_modules holds katex.
        store: JSON file of rendered formulas.
    """

    def __init__(self, node: Path, modules: Path, store: Path) -> None:
        self.node, self.modules, self.store = node, modules, store
        version = json.loads((modules / "node_modules/katex/package.json").read_text())["version"]
        self.version: str = version
        self.known: dict[str, str] = {}
        try:
            kept = json.loads(store.read_text("utf-8"))
            self.known = kept["formulas"] if kept["version"] == version else {}
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def render(self, page: str, where: str, output: str = "htmlAndMathml") -> str:
        """Replace every formula that pymdownx.arithmatex marked.

        Args:
            page: HTML.
            where: names the page in errors.
            output: "htmlAndMathml", which looks the same everywhere, or "mathml", which the browser sets and which takes a
                tenth of the bytes: for a page of hundreds of small formulas.

        Raises:
            PageError: KaTeX does not accept a formula.
        """
        wanted = {self._key(match, output): (*self._item(match), output) for match in _FORMULA.finditer(page)}
        new = {key: item for key, item in wanted.items() if key not in self.known}
        if new:
            result = subprocess.run([self.node, "-e", _SCRIPT], input=json.dumps(list(new.values())), capture_output=True, text=True,
                                    cwd=self.modules, check=False, timeout=60)
            if result.returncode:
                raise PageError(f"{where}: Node.js could not run KaTeX: {result.stderr.strip()}")
            for (key, (tex, *_)), answer in zip(new.items(), json.loads(result.stdout), strict=True):
                if "error" in answer:
                    raise PageError(f"{where}: the formula {tex!r} is not right: {answer['error']}")
                self.known[key] = answer["html"]
            write_atomic(self.store, json.dumps({"version": self.version, "formulas": self.known}, ensure_ascii=False))
        shape = _bare if output == "mathml" else str
        return _FORMULA.sub(lambda match: f'<{match[1]} class="dl-math">{shape(self.known[self._key(match, output)])}</{match[1]}>', page)

    @staticmethod
    def _item(match: re.Match[str]) -> tuple[str, bool]:
        text = html.unescape(match[2]).strip()
        return text[2:-2].strip(), text.startswith("\\[")

    @classmethod
    def _key(cls, match: re.Match[str], output: str) -> str:
        item = cls._item(match) if output == "htmlAndMathml" else (*cls._item(match), output)
        return hashlib.sha256(repr(item).encode()).hexdigest()[:20]


def _bare(drawn: str) -> str:
    """Take MathML out of KaTeX's wrapping, without the TeX and the name space that HTML does not need."""
    drawn = re.sub(r"<annotation.*?</annotation>|</?semantics>|</?span[^>]*>| xmlns=\"[^\"]*\"", "", drawn, flags=re.S)
    # Names such as log are upright by the browser's rules; site.css sets letters and cannot count them.
    drawn = re.sub(r"<mi>(?=\w{2})", '<mi mathvariant="normal">', drawn)
    return re.sub(r"<math([^>]*)><mrow>(.*)</mrow></math>", r"<math\1>\2</math>", drawn, flags=re.S)
