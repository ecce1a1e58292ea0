"""The pages speak the glossary's language: preferred names, and no term of theirs is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from torch import nn, optim
from torch.nn import functional

from dlnotes import glossary
from dlnotes.errors import UnknownNameError
from dlnotes.glossary import Language, Term
from dlnotes.site.glossary_page import places
from dlnotes.site.pages import Page, prose, read_all
from dlnotes.site.terms import mentions

ROOT = Path(__file__).resolve().parents[2]
PAGES = read_all(ROOT / "docs")


def singular(form: str, term: Term, language: Language) -> str:
    return next(name for name in term.names(language) if form.casefold() in (name.casefold(), glossary.plural(name).casefold())).casefold()


def shortens(short: str, long: str) -> bool:
    """Tell whether a name is another with letters left out; spaces, hyphens and underscores do not count."""
    letters = iter(long)
    return all(letter in letters for letter in re.sub(r"[\s_-]", "", short))


def misused(text: str, language: Language) -> list[str]:
    """List the variants that a text uses although it never says the preferred name.

    "filter" alone is a fault, "kernel (also called filter)" is none. A shorter or longer form of the preferred name, such
    as "shortcut" for "shortcut connection" and 卷积网络 for 卷积神经网络, competes with nothing.
    """
    found: dict[str, set[str]] = {}
    for match, key in mentions(prose(text), language):
        found.setdefault(key, set()).add(singular(match[0], glossary.terms()[key], language))
    faults = []
    for key, names in found.items():
        term = glossary.terms()[key]
        good = [name.casefold() for name in (term.name(language), term.abbreviation) if name]
        if not any(shortens(name, other) or shortens(other, name) for name in names for other in good):
            faults += [f"{name} → {term.name(language)}" for name in sorted(names)]
    return faults


@pytest.mark.parametrize(
    ("language", "text", "faults"),
    [
        ("zh", "用 5 个滤波器。", ["滤波器 → 卷积核"]),
        ("en", "Five filters slide; the Filter is small.", ["filter → kernel"]),
        ("zh", "卷积核又叫滤波器，5 个滤波器。", []),
        ("en", "Five kernels, also called filters.", []),
        ("zh", "批量规范化之后", ["批量规范化 → 批量归一化"]),
        ("zh", "BN（批量规范化）之后", []),
        ("en", "Shortcuts around LeNet-5, and one-hot targets beside labels.", []),
        ("en", "`filter` and [filter](x.py) and $filter$", ["filter → kernel"]),
        ("en", "`filter` and [Filters that learn](https://example.org) and {{ filter }}\n\n```python\nfilter\n```", []),
    ],
)
def test_rule_itself(language: Language, text: str, faults: list[str]) -> None:
    assert misused(text, language) == faults


@pytest.mark.parametrize("language", glossary.LANGUAGES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_uses_a_variant_as_if_it_were_preferred(page: Page, language: Language) -> None:
    assert misused(page.text(language), language) == []


# Names that readers of any Python page know; the glossary is about deep learning.
EVERYDAY = {"API", "ASCII", "AMD", "BGR", "CPython", "CSV", "EXIF", "GB", "GiB", "HTML", "HTTP", "ID", "JPEG", "JSON", "KB", "MB",
            "MiB", "NVIDIA", "OpenCV", "PDF", "PIL", "PNG", "PyPI", "RAM", "SVG", "URL", "UTF-8", "YAML", "ZIP", "macOS"}


def known(name: str) -> bool:
    try:
        glossary.find(name)
    except UnknownNameError:
        return False
    return True


def mentioned() -> set[str]:
    """Collect the words of all lines to run, torch names and definitions."""
    texts = [f"{term.torch} {term.run} {term.definition_zh} {term.definition_en}" for term in glossary.terms().values()]
    return set(re.findall(r"[A-Za-z_0-9]+", " ".join(texts)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_takes_from_torch_is_in_the_glossary(page: Page) -> None:
    used = {name for cell in page.cells for name in re.findall(r"\b(?:nn|F|optim|lr_scheduler)\.([A-Za-z_]\w*)", cell.source)}
    real = {name for name in used if hasattr(nn, name) or hasattr(functional, name) or hasattr(optim, name)}
    unsaid = {name for name in real if not {name, re.sub("^(Adaptive|Lazy)", "", name)} & mentioned()}
    assert sorted(name for name in unsaid if not known(re.sub("[123]d$", "", name))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_acronyms_in_chinese_are_in_the_glossary(page: Page) -> None:
    # References name journals and conferences; what a page spells out itself, as 体重指数（BMI）, belongs to its example.
    text = prose("\n".join(line for line in page.text("zh").splitlines() if "](http" not in line))
    words = {re.sub(r"-\d+$", "", word) for word in re.findall(r"(?<![\w/.-])[A-Za-z]*[A-Z]{2,}[A-Za-z0-9-]*", text, re.ASCII)}
    explained = set(re.findall("[\u3400-\u9fff]（([A-Za-z0-9-]+)）", text))
    assert sorted(word for word in words - EVERYDAY - explained - mentioned() if not known(word)) == []


def test_a_page_explains_every_term() -> None:
    explained = places(page for page in PAGES if not page.name.startswith("reference/"))
    lost = sorted(glossary.terms().keys() - explained.keys())
    assert not lost, f"no page explains {lost}: introduce each in bold, or in a heading, in both halves of a page"
