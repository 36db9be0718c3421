"""The evaluation trace: a hand-made table is met, every row is enclosed, and the last adjoints are the certified gradient."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import pytest
from command_line import USAGE
from command_line import diffcheck as command

import diffcheck
from diffcheck.engines.certified import certify
from diffcheck.graph.build import read
from diffcheck.results import Status
from diffcheck.views.traces.tables import MOST_ROWS, TraceOptions
from diffcheck.views.traces.text import as_text
from diffcheck.workings import Pass, RowKind

STANDARD = "ln(x1) + x1*x2 - sin(x2)"
# Baydin, Pearlmutter, Radul and Siskind 2018, tables 2 and 3: value, tangent along x1, adjoint, by hand
BY_HAND = {
    "x1": ("2", "1", "5.5"),
    "x2": ("5", "0", "1.716"),
    "ln(x1)": ("0.693", "0.5", "1"),
    "x1*x2": ("10", "5", "1"),
    "sin(x2)": ("-0.959", "0", "-1"),
    "v1 + v2": ("10.693", "5.5", "1"),
    "v3 - v4": ("11.652", "5.5", "1"),
}


def rounded(number, digits):
    """A number with as many decimals as one that was written by hand."""
    places = len(digits.partition(".")[2])
    return f"{number.proved.midpoint:.{places}f}"


def test_the_standard_example_is_met_digit_by_digit():
    found = diffcheck.trace(STANDARD, {"x1": 2, "x2": 5})
    rows = {row.name if row.kind is RowKind.INPUT else row.operation: row for row in found.rows}
    assert rows.keys() == BY_HAND.keys()
    for name, (value, tangent, adjoint) in BY_HAND.items():
        row = rows[name]
        assert (rounded(row.value, value), rounded(row.tangents[0], tangent), rounded(row.adjoint, adjoint)) == (value, tangent, adjoint)


def test_the_rows_of_the_standard_example_hold_the_exact_numbers():
    found = diffcheck.trace(STANDARD, {"x1": 2, "x2": 5})
    with mpmath.workdps(60):
        exact = {"v1": mpmath.log(2), "v4": mpmath.sin(5), "v5": mpmath.log(2) + 10 - mpmath.sin(5)}
        gradient = {"x1": mpmath.mpf("5.5"), "x2": 2 - mpmath.cos(5)}
        for row in found.rows:
            if row.name in exact:
                assert row.value.proved.contains(Decimal(mpmath.nstr(exact[row.name], 55))), row
            if row.name in gradient:
                assert abs(row.adjoint.proved.midpoint - Decimal(mpmath.nstr(gradient[row.name], 55))) < Decimal("1e-30")


def test_what_reverse_mode_saves_is_what_its_operations_need():
    assert diffcheck.trace(STANDARD, {"x1": 2, "x2": 5}).saved == ("x1", "x2", "cos(x2)")
    assert diffcheck.trace("sin(x)*exp(x)", 1).saved == ("cos(x)", "v2", "v1")
    assert diffcheck.trace("3x + 1", 1).saved == ()


# Random expressions

LEAVES = ("x", "y", "2", "0.5", "3")
UNARY = ("sin({})", "cos({})", "exp({}/4)", "tanh({})", "atan({})", "log(1 + ({})^2)", "sqrt(2 + sin({}))", "-({})", "({})^2", "abs({})",
         "relu({})", "sigmoid({})", "({})^3")  # fmt: skip
BINARY = (
    "({}) + ({})",
    "({}) - ({})",
    "({})*({})",
    "({})/(2 + ({})^2)",
    "max({}, {})",
    "hypot(1 + {}, {})",
    "where({0} > {1}, {1}, {0}^2)",
)


def expression(generator, depth):
    """A random expression in x and y."""
    if depth == 0 or generator.random() < 0.1:
        return generator.choice(LEAVES)
    if generator.random() < 0.5:
        return generator.choice(UNARY).format(expression(generator, depth - 1))
    return generator.choice(BINARY).format(expression(generator, depth - 1), expression(generator, depth - 1))


def test_the_last_adjoints_of_200_random_expressions_are_the_certified_gradient():
    generator = random.Random(20260801)
    counted = 0
    while counted < 200:
        text, point = expression(generator, 3), {name: generator.choice([-1.5, -1, -0.5, 0, 0.25, 1, 2]) for name in ("x", "y")}
        problem = read(text)
        if set(problem.variables) != {"x", "y"}:
            continue
        counted += 1
        check_rows(diffcheck.trace(text, point), problem.target.flat, point, text)


def check_rows(found, graph, point, text):
    """Each row has its values proved; the forward pass ends where the reverse pass does, at the certificate, and at the sweep's own end."""
    inputs = {row.name: row for row in found.rows if row.kind is RowKind.INPUT}
    output = next(row for row in found.rows if row.name == found.output)
    for tangent, name in zip(output.tangents, found.wrt, strict=True):
        proved, adjoint = certify(graph, point, name), inputs[name].adjoint
        assert proved.derivative == adjoint.proved, (text, point)
        assert (tangent.proved is None) == (adjoint.proved is None), (text, point)
        if proved.derivative is not None:
            assert tangent.proved.overlaps(proved.derivative), (text, point)
            if (swept := swept_adjoint(found, name)) is not None:
                lower, upper = swept
                assert Fraction(proved.derivative.lower) <= upper, (text, point)
                assert lower <= Fraction(proved.derivative.upper), (text, point)
    for row in found.operations:
        if row.kind is RowKind.OPERATION:
            assert row.value.proved is not None, (text, point, row)
            assert row.value.ulps is None or row.value.ulps < 1e6 or abs(row.value.proved.midpoint) < 1e-3, (text, point, row)


