"""Slim SVG for a page: text as text, theme colours, few digits, ids that clash with no other figure."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from dlnotes.figures.style import INK, PALETTE

__all__ = ["to_svg"]

_NAMESPACE = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_COLOURS = {colour: f"var(--dl-{number},{colour})" for number, colour in enumerate(PALETTE, 1)}
_COLOURS[INK] = "currentColor"
# What SVG does anyway, what the root element says for all, or what the page decides.
_REDUNDANT = {
    "font-family": None,
    "stroke-miterlimit": None,
    "stroke-linecap": None,
    "stroke-linejoin": None,
    "stroke-width": "1",
    "stroke-dashoffset": "0",
    "text-anchor": "start",
    "opacity": "1",
    "fill": "currentColor",
}
_NUMBER = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?")
_TOKEN = re.compile(r"[A-Za-z]|-?[\d.]+(?:e[-+]?\d+)?")
_STRAIGHT = re.compile(r"M[-. \d]+[hv][-.\d]+")
_MATRIX = re.compile(r"matrix\((\S+) 0 0 (\S+) (\S+) (\S+)\)")
_RAISED = str.maketrans("0123456789+-\N{MINUS SIGN}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_DIGITS = "0123456789+-.\N{MINUS SIGN}\N{MULTIPLICATION SIGN}"
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3, "z": 0}


def to_svg(figure: Any) -> str:
    """Return a matplotlib figure as inline SVG; equal figures give equal bytes.

    Text stays `<text>` in the page's own font, `style.INK` becomes `currentColor`, and the series colours
    become `var(--dl-1, …)` to `var(--dl-8, …)`. The element says how wide it is at most, and below which
    width it should rather be scrolled than shrunk; `role` and `aria-label` are left to the caller.

    Args:
        figure: a `matplotlib.figure.Figure`.
    """
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dlnotes", "svg.image_inline": True}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return slim(buffer.getvalue().decode())


def slim(text: str) -> str:
    """Turn matplotlib's SVG into a small one that follows the page's theme.

    Args:
        text: a whole SVG document, as matplotlib writes it with `svg.fonttype: none`.
    """
    root = ET.fromstring(text)
    for element in root.iter():
        # Without the namespace the tree is easier to read here; the root gets it back as an attribute.
        element.tag = element.tag.rpartition("}")[2]
        element.text = element.text if element.text and element.text.strip() else None
        element.tail = None
        if (target := element.attrib.pop(_XLINK, None)) is not None:
            element.set("href", target)
    _replace(root, lambda child: [] if child.tag in ("metadata", "style", "title") else [child])
    _replace(root, _plain_text)
    _inline_ticks(root)
    _drop_clips(root)
    _gather_axes(root)
    for element in root.iter():
        _slim_element(element)
    _replace(root, _flatten)
    _merge(root)
    left, top, width, height = map(float, root.get("viewBox", "0 0 0 0").split())
    root.attrib = {
        "xmlns": _NAMESPACE,
        "viewBox": " ".join(_short(value) for value in (left, top, width, height)),
        "class": "dl-svg",
        "fill": "currentColor",
        "stroke-linejoin": "round",
        "style": _width_style(width * 4 / 3, labelled=root.find(".//text") is not None),
    }
    return _own_ids(ET.tostring(root, encoding="unicode").replace(" />", "/>"))


def _width_style(pixels: float, *, labelled: bool) -> str:
    """Say how wide a figure is at most, and at least: one of the usual width is seen whole on a phone."""
    least = f";min-width:{pixels * 0.58:.0f}px" if labelled and pixels > 450 else ""
    return f"max-width:{pixels:.0f}px{least}"


def _replace(parent: ET.Element, change: Any) -> None:
    """Put `change(child)`, a list of elements, in the place of every child, the deepest first."""
    for child in list(parent):
        _replace(child, change)
    if len(parent):
        parent[:] = [new for child in list(parent) for new in change(child)]


# ---- fewer elements


def _flatten(child: ET.Element) -> list[ET.Element]:
    """Replace a group that only names a part of the plot by what it holds; drop what cannot be seen."""
    if child.tag == "g" and not set(child.attrib) - {"id"}:
        return list(child)
    if child.tag in ("g", "defs") and not len(child):
        return []
    style = child.get("style", "")
    if child.tag == "path" and "fill:none" in style and "stroke:" not in style:
        return []
    return [child]


def _inline_ticks(root: ET.Element) -> None:
    """Draw short marks, as those at an axis, where they are used; a reference would be longer."""
    marks = {f"#{path.get('id')}": path for path in root.iter("path") if path.get("id") and _is_short(path)}

    def change(child: ET.Element) -> list[ET.Element]:
        if child.tag == "use" and (mark := marks.get(child.get("href", ""))) is not None:
            x, y = float(child.get("x", 0)), float(child.get("y", 0))
            moved = " ".join(
                f"{command} " + " ".join(f"{px + x} {py + y}" for px, py in points) for command, points in _commands(mark.get("d", ""))
            )
            style = f"fill: none; {child.get('style', '')}; {mark.get('style', '')}; fill: none"
            clip = {"clip-path": child.attrib["clip-path"]} if "clip-path" in child.attrib else {}
            return [ET.Element("path", {"d": moved, **clip, "style": style})]
        return [child]

    _replace(root, change)
    used = {element.get("href") for element in root.iter("use")}
    _replace(root, lambda child: [] if f"#{child.get('id')}" in set(marks) - used else [child])


def _is_short(path: ET.Element) -> bool:
    commands = _commands(path.get("d", ""))
    return 0 < len(commands) <= 2 and all(command in "ML" for command, _ in commands)


def _drop_clips(root: ET.Element) -> None:
    """Clip only what really reaches over the edge of its axes."""
    boxes = {}
    for clip in root.iter("clipPath"):
        rect = clip.find("rect")
        if rect is not None:
            x, y, width, height = (float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
            boxes[f"url(#{clip.get('id')})"] = x - 0.5, y - 0.5, x + width + 0.5, y + height + 0.5
    for element in root.iter():
        box = boxes.get(element.get("clip-path", ""))
        extent = [point for part in ([element] if element.tag != "g" else element) for point in _extent(part)]
        if box and extent and all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in extent):
            del element.attrib["clip-path"]
    used = {element.get("clip-path") for element in root.iter()}
    idle = [clip for clip in root.iter("clipPath") if f"url(#{clip.get('id')})" not in used]
    _replace(root, lambda child: [] if child in idle else [child])


_ANYWHERE = [(float("-inf"), float("-inf"))]


def _extent(element: ET.Element) -> list[tuple[float, float]]:
    """Return points that span what an element draws; one at infinity where that is not known."""
    if element.tag == "path" and "transform" not in element.attrib:
        return [point for _, points in _commands(element.get("d", "")) for point in points] or _ANYWHERE
    if element.tag == "use":
        return [(float(element.get("x", 0)), float(element.get("y", 0)))]
    if element.tag == "image" and (match := _MATRIX.fullmatch(element.get("transform", ""))):
        across, down, x, y = map(float, match.groups())
        width, height = (float(element.get(name, 0)) for name in ("width", "height"))
        return [(x, y), (x + across * width, y + down * height)]
    return _ANYWHERE


def _gather_axes(root: ET.Element) -> None:
    """Put the lines of both axes before their labels, so that equal ones stand together and can be merged."""
    for parent in list(root.iter()):
        axes = [child for child in parent if child.get("id", "").startswith("matplotlib.axis")]
        if axes:
            leaves = [leaf for axis in axes for leaf in _leaves(axis)]
            paths = [leaf for leaf in leaves if leaf.tag == "path"]
            others = [leaf for leaf in leaves if leaf.tag != "path"]
            axes[0][:] = sorted(paths, key=lambda path: path.get("style", "")) + others
            for axis in axes[1:]:
                axis[:] = []


def _leaves(group: ET.Element) -> Iterator[ET.Element]:
    for child in group:
        if child.tag == "g" and not set(child.attrib) - {"id"}:
            yield from _leaves(child)
        else:
            yield child


def _merge(parent: ET.Element) -> None:
    """Draw neighbouring lines of one style as one path, and name a style that neighbours share once."""
    for child in parent:
        # Parts of a text must stay inside it, and a definition inherits nothing from where it stands.
        if child.tag not in ("text", "defs"):
            _merge(child)
    merged: list[ET.Element] = []
    for key, run in groupby(list(parent), key=_line_key):
        first, *others = run
        if key and others:
            first.set("d", first.get("d", "") + "".join(other.get("d", "") for other in others))
            merged.append(first)
        else:
            merged += [first, *others]
    grouped: list[ET.Element] = []
    for style, run in groupby(merged, key=_shared_style):
        members = list(run)
        if len(members) > 1 and style:
            group = ET.Element("g", {"style": style})
            for member in members:
                del member.attrib["style"]
            group[:] = members
            members = [group]
        grouped += members
    parent[:] = grouped


def _line_key(element: ET.Element) -> tuple[str, ...]:
    """Tell which lines may become one path: crossing each other must not change how they look."""
    style = element.get("style", "")
    plain = element.tag == "path" and "fill:none" in style and not {"id", "transform"} & set(element.attrib)
    if plain and ("opacity" not in style or _STRAIGHT.fullmatch(element.get("d", ""))):
        return style, element.get("clip-path", "")
    return ()


def _shared_style(element: ET.Element) -> str:
    """Return a style that a group may hold for its members; opacity would act on the group as one picture."""
    style = element.get("style", "")
    return "" if element.tag != "text" and re.search("(?:^|;)opacity", style) else style


# ---- shorter elements


def _slim_element(element: ET.Element) -> None:
    _name_black(element)
    if style := element.get("style"):
        if style := _slim_style(style, text=element.tag in ("text", "tspan")):
            element.set("style", style)
        else:
            del element.attrib["style"]
    if element.tag == "image":
        _slim_image(element)
    elif element.tag == "path":
        # Only markers have an id here; they are so small that a tenth would show.
        element.set("d", _compact(element.get("d", ""), digits=2 if "id" in element.attrib else 1))
    else:
        for name in {"x", "y", "width", "height"} & set(element.attrib):
            element.set(name, _NUMBER.sub(lambda match: _short(float(match[0])), element.get(name, "")))
    if transform := element.get("transform"):
        _slim_transform(element, transform)


def _name_black(element: ET.Element) -> None:
    """Name the colour of black areas, which matplotlib leaves out: a heat map's black must not become ink."""
    style = element.get("style", "")
    area = element.tag in ("path", "use") and "id" not in element.attrib
    if area and not re.search(r"\bfill:", style) and not re.search(r"\bstroke: #", style):
        element.set("style", f"fill: #000; {style}")


