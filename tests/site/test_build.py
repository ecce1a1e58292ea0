"""Building whole sites: the real one, and small ones with a fault in them, each of which fails twice running."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from dlnotes import glossary
from dlnotes.errors import PageError
from dlnotes.site.assets import node
from dlnotes.site.pages import LANGUAGES, read_all
from dlnotes.site.tree import generate

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]
pytestmark = pytest.mark.site


def mkdocs(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "mkdocs", *arguments], cwd=root, env=environ, capture_output=True, text=True, timeout=900, check=False)


class Page(HTMLParser):
    """The links, ids and language of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.assets: list[str] = []
        self.alternates: dict[str, str] = {}
        self.language = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if identifier := found.get("id"):
            self.ids.append(identifier)
        if tag == "html":
            self.language = found.get("lang") or ""
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        if tag == "link" and "alternate" in str(found.get("rel")) and found.get("hreflang"):
            self.alternates[str(found["hreflang"])] = str(found["href"])
        elif tag in ("script", "img", "source", "iframe", "link") and (target := found.get("src") or found.get("href")) and found.get("rel") != "canonical":
            self.assets.append(target)


@pytest.fixture(scope="module")
def pages(built: object) -> dict[str, Page]:
    site: Path = built.site  # type: ignore[attr-defined]
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def address(name: str) -> str:
    return "/" + name.removesuffix("index.html")


def test_every_page_in_both_languages(pages: dict[str, Page]) -> None:
    expected = {re.sub(r"(^|/)index$", r"\1", page.name) for page in read_all(ROOT / "docs")} | {"glossary"}
    for prefix in ("", "en/"):
        for name in expected:
            path = prefix + (f"{name}/index.html" if name and not name.endswith("/") else f"{name}index.html")
            assert path in pages and pages[path].language == ("en" if prefix else "zh")


def test_links_anchors_and_ids(pages: dict[str, Page], built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    by_address = {address(name): page for name, page in pages.items()}
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), f"{name}: ids {sorted({i for i in page.ids if page.ids.count(i) > 1})} stand twice"
        if name.endswith("404.html"):
            continue
        for link in page.links:
            target = urlsplit(urljoin(f"http://site{address(name)}", link))
            if target.netloc != "site" or target.scheme not in ("http", "https"):
                continue
            if target.path in by_address:
                assert not target.fragment or unquote(target.fragment) in by_address[target.path].ids, f"{name}: no anchor {link}"
            else:
                assert (site / unquote(target.path).lstrip("/")).is_file(), f"{name}: no page {link}"


