"""How far rounding may carry a float program from its exact value: B = Σ cᵢ·u·|vᵢ|·|∂out/∂vᵢ| over its nodes.

One reverse sweep with the local derivatives of the certified engine. cᵢ counts units roundoff of one operation; the caller says
what they are for each function, since that is a fact about the library that ran it. The bound is that of first order in u
(Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and 3.8): an estimate that holds as long as the errors
are small, and not a proof. The sweep is reverse mode itself (Griewank and Walther, Evaluating Derivatives, 2nd ed., section 3.3).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flint import arb, arb_series

from diffcheck.engines.certified.certificate import enclosure, scope
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.values import Trouble, Value
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Call, Constant, Graph, Node, Variable, arguments_of, evaluate_nodes, written_digits

PRECISIONS = (512, 2048)  # bits: where 1e300 is an exponent, 512 are too few
MAGNIFIED = 1000.0  # times: three digits lost in one operation
Roundings = Callable[[str], float]  # units roundoff by which a function's result may be off


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The floats in which a program runs, and how accurate the functions are there.

    `literals_are_rounded` says of a program whose constants are floats already that those of many digits may be literals that
    were rounded to it.
    """

    unit_roundoff: float
    smallest_normal: float
    roundings: Roundings
    literals_are_rounded: bool = False

    @property
    def digits(self) -> int:
        """Binary digits of a float."""
        return round(-math.log2(self.unit_roundoff))

    @property
    def exact_digits(self) -> int:
        """Binary digits of a constant that carries no error."""
        return written_digits(self.digits) if self.literals_are_rounded else self.digits


@dataclass(frozen=True, slots=True)
class Culprit:
    """The node whose rounding contributes most to the error, and the one that magnifies it, if any: by cancellation, mostly."""

    node: int
    magnifier: int | None
    factor: float


def rounding_bound(graph: Graph, point: Mapping[str, float], arithmetic: Arithmetic) -> Decimal | None:
    """How far rounding may carry a program from its exact value, to first order: B = Σ cᵢ·u·|vᵢ|·|∂out/∂vᵢ|.

    Args:
        graph: The program, lifted: its nodes are the operations that run.
        point: Floats by variable.
        arithmetic: The unit roundoff u, and cᵢ for each function: by how many u its result may be off.

    Returns:
        An upper end of B, or None where a local derivative is not proved (at a tie, at the end of a domain). Products of two
        roundings are left out, so B explains an error, and proves nothing.

    Source:
        The adjoints ∂out/∂vᵢ come from one reverse sweep (Griewank & Walther 2008, §3.2); the model of one rounding is Higham 2002, §2.2.
    """
    for precision_bits in PRECISIONS:
        with scope(precision_bits):
            swept = sweep(graph, point, arithmetic)
            total = sum(swept.contributions, arb(0)) if swept is not None else None
            if total is not None and total.is_finite():
                return enclosure(total * arb(arithmetic.unit_roundoff)).upper
    return None


