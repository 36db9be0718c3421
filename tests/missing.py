"""What a row of the table lacks, in words that say what to write and where: for `tests/test_function_columns.py`, and for you."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mpmath
from mp import Mp
from test_domains import BY_MEANING, DEMANDING, ORDERS
from test_functions import WITHOUT_SYMBOLIC_DERIVATIVE, graph_of, smooth_points, text_of, variables_of

from diffcheck.engines.certified.disc import algebra as disc
from diffcheck.engines.certified.functions.implementations import implementation, refused
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import InternalError, UnsupportedError
from diffcheck.formats import FORMATS
from diffcheck.graph.build import read
from diffcheck.graph.code import IN_JAX
from diffcheck.graph.functions import ITSELF, NUMPY, SYMPY, Function, Named
from diffcheck.graph.graph import evaluate
from diffcheck.judgement.accuracy.measure import measurable
from diffcheck.judgement.accuracy.table import shipped

PAGE = Path(__file__).parent.parent / "docs" / "functions.md"


def missing(row: Function) -> list[str]:
    """What there is to do before a row is complete; the contract tests say whether it is right."""
    engines = [*_in_the_row(row), *_in_the_certified_engine(row), *_in_jax(row), *_in_sympy(row)]
    return engines or [*_in_the_tests(row), *_in_the_documents(row)]


def _in_the_row(row: Function) -> Iterator[str]:
    if not row.doc:
        yield "doc: what the function is, in a few words"
    if row.operator and row.binding is None:
        yield "binding: how tightly the operator binds"
    if not row.parameters and not row.latex:
        yield "latex: how a constant is written"
    if row.is_arithmetic and row.exactly is None:
        yield "exactly: what the function is of rationals"


def _in_the_certified_engine(row: Function) -> Iterator[str]:
    name, parameters = row.name, ", ".join(row.names)
    if row.column("ball") is not ITSELF:
        return
    try:
        found = implementation(name)
    except InternalError:
        yield (
            f"engines/certified: {name}(line, {parameters}) in composed.py, if it is made of power series, or {name}({parameters}) of "
            "complex boxes in special.py, if only its values are known; a method of arb_series with another name is a line of METHODS"
        )
        return
    has_boxes = found.of_boxes is not refused or name in disc.OWN or row.gives_condition or row.is_lazy or not row.names
    if not has_boxes:
        yield f"engines/certified/functions/continued.py: {name}({parameters}) of complex boxes, for the second route"


def _in_jax(row: Function) -> Iterator[str]:
    column = row.column("jax")
    if column is ITSELF and not _exists(NUMPY(row.name)):
        yield f"jax: jax.numpy has no {row.name}; name the function, SPECIAL({row.name!r}) say, or write LACKS"
    if isinstance(column, Named):
        if not _exists(column):
            yield f"jax: {column.module} has no {column.name}"
        elif column.module.startswith("diffcheck.") and column.name not in IN_JAX:
            yield f"graph/code.py: a line of IN_JAX that says how {column.name} is written with JAX alone"


def _in_sympy(row: Function) -> Iterator[str]:
    column = row.column("sympy")
    if column is ITSELF and not _exists(SYMPY(row.name)):
        yield f"sympy: SymPy has no {row.name}; name the function, SYMPY('…') or HEADS('…'), or write LACKS"
    if isinstance(column, Named) and not _exists(column):
        yield f"sympy: {column.module} has no {column.name}"


def _exists(named: Named) -> bool:
    try:
        named.load()
    except (AttributeError, ImportError):
        return False
    return True


def _in_the_tests(row: Function) -> Iterator[str]:
    try:
        point = smooth_points(row)[0]
    except AssertionError:
        yield "tests/test_functions.py: RANGES, in which the function is smooth at most points"
        return
    unsaid = {name for name in _without_derivative(row) if (row.name, name) not in WITHOUT_SYMBOLIC_DERIVATIVE}
    if unsaid:
        yield f"tests/test_functions.py: WITHOUT_SYMBOLIC_DERIVATIVE, why SymPy has no derivative by {', '.join(sorted(unsaid))}"
    if row.domain and len(row.names) > 1 and row.name not in ORDERS:
        yield "tests/test_domains.py: ORDERS, values for the other parameters at an end of the domain"
    if row.demands and row.name not in {text.partition("(")[0] for text, _ in [*DEMANDING, *BY_MEANING]}:
        yield "tests/test_domains.py: DEMANDING, an end for each regime of its demands"
    if row.parameters.endswith("…"):
        return
    try:
        evaluate(graph_of(row), Mp(), {name: mpmath.mpf(coordinate) for name, coordinate in point.items()})
    except (NotImplementedError, TypeError):
        yield "tests/mp.py: OWN, the function of mpmath that bears its values out"


def _without_derivative(row: Function) -> Iterator[str]:
    differentiator = Differentiator(read(text_of(row)))
    for name in variables_of(row):
        try:
            differentiator.derivative(name)
        except UnsupportedError:
            yield name


def _in_the_documents(row: Function) -> Iterator[str]:
    complete = (measured for (_, _, dtype), measured in shipped().items() if FORMATS[dtype].precision_bits >= 24)  # JAX refuses some
    if measurable(row) and any(row.name not in measured for measured in complete):
        yield f"judgement/accuracy/accuracy.toml: python -m diffcheck.judgement.accuracy {row.name}"
    if row.signature not in PAGE.read_text(encoding="utf-8") and not row.operator:
        yield "docs/functions.md: python docs/generate.py"