def test_both_languages_have_the_same_headings_and_know_each_other(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        if name.startswith("en/") or name.endswith("404.html"):
            continue
        other = pages[f"en/{name}"]
        # mkdocstrings and Material add ids of their own, the same in both.
        own, others = ([i for i in ids if not i.startswith("__")] for ids in (page.ids, other.ids))
        if name.startswith("glossary"):
            # Each language has its own alphabet; terms begin with as many letters as they do.
            own, others = (sorted(i for i in ids if not i.startswith("letter-")) for ids in (own, others))
        assert own == others
        base = "http://127.0.0.1:8000"
        assert page.alternates == other.alternates
        assert page.alternates == {"zh": base + address(name), "en": f"{base}/en{address(name)}", "x-default": base + address(name)}


def test_nothing_is_loaded_from_another_host(pages: dict[str, Page], built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    for name, page in pages.items():
        assert not [asset for asset in page.assets if urlsplit(asset).netloc], name
    for style in site.rglob("*.css"):
        assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", style.read_text("utf-8")), style


def test_outputs_are_the_same_in_both_languages(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    for name in ("models/lenet", "clinic/loss-heads", "theory/convolution"):
        texts = [re.findall(r'<div class="dl-output dl-(?:stdout|result|error)".*?</div>', (site / prefix / name / "index.html").read_text("utf-8"), re.S)
                 for prefix in ("", "en")]
        assert texts[0] and [re.sub("aria-label=\"[^\"]*\"", "", text) for text in texts[0]] == [re.sub("aria-label=\"[^\"]*\"", "", text) for text in texts[1]]


def test_pages_are_light(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    for path in site.rglob("index.html"):
        assert len(gzip.compress(path.read_bytes())) < 150_000, path


def test_the_glossary_is_whole_and_its_downloads_are_there(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    for prefix in ("", "en/"):
        page = (site / prefix / "glossary/index.html").read_text("utf-8")
        assert "arithmatex" not in page and "<math" in page and "katex-html" not in page and "$$" not in page
        assert page.count('class="dl-entry"') == page.count('class="dl-other"') == len(glossary.terms())
        for name in ("glossary.csv", "glossary.json", "glossary-anki.txt"):
            assert f'href="../{name}"' in page
        records = json.loads((site / prefix / "glossary.json").read_text("utf-8"))
        assert {record["key"] for record in records} == set(glossary.terms())
        explained = {record["key"]: record["pages"] for record in records if record["pages"]}
        assert "theory/convolution/" in explained["convolution"] and "models/lenet/" in explained["lenet"]
        for addresses in explained.values():
            for target in addresses:
                path, _, anchor = target.partition("#")
                text = (site / prefix / path / "index.html").read_text("utf-8")
                assert not anchor or f'id="{anchor}"' in text
                assert f'href="../{path.removeprefix("./")}{"#" + anchor if anchor else ""}"' in page


def test_every_page_explains_its_terms_on_hover(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    for path in site.rglob("index.html"):
        links = re.findall(r'<a class="[^"]*dl-term"[^>]*>', path.read_text("utf-8"))
        assert links or path.parent.name == "glossary", path
        assert all(re.search(r'href="[./]*glossary/#term-[\w-]+" title="[^"]{10,}"', link) for link in links), path


def test_formulas_are_typeset_and_provenance_is_told(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    page = (site / "models/lenet/index.html").read_text("utf-8")
    assert 'class="katex-display"' in page and "arithmatex" not in page and "<math" in page
    assert "本页如何得出" in page and "torch 2" in page and "scikit-learn 的 digits" in page
    assert "How this page was made" in (site / "en/models/lenet/index.html").read_text("utf-8")


def test_notebooks_can_be_downloaded(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    chinese, english = (json.loads((site / prefix / "models/lenet/lenet.ipynb").read_text("utf-8")) for prefix in ("", "en"))
    codes = [[cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"] for notebook in (chinese, english)]
    assert codes[0] == codes[1] and len(codes[0]) > 5
    for cell in english["cells"]:
        assert not re.search(r"[一-鿿]", "".join(cell["source"])), "Chinese in the English notebook"


SEARCH = r"""
const fs = require('fs'), vm = require('vm'), site = process.argv[1]
const index = JSON.parse(fs.readFileSync(site + '/search/search_index.json'))
const folder = site + '/assets/javascripts/workers/', file = fs.readdirSync(folder).find(name => /^search.*\.js$/.test(name))
let handler, query
const self = { console, URL, setTimeout, performance, location: { href: 'http://x/assets/javascripts/workers/' + file }, document: { currentScript: null },
  importScripts() {}, addEventListener: (type, f) => handler = f,
  postMessage: m => { if (m.type === 3) console.log(JSON.stringify([query, m.data.items.flatMap(item => item.map(section => section.location))])) } }
self.self = self.window = self
vm.createContext(self); vm.runInContext(fs.readFileSync(folder + file, 'utf8'), self)
;(async () => {
  await handler({ data: { type: 0, data: { config: index.config, docs: index.docs, options: { suggest: true } } } })
  for (query of process.argv.slice(2)) await handler({ data: { type: 2, data: query } })
})()
"""


def test_search_finds_chinese_words_inside_others(built: object) -> None:
    site: Path = built.site  # type: ignore[attr-defined]
    queries = ["神经网络", "卷积", "池化", "传播"]
    result = subprocess.run([node(), "-e", SEARCH, str(site), *queries], capture_output=True, text=True, check=True, timeout=120)
    found = dict(json.loads(line) for line in result.stdout.splitlines())
    assert all(found[query] for query in queries)
    assert any("term-cnn" in location for location in found["神经网络"]), "神经网络 stands in 卷积神经网络"


# ---- small sites


def test_a_small_site_builds_and_repeats_without_running(project: Path) -> None:
    assert generate(project, "http://x/").executed == ("second",)
    assert generate(project, "http://x/").executed == ()
    result = mkdocs(project, "build")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "executing" not in result.stderr
    assert {path.name for path in project.iterdir()} == {"docs", "dlnotes", ".cache", "mkdocs.yml", "site"}
    assert "42" in (project / "site/en/second/index.html").read_text("utf-8")


FAULTS = {
    "broken link in prose": ("index", ("# 甲 { #a }\n\n[x](gone.py)", "# A { #a }\n\n[x](gone.py)"), "leads to no page"),
    "broken link in a tutorial": ("second", ("# 甲 { #a }\n\n[x](gone.py)", "# A { #a }\n\n[x](gone.py)", "print(1)"), "leads to no page"),
    "missing snippet": ("index", ('# 甲 { #a }\n\n--8<-- "gone.py"', '# A { #a }\n\n--8<-- "gone.py"'), "gone.py"),
    "one language missing": ("index", ("", ""), "no English half"),
    "a raising cell": ("second", ("# 甲 { #there }", "# A { #there }", "1 / 0"), "ZeroDivisionError"),
    "a cell that writes to stderr": ("second", ("# 甲 { #there }", "# A { #there }", "import sys\nsys.stderr.write('x');"), "wrote to stderr"),
    "broken anchor": ("index", ("# 甲 { #a }\n\n[x](second.py#gone)", "# A { #a }\n\n[x](second.py#gone)"), "gone"),
    "unknown cross-reference": ("index", ("# 甲 { #a }\n\n[x][dlnotes.gone]\n\n[y](second.py#there)", "# A { #a }\n\n[x][dlnotes.gone]\n\n[y](second.py#there)"), "dlnotes.gone"),
    "bad formula": ("index", ("# 甲 { #a }\n\n$\\frac{1$", "# A { #a }\n\n$\\frac{1$"), "is not right"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_twice_and_leaves_the_former_site(fault: str, project: Path, write: Write) -> None:
    name, halves, message = FAULTS[fault]
    (project / "site").mkdir()
    (project / "site/former.html").write_text("former")
    path = write(name, *halves)
    if fault == "one language missing":
        path.write_text('# %% [markdown] tags=["zh"]\n# # 甲 { #a }\n')
    for arguments in (("build", "--strict"), ("build", "-q")):
        result = mkdocs(project, *arguments)
        assert result.returncode != 0 and message in result.stdout + result.stderr
        assert "The site was not built" in result.stdout + result.stderr or fault == "bad formula"
        if fault != "bad formula":
            assert "Traceback (most recent call last):\n  File \"<frozen" not in result.stderr
        assert [item.name for item in (project / "site").iterdir()] == ["former.html"]


def test_a_killed_build_leaves_nothing_wrong(project: Path, write: Write) -> None:
    write("second", "# 甲 { #second }\n\n## 那里 { #there }", "# A { #second }\n\n## There { #there }", "import time\ntime.sleep(60)")
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "mkdocs", "build"], cwd=project, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "executing second" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    write("second", "# 甲 { #second }\n\n## 那里 { #there }", "# A { #second }\n\n## There { #there }", "print(6 * 7)")
    result = mkdocs(project, "build")
    assert result.returncode == 0, result.stderr
    assert "42" in (project / "site/second/index.html").read_text("utf-8")


def test_two_builds_at_once(project: Path, write: Write) -> None:
    write("second", "# 甲 { #second }\n\n## 那里 { #there }", "# A { #second }\n\n## There { #there }", "import time\ntime.sleep(3)\nprint(6 * 7)")
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen([sys.executable, "-m", "mkdocs", "build"], cwd=project, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("executing second" in output for output in outputs) == 1
    assert sum("another build is running" in output for output in outputs) == 1
    assert "42" in (project / "site/second/index.html").read_text("utf-8")


def test_serve_reloads_prose_without_running(project: Path) -> None:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    log = project / "log"
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", "mkdocs", "serve", "--livereload", "-a", f"127.0.0.1:{port}"], cwd=project, env=environ,
                                   stdout=file, stderr=file)

    def wait(text: str, path: str = "") -> None:
        for _ in range(150):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=2) as answer:
                    if text in answer.read().decode():
                        return
            except OSError:
                pass
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        pytest.fail(log.read_text())

    try:
        wait("第二页")
        source = project / "docs/second.py"
        before = log.read_text().count("executing")
        source.write_text(source.read_text("utf-8").replace("卷积神经网络。", "改过的话。"), "utf-8")
        wait("改过的话", "second/")
        wait("42", "en/second/")
        assert log.read_text().count("executing") == before == 1
        # A fault is told, MkDocs answers nothing until it is mended, and then the new page comes.
        good = source.read_text("utf-8")
        source.write_text(good.replace("{ #there }", "{ #thither }", 1), "utf-8")
        for _ in range(150):
            if "halves differ" in log.read_text():
                break
            time.sleep(0.2)
        assert "halves differ" in log.read_text()
        source.write_text(good.replace("改过的话", "又改过的话"), "utf-8")
        wait("又改过的话", "second/")
    finally:
        process.terminate()
        process.wait(20)


def test_stale_pages_leave_the_tree(project: Path, write: Write) -> None:
    write("third", "# 三 { #third }", "# Third { #third }")
    tree = generate(project, "http://x/").folder
    assert all((tree / language / "third.md").is_file() for language in LANGUAGES)
    (project / "docs/third.py").unlink()
    generate(project, "http://x/")
    assert not list(tree.rglob("third*"))


def test_no_npm_registry_is_said_plainly(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = project / ".cache/npm"
    if npm.is_symlink():
        npm.unlink()
    else:
        shutil.rmtree(npm, ignore_errors=True)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(PageError, match="first build needs the npm registry"):
        generate(project, "http://x/")
