"""What derivatives cost: counts that equal those by hand, ways that agree with what is proved, budgets that end each way."""

from __future__ import annotations

import csv
import io
import json
import pickle
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from command_line import diffcheck
from rich.console import Console

import diffcheck as api
from diffcheck.checks.expression import Check
from diffcheck.costs.counted import counted
from diffcheck.costs.families import FAMILIES, composition, family, index_and_numbers, numbers
from diffcheck.costs.subject import of_expression
from diffcheck.costs.swell import swell
from diffcheck.engines.jax.counting import work_of
from diffcheck.engines.symbolic.closed import MAX_OPERATIONS, ClosedForms
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.graph import evaluate
from diffcheck.graph.sizes import characters, size
from diffcheck.graph.text import Infix, Text
from diffcheck.measures import GRIEWANK, MEASURES, Costs, Swell, Way
from diffcheck.views.cost import number_text, seconds_text, show

ROOT = Path(__file__).parent.parent


# Counts

BY_HAND = (
    #  expression                 operations, of them products, quotients, functions, and the longest chain
    ("x + 1", (1, 0, 0, 0, 1)),
    ("x*y*z", (2, 2, 0, 0, 2)),
    ("x^2 + 3x + 2", (4, 1, 0, 0, 3)),
    ("sin(x)", (1, 0, 0, 1, 1)),
    ("x/y - y/x", (3, 0, 2, 0, 2)),
    ("exp(-x^2)", (3, 0, 0, 1, 3)),
    ("sin(x*y) + x^2*exp(y)", (6, 2, 0, 2, 3)),
    ("(x + y)*(x + y)", (2, 1, 0, 0, 2)),  # the sum is one node
    ("sqrt(x^2 + y^2)", (4, 0, 0, 0, 3)),
    ("f(x) = 4x(1 - x); f(f(x))", (6, 4, 0, 0, 4)),
)


@pytest.mark.parametrize(("text", "expected"), BY_HAND)
def test_operations_are_those_that_one_counts_by_hand(text: str, expected: tuple[int, ...]) -> None:
    graph = read(text).target.flat
    found = size(graph)
    kinds = (found.by_kind[kind] for kind in ("multiplications", "divisions", "transcendental"))
    assert (found.total, *kinds, found.depth) == expected


@pytest.mark.parametrize("text", [text for text, _ in BY_HAND])
def test_a_length_that_is_never_written_out_is_that_of_the_text(text: str) -> None:
    graph = read(text).target.flat
    assert characters(graph) == len(evaluate(graph, Infix(), {name: Text(name) for name in graph.variables}).text)


@pytest.mark.parametrize("corpus", ["feynman", "diffrules", "activations"])
def test_a_closed_form_has_as_many_operations_as_sympy_counts(corpus: str) -> None:
    compared = 0
    for line in (ROOT / "tests" / "corpora" / f"{corpus}.jsonl").read_text().splitlines():
        graph = read(json.loads(line)["expr"]).target.flat
        try:
            forms = ClosedForms(graph, graph.variables)
        except UnsupportedError:
            continue
        assert forms.written().operations.total() == sum(sympy.count_ops(formula) for formula in forms.formulas), line
        compared += 1
    assert compared > 15


# bench.py composition: SymPy's operations, and the nodes of the chained definitions
COMPOSED = {3: (82, 21), 6: (2_096, 42), 8: (13_824, 56), 10: (82_176, 70), 11: (195_072, 77)}


@pytest.mark.parametrize("n", COMPOSED)
def test_the_logistic_map_swells_as_the_benchmark_says(n: int) -> None:
    counts = counted(FAMILIES["logistic"].problem(n))
    assert (counts[Way.CLOSED]["operations"], counts[Way.CHAINED]["nodes"]) == COMPOSED[n]
    check = Check(f"f(x) = 4x(1-x); g(x) = f@{n}(x)")
    assert len(check.derivations[0, ("x",)][0].formula((0, ("x",))).nodes) == COMPOSED[n][1]  # type: ignore[union-attr]


