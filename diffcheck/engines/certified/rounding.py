"""How far rounding may carry a float program from its exact value: B = Σ cᵢ·u·|vᵢ|·|∂out/∂vᵢ| over its nodes.

One reverse sweep with the local derivatives of the certified engine. cᵢ counts units roundoff of one operation. The standard
operations are correctly rounded (1); for library functions a bound on the safe side stands in for a measured table.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from flint import arb, arb_series

from diffcheck.engines.certified.certificate import enclosure, scope
from diffcheck.engines.certified.line import Line, Mode, Trouble, Value
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Constant, Graph, Variable, arguments_of, evaluate_nodes

PRECISION_BITS = 512
LIBRARY_FUNCTION = 32.0  # 16 ulps: exp, tanh, sinh, … of XLA on a CPU stay below it away from the zeros of their results
EXACT_OPERATIONS = ("negate", "abs", "max", "min", "where", "sign", "floor", "ceil")
ROUNDED_ONCE = ("add", "subtract", "multiply", "divide", "sqrt", "square")


def rounding_bound(graph: Graph, point: Mapping[str, float], unit_roundoff: float) -> Decimal | None:
    """B at a point of floats; None where a local derivative is not proved (a tie, the edge of a domain)."""
    with scope(PRECISION_BITS):
        values = evaluate_nodes(graph, Line(Mode.POINT, 1), {name: arb(x) for name, x in point.items()})
        total = _sweep(graph, values)
        return None if total is None else enclosure(total * arb(unit_roundoff)).upper


def _sweep(graph: Graph, values: list[Value]) -> arb | None:
    adjoints = [arb(0)] * len(graph.nodes)
    adjoints[graph.output] = arb(1)
    total = arb(0)
    fixed = _variable_free(graph)
    for i in range(graph.output, -1, -1):
        node, value, adjoint = graph.nodes[i], _number(values[i]), adjoints[i]
        if adjoint.is_zero():
            continue
        if value is None:
            return None
        total += _roundings(node) * abs(value * adjoint)
        if not isinstance(node, Apply):
            continue
        for k, j in enumerate(node.arguments):
            if fixed[j] and _is_float(values[j]):
                continue  # it carries no error, and an order or an exponent has no derivative
            partial = _partial(node, k, [values[a] for a in node.arguments])
            if partial is None:
                return None
            adjoints[j] += adjoint * partial
    return total if total.is_finite() else None


def _variable_free(graph: Graph) -> list[bool]:
    fixed: list[bool] = []
    for node in graph.nodes:
        fixed.append(not isinstance(node, Variable) and all(fixed[j] for j in arguments_of(node)))
    return fixed


def _is_float(value: Value) -> bool:
    """Whether a value is a number that a float holds exactly."""
    ball = _number(value)
    return ball is not None and ball.is_exact() and ball == arb(float(ball))


def _roundings(node: object) -> float:
    """cᵢ of a node."""
    match node:
        case Constant(value):
            return 0.0 if Fraction(_nearest(value)) == value else 1.0
        case Apply(function, _):
            return 0.0 if function in EXACT_OPERATIONS else 1.0 if function in ROUNDED_ONCE else LIBRARY_FUNCTION
        case _:
            return 0.0


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return 0.0


def _partial(node: Apply, k: int, arguments: list[Value]) -> arb | None:
    """The local derivative with respect to argument k; a condition has none."""
    if isinstance(arguments[k], bool):
        return arb(0)
    if node.function == "where" and isinstance(arguments[0], bool):
        return arb(1) if (k == 1) == arguments[0] else arb(0)
    if isinstance(arguments[k], Trouble):
        return None
    moved: list[Value] = [arb_series([_number(u), 1], prec=2) if j == k else u for j, u in enumerate(arguments)]
    result = Line(Mode.BOTH_SIDES, 2).apply(FUNCTIONS[node.function], moved)
    if isinstance(result, arb_series):
        return result[1] if result.prec >= 2 else None
    return None if isinstance(result, Trouble) else arb(0)


def _number(value: Value) -> arb | None:
    """The ball of a value: rationals become one, conditions weigh nothing."""
    if isinstance(value, Trouble):
        return None
    return arb(0) if isinstance(value, bool) else arb(value)
