"""One executed page → Markdown for the site, and a notebook to download, in one language."""

from __future__ import annotations

import dataclasses
import html
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import yaml
from markdown import Markdown
from pymdownx.snippets import SnippetMissingError

from dlnotes import exercises
from dlnotes.errors import PageError
from dlnotes.site.execution import Execution
from dlnotes.site.labels import localize_svg, localize_table, translate
from dlnotes.site.pages import EXPRESSION, Cell, Page

__all__ = ["Renderer", "included", "mark_checkable"]

_PROTECTED = re.compile(r"(^ *(?P<marks>`{3,}|~{3,})[^\n]*\n.*?^ *(?P=marks) *$|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))", re.M | re.S)
_INCLUDED = re.compile(r"""--8<-- ["']([^"':\n]+)""")
_PAGE_LINK = re.compile(r"\]\(([^()\s:#]*\.(?:py|md))(#[^()\s]*)?\)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_WORDS = {
    "zh": {"code": "代码", "output": "输出", "made": "本页如何得出", "profile": "配置", "device": "设备", "data": "数据", "seeds": "随机种子",
           "time": "用时", "versions": "版本", "commit": "提交", "none": "未用", "seconds": "{seconds} 秒（CPU {cpu_seconds} 秒）",
           "quick": "quick（内置数据，任何机器）", "full": "full（完整数据集）", "figure": "图", "check": "能自动核对", "colon": "："},
    "en": {"code": "Code", "output": "Output", "made": "How this page was made", "profile": "Profile", "device": "Device", "data": "Data",
           "seeds": "Seeds", "time": "Time", "versions": "Versions", "commit": "Commit", "none": "none",
           "seconds": "{seconds} s ({cpu_seconds} CPU s)", "quick": "quick (embedded data, any machine)", "full": "full (whole data sets)",
           "figure": "Figure", "check": "can be checked", "colon": ": "},
}
_MARKED = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})python (?P<mark>broken|fixed) *$", re.M)
_MARKS = {"zh": {"broken": "会出错的代码，不要照抄", "fixed": "改好的代码"}, "en": {"broken": "Broken code, do not copy", "fixed": "Mended code"}}
"""Labels of the fences "```python broken" and "```python fixed"; a broken one has no copy button."""

_EXERCISE = re.compile(r'^(?P<question>\*\*(?P<number>\d+)\.\*\* .*?\n)(?P<fold>\?\?\? success )', re.M | re.S)


def included(page: Page, root: Path) -> list[Path]:
    """Return the files that a page includes code of, which lie below the project's folder."""
    return sorted({root / name for cell in page.cells for name in _INCLUDED.findall(cell.source)})


