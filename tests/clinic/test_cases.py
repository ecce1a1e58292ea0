"""Every case of the clinic: the broken code shows its symptom, the mended code does not, and the check would have told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dlnotes import clinic
from dlnotes.clinic.case import Apart, Case, Wording, page_of, repeatable
from dlnotes.errors import UnknownNameError

ROOT = Path(__file__).resolve().parents[2]
CASES = [(kind, case) for kind in clinic.kinds() for case in clinic.kind(kind).cases]
each = pytest.mark.parametrize(("kind", "case"), CASES, ids=[case.slug for _, case in CASES])


@each
def test_broken_shows_the_symptom_and_fixed_does_not(kind: str, case: Case) -> None:
    state = torch.get_rng_state()
    broken, fixed = case.measure("broken"), case.measure("fixed")
    assert case.ill(broken), f"{case.id} broken: {broken!r} does not show {case.sign!r}"
    assert not case.ill(fixed), f"{case.id} fixed: {fixed!r} shows {case.sign!r}"
    if isinstance(case.sign, Apart):
        low, high = sorted(case.sign)
        assert isinstance(broken, int | float) and isinstance(fixed, int | float)
        # No number may lie between the limits, and the limits themselves lie far apart.
        assert not low < broken < high and not low < fixed < high
        assert high - low >= 0.2 * max(abs(low), abs(high))
    assert torch.equal(state, torch.get_rng_state())


@each
def test_the_check_would_have_caught_it(kind: str, case: Case) -> None:
    with repeatable():
        case.check(case.fixed)
    with repeatable(), pytest.raises(Exception):  # noqa: B017 - a check may let the fault's own exception through
        case.check(case.broken)


@each
def test_the_page_has_the_case(kind: str, case: Case) -> None:
    source = (ROOT / "docs" / f"{page_of(kind)}.py").read_text("utf-8")
    for title in case.title:
        assert f"\n# ## {title} {{ #{case.slug} }}\n" in source, f"{page_of(kind)} lacks: ## {title} {{ #{case.slug} }}"
    for section in ("broken", "fixed", "check"):
        path = f"dlnotes/clinic/{kind}.py:{case.slug}-{section}"
        assert source.count(path) == 2, f"{page_of(kind)} must include {path} in both languages"
    # Nobody shall copy broken code by accident.
    assert not re.search(rf"^# *```(?!python broken$)[^\n]*\n# *--8<-- \"[^\"]*:{case.slug}-broken\"", source, re.M)


def test_ids_and_slugs_are_unique_and_well_formed() -> None:
    ids, slugs = [case.id for _, case in CASES], [case.slug for _, case in CASES]
    assert len(set(ids)) == len(ids) and len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"E-\d{2,3}", name) for name in ids) and all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in slugs)
    assert all(len(pair) == 2 and all(pair) for _, case in CASES for pair in (case.title, case.seen, case.where))


def test_every_mistake_of_the_notes_has_a_home() -> None:
    """E-01 to E-84 were found in the notes that this site grew out of: each is a case, or words on the page for words."""
    cases, wordings = {case.id for _, case in CASES}, {wording.id for wording in clinic.wordings()}
    assert not cases & wordings
    assert sorted({f"E-{number:02}" for number in range(1, 85)} - cases - wordings) == []
    # What can run shall run: only these are matters of wording.
    assert wordings == {"E-58", "E-59", "E-65", "E-71", "E-76", "E-81", "E-82"}
    assert len(CASES) >= 110


@pytest.mark.parametrize("wording", clinic.wordings(), ids=lambda wording: wording.slug)
def test_the_page_of_words_has_the_wording(wording: Wording) -> None:
    source = (ROOT / "docs/clinic/vocabulary.py").read_text("utf-8")
    for title in wording.title:
        half = re.search(rf"^# ## {re.escape(title)} {{ #{wording.slug} }}\n(.*?)^# %%", source + "# %%", re.M | re.S)
        # It says the right thing, and leads on to where that is defined or explained.
        assert half and re.search(r"\]\((\.\./)?[\w/-]+\.(md|py)(#[\w-]+)?\)", half[1])
    assert all(len(pair) == 2 and all(pair) for pair in (wording.title, wording.seen))


def test_cases_are_found_by_slug_and_id() -> None:
    case = clinic.get("device-moves")
    assert case is clinic.get("E-01") is clinic.kind("devices")["E-01"] is clinic.kind("devices")["device-moves"]
    assert set(clinic.names()) == {case.slug for _, case in CASES}
    for ask in (clinic.get, clinic.kind("devices").__getitem__):
        with pytest.raises(UnknownNameError, match="Did you mean 'device-moves'"):
            ask("device-move")
    with pytest.raises(UnknownNameError, match="devices"):
        clinic.kind("device")


def test_one_kind_is_imported_alone() -> None:
    program = (
        "import sys; from dlnotes import clinic; clinic.kind('devices'); "
        "print(sorted(n.split('.')[2] for n in sys.modules if n.startswith('dlnotes.clinic.')))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['case', 'devices']"


@pytest.mark.parametrize(("value", "ill"), [(2.0, True), (0.0, False), (0.5, True), (float("nan"), True), (float("inf"), True)])
def test_what_is_neither_here_nor_there_is_ill(value: float, ill: bool) -> None:
    case = clinic.get("E-12")
    assert case.ill(value) is ill
