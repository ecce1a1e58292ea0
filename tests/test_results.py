"""The records in docs/results: every row was written by a proof that still exists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECORDS = sorted((ROOT / "docs" / "results" / "equivalence").glob("*.json"))


def test_there_are_records() -> None:
    assert RECORDS


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_every_record_has_its_proof(path: Path) -> None:
    row = json.loads(path.read_text(encoding="utf-8"))
    file, _, name = row["test"].partition("::")
    assert row["name"] == path.stem and row["difference"] <= row["tolerance"] and row["settings"] > 0 and row["checks"]
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{path.name}: its test is gone, delete the record"
