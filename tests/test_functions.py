"""The contract of THE table: one generic test for each promise, parametrised over every row."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from flint import arb, arb_series

from diffcheck.enclosure import EXACT
from diffcheck.engines.certified import certify, scope
from diffcheck.engines.certified.functions.implementations import implementation
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.jax.program import Program
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.domains import Domain
from diffcheck.graph.functions import CONSTANTS, FUNCTIONS, ITSELF, LACKS, MEANT, ROWS, Function, Named, lookup, rows_named, spellings
from diffcheck.graph.graph import Graph, evaluate
from diffcheck.results import Status

UNIT_ROUNDOFF = 2.0**-53
PRECISION_BITS = 480
HALF_WIDTH = arb(2) ** -220  # so narrow that the hull of the slopes proves ten digits of them
CANDIDATES = 40
ENOUGH = 5

# Facts about single rows that the generic tests need. Every key is checked to be a row.

INTEGERS = {(row.name, literal.name): literal.tried[-2] for row in ROWS for literal in row.literals}
RANGES = {  # where to look for smooth points, if not in the row's domain cut to (-4, 4)
    ("zeta", "s"): (1.5, 6.0),  # JAX's zeta is Hurwitz's, for s > 1
    ("zeta", "a"): (0.5, 4.0),
    ("hyp1f1", "b"): (1.0, 4.0),
    ("hyp2f1", "c"): (1.0, 4.0),
    ("hyp2f1", "x"): (-0.9, 0.9),
    ("elliptic_f", "m"): (-0.9, 0.9),
    ("elliptic_einc", "m"): (-0.9, 0.9),
    ("elliptic_piinc", "m"): (-0.9, 0.9),
    ("elliptic_piinc", "n"): (-0.9, 0.9),
    ("uppergamma", "a"): (0.2, 4.0),
    ("uppergamma", "x"): (0.2, 4.0),
    ("expint", "x"): (0.2, 4.0),
    ("log1mexp", "x"): (0.1, 4.0),
    ("li", "x"): (1.2, 4.0),
    ("lambertwk", "x"): (-0.36, -0.01),
}
ULPS = {  # bounds of |JAX - ball| in units of u·(|f| + |x·f'|), where it exceeds 32
    "lgamma": 100,  # near its roots 1 and 2
    "hyp1f1": 512,  # JAX sums terms of both signs where x < 0
}
FINITE_OUTSIDE = {  # where JAX has a number though the function is not defined, and which one
    ("gammainc", "a", 0.0): "the limit 1",
    ("gammaincc", "a", 0.0): "the limit 0",
    ("betainc", "a", 0.0): "the limit 1",
    ("betainc", "b", 0.0): "the limit 0",
    ("Ci", "x", -0.5): "Ci(0.5), the real part of the complex function",
}
IN_THE_ORDER = "SymPy knows no derivative with respect to the order or a parameter"
MEIJER = "SymPy's derivative is a Meijer G-function"
STEPS = "SymPy leaves the derivative of a step function open"
WITHOUT_SYMBOLIC_DERIVATIVE = {  # (row, parameter) -> why SymPy has none
    ("heaviside", "at_zero"): STEPS,
    ("gammainc", "a"): MEIJER,
    ("gammaincc", "a"): MEIJER,
    ("uppergamma", "a"): MEIJER,
    ("lowergamma", "a"): MEIJER,
    ("betainc", "a"): IN_THE_ORDER,
    ("betainc", "b"): IN_THE_ORDER,
    ("besselj", "n"): IN_THE_ORDER,
    ("bessely", "n"): IN_THE_ORDER,
    ("besseli", "n"): IN_THE_ORDER,
    ("besselk", "n"): IN_THE_ORDER,
    **{(name, "n"): IN_THE_ORDER for name in ("legendre", "chebyshev_t", "chebyshev_u", "hermite", "laguerre")},
    ("hyp1f1", "a"): IN_THE_ORDER,
    ("hyp1f1", "b"): IN_THE_ORDER,
    **{("owens_t", name): "SymPy has no such function" for name in ("h", "a")},
    ("zeta", "s"): IN_THE_ORDER,
    ("polylog", "s"): IN_THE_ORDER,
    ("hyp2f1", "a"): IN_THE_ORDER,
    ("hyp2f1", "b"): IN_THE_ORDER,
    ("hyp2f1", "c"): IN_THE_ORDER,
}


def text_of(row: Function) -> str:
    """An expression in the language that is this row applied to its parameters."""
    names = [str(INTEGERS.get((row.name, name), name)) for name in row.names]
    if row.conditions:
        wanted = len(names) if row.conditions == "all" else 1
        names[:wanted] = [f"({name} > 0)" for name in names[:wanted]]
    if not row.parameters:
        return f"min(x, {row.name})"
    if not row.operator:
        applied = f"{row.name}({', '.join(names)})"
    else:
        applied = f"{row.operator} {names[0]}" if len(names) == 1 else f"({names[0]}) {row.operator} ({names[1]})"
    return f"where({applied}, 1, 0)" if row.gives_condition else applied


def variables_of(row: Function) -> list[str]:
    return [name for name in row.names if (row.name, name) not in INTEGERS] or ["x"]


def graph_of(row: Function) -> Graph:
    return read(text_of(row)).target.flat


def domain_of(row: Function, name: str) -> Domain:
    domains = dict(zip(row.names, row.domain, strict=False))
    return domains.get(name, Domain())


def range_of(row: Function, name: str) -> tuple[float, float]:
    domain = domain_of(row, name)
    lower = -4.0 if domain.lower is None else float(domain.lower)
    upper = 4.0 if domain.upper is None else float(domain.upper)
    return RANGES.get((row.name, name), (lower, max(upper, lower + 4) if domain.upper is None else upper))


@cache
def smooth_points(row: Function) -> tuple[dict[str, float], ...]:
    """Seeded points at which the certified engine proves the function smooth in all its variables."""
    generator = random.Random(row.name)
    graph, variables = graph_of(row), variables_of(row)
    points: list[dict[str, float]] = []
    for _ in range(CANDIDATES):
        point = {name: generator.uniform(*range_of(row, name)) for name in variables}
        if all(certify(graph, point, name).status is Status.SMOOTH for name in variables):
            points.append(point)
        if len(points) == ENOUGH:
            return tuple(points)
    raise AssertionError(f"only {len(points)} smooth points found for {text_of(row)}")


each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
each_jax_row = pytest.mark.parametrize("row", [row for row in ROWS if row.column("jax") is not LACKS], ids=lambda row: row.name)


def jax_values(row: Function, points: Sequence[dict[str, float]]) -> np.ndarray:
    variables = variables_of(row)
    columns = {name: np.array([point[name] for point in points]) for name in variables}
    found = Program(graph_of(row), variables, (), {}, "float64", False).run(columns)["primal"]
    if isinstance(found, UnsupportedError):
        raise found
    return found


@each_jax_row
def test_jax_computes_the_function_that_the_ball_encloses(row: Function) -> None:
    points = smooth_points(row)
    graph = graph_of(row)
    for point, value in zip(points, jax_values(row, points), strict=True):
        proofs = {name: certify(graph, point, name) for name in point}
        true = next(iter(proofs.values())).value
        scale = abs(float(true)) + sum(abs(point[name] * float(proof.derivative)) for name, proof in proofs.items())
        error = abs(float(EXACT.subtract(Decimal(float(value)), true.midpoint)))
        assert error <= ULPS.get(row.name, 32) * UNIT_ROUNDOFF * scale, (point, value, float(true), error / UNIT_ROUNDOFF / scale)


@each_row
def test_the_series_contains_every_secant_slope(row: Function) -> None:
    """Mean value theorem: (F(b) - F(a))/(b - a) lies in the hull of F' over [a, b]. No formula for F' is needed."""
    with scope(PRECISION_BITS):
        for point in smooth_points(row)[:3]:
            for name in variables_of(row):
                secant, slope = secant_and_slope(graph_of(row), point, name)
                assert secant.is_finite(), (point, name)
                assert slope.overlaps(secant), (point, name, slope, secant)
                assert slope.rad() < abs(slope).mid() * 2**-20 + 2**-20, (point, name, slope)


@each_row
def test_values_on_a_disc_confirm_the_series(row: Function) -> None:
    """The second route has every function of the table; at a jump of the slope close by it may find no disc."""
    for name in variables_of(row):
        proofs = [certify(graph_of(row), point, name) for point in smooth_points(row)]
        assert sum(proof.confirmed for proof in proofs) >= ENOUGH - 1, name


def secant_and_slope(graph: Graph, point: dict[str, float], name: str) -> tuple[arb, arb]:
    """The slope between two points close to a point, and the hull of the slopes between them."""
    exact = {other: arb(coordinate) for other, coordinate in point.items()}
    ends = [evaluate(graph, POINT, {**exact, name: exact[name] + end}) for end in (-HALF_WIDTH, HALF_WIDTH)]
    line = Line(2)
    hull = evaluate(graph, line, {**exact, name: line.variable(exact[name] + arb(0, HALF_WIDTH), 1)})
    return (arb(ends[1]) - arb(ends[0])) / (2 * HALF_WIDTH), hull[1] if isinstance(hull, arb_series) else arb(0)


def points_outside() -> Iterator[tuple[Function, str, float]]:
    for row in ROWS:
        for name, domain in zip(row.names, row.domain, strict=False):
            if domain.pole is not None:
                yield row, name, float(domain.pole)
            if domain.poles_go_on:
                yield row, name, float(domain.pole or 0) - 2
            if domain.lower is not None:
                yield row, name, float(domain.lower) - 0.5
            if domain.upper is not None:
                yield row, name, float(domain.upper) + 0.5
            if not domain.closed and domain.pole is None:
                yield from ((row, name, float(end)) for end in (domain.lower, domain.upper) if end is not None)


@pytest.mark.parametrize(("row", "name", "coordinate"), list(points_outside()), ids=lambda part: getattr(part, "name", str(part)))
def test_outside_its_domain_a_function_is_undefined_and_jax_gives_no_number(row: Function, name: str, coordinate: float) -> None:
    if (row.name, name) in INTEGERS:
        return
    point = {**smooth_points(row)[0], name: coordinate}
    assert certify(graph_of(row), point, name).status is Status.UNDEFINED
    if row.column("jax") is not LACKS:
        value = float(jax_values(row, [point])[0])
        assert np.isfinite(value) == ((row.name, name, coordinate) in FINITE_OUTSIDE), value


@each_row
def test_sympy_derivatives_convert_back_into_the_table(row: Function) -> None:
    problem = read(text_of(row))
    differentiator = Differentiator(problem)
    lacking = set()
    for name in variables_of(row):
        try:
            derivative = differentiator.derivative(name)
        except UnsupportedError:
            lacking.add(name)
        else:
            assert derivative.flat.functions <= set(FUNCTIONS)
    assert lacking == {name for other, name in WITHOUT_SYMBOLIC_DERIVATIVE if other == row.name}


KINKS = [(row, kink) for row in ROWS for kink in row.kinks]


@pytest.mark.parametrize(("row", "kink"), KINKS, ids=lambda part: getattr(part, "name", None) or f"at{part.at}")
def test_at_a_kink_the_slopes_are_the_declared_ones(row: Function, kink) -> None:
    graph = graph_of(row) if not row.defaults else read(f"{row.name}(x)").target.flat
    proof = certify(graph, {"x": float(kink.at)}, "x")
    assert proof.status is Status.KINK
    for enclosure, declared in ((proof.left, kink.left), (proof.right, kink.right)):
        assert abs(Fraction(enclosure.midpoint) - declared) <= Fraction(enclosure.radius)
        assert enclosure.radius < Decimal("1e-30")
    columns = {"x": np.array([float(kink.at)])}
    found = Program(graph, ("x",), [("x",)], {}, "float64", False).run(columns)
    least, greatest = sorted((float(kink.left), float(kink.right)))
    for slope in (found["forward:x"][0], found["reverse:x"][0]):
        assert least - 1e-15 <= slope <= greatest + 1e-15


@each_row
def test_every_column_resolves(row: Function) -> None:
    for engine, home in (("jax", "jax.numpy"), ("jax_forward", "jax.numpy"), ("sympy", "sympy")):
        column = row.column(engine)
        if column not in (LACKS, MEANT):
            found = (column if isinstance(column, Named) else Named(home, row.name)).load()
            assert callable(found) or not row.parameters
    assert implementation(row.name).weight or row.column("ball") is not ITSELF


def test_a_row_without_a_ball_says_what_it_means() -> None:
    assert all(row.column("ball") is not LACKS for row in ROWS)


def test_names_are_unique_and_a_spelling_means_one_row_for_each_number_of_arguments() -> None:
    assert len(FUNCTIONS) == len(ROWS)
    for name in spellings():
        for count in range(1, 6):
            assert sum(row.accepts(count) for row in rows_named(name)) <= 1, (name, count)
    constants = {name for row in CONSTANTS for name in (row.name, *row.aliases)}
    assert not constants & spellings()


@each_row
def test_a_meaning_does_not_lead_back_to_itself(row: Function) -> None:
    if row.meaning:
        assert row.name not in read(row.meaning).target.flat.functions


@pytest.mark.parametrize("facts", [INTEGERS, RANGES, WITHOUT_SYMBOLIC_DERIVATIVE], ids=["integers", "ranges", "sympy"])
def test_exceptions_are_made_for_rows_that_exist(facts: dict) -> None:
    for name, parameter in facts:
        assert parameter in FUNCTIONS[name].names


ASKED_FOR = re.findall(
    r"\w+",
    """
    sin cos tan sec csc cot asin acos atan asec acsc acot atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log ln log2 log10
    log1p sqrt cbrt hypot abs sign floor ceil mod max min clip where heaviside gamma lgamma digamma polygamma beta erf erfc erfinv
    besselj0 besselj1 i0 i1 zeta lambertw sinc relu relu6 leaky_relu elu celu selu gelu silu swish softplus sigmoid log_sigmoid mish
    softsign hard_tanh hard_sigmoid logaddexp xlogy
""",
)


@pytest.mark.parametrize("name", ASKED_FOR)
def test_a_function_that_was_asked_for_has_a_row(name: str) -> None:
    row = rows_named(name)[0]
    assert lookup(name, len(row.names)) is row


def test_piecewise_is_read_as_where() -> None:
    assert read("piecewise((x, x > 0), 0)").target.flat.functions == {"where", "greater"}
