"""The shape of the house: import arrows, exact `__all__`, a light import."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import dlnotes
from dlnotes import errors
from dlnotes.exercises.reading import FOLDERS

ROOT = Path(dlnotes.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py"))
MODULES = [".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__") for path in FILES]

# Each part of the package, and the parts that it may import besides itself. Imports point one way.
ARROWS = {
    "errors": set(),
    "layers": {"errors"},
    "models": {"errors"},
    "data": {"errors"},
    "training": {"errors"},
    "receptive": set(),
    "summary": {"errors", "receptive"},
    "figures": {"errors", "layers", "summary"},
    "glossary": {"errors"},
    "recipes": {"data", "errors", "models", "training"},
    "comparison": {"data", "errors", "models", "recipes", "summary", "training"},
    "exercises": {"errors", "models", "summary"},
    "clinic": {"data", "errors", "figures", "layers", "models", "summary", "training"},
    "cli": {"clinic", "comparison", "data", "errors", "exercises", "figures", "glossary", "models", "recipes", "summary", "training"},
    "site": {
        "clinic",
        "comparison",
        "data",
        "errors",
        "exercises",
        "figures",
        "glossary",
        "layers",
        "models",
        "recipes",
        "summary",
        "training",
    },
}
# Third-party modules a part may import at the top of its files; anything else it needs is imported where it is used.
ALONE = {"layers": {"torch"}, "models": {"torch"}, "errors": set(), "glossary": {"yaml"}}


def imports(path: Path, *, top_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the arrow"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "dlnotes" else {str(node.module)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if part == "__init__":
        assert not [name for name in imports(path) if not name.startswith("__future__")]
        return
    own = {name.split(".")[1] for name in imports(path) if name.startswith("dlnotes.")} - {"__version__"}
    assert own <= ARROWS[part] | {part}
    assert not [name for name in imports(path) if name.partition(".")[0] in ("docs", "tests")]
    outside = {name.partition(".")[0] for name in imports(path, top_only=True)} - set(sys.stdlib_module_names) - {"dlnotes"}
    if part in ALONE:
        assert outside <= ALONE[part]
    if part == "models" and path.name != "__init__.py":
        assert not own, "a model file stands alone"
    if part == "site":
        assert "mkdocs" not in outside or path.name in ("hooks.py", "incremental.py")


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith(("site.hooks",))])
def test_all_is_exact(name: str) -> None:
    module = importlib.import_module(name)
    public = getattr(module, "__all__", None)
    if public is None:
        assert name == "dlnotes.site" or name.removeprefix("dlnotes.exercises.") in FOLDERS, f"{name} has no __all__"
        return
    assert list(public) == sorted(public, key=lambda item: (not item.isupper(), not item[0].isupper(), item)), "sorted as ruff sorts it"
    assert len(public) == len(set(public)) and all(hasattr(module, item) for item in public)
    own = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == name and (inspect.isclass(value) or inspect.isfunction(value))
    }
    documented = {key for key in own if key in public}
    assert all(inspect.getdoc(getattr(module, key)) for key in documented), "every public name has a docstring"


def test_errors_share_one_root() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.DlnotesError)
    assert issubclass(errors.ConfigError, ValueError) and issubclass(errors.DataError, OSError)
    error = errors.UnknownNameError("term", "kernal", ["kernel", "stride"])
    assert error.nearest == "kernel" and "Did you mean 'kernel'" in str(error)
    assert errors.UnknownNameError("term", "xyz", [str(number) for number in range(99)]).nearest is None


def test_the_command_answers_without_torch() -> None:
    program = "import sys, dlnotes.cli; print([name for name in ('torch', 'numpy', 'matplotlib') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_importing_figures_changes_no_setting() -> None:
    program = "import matplotlib; before = dict(matplotlib.rcParams); import dlnotes.figures; assert dict(matplotlib.rcParams) == before"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_every_page_depends_on_is_little() -> None:
    program = "import sys, dlnotes.site.kernel; print(sorted(name for name in sys.modules if name.startswith('dlnotes.')))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['dlnotes.figures', 'dlnotes.figures.style', 'dlnotes.site', 'dlnotes.site.kernel']"
