"""`sympy.count_ops` of formulas that are too large for it: each distinct part is counted once, however often it is written.

SymPy walks through the formula as it is written out, which for f∘f∘…∘f takes longer than differentiating it; here a part that occurs
a thousand times is looked at once. The rules are those of `sympy.core.function.count_ops`, and the tests compare the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import sympy
from sympy.core.function import _coeff_isneg
from sympy.core.operations import LatticeOp
from sympy.simplify.radsimp import fraction

Own = Counter[str]  # the operations at the top of a formula, by SymPy's names: ADD, MUL, DIV, SIN


class Counting:
    """The operations of formulas as they are written out, by SymPy's names for them; what formulas share is counted once."""

    def __init__(self) -> None:
        self._known: dict[Any, Counter[str]] = {}

    def of(self, formula: Any) -> Counter[str]:
        """The operations of a formula, by an explicit stack: formulas are deep."""
        stack = [formula]
        while stack:
            top = stack.pop()
            if top in self._known:
                continue
            own, parts = _opened(top)
            missing = [part for part in parts if part not in self._known]
            if missing:
                stack += [top, *missing]
                continue
            total = Counter(own)
            for part in parts:
                total.update(self._known[part])
            self._known[top] = +total
        return self._known[formula]


def _opened(formula: Any) -> tuple[Own, list[Any]]:
    """The operations at the top, and the parts below them."""
    if formula.is_Rational:
        return Counter(NEG=int(formula.p < 0), DIV=int(formula.q != 1)), []
    if formula.is_Mul:
        return _product(formula)
    if formula.is_Add:
        return _sum(formula)
    if formula.is_Pow:
        return _power(formula)
    if formula == sympy.E:
        return Counter(EXP=1), []
    return _applied(formula)


def _product(formula: Any) -> tuple[Own, list[Any]]:
    own: Own = Counter()
    if _coeff_isneg(formula):
        own["NEG"] += 1
        formula = formula.as_two_terms()[1] if formula.args[0] is sympy.S.NegativeOne else -formula
    above, below = fraction(formula)
    if above.is_Integer:
        own.update(DIV=1, NEG=int(above.is_negative))
        return own, [below]
    if below is not sympy.S.One:
        own["DIV"] += 1
        return own, [above] if below.is_Integer else [above, below]
    if not formula.is_Mul:  # -1·x: what is left is counted by itself
        return own, [formula]
    own["MUL"] += len(formula.args) - 1
    return own, list(formula.args)


def _sum(formula: Any) -> tuple[Own, list[Any]]:
    negative = [_coeff_isneg(term) for term in formula.args]
    parts = [-term if is_negative else term for term, is_negative in zip(formula.args, negative, strict=True)]
    minus = sum(negative[1:])
    own: Own = Counter(SUB=minus, ADD=len(parts) - 1 - minus)
    if all(negative):
        own["NEG"] += 1
    elif negative[0]:  # -x + y is y - x
        own.update(SUB=1, ADD=-1)
    return own, parts


def _power(formula: Any) -> tuple[Own, list[Any]]:
    if formula.exp is sympy.S.NegativeOne:
        return Counter(DIV=1), [formula.base]
    if formula.base == sympy.E:
        return Counter(EXP=1), [formula.exp]
    return Counter(POW=1), list(formula.args)


def _applied(formula: Any) -> tuple[Own, list[Any]]:
    if not formula.args:
        return Counter(), []
    if isinstance(formula, LatticeOp):
        return Counter({_name(formula): len(formula.args) - 1}), list(formula.args)
    return Counter({_name(formula): 1} if formula.is_Function else {}), list(formula.args)  # SymPy counts no comparison


def _name(formula: Any) -> str:
    return str(type(formula).__name__.upper())


KINDS = {"MUL": "multiplications", "DIV": "divisions"}
ARITHMETIC = "ADD SUB NEG MUL DIV POW ABS SIGN HEAVISIDE MAX MIN PIECEWISE FLOOR CEIL CBRT AND OR NOT"


def by_kind(by_name: Counter[str]) -> Iterator[tuple[str, int]]:
    """What is counted apart: products, quotients, and all that is no arithmetic."""
    yield from ((kind, by_name[name]) for name, kind in KINDS.items())
    yield "transcendental", sum(count for name, count in by_name.items() if name not in ARITHMETIC.split())
