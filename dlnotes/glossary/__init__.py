"""The vocabulary of the project, in Chinese and English.

The files of `terms/`, one per topic, hold one entry per concept:

    key:                   lower-case English with hyphens
      zh, en               the preferred name in each language
      abbreviation         a short form used in both
      variants             other names in real use; English plurals are derived, so they are not listed
      quiet                forms that are everyday words too: they find the term, but running text does not link them
      definition           one to three sentences in each language, without the term's own name in the first one
      formula              TeX; its symbols are named in the definition
      see                  keys of related terms
      torch                where it lives, as a dotted name that can be imported
      run                  an expression that evaluates with torch, nn and F in scope

    >>> from dlnotes import glossary
    >>> glossary.find("汇聚").en
    'pooling'
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import yaml

from dlnotes.errors import DlnotesError, UnknownNameError

__all__ = ["TOPICS", "Language", "Term", "find", "parse", "plural", "terms"]

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")
REQUIRED = frozenset({"zh", "en", "definition"})
OPTIONAL = frozenset({"abbreviation", "variants", "quiet", "formula", "see", "torch", "run"})
TOPICS = (
    "field", "mathematics", "tensors", "autograd", "data", "networks", "convolution", "architectures", "losses", "training", "optimization",
    "evaluation", "devices", "tools",
)
"""The files of `terms/`, in the order in which they are read."""

IRREGULAR_PLURALS = {
    "appendix": "appendices",
    "criterion": "criteria",
    # The "ch" is spoken as a k, so it takes no "es".
    "epoch": "epochs",
    "half": "halves",
    "index": "indices",
    "leaf": "leaves",
    "matrix": "matrices",
    "maximum": "maxima",
    "minimum": "minima",
    "optimum": "optima",
    "phenomenon": "phenomena",
    "vertex": "vertices",
}
# These serve as their own plural, or, like "one-hot", are no nouns.
UNCHANGED_PLURALS = frozenset({"data", "hardware", "one-hot", "series", "software", "statistics"})


@dataclass(frozen=True, slots=True)
class Term:
    """One concept of the glossary.

    Args:
        key: name in the files of terms and in see-also lists, lower-case English with hyphens: "batch-size".
        zh: preferred Chinese name.
        en: preferred English name, singular.
        abbreviation: short form used in both languages, or None.
        variants_zh: other Chinese names in real use.
        variants_en: other English names in real use, singular.
        definition_zh: one to three sentences of Chinese; formulas stand between dollar signs.
        definition_en: one to three sentences of English; formulas stand between dollar signs.
        see: keys of related terms.
        torch: dotted name that can be imported ("torch.nn.Conv2d"), or None.
        run: an expression to evaluate with `torch`, `torch.nn as nn` and `torch.nn.functional as F`, or None.
        formula: TeX without dollar signs, or None; the definition names its symbols.
        quiet: forms that are everyday words too, so that running text does not link them.
    """

    key: str
    zh: str
    en: str
    abbreviation: str | None
    variants_zh: tuple[str, ...]
    variants_en: tuple[str, ...]
    definition_zh: str
    definition_en: str
    see: tuple[str, ...] = ()
    torch: str | None = None
    run: str | None = None
    formula: str | None = None
    quiet: tuple[str, ...] = ()

    def name(self, lang: Language) -> str:
        """Give the preferred name in a language.

        Args:
            lang: "zh" or "en".

        Raises:
            UnknownNameError: for another language.
        """
        return self.zh if _checked(lang) == "zh" else self.en

    def definition(self, lang: Language) -> str:
        """Give the definition in a language.

        Args:
            lang: "zh" or "en".

        Raises:
            UnknownNameError: for another language.
        """
        return self.definition_zh if _checked(lang) == "zh" else self.definition_en

    def variants(self, lang: Language) -> tuple[str, ...]:
        """Give the names other than the preferred one and the abbreviation.

        Args:
            lang: "zh" or "en".

        Raises:
            UnknownNameError: for another language.
        """
        return self.variants_zh if _checked(lang) == "zh" else self.variants_en

    def names(self, lang: Language) -> tuple[str, ...]:
        """List the preferred name, the abbreviation and the variants in a language, in this order.

        Args:
            lang: "zh" or "en".

        Raises:
            UnknownNameError: for another language.
        """
        short = (self.abbreviation,) if self.abbreviation else ()
        return tuple(dict.fromkeys((self.name(lang), *short, *self.variants(lang))))

    def forms(self, lang: Language) -> tuple[str, ...]:
        """List every form that running text may use.

        Args:
            lang: "zh" or "en".

        Returns:
            The preferred name first, then the abbreviation and the variants; in English each of them is
            followed by its plural. No form stands twice.

        Raises:
            UnknownNameError: for another language.
        """
        singular = self.names(lang)
        if lang == "zh":
            return singular
        return tuple(dict.fromkeys(form for word in singular for form in (word, plural(word))))


@functools.cache
def terms() -> Mapping[str, Term]:
    """Read the glossary.

    Returns:
        The terms by key, in the order of the topics and of their files; read-only, read once per process.

    Raises:
        DlnotesError: if one of the package's files is damaged.
    """
    folder = resources.files(__package__).joinpath("terms")
    return parse("\n".join(folder.joinpath(f"{topic}.yml").read_text("utf-8") for topic in TOPICS))


def find(text: str) -> Term:
    """Find a term by any of its forms.

    Args:
        text: a preferred name or variant in either language, an English plural, an abbreviation or a key.
            Case, spaces, hyphens and underscores do not matter: "Mini batches" finds mini-batch.

    Raises:
        UnknownNameError: if no term has that form; the message names the nearest one.
    """
    found = _index().get(_squash(text))
    if found is None:
        names = {name for term in terms().values() for lang in LANGUAGES for name in term.names(lang)}
        raise UnknownNameError("term", text, names)
    return found


def parse(text: str) -> Mapping[str, Term]:
    """Read terms from YAML and check them.

    Args:
        text: what the files of `terms/` hold.

    Returns:
        The terms by key, in the order of the text; read-only.

    Raises:
        DlnotesError: if the text is no YAML mapping, a key stands twice, a field is missing, unknown or of
            the wrong type, see-also names no term,
            a quiet form is no form of its term, or one form names two terms. The message names the key.
    """
    try:
        entries = yaml.load(text, _UniqueKeys)
    except yaml.YAMLError as error:
        raise DlnotesError(f"the glossary is no valid YAML: {error}") from error
    if not isinstance(entries, dict) or not entries:
        raise DlnotesError("the glossary must be a mapping from keys to terms")
    read = {key: _term(key, fields) for key, fields in entries.items()}
    for term in read.values():
        for other in term.see:
            if other not in read or other == term.key:
                problem = "itself" if other == term.key else f"the unknown key {other!r}"
                raise DlnotesError(f"glossary term {term.key!r}: see-also names {problem}")
    _by_form(read)
    return MappingProxyType(read)


def plural(word: str) -> str:
    """Form the English plural of a noun or noun phrase.

    Args:
        word: "kernel", "batch", "learning rate", "view of a tensor", "GPU".

    Returns:
        "kernels", "batches", "learning rates", "views of a tensor", "GPUs". What takes no plural (Chinese,
        names that end in a digit) comes back as it is.
    """
    head, of, rest = word.partition(" of ")
    before, space, noun = head.rpartition(" ")
    return before + space + _plural_noun(noun) + of + rest


def _plural_noun(noun: str) -> str:
    lower = noun.lower()
    stem, hyphen, last = lower.rpartition("-")
    if lower in UNCHANGED_PLURALS or not lower[-1:].isalpha() or not noun.isascii():
        return noun
    if last in IRREGULAR_PLURALS:
        # The first letter is taken from the noun itself, so that "Matrix" gives "Matrices".
        return noun[: len(stem + hyphen) + 1] + IRREGULAR_PLURALS[last][1:]
    if noun.isupper():
        return noun + "s"
    if re.search(r"[^aeiou]y$", lower):
        return noun[:-1] + "ies"
    if re.search(r"(sis|axis)$", lower):
        return noun[:-2] + "es"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", lower) else "s")


if TYPE_CHECKING:
    from yaml import SafeLoader as _Loader
else:
    # The loader in C, where PyYAML was built with it, is ten times as fast.
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):
    """Refuse a key that stands twice; YAML's own loader keeps the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise DlnotesError(f"glossary key {key!r} stands twice:{node.value[index][0].start_mark}")
        return super().construct_mapping(node, deep)


