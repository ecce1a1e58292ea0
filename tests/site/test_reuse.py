"""What builds keep for the next one: found by all it was made of, forgotten after a fault, and right in the finished site."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.structure.pages import Page

from dlnotes.site import reuse
from dlnotes.site.render import Renderer
from dlnotes.site.reuse import Store, digest_of_files

Write = Callable[..., Path]


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


# ---- in builds

REFERENCE = "# 参考 {{ #reference }}\n\n[池化][dlnotes.layers.max_pool2d]\n\n::: dlnotes.layers.{name}"


@pytest.fixture
def small(project: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the small project a page with docstrings, a formula and a link to another page's anchor; build here."""
    text = REFERENCE.format(name="max_pool2d")
    write("second", f"{text}\n\n$x^2$ 卷积神经网络。\n\n## 那里 {{ #there }}\n\n[首页](index.py#home)",
          f"{text.replace('参考', 'Reference').replace('池化', 'Pooling')}\n\n$x^2$ convolution.\n\n## There {{ #there }}\n\n[Home](index.py#home)")
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    reuse.store.cache_clear()
    yield project
    reuse.store.cache_clear()


def site(root: Path, *, anew: bool = False) -> dict[str, str]:
    """Build the site, as a new process would if anew, and digest its files."""
    if anew:
        reuse.store.cache_clear()
    build(load_config(str(root / "mkdocs.yml")))
    return {path.relative_to(root / "site").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((root / "site").rglob("*")) if path.is_file() and "sitemap" not in path.name}


def refuse(*arguments: object, **named: object) -> None:
    raise AssertionError("this was to be reused")


@pytest.mark.site
@pytest.mark.parametrize("anew", [False, True])
def test_an_unchanged_site_is_the_same_and_nothing_is_made(small: Path, monkeypatch: pytest.MonkeyPatch, anew: bool) -> None:
    first = site(small)
    assert "objects.inv" in first and "second/index.html" in first and "en/second/index.html" in first
    monkeypatch.setattr(Page, "render", refuse)
    monkeypatch.setattr(Renderer, "markdown", refuse)
    assert site(small, anew=anew) == first


@pytest.mark.site
def test_an_edit_makes_its_page_and_changes_what_shows_it(small: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site(small)
    rendered = []
    real = Page.render

    def render(self: Page, *arguments: object) -> None:
        rendered.append(self.file.src_uri)
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "render", render)
    write("index", "# 新名字 { #home }\n\n见[第二页](second.py#there)。", "# New name { #home }\n\nSee the [second page](second.py#there).")
    second = site(small)
    assert rendered == ["index.md", "index.md"]
    # The other pages name it in their navigation.
    assert {name for name in first if first[name] != second[name] and name.endswith(".html")} >= {"index.html", "second/index.html", "en/second/index.html"}
    assert "新名字" in (small / "site/second/index.html").read_text("utf-8")
    reuse.store.cache_clear()
    assert site(small) == second
    for path in (small / ".cache/made").iterdir():
        path.unlink()
    assert site(small, anew=True) == second


@pytest.mark.site
def test_a_fault_fails_again_in_the_same_process_and_in_the_next(small: Path, write: Write) -> None:
    site(small)
    write("index", "# 首页 { #home }\n\n见[第二页](second.py#nowhere)。", "# Home { #home }\n\nSee the [second page](second.py#nowhere).")
    for anew in (False, False, True):
        with pytest.raises(Abort, match="nowhere"):
            site(small, anew=anew)
    write("index", "# 首页 { #home }\n\n见[第二页](second.py#there)。", "# Home { #home }\n\nSee the [second page](second.py#there).")
    site(small)


@pytest.mark.site
def test_a_changed_package_makes_pages_with_docstrings_again(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site(small)
    rendered = []
    real = Page.render

    def render(self: Page, *arguments: object) -> None:
        rendered.append(self.file.src_uri)
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "render", render)
    monkeypatch.setattr(reuse, "_package", lambda: "edited")
    assert site(small) == first and rendered == ["second.md", "second.md"]
