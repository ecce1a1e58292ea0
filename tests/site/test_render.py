"""One executed page becomes Markdown and a notebook per language; figures and tables speak that language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dlnotes import exercises
from dlnotes.errors import PageError
from dlnotes.site.execution import Execution
from dlnotes.site.labels import localize_svg, localize_table, translate
from dlnotes.site.pages import read, read_all
from dlnotes.site.render import Renderer, mark_checkable

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]
MADE = {"profile": "quick", "seconds": 1, "cpu_seconds": 1, "versions": {"torch": "2.15.0"}, "processor": "cpu <1>", "commit": "abc",
        "data": [["digits", "f" * 64, "scikit-learn digits, 8×8 upscaled to 28×28"]], "seeds": [[0], [1]], "devices": [["cpu", ""]]}
SVG = '<svg viewBox="0 0 1 1"><text x="1">epoch</text></svg>'


def render(language: str, write: Write, tmp_path: Path, zh: str, en: str, code: str = "", outputs: Any = (), values: Any = None) -> tuple[str, Any]:
    page = read(write("a/page", zh, en, code), tmp_path / "docs")
    done = Execution(tuple([[], [], list(outputs)]), tuple(values or [[], [], []]), MADE)
    renderer = Renderer(language, ROOT, {"a/page": ".ipynb", "b": ".md", "a/c": ".ipynb", "index": ".md", "glossary": ".md",
                                        "start/exercises": ".ipynb"}, "https://x.org/en/")
    return renderer.markdown(page, done), nbformat.reads(renderer.notebook(page, done), as_version=4)


def test_each_language_gets_its_half_and_the_shared_code(write: Write, tmp_path: Path) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": "<b> ``` \x1b[31mred\x1b[0m\n"}]
    zh, _ = render("zh", write, tmp_path, "# 甲 { #a }", "# A { #a }", "print(1)", outputs)
    en, notebook = render("en", write, tmp_path, "# 甲 { #a }", "# A { #a }", "print(1)", outputs)
    assert "甲" in zh and "# A" not in zh and "甲" not in en
    assert "```python\nprint(1)\n```" in zh and "```python\nprint(1)\n```" in en
    assert "&lt;b&gt; &#96;&#96;&#96; red" in en
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code"] and notebook.cells[0].source == "# A"
    nbformat.validate(notebook)
    assert "cpu &lt;1&gt;" in en and "0, 1" in en and "0、1" in zh and "<code>ffffffffffff</code>" in zh


def test_links_and_expressions(write: Write, tmp_path: Path) -> None:
    text = "# A { #a }\n\n[b](../b.py#x) [c](c.py) [g](../glossary.md#term-x) [home](../index.py) {{ n }} `{{ n }}` [w](https://y.org/z.py)"
    markdown, notebook = render("en", write, tmp_path, text, text, "n = 1", values=[["7"], ["7"], []])
    assert "[b](../b.md#x) [c](c.ipynb) [g](../glossary.md#term-x) [home](../index.md) 7 `{{ n }}` [w](https://y.org/z.py)" in markdown
    assert "[b](https://x.org/en/b/#x)" in notebook.cells[0].source and "[home](https://x.org/en/)" in notebook.cells[0].source


@pytest.mark.parametrize("link", ["nowhere.py", "../b.md", "../a.py", "../../etc.py"])
def test_a_broken_link_names_the_line(link: str, write: Write, tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"page\.py:2: the link .* leads to no page"):
        render("zh", write, tmp_path, f"[x]({link})", f"[x]({link})")


@pytest.mark.parametrize("snippet", ["dlnotes/models/nothing.py", "dlnotes/models/lenet.py:nothing"])
def test_a_missing_snippet(snippet: str, write: Write, tmp_path: Path) -> None:
    text = f'# A {{ #a }}\n\n```python\n--8<-- "{snippet}"\n```'
    with pytest.raises(PageError, match=r"page\.py:2: .*nothing"):
        render("zh", write, tmp_path, text, text)


def test_snippets_are_verbatim(write: Write, tmp_path: Path) -> None:
    text = '# A { #a }\n\n```python\n--8<-- "dlnotes/models/lenet.py:model"\n```'
    markdown, notebook = render("en", write, tmp_path, text, text)
    source = (ROOT / "dlnotes/models/lenet.py").read_text("utf-8")
    section = source.split("# --8<-- [start:model]\n")[1].split("# --8<-- [end:model]")[0]
    assert section.rstrip() in markdown and section.rstrip() in notebook.cells[0].source


def test_figures(write: Write, tmp_path: Path) -> None:
    code = '# %% tags=["hide-input"] alt_zh="损失 {{ x }}" alt_en="loss {{ x }}"\nx = 1'
    outputs = [{"output_type": "display_data", "data": {"image/svg+xml": SVG}, "metadata": {}}]
    zh, notebook = render("zh", write, tmp_path, "# 甲 { #a }", "# A { #a }", code, outputs, [[], [], ["7", "7"]])
    assert '<svg role="img" aria-label="损失 7"' in zh and ">轮次</text>" in zh and '??? dl-code "代码"' in zh
    assert ">轮次</text>" in notebook.cells[1].outputs[0].data["image/svg+xml"]
    with pytest.raises(PageError, match="needs alt_zh"):
        render("en", write, tmp_path, "# 甲 { #a }", "# A { #a }", "x = 1", outputs)


def test_notebooks_say_admonitions_in_plain_markdown(write: Write, tmp_path: Path) -> None:
    text = '# A { #a }\n\n!!! note "Title"\n    One.\n\n    Two.\n\nAfter [x][dlnotes.data.load].'
    _, notebook = render("en", write, tmp_path, text, text)
    assert notebook.cells[0].source == "# A\n\n> **Title**\n>\n> One.\n>\n> Two.\n\nAfter x."


def test_notebooks_are_deterministic(write: Write, tmp_path: Path) -> None:
    first, second = (render("en", write, tmp_path, "甲", "A", "print(1)")[1] for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


@pytest.mark.parametrize(("label", "expected"), [
    ("epoch", "轮次"), ("Epoch", "轮次"), ("epochs", "轮次"), ("0.25", "0.25"), ("−1", "−1"), ("10⁻⁴", "10⁻⁴"), ("6×24×24", "6×24×24"), ("Conv 5×5", "卷积 5×5"),
    ("seed 3", "随机种子 3"), ("LeNet", "LeNet"), ("never heard of", None), ("x", "x"),
])
def test_labels(label: str, expected: str | None) -> None:
    assert translate(label) == expected


def test_a_label_without_translation_fails() -> None:
    with pytest.raises(PageError, match="'never heard of', 'nor of this'"):
        localize_svg("<svg><text>never heard of</text><text>nor of this</text></svg>", "zh", None, "page.py:3")
    assert "听说过" in localize_svg("<svg><text>never heard of</text></svg>", "zh", {"never heard of": "听说过"}, "")
    assert "never" in localize_svg("<svg><text>never heard of</text></svg>", "en", None, "")


def test_tables() -> None:
    table = '<table><tr><th scope="col">parameters</th><th>odd</th></tr><tr><td>total</td><td>Linear</td></tr></table>'
    assert localize_table(table, "zh", None) == '<table><tr><th scope="col">参数</th><th>odd</th></tr><tr><td>合计</td><td>Linear</td></tr></table>'
    assert localize_table(table, "en", None) == table


def test_a_plot_widens_for_longer_labels() -> None:
    plot = '<svg viewBox="0 0 100 50" class="dl-svg" style="max-width:200px;min-width:100px"><g style="text-anchor:end"><text x="30" y="9">lr 1</text></g></svg>'
    same = localize_svg(plot, "zh", {"lr {}": "率 {}"}, "")
    assert 'viewBox="0 0 100 50"' in same and "率 1" in same
    wide = localize_svg(plot, "zh", {"lr {}": "学习率等于 {}"}, "")
    # Five characters of 10, two of 5.6 and one of air end at 30.
    assert 'viewBox="-32.2 0 132.2 50"' in wide and "max-width:264px;min-width:132px" in wide


def test_broken_code_is_marked_and_cannot_be_copied(write: Write, tmp_path: Path) -> None:
    text = '# A { #a }\n\n```python broken\n--8<-- "dlnotes/clinic/devices.py:device-moves-broken"\n```\n\n```python fixed\nx = 2\n```\n\n```python\nx = 3\n```'
    code = '# %% tags=["broken"]\nx = 1'
    zh, _ = render("zh", write, tmp_path, text, text, code)
    en, notebook = render("en", write, tmp_path, text, text, code)
    assert '``` { .python .dl-broken .no-copy title="会出错的代码，不要照抄" }\ndef device_moves_broken' in zh
    assert '``` { .python .dl-broken .no-copy title="Broken code, do not copy" }\nx = 1\n```' in en
    assert '``` { .python .dl-fixed title="Mended code" }\nx = 2\n```\n\n```python\nx = 3\n```' in en
    assert "**Broken code, do not copy**\n\n```python\ndef device_moves_broken" in notebook.cells[0].source


def test_an_output_may_speak_the_language_of_the_page(write: Write, tmp_path: Path) -> None:
    data = {"text/plain": "x", "text/markdown+zh": "[甲](c.py#x)", "text/markdown+en": "[A](c.py#x)"}
    outputs = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}]
    zh, _ = render("zh", write, tmp_path, "# 甲 { #a }", "# A { #a }", "x", outputs)
    en, notebook = render("en", write, tmp_path, "# 甲 { #a }", "# A { #a }", "x", outputs)
    assert "[甲](c.ipynb#x)" in zh and "[A](c.ipynb#x)" in en and "甲" not in en
    assert notebook.cells[1].outputs[0].data == {"text/markdown": "[A](https://x.org/en/a/c/#x)"}


def test_an_exercise_that_can_be_checked_says_how(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exercises, "checkable", lambda: frozenset({"a/page/2"}), raising=False)
    item = '**{}.** Why?\n\n- so\n\n??? success "Answer"\n    $1$'
    text = "## A { #exercises }\n\n" + "\n\n".join(item.format(number) for number in (1, 2))
    en, notebook = render("en", write, tmp_path, text, text)
    command = "`dlnotes exercise a/page/2 answer.py`"
    assert f"<small>[can be checked](../start/exercises.ipynb#commands): {command}</small>\n\n??? success" in en.split("**2.**")[1]
    assert "<small>" not in en.split("**2.**")[0] and f"(https://x.org/en/start/exercises/#commands): {command}" in notebook.cells[0].source
    zh, _ = render("zh", write, tmp_path, text, text)
    assert f"能自动核对](../start/exercises.ipynb#commands)：{command}" in zh and zh.count("answer.py") == 1


def test_every_check_has_its_mark_on_its_page() -> None:
    for language in ("zh", "en"):
        marks = [name for page in read_all(ROOT / "docs") for name in re.findall(
            r"^<small>.*`dlnotes exercise (\S+) answer\.py`</small>$", mark_checkable(page.name, page.text(language), language), re.M)]
        assert sorted(marks) == sorted(exercises.checks())
