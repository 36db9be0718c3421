"""Where an operation stands in the user's text: written into a JAX trace as the name of a scope, read from its jaxpr."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax

from diffcheck.language.syntax import Span

_NAME = re.compile(r"at_(\d+)_(\d+)")
_NUMBER = re.compile(r"node_(\d+)")


def scope(span: Span | None) -> AbstractContextManager[Any]:
    """Names the operations that are traced inside; derivatives of them keep the name."""
    return nullcontext() if span is None else jax.named_scope(f"at_{span.start}_{span.end}")


def span_of(equation: Any) -> Span | None:
    """The innermost piece of text that an equation of a jaxpr comes from, as far as its own jaxpr says."""
    found = _NAME.findall(str(equation.source_info.name_stack))
    return Span(*map(int, found[-1])) if found else None


def numbered(node: int) -> AbstractContextManager[Any]:
    """Names the operations that are traced inside by the number of a node."""
    return jax.named_scope(f"node_{node}")


def number_of(equation: Any) -> int | None:
    """The number of the innermost node that an equation of a jaxpr comes from."""
    found = _NUMBER.findall(str(equation.source_info.name_stack))
    return int(found[-1]) if found else None