def test_jax_counts_as_often_as_an_operation_is_carried_out() -> None:
    def counts(function: Callable[..., Any], *arguments: Any) -> tuple[int, int]:
        work = work_of(jax.make_jaxpr(function)(*arguments))
        return work.total, work.depth

    x = jnp.ones(5)
    assert counts(lambda x: jnp.sin(x) * 2.0, x) == (10, 2)
    assert counts(jnp.sum, x) == (5, 1)
    assert counts(lambda a, b: a @ b, jnp.ones((2, 3)), jnp.ones((3, 4))) == (2 * 2 * 3 * 4, 1)
    assert counts(lambda x: jax.lax.fori_loop(0, 7, lambda _, y: y * y, x), 1.5)[0] >= 7
    assert counts(lambda x: x.reshape(5, 1).T, x) == (0, 0)
    assert counts(lambda x: (jnp.exp(x), x * 3.0)[1], x) == (5, 1)  # exp is not needed
    assert counts(jax.jit(lambda x: 1.0 * x), x) == (0, 0)


# Griewank's bound

BEYOND = {"atan2", "power", "max", "min", "abs", "zeta", "betainc", "i1"}  # one operation, whose derivative JAX spells out: docs/cost.md


@pytest.mark.parametrize("corpus", ["feynman", "activations"])
def test_reverse_mode_keeps_griewanks_bound(corpus: str) -> None:
    ratio_of = runpy.run_path(str(ROOT / "benchmarks" / "reverse.py"))["ratio_of"]
    texts = [json.loads(line)["expr"] for line in (ROOT / "tests" / "corpora" / f"{corpus}.jsonl").read_text().splitlines()]
    ratios = {text: ratio.value for text in texts if (ratio := ratio_of(text)) is not None}
    assert len(ratios) > 15
    beyond = {text for text, ratio in ratios.items() if ratio > GRIEWANK[1]}
    assert all(read(text).target.flat.functions & BEYOND for text in beyond), beyond


@pytest.mark.long
def test_reverse_mode_keeps_griewanks_bound_on_all_corpora(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "benchmarks" / "reverse.py"))["main"]([])
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) == 24
    assert all(line.split("  ")[-1].strip().partition(",")[0] in BEYOND for line in lines)


# The table


@pytest.fixture(scope="module")
def report() -> api.CostReport:
    return api.cost("sin(x*y) + x^2*exp(y)", {"x": 0.5, "y": 2}, many=1_000)


def test_every_way_has_its_row_and_is_right(report: api.CostReport) -> None:
    assert isinstance(report.found, Costs)
    ways = [row.way for row in report.found.rows]
    assert ways == [way for way in Way if way is not Way.IN_JAX]
    assert all(row.agreement in ("exact", "agrees") and not row.missing for row in report.found.rows[1:])
    f, reverse = report["f"], report["JAX reverse"]
    assert (f.value("operations"), reverse.value("operations"), reverse.ratio("operations")) == (6, 14, 14 / 6)
    assert (reverse.value("residuals"), reverse.value("residual_bytes")) == (6, 48)
    assert report["SymPy closed form"].value("characters") == len("y*cos(x*y) + 2*x*exp(y)x*cos(x*y) + x^2*exp(y)")


def test_every_measure_is_in_some_row_and_times_have_their_spread(report: api.CostReport) -> None:
    assert isinstance(report.found, Costs)
    found = {name: quantity for row in report.found.rows for name, quantity in row.quantities.items()}
    assert found.keys() == {measure.name for measure in MEASURES}
    reverse = report["JAX reverse"].quantities
    for name in ("trace", "compile", "run", "run_many"):
        spread, ratio = reverse[name].spread, reverse[name].ratio
        assert spread is not None
        assert ratio is not None
        assert 0 < spread.lower <= spread.median <= spread.upper
        assert 0 < ratio.lower <= ratio.median <= ratio.upper
    assert report.found.points == 1_000
    assert report.found.machine


def test_what_follows_is_said(report: api.CostReport) -> None:
    told = " ".join(report.sentences)
    assert "Reverse mode gives both derivatives of f for 2.3 times its operations; Griewank's bound is 4 to 5" in told
    assert "The closed form has 14 operations, the chained one 11." in told
    assert "section 4.6" in told


def test_the_text_is_readable_in_eighty_columns(report: api.CostReport) -> None:
    for everything in (False, True):
        stream = io.StringIO()
        show(Console(file=stream, width=80, highlight=False), report.found, everything)
        lines = stream.getvalue().splitlines()
        assert max(map(len, lines)) <= 80
        assert sum(line.startswith("JAX reverse ") for line in lines) == (3 if everything else 1)  # a table is a table, not a stack