def _term(key: object, fields: object) -> Term:
    if not isinstance(key, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key):
        raise DlnotesError(f"glossary key {key!r}: use lower-case English with hyphens, like 'batch-size'")
    where = f"glossary term {key!r}"
    if not isinstance(fields, dict):
        raise DlnotesError(f"{where}: its fields must be a mapping, got {fields!r}")
    if missing := sorted(REQUIRED - fields.keys()):
        raise DlnotesError(f"{where}: {', '.join(missing)} missing")
    if unknown := sorted(map(str, fields.keys() - REQUIRED - OPTIONAL)):
        known = ", ".join(sorted(REQUIRED | OPTIONAL))
        raise DlnotesError(f"{where}: unknown field {', '.join(unknown)}; the fields are {known}")
    definitions = _by_language(fields["definition"], f"{where}: definition")
    variants = _by_language(fields.get("variants", {}), f"{where}: variants")
    for lang in LANGUAGES:
        if lang not in definitions:
            raise DlnotesError(f"{where}: definition in {lang!r} missing")
    term = Term(
        key=key,
        zh=_text(fields["zh"], f"{where}: zh"),
        en=_text(fields["en"], f"{where}: en"),
        abbreviation=_optional(fields, "abbreviation", where),
        variants_zh=_texts(variants.get("zh", []), f"{where}: variants zh"),
        variants_en=_texts(variants.get("en", []), f"{where}: variants en"),
        definition_zh=_text(definitions["zh"], f"{where}: definition zh"),
        definition_en=_text(definitions["en"], f"{where}: definition en"),
        see=_texts(fields.get("see", []), f"{where}: see"),
        torch=_optional(fields, "torch", where),
        run=_optional(fields, "run", where),
        formula=_optional(fields, "formula", where),
        quiet=_texts(fields.get("quiet", []), f"{where}: quiet"),
    )
    if strangers := set(term.quiet) - {*term.names("zh"), *term.names("en")}:
        raise DlnotesError(f"{where}: quiet names {', '.join(sorted(strangers))}, which is no form of it")
    return term


