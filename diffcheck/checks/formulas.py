"""Symbolic derivatives as text, LaTeX, Python or JAX code, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from diffcheck.checks.claimed import Layout
from diffcheck.checks.orders import Orders, of_a_vector
from diffcheck.engines.derivation import Names, Wanted
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import InputError
from diffcheck.graph.build import Problem, read
from diffcheck.graph.code import JaxCode, PythonCode, helpers_of
from diffcheck.graph.graph import Definition
from diffcheck.graph.text import Infix, Latex, derivative_text, identifier, latex_name, statements
from diffcheck.language.reading import read_back
from diffcheck.printable import quoted
from diffcheck.results import leibniz, wrt_and_order

Found = Mapping[Wanted, Definition]


def derivatives(text: str, of: str | None, wrt: Sequence[str] | None, notation: str, orders: Orders | None = None) -> str:
    """The derivatives of an expression in a notation, ready to print; of a vector those of each entry.

    Raises InputError for what cannot be read, UnsupportedError where SymPy leaves a derivative open.
    """
    problem, derivatives = wanted(text, of, wrt)
    if orders is not None and orders.of_a_number and problem.outputs:
        raise of_a_vector(problem)
    names = derivatives if orders is None else orders.of([each[0] for each in derivatives], "")
    found = {(k, each): derivative for k in range(len(problem.results)) for each, derivative in _of_one(problem, k, names)}
    if notation == "json":
        return _as_json(read_back(problem.program), found, problem.labels)
    if notation in ("python", "jax"):
        layout = Layout.of(len(problem.results), names) if orders is not None or problem.outputs else None
        return _as_code(found, layout, notation)
    style = Latex() if notation == "latex" else Infix()
    d = r"\partial" if len(problem.variables) > 1 else "d"
    lefts = (f"{_left(problem.shown_name + problem.labels[k], each, notation, d)} = " for k, each in found)
    return "".join(_as_mathematics(left, derivative, style) for left, derivative in zip(lefts, found.values(), strict=True))


def wanted(text: str, of: str | None, wrt: Sequence[str] | None) -> tuple[Problem, Sequence[Names]]:
    """What is to be differentiated, and the variables of each derivative. Raises InputError for what cannot be read."""
    problem = read(text, of)
    problem = problem.in_variables([name for derivative in wrt or problem.wrt for name in derivative.split()])
    derivatives = list(dict.fromkeys(tuple(derivative.split()) for derivative in wrt or problem.wrt or problem.variables))
    for name in chain.from_iterable(derivatives):
        if name not in problem.variables:
            raise InputError(f"the expression has no variable {quoted(name)}", f"Its variables: {', '.join(problem.variables)}.")
    return problem, derivatives


def _of_one(problem: Problem, output: int, names: Sequence[Names]) -> Iterator[tuple[Names, Definition]]:
    differentiator = Differentiator(problem.entry(output) if problem.outputs else problem)
    label = f"_{output}" if problem.outputs else ""
    for each in names:
        found = differentiator.derivative(*each)
        yield each, replace(found, name=f"f{label}{''.join(f'_{name}' for name in each)}") if label else found


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


def _as_json(read_as: str, found: Found, labels: Sequence[str]) -> str:
    entries = [_entry(" ".join(names), labels[k], derivative) for (k, names), derivative in found.items()]
    return json.dumps({"schema_version": 1, "read_as": read_as, "derivatives": entries}, indent=2, ensure_ascii=False) + "\n"


def _entry(name: str, output: str, derivative: Definition) -> dict[str, object]:
    written, chained = derivative_text(derivative, Infix())
    latex, _ = derivative_text(derivative, Latex())
    nodes = len(derivative.flat.nodes)
    entry = {"wrt": name, "text": written, "latex": latex, "chained": chained, "parameters": list(derivative.parameters), "nodes": nodes}
    return {**entry, "output": output} if output else entry


def _as_code(found: Found, layout: Layout | None, notation: str) -> str:
    """Functions that can be pasted into a file and run; the last one returns all of them, as nested lists or an array."""
    style = JaxCode() if notation == "jax" else PythonCode()
    functions: dict[str, None] = {}
    for derivative in found.values():
        functions |= dict.fromkeys(_functions(derivative, style))
    if layout is not None:
        functions[_whole(found, layout, style, is_array=notation == "jax")] = None
    code = "\n\n".join(functions)
    if notation == "python":
        code = "\n\n".join([*helpers_of(code), code])
    imports = [line for name, line in IMPORTS.items() if name in code]
    return "\n".join(imports) + "\n\n\n" * bool(imports) + code


def _whole(found: Found, layout: Layout, style: PythonCode, is_array: bool) -> str:
    """The function that returns all entries."""
    first = next(iter(found.values()))
    parameters = ", ".join(style.variable(name).text for name in first.parameters)
    calls = [f"{identifier(found[_known(wanted, found)].name)}({parameters})" for wanted in layout.wanted]
    width = layout.lengths[-1] if len(layout.lengths) > 1 else 0
    rows = [f"[{', '.join(calls[k : k + width])}]" for k in range(0, len(calls), width)] if width else calls
    listed = f"[{', '.join(rows)}]"
    name = layout.what.removeprefix("the ").lower()
    return f"def {name}({parameters}):\n    return {f'jnp.array({listed})' if is_array else listed}\n"


def _known(wanted: Wanted, found: Found) -> Wanted:
    """The derivative in the order of differentiation in which it was found."""
    output, names = wanted
    return wanted if wanted in found else (output, names[::-1])


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