def test_formats_say_the_same(report: api.CostReport) -> None:
    fields = json.loads(report.to_json())
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    reverse = fields["ways"]["JAX reverse"]
    assert reverse["operations"] == {"value": 14, "ratio": {"median": 14 / 6, "lower": 14 / 6, "upper": 14 / 6}}
    found = next(row for row in rows if (row["way"], row["measure"]) == ("JAX reverse", "run_many"))
    assert (float(found["value"]), float(found["ratio"])) == (reverse["run_many"]["value"], reverse["run_many"]["ratio"]["median"])
    assert "| JAX reverse | 14 | 2.3 |" in report._repr_markdown_()
    assert "JAX reverse" in str(report)
    assert pickle.loads(pickle.dumps(report)) == report
    assert repr(report) == "<CostReport of sin(x*y) + ((x^2)*exp(y))>"


def test_a_row_that_is_not_there_is_named(report: api.CostReport) -> None:
    with pytest.raises(InputError, match="there is no row 'JAX backward'"):
        report["JAX backward"]


def test_a_composite_function_has_a_row_of_its_own_in_jax() -> None:
    found = api.cost("gelu(x)", 1, timed=False)
    assert found["f"].value("operations") == 1
    assert found["JAX reverse"].ratio("operations") == found["JAX reverse"].value("operations") / found["f in JAX"].value("operations")
    assert found["JAX reverse"].ratio("operations") < GRIEWANK[1]


def test_what_one_way_lacks_is_said_in_its_row() -> None:
    found = api.cost("zeta(x, 3)", 2, timed=False)
    assert "SymPy" in found["SymPy closed form"].missing
    assert found["JAX reverse"].value("operations")


def test_a_wrong_rule_is_not_timed() -> None:
    @jax.custom_jvp
    def square(x: Any) -> Any:
        return x * x

    square.defjvp(lambda primals, tangents: (square(primals[0]), 3 * primals[0] * tangents[0]))
    found = api.cost(square, 2.0, many=100)
    row = found["JAX reverse"]
    assert (row.agreement, row.value("run")) == ("wrong", None)
    assert row.missing.startswith("not timed, as it is wrong")
    assert found["SymPy closed form"].agreement == "exact"  # of the function itself


# JAX functions


def test_a_function_of_arrays_that_cannot_be_lifted_has_the_rows_of_jax() -> None:
    def loss(w: Any) -> Any:
        return jnp.sum(jax.lax.while_loop(lambda y: jnp.any(y < 5), lambda y: y * y + 1, w) * w)

    @jax.custom_jvp
    def elsewhere(w: Any) -> Any:
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(w.shape, w.dtype), w, vmap_method="sequential")

    elsewhere.defjvp(lambda primals, tangents: (elsewhere(*primals), jnp.cos(primals[0]) * tangents[0]))
    found = api.cost(lambda w: jnp.sum(elsewhere(w) ** 2), np.arange(4.0), timed=False)
    assert found["SymPy closed form"].missing
    assert found["JAX reverse"].value("operations")
    assert found["JAX reverse"].value("xla_flops")
    backward = api.cost(loss, np.arange(3.0), timed=False)
    assert backward["JAX reverse"].missing  # a while loop has no reverse mode


def test_a_vector_has_a_pullback_and_no_hessian() -> None:
    found = api.cost(lambda x: jnp.sin(x) * x[0], np.array([1.0, 2.0]), timed=False)
    assert "one result" in found["JAX Hessian"].missing
    assert found["JAX reverse"].ratio("operations")


# Families


def test_ways_stop_at_their_budget_and_are_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(ClosedForms, "shared", lambda self: tried.append(1) or (_ for _ in ()).throw(UnsupportedError("enough")))
    found = swell(family("logistic", "n"), "n", (1, 2, 3))
    cse = found.of(Way.CSE)
    assert cse is not None
    assert cse.stop is not None
    assert (len(tried), cse.stop.n, cse.stop.reason) == (2, 1, "enough")  # once more for the comparison with what is proved
    assert "SymPy cse stopped at n = 1: enough." in list(found.sentences())
    reverse = found.of(Way.REVERSE)
    assert reverse is not None
    assert list(reverse.steps) == [1, 2, 3]


