"""The glossary as a page: every term, found where it is explained, with files to download."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dlnotes import glossary
from dlnotes.site.glossary_page import Place, downloads, markdown, pinyin, places
from dlnotes.site.pages import read

Write = Callable[..., Path]
CONVOLUTION = Place("theory/convolution", "stride", {"zh": "卷积", "en": "Convolution"})
LENET = Place("models/lenet", "", {"zh": "LeNet", "en": "LeNet"})
SUFFIXES = {"theory/convolution": ".ipynb", "models/lenet": ".md"}


@pytest.mark.parametrize("language", glossary.LANGUAGES)
def test_every_term_once_with_its_own_anchor_and_both_definitions(language: glossary.Language) -> None:
    page = markdown(language, {}, {})
    assert sorted(re.findall(r"\{ #term-([\w-]+) \}", page)) == sorted(glossary.terms())
    for target in re.findall(r"\(#term-([\w-]+)\)", page):
        assert target in glossary.terms()
    for term in glossary.terms().values():
        assert term.definition_zh in page and term.definition_en in page
        assert not term.run or f"`` {term.run} ``" in page
        assert not term.formula or f"$$\n{term.formula}\n$$" in page


@pytest.mark.parametrize("language", glossary.LANGUAGES)
def test_terms_stand_under_their_letter_in_order(language: glossary.Language) -> None:
    lines = re.findall(r"^(##|###) (\S+)(.*)$", markdown(language, {}, {}), re.M)
    letters = [title for marks, title, _ in lines if marks == "##"]
    assert letters == sorted(set(letters)) and letters[0] == "0–9" and len(letters) > 20
    letter = ""
    for marks, title, rest in lines:
        if marks == "##":
            letter = title
        else:
            first = (pinyin(title) or [("", title)])[0][1][0] if not title[0].isascii() else title[0]
            assert (first.upper() if first.isalpha() else "0–9") == letter, title + rest


def test_places_are_linked() -> None:
    page = markdown("zh", {"stride": CONVOLUTION, "lenet": LENET}, SUFFIXES)
    assert "- 讲解：[卷积](theory/convolution.ipynb#stride)\n" in page and "- 讲解：[LeNet](models/lenet.md)\n" in page and page.count("讲解：") == 2
    page = markdown("en", {"stride": CONVOLUTION}, SUFFIXES)
    assert "- Explained in: [Convolution](theory/convolution.ipynb#stride)\n" in page


def test_places_come_from_headings_and_bold_words_of_both_languages(write: Write, tmp_path: Path) -> None:
    first = write("theory/a", "# 池化：缩小图片 { #a }\n\n## 步幅与卷积核 { #b }\n\n**填充**和通道。**动量**。**激活函数**。\n\n```python\n# # 通道\n```",
                  "# Pooling: smaller images { #a }\n\n## Stride and window { #b }\n\n**Padding** and channels. **Momentum**. **Activation functions**.\n\n```python\n# # Channel\n```")
    second = write("models/b", "# 模型 { #m }\n\n**池化**在[这里](a.py)，`卷积` 不算。\n\n## **步幅** { #s }", "# Model { #m }\n\n**Pooling** is here. **momentums**\n\n## Strides { #s }")
    found = places(read(path, tmp_path / "docs") for path in (second, first))
    title = {"zh": "池化", "en": "Pooling"}
    assert found["pooling"] == Place("theory/a", "", title), "a heading comes before a bold word"
    assert found["stride"] == Place("theory/a", "b", title), "theory comes before models"
    assert found["activation-function"] == found["padding"] == found["momentum"] == Place("theory/a", "b", title)
    assert not {"kernel", "channel", "convolution"} & set(found)


@pytest.mark.parametrize(("name", "spelt"), [("卷积核", "juan ji he"), ("学习率", "xue xi lv"), ("重叠", "chong die"), ("权重", "quan zhong"),
                                             ("1×1 卷积", "juan ji"), ("ReLU", ""), ("长短期记忆网络", "chang duan qi ji yi wang luo")])
def test_pinyin(name: str, spelt: str) -> None:
    assert " ".join(syllable for _, syllable in pinyin(name)) == spelt


def test_the_filter_knows_how_every_chinese_name_is_read() -> None:
    table = re.search(r'data-pinyin="([^"]*)"', markdown("zh", {}, {}))
    assert table
    readings = {(character, syllable) for syllable, characters in re.findall(r"([a-z]+)([^a-z ]+)", table[1]) for character in characters}
    for term in glossary.terms().values():
        assert {pair for name in term.names("zh") for pair in pinyin(name)} <= readings


def test_downloads() -> None:
    files = downloads({"stride": CONVOLUTION, "lenet": LENET, "tensor": Place("index", "", {}), "axis": Place("start/index", "x", {})})
    assert files["glossary.csv"].startswith(b"\xef\xbb\xbf")
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(files["glossary.csv"].decode("utf-8-sig")))}
    assert list(rows) == list(glossary.terms())
    assert [rows[key]["pages"] for key in ("stride", "lenet", "tensor", "axis")] == ["theory/convolution/#stride", "models/lenet/", "./", "start/#x"]
    records = {record["key"]: record for record in json.loads(files["glossary.json"])}
    assert list(records) == list(glossary.terms()) and records["stride"]["pages"] == ["theory/convolution/#stride"]
    assert files["glossary-anki.txt"].startswith(b"#separator:tab\n")
    for language in glossary.LANGUAGES:
        assert set(re.findall(r"\]\((glossary[\w.-]+)\)", markdown(language, {}, {}))) == set(files)
