"""Glossary terms in running text: found, and linked to their definitions."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from dlnotes import glossary

__all__ = ["TermLinks", "makeExtension", "mentions", "plain"]

_SKIP = {"a", "abbr", "autoref", "code", "pre", "script", "style", "summary", "th", "h1", "h2", "h3", "h4", "h5", "h6"}


def plain(text: str) -> str:
    """Strip Markdown and TeX marks, for tooltips."""
    text = re.sub(r"\\(?:mathbf|mathrm|text|operatorname|boldsymbol)\{([^}]*)\}", r"\1", text.replace("$", ""))
    return re.sub(r"[`*]|\\(?=[,;! ])", "", text).replace("\\", "")


def mentions(text: str, language: glossary.Language) -> Iterator[tuple[re.Match[str], str]]:
    """Find the terms that a text of one language names.

    Yields:
        Each mention, by the longest name that fits there, with the key of its term. Forms that are everyday words too
        do not count, nor do Chinese names of one character.
    """
    return _matcher(language).find(text)


class _Matcher:
    """Finds the terms of one language in running text.

    All forms stand in one pattern, written as a tree of their letters, so that its cost does not grow with their number.
    """

    def __init__(self, language: glossary.Language) -> None:
        self.keys: dict[str, str] = {}
        self.exact: dict[str, set[str]] = {}
        for key, term in glossary.terms().items():
            for form in _forms(term, language):
                self.keys[form.casefold()] = key
                # MAC and IoU are abbreviations, mac and iou are not.
                if len(form) <= 4 and form.isascii() and any(letter.isupper() for letter in form[1:]):
                    self.exact.setdefault(form.casefold(), set()).add(form)
        ascii_forms = [form for form in self.keys if form.isascii()]
        other = [form for form in self.keys if not form.isascii()]
        # Chinese has no word boundaries, so only ASCII names demand them; names that mix both are the longer ones.
        branches = [_tree(other)] if other else []
        branches.append(rf"(?<![\w-]){_tree(ascii_forms)}(?![\w-])")
        self.pattern = re.compile("|".join(branches), re.I | re.A)

    def find(self, text: str) -> Iterator[tuple[re.Match[str], str]]:
        """Yield each mention with the key of its term, the longest name first."""
        for match in self.pattern.finditer(text):
            form = match[0].casefold()
            if form not in self.exact or match[0] in self.exact[form]:
                yield match, self.keys[form]


@functools.cache
def _matcher(language: glossary.Language) -> _Matcher:
    return _Matcher(language)


def _tree(words: Iterable[str]) -> str:
    """Write a pattern that matches the longest of some words, branching letter by letter."""
    branches: dict[str, list[str]] = {}
    whole = False
    for word in words:
        if word:
            branches.setdefault(word[0], []).append(word[1:])
        else:
            whole = True
    if not branches:
        return ""
    inner = "|".join(re.escape(letter) + _tree(rest) for letter, rest in branches.items())
    return f"(?:{inner})?" if whole else f"(?:{inner})"


class TermLinks(Treeprocessor):
    """Link the first mention of each term on a page to its definition, with the definition as tooltip."""

    def __init__(self, md: Markdown, language: glossary.Language) -> None:
        super().__init__(md)
        self.language = language
        self.terms = glossary.terms()
        self.matcher = _matcher(language)
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
        for match, key in self.matcher.find(text):
            if key in self.seen:
                continue
            self.seen.add(key)
            # Once for Markdown, once for autorefs, which reads the attribute and writes it again as it is.
            title = html.escape(html.escape(plain(self.terms[key].definition(self.language))))
            link = Element("autoref", {"identifier": f"term-{key}", "class": "dl-term", "title": title})
            link.text = AtomicString(match[0])
            pieces[-1:] = [text[end : match.start()], link, text[match.end() :]]
            end = match.end()
        head, links = pieces[0], pieces[1::2]
        for link, tail in zip(links, pieces[2::2], strict=True):
            link.tail = tail
        return head, links


def _forms(term: glossary.Term, language: glossary.Language) -> Iterable[str]:
    # One-character Chinese forms such as 层 stand inside too many other words.
    quiet = {form for word in term.quiet for form in (word, glossary.plural(word))}
    return [form for form in term.forms(language) if form not in quiet and (form.isascii() or len(form) > 1)]


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
