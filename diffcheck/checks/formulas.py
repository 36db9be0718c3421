"""Symbolic derivatives as text, LaTeX, Python or JAX code, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain

from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import InputError
from diffcheck.graph.build import Problem, read
from diffcheck.graph.code import JaxCode, PythonCode, helpers_of
from diffcheck.graph.graph import Definition
from diffcheck.graph.text import Infix, Latex, derivative_text, identifier, latex_name, statements
from diffcheck.language.reading import read_back
from diffcheck.printable import quoted
from diffcheck.results import leibniz, wrt_and_order


def derivatives(text: str, of: str | None, wrt: Sequence[str] | None, notation: str) -> str:
    """The derivatives of an expression in a notation, ready to print.

    Raises InputError for what cannot be read, UnsupportedError where SymPy leaves a derivative open.
    """
    problem, derivatives = wanted(text, of, wrt)
    differentiator = Differentiator(problem)
    found = {" ".join(names): differentiator.derivative(*names) for names in derivatives}
    if notation == "json":
        return _as_json(read_back(problem.program), found)
    if notation in ("python", "jax"):
        return _as_code(list(found.values()), notation)
    style = Latex() if notation == "latex" else Infix()
    d = r"\partial" if len(problem.variables) > 1 else "d"
    lefts = (f"{_left(problem.shown_name, names, notation, d)} = " for names in derivatives)
    return "".join(_as_mathematics(left, derivative, style) for left, derivative in zip(lefts, found.values(), strict=True))


def wanted(text: str, of: str | None, wrt: Sequence[str] | None) -> tuple[Problem, list[tuple[str, ...]]]:
    """What is to be differentiated, and the variables of each derivative. Raises InputError for what cannot be read."""
    problem = read(text, of)
    problem = problem.in_variables([name for derivative in wrt or problem.wrt for name in derivative.split()])
    derivatives = list(dict.fromkeys(tuple(derivative.split()) for derivative in wrt or problem.wrt or problem.variables))
    for name in chain.from_iterable(derivatives):
        if name not in problem.variables:
            raise InputError(f"the expression has no variable {quoted(name)}", f"Its variables: {', '.join(problem.variables)}.")
    return problem, derivatives


def _left(name: str, names: Sequence[str], notation: str, d: str) -> str:
    if notation != "latex":
        return leibniz(name, *wrt_and_order(names))
    power = f"^{len(names)}" if len(names) > 1 else ""
    below = " ".join(f"{d} {latex_name(variable)}" for variable in names)
    return rf"\frac{{{d}{power} {name}}}{{{below}}}"


def symbols(problem: Problem, names: Sequence[str]) -> tuple[str, str]:
    """A derivative in Leibniz's notation, as text and as LaTeX."""
    d = r"\partial" if len(problem.variables) > 1 else "d"
    return _left(problem.shown_name, names, "text", d), _left(problem.shown_name, names, "latex", d)


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
    style = JaxCode() if notation == "jax" else PythonCode()
    functions: dict[str, None] = {}
    for derivative in found:
        functions |= dict.fromkeys(_functions(derivative, style))
    code = "\n\n".join(functions)
    if notation == "python":
        code = "\n\n".join([*helpers_of(code), code])
    imports = [line for name, line in IMPORTS.items() if name in code]
    return "\n".join(imports) + "\n\n\n" * bool(imports) + code


IMPORTS = {
    "math.": "import math",
    "jax.": "import jax",
    "jnp.": "import jax.numpy as jnp",
    "jax.scipy.": "import jax.scipy.special",
}


def _functions(derivative: Definition, style: PythonCode) -> list[str]:
    """One def for each definition, its named intermediates before its result."""
    found, body = [], list[str]()
    for statement in statements(derivative, style):
        if statement.parameters:
            parameters = ", ".join(style.variable(name).text for name in statement.parameters)
            lines = [f"def {identifier(statement.name)}({parameters}):", *body, f"    return {statement.body}"]
            found.append("\n".join(lines) + "\n")
            body = []
        else:
            body.append(f"    {statement.name} = {statement.body}")
    return found