def _slim_transform(element: ET.Element, transform: str) -> None:
    transform = re.sub(r" ?rotate\(-?0(?: [^)]*)?\)", "", transform)
    place = re.fullmatch(r"translate\((\S+) (\S+)\)", transform)
    if place and element.tag == "text" and "x" not in element.attrib:
        element.set("x", _short(float(place[1])))
        element.set("y", _short(float(place[2])))
        transform = ""
    # A scale or a matrix multiplies what follows, so it keeps more digits.
    digits = 3 if "scale" in transform or "matrix" in transform else 1
    transform = _NUMBER.sub(lambda match: _short(float(match[0]), digits), transform)
    if transform:
        element.set("transform", transform)
    else:
        del element.attrib["transform"]


def _slim_style(style: str, *, text: bool) -> str:
    kept: dict[str, str] = {}
    for item in style.split(";"):
        name, _, value = (part.strip() for part in item.partition(":"))
        if name:
            kept[name] = value
    if font := kept.pop("font", ""):
        if size := re.search(r"[\d.]+px", font):
            kept["font-size"] = size[0]
        if "bold" in font.split():
            kept["font-weight"] = "bold"
    for name in ("fill", "stroke"):
        if name in kept:
            # Plain black lines and labels mean ink too: nobody could see them in the dark.
            black = kept[name] == "#000000" and (text or name == "stroke")
            kept[name] = "currentColor" if black else _COLOURS.get(kept[name], kept[name])
    items = []
    for name, value in sorted(kept.items()):
        value = _NUMBER.sub(lambda match: _short(float(match[0]), 2), value)
        if _REDUNDANT.get(name, "") not in (None, value):
            items.append(f"{name}:{value}")
    return ";".join(items)


