"""MkDocs asked only for what is new: the finished site is the same, and a fault fails every time."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import jieba
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.structure.pages import Page

from dlnotes.site import incremental, reuse
from dlnotes.site.execution import Executor
from dlnotes.site.render import Renderer
from dlnotes.site.tree import generate

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]
pytestmark = pytest.mark.site
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


@pytest.mark.parametrize("anew", [False, True])
def test_an_unchanged_site_is_the_same_and_nothing_is_made(small: Path, monkeypatch: pytest.MonkeyPatch, anew: bool) -> None:
    first = site(small)
    assert "objects.inv" in first and "second/index.html" in first and "en/second/index.html" in first
    monkeypatch.setattr(Page, "render", refuse)
    monkeypatch.setattr(Renderer, "markdown", refuse)
    assert site(small, anew=anew) == first


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


def test_a_fault_fails_again_in_the_same_process_and_in_the_next(small: Path, write: Write) -> None:
    site(small)
    write("index", "# 首页 { #home }\n\n见[第二页](second.py#nowhere)。", "# Home { #home }\n\nSee the [second page](second.py#nowhere).")
    for anew in (False, False, True):
        with pytest.raises(Abort, match="nowhere"):
            site(small, anew=anew)
    write("index", "# 首页 { #home }\n\n见[第二页](second.py#there)。", "# Home { #home }\n\nSee the [second page](second.py#there).")
    site(small)


def test_a_kept_page_is_held_to_the_anchors_of_others(small: Path, write: Write) -> None:
    site(small)
    write("second", "# 第二页 { #second }", "# Second page { #second }")
    for anew in (False, True):
        with pytest.raises(Abort, match=r"index.*#there"):
            site(small, anew=anew)


def test_a_changed_package_makes_pages_with_docstrings_again(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site(small)
    rendered = []
    real = Page.render

    def render(self: Page, *arguments: object) -> None:
        rendered.append(self.file.src_uri)
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "render", render)
    monkeypatch.setattr(incremental, "digest_of_package", lambda: "edited")
    assert site(small) == first and rendered == ["second.md", "second.md"]


def test_a_build_that_tells_everything_hides_no_broken_anchor(small: Path, write: Write) -> None:
    logger = logging.getLogger("mkdocs")
    former = logger.level
    # As `mkdocs build -v` does; MkDocs then notes no links to anchors.
    logger.setLevel(logging.DEBUG)
    try:
        site(small)
    finally:
        logger.setLevel(former)
    write("second", "# 第二页 { #second }", "# Second page { #second }")
    with pytest.raises(Abort, match="there"):
        site(small, anew=True)


def test_another_katex_typesets_all_formulas_again(small: Path) -> None:
    site(small)
    npm = small / ".cache/npm"
    if npm.is_symlink():
        source = npm.resolve()
        npm.unlink()
        shutil.copytree(source, npm)
    katex = npm / "node_modules/katex"
    for name, former, new in (("package.json", '"version": "', '"version": "9'), ("dist/katex.js", "katex-html", "katex-newer")):
        text = (katex / name).read_text("utf-8")
        assert former in text
        (katex / name).write_text(text.replace(former, new), "utf-8")
    site(small, anew=True)
    assert all("katex-newer" in (small / f"site/{folder}second/index.html").read_text("utf-8") for folder in ("", "en/"))


def test_links_follow_the_form_of_addresses(small: Path) -> None:
    site(small)
    build(load_config(str(small / "mkdocs.yml"), use_directory_urls=False))
    page = (small / "site/index.html").read_text("utf-8")
    assert 'href="second.html#there"' in page and 'href="second/' not in page


def test_what_changes_while_a_build_runs_shows_in_the_next(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, real = small / "mkdocs.yml", Executor.run

    def run(self: Executor, *arguments: object) -> object:
        config.write_text(config.read_text("utf-8").replace("site_name: 深度学习笔记", "site_name: 新的站名"), "utf-8")
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Executor, "run", run)
    for anew in (True, False, True):
        site(small, anew=anew)
    assert "新的站名" in (small / "site/second/index.html").read_text("utf-8")


def test_docstrings_that_change_while_a_build_runs_show_in_the_next(small: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    package, real = small / "dlnotes", Page.render
    package.unlink()
    shutil.copytree(ROOT / "dlnotes", package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(reuse, "_PACKAGE", package)
    write("index", "# 首页 { #home }\n\n::: dlnotes.layers.avg_pool2d", "# Home { #home }\n\n::: dlnotes.layers.avg_pool2d")

    def render(self: Page, *arguments: object) -> None:
        real(self, *arguments)  # type: ignore[arg-type]
        # By now the package has been read, and the second page comes.
        source = package / "layers/pooling.py"
        text = source.read_text("utf-8")
        source.write_text(text if "Newest." in text else re.sub(r'(def max_pool2d\(.*?""")', r"\1Newest. ", text, count=1, flags=re.S), "utf-8")

    monkeypatch.setattr(Page, "render", render)
    for anew in (True, False, True):
        site(small, anew=anew)
    assert "Newest." in (small / "site/second/index.html").read_text("utf-8")


