"""Read the exercises out of the pages: the numbered paragraphs below the heading `{ #exercises }`, with folded answers."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dlnotes.errors import DataError, PageError, UnknownNameError

__all__ = ["FOLDERS", "Exercise", "Text", "exercises", "find", "pages", "plain", "read"]

FOLDERS = ("theory", "training", "models")
"""Folders below docs/ whose pages have exercises; they are part of an installed package too."""

_CELL = re.compile(r"^# %%(?P<head>[^\n]*)\n(?P<body>.*?)(?=^# %%|\Z)", re.M | re.S)
_LANGUAGE = re.compile(r"\[markdown\].*tags=\[.*\"(zh|en)\".*\]")
_SECTION = re.compile(r"^## [^\n]*\{ #exercises \}\n(?P<body>.*?)(?=^## |\Z)", re.M | re.S)
_ITEM = re.compile(r"^\*\*(\d+)\.\*\* +(.*?)(?=^\*\*\d+\.\*\* |\Z)", re.M | re.S)
_FOLD = {"zh": '??? success "答案"', "en": '??? success "Answer"'}


class Text(NamedTuple):
    """Question and answer in one language."""

    question: str
    answer: str


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        page: name of its page, such as "theory/tensors".
        number: its number there, from 1.
        question: language → text, as Markdown.
        answer: language → text of the folded answer.
    """

    page: str
    number: int
    question: dict[str, str]
    answer: dict[str, str]

    @property
    def id(self) -> str:
        """Page and number, such as "theory/tensors/3"."""
        return f"{self.page}/{self.number}"

    def in_plain(self, language: str) -> Text:
        """Return question and answer for a terminal, see `plain`."""
        return Text(plain(self.question[language], language), plain(self.answer[language], language))


@functools.cache
def pages() -> Path:
    """Return the folder that holds the pages: docs/ in a checkout, a copy inside an installed package.

    Raises:
        DataError: it is in neither place.
    """
    checkout, installed = Path(__file__).resolve().parents[2] / "docs", Path(__file__).resolve().parent / "pages"
    for folder in (checkout, installed):
        if (folder / FOLDERS[0]).is_dir():
            return folder
    raise DataError(f"the pages are neither in {checkout} nor in {installed}; install dlnotes again, or run it in a checkout")


@functools.cache
def exercises() -> dict[str, Exercise]:
    """Return every exercise by its id, in the order of folders, pages and numbers.

    Raises:
        DataError: the pages are not there.
        PageError: see `read`.
    """
    root = pages()
    paths = [path for folder in FOLDERS for path in sorted((root / folder).glob("*.py"))]
    return {exercise.id: exercise for path in paths for exercise in read(path, root)}


def find(name: str) -> Exercise:
    """Return an exercise by its id, or by the end of it where that is enough to tell: "tensors/3".

    Raises:
        UnknownNameError: there is none, or more than one; the nearest is named.
    """
    known = exercises()
    fitting = [key for key in known if key == name] or [key for key in known if key.endswith(f"/{name}")]
    if len(fitting) != 1:
        # What was typed may lack the folder, so the nearest is looked for among both forms.
        error = UnknownNameError("exercise", name, [*known, *(key.partition("/")[2] for key in known)])
        raise error if not fitting else UnknownNameError("exercise", name, fitting)
    return known[fitting[0]]


def read(path: Path, root: Path) -> tuple[Exercise, ...]:
    """Read the exercises of one page; a page without that section has none.

    Args:
        path: the page, a percent script.
        root: the folder of all pages.

    Raises:
        PageError: the numbers do not run 1, 2, 3 …, the two languages have different ones, or an answer is not folded.
    """
    page = path.relative_to(root).with_suffix("").as_posix()
    text = path.read_text("utf-8")
    halves = {language: dict(_items(path, text, language)) for language in _FOLD}
    if list(halves["zh"]) != list(halves["en"]):
        raise PageError(f"{path}: the exercises in Chinese are {list(halves['zh'])}, those in English {list(halves['en'])}")
    return tuple(
        Exercise(page, number, *({language: halves[language][number][part] for language in halves} for part in (0, 1)))
        for number in halves["zh"]
    )


