"""What a row of THE table says: the facts of one function, a typed column each.

How an engine finds a function is one of four things:

* `Named`: its column names a Python object, which is imported when it is needed (no engine's library is imported here);
* `LACKS`: the engine lacks the function and says `unsupported`;
* `MEANT`: the engine uses the row's `meaning`, written in diffcheck's own language. This is the default of a row that has one;
* `ITSELF`: the engine has a function of the same name: the default of other rows. For the certified engine that is a function of
  engines/certified (`implementations.py` there says where it looks).

Which call of its library computes a function is the business of an engine; what is true of a function, whoever computes it, stands here.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from diffcheck.errors import InputError
from diffcheck.graph.domains import Demand, Domain
from diffcheck.graph.limits import Magnitude


@dataclass(frozen=True, slots=True)
class Named:
    """A Python object by the name of its module and its own; found when it is needed."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"

    def load(self) -> Any:
        """The object. Raises what its module raises when it is imported, and AttributeError where it has no such object."""
        return getattr(importlib.import_module(self.module), self.name)

    @classmethod
    def of(cls, found: Callable[..., Any]) -> Named:
        """The name of a function or a class; raises InputError where there is none to find it by."""
        name: str = getattr(found, "__qualname__", type(found).__qualname__ + "()")
        if not name.isidentifier():
            raise InputError(f"{name} cannot be found by its name", "Define it at the top of a module.")
        return cls(found.__module__, name)


class Support(Enum):
    """How an engine gets a function for which its column names nothing."""

    ITSELF = "✓"
    MEANT = "="
    LACKS = "—"


ITSELF, MEANT, LACKS = Support
Way = Named | Support
Given = Way | Callable[..., Any] | None  # a callable is as good as its name

NUMPY = partial(Named, "jax.numpy")
NN = partial(Named, "jax.nn")
SPECIAL = partial(Named, "jax.scipy.special")
LAX = partial(Named, "jax.lax")
CALLABLES = partial(Named, "diffcheck.engines.jax.callables")
RULES = partial(Named, "diffcheck.engines.jax.relu")
SYMPY = partial(Named, "sympy")
HEADS = partial(Named, "diffcheck.engines.symbolic.heads")
OPERATOR = partial(Named, "operator")
BUILTIN = partial(Named, "builtins")


class Conditions(StrEnum):
    """Which arguments are conditions."""

    NONE = ""
    FIRST = "first"
    ALL = "all"


class DecidesBy(StrEnum):
    """What turns at a tie."""

    NOTHING = ""
    SIGN = "sign"  # that of the first argument
    DIFFERENCE = "difference"  # of two arguments
    WHOLE = "whole"  # the distance from a whole number


@dataclass(frozen=True, slots=True)
class Kink:
    """A corner at `at` with one-sided slopes `left` and `right`: the Clarke interval lies between them."""

    at: int
    left: Fraction
    right: Fraction


def kink(at: int, left: int | str, right: int | str) -> Kink:
    """A kink whose slopes are written as exact decimals or fractions."""
    return Kink(at, Fraction(left), Fraction(right))


@dataclass(frozen=True, slots=True)
class LiteralArgument:
    """A parameter that is an integer literal: where it is anything else, an engine lacks the function. `tried` are values to test."""

    name: str
    tried: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Precedence:
    """How tightly an operator binds, and how tightly what stands left and right of it must."""

    precedence: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class LatexForm:
    r"""How LaTeX writes an application: the body of a macro, `\frac{#1}{#2}`; how tightly it binds, and how tightly its arguments must."""

    body: str
    precedence: int = 10
    wanted: tuple[int, ...] = ()  # 0, where left out: whatever stands there

    def __post_init__(self) -> None:
        if "#1" not in self.body:
            raise ValueError(f"the LaTeX form {self.body} has no argument #1")


Growth = Callable[..., Magnitude]
Exactly = Callable[..., Any]  # of Fractions, or of any other exact rationals: a rational, a truth value, or None where it is neither


