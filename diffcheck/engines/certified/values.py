"""What the certified engine computes with along a line x0 + t·d: balls, power series of balls in t, and troubles.

A value is an `arb` (does not change along the line), an `arb_series` in t, a rational that is known exactly, a condition
(bool), or a `Trouble` that says why there is no value. Troubles are values, not exceptions, because a branch that is not
taken may be in trouble.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeAlias

from flint import arb, arb_series, fmpq

from diffcheck.graph.graph import Algebra


class TroubleKind(Enum):
    """What is wrong with a value, the most final first."""

    UNDEFINED = "undefined"  # proved: the function has no value here
    UNSUPPORTED = "unsupported"  # the engine cannot do this
    NO_SERIES = "no series"  # it may have a value, but no expansion of it is known
    SINGULAR = "singular"  # no two-sided power series is known: the exact algebra looks closer
    UNPROVED = "unproved"  # the balls are too wide: more precision may help
    TRUNCATED = "truncated"  # the series is too short: more terms may help


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no value."""

    kind: TroubleKind
    reason: str


Series: TypeAlias = arb | arb_series
Value: TypeAlias = arb | arb_series | fmpq | bool | Trouble
_SEVERITY = {kind: rank for rank, kind in enumerate(TroubleKind)}


def undefined(reason: str) -> Trouble:
    return Trouble(TroubleKind.UNDEFINED, reason)


def unproved(reason: str) -> Trouble:
    return Trouble(TroubleKind.UNPROVED, reason)


def worst(troubles: Sequence[Trouble]) -> Trouble:
    """The trouble that decides when several arguments are in trouble."""
    return min(troubles, key=lambda trouble: _SEVERITY[trouble.kind])


def constant_term(u: Series) -> arb:
    """u at t = 0."""
    return u[0] if isinstance(u, arb_series) else u


def is_finite(u: Series) -> bool:
    """Whether every known coefficient is a finite ball. Test this before any predicate: a NaN ball contains everything."""
    return bool(u.is_finite()) if isinstance(u, arb) else all(map(arb.is_finite, u.coeffs()))


def balls(arguments: Sequence[Any]) -> list[Any]:
    """The arguments with rationals as balls."""
    return [arb(u) if isinstance(u, fmpq) else u for u in arguments]


def composed(f: arb_series, u: arb_series) -> arb_series:
    """f(u - u(0)) for a series f about u(0). flint wants an exact zero, and not the zero series."""
    step = arb_series([arb(0), *u.coeffs()[1:]], prec=u.prec)
    return f(step) if step.length() else arb_series([f[0]], prec=min(u.prec, f.prec))


class Follower(Algebra[Value], Protocol):
    """The algebra of values along a line, as the functions see that it evaluates."""

    def sign(self, u: Series) -> int | Trouble:
        """The sign of u at the point and, if u moves, around it."""


TIE = "a tie"
