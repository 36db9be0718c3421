"""The engines, as values in one table: what they are called, what they run, and where their derivations come from.

Nobody else knows an engine by its name. Packages add engines by an entry point of the group `diffcheck.engines`, which names an
`Engine`. No engine's library is imported here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from diffcheck.errors import InputError

GROUP = "diffcheck.engines"  # of entry points
UNINSTALL = "Mend or uninstall the package that brings it."


@dataclass(frozen=True, slots=True)
class Library:
    """What an engine computes with: its name for people, as a package to install, and as a module to import."""

    title: str
    package: str
    module: str

    @property
    def version(self) -> str:
        """As it is installed; nothing is imported."""
        return metadata.version(self.package)


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to a derivative, which is judged with the others.

    `derivations` is `module:function`: what takes a `Subject` and yields the derivations that the engine has for it, one for each of its
    `modes` (see engines/derivation.py); where it is empty, the user gives them. `further` are its modes of second derivatives, and then
    of all higher ones, where they have names of their own. `column` is where the table of functions says what the engine calls each.
    `extra` is what must be installed where the engine's library does not come with diffcheck: "diffcheck-ad[torch]".
    """

    name: str  # in data; never changes
    title: str  # for people, the same everywhere
    modes: tuple[str | None, ...] = (None,)
    libraries: tuple[Library, ...] = ()
    derivations: str = ""
    column: str = ""
    extra: str = ""
    has_formulas: bool = False  # it works when derivations are made, and JAX runs them; others work when values are asked for
    further: tuple[tuple[str, ...], ...] = ()

    def titled(self, mode: str | None) -> str:
        """The engine in one mode: JAX forward."""
        return f"{self.title} {mode}" if mode else self.title

    def modes_of(self, order: int) -> tuple[str | None, ...]:
        """Its modes of derivatives of an order."""
        return (self.modes, *self.further)[min(order - 1, len(self.further))]

    def modes_of_all(self, orders: Iterable[int]) -> tuple[str | None, ...]:
        """Those of some orders, each once."""
        return tuple(dict.fromkeys(mode for order in sorted(set(orders)) for mode in self.modes_of(order)))

    @property
    def titles(self) -> tuple[str, ...]:
        """The engine in each of its modes."""
        return tuple(map(self.titled, self.modes))

    def load(self) -> Callable[..., Any]:
        """What yields the derivations. Raises ImportError where the engine's library is not installed."""
        module, _, name = self.derivations.partition(":")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found


SYMBOLIC = Engine(
    "symbolic",
    "SymPy",
    (None,),
    (Library("SymPy", "sympy", "sympy"),),
    "diffcheck.engines.symbolic.formulas:derivations",
    column="sympy",
    has_formulas=True,
)
FORWARD, REVERSE = "forward", "reverse"
FORWARD_OVER_REVERSE = "forward over reverse"  # what jax.hessian runs
REVERSE_OVER_FORWARD = "reverse over forward"
FORWARD_OVER_FORWARD = "forward over forward"
REVERSE_OVER_REVERSE = "reverse over reverse"
FORWARD_NESTED, REVERSE_NESTED, JET = "forward nested", "reverse nested", "jet"
AUTOMATIC = Engine(
    "automatic",
    "JAX",
    (FORWARD, REVERSE),
    (Library("JAX", "jax", "jax"),),
    "diffcheck.engines.jax.runs:derivations",
    column="jax",
    further=(
        (FORWARD_OVER_REVERSE, REVERSE_OVER_FORWARD, FORWARD_OVER_FORWARD, REVERSE_OVER_REVERSE),
        (FORWARD_NESTED, REVERSE_NESTED, JET),
    ),
)
CLAIM = Engine("claim", "claim")
CERTIFIED = Engine("certified", "Arb", libraries=(Library("FLINT", "python-flint", "flint"),), column="ball")  # it judges the others

OWN = (SYMBOLIC, AUTOMATIC, CLAIM)
TABULATED = (SYMBOLIC, AUTOMATIC, CERTIFIED)  # those that have a column in the table of functions


@cache
def engines() -> tuple[Engine, ...]:
    """All that are judged, claims last: diffcheck's own, then those that installed packages add, by name."""
    others = sorted((_loaded(point) for point in metadata.entry_points(group=GROUP)), key=lambda engine: engine.name)
    return (*(engine for engine in OWN if engine.derivations), *others, CLAIM)


def _loaded(point: metadata.EntryPoint) -> Engine:
    try:
        found = point.load()
    except Exception as error:  # whatever that package does when it is imported
        raise InputError(f"the engine {point.value} cannot be loaded: {type(error).__name__}: {error}", UNINSTALL) from error
    if not isinstance(found, Engine) or not found.derivations or found.name in {engine.name for engine in (*OWN, CERTIFIED)}:
        raise InputError(f"{point.value}, an entry point of {GROUP}, is not an Engine with a name and derivations of its own", UNINSTALL)
    return found


def named(name: str) -> Engine:
    """The engine of this name; one that is not installed here, where data comes from elsewhere, has its name as title."""
    found = next((engine for engine in OWN if engine.name == name), None)  # most are: nothing is looked for then
    return found or next((engine for engine in engines() if engine.name == name), Engine(name, name))


def place(title: str) -> int:
    """The place of an engine in one mode among all of them: the same in every picture."""
    titles = [each for engine in (*OWN, *engines()) for each in engine.titles]
    return list(dict.fromkeys([*titles, title])).index(title)


def together(titles: Iterable[str]) -> list[str]:
    """Titles as a sentence has them: all modes of one engine are the engine itself."""
    return _replaced(titles, [(engine, modes) for engine in engines() for modes in (engine.modes, *engine.further)])


def joined(titles: Iterable[str]) -> list[str]:
    """The same, but only where the modes are many: those of higher derivatives."""
    return _replaced(titles, [(engine, modes) for engine in engines() for modes in engine.further])


def _replaced(titles: Iterable[str], known: Iterable[tuple[Engine, Sequence[str | None]]]) -> list[str]:
    found = list(dict.fromkeys(titles))
    for engine, modes in known:
        first, *others = map(engine.titled, modes)
        if others and {first, *others} <= set(found):
            found = [engine.title if title == first else title for title in found if title not in others]
    return found


def libraries() -> tuple[Library, ...]:
    """What decides on verdicts: the libraries of all engines, and of what is proved."""
    return tuple(dict.fromkeys(library for engine in (AUTOMATIC, SYMBOLIC, CERTIFIED, *engines()) for library in engine.libraries))


def versions() -> dict[str, str]:
    """The versions of the libraries by the names of their modules."""
    return {library.module: library.version for library in libraries()}
