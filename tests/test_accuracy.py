"""The accuracy of JAX's functions: what is measured, what is shipped, and that B is a bound with it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from rich.console import Console
from strategies import points, smooth_expressions

from diffcheck import check
from diffcheck.enclosure import EXACT
from diffcheck.engines.certified import Arithmetic, enclose_value, rounding_bound
from diffcheck.engines.jax import values
from diffcheck.engines.jax.program import Program
from diffcheck.errors import ExpressionError
from diffcheck.formats import FORMATS, Format
from diffcheck.graph.build import read
from diffcheck.graph.functions import FUNCTIONS, LACKS, ROWS
from diffcheck.graph.graph import Graph
from diffcheck.judgement.accuracy import __main__ as script
from diffcheck.judgement.accuracy import table
from diffcheck.judgement.accuracy.measure import MEASURABLE, graph_of, measure
from diffcheck.judgement.accuracy.table import Accuracy, bounds, limit_of, roundings, shipped
from diffcheck.views.console import show_header

DOUBLE, SINGLE = FORMATS["float64"], FORMATS["float32"]
SMALL = 200  # points
MEASURED = sorted(shipped())
EXACT_FUNCTIONS = ("negate", "abs", "sign", "floor", "ceil", "max", "min", "where", "clip", "relu")


# The data


def test_the_data_are_shipped_for_every_number_format() -> None:
    assert {dtype for _, _, dtype in MEASURED} == set(FORMATS)


@pytest.mark.parametrize("key", MEASURED, ids=" ".join)
def test_every_function_that_jax_evaluates_was_measured(key: tuple[str, str, str]) -> None:
    refused = [row.name for row in MEASURABLE if row.name not in shipped()[key]]
    assert refused == (["ndtr", "log_ndtr", "ndtri", "spence"] if key[2] in ("bfloat16", "float16") else [])
    assert list(shipped()[key]) == [row.name for row in MEASURABLE if row.name not in refused]
    left_out = {row.name for row in ROWS} - set(shipped()[key]) - set(refused)
    assert all(FUNCTIONS[name].column("jax") is LACKS or FUNCTIONS[name].gives_condition or name == "inf" for name in left_out)


@pytest.mark.parametrize("key", MEASURED, ids=" ".join)
def test_what_is_exact_is_measured_as_exact_and_what_is_rounded_once_as_half_an_ulp(key: tuple[str, str, str]) -> None:
    measured = shipped()[key]
    assert {measured[name].ulps for name in EXACT_FUNCTIONS} == {0.0}
    assert {measured[name].ulps for name in table.CORRECTLY_ROUNDED} == {0.5}


@pytest.mark.parametrize("key", MEASURED, ids=" ".join)
def test_a_fault_exceeds_the_limit_and_an_error_does_not(key: tuple[str, str, str]) -> None:
    for accuracy in shipped()[key].values():
        assert accuracy.ulps <= limit_of(key[2])
        assert accuracy.faults is None or accuracy.faults.worst > limit_of(key[2])


def test_a_written_table_reads_as_it_was() -> None:
    assert table.read(table.written(shipped())) == shipped()


# The bounds


@pytest.mark.parametrize("key", MEASURED, ids=" ".join)
def test_a_version_that_was_measured_has_its_own_bounds(key: tuple[str, str, str]) -> None:
    own = roundings(key[0], key[2])
    assert own.note == ""
    assert own("add") == 1
    assert own("negate") == 0
    assert own("exp") == 4 * shipped()[key]["exp"].ulps


def test_another_version_has_the_widest_bounds_and_a_note() -> None:
    old, new = {"sin": Accuracy(1.0, (0.5,)), "cos": Accuracy(3.0, (0.5,))}, {"sin": Accuracy(2.0, (1.5,)), "cos": Accuracy(0.5, (0.5,))}
    other = {"sin": Accuracy(9.0, (0.5,))}
    known = {("1.0", "cpu", "float64"): old, ("1.1", "cpu", "float64"): new, ("1.0", "cpu", "float32"): other}
    found = bounds(known, "1.2", "float64")
    assert found.ulps == {"sin": 2.0, "cos": 3.0}
    assert found.note == "no accuracy was measured for float64 of JAX 1.2: the widest known bounds are used"
    assert bounds(known, "1.1", "float32").ulps == {"sin": 9.0}


def test_a_function_that_was_not_measured_is_as_bad_as_any() -> None:
    known = roundings(*MEASURED[0][::2])
    assert known("besselj") >= max(map(known, FUNCTIONS))


def test_the_report_says_that_its_jax_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax, "__version__", "0.0.1")
    header = check("sin(x)", at="1").header
    text = io.StringIO()
    show_header(Console(file=text, width=200), header, latex=False)
    assert header.note == "no accuracy was measured for float64 of JAX 0.0.1: the widest known bounds are used"
    assert text.getvalue().endswith(f"{header.note}\n")


# Measuring


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", ["exp", "tanh", "acos"])
def test_measuring_again_stays_within_the_bounds(name: str, dtype: str) -> None:
    again = measure(FUNCTIONS[name], FORMATS[dtype], SMALL)
    assert 0 < 2 * again.ulps <= roundings(jax.__version__, dtype)(name)
    assert again == measure(FUNCTIONS[name], FORMATS[dtype], SMALL)


def planted(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any, Any], Any]) -> None:
    """Another sine in place of JAX's."""

    def attribute(column: str, name: str) -> Any:
        return lambda x: change(x, jnp.sin(x))

    monkeypatch.setattr(values, "_attribute", attribute)


def test_an_error_in_a_function_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, lambda x, y: y * (1 + 100 * 2.0**-52))
    found = measure(FUNCTIONS["sin"], DOUBLE, SMALL)
    assert 199 <= found.ulps <= 210  # an ulp is 2^-53 of a result just below 1
    assert found.faults is None


