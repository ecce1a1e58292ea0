"""Glossary links in running text, in Chinese and English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown import Markdown
from mkdocs_autorefs import fix_refs

from dlnotes import glossary
from dlnotes.site.terms import plain


def links(text: str, language: str) -> list[tuple[str, str]]:
    html = Markdown(extensions=["attr_list", "dlnotes.site.terms"], extension_configs={"dlnotes.site.terms": {"language": language}}).convert(text)
    return [(key, word) for key, word in re.findall(r'identifier="term-([\w-]+)"[^>]*>([^<]+)<', html)]


@pytest.mark.parametrize(("language", "text", "expected"), [
    ("zh", "这是卷积神经网络的一部分。", [("cnn", "卷积神经网络")]),
    ("zh", "先卷积，再池化，又卷积。", [("convolution", "卷积"), ("pooling", "池化")]),
    ("zh", "每一层都有", []),
    ("en", "Three kernels and their strides.", [("kernel", "kernels"), ("stride", "strides")]),
    ("en", "A CNN; the Kernel.", [("cnn", "CNN"), ("kernel", "Kernel")]),
    ("en", "subkernels and kernel-like", []),
    ("en", "No mac and no iou; a MAC, an IoU.", [("mac", "MAC"), ("intersection-over-union", "IoU")]),
    ("zh", "梯度下降的步长", [("gradient-descent", "梯度下降")]),
    ("en", "An early stopping early.", [("early-stopping", "early stopping")]),
    ("en", "`kernel` and [kernel](x) and\n\n# kernel", []),
])
def test_terms_are_found_in_running_text(language: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert links(text, language) == expected


def test_a_link_carries_the_definition_as_its_tooltip() -> None:
    html = Markdown(extensions=["dlnotes.site.terms"], extension_configs={"dlnotes.site.terms": {"language": "en"}}).convert("A kernel.")
    assert f'title="{plain(glossary.terms()["kernel"].definition_en)}"' in html


@pytest.mark.parametrize("key", [key for key, term in glossary.terms().items() if term.en not in term.quiet and set('"<>&') & set(plain(term.definition_en))])
def test_quotation_marks_do_not_end_a_tooltip(key: str) -> None:
    """Autorefs reads the attributes and writes them again without escaping."""
    term = glossary.terms()[key]
    html = Markdown(extensions=["dlnotes.site.terms"], extension_configs={"dlnotes.site.terms": {"language": "en"}}).convert(f"Some {term.en} here.")
    finished, lost = fix_refs(html, lambda identifier: (f"glossary/#{identifier}", None), _legacy_refs=False)
    found: list[dict[str, str | None]] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append(dict(attrs)) if tag == "a" else None

    Links().feed(finished)
    assert not lost and [link["title"] for link in found] == [plain(term.definition_en)]


def test_text_is_kept_around_links() -> None:
    html = Markdown(extensions=["dlnotes.site.terms"], extension_configs={"dlnotes.site.terms": {"language": "en"}}).convert("One *kernel* has a stride, no?")
    assert re.sub(r"<[^>]+>", "", html) == "One kernel has a stride, no?"


def test_tooltips_are_plain() -> None:
    assert plain(r"the vector $\mathbf{x}$ of `n` numbers, $x_1$") == "the vector x of n numbers, x_1"