def test_a_closed_form_stops_where_the_budget_says() -> None:
    found = api.cost("4x(1-x)", compose="1,11,12,40").found
    assert isinstance(found, Swell)
    closed, chained = found.of(Way.CLOSED), found.of(Way.CHAINED)
    assert closed is not None
    assert chained is not None
    assert closed.steps[11].operations == 195_072
    assert closed.stop is not None
    assert closed.stop.n == 12
    assert f"{MAX_OPERATIONS:,}" in closed.stop.reason
    assert list(chained.steps) == [1, 11, 12, 40]
    assert any("At n = 11 the closed form has 195,072 operations, the chained one" in sentence for sentence in found.sentences())


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_what_they_are_called(name: str) -> None:
    problem = FAMILIES[name].problem(3)
    point = {variable: 0.3 + 0.1 * k for k, variable in enumerate(problem.variables)}
    x = list(point.values())
    expected = {
        "speelpenning": lambda: np.prod(x),
        "determinant": lambda: np.linalg.det(np.array([point[f"a_{i}_{j}"] for i in (1, 2, 3) for j in (1, 2, 3)]).reshape(3, 3)),
        "logarithms": lambda: np.log(2 + np.log(2 + np.log(2 + x[0]))),
        "logistic": lambda: 4 * (b := 4 * (a := 4 * x[0] * (1 - x[0])) * (1 - a)) * (1 - b),
        "net": lambda: np.tanh(
            point["w_3"] * np.tanh(point["w_2"] * np.tanh(point["w_1"] * point["x"] + point["b_1"]) + point["b_2"]) + point["b_3"]
        ),
    }[name]()
    (sample, *_) = Check(_text(name)).samples({variable: np.array([value]) for variable, value in point.items()})
    assert sample.primal == pytest.approx(expected, rel=1e-12)


def _text(name: str) -> str:
    return FAMILIES[name].text(3)


def test_speelpennings_gradient_costs_reverse_mode_three_times_f() -> None:
    counts = counted(FAMILIES["speelpenning"].problem(20))
    assert counts[Way.REVERSE]["ratio"] < 3
    assert counts[Way.CLOSED]["ratio"] > 15


def test_ranges_are_thinned_and_lists_are_not() -> None:
    assert numbers("2..9", "") == tuple(range(2, 10))
    long = numbers("1..1000", "")
    assert (long[0], long[-1], len(long) < 30) == (1, 1000, True)
    assert numbers("3,6,8", "") == (3, 6, 8)
    assert index_and_numbers("m=2..4") == ("m", (2, 3, 4))


def test_a_composition_is_the_one_of_the_language() -> None:
    ours, theirs = composition("f(x) = 4x(1-x)").problem(5).target.flat, read("f(x) = 4x(1-x); f@5(x)").target.flat
    assert ours.nodes == theirs.nodes
    assert composition("f(x) = a*x*(1 - x)").problem(3).variables == ("x", "a")


# Bad input, and the command

REFUSED = (
    (("x^2", "--sweep", "n=2..40"), "the expression does not contain n"),
    (("speelpening", "--sweep", "n=2..40"), "there is no family 'speelpening'\nDid you mean 'speelpenning'?"),
    (("speelpenning", "--sweep", "n=two"), "'two' is no range of whole numbers"),
    (("speelpenning", "--sweep", "2..40"), "'2..40' does not say what n is"),
    (("speelpenning", "--sweep", "n=40..2"), "the range '40..2' is empty"),
    (("speelpenning", "--sweep", "n=0..3"), "'0..3' goes beyond 1 to"),
    (("x", "--compose", "1..x"), "'1..x' is no range of whole numbers"),
    (("x*y", "--compose", "1..3"), "what is composed is a function of one variable, and this one has 2"),
    (("x", "--compose", "1..3", "--sweep", "n=1..3"), "--compose and --sweep are both given"),
    (("x^2", "--compose", "1..3", "--at", "1"), "families have no point"),
    (("3 + 4",), "the expression has no variable"),
    (("x^2", "--wrt", "y"), "the expression has no variable 'y'"),
    (("x^2", "--at", "linspace(0,1,3)"), "costs are measured at one point, and 3 are given"),
    (("prod(x_i)",), "unknown function 'prod'"),
    (("prod(x_i, i=1..m)",), "1..m is no range of whole numbers"),
    (("prod(x_i, i=1..3",), "the closing bracket is missing"),
    (("sni(x)",), "unknown function 'sni'"),
    (("jax.nn:gelu",), "no point is given"),
    (("jax.nn:gelu", "--at", "1", "--compose", "1..3"), "--compose is for expressions"),
    (("jax.nn:nothing", "--at", "1"), "jax.nn has no function 'nothing'"),
    (("(x)", "--no-times", "--plot", "cost.png"), "there is nothing to draw: f has no operation to compare with"),
    (("x^2", "--plot", "cost.gif"), "does not end like the name of a picture"),
)


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_bad_input_gets_one_sentence_and_the_exit_code_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = diffcheck("cost", *arguments)
    assert ended.code == 2
    assert ended.stderr.startswith("error: ")
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_command_draws_and_writes(tmp_path: Path) -> None:
    picture, table = tmp_path / "cost.svg", tmp_path / "cost.csv"
    words = ("cost", "prod(x_i, i=1..n)", "--sweep", "n=2..4", "--format", "csv", "-o", str(table), "--plot", str(picture))
    assert diffcheck(*words).code == 0
    assert picture.read_text().startswith("<?xml")
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert {(row["n"], row["operations"]) for row in rows if row["way"] == "JAX reverse"} == {("2", "1"), ("3", "4"), ("4", "7")}


