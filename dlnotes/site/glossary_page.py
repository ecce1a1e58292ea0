"""The glossary as a page and as downloads, with the places where each term is explained."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping

from dlnotes import glossary
from dlnotes.glossary import Language, Term
from dlnotes.glossary.export import export
from dlnotes.site.pages import Heading, Page
from dlnotes.site.terms import mentions, plain

__all__ = ["Place", "downloads", "markdown", "pinyin", "places"]

_WORDS = {
    "zh": {"title": "术语表", "see": "参见", "pages": "讲解", "colon": "：", "comma": "、", "some": "找到 {} 个", "none": "没有匹配的术语",
           "filter": "按中文、英文、拼音或缩写筛选", "placeholder": "筛选：卷积、conv、juanji、jj、BN",
           "intro": "共 {count} 个术语。每个都有首选名称和别名、中英两种定义、在 PyTorch 里的名字、一行可以运行的代码，以及讲得最清楚的一页。"
                    "正文里带点线的词都链接到这里。",
           "files": "下载：[CSV](glossary.csv) · [JSON](glossary.json) · [Anki 牌组](glossary-anki.txt)（在 Anki 里选“文件 → 导入”）",
           "description": "深度学习术语的中英对照：首选名称、别名、定义、公式、PyTorch 名称和讲解它的页面；可按中文、英文、拼音和缩写筛选。"},
    "en": {"title": "Glossary", "see": "See also", "pages": "Explained in", "colon": ": ", "comma": ", ", "some": "{} found", "none": "no term matches",
           "filter": "Filter by English, Chinese, pinyin or abbreviation", "placeholder": "Filter: conv, 卷积, juanji, jj, BN",
           "intro": "{count} terms: each with its preferred and its other names, a definition in both languages, its name in PyTorch, a line "
                    "to run, and the page that explains it best. Words with a dotted line in the text lead here.",
           "files": "Download: [CSV](glossary.csv) · [JSON](glossary.json) · [Anki deck](glossary-anki.txt) (in Anki, choose File → Import)",
           "description": "Terms of deep learning in English and Chinese: preferred and other names, definitions, formulas, names in PyTorch, "
                          "and the pages that explain them; to be filtered by either language, pinyin and abbreviation."},
}
_OTHER: Mapping[Language, Language] = {"zh": "en", "en": "zh"}
_Rank = tuple[int, int]
"""Level of the heading, and where in it the English name begins; the least is best."""
_BOLD_WORD = 9
"""What stands for the level of a bold word."""
_FOLDERS = ("theory", "training", "models", "start", "clinic")
_CHINESE = re.compile("[\u3400-\u9fff]+")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a term is explained.

    Attributes:
        page: name of the page below docs/, without suffix.
        anchor: id of the heading, or "" for the whole page.
        title: what to call the page, by language.
    """

    page: str
    anchor: str
    title: Mapping[str, str]

    @property
    def fragment(self) -> str:
        """What stands at the end of a link: "#anchor" or nothing."""
        return f"#{self.anchor}" if self.anchor else ""


def pinyin(name: str) -> list[tuple[str, str]]:
    """Return the Chinese characters of a name, each with its syllable without tone: 卷积 → [("卷", "juan"), ("积", "ji")]."""
    # It reads its dictionaries of words when it is imported, which only the glossary needs.
    from pypinyin import lazy_pinyin

    return [pair for run in _CHINESE.findall(name) for pair in zip(run, lazy_pinyin(run), strict=True)]


def places(pages: Iterable[Page]) -> dict[str, Place]:
    """Find where each term is explained best, by its key.

    That is where a heading names it in both languages, or where a text introduces it in bold in both. Headings come
    before bold words, titles of pages before lower headings, those that begin with the term before those that mention
    it, theory before the clinic; and a page that bears the term's name before all.
    """
    found: dict[str, list[tuple[_Rank, Place]]] = {}
    for page in pages:
        title: Mapping[str, str] = {"zh": ""}
        first: dict[str, tuple[_Rank, str]] = {}
        for heading, texts in page.sections():
            if not title["zh"]:
                title = {language: _short(text) for language, text in heading.title.items()}
            for rank, key in _explained(heading, texts):
                first[key] = min(first.get(key, (rank, heading.identifier)), (rank, heading.identifier), key=lambda item: item[0])
        for key, (rank, anchor) in first.items():
            found.setdefault(key, []).append((rank, Place(page.name, "" if rank[0] == 1 else anchor, title)))

    def order(key: str, rank: _Rank, place: Place) -> tuple[bool, int, bool, int, int]:
        folder, _, name = place.page.partition("/")
        (level, start), at = rank, _FOLDERS.index(folder) if folder in _FOLDERS else 0
        return name != key, level, folder == "clinic", start, at

    return {key: min(ranked, key=lambda item: order(key, *item))[1] for key, ranked in found.items()}


def _explained(heading: Heading, texts: Mapping[str, str]) -> Iterator[tuple[_Rank, str]]:
    """Yield (rank, key) of the terms that a heading names, or a bold word below it."""
    zh, en = ({key: match.start() for match, key in mentions(_bare(heading.title[language]), language)} for language in glossary.LANGUAGES)
    forms = _form_index()
    bold = [{forms[word] for found in _BOLD.findall(texts[language]) if (word := found.casefold()) in forms} for language in glossary.LANGUAGES]
    yield from (((heading.level, start), key) for key, start in en.items() if key in zh)
    yield from (((_BOLD_WORD, 0), key) for key in set.intersection(*bold))