@dataclasses.dataclass(frozen=True)
class Renderer:
    """Renders pages in one language.

    Attributes:
        language: "zh" or "en".
        root: the project's folder; snippets name files below it.
        names: page name → suffix of its generated file (".ipynb" or ".md").
        site_url: address of this language's site, ending in a slash; notebooks link to it.
    """

    language: str
    root: Path
    names: Mapping[str, str]
    site_url: str

    def markdown(self, page: Page, execution: Execution) -> str:
        """Return the page as Markdown, outputs included as HTML.

        Raises:
            PageError: a snippet, a link target, a text alternative or a translation is missing.
        """
        parts = []
        head = {"description": page.meta.get("description", {}).get(self.language), "hide": page.meta.get("hide")}
        parts.append(f"---\n{yaml.safe_dump({key: value for key, value in head.items() if value}, allow_unicode=True)}---")
        for cell, outputs, values in self._cells(page, execution):
            if cell.kind == "code":
                parts.append(self._input(cell))
                parts += [self._output(output, page, cell, values) for output in outputs]
            else:
                parts.append(self._prose(page, cell, values, self._site_link))
        if page.executable:
            parts.append(self._provenance(execution.provenance))
        return "\n\n".join(part for part in parts if part) + "\n"

    def notebook(self, page: Page, execution: Execution) -> str:
        """Return the page as a notebook (JSON) that runs wherever dlnotes is installed."""
        cells = []
        for number, (cell, outputs, values) in enumerate(self._cells(page, execution)):
            if cell.kind == "code":
                node = nbformat.v4.new_code_cell(cell.source, outputs=[self._notebook_output(output, page, cell) for output in outputs])
            else:
                node = nbformat.v4.new_markdown_cell(_for_notebook(self._prose(page, cell, values, self._absolute_link)))
            # Without an id of our own, nbformat draws a random one and the file would change with every build.
            node["id"] = f"cell-{number}"
            cells.append(node)
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                    "language_info": {"name": "python"}}
        return str(nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata=metadata)))

    # ---- cells

    def _cells(self, page: Page, execution: Execution) -> Iterator[tuple[Cell, list[dict[str, Any]], list[str]]]:
        for number, cell in enumerate(page.cells):
            if cell.kind in ("code", self.language):
                outputs = execution.outputs[number] if number < len(execution.outputs) else []
                values = execution.values[number] if number < len(execution.values) else []
                yield cell, outputs, list(values)

    def _prose(self, page: Page, cell: Cell, values: list[str], link: Callable[[str], str]) -> str:
        text = mark_checkable(page.name, self._include(page, cell), self.language)
        remaining = iter(values)
        done = []
        for protected, piece in _split(text):
            if protected:
                done.append(piece)
                continue
            piece = EXPRESSION.sub(lambda match: next(remaining), piece)
            done.append(self._linked(piece, page, cell, link))
        return _MARKED.sub(self._mark, "".join(done))

    def _linked(self, text: str, page: Page, cell: Cell, link: Callable[[str], str]) -> str:
        return _PAGE_LINK.sub(lambda match: f"]({link(self._target(page, cell, match[1]))}{match[2] or ''})", text)

    def _mark(self, match: re.Match[str]) -> str:
        mark = match["mark"]
        classes = ".dl-broken .no-copy" if mark == "broken" else ".dl-fixed"
        return f'{match["indent"]}{match["ticks"]} {{ .python {classes} title="{_MARKS[self.language][mark]}" }}'

    def _include(self, page: Page, cell: Cell) -> str:
        if "--8<--" not in cell.source:
            return cell.source
        md = Markdown(extensions=["pymdownx.snippets"],
                      extension_configs={"pymdownx.snippets": {"base_path": [str(self.root)], "check_paths": True}})
        try:
            return "\n".join(md.preprocessors["snippet"].run(cell.source.split("\n")))
        except SnippetMissingError as error:
            raise PageError(f"{page.path}:{cell.line}: {error}; name a file below the project's folder and a section in it, "
                            "as in dlnotes/models/lenet.py:model") from error

    def _target(self, page: Page, cell: Cell, link: str) -> str:
        """Return "source name|relative path of the generated file" for a link to another page's source."""
        name = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), link))
        stem, suffix = posixpath.splitext(name)
        if stem not in self.names or (suffix == ".md") != (stem == "glossary"):
            raise PageError(f"{page.path}:{cell.line}: the link {link} leads to no page; link to a page's source file, "
                            "such as ../models/lenet.py, or to the glossary as ../glossary.md")
        return f"{stem}|{posixpath.splitext(link)[0]}{self.names[stem]}"

    def _site_link(self, target: str) -> str:
        return target.partition("|")[2]

    def _absolute_link(self, target: str) -> str:
        name = target.partition("|")[0].removesuffix("index")
        return self.site_url + (f"{name.rstrip('/')}/" if name else "")

    # ---- code and outputs

    def _input(self, cell: Cell) -> str:
        mark = " broken" if "broken" in cell.tags else ""
        fence = _MARKED.sub(self._mark, f"```python{mark}\n{cell.source}\n```")
        if "remove-input" in cell.tags:
            return ""
        if "hide-input" in cell.tags:
            return f'??? dl-code "{_WORDS[self.language]["code"]}"\n\n' + "\n".join(f"    {line}".rstrip() for line in fence.split("\n"))
        return fence

    def _output(self, output: dict[str, Any], page: Page, cell: Cell, values: list[str]) -> str:
        kind = output["output_type"]
        if kind == "stream":
            return self._block(_ANSI.sub("", output["text"]), "dl-warning" if output["name"] == "stderr" else "dl-stdout")
        if kind == "error":
            return self._block("\n".join(output["traceback"]), "dl-error")
        data = output["data"]
        if text := data.get(f"text/markdown+{self.language}"):
            return self._linked(str(text), page, cell, self._site_link)
        if svg := data.get("image/svg+xml"):
            return self._figure(svg, page, cell, values)
        if table := data.get("text/html"):
            table = localize_table(re.sub(r'<table border="1" class="dataframe">', "<table>", _no_styles(table)), self.language,
                                   page.meta.get("labels"))
            label = _WORDS[self.language]["output"]
            return f'<div class="dl-output dl-table" role="region" aria-label="{label}" tabindex="0">{_one_line(table)}</div>'
        return self._block(data.get("text/plain", ""), "dl-result")

    def _block(self, text: str, kind: str) -> str:
        # A line of back-ticks would open a fenced block even here.
        escaped = html.escape(text.rstrip("\n"), quote=False).replace("`", "&#96;")
        label = _WORDS[self.language]["output"]
        return f'<div class="dl-output {kind}" data-search-exclude><pre tabindex="0" aria-label="{label}" role="region">{escaped}</pre></div>'

    def _figure(self, svg: str, page: Page, cell: Cell, values: list[str]) -> str:
        where = f"{page.path}:{cell.line}"
        alt = dict(cell.alt).get(self.language)
        if not alt:
            raise PageError(f'{where}: this cell draws a figure and needs alt_zh="…" and alt_en="…" in its header')
        remaining = iter(values)
        # The values stand in the order of the languages; a figure's own expressions are the same in both.
        texts = {language: EXPRESSION.sub(lambda match: next(remaining), text) for language, text in cell.alt}
        labels = page.meta.get("labels")
        drawn = localize_svg(svg, self.language, labels, where)
        drawn = drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(texts[self.language])}" ', 1)
        return f'<figure class="dl-figure" data-search-exclude tabindex="0">{_one_line(drawn)}</figure>'

    def _notebook_output(self, output: dict[str, Any], page: Page, cell: Cell) -> Any:
        output = dict(output)
        if text := output.get("data", {}).get(f"text/markdown+{self.language}"):
            output["data"] = {"text/markdown": _for_notebook(self._linked(text, page, cell, self._absolute_link))}
        if svg := output.get("data", {}).get("image/svg+xml"):
            where = f"{page.path}:{cell.line}"
            output["data"] = output["data"] | {"image/svg+xml": localize_svg(svg, self.language, page.meta.get("labels"), where)}
        return nbformat.from_dict(output)

    def _provenance(self, made: Mapping[str, Any]) -> str:
        words = _WORDS[self.language]
        comma = "、" if self.language == "zh" else ", "
        data = comma.join(f"{self._origin(origin)} <code>{digest[:12]}</code>" for _, digest, origin in made.get("data", [])) or words["none"]
        seeds = comma.join(str(seed[0]) for seed in made.get("seeds", [])) or words["none"]
        versions = comma.join(f"{name} {version}" for name, version in made["versions"].items())
        devices = comma.join(sorted({device for device, _ in made.get("devices", [])})) or "cpu"
        rows = {
            words["profile"]: words[made["profile"]],
            words["device"]: f"{devices} ({html.escape(made['processor'])})",
            words["data"]: data,
            words["seeds"]: seeds,
            words["time"]: words["seconds"].format(**made),
            words["versions"]: html.escape(versions),
            words["commit"]: f"<code>{html.escape(made['commit'])}</code>" if made.get("commit") else words["none"],
        }
        body = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items())
        return f'<details class="dl-provenance" data-search-exclude><summary>{words["made"]}</summary><dl>{body}</dl></details>'

    def _origin(self, origin: str) -> str:
        return html.escape((translate(origin) if self.language == "zh" else None) or origin)


