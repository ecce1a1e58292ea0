"""What builds keep for the next one: found by all it was made of, and forgotten after a fault."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from dlnotes.site import reuse
from dlnotes.site.reuse import Store, digest_of_files


def put(store: Store, kind: str, parts: object, value: object) -> tuple[object, bool]:
    """Ask for a thing; say whether it was made."""
    made = []

    def make() -> object:
        made.append(True)
        return value

    return store.get(kind, parts, make), bool(made)


def test_the_same_is_made_once_and_anything_else_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "made", "stamp")
    assert put(store, "page", ["a", 1], {"x": [1]}) == ({"x": [1]}, True)
    assert put(store, "page", ["a", 1], "other") == ({"x": [1]}, False)
    # A page's labels may be numbers.
    assert put(store, "page", [{"a": 1, 0.5: 2}], "numbers") == ("numbers", True)
    for kind, parts in (("html", ["a", 1]), ("page", ["a", 2]), ("page", ["a"]), ("page", [1, "a"])):
        assert put(store, kind, parts, "other") == ("other", True)


def test_what_is_returned_may_be_changed(tmp_path: Path) -> None:
    store = Store(tmp_path / "made", "stamp")
    for _ in range(3):
        found, _ = put(store, "page", 1, ["as made"])
        assert isinstance(found, list) and found == ["as made"]
        found.append("changed")


def test_the_next_process_finds_it_under_the_same_stamp(tmp_path: Path) -> None:
    store = Store(tmp_path / "made", "stamp")
    put(store, "page", 1, "made")
    store.keep()
    assert put(Store(tmp_path / "made", "stamp"), "page", 1, "other") == ("made", False)
    assert put(Store(tmp_path / "made", "newer"), "page", 1, "other") == ("other", True)


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "made", "stamp")
    put(store, "page", 1, "wrong")
    store.begin()
    assert put(store, "page", 1, "right") == ("right", True)
    store.keep()
    put(store, "page", 2, "wrong")
    assert put(Store(tmp_path / "made", "stamp"), "page", 2, "right") == ("right", True)
    store.begin()
    assert put(store, "page", 1, "other") == ("right", False)


def test_what_a_build_does_not_use_is_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path / "made", "stamp")
    put(store, "page", 1, "a")
    put(store, "page", 2, "b")
    store.keep()
    store.begin()
    put(store, "page", 2, "")
    store.keep()
    assert len(list((tmp_path / "made").iterdir())) == 1
    assert put(Store(tmp_path / "made", "stamp"), "page", 2, "") == ("b", False)


def test_a_full_disk_costs_time_and_no_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "made", "stamp")
    put(store, "page", 1, "a")
    store.keep()
    store.begin()
    put(store, "page", 2, "b")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(reuse, "write_atomic", full)
        store.keep()
    # What is not used any more has made room.
    assert not list((tmp_path / "made").iterdir())
    store.begin()
    assert put(store, "page", 2, "other") == ("b", False)
    assert put(Store(tmp_path / "made", "stamp"), "page", 2, "other") == ("other", True)


@pytest.mark.parametrize("content", [b"", b"\x80\x05no pickle", b"text"])
def test_a_damaged_file_is_made_again(tmp_path: Path, content: bytes) -> None:
    store = Store(tmp_path / "made", "stamp")
    put(store, "page", 1, "made")
    store.keep()
    (file,) = (tmp_path / "made").iterdir()
    file.write_bytes(content)
    again = Store(tmp_path / "made", "stamp")
    assert put(again, "page", 1, "again") == ("again", True)
    again.keep()
    assert put(Store(tmp_path / "made", "stamp"), "page", 1, "other") == ("again", False)


def test_digest_of_files_tells_contents_names_and_borders(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    found = set()
    for first, second in (("ab", "c"), ("a", "bc"), ("ab", "d")):
        one.write_text(first)
        two.write_text(second)
        found.add(digest_of_files([two, one]))
        assert digest_of_files([one, two, tmp_path]) in found
    two.rename(tmp_path / "three")
    found.add(digest_of_files([one, tmp_path / "three"]))
    assert len(found) == 4


def test_digest_of_files_is_not_stopped_by_one_that_goes(tmp_path: Path) -> None:
    here, gone = tmp_path / "here", tmp_path / "gone.1234"
    here.write_text("content")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/here.cpython-311.pyc.1234").write_text("compiled")

    class Going(type(gone)):  # type: ignore[misc]
        def is_file(self) -> bool:
            found: bool = super().is_file()
            self.unlink()
            return found

    gone.write_text("temporary")
    assert digest_of_files([here, Going(gone), *tmp_path.glob("__pycache__/*")]) == digest_of_files([here])
    assert not gone.exists()
