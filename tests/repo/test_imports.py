"""Imports go one way only, and nothing in the package can execute what it reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "netcc"
GENERATED = {"caffe_pb2.py", "weights_pb2.py"}

ORDER = [
    "types",
    "version",
    "errors",
    "atomic",
    "arrays",
    "columns",
    "blob",
    "zoo",
    "prototxt",
    "schema",
    "fillers",
    "layers",
    "ir",
    "kernels",
    "targets",
    "passes",
    "plan",
    "compiler",
    "runtime",
    "solver",
    "deploy",
    "report",
    "draw",
    "compiled",
    "emit",
    "pycaffe",
    "cli",
]
"""Each room may import those before it."""

DATA_STANDS_ON = {"types", "errors", "atomic", "schema", "data"}
MAY_READ_DATA = {"data", "runtime", "report", "solver", "compiled", "pycaffe", "cli"}
HELPERS_STAND_ON = {*ORDER[: ORDER.index("layers") + 1], "testing"}

FILES = sorted(PACKAGE.rglob("*.py"))


def allowed(room: str) -> set[str]:
    if room == "data":
        return DATA_STANDS_ON
    if room == "testing":
        return HELPERS_STAND_ON
    before = set(ORDER[: ORDER.index(room) + 1])
    return before | {"data"} if room in MAY_READ_DATA else before


def imported(tree: ast.AST) -> set[str]:
    """The full names of all modules that the code imports anywhere, functions and type checking included."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add(node.module or "")
            names.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "netcc")
    return names


def rooms(tree: ast.AST) -> set[str]:
    return {name.split(".")[1] for name in imported(tree) if name.startswith("netcc.")}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def identifier(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    "path", [file for file in FILES if file.parent != PACKAGE or file.stem[0] != "_"], ids=identifier
)
def test_a_file_imports_only_rooms_below_its_own(path: Path) -> None:
    upward = rooms(ast.parse(path.read_text(encoding="utf-8"))) - allowed(room_of(path))
    assert not upward, f"{identifier(path)} imports {sorted(upward)}"


def test_the_public_package_imports_only_small_rooms_at_once() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    at_once = rooms(ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], []))
    assert at_once <= {"errors", "types", "version"}


def test_an_upward_import_would_be_seen() -> None:
    inside_function = ast.parse("def f():\n    from netcc.cli import main")
    assert rooms(inside_function) - allowed("runtime") == {"cli"}
    assert rooms(ast.parse("from netcc import solver")) - allowed("runtime") == {"solver"}


@pytest.mark.parametrize("path", [file for file in FILES if file.name not in GENERATED], ids=identifier)
def test_nothing_can_execute_what_it_reads(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {name.split(".")[0] for name in imported(tree)}
    assert not modules & {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "code"}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"eval", "exec", "compile", "__import__"}
