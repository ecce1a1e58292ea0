"""Running pages: outputs in order, isolation, and a cache that runs exactly what changed."""

from __future__ import annotations

import functools
import json
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlnotes.errors import PageError
from dlnotes.site import execution
from dlnotes.site.execution import Executor, Profile, write_atomic
from dlnotes.site.pages import read, read_all

ROOT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file descriptors are handled otherwise there")


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[Executor]:
    """An executor over a copy of the package, which tests may edit."""
    package = tmp_path / "package"
    shutil.copytree(ROOT / "dlnotes", package / "dlnotes", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "dlnotes/clinic/one.py").write_text("X = 1\n")
    (package / "dlnotes/clinic/two.py").write_text("from dlnotes.clinic.one import X\n\nY = X + 1\n")
    past = os.stat(ROOT).st_mtime - 1000
    for path in package.rglob("*"):
        os.utime(path, (past, past))
    (tmp_path / "docs").mkdir()
    yield Executor(tmp_path / "docs", tmp_path / "cache", package=package, jobs=2)


def run(executor: Executor, code: str, write: Write) -> list[dict[str, object]]:
    execution = executor.run([read(write("page", "甲", "A", code), executor.docs)])["page"]
    return execution.outputs[-1]


def test_outputs_in_order(executor: Executor, write: Write) -> None:
    code = ("import subprocess, sys\nimport pandas as pd\nprint('first')\ndisplay(pd.DataFrame({'a': [1]}))\nprint('second')\n"
            "print('third')\n'last'")
    outputs = run(executor, code, write)
    assert [output["output_type"] for output in outputs] == ["stream", "display_data", "stream", "execute_result"]
    assert outputs[2]["text"] == "second\nthird\n" and "<table" in outputs[1]["data"]["text/html"]  # type: ignore[index]
    assert outputs[3]["data"]["text/plain"] == "'last'"  # type: ignore[index]


def test_a_figure_is_shown_once_and_where_it_is_shown(executor: Executor, write: Write) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('between')\nplt.plot([2, 1]);"
    outputs = run(executor, code, write)
    assert [output["output_type"] for output in outputs] == ["display_data", "stream", "display_data"]
    outputs = run(executor, "from dlnotes import figures\nfigures.convolution(5, 3)", write)
    assert len(outputs) == 1 and outputs[0]["data"]["image/svg+xml"].startswith("<svg")  # type: ignore[index]
    outputs = run(executor, "from dlnotes import figures\nfigures.lines({'loss': [1.0, 2.0]}, xlabel='step', ylabel='loss')", write)
    assert len(outputs) == 1


def test_output_of_child_processes_is_kept(executor: Executor, write: Write) -> None:
    assert "from a child" in str(run(executor, "import subprocess\nsubprocess.run(['echo', 'from a child'])\nNone", write))