def swept_adjoint(found, name):
    """An input's adjoint as the sum over its users, in exact arithmetic of intervals; None where one of them is not proved."""
    lower = upper = Fraction(0)
    for row in found.rows:
        for operand, partial in row.partials:
            if operand == name and row.adjoint is not None:
                if partial is None or row.adjoint.proved is None:
                    return None
                ends = [Fraction(a) * Fraction(b) for a in (partial.lower, partial.upper)
                        for b in (row.adjoint.proved.lower, row.adjoint.proved.upper)]  # fmt: skip
                lower, upper = lower + min(ends), upper + max(ends)
    return lower, upper


# Kinks, ties, lost digits


@pytest.mark.parametrize(
    ("text", "point", "said"),
    [
        ("relu(x)", 0, "a kink in x, the slopes are 0 and 1: JAX takes 0"),
        ("abs(x)", 0, "a kink in x, the slopes are -1 and 1: JAX takes 1"),
        ("max(x, 1)", 1, "a kink in x, the slopes are 0 and 1: JAX takes 0.5"),
        ("floor(x)", 1, "jump in x: JAX takes 0"),
        ("sqrt(x)", 0, "boundary in x: JAX takes inf"),
    ],
)
def test_a_kink_says_which_slopes_there_are_and_which_is_taken(text, point, said):
    found = diffcheck.trace(text, point)
    assert [row.note for row in found.rows if row.note] == [said]
    assert found.derivatives[0].status is not Status.SMOOTH
    assert found.rows[0].adjoint.proved is None


def test_no_derivative_is_claimed_at_a_tie_that_the_point_alone_decides():
    found = diffcheck.trace("where(x == 0, 0, x)", 0)
    assert found.rows[0].adjoint.computed == 0.0
    assert found.rows[0].adjoint.proved.contains(Decimal(1))
    assert all(partial is None for row in found.rows if row.operation.startswith("where") for _, partial in row.partials)


def test_a_condition_that_rounding_turns_is_noted():
    found = diffcheck.trace("where(1 + x > 1, x, 2)", 1e-20)
    (condition,) = [row for row in found.rows if row.kind is RowKind.CONDITION]
    assert (condition.holds, condition.note.partition(":")[0]) == (True, "JAX decides otherwise")
    assert (found.rows[0].adjoint.computed, float(found.rows[0].adjoint.proved)) == (0.0, 1.0)


def test_a_corner_that_cancels_has_a_proved_derivative():
    found = diffcheck.trace("x*abs(x)", 0)
    assert (found.derivatives[0].status, float(found.rows[0].adjoint.proved)) == (Status.SMOOTH, 0.0)


def test_the_row_in_which_digits_are_lost_is_marked():
    found = diffcheck.trace("exp((1 + x) - 1)*2", 1e-15)
    heaviest = dict(found.heaviest)[Pass.FORWARD]
    assert next(row.operation for row in found.rows if row.name == heaviest) == "v1 - 1"
    assert diffcheck.trace("3x + 1", 1).heaviest == ()


def test_names_of_rows_are_not_those_of_variables():
    found = diffcheck.trace("sin(v1)*v1", {"v1": 1})
    assert [row.name for row in found.rows] == ["v1", "w1", "w2"]