def test_a_fault_is_recorded_and_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, lambda x, y: jnp.where(x < -2, 1.001 * y, y))
    found = measure(FUNCTIONS["sin"], DOUBLE, SMALL)
    assert found.ulps < 1
    assert found.faults is not None
    assert found.faults.upper < (-2.0,)
    assert found.faults.worst > 1e12


def test_a_missing_number_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    planted(monkeypatch, lambda x, y: jnp.where(x > 3, jnp.nan, y))
    found = measure(FUNCTIONS["sin"], DOUBLE, SMALL)
    assert found.faults is not None
    assert math.isinf(found.faults.worst)
    assert found.faults.lower > (3.0,)


def test_the_script_writes_what_it_checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(script, "MEASURABLE", (FUNCTIONS["pi"], FUNCTIONS["e"]))
    monkeypatch.setattr(script, "PATH", tmp_path / "accuracy.toml")
    assert script.main([]) == 0
    assert script.main(["--check", "pi", "e"]) == 0
    written = script.PATH.read_text()
    script.PATH.write_text(written.replace("pi = {ulps = 0.28", "pi = {ulps = 0.18"))
    capsys.readouterr()
    assert script.main(["--check", "pi", "e"]) == 1
    assert "float64 pi: Accuracy(ulps=0.18" in capsys.readouterr().out
    assert script.main(["pi"]) == 0  # measured anew, beside the other and before it, as in the table
    assert script.PATH.read_text() == written


# B


def with_units(fmt: Format, units: float) -> Arithmetic:
    """An arithmetic in which every function is off by as many units roundoff."""
    return Arithmetic(fmt.unit_roundoff, fmt.smallest_normal, lambda function: units)


def excess(graph: Graph, dtype: str, columns: Mapping[str, np.ndarray], compiled: bool) -> list[tuple[float, ...]]:
    """The points at which a float program is farther from its exact value than B; results out of range are left out."""
    fmt = FORMATS[dtype]
    arithmetic = Arithmetic(fmt.unit_roundoff, fmt.smallest_normal, roundings(jax.__version__, dtype))
    values = Program(graph, tuple(columns), (), {}, dtype, compiled).run(columns)["primal"]
    found = []
    for point, y in zip(zip(*(column.tolist() for column in columns.values()), strict=True), values.astype(float).tolist(), strict=True):
        at = dict(zip(columns, point, strict=True))
        true, bound = enclose_value(graph, at), rounding_bound(graph, at, arithmetic)
        if true is None or bound is None or not Decimal(fmt.smallest_normal) < true.midpoint.copy_abs() < Decimal(fmt.largest):
            continue
        if math.isfinite(y) and EXACT.subtract(Decimal(y), true.midpoint).copy_abs() > EXACT.add(bound, true.radius):
            found.append(point)
    return found


@pytest.mark.parametrize("dtype", FORMATS)
@settings(max_examples=60)
@given(smooth_expressions(), points())
def test_rounding_stays_within_its_bound_operation_by_operation(dtype: str, text: str, x: float) -> None:
    try:
        graph = read(text).target.flat
    except ExpressionError:  # a constant beyond all bounds
        reject()
    assume(graph.variables)
    assert excess(graph, dtype, {"x": np.array([x, x / 3, x / 50], dtype)}, compiled=False) == []


@pytest.mark.parametrize("dtype", FORMATS)
@settings(max_examples=15)
@given(smooth_expressions(), points())
def test_rounding_stays_within_its_bound_compiled(dtype: str, text: str, x: float) -> None:
    try:
        graph = read(text).target.flat
    except ExpressionError:  # a constant beyond all bounds
        reject()
    assume(graph.variables)
    assert excess(graph, dtype, {"x": np.array([x, x / 3, x / 50], dtype)}, compiled=True) == []


REWRITTEN = ("exp(x)*exp(y)", "exp(x)/exp(y)", "exp(x)^y", "x/3/7", "x*y - x*x", "(x + y) - x", "x/(y/x)", "x/sqrt(y)")


@pytest.mark.parametrize("text", REWRITTEN)
def test_what_the_compiler_rewrites_stays_within_the_bound(text: str) -> None:
    generator = np.random.default_rng(1)
    columns = {name: generator.uniform(5, 25, SMALL) for name in ("x", "y")}
    assert excess(read(text).target.flat, "float64", columns, compiled=True) == []


@pytest.mark.parametrize("n", FUNCTIONS["integer_power"].tried("n"))
def test_an_integer_power_is_rounded_once_a_product_and_once_a_quotient(n: int) -> None:
    graph = graph_of(FUNCTIONS["integer_power"], {"n": n})
    x = np.random.default_rng(2).uniform(1, 2, SMALL)
    assert excess(graph, "float64", {"x": x}, compiled=True) == []
    bound = rounding_bound(graph, {"x": 1.0}, with_units(DOUBLE, 1.0))
    assert bound is not None
    assert float(bound) == pytest.approx((abs(n) - (n > 0)) * 2.0**-53)


def test_a_literal_is_rounded_to_the_format_in_use() -> None:
    """2^-30 + 1 is a double, but no single."""
    graph = read("x + 1.000000000931322574615478515625").target.flat
    double, single = (rounding_bound(graph, {"x": 0.0}, with_units(fmt, 0.0)) for fmt in (DOUBLE, SINGLE))
    assert double == 0
    assert single is not None
    assert float(single) == pytest.approx(2.0**-24)


def test_a_derivative_of_a_definition_has_no_bound() -> None:
    assert rounding_bound(read("f(x) = sin(x); f'(x)").target.flat, {"x": 1.0}, with_units(DOUBLE, 1.0)) is None
