"""The function along a line through the point: second derivatives of arrays, and slopes at kinks, are settled there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.entries import Jacobian
from diffcheck.engines.certified import certify
from diffcheck.engines.derivation import Wanted
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift import lift
from diffcheck.engines.jax.runs import JaxMode
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.judgement.evidence import Written
from diffcheck.judgement.judge import Judge
from diffcheck.results import Outcome, Sample, Status, Verdict, leibniz

Vector = NDArray[Any]
NEARBY = 2.0**-20  # how far from a kink the slopes of its pieces are taken
DIRECTIONS = 64
SHOWN = 4  # coordinates of a direction, and terms of a sum, within a sentence
SLACK = 1e-4  # relative: what the slopes of the pieces change by within that distance
WRONG = (Verdict.WRONG, Verdict.NONFINITE, Verdict.OUTSIDE, Verdict.SPURIOUS)


def along(graphs: Sequence[Graph], weights: Sequence[float], names: Sequence[str], point: Vector, direction: Vector) -> Graph:
    """t ↦ Σ wᵢ fᵢ(a + t v)."""
    builder = GraphBuilder()
    t = builder.variable("t")

    def constant(value: float) -> int:
        return builder.constant(Fraction(float(value)))

    def moved(a: float, v: float) -> int:
        return builder.apply("add", (constant(a), t if v == 1 else builder.apply("multiply", (constant(v), t))))

    places = {name: moved(a, v) for name, a, v in zip(names, point, direction, strict=True)}
    return builder.graph(builder.graft(weighted(graphs, weights), places))


def weighted(graphs: Sequence[Graph], weights: Sequence[float]) -> Graph:
    """Σ wᵢ fᵢ."""
    builder = GraphBuilder()
    grafted = zip(weights, map(builder.graft, graphs), strict=True)
    terms = [term if w == 1 else builder.apply("multiply", (builder.constant(Fraction(w)), term)) for w, term in grafted]
    return builder.graph(reduce(lambda total, term: builder.apply("add", (total, term)), terms))


def second_derivative(jacobian: Jacobian, v: Vector, w: Vector, pull: Callable[[Any, Any], Any]) -> tuple[Outcome | None, str]:
    """The verdict on d²/dt² Σ wᵢ fᵢ(a + t v): JAX differentiates the pullback once more, in reverse mode."""
    if isinstance(jacobian.truth, UnsupportedError):
        return None, f"nothing is certified: {jacobian.truth.reason}"
    function = jacobian.function
    graph = along(jacobian.truth, w.tolist(), function.variables, function.vector, v)
    if certify(graph, {"t": 0.0}, "t", 1).status is not Status.SMOOTH:
        return None, "the function is not smooth here"

    def slope(t: Any) -> Any:
        with settings(function.wide):
            return jnp.dot(pull(jnp.asarray(function.vector) + t * jnp.asarray(v), w), jnp.asarray(v))

    curvature = jax.grad(slope)
    with lacking("JAX has no second derivative"):
        value = float(function.scoped(curvature)(np.zeros((), function.vector.dtype)))
    sample = _judged(jacobian, graph, ("t", "t"), value, curvature)
    (result,) = sample.results
    what = _second_named(jacobian, v, w)
    if result.outcome is Outcome.FAIL and result.verdict not in WRONG:
        return Outcome.WARN, f"{what}: {result.reason}"
    if result.outcome is Outcome.UNDECIDED:
        return None, result.reason
    said = f": {result.reason}" if result.outcome is Outcome.FAIL else ""
    return result.outcome, f"{what} is {value:.10g}, {result.verdict.value}{said}"


def combination(jacobian: Jacobian, w: Vector) -> str:
    """Σ wᵢ fᵢ in words: f, or (2*f[0] - f[1])."""
    names = [f"{jacobian.name}{output}" for output in jacobian.function.outputs]
    if len(names) == 1 and w[0] == 1:
        return names[0]
    return f"({_sum(w, names)})" if len(names) <= SHOWN else f"(wᵀ{jacobian.name})"


def _second_named(jacobian: Jacobian, v: Vector, w: Vector) -> str:
    """A name for d²/dt² Σ wᵢ fᵢ(a + t v): f'' itself if there is one argument and one result."""
    name, variables = combination(jacobian, w), jacobian.function.variables
    if len(variables) == 1 and v[0] == 1:
        return leibniz(name, variables[0], 2)
    moving = ", ".join(f"{speed:g} {variable}" for speed, variable in zip(v, variables, strict=True))
    line = f"the line in the direction ({moving})" if len(variables) <= SHOWN else f"a line on which all {len(variables)} arguments move"
    return f"along {line} the second derivative of {name}"


def _sum(weights: Vector, names: Sequence[str]) -> str:
    """2*a - b."""
    terms = [f"{'-' if w < 0 else '+'} {name if abs(w) == 1 else f'{abs(w):g}*{name}'}" for w, name in zip(weights, names, strict=True)]
    return " ".join(terms).removeprefix("+ ")


def _judged(jacobian: Jacobian, graph: Graph, names: tuple[str, ...], value: float, program: Callable[[Any], Any] | None) -> Sample:
    def lifted(_: Wanted) -> Graph | None:
        return None if program is None else lift(program, ("t",), jacobian.dtype)

    rule = JaxMode("reverse", lambda columns: {}, lifted, jacobian.dtype)
    return Judge(Written(graph, ""), jacobian.format, jacobian.rules).sample({"t": 0.0}, (0, names), {rule: value}, 0.0)


def beyond_the_clarke_set(jacobian: Jacobian, before_each: Callable[[], None]) -> str:
    """A direction along which the slopes given are none of the function, in words; '' where none is found.

    A generalised gradient g keeps ⟨g, v⟩ ≤ max ⟨∇f, v⟩ over the gradients around the point (Clarke 1983, Theorem 2.5.1). Beyond it, and
    wrong along the line itself, is the sum of slopes that are fine one by one: 1 and 1 for max(x, y) where x = y. The gradients are
    sampled, so this is evidence; the verdict along the line is proved.
    """
    if isinstance(jacobian.truth, UnsupportedError) or isinstance(jacobian.reverse, UnsupportedError) or jacobian.columns == 1:
        return ""
    for row in jacobian.kinks:
        nearby, given = _nearby(jacobian, row), jacobian.reverse[jacobian.watched_rows.index(row)]
        for v in _directions(jacobian.columns):
            before_each()
            slopes, slope = nearby @ v, float(given @ v)
            slack = SLACK * float(abs(slopes).max(initial=0.0))
            if slopes.min() - slack <= slope <= slopes.max() + slack:
                continue
            graph = along([jacobian.truth[row]], [1.0], jacobian.function.variables, jacobian.function.vector, v)
            (result,) = _judged(jacobian, graph, ("t",), slope, None).results
            if result.outcome is not Outcome.PASS:
                moving = ", ".join(f"{x:g} {name}" for x, name in zip(v, jacobian.function.variables, strict=True))
                pieces = f"[{slopes.min():.6g}, {slopes.max():.6g}]"
                return f"in the direction ({moving}) the slopes chosen add up to {slope:.6g}, and those of the pieces lie in {pieces}"
    return ""


def _directions(columns: int) -> list[Vector]:
    generator = np.random.default_rng(0)
    return [np.ones(columns), *(generator.choice([-1.0, -0.5, 0.5, 1.0], columns) for _ in range(7))]


def _nearby(jacobian: Jacobian, row: int) -> Vector:
    """Gradients of one entry of the undecorated function at points around this one."""
    function = jacobian.function
    generator = np.random.default_rng(1)
    scale = NEARBY * np.maximum(1.0, abs(function.vector))
    points = function.vector + scale * generator.uniform(-1, 1, (DIRECTIONS, jacobian.columns)).astype(function.vector.dtype)
    return function.plain_gradients(points, row)