def mark_checkable(page: str, text: str, language: str) -> str:
    """Write below each exercise that a machine can check how to have it checked.

    Args:
        page: name of the page.
        text: its Markdown, or a part of it with whole exercises.
        language: "zh" or "en".
    """

    def marked(match: re.Match[str]) -> str:
        name, words = f"{page}/{match['number']}", _WORDS[language]
        if name not in exercises.checkable():
            return match[0]
        told = f"[{words['check']}](../start/exercises.py#commands){words['colon']}`dlnotes exercise {name} answer.py`"
        return f"{match['question']}<small>{told}</small>\n\n{match['fold']}"

    return _EXERCISE.sub(marked, text)


def _split(text: str) -> Iterator[tuple[bool, str]]:
    """Yield (protected, piece): code is left as it is."""
    end = 0
    for match in _PROTECTED.finditer(text):
        yield False, text[end : match.start()]
        yield True, match[0]
        end = match.end()
    yield False, text[end:]


def _one_line(text: str) -> str:
    return re.sub(r">\s*\n\s*<", "><", text).replace("\n", " ").replace("`", "&#96;")


def _no_styles(table: str) -> str:
    table = re.sub(r"<style.*?</style>", "", table, flags=re.S)
    return re.sub(r' style="[^"]*"', "", table)


def _for_notebook(text: str) -> str:
    """Write what only the site's Markdown knows in a way that notebooks show."""
    text = re.sub(r"^(#{1,6} .*?) *\{[^}\n]*\} *$", r"\1", text, flags=re.M)
    text = re.sub(r'^( *)(`{3,}) \{ \.python [^}\n]*title="([^"]*)" \}$', r"\1**\3**\n\n\1\2python", text, flags=re.M)
    text = re.sub(r"\[([^\]]+)\]\[dlnotes[^\]]*\]", r"\1", text)

    def quote(match: re.Match[str]) -> str:
        title = match[2] or match[1].capitalize()
        body = "\n".join(f"> {line[4:] if line.startswith('    ') else line}".rstrip() for line in match[3].strip("\n").split("\n"))
        return f"> **{title}**\n>\n{body}\n\n"

    return re.sub(r'^(?:!!!|\?\?\?\+?) +([\w-]+)(?: +"([^"\n]*)")? *\n((?:(?: {4}[^\n]*)?(?:\n|$))+)', quote, text, flags=re.M)