def test_code_that_changes_while_a_build_waits_is_not_the_code_it_ran(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = small / "package"
    (package / "site").mkdir(parents=True)
    (package / "site/code.py").write_text("former")
    monkeypatch.setattr(reuse, "_PACKAGE", package)
    lock = filelock.FileLock(small / ".cache/build.lock")
    lock.acquire()

    def report(line: str) -> None:
        if "another build is running" in line:
            (package / "site/code.py").write_text("newer")
            lock.release()

    kept = generate(small, "http://x/", report).kept
    assert not lock.is_locked
    kept.keep(reuse.surroundings(small))
    assert not kept.folder.exists()
    reuse.store.cache_clear()
    assert reuse.store(small).stamp != kept.stamp


def test_edits_and_settings_give_what_a_build_from_nothing_gives(small: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    number, code = small / "docs/number.txt", "from pathlib import Path\nprint(Path('number.txt').read_text())"
    number.write_text("1")
    index = write("index", "# 首页 { #home }", "# Home { #home }", code)

    def described() -> None:
        index.write_text("# ---\n# jupyter:\n#   dlnotes:\n#     description: {zh: 说明, en: About}\n# ---\n\n" + index.read_text("utf-8"), "utf-8")

    edits: list[Callable[[], object]] = [
        described,
        # The glossary names the page from now on.
        lambda: write("index", "# 卷积 { #home }", "# Convolution { #home }", code),
        lambda: number.write_text("2"),
        lambda: monkeypatch.setenv("DLNOTES_SITE_URL", "https://example.org/notes/"),
        lambda: monkeypatch.setenv("DLNOTES_REPO_URL", "https://example.org/repository"),
    ]
    former = site(small)
    for edit in edits:
        edit()
        kept = site(small, anew=True)
        assert kept != former
        shutil.rmtree(small / ".cache/made")
        former = site(small, anew=True)
        assert kept == former


@pytest.mark.parametrize("mark", ["::: ", ":::"])
def test_docstrings_in_every_form_are_kept_whole(small: Path, write: Write, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    write("second", f"# 参考 {{ #r }}\n\n## 那里 {{ #there }}\n\n{mark}dlnotes.layers.max_pool2d",
          f"# Reference {{ #r }}\n\n## There {{ #there }}\n\n{mark}dlnotes.layers.max_pool2d")
    first = site(small)
    assert "objects.inv" in first and site(small, anew=True) == first
    rendered = []
    real = Page.render

    def render(self: Page, *arguments: object) -> None:
        rendered.append(self.file.src_uri)
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "render", render)
    monkeypatch.setattr(incremental, "digest_of_package", lambda: "edited")
    assert site(small) == first and rendered == ["second.md", "second.md"]


def test_the_inventory_keeps_what_another_page_no_longer_shows(small: Path, write: Write) -> None:
    for name, zh, en in (("index", "# 首页 { #home }", "# Home { #home }"), ("second", "# 二 { #second }", "# Second { #second }")):
        write(name, f"{zh}\n\n::: dlnotes.layers.max_pool2d", f"{en}\n\n::: dlnotes.layers.max_pool2d")
    first = site(small)
    assert site(small, anew=True) == first
    write("index", "# 首页 { #home }", "# Home { #home }")
    second = site(small, anew=True)
    shutil.rmtree(small / ".cache/made")
    assert second["objects.inv"] == site(small, anew=True)["objects.inv"]


@pytest.mark.parametrize("quote", "\"'")
def test_an_edited_snippet_shows(small: Path, write: Write, quote: str) -> None:
    text = f"--8<-- {quote}words.txt{quote}"
    write("index", f"# 首页 {{ #home }}\n\n{text}", f"# Home {{ #home }}\n\n{text}")
    for word in ("former", "newer"):
        (small / "words.txt").write_text(word)
        site(small, anew=True)
        assert word in (small / "site/index.html").read_text("utf-8")


# jieba leaves the file to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file:ResourceWarning")
def test_a_dictionary_of_words_cuts_the_search_index_anew(small: Path, write: Write) -> None:
    write("index", "# 首页 { #home }\n\n桌子苹果。", "# Home { #home }\n\nTables.")
    site(small)
    index, words, config = small / "site/search/search_index.json", small / "words.txt", small / "mkdocs.yml"
    assert "桌子苹果" not in json.dumps(json.loads(index.read_text("utf-8")), ensure_ascii=False)
    words.write_text("桌子苹果 99999999\n", "utf-8")
    config.write_text(config.read_text("utf-8").replace("  search: {}", f"  search: {{jieba_dict_user: {words}}}"), "utf-8")
    try:
        site(small, anew=True)
    finally:
        jieba.del_word("桌子苹果")
    assert "桌子苹果" in json.dumps(json.loads(index.read_text("utf-8")), ensure_ascii=False)