def test_swapped_arguments_of_a_definition_are_not_written_as_its_parameters():
    found = diffcheck.trace("f(x, y) = x - y; f(y, x)", {"x": 1, "y": 5})
    (row,) = found.operations
    assert (row.operation, row.value.computed) == ("y - x", 4.0)


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        ("sin^2(x)", ["sin(x)", "v1^2"]),
        ("|x| + x²", ["|x|", "x^2", "v1 + v2"]),
        ("(x+1)(x-1)", ["x+1", "x-1", "v1*v2"]),
        ("x^2 if x > 0 else -x", ["x > 0", "x^2", "-x", "v2 if v1 else v3"]),
        ("sin x cos x", ["sin x", "cos x", "v1 v2"]),
        ("-2x + pi", ["2x", "-v1", "v2 + pi"]),
    ],
)
def test_operations_are_written_as_they_were_typed(text, operations):
    assert [row.operation for row in diffcheck.trace(text, 1.5).operations] == operations


def test_nothing_is_proved_of_a_function_that_has_no_value():
    found = diffcheck.trace("f(x, y) = log(x)", {"x": -1, "y": 2})
    assert {each.status for each in found.derivatives} == {Status.UNDEFINED}
    numbers = [
        number for row in found.rows for number in (row.adjoint, *row.tangents) if row.kind is RowKind.OPERATION or number is row.adjoint
    ]
    assert all(number.proved is None for number in numbers if number is not None)
    assert _adjoints(as_text(found, TraceOptions())) == {"v1": "1", "x": "—", "y": "—"}
    assert _adjoints(as_text(diffcheck.trace("f(x, y) = x^2", {"x": 1, "y": 2}), TraceOptions()))["y"] == "0"  # it has no influence


def _adjoints(shown):
    """The column `adjoint` of the reverse pass."""
    rows = shown.partition("reverse pass:\n")[2].partition("\n\n")[0].splitlines()[2:]
    return {cells[0]: cells[1] for cells in map(str.split, rows)}


def test_a_derivative_in_the_text_is_a_row():
    found = diffcheck.trace("f(x) = x^3; f'(x) + f''(x)", 2)
    assert [(row.operation, row.value.computed, float(row.value.proved)) for row in found.operations] == [
        ("f'(x)", 12.0, 12.0),
        ("f''(x)", 12.0, 12.0),
        ("v1 + v2", 24.0, 24.0),
    ]
    assert float(found.rows[0].adjoint.proved) == 18.0


# Functions of JAX


@jax.custom_vjp
def relu(x):
    return jnp.maximum(x, 0)


def relu_forward(x):
    return relu(x), x > 0


def relu_backward(mask, cotangent):
    return (jnp.where(mask, cotangent, 0.0),)


relu.defvjp(relu_forward, relu_backward)


@pytest.mark.parametrize(("x", "holds", "slope"), [(2.0, True, 1.0), (0.0, False, 0.0), (-1.0, False, 0.0)])
def test_own_relu_saves_its_mask_and_the_cotangent_passes_where_it_holds(x, holds, slope):
    found = diffcheck.trace(relu, x)
    (mask,) = [row for row in found.rows if row.is_saved]
    assert (mask.operation, mask.holds, found.saved) == ("x > 0", holds, (mask.name,))
    (cotangent, pulled) = found.pullback
    assert pulled.operands == (mask.name, cotangent.name)
    assert (pulled.value.computed, found.rows[0].adjoint.computed) == (slope, slope)
    assert found.cotangents == (pulled.name,)


def test_a_custom_jvp_has_its_tangents_and_a_custom_vjp_has_none():
    @jax.custom_jvp
    def smooth(x):
        return jnp.log1p(jnp.exp(x))

    smooth.defjvp(lambda primals, tangents: (smooth(primals[0]), tangents[0] / (1 + jnp.exp(-primals[0]))))
    found = diffcheck.trace(smooth, 2.0)
    ((name, row, number),) = found.tangents
    assert (name, row, [each.name for each in found.pushforward]) == ("x", "v7", ["v7"])
    assert number.ulps < 2
    assert diffcheck.trace(relu, 2.0).tangents == ()


def test_at_a_kink_no_rule_makes_a_derivative_proved():
    found = diffcheck.trace(jax.nn.relu, 0.0)
    ((_, _, number),) = found.tangents
    assert (number.proved, number.computed, number.ulps) == (None, 0.0, None)
    assert found.rows[0].adjoint.proved is None
    text = str(found)
    assert text.count("0 | 1") == 2


def test_a_wrong_rule_is_seen_beside_the_proved_derivative():
    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (square(x), x), lambda x, cotangent: (3 * x * cotangent,))
    adjoint = diffcheck.trace(square, 2.0).rows[0].adjoint
    assert (float(adjoint.proved), adjoint.computed) == (4.0, 6.0)


