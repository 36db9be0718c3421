"""The rules of docs/contributing.md hold: style, types, floors, sizes, and that no text of a user's is ever run as code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "diffcheck").rglob("*.py"))
DATA = ("accuracy.toml", "grammar.lark", "page.html", "py.typed", "steps.html", "tangent.html", "tangent.js")


def _commands() -> list[str]:
    """The checks that docs/contributing.md lists, but those that run the tests or write."""
    text = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    block = text.partition("## Checks")[2].partition("```sh\n")[2].partition("```")[0]
    return [command for command in block.splitlines() if not command.startswith("python ")]


def test_contributing_lists_the_checks() -> None:
    assert [command.split()[0] for command in _commands()] == ["ruff", "mypy", "lint-imports"]


@pytest.mark.parametrize("command", _commands())
def test_a_check_of_contributing_passes(command: str) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(command.split(), cwd=ROOT, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# Sizes


def _functions() -> Iterator[tuple[str, int]]:
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                yield f"{path.relative_to(ROOT)}: {node.name}", node.end_lineno - node.lineno + 1 - _documentation(node)


def test_a_class_name_stands_for_one_thing() -> None:
    where: dict[str, list[str]] = {}
    for path in MODULES:
        for node in _tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    twice = {name: files for name, files in where.items() if len(files) > 1}
    assert not twice, twice


def _documentation(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a docstring but its first: explaining arguments and errors must not make a function long."""
    first = node.body[0]
    has_docstring = ast.get_docstring(node) is not None and first.end_lineno is not None
    return (first.end_lineno or 0) - first.lineno if has_docstring else 0


def test_nine_functions_in_ten_are_within_20_lines() -> None:
    sizes = dict(_functions())
    long = {name: size for name, size in sizes.items() if size > 20}
    assert len(sizes) > 400
    assert len(long) <= len(sizes) / 10, long


def test_no_function_is_longer_than_40_lines() -> None:
    assert {name: size for name, size in _functions() if size > 40} == {}


def test_files_are_within_400_lines() -> None:
    sizes = {path.relative_to(ROOT / "diffcheck").as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > 400} == {}


# What must not be in the package


def test_no_text_is_ever_run_as_code() -> None:
    """Neither Python's ways nor SymPy's, which go through eval: an expression of a user's is only ever parsed by the language."""
    banned = {"eval", "exec", "compile", "sympify", "parse_expr", "lambdify", "__import__", "S"}
    calls = [(path, node) for path in MODULES for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    assert [f"{path.relative_to(ROOT)}:{node.lineno}" for path, node in calls if _called(node) in banned] == []


def test_the_search_for_code_that_runs_text_finds_it() -> None:
    calls = [node for node in ast.walk(ast.parse("eval(x); sympy.sympify(x); f(x)(y); re.compile(x)")) if isinstance(node, ast.Call)]
    assert {_called(node) for node in calls} >= {"eval", "sympify", "f", "re.compile"}


def test_settings_of_libraries_are_not_touched_on_import() -> None:
    """No call at the top of a module sets something for the whole process."""
    for path in MODULES:
        for statement in _tree(path).body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                assert _called(statement.value) == "relu.defvjp", f"{path.relative_to(ROOT)}:{statement.lineno}"


def test_the_package_is_typed_and_complete() -> None:
    """What is no Python must be shipped too."""
    assert {path.name for path in (ROOT / "diffcheck").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")} == set(DATA)


def test_no_text_is_without_a_licence() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _called(node: ast.Call) -> str:
    """The name of what is called; re.compile and a method of something else keep what they belong to."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        return node.func.attr if owner in ("sympy", "builtins", "") else f"{owner}.{node.func.attr}"
    return ""
