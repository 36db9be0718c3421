"""Keeps examples/notebook.ipynb true: runs its cells and writes down what they show.

    python docs/notebook.py            write the outputs
    python docs/notebook.py --check    write nothing; exit with 1 where they are not what the cells show

A cell shows what it prints, and its last expression: as HTML where the value knows how, as Jupyter does.
"""

from __future__ import annotations

import ast
import json
import linecache
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples" / "notebook.ipynb"


def truth() -> str:
    """The notebook with the outputs of today."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for count, cell in enumerate(code, 1):
        cell["execution_count"] = count
        cell["outputs"] = list(_outputs("".join(cell["source"]), names, count))
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _outputs(source: str, names: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    name = f"cell {count}"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # so that reports can show its lines
    body = ast.parse(source).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(ast.Module(body, []), name, "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), name, "eval"), names)
    if printed.getvalue():
        yield {"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(keepends=True)}
    if value is not None:
        yield {"data": _shown(value), "execution_count": count, "metadata": {}, "output_type": "execute_result"}


def _shown(value: Any) -> dict[str, list[str]]:
    texts = {"text/plain": repr(value)}
    if hasattr(value, "_repr_html_"):
        texts["text/html"] = value._repr_html_()
    return {kind: text.splitlines(keepends=True) for kind, text in texts.items()}


def main() -> int:
    text = truth()
    if text == NOTEBOOK.read_text(encoding="utf-8"):
        return 0
    if "--check" not in sys.argv[1:]:
        NOTEBOOK.write_text(text, encoding="utf-8")
        return 0
    print(f"{NOTEBOOK} is not true")
    return 1


if __name__ == "__main__":
    sys.exit(main())
