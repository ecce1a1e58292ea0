"""Formulas set while the site is built: KaTeX's HTML, or MathML alone for a page that asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlnotes.errors import PageError
from dlnotes.site import assets
from dlnotes.site.formulas import Formulas

ROOT = Path(__file__).resolve().parents[2]
PAGE = r'<p>with <span class="arithmatex">\(\log \mathbf{x}_1 &lt; 2\)</span></p><div class="arithmatex">\[\frac{1}{n}\]</div>'
pytestmark = pytest.mark.site


@pytest.fixture
def formulas(tmp_path: Path) -> Formulas:
    modules = assets.install(ROOT / "docs/npm", ROOT / ".cache/npm", lambda line: None)
    return Formulas(assets.node(), modules, tmp_path / "formulas.json")


def test_html_and_mathml(formulas: Formulas) -> None:
    page = formulas.render(PAGE, "page")
    assert page.count("katex-html") == 2 and page.count("<math") == 2 and "arithmatex" not in page


def test_mathml_alone(formulas: Formulas) -> None:
    page = formulas.render(PAGE, "page", "mathml")
    assert "katex" not in page and "annotation" not in page and "xmlns" not in page
    assert '<span class="dl-math"><math><mi mathvariant="normal">log</mi>' in page and '<mi mathvariant="bold">x</mi>' in page
    assert '<div class="dl-math"><math display="block"><mfrac><mn>1</mn><mi>n</mi></mfrac></math></div>' in page


def test_both_are_remembered_apart(formulas: Formulas, tmp_path: Path) -> None:
    first, second = formulas.render(PAGE, "page"), formulas.render(PAGE, "page", "mathml")
    again = Formulas(Path("no-node"), formulas.modules, tmp_path / "formulas.json")
    assert (again.render(PAGE, "page"), again.render(PAGE, "page", "mathml")) == (first, second)


def test_a_wrong_formula_names_its_page(formulas: Formulas) -> None:
    with pytest.raises(PageError, match=r"index\.md: the formula .* is not right"):
        formulas.render(r'<span class="arithmatex">\(\frac{1\)</span>', "index.md", "mathml")
