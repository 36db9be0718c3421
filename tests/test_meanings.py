"""What a row of the table means is what SymPy's function of that name is: a value each, from two libraries that share nothing.

A meaning is evaluated by every engine of diffcheck, so that no comparison among them could tell that it is another function's.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
import sympy

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import enclose_value
from diffcheck.engines.symbolic.heads import head
from diffcheck.graph.build import read
from diffcheck.graph.functions import ROWS, Function

POINTS = ("1/4", "3/4", "5/4", "-3/4", "5/2")
DIGITS = Decimal("1e-25")
NOT_EVALUATED = ("erfcinv",)  # by SymPy; the inverse of erfc is tested as such


def _is_sympys(row: Function) -> bool:
    """Whether the row has a meaning, and SymPy a function of its own for it, which can be evaluated."""
    return bool(row.meaning and len(row.names) == 1 and row.column("sympy")) and isinstance(head(row.name), type)


WITH_MEANING = [row for row in ROWS if _is_sympys(row)]


def _by_sympy(row: Function, x: sympy.Rational) -> Decimal | None:
    value = head(row.name)(x).evalf(40)
    return Decimal(str(value)) if value.is_real and value.is_number and value.is_finite else None


def test_many_rows_can_be_compared() -> None:
    assert len(WITH_MEANING) >= 10


@pytest.mark.parametrize("row", WITH_MEANING, ids=lambda row: row.name)
def test_a_meaning_is_the_function_that_sympy_has_by_this_name(row: Function) -> None:
    graph = read(f"{row.name}(x)").target.flat
    compared = 0
    for point in POINTS:
        x = sympy.Rational(point)
        found, expected = enclose_value(graph, {"x": float(x)}), _by_sympy(row, x)
        if isinstance(found, Enclosure) and expected is not None:
            compared += 1
            assert found.magnitude > 0 or expected == 0
            assert found.overlaps(Enclosure(expected, abs(expected) * DIGITS)), (point, found, expected)
    assert compared or row.name in NOT_EVALUATED