def test_a_wrong_derivative_is_the_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "rule.py").write_text(
        "import jax\n\n\n@jax.custom_jvp\ndef square(x):\n    return x * x\n\n\n"
        "square.defjvp(lambda p, t: (square(p[0]), 3 * p[0] * t[0]))\n"
    )
    ended = diffcheck("cost", f"{tmp_path}/rule.py:square", "--at", "2", "--no-times")
    assert ended.code == 1
    assert "JAX reverse: not timed, as it is wrong" in ended.stdout


def test_a_suite_counts_where_a_case_asks_for_it(tmp_path: Path) -> None:
    suite = tmp_path / "suite.toml"
    suite.write_text('[[case]]\nname = "product"\nexpr = "x*y*z"\nat = { x = 1, y = 2, z = 3 }\ncost = true\n')
    assert "product: operations: f 2, SymPy closed form 3 (1.5 times f)" in diffcheck("run", str(suite)).stdout
    first, *others = [json.loads(line) for line in diffcheck("run", str(suite), "--format", "jsonl").stdout.splitlines()]
    assert first["cost"]["JAX reverse"]["ratio"] == 2
    assert len(others) == 2
    assert not any("cost" in line for line in others)


def test_numbers_are_short() -> None:
    assert [number_text(x) for x in (1, 2.34, 14.4, 2739.2, 0.023)] == ["1.0", "2.3", "14", "2,739", "0.02"]
    assert [seconds_text(x) for x in (1.5, 0.0123, 4.56e-6)] == ["1.5 s", "12.3 ms", "4.56 µs"]


def test_a_point_is_found_where_the_function_is_smooth() -> None:
    assert of_expression("log(x - 2)").point["x"] > 2
    assert of_expression("sqrt(-x)").point["x"] < 0


def test_a_composition_ends_where_all_ways_have_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcheck.costs.swell.MAX_WORK", dict.fromkeys(Way, 20))
    found = swell(composition("4x(1-x)"), "n", [1, 2, 100, 1_000_000])
    assert found.numbers == (1, 2, 100)
    assert all(each.stop is not None for each in found.ways)


def test_a_way_that_fails_has_no_operations() -> None:
    @jax.custom_vjp
    def f(x: Any) -> Any:
        return x**2

    f.defvjp(lambda x: (x**2, x), lambda x, g: (g * 2 * x,))
    row = api.cost(f, 2.0, timed=False)["JAX forward"]
    assert ("can't apply forward-mode" in row.missing, row.value("operations")) == (True, None)


def test_where_f_is_not_defined_nothing_is_called_right() -> None:
    assert "f is not defined at the point" in api.cost("sqrt(-1 - x^2)", timed=False).sentences[-1]


def test_the_point_of_a_function_may_be_an_object_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("import jax.numpy as jnp\ndef f(w): return jnp.sum(w**2)\nat = {'w': jnp.ones(3, 'float32')}\n")
    for command, said in (("cost", "in float32"), ("trace", "in float32"), ("check-jax", "6 derivative values: 6 right")):
        ended = diffcheck(command, f"{tmp_path}/m.py:f", "--at", f"{tmp_path}/m.py:at", *["--no-times"] * (command == "cost"))
        assert (ended.code, said in ended.stdout) == (0, True), ended