def culprit(graph: Graph, point: Mapping[str, float], arithmetic: Arithmetic) -> Culprit | None:
    """Who is to blame for the rounding error of a program; None where no bound is proved, or none is needed."""
    with scope(PRECISIONS[0]):
        swept = sweep(graph, point, arithmetic)
        sizes = [float(contribution.mid()) for contribution in swept.contributions] if swept is not None else []
        if swept is None or not any(sizes):
            return None
        node = max(range(len(sizes)), key=sizes.__getitem__)
        return Culprit(node, *magnifier(swept, node))


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one reverse sweep leaves at each node: its value, its adjoint, and what it adds to the error of the output."""

    output: int
    values: Sequence[Value]
    adjoints: Sequence[arb]
    partials: Mapping[tuple[int, int], arb]  # of a node with respect to one that it uses
    contributions: Sequence[arb]  # units roundoff


def sweep(graph: Graph, point: Mapping[str, float], arithmetic: Arithmetic) -> Sweep | None:
    """From the output back to the variables, as reverse mode goes; None where a value or a local derivative is not proved."""
    values = evaluate_nodes(graph, POINT, {name: arb(x) for name, x in point.items()})
    exact = [fixed and _is_float(value, arithmetic.exact_digits) for fixed, value in zip(_variable_free(graph), values, strict=True)]
    adjoints, contributions = [arb(0)] * len(graph.nodes), [arb(0)] * len(graph.nodes)
    partials = dict[tuple[int, int], arb]()
    adjoints[graph.output] = arb(1)
    for i in range(graph.output, -1, -1):
        if adjoints[i].is_zero():
            continue
        node, value = graph.nodes[i], _number(values[i])
        if value is None or isinstance(node, Call):
            return None
        contributions[i] = (_units(graph, node, arithmetic) + _of_exponent(node, values)) * abs(value * adjoints[i])
        for k, j in enumerate(arguments_of(node)):
            if exact[j]:
                continue  # it carries no error, and an order or an exponent has no derivative
            partial = _partial(node, k, [values[a] for a in arguments_of(node)])
            if partial is None:
                return None
            partials[i, j] = partials.get((i, j), arb(0)) + partial
            adjoints[j] += adjoints[i] * partial
    return Sweep(graph.output, values, adjoints, partials, contributions)


def magnifier(swept: Sweep, node: int) -> tuple[int | None, float]:
    """The first node on the way to the output that makes a relative error MAGNIFIED times as large, and how large.

    Where a node has several users, the way leads through the one that hands on most of its adjoint.
    """
    while node != swept.output:
        handed = {i: abs(float((swept.adjoints[i] * partial).mid())) for (i, j), partial in swept.partials.items() if j == node}
        user = max(handed, key=handed.__getitem__)
        factor = _condition(swept, user, node)
        if factor > MAGNIFIED:
            return user, factor
        node = user
    return None, 1.0


def _condition(swept: Sweep, user: int, node: int) -> float:
    """How many times a relative error of a node is as large in its user."""
    before, after = _number(swept.values[node]), _number(swept.values[user])
    assert before is not None
    assert after is not None
    return math.inf if after.contains(0) else abs(float((before * swept.partials[user, node] / after).mid()))


def _units(graph: Graph, node: Node, arithmetic: Arithmetic) -> float:
    """The units roundoff c of a node."""
    match node:
        case Constant():
            return 0.0 if node.binary_digits <= arithmetic.exact_digits else 1.0
        case Apply("integer_power", (_, exponent)):
            return _of_integer_power(graph.nodes[exponent], arithmetic.roundings)
        case Apply(function, _):
            return arithmetic.roundings(function)
        case _:
            return 0.0


def _of_exponent(node: Node, values: Sequence[Value]) -> arb:
    """The compiler makes exp(a + b) of exp(a)·exp(b), and exp(a·b) of exp(a)^b: the new exponent is rounded."""
    exponent = _number(values[node.arguments[0]]) if isinstance(node, Apply) and node.function == "exp" else None
    return arb(0) if exponent is None else abs(exponent)


def _variable_free(graph: Graph) -> list[bool]:
    fixed: list[bool] = []
    for node in graph.nodes:
        fixed.append(not isinstance(node, Variable) and all(fixed[j] for j in arguments_of(node)))
    return fixed


def _is_float(value: Value, digits: int) -> bool:
    """Whether a value is a number that a float of this many binary digits holds exactly."""
    ball = _number(value)
    if ball is None or not ball.is_exact():
        return False
    return not ball.is_finite() or int(ball.man_exp()[0]).bit_length() <= digits


def _of_integer_power(exponent: Node, roundings: Roundings) -> float:
    """xⁿ is made of products; squaring doubles the relative error of its argument, so that n - 1 roundings come together."""
    assert isinstance(exponent, Constant)
    n = int(exponent.value)
    return max(abs(n) - 1, 0) * roundings("multiply") + (roundings("divide") if n < 0 else 0.0)


def _partial(node: Node, k: int, arguments: list[Value]) -> arb | None:
    """The local derivative with respect to argument k; a condition has none."""
    assert isinstance(node, Apply)
    if isinstance(arguments[k], bool):
        return arb(0)
    if node.function == "where" and isinstance(arguments[0], bool):
        return arb(1) if (k == 1) == arguments[0] else arb(0)
    if isinstance(arguments[k], Trouble):
        return None
    moved: list[Value] = [arb_series([_number(u), 1], prec=2) if j == k else u for j, u in enumerate(arguments)]
    result = Line(2).apply(FUNCTIONS[node.function], moved)
    if isinstance(result, arb_series):
        return result[1] if result.prec >= 2 else None
    if isinstance(result, Trouble):
        steepness = FUNCTIONS[node.function].lipschitz  # at a tie: it may carry an error so much larger
        return None if steepness is None else arb(steepness)
    return arb(0)


def _number(value: Value) -> arb | None:
    """The ball of a value: rationals become one, conditions weigh nothing."""
    if isinstance(value, Trouble):
        return None
    return arb(0) if isinstance(value, bool) else arb(value)
