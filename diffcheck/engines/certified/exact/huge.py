"""Rules for functions that grow faster than every power of 1/t, such as exp(1/t): they outweigh every germ, and 1/f is flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpq

from diffcheck.engines.certified.exact.field import no_series
from diffcheck.engines.certified.exact.germ import Huge


def _sign(field: Any, u: Any) -> int:
    """The sign of a factor that is neither zero nor flat."""
    if isinstance(u, Huge):
        return u.sign
    if field.leading(u) is None:
        raise no_series("zero times what grows faster than every power")
    sign: int = field.sign(u)
    return sign


def _is_rough(*operands: Any) -> bool:
    return any(u.is_rough for u in operands)


def _add(field: Any, a: Any, b: Any) -> Huge:
    signs = {u.sign for u in (a, b) if isinstance(u, Huge)}
    if len(signs) > 1:
        raise no_series("a difference of functions that grow faster than every power")
    return Huge(signs.pop(), _is_rough(a, b))


def _negate(field: Any, u: Huge) -> Huge:
    return Huge(-u.sign, u.is_rough)


def _multiply(field: Any, a: Any, b: Any) -> Huge:
    return Huge(_sign(field, a) * _sign(field, b), _is_rough(a, b))


def _divide(field: Any, a: Any, b: Any) -> Any:
    if isinstance(a, Huge) and isinstance(b, Huge):
        raise no_series("a quotient of functions that grow faster than every power")
    if isinstance(a, Huge):
        return _multiply(field, a, b)
    return field.remainder(field.cut, _is_rough(a, b), b.sign * field.sign(a))


def _power(field: Any, base: Any, exponent: Any) -> Any:
    q = exponent if isinstance(exponent, fmpq) else None if isinstance(exponent, Huge) else field.as_rational(exponent)
    if not isinstance(base, Huge) or base.sign < 0 or not q:
        raise no_series("a power of what grows faster than every power")
    return Huge(1, base.is_rough) if q > 0 else field.remainder(field.cut, base.is_rough, 1)


def _oscillation(field: Any, u: Huge) -> Any:
    return field.oscillation


RULES: dict[str, Callable[..., Any]] = {
    "add": _add,
    "subtract": lambda field, a, b: _add(field, a, _negate(field, b) if isinstance(b, Huge) else b),
    "negate": _negate,
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "integer_power": _power,
    "sqrt": lambda field, u: _power(field, u, fmpq(1, 2)),
    "cbrt": lambda field, u: Huge(u.sign, u.is_rough),
    "exp": lambda field, u: Huge(1, u.is_rough) if u.sign > 0 else field.remainder(field.cut, u.is_rough, 1),
    "atan": lambda field, u: field.pi * field.rational(fmpq(u.sign, 2)) + field.remainder(field.cut, u.is_rough),
    "sin": _oscillation,
    "cos": _oscillation,
}
