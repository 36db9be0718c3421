"""Functions of the user's: `FILE.py:NAME` and `package.module:NAME` are executed here, and what they raise is shown as theirs."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from types import BuiltinFunctionType, ModuleType
from typing import Any

import jax
import numpy as np

from diffcheck.engines.faults import call, raise_if_ours
from diffcheck.engines.jax.code_places import JAX, is_users
from diffcheck.engines.jax.lacking import first_line, whole_tracebacks
from diffcheck.errors import DiffcheckError, InputError, UserCodeError
from diffcheck.printable import LONGEST_MESSAGE, quoted, shown
from diffcheck.processes.search_path import while_users
from diffcheck.processes.signals import StoppedError

FORMS = "Write FILE.py:NAME or package.module:NAME."
SHORT_NAMES = {"jnp": "jax.numpy", "nn": "jax.nn", "lax": "jax.lax", "jsp": "jax.scipy", "jsp.special": "jax.scipy.special"}
_REFERENCE = re.compile(r"(?:[^:=,\[\]]+\.py|[^\W\d]\w*(?:\.[^\W\d]\w*)+):[^\W\d]\w*(?:\.[^\W\d]\w*)*")  # of a point: x:1 is a number


def load(reference: str, wide: bool = True) -> Callable[..., Any]:
    """The function that a reference names; its module is executed. `wide`: with JAX's 64-bit types. Raises InputError."""
    found = _loaded(reference, wide, "a function")
    _require_function(found, reference)
    function: Callable[..., Any] = found
    return function


def is_reference(text: str) -> bool:
    """Whether a point is one that a Python file or module holds: no number, range or mapping looks like that."""
    return _REFERENCE.fullmatch(text.strip()) is not None


def load_point(reference: str, wide: bool = True) -> Any:
    """The object that a reference names or, if that is a function, what it returns; its module is executed. Raises InputError."""
    found = _loaded(reference.strip(), wide, "a point")
    if not inspect.isroutine(found):
        return found
    with users_code(reference), jax.enable_x64(wide):
        return call(found, ())


def point_of(text: str, wide: bool = True) -> Any:
    """What a point on the command line means for a function: the object that it names, or the text itself, for numbers."""
    return load_point(text, wide) if is_reference(text) else text


def runs_wide(points: Sequence[str], dtype: str | None) -> bool:
    """Whether files are executed with JAX's 64-bit types: for written numbers; objects are made as the user's settings say."""
    are_objects = any(is_reference(point) or point.endswith((".npz", ".npy")) for point in points)
    return bool(jax.config.jax_enable_x64) if dtype is None and are_objects else dtype in (None, "float64")  # type: ignore[attr-defined]


def _loaded(reference: str, wide: bool, what: str) -> Any:
    place, colon, name = reference.rpartition(":")
    if place.endswith(":"):
        raise InputError(f"{quoted(reference)} does not name {what}", f"Write {shown(reference.replace('::', ':'))}.")
    if not colon or not place or not name:
        raise InputError(f"{quoted(reference)} does not name {what}", _reference_meant(reference.rstrip(":")))
    with users_code(place), jax.enable_x64(wide):
        module = _from_file(Path(place)) if place.endswith(".py") else _imported(place)
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError:
        raise InputError(f"{shown(place)} has no {what.split()[-1]} {quoted(name)}", _offered(name, module)) from None


def _reference_meant(text: str) -> str:
    """How to write what does not name anything: a file without a name, module.name, or an expression."""
    if text.endswith(".py"):
        return f"Write {shown(text)}:NAME."
    place, dot, name = text.rpartition(".")
    if dot and all(part.isidentifier() for part in text.split(".")):
        return f"Did you mean {shown(SHORT_NAMES.get(place, place))}:{shown(name)}? A colon stands before the name."
    return FORMS if text.isidentifier() else f"{FORMS} Expressions are for `diffcheck check`."


def _file_meant(path: Path) -> str:
    close = difflib.get_close_matches(path.name, [each.name for each in path.parent.glob("*.py")], 1)
    return f"Did you mean {shown(path.with_name(close[0]))}? {FORMS}" if close else FORMS


def _module_meant(name: str) -> str:
    """A module that is missing, as it may be called: by the name that everybody gives it, or that of a file here."""
    here = [path.stem for path in Path().glob("*.py")]
    meant = SHORT_NAMES.get(name) or next(iter(difflib.get_close_matches(name, here, 1)), "")
    return f"Did you mean {shown(meant)}? {FORMS}" if meant else FORMS


def _offered(name: str, module: ModuleType) -> str:
    public = [each for each in vars(module) if not each.startswith("_") and callable(getattr(module, each))]
    close = difflib.get_close_matches(name, public, 1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}It has: {shown(', '.join(public)) or 'none'}."


def _require_function(found: Any, reference: str) -> None:
    if not callable(found):
        raise InputError(f"{shown(reference)} is not a function: it is {shown(type(found).__name__)}", FORMS)
    if inspect.isclass(found):
        raise InputError(f"{shown(reference)} is a class", "Name a function, or an instance that can be called.")
    if isinstance(found, (np.ufunc, BuiltinFunctionType)) or getattr(found, "__module__", None) == "numpy":
        likely = f"jax.numpy:{shown(reference.rpartition(':')[2])}"
        raise InputError(f"{shown(reference)} is not a JAX function: JAX cannot trace it", f"Did you mean {likely}?")


def _from_file(path: Path) -> ModuleType:
    """The file executed as `python FILE` would find it: its directory is the first place where it imports from."""
    if not path.is_file():
        raise InputError(f"there is no file {shown(path)}", _file_meant(path))
    name = f"{path.stem} (loaded by diffcheck from {path.resolve()})"  # a name of its own: random.py must not become `random`
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    directory = str(path.resolve().parent)
    sys.modules[name] = module  # dataclasses look their module up
    sys.path.insert(0, directory)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(directory)
    return module


def _imported(name: str) -> ModuleType:
    try:
        with while_users():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise InputError(f"there is no module {quoted(error.name)}", _module_meant(name)) from None
        raise


@contextmanager
def users_code(what: str) -> Iterator[None]:
    """What is raised inside becomes a UserCodeError with the traceback of the user's part; our own errors and faults pass."""
    with whole_tracebacks():
        try:
            yield
        except DiffcheckError:
            raise
        except (KeyboardInterrupt, StoppedError, MemoryError):
            raise
        except BaseException as error:  # a user's code raises what it likes
            raise_if_ours(error)
            raise UserCodeError(f"{shown(what)} raised {_described(error)}", _trace(error)) from error


def raised_by_jax(error: UserCodeError) -> bool:
    """Whether it was JAX that refused something, and no line of the user's that failed."""
    cause = error.__cause__
    frames = traceback.extract_tb(cause.__traceback__) if cause is not None else []
    return bool(frames) and frames[-1].filename.startswith(JAX)


def _described(error: BaseException) -> str:
    return shown(": ".join(filter(None, (type(error).__name__, first_line(error)))), LONGEST_MESSAGE)


def _trace(error: BaseException) -> str:
    """The traceback with the frames of the user's code only; "" where none of it was running."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_users(frame.filename)]
    if not frames:
        return ""
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames), *traceback.format_exception_only(error)]
    return "".join(lines)
