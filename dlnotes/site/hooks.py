"""MkDocs events, and nothing else: the work is done by the other modules of this package.

One `mkdocs build` makes both languages: the Chinese build generates all pages, and when it is done the English one is
built below it. Both go to a folder beside the site; only when every page of both is right does it take the site's place.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import threading
from pathlib import Path
from typing import Any

import jieba
from jinja2 import Environment
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import get_data

from dlnotes.errors import DlnotesError
from dlnotes.site.incremental import Templates, index_pages, render_page
from dlnotes.site.reuse import configuration, digest_of_files
from dlnotes.site.tree import Tree, generate, publish, staging

log = logging.getLogger("mkdocs.dlnotes")
# It tells of its dictionary on stderr in every build; the search plugin imports it later.
jieba.setLogLevel(logging.WARNING)


class _Warnings(logging.Handler):
    """Keep every warning of a build, whatever its verbosity shows."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@dataclasses.dataclass(frozen=True)
class _Build:
    """What one build hands from event to event, in both languages; it travels in `config.extra`."""

    tree: Tree
    final: Path
    warnings: _Warnings


def _build(config: MkDocsConfig) -> _Build:
    made: _Build = config.extra["build"]
    return made


def _root(config: MkDocsConfig) -> Path:
    path = Path(config.config_file_path)
    return path.parent if path.name == "mkdocs.yml" else path.parent.parent


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Generate the pages (in the Chinese build) and point MkDocs at them."""
    language = config.theme["language"]
    if language == "zh":
        warnings = _collect_warnings()
        try:
            tree = generate(_root(config), config.site_url or "/", report=log.info)
        except DlnotesError as error:
            raise Abort(f"The site was not built; the former one stands.\n\n{error}") from error
        final = Path(config.site_dir)
        config.site_dir = str(staging(final))
        config.extra["build"] = _Build(tree, final, warnings)
    config.docs_dir = str(_build(config).tree.language(language))
    names = config.extra.get("nav", {})
    config.nav = [_entry(item, names, Path(config.docs_dir)) for item in config.nav or []]
    base = (config.site_url or "/").removesuffix("en/") if language == "en" else config.site_url or "/"
    config.extra["languages"] = [
        {"lang": "zh", "name": "中文", "here": "./" if language == "zh" else "../", "url": base},
        {"lang": "en", "name": "English", "here": "en/" if language == "zh" else "./", "url": f"{base}en/"},
    ]
    return config


def on_serve(server: Any, config: MkDocsConfig, builder: Any) -> Any:
    """Watch the sources, not the generated tree, which every build would touch."""
    server.unwatch(config.docs_dir)
    # Else the first edit would wait until the dictionary is read.
    threading.Thread(target=jieba.initialize, daemon=True).start()
    return server


@event_priority(-50)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Give notebook pages the site's own Markdown in place of mkdocs-jupyter's HTML."""
    if page.file.src_uri.endswith(".ipynb"):
        text = _build(config).tree.text(config.theme["language"], page.file.src_uri)
        text, meta = get_data(text)
        page.meta.update(meta)
        markdown = str(text)
    # mkdocs-jupyter put its renderer on this one object; ours takes its place, and renders only what is new.
    vars(page)["render"] = functools.partial(render_page, _build(config).tree.kept, config.extra["setting"],
                                             functools.partial(_typeset, page, config), page)
    return markdown


def _typeset(page: Page, config: MkDocsConfig, html: str) -> str:
    try:
        return _build(config).tree.formulas.render(html, page.file.src_uri, page.meta.get("formulas", "htmlAndMathml"))
    except DlnotesError as error:
        raise Abort(str(error)) from error


@event_priority(-100)
def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Note what all pages of this language have in common, by which `incremental` knows them again."""
    # In a verbose build MkDocs does not note which anchors a page links to.
    verbose = logging.getLogger("mkdocs.structure.pages").getEffectiveLevel() <= logging.DEBUG
    config.extra["setting"] = json.dumps([
        config.theme["language"], config.site_url, config.repo_url, digest_of_files(configuration(_root(config))),
        _build(config).tree.formulas.version, verbose, sorted((file.src_uri, file.url) for file in files)])
    config.extra["outline"] = nav
    return nav


@event_priority(-100)
def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Templates:
    """Write and index only pages that are new."""
    kept = _build(config).tree.kept
    index_pages(kept, config.plugins["material/search"].search_index)  # type: ignore[attr-defined]
    return Templates(kept, env, config.extra["setting"], config.extra["outline"])


@event_priority(-100)
def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any) -> None:
    """Leave the letters alone in the glossary's contents; links and search have read its terms by now."""
    if page.file.src_uri == "glossary.md":
        for title in page.toc:
            for letter in title.children:
                letter.children.clear()


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Build the English half, then put both in the site's place if no warning was given."""
    if config.theme["language"] != "zh":
        return
    root, site = _root(config), Path(config.site_dir)
    english = load_config(str(root / "docs/en.yml"), docs_dir=str(_build(config).tree.language("en")), site_dir=str(site / "en"),
                          site_url=f"{config.site_url}en/", strict=False)
    english.extra["build"] = _build(config)
    build(english)
    if messages := _build(config).warnings.messages:
        raise Abort("The site was not built; the former one stands. Each of these fails the build:\n\n" + "\n".join(messages))
    publish(root, site, _build(config).final, log.info)


def _collect_warnings() -> _Warnings:
    """Collect warnings even where `mkdocs build -q` drops them before MkDocs counts."""
    logger = logging.getLogger("mkdocs")
    if logger.level > logging.WARNING:
        for handler in logger.handlers:
            handler.setLevel(max(handler.level, logger.level))
        logger.setLevel(logging.WARNING)
    # A failed build under `mkdocs serve` leaves its collector behind.
    for handler in [handler for handler in logger.handlers if handler.get_name() == "dlnotes"]:
        logger.removeHandler(handler)
    collector = _Warnings()
    collector.set_name("dlnotes")
    logger.addHandler(collector)
    return collector


def _entry(item: Any, names: dict[str, str], docs: Path) -> Any:
    """Name a navigation entry in the page's language and point it at the generated file."""
    if isinstance(item, dict):
        return {names.get(title, title): _entry(value, names, docs) for title, value in item.items()}
    if isinstance(item, list):
        return [_entry(value, names, docs) for value in item]
    path = Path(item)
    if path.suffix == ".py":
        return next((path.with_suffix(suffix).as_posix() for suffix in (".ipynb", ".md") if (docs / path.with_suffix(suffix)).exists()), item)
    return item
