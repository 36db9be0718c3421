"""What is the same at all points of one form: what a function is compiled to and lifted to is made for the first of them, and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import jax

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PointForm:
    """All of a point but the numbers of the leaves that are differentiated."""

    moving: tuple[tuple[str, tuple[int, ...], str], ...]  # of each of these leaves the name, the shape and the type
    fixed: tuple[Hashable, ...]  # what tells every other leaf, and every other part of a leaf, from another one
    structure: jax.tree_util.PyTreeDef  # of all arguments


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made for one form. `held` are its fixed leaves: while they are, nothing else has their identity."""

    held: Sequence[Any]
    found: dict[Hashable, Any] = field(default_factory=dict)


class Forms:
    """What was made of one function, form by form."""

    def __init__(self) -> None:
        self._made: dict[PointForm, Kept] = {}

    def of(self, form: PointForm, held: Sequence[Any]) -> Kept:
        """What was made for this form; nothing where a tree of the user's holds what cannot be hashed or compared."""
        made = Kept(held)
        try:
            return self._made.setdefault(form, made)
        except (TypeError, ValueError):
            return made


def once_per_form(make: Callable[..., T]) -> Callable[..., T]:
    """A method that runs once for all points of a form with the same arguments, which must be hashable; its object has `made`."""

    @wraps(make)
    def found(at: Any, *arguments: Hashable) -> T:
        key = (make.__qualname__, *arguments)
        if key not in at.made.found:
            at.made.found[key] = make(at, *arguments)
        result: T = at.made.found[key]
        return result

    return found
