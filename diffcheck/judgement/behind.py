"""What stands behind a value: the program that computed it, and what f may turn into by rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from diffcheck.enclosure import Enclosure


class Rule(Protocol):
    """The derivative program that computed a value, in exact arithmetic; its parts are computed when they are asked for.

    `bound` is how far rounding may carry the program from its exact value. A formula is mathematics: its exact value
    is right or wrong. The literals of JAX's programs are rounded, so even their exact value may be off by as much;
    `literals` is the part of the bound that is theirs, 0 of a formula.
    """

    @property
    def name(self) -> str: ...  # "the formula", "JAX's rule"

    @property
    def is_formula(self) -> bool: ...

    @property
    def exact(self) -> Enclosure | None: ...

    @property
    def bound(self) -> Decimal | None: ...

    @property
    def literals(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule whose parts are known already."""

    name: str
    is_formula: bool
    exact: Enclosure | None
    bound: Decimal | None
    literals: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class Turned:
    """The derivatives of the functions that rounding may turn f into: each tie turned alone, and all of them together.

    `sides` are those on which a formula may be right, because rounding carries floats across the tie. `too_many` is the number of
    ties if they are too many to follow, else 0.
    """

    each: Sequence[Enclosure] = ()
    together: Sequence[Enclosure] = ()
    sides: Sequence[Enclosure] = ()
    too_many: int = 0


class Behind:
    """What stands behind a value: the rule that computed it, and the slopes that f has with ties turned. Here neither is known.

    Subclasses compute both when they are asked for, which only a large error or a short format does.
    """

    @property
    def rule(self) -> Rule | None:
        return None

    @property
    def turned(self) -> Turned:
        return Turned()


@dataclass(frozen=True)
class Known(Behind):
    """What is known already."""

    rule: Rule | None = None
    turned: Turned = Turned()