def _by_language(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict) or not value.keys() <= set(LANGUAGES):
        raise DlnotesError(f"{where} must be a mapping with the keys zh and en, got {value!r}")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise DlnotesError(f"{where} must be a list, got {value!r}")
    return tuple(_text(item, where) for item in value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DlnotesError(f"{where} must be text and not empty, got {value!r}")
    return value.strip()


def _optional(fields: dict[str, object], name: str, where: str) -> str | None:
    return _text(fields[name], f"{where}: {name}") if name in fields else None


def _checked(lang: str) -> Language:
    for known in LANGUAGES:
        if lang == known:
            return known
    raise UnknownNameError("language", lang, LANGUAGES)


def _squash(text: str) -> str:
    """Bring forms that differ only in case, spaces, hyphens or underscores to one."""
    return re.sub(r"[\s_‐‑–-]+", "", text).casefold()  # noqa: RUF001 (writers use all of these dashes)


def _by_form(read: Mapping[str, Term]) -> dict[str, Term]:
    index: dict[str, Term] = {}
    for term in read.values():
        for form in (term.key, *term.forms("zh"), *term.forms("en")):
            owner = index.setdefault(_squash(form), term)
            if owner is not term:
                raise DlnotesError(f"glossary term {term.key!r}: {form!r} already names {owner.key!r}")
    return index


@functools.cache
def _index() -> dict[str, Term]:
    return _by_form(terms())
