"""How a user's function goes to another process: as its name where it can be imported, else as its code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial, reduce
from importlib import import_module
from io import BytesIO
from typing import Any

import cloudpickle


def pickler_for(file: BytesIO) -> Any:
    """A pickler that writes to a file, and knows JAX's functions if JAX is there."""
    jax: Any = sys.modules.get("jax")
    if jax is None:
        return cloudpickle.Pickler(file)
    with_rules, compiled = (jax.custom_vjp, jax.custom_jvp), type(jax.jit(abs))

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """With what JAX's own functions do not say about themselves."""

        def reducer_override(self, found: Any) -> Any:
            if not isinstance(found, (*with_rules, compiled)):
                return super().reducer_override(found)
            if _named(found.__module__, found.__qualname__) is found:
                return _named, (found.__module__, found.__qualname__)
            if isinstance(found, with_rules):
                return _with_rules, (type(found), found.fun, vars(found))
            _, _, state, *_ = found.__reduce_ex__(4)
            static = {name: state[name] for name in ("static_argnums", "static_argnames")}
            return partial(jax.jit, **static), (found.__wrapped__,)

    return Pickler(file)


def _named(module: str, name: str) -> Any:
    """What can be imported under this name; None if nothing can."""
    try:
        return reduce(getattr, name.split("."), import_module(module)) if module != "__main__" else None
    except (ImportError, AttributeError):
        return None


def _with_rules(kind: type, function: Callable[..., Any], fields: Mapping[str, Any]) -> Any:
    made = kind(function)
    vars(made).update(fields)
    return made
