"""The glossary as CSV, JSON and Anki notes: read back, everything is there."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dlnotes import glossary
from dlnotes.errors import UnknownNameError
from dlnotes.glossary.export import FORMATS, export

PLACES = {"kernel": ["theory/convolution/#kernel", "models/lenet/"]}


def test_csv_holds_every_field_of_every_term() -> None:
    rows = list(csv.DictReader(io.StringIO(export("csv", PLACES))))
    assert [row["key"] for row in rows] == list(glossary.terms())
    for row, term in zip(rows, glossary.terms().values(), strict=True):
        assert (row["definition_zh"], row["definition_en"], row["formula"]) == (term.definition_zh, term.definition_en, term.formula or "")
        assert row["variants_en"] == "; ".join(term.variants_en)
        assert row["pages"] == "; ".join(PLACES.get(term.key, []))


def test_json_holds_every_field_of_every_term() -> None:
    records = json.loads(export("json", PLACES))
    assert [record["key"] for record in records] == list(glossary.terms())
    kernel = next(record for record in records if record["key"] == "kernel")
    assert kernel["variants_zh"] == list(glossary.terms()["kernel"].variants_zh)
    assert kernel["pages"] == PLACES["kernel"]
    assert all(set(record) == set(kernel) for record in records)


def test_anki_has_a_note_per_term_with_formulas_that_mathjax_reads() -> None:
    lines = export("anki").splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert head[:2] == ["#separator:tab", "#html:true"] and "#guid column:1" in head
    notes = list(csv.reader(lines[len(head) :], delimiter="\t"))
    assert [note[0] for note in notes] == [f"dlnotes-{key}" for key in glossary.terms()]
    for note, term in zip(notes, glossary.terms().values(), strict=True):
        assert len(note) == 4 and term.zh in note[1] and "$" not in note[2]
        assert note[2].count(r"\(") == (term.definition_zh + term.definition_en).count("$") // 2
        assert note[2].count(r"\[") == (1 if term.formula else 0)


def test_formats() -> None:
    assert set(FORMATS) == {"csv", "json", "anki"}
    with pytest.raises(UnknownNameError, match="unknown format 'xml'"):
        export("xml")
