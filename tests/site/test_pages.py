"""Reading pages, pairing their halves, comparing them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlnotes.errors import PageError
from dlnotes.site.pages import differences, read, read_all

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]


def test_the_real_pages_agree() -> None:
    pages = read_all(ROOT / "docs")
    assert len(pages) >= 12
    assert [line for page in pages for line in differences(page)] == []


def test_cells(write: Write, tmp_path: Path) -> None:
    code = '# %% tags=["hide-input"] alt_zh="图" alt_en="figure"\nprint(1)'
    page = read(write("a/b", "# 甲 { #a }\n\n{{ 1 + 1 }}", "# A { #a }\n\n{{ 1 + 1 }}", code), tmp_path / "docs")
    assert page.name == "a/b" and page.executable
    assert [cell.kind for cell in page.cells] == ["zh", "en", "code"]
    assert page.cells[0].expressions() == ["1 + 1"]
    assert page.cells[2].tags == {"hide-input"} and dict(page.cells[2].alt) == {"zh": "图", "en": "figure"}
    assert [cell.line for cell in page.cells] == [2, 7, 12]
    assert not differences(page)


@pytest.mark.parametrize(("source", "message"), [
    ('# %% [markdown]\n# # 甲', "exactly one language tag"),
    ('# %% [markdown] tags=["zh", "en"]\n# # 甲', "exactly one language tag"),
    ('# %% [markdown] tags=["zh"]\n# # 甲', "no English half"),
    ('# %% [markdown] tags=["en"]\n# # A', "no Chinese half"),
    ('# %% [markdown] tags=["zh"]\n# # 甲\n\n# %%\nprint(1)\n\n# %% [markdown] tags=["en"]\n# # A', "no English half"),
    ('# %% [markdown] tags=["zh"]\n# # 甲\n\n# %% [markdown] tags=["zh"]\n# # 乙', "no English half"),
    ('# %% tags=["zh"]\nprint(1)', "shared by both"),
    ('# %% alt_zh="图"\nprint(1)', "alt_zh only"),
])
def test_a_half_that_is_missing(source: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text(source + "\n", "utf-8")
    with pytest.raises(PageError, match=message) as caught:
        read(path, tmp_path)
    assert f"{path}:" in str(caught.value)


@pytest.mark.parametrize(("zh", "en", "what"), [
    ("# 甲 { #a }", "# A { #b }", "headings"),
    ("# 甲 { #a }", "## A { #a }", "headings"),
    ("# 甲 { #a }\n\n$x+1$", "# A { #a }\n\n$x+2$", "formulas"),
    ("# 甲 { #a }\n\n`x`", "# A { #a }\n\n`y`", "code spans"),
    ("# 甲 { #a }\n\n[乙](b.py)", "# A { #a }\n\n[B](c.py)", "links"),
    ("# 甲 { #a }\n\n97.5%", "# A { #a }\n\n97.6%", "numbers"),
    ("# 甲 { #a }\n\n{{ a }}", "# A { #a }\n\n{{ b }}", "expressions"),
    ("# 甲 { #a }\n\n| 1 | 2 |\n|---|---|", "# A { #a }\n\n| 1 | 2 |\n|---|---|\n| 3 | 4 |", "table rows"),
    ("# 甲 { #a }\n\n```text\na\n```", "# A { #a }\n\n```text\nb\n```", "fenced blocks"),
    ("# 甲", "# A", "has no id"),
])
def test_every_kind_of_difference_is_found(zh: str, en: str, what: str, write: Write, tmp_path: Path) -> None:
    found = differences(read(write("page", zh, en), tmp_path / "docs"))
    assert found and all(what in line for line in found)


def test_what_may_differ(write: Write, tmp_path: Path) -> None:
    zh = "# 甲 { #a }\n\n第 1 层有 3 个核，共 1,024 个；$x\\ \\text{若}\\ y$，`a`、`b`，[乙](b.py)。"
    en = "# A { #a }\n\n`b` and `a`; the [first](b.py) layer has three kernels, 1024 in all; $x\\ \\text{if}\\ y$."
    assert not differences(read(write("page", zh, en), tmp_path / "docs"))


def test_every_fenced_python_block_is_included_from_a_file() -> None:
    for page in read_all(ROOT / "docs"):
        for language in ("zh", "en"):
            # What is indented is an answer; tests/exercises runs those.
            blocks = ("\n" + page.text(language)).split("\n```python\n")[1:]
            assert all(block.startswith('--8<-- "') for block in blocks), f"{page.path}: code on a page runs or is included"


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="no page found"):
        read_all(tmp_path)


# How many of each kind the source notes hold: terms, theory notes, architectures, code, data, labs, questions, figures.
NOTES = {"T": 18, "N": 39, "A": 15, "C": 14, "D": 6, "P": 10, "Q": 16, "F": 13}


def test_every_part_of_the_notes_has_a_home() -> None:
    covered = {part for page in read_all(ROOT / "docs") for part in page.meta.get("covers", [])}
    wanted = {f"{kind}-{number:02}" for kind, count in NOTES.items() for number in range(1, count + 1)}
    assert sorted(wanted - covered) == []
    assert {part for part in covered if part not in wanted and not re.fullmatch(r"E-\d\d", part)} == set()