def _items(path: Path, text: str, language: str) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield number, question and answer of every exercise of one language."""
    section = _SECTION.search(_prose(text, language))
    if not section:
        return
    items = _ITEM.findall(section["body"])
    if [number for number, _ in items] != [str(number) for number in range(1, len(items) + 1)]:
        raise PageError(f"{path}: exercises are numbered **1.**, **2.** … without a gap; found {[number for number, _ in items]}")
    for number, item in items:
        question, fold, answer = item.partition(_FOLD[language] + "\n")
        lines = answer.strip("\n").splitlines()
        if not fold or not lines or not all(line.startswith("    ") for line in lines if line):
            raise PageError(f"{path}: exercise {number} needs a folded answer: {_FOLD[language]}, then the answer, indented by 4 spaces")
        yield int(number), (question.strip(), "\n".join(line[4:] for line in lines).strip("\n"))


def _prose(text: str, language: str) -> str:
    """Return all the Markdown of one language; a page is read without jupytext, which an installed package lacks."""
    parts = []
    for cell in _CELL.finditer(text):
        found = _LANGUAGE.search(cell["head"])
        if found and found[1] == language:
            parts.append("\n".join(line[2:] for line in cell["body"].splitlines() if line.startswith("#")))
    return "\n\n".join(parts) + "\n"


# ---- for a terminal

_COMMANDS = {
    r"\times": "×", r"\cdot": "·", r"\approx": "≈", r"\le": "≤", r"\ge": "≥", r"\to": "→", r"\dots": "…", r"\ln": "ln ", r"\exp": "exp",
    r"\log": "log ", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", r"\partial": "∂", r"\eta": "η", r"\lambda": "λ",
    r"\sigma": "σ", r"\sqrt": "√", r"\max": "max", r"\min": "min", r"\sum": "Σ", r"\alpha": "α", r"\beta": "β", r"\gamma": "γ",
    r"\epsilon": "ε", r"\varepsilon": "ε", r"\mu": "μ", r"\theta": "θ", r"\pi": "π", r"\pm": "±", r"\in": "∈", r"\infty": "∞",
    r"\kappa": "κ", r"\top": "T", r"\binom": "C", r"\neq": "≠", r"\ne": "≠", r"\ll": "≪", r"\gg": "≫", r"\leq": "≤", r"\geq": "≥",
    r"\delta": "δ", r"\Delta": "Δ", r"\phi": "φ", r"\rho": "ρ", r"\tau": "τ", r"\omega": "ω", r"\prod": "Π", r"\odot": "⊙", r"\nabla": "∇",
    r"\,": " ", r"\ ": " ", r"\;": " ", r"\quad": "  ", r"\\": "; ", r"\cdots": "…", r"\ldots": "…", r"\lVert": "‖", r"\rVert": "‖",
}  # fmt: skip
_STYLES = {"left", "right", "text", "operatorname", "mathrm", "mathbf", "mathbb", "mathcal", "boldsymbol", "hat", "tilde", "bar"}
_COMMAND = re.compile(r"\\(?:([a-zA-Z]+) *|.)")
_PART = r"(?:\{([^{}]*)\}|(\w))"
_TWO = re.compile(r"\\([dt]?frac|binom)" + _PART + _PART + r"(?=([a-zA-Z]?))")
_ROOT = re.compile(r"\\sqrt" + _PART)
_RAISED = re.compile(r"([_^])\{([^{}]*)\}")
_MATRIX = re.compile(r"\\begin\{\w+\}(.*?)\\end\{\w+\}", re.S)
_FENCED = re.compile(r"(^```.*?^```$)", re.M | re.S)


def plain(text: str, language: str) -> str:
    """Write Markdown for a terminal: formulas in plain characters, links as their text, numbers of the page's run left out.

    Args:
        text: a question or an answer.
        language: "zh" or "en".
    """
    parts = _FENCED.split(text)
    # Code stands between the fences, at the odd places.
    parts[::2] = [_plain_prose(part, language) for part in parts[::2]]
    parts[1::2] = ["\n".join(f"    {line}" for line in part.splitlines()[1:-1]) for part in parts[1::2]]
    return "".join(parts)


def _plain_prose(text: str, language: str) -> str:
    text = re.sub(r"\{\{ .+? \}\}", "（见页面）" if language == "zh" else "[see the page]", text)
    text = re.sub(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", lambda match: _plain_formula(match[1] or match[2]), text, flags=re.S)
    text = re.sub(r"\[([^\]]+)\]\([^)\s]+\)", r"\1", text)
    return re.sub(r"\*\*(.+?)\*\*", r"\1", text)


def _plain_formula(formula: str) -> str:
    formula = _MATRIX.sub(lambda match: f"({match[1].replace('&', ' ')})", formula)
    formula = _COMMAND.sub(_plain_command, formula)
    formula = re.sub(r"\{\{([^{}]*)\}\}", r"{\1}", formula)
    formula = _RAISED.sub(lambda match: match[1] + _bracketed(match[2]), formula)
    before = ""
    while before != formula:
        # From the inside out.
        before = formula
        formula = _TWO.sub(lambda match: _two(match[1], match[2] or match[3], match[4] or match[5]) + " " * bool(match[6]), formula)
        formula = _ROOT.sub(lambda match: f"√{_bracketed(match[1] or match[2])}", formula)
    return formula.replace("{", "").replace("}", "")


def _plain_command(match: re.Match[str]) -> str:
    name = match[1] or ""
    if name in ("frac", "dfrac", "tfrac", "binom", "sqrt"):
        return f"\\{name}"
    # Letters keep no style, and accents go: what is left still says which number is meant.
    return "" if name in _STYLES else _COMMANDS.get(f"\\{name}" if name else match[0], name or match[0][1:])


def _two(command: str, upper: str, lower: str) -> str:
    return f"C({upper}, {lower})" if command == "binom" else f"{_bracketed(upper)}/{_bracketed(lower)}"


def _bracketed(part: str) -> str:
    return part if re.fullmatch(r"-?[\w.]+|\([^()]*\)", part) else f"({part})"
