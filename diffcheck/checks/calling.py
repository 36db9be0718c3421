"""How a function is called: what its signature takes, which arguments it declares as static, and one call with a value for each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from types import MethodType
from typing import Any

import jax

from diffcheck.checks.points import listed
from diffcheck.engines.faults import call
from diffcheck.errors import InputError, PointError
from diffcheck.printable import shown

Arguments = Mapping[str, Any]  # by name: numbers, arrays, trees of them, and what is static
UNNAMED = ("x",)  # the argument of a function that names none
WHOLE = ("int", int)
BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
MOST_LAYERS = 100  # of wrappers: some objects claim to wrap another one without end
LONGEST_POINT = 60  # characters that a message shows
COMPILED = type(jax.jit(abs))


@dataclass(frozen=True, slots=True)
class Exactly:
    """A point as the two parts of a call: `f(*args, **kwargs)`."""

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BoundCall:
    """One call: a value for each argument by name, the static ones apart. `positional` are given by position, the others by keyword."""

    arguments: Arguments
    static: Arguments
    positional: tuple[str, ...]
    names: tuple[str, ...]  # of all, in the order of the signature

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function, called like this, as one of the arguments that are not static, all by position."""

        def called(*values: Any) -> Any:
            given = {**dict(zip(self.arguments, values, strict=True)), **self.static}
            keywords = {name: value for name, value in given.items() if name not in self.positional}
            return call(function, [given[name] for name in self.positional], keywords)

        return called

    def is_taken_by(self, function: Callable[..., Any]) -> bool:
        """Whether another function can be called like this, as far as its signature says."""
        keywords = {name: None for name in self.names if name not in self.positional}
        try:
            inspect.signature(function).bind(*self.positional, **keywords)
        except TypeError:
            return False
        except ValueError:  # it has no signature
            return True
        return True


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a function takes.

    `names` must be given, and are what a point without names means; the `optional` ones keep their default otherwise. `by_keyword` are
    given by keyword only, `whole` are annotated as int, and `static` is what the function declares so (`static_argnums`,
    `nondiff_argnums`). `further` is the name of its `*args` and `others` that of its `**kwargs`, or "".
    """

    names: tuple[str, ...]
    optional: tuple[str, ...] = ()
    by_keyword: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    static: frozenset[str] = frozenset()
    further: str = ""
    others: str = ""

    @classmethod
    def of(cls, function: Callable[..., Any], given: Sequence[str] = ()) -> Parameters:
        """Those of a function's signature; `given` where it takes any number of arguments, or does not say."""
        try:
            found = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            return cls(tuple(given) or UNNAMED)
        own = [parameter for parameter in found if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)]
        further = next((parameter.name for parameter in found if parameter.kind is parameter.VAR_POSITIONAL), "")
        others = next((parameter.name for parameter in found if parameter.kind is parameter.VAR_KEYWORD), "")
        needed = tuple(parameter.name for parameter in own if parameter.default is parameter.empty)
        if not own and not further and not others:
            raise InputError("the function takes no argument", "There is nothing to differentiate by.")
        if not needed and further and not others:
            needed = tuple(name for name in given if name not in {parameter.name for parameter in own}) or UNNAMED
        return cls(
            needed,
            tuple(parameter.name for parameter in own if parameter.default is not parameter.empty),
            frozenset(parameter.name for parameter in own if parameter.kind is parameter.KEYWORD_ONLY),
            frozenset(parameter.name for parameter in own if parameter.annotation in WHOLE),
            frozenset(_static(function)),
            further,
            others,
        )

    @property
    def known(self) -> tuple[str, ...]:
        """The names of all arguments that have one, those that must be given first."""
        return (*self.names, *self.optional)

    @property
    def unnamed(self) -> tuple[str, ...]:
        """What numbers without names are for."""
        return self.names or self._ordered[:1] or UNNAMED

    @property
    def _ordered(self) -> tuple[str, ...]:
        """Those that can be given by position, in order: what has no default stands before what has one."""
        return tuple(name for name in self.known if name not in self.by_keyword)

    def bound(self, args: Sequence[Any], kwargs: Arguments) -> BoundCall:
        """f(*args, **kwargs), with names for all values; raises PointError where the function does not take them."""
        ordered = self._ordered
        if len(args) > len(ordered) and not self.further:
            raise PointError(f"{len(args)} arguments are given by position, and the function takes {len(ordered)}", self._ours)
        further = {f"{self.further}[{k}]": value for k, value in enumerate(args[len(ordered) :])}
        values = dict(zip(ordered, args, strict=False))
        twice, unknown = ([str(name) for name in kwargs if name in names] for names in (values, kwargs.keys() - set(self.known)))
        if twice:
            raise PointError(f"{listed(twice)} is given twice", "Give it by position, or by name.")
        if unknown and not self.others:
            raise PointError(f"the function has no argument {listed(unknown)}", self._ours)
        values |= kwargs
        if missing := [name for name in self.names if name not in values]:
            raise PointError(f"no value for {listed(missing)}", self._ours)
        leading = tuple(takewhile(values.__contains__, ordered))  # up to the first that keeps its default
        positional = (*leading, *further)
        names = tuple(dict.fromkeys((*positional, *filter(values.__contains__, self.known), *values)))
        values |= further
        static = {name: values[name] for name in names if name in self.static}
        return BoundCall({name: values[name] for name in names if name not in static}, static, positional, names)

    def meant(self, at: Any) -> BoundCall:
        """What a point means: a tuple is f(*at), and a mapping that names arguments f(**at); all else is the only argument.

        A tuple of several values is that, too, if the function takes one argument by position.
        """
        match at:
            case Exactly():
                return self.bound(at.args, at.kwargs or {})
            case tuple() if not (self._takes_one and (len(at) != 1 or hasattr(at, "_fields"))):
                return self.bound(at, {})
            case Mapping() if self._means_names(at):
                return self.bound((), at)
        return self._only(at)

    @property
    def _takes_one(self) -> bool:
        """Whether no more than one argument can be given by position."""
        return len(self._ordered) == 1 and not self.further

    def _means_names(self, at: Mapping[Any, Any]) -> bool:
        named = set(at) & set(self.known)
        return bool(named) or (bool(self.others) and not self.names and all(isinstance(key, str) for key in at))

    def _only(self, at: Any) -> BoundCall:
        if len(self.names) > 1 or not (self._ordered or self.further) or self.by_keyword.intersection(self.names):
            names = ", ".join(self.names or self.known or ("…",))
            point = shown(" ".join(repr(at).split()), LONGEST_POINT)
            raise PointError(f"the point {point} does not say what each argument is", f"Give a tuple or a mapping: {names}.")
        return self.bound((at,), {})

    @property
    def _ours(self) -> str:
        further = [f"*{self.further}"] * bool(self.further) + [f"**{self.others}"] * bool(self.others)
        return f"Its arguments: {', '.join((*self.known, *further))}."


