"""Slim SVG for a page: text as text, theme colours, few digits, ids that clash with no other figure."""

from __future__ import annotations

import hashlib
import io
import re
import xml.etree.ElementTree as ET
from typing import Any

from dlnotes.figures.style import INK, PALETTE

__all__ = ["to_svg"]

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
# Values that are SVG's own defaults, or that the page's style sheet sets for every figure.
_DROP = re.compile(r"(?:stroke-linejoin: (?:miter|round)|stroke-linecap: (?:butt|square|round)|stroke-miterlimit: \d+|text-anchor: start"
                   r"|font-family: [^;]*|stroke-dashoffset: 0)(?:; |;|$)")
_FONT = re.compile(r"font: (?:(?P<weight>bold|\d+) )?(?P<size>[\d.]+)px [^;]*")


def to_svg(figure: Any) -> str:
    """Return a matplotlib figure as inline SVG; equal figures give equal bytes.

    Args:
        figure: a `matplotlib.figure.Figure`.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return slim(buffer.getvalue().decode())


def slim(text: str) -> str:
    """Turn matplotlib's SVG into a small one that follows the page's theme."""
    ET.register_namespace("", _SVG[1:-1])
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ET.fromstring(text)
    for parent in list(root.iter()):
        for child in list(parent):
            styles = child.tag == f"{_SVG}defs" and all(grandchild.tag == f"{_SVG}style" for grandchild in child)
            if child.tag == f"{_SVG}metadata" or styles:
                parent.remove(child)
    for element in root.iter():
        _slim_element(element)
    _flatten(root)
    width = float(root.get("viewBox", "0 0 0 0").split()[2])
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("style", f"max-width:{width * 4 / 3:.0f}px")
    root.set("class", "dl-svg")
    text = ET.tostring(root, encoding="unicode")
    for number, colour in enumerate(PALETTE, 1):
        text = text.replace(colour, f"var(--dl-{number},{colour})")
    text = text.replace(INK, "currentColor").replace(f' xmlns:xlink="{_XLINK[1:-5]}"', "").replace("xlink:href", "href")
    text = re.sub(r">\s+<", "><", text).replace(" />", "/>")
    return _own_ids(text)


def _slim_element(element: ET.Element) -> None:
    for name in ("d", "points", "transform", "x", "y", "width", "height", "clip-path", "viewBox"):
        if (value := element.get(name)) and "url" not in value:
            value = _NUMBER.sub(lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), value)
            element.set(name, " ".join(value.split()))
    if style := element.get("style"):
        style = _FONT.sub(lambda match: f"font-size: {match['size']}px" + (f"; font-weight: {match['weight']}" if match["weight"] else ""), style)
        style = _DROP.sub("", style).strip("; ")
        style = _NUMBER.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), style).replace(": ", ":").replace("; ", ";")
        if style:
            element.set("style", style)
        else:
            del element.attrib["style"]
    if element.tag == f"{_SVG}text" and (transform := element.get("transform", "")):
        element.set("transform", re.sub(r" ?rotate\(-?0\)", "", transform))
    if element.tag == f"{_SVG}image":
        element.set("style", "image-rendering:pixelated")


def _flatten(root: ET.Element) -> None:
    """Replace groups that only name a part of the plot by what they hold."""
    for parent in list(root.iter()):
        index = 0
        while index < len(parent):
            child = parent[index]
            child.tail = None
            meaningful = set(child.attrib) - {"id"}
            if child.tag == f"{_SVG}g" and not meaningful:
                parent[index : index + 1] = list(child)
                continue
            index += 1


def _own_ids(text: str) -> str:
    """Keep only ids that something refers to, under names made from the figure's content."""
    prefix = "f" + hashlib.sha256(text.encode()).hexdigest()[:6]
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    names = {old: f"{prefix}-{number}" for number, old in enumerate(sorted(used))}
    text = re.sub(r' id="([^"]+)"', lambda match: f' id="{names[match[1]]}"' if match[1] in names else "", text)
    return re.sub(r'(url\(#|href="#)([^")]+)', lambda match: match[1] + names[match[2]], text)
