"""MkDocs, asked only for what is new: the HTML of a page, its part of the search index, and the finished file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from dlnotes.site.reuse import Store, digest_of_files, digest_of_package

__all__ = ["Templates", "index_pages", "render_page"]


# ---- Markdown → HTML


def render_page(kept: Store, setting: str, finish: Callable[[str], str], page: Page, config: MkDocsConfig, files: Files) -> None:
    """Do what `Page.render` does: set the page's content, contents and links, and register its anchors.

    Args:
        kept: where it may stand already.
        setting: whatever pages of this site and language share: their files, the configuration.
        finish: called with the page's HTML.
        page: the page, its Markdown read.
        config: of the site.
        files: of the site.
    """
    autorefs: Any = config.plugins["autorefs"]
    handlers = config.plugins["mkdocstrings"].handlers  # type: ignore[attr-defined]
    documented = ":::" in str(page.markdown)

    def make() -> dict[str, Any]:
        before = dict(vars(page))
        with _recorded(autorefs) as anchors, _recorded_inventory(handlers) as listed:
            Page.render(page, config, files)
        page.content = finish(page.content or "")
        changed = {name: value for name, value in vars(page).items() if name not in before or before[name] is not value}
        links = changed.pop("links_to_anchors", None) or {}
        return {"attributes": changed, "links": {file.src_uri: targets for file, targets in links.items()}, "anchors": anchors,
                "inventory": dict(listed)}

    # Pages that show docstrings depend on the package as well.
    parts = [setting, page.file.src_uri, page.markdown, digest_of_package() if documented else ""]
    made = kept.get("page", parts, make)
    vars(page).update(made["attributes"])
    page.links_to_anchors = {file: targets for name, targets in made["links"].items() if (file := files.get_file_from_path(name))}
    for identifier, anchor, title, primary in made["anchors"]:
        autorefs.register_anchor(page, identifier, anchor, title=title, primary=primary)
    if documented:
        # What mkdocstrings writes at the end, it writes for the handlers that were asked for.
        handlers.get_handler(handlers.get_handler_name({}))
        for name, item in made["inventory"].items():
            # A second name gives way to a first one, whatever page either comes from.
            if item.priority == 1 or name not in handlers.inventory:
                handlers.inventory[name] = item


@contextlib.contextmanager
def _recorded(autorefs: Any) -> Iterator[list[tuple[str, str | None, str | None, bool]]]:
    """List the anchors that are registered meanwhile."""
    calls: list[tuple[str, str | None, str | None, bool]] = []

    def record(page: Page, identifier: str, anchor: str | None = None, *, title: str | None = None, primary: bool = True) -> None:
        calls.append((identifier, anchor, title, primary))

    autorefs.register_anchor = record
    try:
        yield calls
    finally:
        del autorefs.register_anchor


@contextlib.contextmanager
def _recorded_inventory(handlers: Any) -> Iterator[dict[str, Any]]:
    """Give mkdocstrings an empty inventory meanwhile: what a page lists must not depend on the pages before it."""
    whole, handlers.inventory = handlers.inventory, type(handlers.inventory)()
    try:
        yield handlers.inventory
    finally:
        handlers.inventory = whole


# ---- HTML → search index


def index_pages(kept: Store, index: Any) -> None:
    """Let Material's search index read only pages that are new to it; it takes longer over a page than Markdown does."""
    read = index.add_entry_from_context
    words = digest_of_files(Path(found) for name in ("jieba_dict", "jieba_dict_user") if (found := index.config[name]))

    def add(page: Page) -> None:
        def make() -> list[dict[str, Any]]:
            before = len(index.entries)
            read(page)
            made: list[dict[str, Any]] = index.entries[before:]
            del index.entries[before:]
            return made

        index.entries += kept.get("search", [words, page.url, page.title, page.meta, page.content, _contents(page.toc)], make)

    index.add_entry_from_context = add


def _contents(toc: Iterable[Any]) -> list[Any]:
    return [[item.id, item.title, item.level, _contents(item.children)] for item in toc]


# ---- page → file


class Templates:
    """The theme's templates, where the one of pages remembers what it has written.

    Args:
        kept: where pages may stand already.
        environment: the theme's.
        setting: the configuration, whatever of it pages show.
        nav: the navigation, which stands on every page.
    """

    def __init__(self, kept: Store, environment: jinja2.Environment, setting: str, nav: Navigation) -> None:
        compiled = kept.folder.with_name("templates")
        compiled.mkdir(exist_ok=True)
        environment.bytecode_cache = jinja2.FileSystemBytecodeCache(str(compiled))
        self.kept, self.environment = kept, environment
        self.shared = [setting, _outline(nav.items)]

    def get_template(self, name: str) -> jinja2.Template | _PageTemplate:
        """Return a template by its name."""
        template = self.environment.get_template(name)
        return _PageTemplate(self, template) if name == "main.html" else template

    def __getattr__(self, name: str) -> Any:
        return getattr(self.environment, name)


class _PageTemplate:
    def __init__(self, templates: Templates, template: jinja2.Template) -> None:
        self.templates, self.template = templates, template

    def render(self, context: Mapping[str, Any]) -> str:
        page = context["page"]
        beside = [near and [near.title, near.url] for near in (page.previous_page, page.next_page)]
        parts = [self.templates.shared, page.file.src_uri, page.url, page.title, page.meta, beside, page.content, _contents(page.toc)]
        return str(self.templates.kept.get("html", parts, lambda: self.template.render(context)))


def _outline(items: Iterable[Any]) -> list[Any]:
    return [[item.title, getattr(item, "url", ""), _outline(item.children or ())] for item in items]