def _static(function: Any) -> set[str]:
    """The arguments that a function, or one that it wraps, declares as static: of jax.jit, and of a custom rule."""
    found: set[str] = set()
    for _ in range(MOST_LAYERS):
        if isinstance(function, COMPILED):
            state: Any = function.__reduce_ex__(4)[2]  # the only place where JAX says it
            found |= {*state["static_argnames"], *_numbered(function, state["static_argnums"])}
        elif isinstance(function, (jax.custom_vjp, jax.custom_jvp)):
            found |= set(_numbered(function, function.nondiff_argnums))
        match function:
            case partial():
                function = function.func
            case MethodType():
                function = function.__func__
            case _:
                function = getattr(function, "__wrapped__", None)
    return found


def _numbered(function: Callable[..., Any], positions: Sequence[int | str]) -> list[str]:
    """The names of parameters by their numbers, negative ones counted from the end; some of JAX's functions have names among them."""
    names: list[str] = []
    numbers = [position for position in positions if isinstance(position, int)]
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{k}]" for k in range(max(numbers, default=0) + 1)]
        elif parameter.kind in BY_POSITION:
            names.append(parameter.name)
    given = [position for position in positions if isinstance(position, str)]
    return given + [names[number] for number in numbers if -len(names) <= number < len(names)]
