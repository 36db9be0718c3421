"""Symbolic derivatives as text, LaTeX, Python or JAX code, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import InputError
from diffcheck.graph.build import read
from diffcheck.graph.graph import Definition
from diffcheck.graph.text import Infix, Jax, Latex, Python, derivative_text, identifier, statements
from diffcheck.language.reading import read_back


def derivatives(text: str, of: str | None, wrt: Sequence[str] | None, notation: str) -> str:
    """The derivatives of an expression in a notation, ready to print.

    Raises InputError for what cannot be read, UnsupportedError where SymPy leaves a derivative open.
    """
    problem = read(text, of)
    for name in wrt or ():
        if name not in problem.variables:
            raise InputError(f"the expression has no variable {name!r}", f"Its variables: {', '.join(problem.variables) or 'none'}.")
    differentiator = Differentiator(problem)
    found = {name: differentiator.derivative(name) for name in wrt or problem.variables}
    if notation == "json":
        return _as_json(read_back(problem.program), found)
    if notation in ("python", "jax"):
        return _as_code(list(found.values()), notation)
    left = r"\frac{{\partial {}}}{{\partial {}}} = " if notation == "latex" else "d{}/d{} = "
    if notation == "latex" and len(found) == 1:
        left = ""  # one formula is more useful to paste without a left side
    style = Latex() if notation == "latex" else Infix()
    name = problem.shown_name
    return "".join(_as_mathematics(left.format(name, variable), derivative, style) for variable, derivative in found.items()) or "0\n"


def _as_mathematics(left: str, derivative: Definition, notation: Infix) -> str:
    written, chained = derivative_text(derivative, notation)
    return f"{written}\n" if chained else f"{left}{written}\n"


def _as_json(read_as: str, found: dict[str, Definition]) -> str:
    entries = [_entry(name, derivative) for name, derivative in found.items()]
    return json.dumps({"schema_version": 1, "read_as": read_as, "derivatives": entries}, indent=2, ensure_ascii=False) + "\n"


def _entry(name: str, derivative: Definition) -> dict[str, object]:
    written, chained = derivative_text(derivative, Infix())
    latex, _ = derivative_text(derivative, Latex())
    nodes = len(derivative.flat.nodes)
    return {"wrt": name, "text": written, "latex": latex, "chained": chained, "parameters": list(derivative.parameters), "nodes": nodes}


def _as_code(found: list[Definition], notation: str) -> str:
    """Functions that can be pasted into a file and run."""
    style = Jax() if notation == "jax" else Python()
    functions: dict[str, None] = {}
    for derivative in found:
        functions |= dict.fromkeys(_functions(derivative, style))
    code = "\n\n".join(functions)
    wanted = {
        "math": "import math",
        "jax.": "import jax",
        "jnp": "import jax.numpy as jnp",
        "automatic": "from diffcheck.engines import automatic",
        "custom_rules": "from diffcheck.engines import custom_rules",
    }
    imports = [line for name, line in wanted.items() if name in code]
    return "\n".join(imports) + "\n\n\n" * bool(imports) + code


def _functions(derivative: Definition, style: Python) -> list[str]:
    """One def for each definition, its named intermediates before its result."""
    found, body = [], list[str]()
    for statement in statements(derivative, style):
        if statement.parameters:
            lines = [*body, f"    return {statement.body}"]
            found.append(f"def {identifier(statement.name)}({', '.join(statement.parameters)}):\n" + "\n".join(lines) + "\n")
            body = []
        else:
            body.append(f"    {statement.name} = {statement.body}")
    return found
