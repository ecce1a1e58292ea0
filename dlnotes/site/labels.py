"""Translate the text of figures and the headings of tables into the language of the page."""

from __future__ import annotations

import functools
import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from importlib import resources

import yaml

from dlnotes import glossary
from dlnotes.errors import PageError

__all__ = ["localize_svg", "localize_table", "translate"]

_TEXT = re.compile(r"(<text\b[^>]*>)(.*?)(</text>)", re.S)
_TAG = re.compile(r"<[^>]+>")
_CELL = re.compile(r"(<(t[hd])\b[^>]*>)([^<]+)(</\2>)")
_STYLE = re.compile(r"(text-anchor|font-size):\s*([\w.]+)")
_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')
_WIDTHS = re.compile(r"((?:max|min)-width:)(\d+)px")
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
    return _make_room(result) if 'class="dl-svg"' in result else result


def _make_room(svg: str) -> str:
    """Widen a plot whose translated labels would stick out; it was laid out for the English ones."""
    left, top, width, height = map(float, _VIEW_BOX.search(svg)[1].split())  # type: ignore[index]
    ends = list(_text_ends(ET.fromstring(svg), "start", 10.0))
    new_left = min([left, *(start for start, _ in ends)])
    new_width = max([left + width, *(end for _, end in ends)]) - new_left
    if new_width <= width:
        return svg
    head, body = svg[: svg.index(">")], svg[svg.index(">") :]
    head = _VIEW_BOX.sub(f'viewBox="{new_left:g} {top:g} {new_width:g} {height:g}"', head)
    return _WIDTHS.sub(lambda match: f"{match[1]}{round(int(match[2]) * new_width / width)}px", head) + body


def _text_ends(element: ET.Element, anchor: str, size: float) -> Iterator[tuple[float, float]]:
    """Estimate where each level text begins and ends, with one unit of air."""
    for name, value in _STYLE.findall(element.get("style", "")):
        if name == "text-anchor":
            anchor = value
        else:
            size = float(value.removesuffix("px"))
    if element.get("transform"):
        return
    if element.tag.rpartition("}")[2] == "text":
        # Chinese characters are as wide as the font is high; the average Latin letter is little more than half of that.
        long = size * sum(1.0 if ord(character) > 0x2E7F else 0.56 for character in "".join(element.itertext()))
        start = float(element.get("x", 0)) - {"start": 0.0, "middle": long / 2, "end": long}[anchor]
        yield start - 1, start + long + 1
    for child in element:
        yield from _text_ends(child, anchor, size)


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
