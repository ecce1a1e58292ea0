"""Write the two trees of pages, one per language, that the site generator reads."""

from __future__ import annotations

import dataclasses
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from dlnotes.errors import PageError
from dlnotes.site import assets, glossary_page
from dlnotes.site.execution import Execution, Executor, Profile, write_atomic
from dlnotes.site.formulas import Formulas
from dlnotes.site.pages import LANGUAGES, Page, differences, read, sources
from dlnotes.site.render import Renderer, included
from dlnotes.site.reuse import Store, digest_of_files, store, surroundings

__all__ = ["Tree", "generate", "publish", "staging"]


@dataclasses.dataclass(frozen=True)
class Tree:
    """The generated files.

    Attributes:
        folder: holds zh/ and en/ (what the generator reads) and text/ (the Markdown of notebook pages).
        executed: names of the pages that ran for this build.
        formulas: the renderer of formulas.
        kept: what former builds have made.
    """

    folder: Path
    executed: tuple[str, ...]
    formulas: Formulas
    kept: Store

    def language(self, language: str) -> Path:
        """Return the folder of one language."""
        return self.folder / language

    def text(self, language: str, source: str) -> str:
        """Return the Markdown of a notebook page, named by its path in the tree."""
        return (self.folder / "text" / language / source).with_suffix(".md").read_text("utf-8")


def generate(root: Path, site_url: str, report: Callable[[str], None] = lambda line: None) -> Tree:
    """Read, compare, execute and split every page.

    Args:
        root: the project's folder, with docs/ in it.
        site_url: address of the Chinese site, ending in a slash.
        report: called with one line of progress at a time.

    Returns:
        Where the trees are, and which pages ran.

    Raises:
        PageError: something is wrong with a page; nothing was written for it and the former tree stands.
    """
    docs, cache = root / "docs", root / ".cache"
    cache.mkdir(exist_ok=True)
    # Before the lock, which may take minutes: the code is what this process has imported by now.
    kept = store(root)
    kept.begin(surroundings(root))
    with _alone(cache / "build.lock", report):
        pages, unequal = _read(docs, kept)
        if unequal:
            raise PageError("the Chinese and English halves differ:\n" + "\n".join(unequal))
        modules = assets.install(docs / "npm", cache / "npm", report)
        profile = Profile(os.environ.get("DLNOTES_PROFILE", "quick"))
        executions = Executor(docs, cache / "pages", profile, report=report).run(pages)
        formulas = Formulas(assets.node(), modules, cache / "formulas.json")
        tree = Tree(cache / "tree", tuple(name for name, execution in executions.items() if execution.fresh), formulas, kept)
        # Everything is rendered before anything is written, so that a fault leaves the former tree whole.
        content = dict(_content(root, pages, executions, modules, site_url, kept))
        for path, data in content.items():
            write_atomic(tree.folder / path, data)
        for stale in sorted(tree.folder.rglob("*"), reverse=True):
            if stale.is_file() and stale.relative_to(tree.folder).as_posix() not in content:
                stale.unlink()
            elif stale.is_dir() and not any(stale.iterdir()):
                stale.rmdir()
    return tree


def staging(final: Path) -> Path:
    """Return a folder of this process beside the site, and remove those that killed builds left."""
    for path in final.parent.glob(f".{final.name}.*.new"):
        process = path.name.split(".")[-2]
        try:
            os.kill(int(process), 0)
        except (ProcessLookupError, ValueError):
            shutil.rmtree(path, ignore_errors=True)
        except PermissionError:
            pass
    return final.with_name(f".{final.name}.{os.getpid()}.new")


def publish(root: Path, new: Path, final: Path, report: Callable[[str], None] = lambda line: None) -> None:
    """Put a finished site in the place of the former one, one build at a time, and keep what it was made of."""
    with _alone(root / ".cache/build.lock", report):
        store(root).keep(surroundings(root))
        former = new.with_suffix(".old")
        if final.exists():
            final.rename(former)
        new.rename(final)
        shutil.rmtree(former, ignore_errors=True)


def _read(docs: Path, kept: Store) -> tuple[list[Page], list[str]]:
    """Return all pages, and where their halves differ."""
    def read_and_compare(path: Path) -> tuple[Page, list[str]]:
        page = read(path, docs)
        return page, differences(page)

    found = [kept.get("source", [str(path), path.read_text("utf-8")], functools.partial(read_and_compare, path)) for path in sources(docs)]
    return [page for page, _ in found], [line for _, lines in found for line in lines]


def _content(
    root: Path, pages: list[Page], executions: dict[str, Execution], modules: Path, site_url: str, kept: Store
) -> Iterator[tuple[str, str | bytes]]:
    names = {page.name: ".ipynb" if any(cell.kind == "code" for cell in page.cells) else ".md" for page in pages} | {"glossary": ".md"}
    explained = glossary_page.places(page for page in pages if not page.name.startswith("reference/"))
    for language in LANGUAGES:
        renderer = Renderer(language, root, names, site_url if language == "zh" else f"{site_url}{language}/")
        for page in pages:
            cells = [[cell.kind, cell.source, sorted(cell.tags), cell.alt, cell.line] for cell in page.cells]
            parts = [language, names, renderer.site_url, str(page.path), page.meta, cells, executions[page.name].digest,
                     digest_of_files(included(page, root))]
            text, notebook = kept.get("text", parts, functools.partial(_rendered, renderer, page, executions[page.name]))
            if names[page.name] == ".ipynb":
                yield f"{language}/{page.name}.ipynb", notebook
                yield f"text/{language}/{page.name}.md", text
            else:
                yield f"{language}/{page.name}.md", text
        parts = [language, names, {key: dataclasses.astuple(place) for key, place in sorted(explained.items())}]
        yield f"{language}/glossary.md", kept.get("glossary", parts, functools.partial(glossary_page.markdown, language, explained, names))
        for path, content in glossary_page.downloads(explained).items():
            yield f"{language}/{path}", content
        for path, data in assets.files(modules):
            yield f"{language}/{path}", data


def _rendered(renderer: Renderer, page: Page, execution: Execution) -> tuple[str, str]:
    return renderer.markdown(page, execution), renderer.notebook(page, execution) if renderer.names[page.name] == ".ipynb" else ""


@contextmanager
def _alone(lock: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Let one build at a time write the cache; a second one waits and says so."""
    guard = filelock.FileLock(lock)
    try:
        guard.acquire(timeout=0)
    except filelock.Timeout:
        report("another build is running; waiting for it to finish")
        try:
            guard.acquire(timeout=1800)
        except filelock.Timeout:
            raise PageError(f"another build has held {lock} for half an hour; stop it and build again") from None
    try:
        yield
    finally:
        guard.release()