def test_an_array_has_a_row_for_each_entry():
    found = diffcheck.trace(lambda x: jnp.sum(jnp.sin(x)), jnp.array([1.0, 2.0]))
    assert found.wrt == ("x[0]", "x[1]")
    assert [row.operation for row in found.operations] == ["sin(x[0])", "sin(x[1])", "v1 + v2"]


# How it is shown


def test_lines_of_text_fit_into_80_columns():
    shown = as_text(diffcheck.trace(STANDARD, {"x1": 2, "x2": 5}), TraceOptions())
    assert max(map(len, shown.splitlines())) <= 80
    assert "v2·5 + v1·0.5" in shown


@pytest.mark.parametrize("format", ["text", "markdown", "latex"])
def test_a_sheet_has_the_blanks_of_the_exercise_and_no_solution(format):
    exercise, sheet = (command("trace", "x*sin(x)", "--at", "2", each, "--format", format).stdout for each in ("--exercise", "--sheet"))
    assert exercise.startswith(sheet.rstrip())
    assert "solution" in exercise
    assert "0.9092" not in sheet
    assert "0.077" not in sheet


def test_an_exercise_has_blanks_and_the_solution_after_them():
    sheet, _, solution = as_text(diffcheck.trace("x*sin(x)", 2), TraceOptions(blanks=True)).partition("solution")
    assert "________" in sheet
    assert "0.909" not in sheet
    assert "0.909" in solution
    assert "________" not in solution


def test_of_very_many_rows_the_first_and_the_last_are_shown():
    text = f"f(x) = sin(x) + x; f@{MOST_ROWS // 2 + 10}(x)"
    found = diffcheck.trace(text, 0.5)
    assert len(found.rows) > MOST_ROWS
    short, whole = (as_text(found, TraceOptions((Pass.FORWARD,), all_rows=every)) for every in (False, True))
    assert f"{len(found.rows) - 40:,} more (--all)" in short
    assert len(short.splitlines()) < 100 < MOST_ROWS < len(whole.splitlines())


def test_lines_of_a_trace_with_long_numbers_fit_too():
    shown = as_text(diffcheck.trace("x*sin(x)", 2), TraceOptions())
    assert max(map(len, shown.splitlines())) <= 84  # a sum of adjoints, two numbers with all digits, and a mark


@pytest.mark.parametrize("format", ["markdown", "latex", "csv", "json", "dot", "mermaid"])
def test_every_format_has_every_row(format):
    result = command("trace", STANDARD, "--at", "x1=2,x2=5", "--format", format)
    assert result.code == 0
    names = [f"v_{{{k}}}" if format == "latex" else f"v{k}" for k in range(1, 6)]
    assert all(name in result.stdout for name in names)
    if format == "json":
        assert json.loads(result.stdout)["rows"][2]["value"]["jax_hex"] == float.hex(0.6931471805599453)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_graph_is_drawn_the_same_way_each_time(tmp_path, suffix):
    pytest.importorskip("grandalf")
    drawn = []
    for k in range(2):
        path = tmp_path / f"{k}.{suffix}"
        assert command("trace", "f(x) = x^2 + 3x + 2; f(f(f(x)))", "--at", "2", "-o", str(path)).code == 0
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x^2"], "no point is given"),
        (["x^2", "--at", "1", "--at", "2"], "a trace is made at one point"),
        (["x^2", "--at", "linspace(0,1,3)"], "3 are given"),
        (["x^2", "--at", "inf"], "nothing is proved at infinity"),
        (["x*y", "--at", "x=1,y=2", "--wrt", "z"], "no variable 'z'"),
        (["x^2", "--at", "1", "--wrt", "x x"], "first derivatives only"),
        (["x^2", "--at", "1", "--entry", "[0]"], "--entry is for functions"),
        (["x^2", "--at", "1", "--exercise", "--format", "json"], "a sheet with blanks"),
        (["jax.nn:softmax", "--at", "x=[1,2]"], "returns 2 numbers"),
        (["jax.nn:softmax", "--at", "x=[1,2]", "--entry", "[7]"], "no result '[7]'"),
        (["jax.nn:silu", "--at", "1", "--entry", "0"], "silu returns one number, and has no entry '0'\nLeave --entry out."),
    ],
)
def test_bad_input_is_said_in_a_sentence(words, said):
    result = command("trace", *words)
    assert (result.code, "Traceback" in result.stderr) == (USAGE, False)
    assert said in result.stderr


def test_the_command_prints_what_python_prints():
    printed = command("trace", "x*sin(x)", "--at", "2").stdout
    assert printed == str(diffcheck.trace("x*sin(x)", 2))
