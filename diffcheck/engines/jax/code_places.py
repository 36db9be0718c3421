"""Where the operations and functions of a JAX program stand in the user's Python files.

JAX keeps a traceback with each equation, and the name and place of each function that it traces (`DebugInfo`).
"""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from pathlib import Path
from types import CodeType
from typing import Any

import jax

from diffcheck.engines.faults import OURS
from diffcheck.graph.graph import CodeSpan

JAX = str(Path(jax.__file__).parent)
_LIBRARY = str(Path(linecache.__file__).parent)  # of Python, where packages are installed too
_INSTALLED = "site-packages"


def code_span(equation: Any) -> CodeSpan | None:
    """The innermost piece of the user's code that made an equation; None if JAX made it by itself, or the code has no file."""
    for code, instruction in _frames(equation.source_info.traceback):
        if code.co_filename.startswith(OURS):
            return None  # what lies outside has called diffcheck
        if not is_library(code.co_filename):
            return _span(code, instruction)
    return None


def is_called_by_user(equation: Any, name: str) -> bool:
    """Whether an equation comes from a function of JAX's with this name that the user's code called, and not an installed package."""
    frames = [(code.co_name, code.co_filename) for code, _ in _frames(equation.source_info.traceback)]
    callers = (caller for (called, file), (_, caller) in pairwise(frames) if called == name and file.startswith(JAX))
    return any(is_users(caller) and _INSTALLED not in caller for caller in callers)


def is_library(file: str) -> bool:
    """Whether a file belongs to JAX or to Python itself."""
    return file.startswith(JAX) or (file.startswith((_LIBRARY, "<frozen")) and _INSTALLED not in file)


def is_users(file: str) -> bool:
    """Whether a file is neither a library's nor diffcheck's own."""
    return not file.startswith(OURS) and not is_library(file)


def _frames(traceback: Any) -> Iterator[tuple[CodeType, int]]:
    """The frames of a traceback as JAX keeps it, the innermost first."""
    try:
        codes, instructions = traceback.raw_frames()
    except AttributeError:  # None, or a JAX that keeps them in another form
        return iter(())
    return zip(codes, instructions, strict=True)


@lru_cache(maxsize=4096)
def _span(code: CodeType, instruction: int) -> CodeSpan | None:
    line, last, start, end = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if line is None:
        return None
    text = source_line(code.co_filename, line)
    if not text:
        return None
    if start is None or end is None:  # python -X no_debug_ranges
        return CodeSpan(len(text) - len(text.lstrip()), len(text), code.co_filename, line)
    return CodeSpan(_characters(text, start), _characters(text, end) if last == line else len(text), code.co_filename, line)


def _characters(text: str, offset: int) -> int:
    """Python counts the bytes of UTF-8."""
    return len(text.encode()[:offset].decode(errors="ignore"))


def source_line(file: str, line: int) -> str:
    """A line of a file of Python code, or of a cell of a notebook; "" where it is not to be had."""
    return linecache.getline(file, line).rstrip()


@dataclass(frozen=True, slots=True)
class TracedFunction:
    """A Python function that JAX has traced."""

    name: str
    file: str
    line: int

    @property
    def is_library(self) -> bool:
        return is_library(self.file)


def function_of(traced: Any) -> TracedFunction | None:
    """The Python function of a jaxpr, or of a function that an equation holds; None where JAX does not say."""
    text = getattr(getattr(traced, "debug_info", None), "func_src_info", None)
    name, at, place = text.rpartition(" at ") if isinstance(text, str) else ("", "", "")
    file, colon, line = place.rpartition(":")
    return TracedFunction(name, file, int(line)) if at and colon and line.isdigit() else None


def defined(function: Any) -> TracedFunction | None:
    """Where a Python function is defined; None if that is not known."""
    code = getattr(function, "__code__", None)
    return None if code is None else TracedFunction(function.__name__, code.co_filename, code.co_firstlineno)
