"""The names of JAX that may change are gathered, and each is there; a failure here says with which version of JAX one is gone."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck.engines.jax import code_places
from diffcheck.engines.jax import names as jax_names
from diffcheck.engines.jax.lift import scopes

PACKAGE = Path(__file__).parent.parent / "diffcheck"
HOME = "engines/jax/names.py"
UNSTABLE = ("jax._src", "jax.extend", "jax.interpreters", "jax.core", "jaxlib")
GONE = f"with JAX {jax.__version__}: {{}} is gone, which {HOME} names"
SETTINGS = ("jax_traceback_filtering", "jax_platforms", "jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")


def imports(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def literals(path: Path) -> Iterator[str]:
    """Texts and dotted names of a module, without its documentation and its examples, which have more than a line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value and " " not in node.value:
            yield node.value
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def test_unstable_names_are_used_in_one_file() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(name.startswith(UNSTABLE) for name in (*(module for module, _ in imports(path)), *literals(path)))
    }
    assert users == {HOME}


@pytest.mark.parametrize(
    ("module", "name"), [each for each in imports(PACKAGE / HOME) if each[0].startswith("jax")], ids=lambda part: str(part)
)
def test_an_unstable_name_is_there(module: str, name: str) -> None:
    try:
        found = getattr(import_module(module), name, None)
    except ImportError:
        found = None
    assert found is not None, GONE.format(f"{module}.{name}")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_there(name: str) -> None:
    assert hasattr(jax.config, name), GONE.format(f"jax.config.{name}")


def equation() -> Any:
    def inside(x: jax.Array) -> jax.Array:
        with jax.named_scope("a name"):
            return jnp.sin(x)

    (found,) = (each for each in jax.make_jaxpr(inside)(1.0).jaxpr.eqns if each.primitive.name == "sin")
    return found


def test_an_equation_says_where_it_was_made() -> None:
    span = code_places.code_span(equation())
    assert span is not None, GONE.format("the traceback of an equation (source_info.traceback.raw_frames)")
    assert Path(span.file).name == Path(__file__).name


def test_an_equation_knows_the_scope_in_which_it_was_made() -> None:
    assert "a name" in str(equation().source_info.name_stack), GONE.format("the name stack of an equation (source_info.name_stack)")
    assert scopes.span_of(equation()) is None  # a name of a user's is no place of ours


def test_what_a_callback_raises_is_logged_where_we_think(caplog: pytest.LogCaptureFixture) -> None:
    def raising(x: np.ndarray) -> np.ndarray:
        raise ValueError("on purpose")

    with caplog.at_level(logging.DEBUG), pytest.raises(Exception, match="on purpose"):
        jax.block_until_ready(jax.pure_callback(raising, jax.ShapeDtypeStruct((), np.float32), jnp.float32(1)))
    assert jax_names.CALLBACK_LOGGER in {record.name for record in caplog.records}
