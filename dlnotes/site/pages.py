"""Read a page: a jupytext percent script whose Markdown cells stand in pairs, one per language."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import jupytext

from dlnotes.errors import PageError

__all__ = ["EXPRESSION", "LANGUAGES", "Cell", "Heading", "Language", "Page", "differences", "prose", "read", "read_all", "sources"]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
EXPRESSION = re.compile(r"\{\{ (.+?) \}\}")
"""`{{ expression }}` in prose: evaluated where it stands in the run, so that no number is typed by hand."""

_FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)(?P=marks) *$", re.M | re.S)
_HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +\{([^}]*)\})? *$", re.M)
_HEADING_ID = re.compile(r"#([\w-]+)")
_FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$(?!\$)", re.S)
_CODE = re.compile(r"(?<!`)(`+)([^`]+?)\1(?!`)")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\](?:\(([^()\s]*(?:\([^()]*\))?[^()\s]*)(?:\s+\"[^\"]*\")?\)|\[([^\]]+)\])")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])", re.A)
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$", re.M)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of a page.

    Attributes:
        kind: "code", or the language of a Markdown cell: "zh" or "en".
        source: text of the cell.
        tags: jupytext tags other than the language.
        alt: text alternative of the figure that the cell draws, by language.
        line: line of the source file on which the cell's text starts.
    """

    kind: str
    source: str
    tags: frozenset[str] = frozenset()
    alt: tuple[tuple[str, str], ...] = ()
    line: int = 1

    def expressions(self) -> list[str]:
        """Return the expressions that the cell's prose and alternatives contain, in order."""
        prose = "" if self.kind == "code" else _CODE.sub(" ", _FENCE.sub("", self.source))
        return EXPRESSION.findall("\n".join([prose, *(text for _, text in self.alt)]))


@dataclasses.dataclass(frozen=True)
class Heading:
    """A heading of a page.

    Attributes:
        level: 1 for the page's title.
        identifier: its anchor.
        title: its Markdown, by language.
    """

    level: int
    identifier: str
    title: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page before it is executed.

    Attributes:
        name: path below docs/ without suffix, with forward slashes: "models/lenet".
        path: the source file.
        cells: all cells in order.
        meta: what the header's `dlnotes:` mapping holds (covers, labels, description …).
    """

    name: str
    path: Path
    cells: tuple[Cell, ...]
    meta: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def executable(self) -> bool:
        """Whether anything has to run: a code cell, or an expression in prose."""
        return any(cell.kind == "code" or cell.expressions() for cell in self.cells)

    def pairs(self) -> Iterator[tuple[Cell, Cell]]:
        """Yield the (Chinese, English) pairs of Markdown cells."""
        texts = [cell for cell in self.cells if cell.kind != "code"]
        yield from zip(texts[::2], texts[1::2], strict=True)

    def sections(self) -> Iterator[tuple[Heading, dict[str, str]]]:
        """Yield the prose by language, without fenced code, piece by piece, each with the heading above it.

        A section comes in several pieces where code cells stand in it.
        """
        heading = Heading(1, "", {language: "" for language in LANGUAGES})
        for pair in self.pairs():
            # Each split gives text, then marks, title, attributes and text of every heading.
            zh, en = (_HEADING.split(_FENCE.sub("", half.source)) for half in pair)
            yield heading, {"zh": zh[0], "en": en[0]}
            for at in range(1, len(zh), 4):
                identifier = _HEADING_ID.search(zh[at + 2] or "")
                heading = Heading(len(zh[at]), identifier[1] if identifier else "", {"zh": zh[at + 1], "en": en[at + 1]})
                yield heading, {"zh": zh[at + 3], "en": en[at + 3]}

    def text(self, language: str) -> str:
        """Return all the prose of one language."""
        return "\n\n".join(cell.source for cell in self.cells if cell.kind == language)


def read(path: Path, root: Path) -> Page:
    """Read one page.

    Args:
        path: the percent script.
        root: the docs folder.

    Raises:
        PageError: a Markdown cell names no language or two, or has no counterpart beside it.
    """
    text = path.read_text("utf-8")
    notebook = jupytext.reads(text, fmt="py:percent")
    cells, position = [], 0
    for number, raw in enumerate(notebook.cells, 1):
        if raw.cell_type == "raw":
            continue
        tags = set(raw.metadata.get("tags", []))
        line, position = _locate(text, raw.source, position)
        where = f"{path}:{line}: cell {number}"
        languages = tags & set(LANGUAGES)
        if raw.cell_type == "markdown" and len(languages) != 1:
            raise PageError(f'{where} is Markdown and must carry exactly one language tag, tags=["zh"] or tags=["en"]; '
                            f"it carries {sorted(languages) or 'none'}")
        if raw.cell_type == "code" and languages:
            raise PageError(f"{where} is code and is shared by both languages; remove the tag {sorted(languages)}")
        alt = tuple((code, raw.metadata[f"alt_{code}"]) for code in LANGUAGES if f"alt_{code}" in raw.metadata)
        if len(alt) == 1:
            raise PageError(f"{where} has alt_{alt[0][0]} only; give the text alternative in both languages")
        kind = "code" if raw.cell_type == "code" else languages.pop()
        cells.append(Cell(kind, raw.source, frozenset(tags - set(LANGUAGES)), alt, line))
    page = Page(path.relative_to(root).with_suffix("").as_posix(), path, tuple(cells), dict(notebook.metadata.get("dlnotes", {})))
    _check_pairs(page)
    return page


def sources(root: Path) -> list[Path]:
    """Return the files of all pages below the docs folder, in the order of their names.

    Raises:
        PageError: there is no page at all.
    """
    found = [path for path in sorted(root.rglob("*.py")) if "theme" not in path.relative_to(root).parts]
    if not found:
        raise PageError(f"{root}: no page found; pages are percent scripts (*.py) below this folder")
    return found


def read_all(root: Path) -> list[Page]:
    """Read every page below the docs folder, in the order of their names.

    Raises:
        PageError: see `read` and `sources`.
    """
    return [read(path, root) for path in sources(root)]


def _locate(text: str, source: str, position: int) -> tuple[int, int]:
    """Return line and offset of a cell, for messages; jupytext does not keep them."""
    first = next((line for line in source.splitlines() if line.strip()), "")
    found = text.find(first, position) if first else -1
    if found < 0:
        return text.count("\n", 0, position) + 1, position
    return text.count("\n", 0, found) + 1, found + len(first)


def _check_pairs(page: Page) -> None:
    texts = [cell for cell in page.cells if cell.kind != "code"]
    expected = "zh"
    last: Cell | None = None
    for cell in page.cells:
        if cell.kind == expected:
            expected = "en" if expected == "zh" else "zh"
        elif cell.kind != "code" or expected == "en":
            lone = last if expected == "en" and last else cell
            missing = "English" if lone.kind == "zh" else "Chinese"
            raise PageError(f"{page.path}:{lone.line}: this cell has no {missing} half; every Chinese cell is followed "
                            "directly by the English cell that says the same")
        last = cell if cell.kind != "code" else last
    if expected == "en":
        raise PageError(f"{page.path}:{texts[-1].line}: this cell has no English half; write it directly below")


def prose(text: str) -> str:
    """Return a page's own words: no code, formulas, expressions, attributes, link targets or titles of works elsewhere."""
    text = _CODE.sub(" ", EXPRESSION.sub(" ", _FORMULA.sub(" ", _FENCE.sub("", text))))
    text = _LINK.sub(lambda match: " " if re.match(r"https?:", match[3] or "") else match[2], text)
    return re.sub(r"\{[^}]*\}", " ", text)


