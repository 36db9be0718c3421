"""SymPy expression → nodes of a graph: the inverse of the table's SymPy column."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from diffcheck.engines.symbolic.heads import head
from diffcheck.errors import UnsupportedError
from diffcheck.graph.functions import LACKS, ROWS, Function, registered
from diffcheck.graph.graph import Constant, GraphBuilder


class FromSympy:
    """SymPy expression → nodes; the inverse of the table's SymPy column, walked with an explicit stack."""

    def __init__(self, builder: GraphBuilder, symbols: dict[sympy.Symbol, int]) -> None:
        self._builder = builder
        self._places: dict[Any, int] = dict(symbols)

    def convert(self, expression: Any) -> int:
        stack = [expression]
        while stack:
            part = stack[-1]
            parts = [] if part in self._places else [p for p in _parts(part) if p not in self._places]
            if parts:
                stack.extend(parts)
                continue
            stack.pop()
            if part not in self._places:
                self._places[part] = self._node(part, [self._places[p] for p in _parts(part)])
        return self._places[expression]

    def _node(self, part: Any, arguments: list[int]) -> int:
        apply = self._builder.apply
        if part.is_Rational:
            return self._rational(part)
        if part in (sympy.pi, sympy.E):
            return apply("pi" if part is sympy.pi else "e", ())
        if part.is_Add:
            return self._sum(part)
        if part.is_Mul:
            return self._product(part)
        if part.is_Pow:
            return self._power(part, arguments)
        rewrite = _REWRITES.get(type(part).__name__)
        if rewrite is not None:
            return rewrite(self._builder, arguments)
        if isinstance(part, sympy.Piecewise):
            return self._pieces(part)
        return self._function(part, arguments)

    def _function(self, part: Any, arguments: list[int]) -> int:
        row = next((row for row in _rows_by_head(registered()).get(type(part).__name__, ()) if row.accepts(len(arguments))), None)
        if row is None:
            raise UnsupportedError(f"SymPy's derivative contains {shown_part(part)}, which has no row in the table")
        left_out = len(row.names) - len(arguments)
        defaults = row.defaults[-left_out:] if left_out > 0 else ()
        return self._builder.apply(row, [*arguments, *(self._builder.constant(value) for value in defaults)])

    def _pieces(self, pieces: sympy.Piecewise) -> int:
        *others, last = pieces.args
        if last.cond != True:  # noqa: E712  (SymPy's true is not Python's)
            raise UnsupportedError(f"SymPy's derivative {shown_part(pieces)} leaves a case open")
        place = self._places[last.expr]
        for pair in reversed(others):
            place = self._builder.apply("where", (self._places[pair.cond], self._places[pair.expr], place))
        return place

    def _rational(self, number: Any) -> int:
        if number.q == 1:
            return self._integer(int(number.p))
        return self._builder.apply("divide", (self._integer(int(number.p)), self._integer(int(number.q))))

    def _integer(self, number: int) -> int:
        place = self._builder.constant(Fraction(abs(number)))
        return place if number >= 0 else self._builder.apply("negate", (place,))

    def _sum(self, total: Any) -> int:
        place: int | None = None
        for term in _terms(total):
            negative = term.could_extract_minus_sign() and (term.is_Rational or term.is_Mul)
            if place is None or not negative:
                node = self._places[term]
                place = node if place is None else self._builder.apply("add", (place, node))
            else:
                place = self._builder.apply("subtract", (place, self.convert(-term)))
        assert place is not None
        return place

    def _product(self, product: Any) -> int:
        coefficient, factors = product.as_coeff_mul()
        if coefficient.is_negative:
            return self._builder.apply("negate", (self.convert(-product),))
        above = [self._places[f] for f in factors if not _is_divisor(f)]
        below = [self.convert(1 / f) for f in factors if _is_divisor(f)]
        if coefficient.p != 1 or not above:
            above.insert(0, self._integer(int(coefficient.p)))
        if coefficient.q != 1:
            below.insert(0, self._integer(int(coefficient.q)))
        place = self._chain(above)
        return self._builder.apply("divide", (place, self._chain(below))) if below else place

    def _chain(self, factors: list[int]) -> int:
        place = factors[0]
        for factor in factors[1:]:
            place = self._builder.apply("multiply", (place, factor))
        return place

    def _power(self, power: Any, arguments: list[int]) -> int:
        base, exponent = power.args
        apply = self._builder.apply
        if base is sympy.E:
            return apply("exp", arguments[1:])
        if exponent.is_Rational and exponent.is_negative:
            return apply("divide", (self._integer(1), self.convert(1 / power)))
        if exponent == sympy.Rational(1, 2):
            return apply("sqrt", arguments[:1])
        return apply("integer_power" if exponent.is_Integer else "power", arguments)


