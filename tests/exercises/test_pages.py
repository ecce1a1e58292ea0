"""The exercises on the pages: enough of them, folded answers, code that runs, and the same results as the checks."""

from __future__ import annotations

import itertools
import math
import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from dlnotes import exercises, models
from dlnotes.exercises import reading
from dlnotes.site.execution import Executor
from dlnotes.site.pages import EXPRESSION, read

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [path.relative_to(DOCS).with_suffix("").as_posix() for folder in reading.FOLDERS for path in sorted((DOCS / folder).glob("*.py"))]
NUMBERS = [key for key, check in exercises.checks().items() if check.expected is not None]
CODE = [key for key in exercises.checks() if key not in NUMBERS]
LANGUAGES = ("zh", "en")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
NUMBER = re.compile(r"(?<![\d.])-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[-+]?\d+)?")


def test_the_pages_are_those_of_this_checkout() -> None:
    assert reading.pages() == DOCS and len(PAGES) >= 13


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_exercises_with_folded_answers(page: str) -> None:
    found = [exercise for exercise in exercises.exercises().values() if exercise.page == page]
    assert len(found) >= 4, f"{page} has {len(found)} exercises; a page under {', '.join(reading.FOLDERS)} has at least 4"
    for exercise in found:
        zh, en = (exercise.question[language] + exercise.answer[language] for language in LANGUAGES)
        assert re.search(r"[\u4e00-\u9fff]", exercise.question["zh"]) and not re.search(r"[\u4e00-\u9fff]", re.sub(r"`[^`]*`", "", en))
        assert BLOCK.findall(zh) == BLOCK.findall(en) and Counter(EXPRESSION.findall(zh)) == Counter(EXPRESSION.findall(en))


def test_ids_are_unique() -> None:
    found = [exercise.id for page in PAGES for exercise in exercises.read(DOCS / f"{page}.py", DOCS)]
    assert len(found) == len(set(found)) and list(exercises.exercises()) == found


@pytest.mark.parametrize("name", [key for key, exercise in exercises.exercises().items() if BLOCK.search(exercise.answer["en"])])
def test_answers_that_are_code_run(name: str) -> None:
    # A reader copies the block into a file: it needs nothing else.
    for block in BLOCK.findall(exercises.find(name).answer["en"]):
        exec(compile(block, f"{name}.py", "exec"), {"__name__": "answer"})


def test_checks_are_of_exercises() -> None:
    assert exercises.checks().keys() <= exercises.exercises().keys()
    assert len(exercises.checks()) >= 30 and len(CODE) >= 6


# ---- the pages' own answers


def numbers(text: str) -> list[float]:
    # 50{,}000, 50,000 and 50000 are one number; 0,2,5,7 are four.
    return [float(match.replace(",", "")) for match in NUMBER.findall(text.replace("{,}", ","))]


def missing(name: str, text: str) -> list[float]:
    check = exercises.checks()[name]
    assert check.expected is not None
    given = numbers(text)
    # What a page shows is rounded, and a tolerance is there for readers who round too.
    near = max(check.tolerance, 1e-9)
    return [value for value in check.expected() if not any(math.isclose(value, one, rel_tol=near) for one in given)]


def plainly_evaluated(text: str) -> str:
    """Put in the values of expressions that need nothing of their page."""
    return EXPRESSION.sub(lambda match: str(eval(match[1], {"math": math, "torch": torch})), text)


def needs_its_page(name: str) -> bool:
    try:
        for language in LANGUAGES:
            plainly_evaluated(exercises.find(name).answer[language])
    except NameError:
        return True
    return False


@pytest.mark.parametrize("name", [name for name in NUMBERS if not needs_its_page(name)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_of_the_page_pass_its_check(name: str, language: str) -> None:
    answer = plainly_evaluated(exercises.find(name).answer[language])
    assert not missing(name, answer), f"the check of {name} wants numbers that its page does not give: {answer}"


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({exercises.find(name).page for name in NUMBERS if needs_its_page(name)}))
def test_numbers_that_a_page_computes_pass_its_check(page: str) -> None:
    source = read(DOCS / f"{page}.py", DOCS)
    # The same results as those of the site, so that no page runs twice.
    execution = Executor(DOCS, DOCS.parent / ".cache" / "pages", jobs=1).run([source])[page]
    expressions = itertools.chain.from_iterable(cell.expressions() for cell in source.cells)
    values = dict(zip(expressions, itertools.chain.from_iterable(execution.values), strict=True))
    for name in NUMBERS:
        if exercises.find(name).page == page:
            for language in LANGUAGES:
                answer = EXPRESSION.sub(lambda match: values[match[1]], exercises.find(name).answer[language])
                assert not missing(name, answer), f"the check of {name} wants numbers that its page does not give: {answer}"


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_code_of_the_page_passes_its_check(name: str, language: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall(exercises.find(name).answer[language])
    assert len(blocks) == 1, f"the answer to {name} is code: give it as one ```python block"
    (tmp_path / "answer.py").write_text(blocks[0], "utf-8")
    verdict = exercises.judge(name, tmp_path / "answer.py")
    assert verdict.right, verdict.reason


# ---- wrong answers


@pytest.mark.parametrize("name", NUMBERS)
def test_wrong_numbers_are_refused(name: str) -> None:
    check = exercises.checks()[name]
    assert check.expected is not None
    right = check.expected()
    assert check.examine(right if len(right) > 1 else right[0]) is None and check.examine(list(right)) is None
    assert check.examine(torch.tensor(right, dtype=torch.float64)) is None
    for place, value in enumerate(right):
        for wrong in (value * 1.5 + 1, -value - 1, math.nan, value * (1 + 3 * check.tolerance) or 1e-3):
            complaint = check.examine((*right[:place], wrong, *right[place + 1 :]))
            assert complaint and "不对" in complaint[0] and "not right" in complaint[1]
            assert len(right) == 1 or str(place + 1) in complaint[0]
    others: tuple[Any, ...] = ("text", None, (*right, 1.0), True, [], {"answer": 1})
    for other in others:
        complaint = check.examine(other)
        assert complaint and "must be" in complaint[1]


WRONG = {
    f"{path.parent.name}/{path.stem.replace('_', '-')}/{number}": answers
    for path in sorted((Path(__file__).parent / "wrong").glob("*/*.py"))
    for number, answers in runpy.run_path(str(path))["WRONG"].items()
}


def test_every_check_of_code_has_wrong_answers() -> None:
    assert WRONG.keys() == set(CODE)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_wrong_code_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "answer.py").write_text(text, "utf-8")
    verdict = exercises.judge(name, tmp_path / "answer.py")
    assert not verdict.right and all(verdict.reason[language] for language in LANGUAGES)
    assert re.search(r"[\u4e00-\u9fff]", verdict.reason["zh"]) and not re.search(r"[\u4e00-\u9fff]", verdict.reason["en"])


def test_the_numbers_are_worked_out_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Listing exercises must not train or trace anything.
    check = exercises.checks()["theory/autograd/4"]
    calls: list[int] = []
    monkeypatch.setattr(models, "create", lambda *_, **__: calls.append(1))
    assert check.form["en"] and not calls
