"""Evaluation traces: how the value and the derivatives of a function come about, row by row, proved and as JAX computes them.

expression, function: from a subject and a point to a Trace · graphs: the rows of a graph · rules: those of a custom derivative rule
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from diffcheck import workings
from diffcheck.checks.flags import typed
from diffcheck.errors import InputError
from diffcheck.printable import quoted


class Trace(workings.TraceRecord):
    """A trace that shows itself: as text when it is printed, and as tables in a notebook.

    `rows` has the inputs and the operations, `operations` these alone, `pullback` and `pushforward` the passes of a derivative rule. A row
    has its `name`, `operation` and `operands`, its `value`, `tangents` and `adjoint`, each with what is `proved`, what JAX `computed` and
    the error in `ulps`, and says whether it `is_saved`. `derivatives` has the status of each derivative, `saved` what reverse mode keeps.
    """

    __slots__ = ()

    def __str__(self) -> str:
        from diffcheck.views.traces.tables import TraceOptions
        from diffcheck.views.traces.text import as_text

        return as_text(self, TraceOptions())

    def _repr_markdown_(self) -> str:
        from io import StringIO

        from diffcheck.views.traces.tables import TraceOptions
        from diffcheck.views.traces.written import write

        stream = StringIO()
        write(self, "markdown", TraceOptions(), stream)
        return stream.getvalue()


@typed
def trace(
    subject: str | Callable[..., Any],
    at: Any,
    *,
    of: str | None = None,
    wrt: Sequence[str] | None = None,
    entry: str | None = None,
    dtype: str | None = None,
) -> Trace:
    """The evaluation trace of an expression or of a JAX function at a point.

    Args:
        subject: An expression as text, or a JAX function.
        at: One point, as `check` takes it.
        of: The definition meant, if the text has several; the last one by default. Expressions only.
        wrt: The variables with tangents and adjoints; all by default. Of a function with arrays, entries: "x[0]".
        entry: Which entry of the result of a function, such as "[0]", if it is not one number. Functions only.
        dtype: The format in which JAX computes; by default float64, and the arrays of a function keep their own.

    Returns:
        A Trace: `rows` has a row for each operation, in the order in which they run, with an enclosure of its value, of its
            derivative with respect to each variable, and of the result's derivative with respect to it, beside JAX's floats. Of a
            function with derivative rules of its own, `pullback` has the backward pass. `print` shows it.

    Raises:
        InputError: The subject or the point cannot be read or used.
        UserCodeError: The function raised an exception.
        UnsupportedError: The program of the function cannot be lifted into a graph.

    Example:
        >>> import diffcheck
        >>> traced = diffcheck.trace("ln(x1) + x1*x2 - sin(x2)", {"x1": 2, "x2": 5})
        >>> [(row.name, row.operation, row.value.computed) for row in traced.operations][:2]
        [('v1', 'ln(x1)', 0.6931471805599453), ('v2', 'x1*x2', 10.0)]

    Source:
        Griewank & Walther, Evaluating Derivatives, 2nd ed., chapter 2; Baydin et al. 2018, tables 2 and 3.
    """
    if callable(subject):
        from diffcheck.traces.function import trace_function

        if of is not None:
            raise InputError("of= is not for a function")
        return _shown(trace_function(subject, at, wrt=wrt, output=entry, dtype=dtype))
    from diffcheck.traces.expression import trace_expression

    if not isinstance(subject, str):
        raise InputError(f"{quoted(subject)} is not an expression, nor a function", "Give an expression as a text, or a function of JAX.")
    if entry is not None:
        raise InputError("entry= is not for an expression")
    return _shown(trace_expression(subject, at, of=of, wrt=wrt, dtype=dtype or "float64"))


def _shown(found: workings.TraceRecord) -> Trace:
    return Trace(**{field.name: getattr(found, field.name) for field in fields(found)})