def _short(value: float, digits: int = 1) -> str:
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return {"-0": "0", "": "0"}.get(text, re.sub(r"^(-?)0\.", r"\1.", text))


class _Command(NamedTuple):
    """A letter of a path's description and the points that belong to it."""

    letter: str
    points: list[tuple[float, float]]


def _commands(description: str) -> list[_Command]:
    """Split a path into M, L, Q, C and z, which is all that matplotlib writes; empty for anything else."""
    commands: list[_Command] = []
    numbers: list[float] = []
    letters = ""
    for token in [*_TOKEN.findall(description), "end"]:
        if not token[0].isalpha():
            numbers.append(float(token))
            continue
        if letters:
            count = _POINTS.get(letters)
            if count is None or len(numbers) != 2 * count:
                return []
            commands.append(_Command(letters, list(zip(numbers[::2], numbers[1::2], strict=True))))
        letters, numbers = token, []
    return commands


def _compact(description: str, digits: int) -> str:
    """Rewrite a path with relative steps between rounded points, so that no error adds up."""
    commands = _commands(description)
    if not commands:
        return _NUMBER.sub(lambda match: _short(float(match[0]), 2), " ".join(description.split()))
    parts: list[str] = []
    here, start, last = (0, 0), (0, 0), ""
    for letter, points in commands:
        steps = [(round(x * 10**digits), round(y * 10**digits)) for x, y in points]
        if letter == "M":
            text, start = f"M{_join(steps[0], digits)}", steps[0]
        elif letter == "z":
            text, steps = "z", [start]
        else:
            text = _step(letter.lower(), here, steps, digits)
        here = steps[-1]
        # A letter that repeats the one before may be left out.
        if text[:1] == last and last in "lqc":
            text = text[1:] if text[1] == "-" else f" {text[1:]}"
        last = text[0] if text and text[0].isalpha() else last
        parts.append(text)
    return "".join(parts)


