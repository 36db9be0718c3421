"""Cases: what suite files hold, whatever their format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_NAME = 1_000  # letters: every result carries its case's name
Point = str | float | Mapping[str, Any]  # as --at takes it, the only variable's value, or a value for each name


@dataclass(frozen=True, slots=True)
class ClaimedText:
    """∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ = text; `wrt` is empty where there is a single derivative, and lists the variables of a mixed one: "x y"."""

    wrt: str
    order: int
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Points to be found: of a grid, so many random ones, and special values, inside `domain` and where a condition holds."""

    domain: Mapping[str, tuple[str, str]]  # the ends, as texts: each is rounded once, to the format under test
    grid: int = 0  # along each variable
    random: int = 0
    seed: int = 1
    special: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One expression with its points, as a file gives it: the form is checked, the expression is not read yet.

    Or, where `function` is not empty, a JAX function: FILE.py:NAME or package.module:NAME, judged by `against` where that is given.
    """

    id: str
    line: int  # in the file, from 1
    text: str
    at: tuple[Point, ...]
    of: str | None = None
    wrt: tuple[tuple[str, ...], ...] = ()  # ("x",) is ∂/∂x, ("x", "x") is ∂²/∂x²; none: every variable
    claims: tuple[ClaimedText, ...] = ()
    dtype: str | None = None
    expect: str | None = None  # an outcome or a verdict
    spare_coordinates: bool = False  # a point may name variables that the expression does not use
    file: str = ""
    sampling: Sampling | None = None
    function: str = ""
    against: str = ""
    cost: bool = False  # the operations of every way to its derivatives are counted


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is not a case."""

    id: str
    line: int
    message: str
    file: str = ""
