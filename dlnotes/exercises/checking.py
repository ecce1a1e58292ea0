"""Check a reader's answer file: a Python file that defines what the exercise asks for."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import linecache
import math
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dlnotes.errors import AnswerError, UnknownNameError
from dlnotes.exercises.reading import FOLDERS

__all__ = ["Check", "Verdict", "checkable", "checks", "code", "judge", "number"]

_HERE = Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of an answer.

    Attributes:
        right: whether it was accepted.
        reason: language → why not; empty when right.
    """

    right: bool
    reason: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Check:
    """What an answer file must define, and who looks at it.

    Attributes:
        name: what the file defines: "answer" for numbers, otherwise the name of a function or class.
        form: language → what that must be, for the reader.
        examine: takes what the file defined; returns (Chinese, English) of what is wrong, or None.
        expected: for numbers, those that are right, worked out when asked for.
        tolerance: how far a number may be off, as a share of it.
    """

    name: str
    form: dict[str, str]
    examine: Callable[[Any], tuple[str, str] | None]
    expected: Callable[[], tuple[float, ...]] | None = None
    tolerance: float = 0.0


def number(
    expected: Callable[[], float | Sequence[float]], zh: str = "", en: str = "", *, count: int = 1, tolerance: float = 1e-6
) -> Check:
    """Make a check for an answer that is one number, or several in order.

    Args:
        expected: works the numbers out.
        zh: what the numbers are, where the question alone does not say it, in Chinese.
        en: the same in English.
        count: how many there are.
        tolerance: how far each may be off, as a share of it.
    """

    @functools.cache
    def values() -> tuple[float, ...]:
        found = expected()
        return tuple(map(float, found)) if isinstance(found, Sequence) else (float(found),)

    def examine(answer: Any) -> tuple[str, str] | None:
        got, wanted, shown = _numbers(answer), values(), _short(answer)
        if got is None or len(got) != count:
            return (
                f"answer 应当是{'一个数' if count == 1 else f' {count} 个数'}，得到 {shown}",
                f"answer must be {'one number' if count == 1 else f'{count} numbers'}, got {shown}",
            )
        wrong = [i for i, (one, other) in enumerate(zip(got, wanted, strict=True), 1) if not math.isclose(one, other, rel_tol=tolerance)]
        if not wrong:
            return None
        if count == 1:
            return f"{shown} 不对", f"{shown} is not right"
        return f"{shown} 不对：第 {'、'.join(map(str, wrong))} 个数", f"{shown} is not right: number {', '.join(map(str, wrong))}"

    forms = {
        "zh": (f"answer = …，{'一个数' if count == 1 else f'{count} 个数的元组'}", zh and f"：{zh}"),
        "en": (f"answer = …, {'a number' if count == 1 else f'a tuple of {count} numbers'}", en and f": {en}"),
    }
    return Check("answer", {language: "".join(parts) for language, parts in forms.items()}, examine, values, tolerance)


def code(name: str, zh: str, en: str, examine: Callable[[Any], tuple[str, str] | None]) -> Check:
    """Make a check for an answer that is a function or a class.

    Args:
        name: its name in the answer file.
        zh: what it takes and gives, in Chinese.
        en: the same in English.
        examine: tries it; returns (Chinese, English) of what is wrong, or None. What it raises is shown to the reader.
    """

    def guarded(answer: Any) -> tuple[str, str] | None:
        if not callable(answer):
            return f"{name} 应当能调用，得到 {_short(answer)}", f"{name} must be callable, got {_short(answer)}"
        try:
            return examine(answer)
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            return f"试用 {name} 时出错：{told}", f"trying {name} raised {told}"

    return Check(name, {"zh": zh, "en": en}, guarded)


@functools.cache
def checks() -> dict[str, Check]:
    """Return the checks by the id of their exercise."""
    found: dict[str, Check] = {}
    for page, path in _modules():
        module = importlib.import_module(f"dlnotes.exercises.{path.parent.name}.{path.stem}")
        found |= {f"{page}/{number}": check for number, check in module.CHECKS.items()}
    return found


@functools.cache
def checkable() -> frozenset[str]:
    """Return the ids of the exercises that have a check, read from the text of the modules: importing them would load torch."""
    found: set[str] = set()
    for page, path in _modules():
        for statement in ast.parse(path.read_text("utf-8")).body:
            if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "CHECKS" and isinstance(statement.value, ast.Dict):
                found |= {
                    f"{page}/{key.value}" for key in statement.value.keys if isinstance(key, ast.Constant) and isinstance(key.value, int)
                }
    return frozenset(found)


def _modules() -> Iterator[tuple[str, Path]]:
    """Yield every page that has checks, with its module, in the order of folders and pages."""
    for folder in FOLDERS:
        for path in sorted((_HERE / folder).glob("[!_]*.py")):
            yield f"{folder}/{path.stem.replace('_', '-')}", path


def judge(name: str, path: str | Path) -> Verdict:
    """Run an answer file and check what it defines.

    Args:
        name: full id of the exercise.
        path: the reader's Python file. It runs in this process, so run only what you would run anyway.

    Raises:
        UnknownNameError: no machine can check that exercise; those that can be checked are named.
        AnswerError: the file is not there, does not run, or does not define what it must.
    """
    known = checks()
    if name not in known:
        raise UnknownNameError("exercise that can be checked", name, known)
    check = known[name]
    defined = _run(Path(path))
    if check.name not in defined:
        close = [key for key in defined if not key.startswith("_")]
        got = f"it defines {', '.join(sorted(close))}" if close else "it defines nothing"
        raise AnswerError(f"{path} must define {check.name}: {check.form['en']}; {got}")
    complaint = check.examine(defined[check.name])
    return Verdict(True) if complaint is None else Verdict(False, dict(zip(("zh", "en"), complaint, strict=True)))


def _run(path: Path) -> dict[str, Any]:
    """Run a file as a module of its own name and return what it defined."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise AnswerError(f"there is no file {path}; write your answer there, or give the file that holds it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AnswerError(f"{path} cannot be read: {error}; give a Python file in UTF-8") from error
    space: dict[str, Any] = {"__name__": "answer", "__file__": str(path)}
    before = set(space)
    try:
        exec(compile(text, str(path), "exec"), space)
    except (Exception, SystemExit) as error:
        raise AnswerError(f"{path} does not run{_where(path, error)}: {type(error).__name__}: {error}") from error
    return {key: value for key, value in space.items() if key not in before and key != "__builtins__"}


def _where(path: Path, error: BaseException) -> str:
    """Name the line of the answer file that failed."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}" if error.lineno else ""
    frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    linecache.checkcache(str(path))
    return f", line {frames[-1]}" if frames else ""


def _numbers(answer: Any) -> tuple[float, ...] | None:
    """Return an answer as numbers: a number, a sequence of numbers, or a tensor or array of them."""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    items = answer if isinstance(answer, list | tuple) else [answer]
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in items):
        return None
    return tuple(map(float, items))


def _short(value: Any) -> str:
    text = re.sub(r"\s+", " ", repr(value))
    return text if len(text) <= 60 else f"{text[:57]}…"