@functools.cache
def _form_index() -> Mapping[str, str]:
    return {form.casefold(): term.key for term in glossary.terms().values() for language in glossary.LANGUAGES
            for name in term.forms(language) for form in (name, glossary.plural(name) if language == "en" else name)}


def _bare(title: str) -> str:
    return plain(re.sub(r"\{\{.*?\}\}", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title))).strip()


def _short(title: str) -> str:
    """Return a title up to its colon: "Convolution: one small window" → "Convolution"."""
    return re.split("：|: ", _bare(title))[0]


def downloads(found: Mapping[str, Place]) -> dict[str, bytes]:
    """Return the files that the glossary page links, by name; their addresses of pages are relative to the site."""
    addresses = {key: [_address(place)] for key, place in found.items()}
    # Spreadsheets take a CSV file for UTF-8 only if it begins with the mark.
    return {"glossary.csv": export("csv", addresses).encode("utf-8-sig"), "glossary.json": export("json", addresses).encode(),
            "glossary-anki.txt": export("anki").encode()}


def _address(place: Place) -> str:
    name = re.sub(r"(^|/)index$", "", place.page)
    return (f"{name}/" if name else "./") + place.fragment


def markdown(language: Language, found: Mapping[str, Place], suffixes: Mapping[str, str]) -> str:
    """Return the glossary as a Markdown page.

    Args:
        language: of the page; definitions stand in both, this one first.
        found: where each term is explained, see `places`.
        suffixes: suffix of the generated file of each page, for the links to those places.
    """
    words = _WORDS[language]
    ordered = sorted(((_sorting(term.name(language)), term) for term in glossary.terms().values()), key=lambda item: item[0])
    letters = list(dict.fromkeys(_letter(name) for (name, _), _ in ordered))
    lines = [f'---\ndescription: "{words["description"]}"\nformulas: mathml\n---', f"# {words['title']} {{ #glossary }}",
             words["intro"].format(count=len(ordered)), words["files"],
             f'<p class="dl-filter" hidden data-pinyin="{_syllables()}">'
             f'<input type="search" id="dl-filter" aria-label="{words["filter"]}" placeholder="{words["placeholder"]}">'
             f'<span role="status" data-some="{words["some"]}" data-none="{words["none"]}"></span></p>',
             " ".join(f"[{letter}](#{_letter_id(letter)})" for letter in letters) + "\n{: .dl-letters }"]
    last = ""
    for (name, _), term in ordered:
        if (letter := _letter(name)) != last:
            last = letter
            lines.append(f"## {letter} {{ #{_letter_id(letter)} }}")
        lines.append(_entry(term, language, found.get(term.key), suffixes))
    return "\n\n".join(lines) + "\n"


def _entry(term: Term, language: Language, place: Place | None, suffixes: Mapping[str, str]) -> str:
    words, other = _WORDS[language], _OTHER[language]
    # The filter adds the endings s and es by itself.
    irregular = [many for name in term.names("en") if not (many := glossary.plural(name)).startswith(name)]
    attribute = f' data-plural="{",".join(irregular)}"' if irregular else ""
    lines = [f'<div class="dl-entry" markdown="1"{attribute}>', _heading(term, language)]
    if also := list(dict.fromkeys([*term.variants(language), *term.variants(other)])):
        lines.append(" · ".join(also) + "\n{: .dl-also }")
    lines += [term.definition(language),
              f'<p class="dl-other" lang="{other}" markdown="span" data-search-exclude>{term.definition(other)}</p>']
    if term.formula:
        lines.append(f"$$\n{term.formula}\n$$")
    details = [f"`{term.torch}`"] if term.torch else []
    details += [f"`` {term.run} ``"] if term.run else []
    if term.see:
        links = [f"[{glossary.terms()[key].name(language)}](#term-{key})" for key in term.see]
        details.append(words["see"] + words["colon"] + words["comma"].join(links))
    if place:
        details.append(f"{words['pages']}{words['colon']}[{place.title[language]}]({place.page}{suffixes[place.page]}{place.fragment})")
    if details:
        lines.append("\n".join(f"- {detail}" for detail in details))
    return "\n\n".join([*lines, "</div>"])


def _heading(term: Term, language: Language) -> str:
    other = _OTHER[language]
    beside = dict.fromkeys(name for name in (term.name(other), term.abbreviation) if name and name != term.name(language))
    small = f' <small lang="{other}">{" · ".join(beside)}</small>' if beside else ""
    return f"### {term.name(language)}{small} {{ #term-{term.key} }}"


def _syllables() -> str:
    """Return what the filter needs to read Chinese names: each syllable, with the characters that are read so in some name."""
    found: dict[str, dict[str, None]] = {}
    for term in glossary.terms().values():
        for character, syllable in (pair for name in term.names("zh") for pair in pinyin(name)):
            found.setdefault(syllable, {})[character] = None
    return " ".join(syllable + "".join(found[syllable]) for syllable in sorted(found))


def _sorting(name: str) -> tuple[str, str]:
    """Sort Chinese by its pinyin, among the Latin names."""
    spelt = name
    for character, syllable in pinyin(name):
        spelt = spelt.replace(character, syllable, 1)
    return spelt.casefold(), name


def _letter(name: str) -> str:
    return name[0].upper() if name[:1].isalpha() else "0–9"


def _letter_id(letter: str) -> str:
    return f"letter-{letter[0].lower()}"
