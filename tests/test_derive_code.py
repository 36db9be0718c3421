"""Printed programs: each is executed, over the whole table, and agrees with the certified derivative."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jax
import pytest
from test_functions import smooth_points, text_of, variables_of

import diffcheck
from diffcheck.checks.formulas import derivatives
from diffcheck.engines.certified import certify
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.functions import ROWS, Function

# what neither the standard library has nor a few lines compute
BEYOND_PYTHON = re.compile(r"bessel|airy|elliptic|gammainc|uppergamma|lowergamma|betainc|expint|E1|i[01]e?$|[SC]i$|[SC]hi$|Ei|li$|"
                           r"fresnel|zeta|polylog|spence|hyp2f1|legendre")  # fmt: skip
PROGRAMS = [pytest.param(row, notation, id=f"{row.name}-{notation}") for row in ROWS if row.parameters for notation in ("python", "jax")]


def program(text: str, wrt: str, notation: str) -> tuple[Callable[..., Any], str]:
    """The function that a printed program defines last, which is run by itself as a file of its own would be."""
    code = derivatives(text, None, [wrt], notation)
    names: dict[str, Any] = {}
    exec(code, names)
    return names[re.findall(r"^def (\w+)", code, re.MULTILINE)[-1]], code


def printed(text: str, wrt: str, notation: str) -> tuple[Callable[..., Any], str] | None:
    """The same, or None where the derivative needs what the language of the program lacks, or SymPy has none."""
    try:
        return program(text, wrt, notation)
    except UnsupportedError as error:
        reason = error.reason
    is_known = {"python": BEYOND_PYTHON.match(text), "jax": "JAX has no" in reason}[notation]
    assert is_known or "SymPy" in reason or "standard library has no" in reason, reason
    return None


@pytest.mark.parametrize(("row", "notation"), PROGRAMS)
def test_a_printed_program_gives_the_derivative(row: Function, notation: str) -> None:
    text, graph = text_of(row), read(text_of(row)).target.flat
    for point in smooth_points(row)[:1]:
        for name in variables_of(row):
            if (found := printed(text, name, notation)) is None:
                continue
            derivative, code = found
            assert "diffcheck" not in code
            parameters = derivative.__code__.co_varnames[: derivative.__code__.co_argcount]
            with jax.enable_x64(True):
                value = float(derivative(*(point[each.rstrip("_")] for each in parameters)))
            true = certify(graph, point, name).derivative
            assert true is not None
            assert math.isclose(value, float(true), rel_tol=1e-7, abs_tol=1e-9), (point, name, code)


@pytest.mark.parametrize("text", ["selu(x)", "3000000000x^2", "1e400x", "relu(x)", "max(x, 2, x^2)", "x if x > 0 and x < 9 else 0"])
def test_jax_runs_it_with_32_bits_and_compiled(text: str) -> None:
    derivative, code = program(text, "x", "jax")
    assert math.isfinite(jax.jit(derivative)(1.5)) or text == "1e400x"
    assert not re.search(r"(?<![\d.])\d{11}", code)


@pytest.mark.parametrize("notation", ["python", "jax"])
@pytest.mark.parametrize("text", ["relu(x)", "selu(x)", "max(x, 0) + gamma(x)", "x!", "cbrt(x) + floor(x)"])
def test_a_printed_program_runs_where_diffcheck_is_not_installed(text: str, notation: str) -> None:
    program = f"import sys\nsys.modules['diffcheck'] = None\n{derivatives(text, None, None, notation)}\nprint(float(d_dx(1.5)))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (sample,) = diffcheck.check(text, 1.5).samples
    assert sample.enclosure is not None
    assert float(ended.stdout) == pytest.approx(float(sample.enclosure.midpoint), rel=1e-6)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("gamma(x)", r"\frac{d f}{d x} = \Gamma\left(x\right) \psi\left(x\right)"),
        ("relu(x)", r"\frac{d f}{d x} = \theta\left(x\right)"),
        ("lambda x_12", r"\frac{\partial f}{\partial \lambda} = x_{12}"),
    ],
)
def test_latex_has_the_letters_of_mathematics(text: str, latex: str) -> None:
    assert derivatives(text, None, None, "latex").splitlines()[0] == latex


def test_a_parameter_that_python_reserves_gets_another_name() -> None:
    derivative, _ = program("lambda^2", "lambda", "python")
    assert derivative(3) == 6
