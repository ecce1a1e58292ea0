"""The index of the clinic: every case with its symptom and message, as Markdown in both languages."""

from __future__ import annotations

import html
from typing import Any

from dlnotes import clinic
from dlnotes.clinic.case import page_of

__all__ = ["Listing"]


class Listing:
    """Shown at the end of a cell, it is the list of all cases in the language of the page."""

    def markdown(self, language: str) -> str:
        """Return one language's list: kinds as headings, cases as items with links into the pages."""
        own, other = (0, 1) if language == "zh" else (1, 0)
        parts = []
        for name in clinic.kinds():
            kind = clinic.kind(name)
            page = page_of(name).rpartition("/")[2] + ".py"
            items = []
            for case in kind.cases:
                message = " ".join(case.message.split())
                # What the symptom says already need not be read twice; the filter finds it all the same.
                said = message.lower() in case.seen[own].lower()
                # The other language is there for the filter alone.
                words = f"{case.title[other].replace('`', '')} {case.seen[other]}" + (f" {message}" if said and message else "")
                hidden = f'<span hidden lang="{"en" if own == 0 else "zh"}">{html.escape(words, quote=False)}</span>'
                # A backtick at either end of a message would end a code span too soon.
                code = f"<code>{html.escape(message, quote=False).replace('`', '&#96;')}</code>" if "`" in message else f"`{message}`"
                message = "" if said else f" {code}"
                seen = html.escape(case.seen[own], quote=False)
                items.append(f"- [{case.title[own]}]({page}#{case.slug}) <small>{case.id}</small>  \n    {seen}{message}{hidden}")
            parts.append(f"## [{kind.title[own]}]({page}) {{ #kind-{name.replace('_', '-')} }}")
            parts.append('<div class="dl-cases dl-plain" markdown>\n\n' + "\n".join(items) + "\n\n</div>")
        title, page = ("词汇", "Vocabulary")[own], "vocabulary.py"
        items = [
            f"- [{wording.title[own]}]({page}#{wording.slug}) <small>{wording.id}</small>  \n    {wording.seen[own]}"
            f'<span hidden lang="{"en" if own == 0 else "zh"}">{html.escape(wording.seen[other])}</span>'
            for wording in clinic.wordings()
        ]
        parts.append(f"## [{title}]({page}) {{ #kind-vocabulary }}")
        parts.append('<div class="dl-cases dl-plain" markdown>\n\n' + "\n".join(items) + "\n\n</div>")
        return "\n\n".join(parts)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {
            "text/plain": self.markdown("en"),
            "text/markdown+zh": self.markdown("zh"),
            "text/markdown+en": self.markdown("en"),
        }
