"""The glossary as files to take away: CSV, JSON, and notes for Anki."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence

from dlnotes.errors import UnknownNameError
from dlnotes.glossary import Term, terms

__all__ = ["FORMATS", "export"]

Places = Mapping[str, Sequence[str]]


def export(kind: str, places: Places | None = None) -> str:
    r"""Write all terms in one format.

    Args:
        kind: "csv" (one row per term, several values joined by "; "), "json" (a list of objects) or "anki" (text
            that Anki imports: names in both languages on the front, definitions and formula on the back).
        places: addresses of the pages that explain a term, by its key; for CSV and JSON.

    Returns:
        The whole file. Formulas stand between dollar signs, in Anki between \( and \), which MathJax reads.

    Raises:
        UnknownNameError: for another format.
    """
    if kind not in FORMATS:
        raise UnknownNameError("format", kind, FORMATS)
    return FORMATS[kind](places or {})


def _record(term: Term, places: Places) -> dict[str, str | list[str]]:
    return {
        "key": term.key,
        "zh": term.zh,
        "en": term.en,
        "abbreviation": term.abbreviation or "",
        "variants_zh": list(term.variants_zh),
        "variants_en": list(term.variants_en),
        "definition_zh": term.definition_zh,
        "definition_en": term.definition_en,
        "formula": term.formula or "",
        "see": list(term.see),
        "torch": term.torch or "",
        "run": term.run or "",
        "pages": list(places.get(term.key, ())),
    }


def _csv(places: Places) -> str:
    rows = [_record(term, places) for term in terms().values()]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: value if isinstance(value, str) else "; ".join(value) for name, value in row.items()} for row in rows)
    return file.getvalue()


def _json(places: Places) -> str:
    return json.dumps([_record(term, places) for term in terms().values()], ensure_ascii=False, indent=1) + "\n"


def _anki(places: Places) -> str:
    file = io.StringIO()
    # Anki knows a note again by its guid, so importing a newer file updates the cards.
    file.write("#separator:tab\n#html:true\n#deck:dlnotes\n#columns:guid\tfront\tback\ttags\n#guid column:1\n#tags column:4\n")
    writer = csv.writer(file, delimiter="\t", lineterminator="\n")
    for term in terms().values():
        short = f"<br><small>{html.escape(term.abbreviation)}</small>" if term.abbreviation else ""
        formula = [rf"\[{html.escape(term.formula, quote=False)}\]"] if term.formula else []
        back = "<br><br>".join([_anki_text(term.definition_zh), _anki_text(term.definition_en), *formula])
        names = dict.fromkeys(html.escape(name) for name in (term.zh, term.en))
        writer.writerow([f"dlnotes-{term.key}", "<br>".join(names) + short, back, "dlnotes"])
    return file.getvalue()


def _anki_text(text: str) -> str:
    return re.sub(r"\$([^$]+)\$", r"\\(\1\\)", html.escape(text, quote=False))


FORMATS: Mapping[str, Callable[[Places], str]] = {"csv": _csv, "json": _json, "anki": _anki}