def test_fresh_interpreters_give_the_same(executor: Executor, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where forking is not safe, as on macOS, every page starts Python anew."""
    code = ("import torch\nimport matplotlib.pyplot as plt\nfrom dlnotes.clinic.two import Y\n\ntorch.manual_seed(Y)\nprint(torch.get_num_threads())\n"
            "plt.plot([1, 2])\nplt.show()\ntorch.rand(2)")
    page = read(write("page", "甲 {{ 1 + 1 }}", "A {{ 1 + 1 }}", code), executor.docs)
    forked = executor.run([page])["page"]
    monkeypatch.setattr(execution, "_context", functools.partial(multiprocessing.get_context, "spawn"))
    other = Executor(executor.docs, executor.cache.parent / "other", package=executor.package, jobs=1)
    spawned = other.run([page])["page"]
    assert spawned.outputs == forked.outputs and spawned.values == forked.values
    assert spawned.provenance["seeds"] == forked.provenance["seeds"]
    # What it read was seen too, so that an edit makes it run again.
    (executor.package / "dlnotes/clinic/one.py").write_text("X = 2\n")
    assert other.stale([page]) == ["page"]


@pytest.mark.parametrize(("code", "message"), [
    ("x = 1\n1 / 0", r"(?s)page\.py:\d+: cell 3 failed.*1 / 0.*ZeroDivisionError"),
    ("import warnings\nwarnings.warn('old')", r"(?s)wrote to stderr.*UserWarning: old"),
    ("import sys\nprint('hm', file=sys.stderr)", "(?s)wrote to stderr.*hm"),
    ("import os\nos.write(2, b'from C')", "(?s)wrote to stderr.*from C"),
    ("import os\nos._exit(3)", "exit code 3"),
    ("if True print(1)", "SyntaxError"),
    ('# %% tags=["raises-exception"]\nprint(1)', "raised nothing"),
])
def test_faults_fail_every_time(code: str, message: str, executor: Executor, write: Write) -> None:
    page = read(write("page", "甲", "A", code), executor.docs)
    for _ in range(2):
        with pytest.raises(PageError, match=message):
            executor.run([page])


def test_a_fault_does_not_stop_the_others(executor: Executor, write: Write) -> None:
    write("bad", "甲", "A", "1 / 0")
    write("good", "甲", "A", "print(1)")
    pages = read_all(executor.docs)
    with pytest.raises(PageError, match="bad"):
        executor.run(pages)
    assert executor.stale(pages) == ["bad"]


def test_an_expected_exception_is_shown(executor: Executor, write: Write) -> None:
    outputs = run(executor, '# %% tags=["raises-exception"]\nprint("before")\nint("x")', write)
    assert [output["output_type"] for output in outputs] == ["stream", "error"]
    assert outputs[1]["traceback"] == ["ValueError: invalid literal for int() with base 10: 'x'"]


def test_expressions_are_evaluated_where_they_stand(executor: Executor, write: Write) -> None:
    write("page", "甲 {{ x }}", "A {{ x }}")
    path = executor.docs / "page.py"
    path.write_text("# %%\nx = 1\n\n" + path.read_text() + "\n# %%\nx = 2\n")
    assert executor.run([read(path, executor.docs)])["page"].values[1:3] == (["1"], ["1"])
    path.write_text(path.read_text().replace("{{ x }}", "{{ y }}"))
    with pytest.raises(PageError, match=r"the expression \{\{ y \}\} failed: NameError"):
        executor.run([read(path, executor.docs)])


def test_pages_do_not_see_each_other(executor: Executor, write: Write) -> None:
    write("a", "甲", "A", "import builtins, torch\nbuiltins.left = 1\ntorch.manual_seed(1)\nprint(torch.get_num_threads())")
    write("b", "甲", "A", "import builtins\nprint(hasattr(builtins, 'left'))")
    done = Executor(executor.docs, executor.cache, package=executor.package, jobs=1).run(read_all(executor.docs))
    assert done["a"].outputs[-1][0]["text"] == "1\n" and done["b"].outputs[-1][0]["text"] == "False\n"


def test_a_page_that_lists_a_folder_runs_again_when_a_file_joins_it(executor: Executor, write: Write) -> None:
    (executor.docs / "records").mkdir()
    write("page", "甲", "A", "from pathlib import Path\nprint(len(list(Path('records').glob('*.json'))))")
    pages = read_all(executor.docs)
    assert executor.run(pages)["page"].outputs[-1][0]["text"] == "0\n" and executor.stale(pages) == []
    (executor.docs / "records/one.json").write_text("{}")
    assert executor.stale(pages) == ["page"]
    assert executor.run(pages)["page"].outputs[-1][0]["text"] == "1\n"


def test_exactly_the_pages_that_used_a_module_run_again(executor: Executor, write: Write) -> None:
    write("uses_one", "甲", "A", "from dlnotes.clinic.one import X\nprint(X)")
    write("uses_two", "甲", "A", "from dlnotes.clinic.two import Y\nprint(Y)")
    write("uses_none", "甲", "A", "print(0)")
    pages = read_all(executor.docs)
    assert all(execution.fresh for execution in executor.run(pages).values())
    assert executor.stale(pages) == []
    assert not any(execution.fresh for execution in executor.run(pages).values())
    clinic = executor.package / "dlnotes/clinic"
    (clinic / "two.py").write_text("from dlnotes.clinic.one import X\n\nY = X + 10\n")
    assert executor.stale(pages) == ["uses_two"]
    assert executor.run(pages)["uses_two"].outputs[-1][0]["text"] == "11\n"
    (clinic / "one.py").write_text("X = 5\n")
    assert executor.stale(pages) == ["uses_one", "uses_two"]
    (executor.package / "dlnotes/errors.py").write_text("broken =")
    assert "uses_none" not in executor.stale(pages)


def test_files_that_a_page_reads_count_too(executor: Executor, write: Write) -> None:
    (executor.docs / "numbers.txt").write_text("1 2 3")
    os.utime(executor.docs / "numbers.txt", (1, 1))
    write("page", "甲", "A", "print(open('numbers.txt').read()); None".replace("open(", "__import__('pathlib').Path(").replace(".read()", ".read_text()"))
    pages = read_all(executor.docs)
    executor.run(pages)
    assert executor.stale(pages) == []
    (executor.docs / "numbers.txt").write_text("4")
    assert executor.stale(pages) == ["page"]


def test_prose_alternatives_and_profiles(executor: Executor, write: Write) -> None:
    pages = [read(write("page", "甲", "A", "print(1)"), executor.docs)]
    executor.run(pages)
    assert executor.stale([read(write("page", "乙", "B", "print(1)"), executor.docs)]) == []
    assert executor.stale([read(write("page", "甲", "A", "print(2)"), executor.docs)]) == ["page"]
    full = Executor(executor.docs, executor.cache.parent, Profile("full"), package=executor.package)
    assert full.stale(pages) == ["page"]
    with pytest.raises(PageError, match="unknown profile"):
        Profile("quik")


def test_a_damaged_result_is_made_again(executor: Executor, write: Write) -> None:
    pages = [read(write("page", "甲", "A", "print(1)"), executor.docs)]
    executor.run(pages)
    stored = executor.cache / "page.json"
    for damage in ("", "{", json.dumps({"key": "x"})):
        stored.write_text(damage)
        assert executor.run(pages)["page"].outputs[-1][0]["text"] == "1\n"


def test_a_page_that_never_ends(executor: Executor, write: Write) -> None:
    executor.timeout = 2
    with pytest.raises(PageError, match="still running after 2 s"):
        executor.run([read(write("page", "甲", "A", "import time\nwhile True: time.sleep(0.1)"), executor.docs)])


def test_provenance(executor: Executor, write: Write) -> None:
    code = "from dlnotes import data, training\ntraining.seed_everything(5)\ntraining.choose_device('cpu')\nlen(data.load('digits').train.labels)"
    made = executor.run([read(write("page", "甲", "A", code), executor.docs)])["page"].provenance
    assert made["seeds"] == [(5,)] and made["devices"][0][0] == "cpu" and made["data"][0][0] == "digits"
    assert made["profile"] == "quick" and "torch" in made["versions"]


def test_write_atomic(tmp_path: Path) -> None:
    path = tmp_path / "deep/file"
    assert write_atomic(path, "a") and not write_atomic(path, "a") and write_atomic(path, b"b")
    assert path.read_text() == "b" and [item.name for item in path.parent.iterdir()] == ["file"]