def _step(letter: str, here: tuple[int, int], points: list[tuple[int, int]], digits: int) -> str:
    steps = [(x - here[0], y - here[1]) for x, y in points]
    if letter == "l":
        across, down = steps[0]
        if not down:
            return f"h{_join((across,), digits)}"
        if not across:
            return f"v{_join((down,), digits)}"
    return letter + _join([place for step in steps for place in step], digits)


def _join(places: Any, digits: int) -> str:
    return re.sub(" -", "-", " ".join(_short(place / 10**digits, digits) for place in places))


def _slim_image(element: ET.Element) -> None:
    """Embed the picture in as few bytes as it needs, with hard pixels."""
    kind, _, data = element.get("href", "").partition("base64,")
    if kind == "data:image/png;":
        element.set("href", f"{kind}base64,{base64.b64encode(_small_png(base64.b64decode(data))).decode()}")
    element.attrib.pop("id", None)
    element.set("style", "image-rendering:pixelated")
    if match := _MATRIX.fullmatch(element.get("transform", "")):
        across, down, x, y = map(float, match.groups())
        width, height = (float(element.get(name, 0)) for name in ("width", "height"))
        places = {"x": x, "y": y, "width": width * across, "height": height * down}
        del element.attrib["transform"]
    else:
        places = {name: float(element.get(name, 0)) for name in ("x", "y", "width", "height")}
    for name, value in places.items():
        element.set(name, _short(value, 2))
    # The box has the picture's own proportions up to rounding; the rest must not become a border.
    element.set("preserveAspectRatio", "none")


