"""The index of the clinic names every case, its message, and the words of the other language for the filter."""

from html import unescape
from pathlib import Path

import pytest

from dlnotes import clinic
from dlnotes.clinic.listing import Listing

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("language", "own", "other"), [("zh", 0, 1), ("en", 1, 0)])
def test_every_case_is_listed_once(language: str, own: int, other: int) -> None:
    text = Listing().markdown(language)
    for name in clinic.kinds():
        for case in clinic.kind(name).cases:
            link = f"]({name.replace('_', '-')}.py#{case.slug})"
            assert text.count(link) == 1
            item = text.split(link)[1].split("\n- ")[0]
            assert case.id in item and case.seen[own] in unescape(item) and " ".join(case.message.split()) in unescape(item)
            shown, _, hidden = item.partition("<span hidden")
            assert case.seen[other] in unescape(hidden) and case.title[other].replace("`", "") in unescape(hidden)
            # A message stands there once, in the words of the symptom or after them.
            message = " ".join(case.message.split()).lower()
            wanted = max(1, case.seen[own].lower().count(message))
            assert " ".join(unescape(shown).split()).lower().count(message) == wanted or not message
    for wording in clinic.wordings():
        assert text.count(f"[{wording.title[own]}](vocabulary.py#{wording.slug}) <small>{wording.id}</small>") == 1
        assert wording.seen[own] in unescape(text)
    assert text.count("\n- [") == len(clinic.names()) + len(clinic.wordings())


def test_a_message_keeps_its_own_backticks() -> None:
    case = clinic.get("scheduler-before-optimizer")
    assert "`" in case.message and case.message.lower() not in case.seen[1].lower()
    # A code span would end at the message's own last backtick.
    shown = Listing().markdown("en").split("<code>")[1].split("</code>")[0]
    assert unescape(shown) == case.message and "`" not in shown


def test_the_index_page_has_the_field_that_the_script_looks_for() -> None:
    assert (ROOT / "docs/clinic/index.py").read_text("utf-8").count('id="dl-cases-filter"') == 2
    assert "dl-cases-filter" in (ROOT / "docs/theme/assets/site.js").read_text("utf-8")
