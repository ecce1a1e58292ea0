"""Reading exercises out of a page, and writing them for a terminal."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dlnotes import exercises
from dlnotes.errors import DataError, PageError, UnknownNameError
from dlnotes.exercises import reading

PAGE = """# %% [markdown] tags=["zh"]
# # 标题 {{ #title }}
#
# **1.** 不是练习。
#
# ## 练习 {{ #exercises }}
{zh}
# %% [markdown] tags=["en"]
# # Title {{ #title }}
#
# ## Exercises {{ #exercises }}
{en}
#
# ## References {{ #references }}
#
# **9.** Neither is this one.

# %%
# **8.** nor this comment
1 + 1
"""
ZH = """#
# **1.** 一加一？
#
# ??? success "答案"
#     $1+1=2$。
#
# **2.** 写成函数。
#
# - 第一
#
# ??? success "答案"
#     像这样：
#
#     ```python
#     def add(a, b):
#         return a + b
#     ```
"""
EN = (
    ZH.replace("答案", "Answer").replace("一加一？", "One and one?").replace("写成函数。", "Write a function.")
    .replace("第一", "first").replace("像这样：", "Like this:").replace("。", ".")
)  # fmt: skip


def page(folder: Path, zh: str = ZH, en: str = EN) -> Path:
    (folder / "theory").mkdir(exist_ok=True)
    path = folder / "theory" / "sums.py"
    path.write_text(PAGE.format(zh=zh, en=en), "utf-8")
    return path


def test_read(tmp_path: Path) -> None:
    one, two = exercises.read(page(tmp_path), tmp_path)
    assert (one.id, two.id) == ("theory/sums/1", "theory/sums/2")
    assert one.question == {"zh": "一加一？", "en": "One and one?"} and one.answer == {"zh": "$1+1=2$。", "en": "$1+1=2$."}
    assert two.question["en"] == "Write a function.\n\n- first"
    assert two.answer["en"] == "Like this:\n\n```python\ndef add(a, b):\n    return a + b\n```"


def test_a_page_without_the_section_has_none(tmp_path: Path) -> None:
    path = page(tmp_path)
    path.write_text(path.read_text("utf-8").replace("#exercises", "#questions"), "utf-8")
    assert exercises.read(path, tmp_path) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("**2.**", "**3.**", "without a gap"),
        ("**2.**", "**1.**", "without a gap"),
        ('# ??? success "Answer"\n#     $1+1=2$.\n', "# It is 2.\n", "exercise 1 needs a folded answer"),
        ("#     $1+1=2$.\n", "", "exercise 1 needs a folded answer"),
        ("#     $1+1=2$.\n", "#     $1+1=2$.\n#\n# More.\n", "exercise 1 needs a folded answer"),
        (EN[EN.index("# **2.**") :], "#\n", r"Chinese are \[1, 2\], those in English \[1\]"),
    ],
)
def test_faults_of_a_page(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in EN
    with pytest.raises(PageError, match=message):
        exercises.read(page(tmp_path, en=EN.replace(old, new)), tmp_path)


def test_the_nearest_is_named() -> None:
    assert exercises.find("tensors/3") is exercises.find("theory/tensors/3")
    for wrong in ("theory/tensrs/3", "tensors/33", "tensor/3"):
        with pytest.raises(UnknownNameError, match=r"Did you mean '(theory/)?tensors/3'"):
            exercises.find(wrong)


def test_an_end_that_fits_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = exercises.find("theory/tensors/3")
    monkeypatch.setattr(reading, "exercises", lambda: {"theory/tensors/3": one, "models/tensors/3": one})
    with pytest.raises(UnknownNameError, match="Known: models/tensors/3, theory/tensors/3"):
        exercises.find("tensors/3")
    assert exercises.find("theory/tensors/3") is one


def test_an_installed_package_has_its_own_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a wheel lays it out: no docs/ beside the package, the pages inside.
    inside = tmp_path / "dlnotes" / "exercises"
    monkeypatch.setattr(reading, "__file__", str(inside / "reading.py"))
    reading.pages.cache_clear()
    try:
        with pytest.raises(DataError, match="install dlnotes again"):
            reading.pages()
        (inside / "pages" / "theory").mkdir(parents=True)
        assert reading.pages() == inside / "pages"
    finally:
        reading.pages.cache_clear()


def test_a_wheel_takes_the_pages_along() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]
    wanted = {f"docs/{folder}": f"dlnotes/exercises/pages/{folder}" for folder in reading.FOLDERS}
    # A wheel may be built from the source archive, so that needs them as well.
    assert targets["wheel"]["force-include"] == wanted and wanted.keys() <= set(targets["sdist"]["include"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$\lfloor50000/128\rfloor\times10=190$ **times**", "⌊50000/128⌋×10=190 times"),
        (r"$\eta=\frac{1}{\lambda+1}$, $\frac{\lambda}{2}$", "η=1/(λ+1), λ/2"),
        (r"$27\%\ \frac14\times\binom n{k+1}$, $\sqrt2$, $\sqrt{1+3}$", "27% 1/4×C(n, k+1), √2, √(1+3)"),
        (r"$\dfrac{2}{(1+a^2)\,n_{\text{in}}}$, $\frac{p}{1-p}h_i$, $\mathbf X^\top\mathbf X$", "2/((1+a^2) n_in), p/(1-p) h_i, X^TX"),
        (r"$w_{12}^{(3)}$ and [the page](tensors.py#x)", "w_12^(3) and the page"),
        ('about {{ f"{math.log(100):.3f}" }}.', "about [see the page]."),
        ("`x ** 2`, then\n\n```python\nx = 2 ** 3  # $a$\n```\n", "`x ** 2`, then\n\n    x = 2 ** 3  # $a$\n"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert reading.plain(text, "en") == expected


def test_no_markup_is_left_in_any_question() -> None:
    for exercise in exercises.exercises().values():
        for language in ("zh", "en"):
            for text in exercise.in_plain(language):
                assert not [mark for mark in ("$", "\\", "{{", "](", "???") if mark in text.replace("```", "")], f"{exercise.id}: {text}"
