"""What is wrong with an answer file is said plainly."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlnotes import exercises
from dlnotes.errors import AnswerError, UnknownNameError

NAME = "theory/convolution/1"


def answer(folder: Path, text: str) -> Path:
    (folder / "answer.py").write_text(text, "utf-8")
    return folder / "answer.py"


def test_right_and_wrong(tmp_path: Path) -> None:
    assert exercises.judge(NAME, answer(tmp_path, "answer = 128 * (64 * 9 + 1)")) == exercises.Verdict(True)
    verdict = exercises.judge(NAME, answer(tmp_path, "answer = 128 * 64 * 9"))
    assert not verdict.right and verdict.reason == {"zh": "73728 不对", "en": "73728 is not right"}


def test_the_right_number_is_not_given_away(tmp_path: Path) -> None:
    verdict = exercises.judge("theory/autograd/1", answer(tmp_path, "answer = (24, 9)"))
    assert verdict.reason["en"] == "(24, 9) is not right: number 2" and "10" not in str(verdict.reason)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("answer = (", r"answer\.py does not run, line 1: SyntaxError"),
        ("x = 1\nanswer = 1 / 0", r"answer\.py does not run, line 2: ZeroDivisionError"),
        ("def f():\n    return g()\nanswer = f()", r"does not run, line 2: NameError"),
        ("raise SystemExit(3)", "does not run, line 1: SystemExit: 3"),
        ("import dlnotes_of_tomorrow", "ModuleNotFoundError"),
        ("Answer = 3\n_x = 2", "must define answer: answer = …, a number; it defines Answer"),
        ("", "it defines nothing"),
    ],
)
def test_files_that_cannot_be_judged(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match=message):
        exercises.judge(NAME, answer(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match="there is no file"):
        exercises.judge(NAME, tmp_path / "none.py")
    with pytest.raises(AnswerError, match="cannot be read"):
        exercises.judge(NAME, tmp_path)
    (tmp_path / "answer.py").write_bytes(b"answer = '\xff'")
    with pytest.raises(AnswerError, match="UTF-8"):
        exercises.judge(NAME, tmp_path / "answer.py")


def test_an_exercise_that_only_a_human_can_check(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="exercise that can be checked"):
        exercises.judge("theory/convolution/3", answer(tmp_path, "answer = 1"))


def test_an_answer_file_leaves_no_trace(tmp_path: Path) -> None:
    import sys

    before = set(sys.modules)
    exercises.judge(NAME, answer(tmp_path, "import textwrap\nanswer = 73856\n__name__ = 'x'"))
    assert not {name for name in set(sys.modules) - before if "answer" in name}


def test_the_ids_are_known_without_loading_the_checks() -> None:
    assert exercises.checkable() == exercises.checks().keys()
