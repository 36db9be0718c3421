"""The contract of THE table, a test a column: what a column says is true of every row, and nothing is missing from a new one."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import pytest
from flint import arb, arb_series, fmpq
from missing import missing
from test_functions import INTEGERS, RANGES, each_row, graph_of, smooth_points, text_of, variables_of

from diffcheck.engines.certified import certify, enclose_value, scope
from diffcheck.engines.certified.functions.implementations import implementation
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.values import Trouble, TroubleKind, is_finite
from diffcheck.errors import ExpressionError, UnsupportedError
from diffcheck.graph import limits
from diffcheck.graph.build import read
from diffcheck.graph.code import HELPERS, in_standard_library
from diffcheck.graph.domains import Demand
from diffcheck.graph.functions import FUNCTIONS, LACKS, ROWS, DecidesBy, Function
from diffcheck.graph.graph import GraphBuilder
from diffcheck.graph.text import Infix, Latex, latex_name, one_line
from diffcheck.results import Status
from diffcheck.suites.fpcore_table import FUNCTIONS as OF_FPCORE

BITS = 128
SOME = [Fraction(p, q) for p, q in ((-7, 3), (-2, 1), (-1, 2), (0, 1), (1, 3), (1, 1), (5, 2), (4, 1))]
TIES = (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0)
NOTHING = Trouble(TroubleKind.UNDEFINED, "nothing")


def rows_with(column: str) -> pytest.MarkDecorator:
    """Parametrises over the rows whose column says something."""
    rows = [row for row in ROWS if getattr(row, column)]
    assert rows, column
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


each_number = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.parameters and not row.gives_condition and not row.conditions], ids=lambda row: row.name
)
each_alone = pytest.mark.parametrize("row", [row for row in ROWS if row.names == ("x",) and not row.conditions], ids=lambda row: row.name)


def tuples(row: Function) -> list[tuple[Fraction, ...]]:
    """Rational arguments, as many as the row takes."""
    counts = (1, 2) if row.parameters.endswith("…") else (len(row.names),)
    return [arguments for count in counts for arguments in itertools.product(SOME, repeat=count)]


def at(row: Function, arguments: tuple[Fraction, ...]) -> Any:
    with scope(BITS):
        return POINT.apply(row, [arb(fmpq(q.numerator, q.denominator)) for q in arguments])


# Nothing is missing


@each_row
def test_nothing_is_missing(row: Function) -> None:
    assert missing(row) == []


def as_if_in_the_table(monkeypatch: pytest.MonkeyPatch, row: Function) -> Function:
    monkeypatch.setitem(FUNCTIONS, row.name, row)
    return row


def test_a_new_row_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = as_if_in_the_table(monkeypatch, Function("gudermann", "", "x"))
    assert [sentence.partition(":")[0] for sentence in missing(row)] == ["doc", "engines/certified", "jax", "sympy"]
    assert "gudermann(line, x) in composed.py" in missing(row)[1]


def test_a_row_with_a_meaning_is_told_what_tests_and_documents_want(monkeypatch: pytest.MonkeyPatch) -> None:
    row = as_if_in_the_table(monkeypatch, Function("gudermann2", "gd(x)", meaning="2*atan(tanh(x/2))", demands=(Demand("…", "x"),)))
    monkeypatch.setattr("missing.smooth_points", lambda _: [{"x": 1.0}])
    monkeypatch.setattr("missing.text_of", lambda _: "atan(x)")
    monkeypatch.setattr("missing.graph_of", lambda _: graph_of(FUNCTIONS["atan"]))
    places = [sentence.partition(": ")[::2] for sentence in missing(row)]
    assert [place for place, _ in places] == ["tests/test_domains.py", "judgement/accuracy/accuracy.toml", "docs/functions.md"]
    assert places[1][1] == "python -m diffcheck.judgement.accuracy gudermann2"


# Where it has values, and what its graph is like


@each_alone
def test_only_what_may_jump_jumps(row: Function) -> None:
    statuses = [certify(graph_of(row), {"x": x}, "x").status for x in TIES]
    parts = [row, *(FUNCTIONS[name] for name in row.words if name in FUNCTIONS)]
    if not any(part.may_jump for part in parts) and not row.gives_condition:
        assert Status.JUMP not in statuses
    elif row.may_jump:
        assert Status.JUMP in statuses


@each_alone
def test_a_step_is_flat_between_its_jumps_and_nothing_else_is(row: Function) -> None:
    slopes = [certify(graph_of(row), point, "x").derivative for point in smooth_points(row)]
    is_flat = all(slope is not None and slope.midpoint == 0 and slope.radius == 0 for slope in slopes)
    assert is_flat == (row.is_step or row.gives_condition)


@rows_with("decides_by")
def test_at_a_tie_it_is_not_smooth_and_beside_it_it_is(row: Function) -> None:
    names = variables_of(row)
    tie = dict.fromkeys(names, {DecidesBy.SIGN: 0.0, DecidesBy.DIFFERENCE: 1.5, DecidesBy.WHOLE: 2.0}[row.decides_by])
    text = text_of(row) if not row.parameters.endswith("…") else f"{row.name}(x, y)"
    graph = read(text).target.flat
    point = {name: tie.get(name, 1.5) for name in graph.variables}
    assert certify(graph, point, names[0]).status in (Status.KINK, Status.JUMP)
    assert certify(graph, {**point, names[0]: point[names[0]] + 0.25}, names[0]).status is Status.SMOOTH


@rows_with("lipschitz")
def test_no_difference_is_magnified_beyond_the_lipschitz_constant(row: Function) -> None:
    assert row.exactly is not None
    assert row.lipschitz is not None
    for u, v in itertools.product(tuples(row), repeat=2):
        if len(u) != len(v):
            continue
        difference = abs(row.exactly(*u) - row.exactly(*v))
        assert difference <= row.lipschitz * max(abs(a - b) for a, b in zip(u, v, strict=True))


# What it takes and gives


@each_row
def test_a_condition_is_no_number_and_a_number_no_condition(row: Function) -> None:
    if row.gives_condition:
        inside = text_of(row).removeprefix("where(").removesuffix(", 1, 0)")
        with pytest.raises(ExpressionError, match="this is a condition, not a number"):
            read(f"sin({inside})")
    if row.conditions:
        with pytest.raises(ExpressionError, match="a condition is needed here"):
            read(text_of(row).replace(" > 0)", " + 0)"))


@rows_with("literals")
def test_a_literal_is_one_of_the_integers_tried_and_nothing_else(row: Function) -> None:
    for literal in row.literals:
        others = [name for name in row.names if name != literal.name]
        for n in literal.tried:
            text = text_of(row).replace(str(INTEGERS[row.name, literal.name]), f"({n})", 1)
            lower, upper = RANGES.get((row.name, others[0]), (0.25, 4.0))
            assert certify(read(text).target.flat, {others[0]: (lower + upper) / 2}, others[0]).status is Status.SMOOTH, text
        point = [arb(0.75) if name != literal.name else arb(2.5) for name in row.names]
        assert in_jax_or_proved_undefined(row, point), literal


def in_jax_or_proved_undefined(row: Function, point: list[arb]) -> bool:
    """Whether a fraction where a literal should be is refused: by JAX, or since the function has no value there."""
    if row.column("jax") is LACKS:
        return isinstance(POINT.apply(row, point), Trouble)
    function: Any = row.column("jax")
    with pytest.raises(UnsupportedError, match="JAX wants an integer"):
        function.load()(*map(float, point))
    return True


@each_row
def test_only_what_is_lazy_has_a_value_whatever_is_wrong_with_an_argument(row: Function) -> None:
    if not row.names:
        return
    arguments = [True, False] if row.conditions else [arb(2), arb(3)]
    troubled = [
        POINT.apply(row, [NOTHING if j == k else argument for j in range(len(row.names))])
        for k in range(len(row.names))
        for argument in arguments
    ]
    assert any(not isinstance(value, Trouble) for value in troubled) == row.is_lazy


@each_number
def test_only_what_may_be_infinite_is(row: Function) -> None:
    for sign in (1, -1):
        value = POINT.apply(row, [arb(row.tried(name)[0]) if row.tried(name) else sign * arb.pos_inf() for name in row.names])
        infinite = isinstance(value, (arb, arb_series)) and not is_finite(value)
        assert infinite == row.may_be_infinite


# Arithmetic


@rows_with("exactly")
def test_what_is_exact_lies_in_the_ball_for_every_type_of_rationals(row: Function) -> None:
    assert row.exactly is not None
    if row.conditions:
        assert [row.exactly(*truths) for truths in itertools.product((True, False), repeat=len(row.names))] == [False, True]
        return
    for arguments in tuples(row):
        if row.literals and arguments[1].denominator > 1:
            continue
        exact, of_flint = row.exactly(*arguments), row.exactly(*(fmpq(q.numerator, q.denominator) for q in arguments))
        value = at(row, arguments)
        if exact is None:
            assert of_flint is None
            assert isinstance(value, Trouble)
        elif row.gives_condition:
            assert exact is of_flint
            assert value is exact or is_tie_of_balls(arguments)
        elif isinstance(value, Trouble):
            assert is_tie_of_balls(arguments)
        else:
            assert fmpq(of_flint) == fmpq(Fraction(exact).numerator, Fraction(exact).denominator)
            assert encloses(value, Fraction(exact)), arguments


def is_tie_of_balls(arguments: tuple[Fraction, ...]) -> bool:
    """Two equal thirds are two balls, of which it is not seen that they hold the same number."""
    return len(set(arguments)) < len(arguments) and arguments[0].denominator == 3


def encloses(value: Any, exact: Fraction) -> bool:
    with scope(BITS):
        return bool((value * exact.denominator - exact.numerator).contains(0))


@rows_with("is_polynomial")
def test_a_polynomial_of_integers_is_an_integer_and_finite_everywhere(row: Function) -> None:
    assert row.exactly is not None
    for arguments in itertools.product(range(-3, 4), repeat=len(row.names)):
        assert Fraction(row.exactly(*map(Fraction, arguments))).denominator == 1
    wide = Line(3).apply(row, [arb_series([arb(0, 10), arb(0, 10)], prec=3)] * len(row.names))
    assert isinstance(wide, (arb, arb_series))
    assert is_finite(wide)


@rows_with("is_correctly_rounded")
def test_what_is_correctly_rounded_is_the_nearest_float(row: Function) -> None:
    generator, named = random.Random(row.name), row.column("jax")
    function = getattr(jax.numpy, row.name, None) or named.load()  # type: ignore[union-attr]
    with jax.enable_x64(True):
        for _ in range(100):
            arguments = [generator.uniform(0.1, 4) for _ in row.names]
            found = float(function(*map(np.float64, arguments)))
            exact = Fraction(*arb_of(row, arguments))
            assert abs(Fraction(found) - exact) <= Fraction(math.ulp(found)) / 2 * (1 + Fraction(1, 2**40)), arguments


def arb_of(row: Function, arguments: list[float]) -> tuple[int, int]:
    """The middle of a ball of the value, as a quotient."""
    with scope(256):
        mantissa, exponent = POINT.apply(row, list(map(arb, arguments))).mid().man_exp()  # type: ignore[union-attr]
    return int(mantissa) * 2 ** max(int(exponent), 0), 2 ** max(-int(exponent), 0)


@rows_with("growth")
def test_the_growth_is_that_of_the_values(row: Function) -> None:
    assert row.growth is not None
    for arguments in itertools.product((Fraction(3), Fraction(40), Fraction(500)), repeat=len(row.names)):
        value = at(row, arguments)
        assert isinstance(value, (arb, fmpq))
        foretold = limits.of_application(row.growth, [limits.of_rational(argument) for argument in arguments])
        assert foretold is not None
        if arb(value) != 0:
            assert foretold.log10 == pytest.approx(float(abs(arb(value)).log() / arb(10).log()), rel=1e-6, abs=0.5), arguments


def test_what_grows_is_refused_before_anything_is_computed() -> None:
    for row in ROWS:
        if row.growth is not None and len(row.names) == 1 and not row.is_arithmetic:
            with pytest.raises(ExpressionError, match="this constant is too large to compute"):
                read(f"{row.name}(10^9)")


# How others write it


@rows_with("operator")
def test_an_operator_is_written_with_the_brackets_that_it_needs(row: Function) -> None:
    if row.conditions or row.gives_condition or row.name == "integer_power":
        return
    for side in range(len(row.names)):
        builder = GraphBuilder()
        x, y, z = (builder.variable(name) for name in "xyz")
        inner = builder.apply(row, (x, y)[: len(row.names)])
        arguments = [inner if k == side else z for k in range(len(row.names))]
        graph = builder.graph(builder.apply(row, arguments))
        text = one_line(graph, Infix())
        assert text is not None
        assert one_line(read(text).target.flat, Infix()) == text
        point = {name: value for name, value in {"x": 1.25, "y": 3.0, "z": 2.0}.items() if name in graph.variables}
        assert enclose_value(read(text).target.flat, point) == enclose_value(graph, point)


@each_row
def test_every_way_of_writing_it_has_all_its_arguments(row: Function) -> None:
    written = one_line(graph_of(row), Latex())
    assert written is not None
    assert "#" not in written
    assert all(latex_name(name) in written for name in variables_of(row) if row.parameters)
    assert not row.latex_omits_default or row.defaults


@rows_with("latex_omits_default")
def test_latex_leaves_the_default_out_and_nothing_else(row: Function) -> None:
    default, other = row.defaults[-1], row.defaults[-1] + 3
    short, long = (one_line(read(f"{row.name}(x, {value})").target.flat, Latex()) for value in (default, other))
    assert short is not None
    assert long is not None
    assert "," not in short
    assert "," in long


@rows_with("fpcore")
def test_fpcore_s_operator_is_this_function(row: Function) -> None:
    found = [(count, template) for (name, count), template in OF_FPCORE.items() if name == row.fpcore]
    ((count, template),) = found
    assert row.accepts(count)
    assert read(template.format(*"xyz")).target.flat.functions == {row.name}


@each_number
def test_the_standard_library_s_function_is_this_one(row: Function) -> None:
    called = in_standard_library(row)
    if not called or row.name in HELPERS:
        return
    module, _, name = called.rpartition(".")
    function: Any = getattr(math if module else __builtins__, name, None) or __builtins__[name]  # type: ignore[index]
    for point in smooth_points(row):
        true = enclose_value(graph_of(row), point)
        assert true is not None
        arguments = [*point.values()] * (2 if row.parameters.endswith("…") else 1)
        assert function(*arguments) == pytest.approx(float(true), rel=1e-13, abs=1e-15)


def columns() -> Iterator[str]:
    yield from Function.__dataclass_fields__


def test_every_column_says_something_of_some_row() -> None:
    silent = [name for name in columns() if not any(getattr(row, name) for row in ROWS)]
    assert silent == []


def test_a_function_that_the_engine_computes_has_a_weight_and_one_that_is_meant_has_none() -> None:
    for row in ROWS:
        found = implementation(row.name)
        assert (found.weight == 0) == (not row.ball and bool(row.meaning))
