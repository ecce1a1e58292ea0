"""Translate the text of figures and the headings of tables into the language of the page."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Mapping
from importlib import resources

import yaml

from dlnotes import glossary
from dlnotes.errors import PageError

__all__ = ["localize_svg", "localize_table", "translate"]

_TEXT = re.compile(r"(<text\b[^>]*>)(.*?)(</text>)", re.S)
_TAG = re.compile(r"<[^>]+>")
_CELL = re.compile(r"(<(t[hd])\b[^>]*>)([^<]+)(</\2>)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def translate(label: str, own: Mapping[str, str] | None = None) -> str | None:
    """Return the Chinese form of an English label, the label itself if it has no words, or None if it is not known.

    Looked up in the page's own labels, in figures/labels.yml, and among the terms of the glossary; numbers match `{}`.
    """
    bare = label.strip()
    if not any(character.isalpha() for character in bare) or len(bare) == 1:
        return label
    numbers = _NUMBER.findall(bare)
    pattern = _NUMBER.sub("{}", bare)
    phrases, same = _known()
    for key in (bare, pattern):
        if own and key in own:
            return _fill(own[key], numbers)
        if key in phrases:
            return _fill(phrases[key], numbers)
        if key in same:
            return label
    return _terms().get(bare.casefold())


def localize_svg(svg: str, language: str, own: Mapping[str, str] | None, where: str) -> str:
    """Translate every text of a figure.

    Raises:
        PageError: a text has no translation; all such texts are named.
    """
    if language == "en":
        return svg
    missing: list[str] = []

    def replace(match: re.Match[str]) -> str:
        label = html.unescape(_TAG.sub("", match[2])).strip()
        translated = translate(label, own)
        if translated is None:
            missing.append(label)
            return match[0]
        return match[1] + html.escape(translated, quote=False) + match[3]

    result = _TEXT.sub(replace, svg)
    if missing:
        raise PageError(f"{where}: no Chinese for the figure's {'labels' if len(missing) > 1 else 'label'} {', '.join(map(repr, missing))}; "
                        "add it to dlnotes/figures/labels.yml, or to `labels:` in the page's header")
    return result


def localize_table(table: str, language: str, own: Mapping[str, str] | None) -> str:
    """Translate what is known in a table: headings as labels, other cells only if a phrase says exactly the same."""
    if language == "en":
        return table

    def replace(match: re.Match[str]) -> str:
        text = html.unescape(match[3])
        translated = translate(text, own) if match[2] == "th" else {**_known()[0], **(own or {})}.get(text.strip())
        return match[1] + html.escape(translated or text, quote=False) + match[4]

    return _CELL.sub(replace, table)


def _fill(text: str, numbers: list[str]) -> str:
    for number in numbers:
        text = text.replace("{}", number, 1)
    return text


@functools.cache
def _known() -> tuple[dict[str, str], frozenset[str]]:
    content = yaml.safe_load(resources.files("dlnotes.figures").joinpath("labels.yml").read_text("utf-8"))
    return content["phrases"], frozenset(content["same"])


@functools.cache
def _terms() -> dict[str, str]:
    return {form.casefold(): term.zh for term in glossary.terms().values() for form in term.forms("en")}