@dataclass(frozen=True)
class Function:
    """One row of the table: a function of real numbers, its names, and what is known of it.

    Only `name` and `doc` are needed; what the other columns say unless they are given holds of a function that is smooth on its
    domain. `parameters` are names, "name=literal" where an argument may be left out; a last "…" allows any number.
    """

    name: str
    doc: str
    parameters: str = "x"
    aliases: tuple[str, ...] = ()
    meaning: str = ""  # an expression in diffcheck's own language, in the parameters

    # Where engines find it
    sympy: Given = None
    jax: Given = None
    jax_forward: Given = None  # where forward mode needs another implementation (a custom_vjp has none)
    ball: Given = None  # a Named one is a function of complex boxes (acb), which gives NaN for a box on which it may not be analytic
    python: Given = None  # a Named one is of the standard library

    # Where it has values, and what its graph is like there
    domain: tuple[Domain, ...] = ()  # one per parameter; empty: all real numbers
    demands: tuple[Demand, ...] = ()  # on several arguments together
    kinks: tuple[Kink, ...] = ()
    may_jump: bool = False  # where it is defined, it need not be continuous
    is_step: bool = False  # constant between its jumps
    decides_by: DecidesBy = DecidesBy.NOTHING
    lipschitz: int | None = None  # |f(u) - f(v)| ≤ L·max|uᵢ - vᵢ|, also across ties; None where that is not said

    # What it takes and gives
    conditions: Conditions = Conditions.NONE
    gives_condition: bool = False
    literals: tuple[LiteralArgument, ...] = ()
    is_lazy: bool = False  # one argument may decide whatever is wrong with the others
    may_be_infinite: bool = False  # ±∞, as a bound; everything else is infinite only where it is not defined

    # Arithmetic
    exactly: Exactly | None = None  # of rationals, without rounding
    is_arithmetic: bool = False  # one of + - * / and the minus sign: rational of rationals, at no cost
    is_polynomial: bool = False  # in its arguments: finite wherever they are
    is_correctly_rounded: bool = False  # by IEEE 754, in every format
    growth: Growth | None = None  # how large its values at constants are, where they may be huge

    # How others write it
    operator: str = ""  # in the language, between its operands
    binding: Precedence | None = None  # of the operator
    latex: str = ""  # what stands for its name, or its operator; otherwise \operatorname{name}
    latex_form: LatexForm | None = None
    latex_omits_default: bool = False  # the last argument is left out where it has its default
    fpcore: str = ""  # the operator of FPCore 2.0 that it is

    def __post_init__(self) -> None:
        for engine in ("sympy", "jax", "jax_forward", "ball", "python"):
            given: Given = getattr(self, engine)
            if given is not None and not isinstance(given, Named | Support):
                object.__setattr__(self, engine, Named.of(given))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(part.partition("=")[0] for part in self.parameters.split() if part != "…")

    @cached_property
    def defaults(self) -> tuple[Fraction, ...]:
        """The values of the last parameters where they are left out."""
        return tuple(Fraction(part.partition("=")[2]) for part in self.parameters.split() if "=" in part)

    def accepts(self, count: int) -> bool:
        """Whether the function can be called with this many arguments."""
        unbounded = self.parameters.endswith("…")
        return len(self.names) - len(self.defaults) <= count and (unbounded or count <= len(self.names))

    @cached_property
    def signature(self) -> str:
        """The call as documentation writes it: `leaky_relu(x, slope=0.01)`."""
        return f"{self.name}({', '.join(self.parameters.split())})" if self.parameters else self.name

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the meaning, names of functions among them."""
        return frozenset(re.findall(r"\w+", self.meaning))

    @cached_property
    def orders(self) -> bool:
        """Whether it is a number that depends on the order of real ones: it has no meaning for complex arguments."""
        return bool(self.decides_by) and not self.gives_condition

    def tried(self, name: str) -> tuple[int, ...]:
        """The integers to try for a parameter that is a literal; none for any other."""
        return next((literal.tried for literal in self.literals if literal.name == name), ())

    def column(self, engine: str) -> Way:
        """How `sympy`, `jax`, `jax_forward` or `ball` gets it."""
        given: Way | None = getattr(self, engine)
        if given is None and engine == "jax_forward":
            return self.column("jax")
        return given or (MEANT if self.meaning else ITSELF)
