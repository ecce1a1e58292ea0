"""Glossary links in running text, and the glossary page, from one file of terms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from dlnotes import glossary

__all__ = ["TermLinks", "glossary_page", "makeExtension"]

_SKIP = {"a", "abbr", "autoref", "code", "pre", "script", "style", "summary", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
_WORDS = {
    "zh": {"title": "术语表", "see": "参见", "torch": "PyTorch", "run": "试一试", "also": "又称", "filter": "输入中文、英文或缩写来筛选",
           "intro": "全站用到的每个术语：首选名称、别名、一两句话的定义、在 PyTorch 里的位置。正文中带点线的词都链接到这里。", "none": "没有匹配的术语。"},
    "en": {"title": "Glossary", "see": "See also", "torch": "PyTorch", "run": "Try it", "also": "Also",
           "filter": "Filter by English, Chinese or abbreviation",
           "intro": "Every term of this site: its preferred name, its other names, a definition in a sentence or two, and where it lives "
                    "in PyTorch. Words with a dotted line in the text lead here.", "none": "No term matches."},
}


def plain(text: str) -> str:
    """Strip Markdown and TeX marks, for tooltips."""
    text = re.sub(r"\\(?:mathbf|mathrm|text|operatorname|boldsymbol)\{([^}]*)\}", r"\1", text.replace("$", ""))
    return re.sub(r"[`*]|\\(?=[,;! ])", "", text).replace("\\", "")


def glossary_page(language: glossary.Language) -> str:
    """Return the glossary as a Markdown page."""
    words = _WORDS[language]
    other: glossary.Language = "en" if language == "zh" else "zh"
    lines = [f"# {words['title']} {{ #glossary }}", words["intro"],
             f'<p class="dl-filter" hidden><input type="search" id="dl-filter" aria-label="{words["filter"]}" placeholder="{words["filter"]}">'
             f'<span role="status" data-none="{words["none"]}"></span></p>']
    terms = glossary.terms()
    letter = ""
    for key, term in sorted(terms.items(), key=lambda item: item[1].en.casefold()):
        if (initial := term.en[0].upper()) != letter:
            letter = initial
            lines.append(f"## {letter} {{ #letter-{letter.lower()} }}")
        names = [term.name(other), *([term.abbreviation] if term.abbreviation else [])]
        lines.append(f"### {term.name(language)} <small>{' · '.join(names)}</small> {{ #term-{key} }}")
        lines.append(term.definition(language))
        details = []
        if variants := term.variants(language):
            details.append(f"{words['also']}{'：' if language == 'zh' else ': '}{', '.join(variants)}")
        if term.torch:
            details.append(f"{words['torch']}{'：' if language == 'zh' else ': '}`{term.torch}`")
        if term.see:
            links = ", ".join(f"[{terms[see].name(language)}](#term-{see})" for see in term.see)
            details.append(f"{words['see']}{'：' if language == 'zh' else ': '}{links}")
        if term.run:
            details.append(f"{words['run']}{'：' if language == 'zh' else ': '}`` {term.run} ``")
        lines += [f"- {detail}" for detail in details]
    # Items of a list stand on neighbouring lines; everything else has an empty line between.
    return re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", "\n\n".join(lines) + "\n")


class TermLinks(Treeprocessor):
    """Link the first mention of each term on a page to its definition, with the definition as tooltip."""

    def __init__(self, md: Markdown, language: glossary.Language) -> None:
        super().__init__(md)
        self.language = language
        self.terms = glossary.terms()
        self.keys = {form.casefold(): key for key, term in self.terms.items() for form in _forms(term, language)}
        # Longest name first. Chinese has no word boundaries, so only ASCII names demand them.
        names = sorted(self.keys, key=len, reverse=True)
        self.pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" if name.isascii() else re.escape(name) for name in names),
                                  re.I | re.A)
        self.seen: set[str] = set()

    def run(self, root: Element) -> None:
        """Visit the whole page; the glossary page itself, known by its heading ids, stays as it is."""
        self.seen = set()
        if not any(element.get("id") == "glossary" for element in root.iter("h1")):
            self._visit(root)

    def _visit(self, element: Element) -> None:
        if element.tag in _SKIP or "dl-plain" in (element.get("class") or ""):
            return
        element.text, children = self._links(element.text)
        for child in list(element):
            self._visit(child)
            child.tail, links = self._links(child.tail)
            children += [child, *links]
        element[:] = children

    def _links(self, text: str | None) -> tuple[str | None, list[Element]]:
        """Split text into what stands before the first link, and links, each with its tail."""
        if not text or isinstance(text, AtomicString):
            return text, []
        pieces: list[Any] = [text]
        end = 0
        for match in self.pattern.finditer(text):
            key = self.keys[match[0].casefold()]
            if key in self.seen:
                continue
            self.seen.add(key)
            link = Element("autoref", {"identifier": f"term-{key}", "class": "dl-term",
                                       "title": plain(self.terms[key].definition(self.language))})
            link.text = AtomicString(match[0])
            pieces[-1:] = [text[end : match.start()], link, text[match.end() :]]
            end = match.end()
        head, links = pieces[0], pieces[1::2]
        for link, tail in zip(links, pieces[2::2], strict=True):
            link.tail = tail
        return head, links


def _forms(term: glossary.Term, language: glossary.Language) -> Iterable[str]:
    # One-character Chinese forms such as 层 stand inside too many other words.
    return [form for form in term.forms(language) if form.isascii() or len(form) > 1]


class _TermExtension(Extension):
    def __init__(self, **options: Any) -> None:
        self.config = {"language": ["zh", "language of the page"]}
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        # After inline patterns, before autorefs resolves the links.
        md.treeprocessors.register(TermLinks(md, self.getConfig("language")), "dlnotes-terms", 7)


def makeExtension(**options: Any) -> Extension:
    """Entry point of Python-Markdown."""
    return _TermExtension(**options)