# ---- comparing the two halves


def differences(page: Page) -> list[str]:
    """Compare the two halves of every pair and describe each difference.

    Compared are heading levels and ids, formulas, code, link targets, images, tables, numbers and expressions.
    """
    found = []
    for zh, en in page.pairs():
        for what, count in _signature(zh.source).items():
            other = _signature(en.source)[what]
            if count != other:
                only_zh, only_en = _only(count, other), _only(other, count)
                found.append(f"{page.path}:{zh.line}: {what} differ: only Chinese {only_zh}, only English {only_en}")
    for cell in page.cells:
        for level, identifier in _headings(cell.source) if cell.kind != "code" else []:
            if not identifier:
                found.append(f"{page.path}:{cell.line}: a heading of level {level} has no id; write {{ #short-name }} after it")
    return found


def _only(one: Any, other: Any) -> str:
    if isinstance(one, Counter):
        return str(sorted((one - other).elements()) or "-")
    return str(one)


def _headings(text: str) -> list[tuple[int, str]]:
    bare = _FENCE.sub("", text)
    found = []
    for match in _HEADING.finditer(bare):
        identifier = _HEADING_ID.search(match[3] or "")
        found.append((len(match[1]), identifier[1] if identifier else ""))
    return found


def _signature(text: str) -> dict[str, Any]:
    fences = [(match["info"].split()[0] if match["info"].split() else "", match["body"]) for match in _FENCE.finditer(text)]
    bare = _FENCE.sub("", text)
    expressions = Counter(EXPRESSION.findall(_CODE.sub(" ", bare)))
    formulas = Counter(_normal_formula(a or b) for a, b in _FORMULA.findall(bare))
    bare = EXPRESSION.sub(" ", _FORMULA.sub(" ", bare))
    code = Counter(match[2] for match in _CODE.finditer(bare))
    bare = _CODE.sub(" ", bare)
    links = Counter((target or reference) for _, _, target, reference in _LINK.findall(bare))
    bare = re.sub(r"\{[^}]*\}", " ", _LINK.sub(lambda match: match[2], bare))
    return {
        "headings": _headings(text),
        "formulas": formulas,
        "fenced blocks": fences,
        "code spans": code,
        "links": links,
        "table rows": [row.count("|") for row in _TABLE_ROW.findall(bare)],
        # Good English writes small numbers as words where Chinese writes digits.
        "numbers": Counter(number for number in map(_plain_number, _NUMBER.findall(bare)) if not number.isdigit() or int(number) > 10),
        "expressions": expressions,
    }


def _plain_number(number: str) -> str:
    return number.rstrip(",").replace(",", "")


def _normal_formula(formula: str) -> str:
    """Drop what may differ: white space, and words inside the formula's text commands."""
    return re.sub(r"\s+", "", re.sub(r"\\(?:text|mathrm|textbf)\{[^}]*\}", r"\\text{}", formula))