def _small_png(data: bytes) -> bytes:
    """Write a picture again: a palette where it has at most 256 colours, grey where it is grey."""
    import numpy as np
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        pixels = np.asarray(opened.convert("RGBA")).copy()
    pixels[pixels[..., 3] == 0] = 0
    colours, indices = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    grey = bool((pixels[..., :1] == pixels[..., :3]).all())
    opaque = bool((pixels[..., 3] == 255).all())
    options: dict[str, Any] = {}
    if grey and opaque:
        image = Image.fromarray(np.ascontiguousarray(pixels[..., 0]))
    elif len(colours) <= 256:
        image = Image.fromarray(indices.reshape(pixels.shape[:2]).astype(np.uint8)).convert("P")
        image.putpalette(colours[:, :3].tobytes())
        if not opaque:
            options["transparency"] = colours[:, 3].tobytes()
    else:
        image = Image.fromarray(np.ascontiguousarray(pixels[..., [0, 3]] if grey else pixels))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True, **options)
    return buffer.getvalue()


# ---- text and ids


def _plain_text(child: ET.Element) -> list[ET.Element]:
    """Write a number such as 10⁻³, which matplotlib places glyph by glyph, as one text."""
    place = re.fullmatch(r"translate\((\S+) (\S+)\)", child.get("transform", ""))
    spans = child.findall("text/tspan") if child.tag == "g" and len(child) == 1 and place else []
    if not spans or not place:
        return [child]
    glyphs = [glyph for span in spans for glyph in _glyphs(span)]
    size = max(glyph.size for glyph in glyphs)
    base = next(glyph.y for glyph in glyphs if glyph.size == size)
    content = ""
    for glyph in sorted(glyphs):
        table = _RAISED if glyph.y < base - 1 else _LOWERED if glyph.y > base + 1 else None
        if glyph.text not in _DIGITS or (table is not None and ord(glyph.text) not in table):
            return [child]
        content += glyph.text if table is None else glyph.text.translate(table)
    last = max(glyphs)
    style = f"{child.get('style', '')}; font-size: {size}px; text-anchor: middle"
    x, y = float(place[1]) + (last.x + 0.6 * last.size) / 2, float(place[2]) + base
    plain = ET.Element("text", {"style": style, "x": str(x), "y": str(y)})
    plain.text = content
    return [plain]


class _Glyph(NamedTuple):
    x: float
    y: float
    size: float
    text: str


def _glyphs(span: ET.Element) -> list[_Glyph]:
    size = re.search(r"font(?:-size)?:[^;]*?([\d.]+)px", span.get("style", ""))
    y = float(span.get("y", "0").split()[0])
    points = float(size[1]) if size else 10.0
    places = map(float, span.get("x", "0").split())
    return [_Glyph(x, y, points, text) for x, text in zip(places, span.text or "", strict=False)]


def _own_ids(text: str) -> str:
    """Keep only ids that something refers to, under names made from the figure's content."""
    names: dict[str, str] = {}
    for old in re.findall(r'(?:url\(#|href="#)([^")]+)', text):
        names.setdefault(old, f"@{len(names)}")
    text = re.sub(r' id="([^"]+)"', lambda match: f' id="{names[match[1]]}"' * (match[1] in names), text)
    text = re.sub(r'(url\(#|href="#)([^")]+)', lambda match: match[1] + names[match[2]], text)
    prefix = "f" + hashlib.sha256(text.encode()).hexdigest()[:8]
    return re.sub(r'(url\(#|href="#| id=")@', lambda match: f"{match[1]}{prefix}-", text)