def _is_divisor(factor: Any) -> bool:
    return bool(factor.is_Pow and factor.args[1].is_Rational and factor.args[1].is_negative)


def _terms(total: Any) -> list[Any]:
    """The terms of a sum in reading order: 2x + 3, not 3 + 2x."""
    return sorted(total.args, key=lambda term: bool(term.is_number))


def _parts(part: Any) -> tuple[Any, ...]:
    """The parts that must be converted first."""
    if part.is_Add:
        return tuple(_terms(part))
    if part.is_Mul:
        return tuple(f for f in part.as_coeff_mul()[1] if not _is_divisor(f))
    if isinstance(part, sympy.Piecewise):
        return tuple(p for pair in part.args for p in (pair.expr, pair.cond) if p is not sympy.true)
    if isinstance(part, (sympy.Derivative, sympy.Subs, sympy.Integral, AppliedUndef)):
        raise UnsupportedError(f"SymPy leaves {shown_part(part)} unevaluated")
    if isinstance(part, sympy.hyper):
        return (*part.ap, *part.bq, part.argument)
    return tuple(part.args)


def shown_part(part: Any) -> str:
    """A piece of a SymPy expression as a message quotes it."""
    text = str(part)
    return text if len(text) <= 60 else text[:57] + "…"


@cache
def _rows_by_head(registered: tuple[Function, ...]) -> dict[str, list[Function]]:
    """The rows that SymPy makes of each class, those from outside included."""
    rows: dict[str, list[Function]] = {}
    for row in (*ROWS, *registered):
        made_by = head(row.name) if row.column("sympy") is not LACKS and row.parameters else None
        if isinstance(made_by, type):
            rows.setdefault(made_by.__name__, []).append(row)
    return rows


def _applied(name: str) -> Callable[[GraphBuilder, list[int]], int]:
    return lambda builder, arguments: builder.apply(name, arguments)


def _joined(name: str) -> Callable[[GraphBuilder, list[int]], int]:
    return lambda builder, arguments: reduce(lambda a, b: builder.apply(name, (a, b)), arguments)


def _polygamma(builder: GraphBuilder, arguments: list[int]) -> int:
    if builder.nodes[arguments[0]] == Constant(Fraction(0)):
        return builder.apply("digamma", arguments[1:])
    return builder.apply("polygamma", arguments)


def _hypergeometric(builder: GraphBuilder, arguments: list[int]) -> int:
    """₂F₁(a, b; c; x) or ₁F₁(a; b; x); of parameters that are equal, which SymPy strikes out, ₁F₀ = (1 - x)⁻ᵃ or ₀F₀ = eˣ are left."""
    if len(arguments) > 2:
        return builder.apply("hyp2f1" if len(arguments) == 4 else "hyp1f1", arguments)
    if len(arguments) == 1:
        return builder.apply("exp", arguments)
    a, x = arguments
    base = builder.apply("subtract", (builder.constant(Fraction(1)), x))
    return builder.apply("power", (base, builder.apply("negate", (a,))))


def _laguerre(builder: GraphBuilder, arguments: list[int]) -> int:
    """L⁽ᵃ⁾ₙ(x) = binomial(n + a, n)·₁F₁(-n; a + 1; x): DLMF 18.5.12."""
    n, a, x = arguments
    scale = builder.apply("binomial", (builder.apply("add", (n, a)), n))
    series = builder.apply("hyp1f1", (builder.apply("negate", (n,)), builder.apply("add", (a, builder.constant(Fraction(1)))), x))
    return builder.apply("multiply", (scale, series))


def _dirac(builder: GraphBuilder, arguments: list[int]) -> int:
    """δ(u): nothing away from u = 0, no finite number there."""
    zero = builder.constant(Fraction(0))
    return builder.apply("where", (builder.apply("equal", (arguments[0], zero)), builder.apply("inf", ()), zero))


_REWRITES: dict[str, Callable[[GraphBuilder, list[int]], int]] = {
    "StrictLessThan": _applied("less"),
    "LessThan": _applied("less_equal"),
    "StrictGreaterThan": _applied("greater"),
    "GreaterThan": _applied("greater_equal"),
    "Equality": _applied("equal"),
    "Unequality": _applied("not_equal"),
    "And": _joined("and"),
    "Or": _joined("or"),
    "Not": _applied("not"),
    "Infinity": _applied("inf"),
    "hyper": _hypergeometric,
    "assoc_laguerre": _laguerre,
    "polygamma": _polygamma,
    "DiracDelta": _dirac,
}
