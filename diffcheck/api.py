"""The Python API: `check` an expression or a JAX function, `assert_derivative` in a test, and a `Report` that shows itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType
from typing import Any

import sympy

from diffcheck import printable, results
from diffcheck.checks.at_once import plan_of
from diffcheck.checks.calling import Exactly
from diffcheck.checks.claimed import Claim, side_of
from diffcheck.checks.entries import Jacobian
from diffcheck.checks.expression import check as check_expression
from diffcheck.checks.flags import typed
from diffcheck.checks.function import check_function
from diffcheck.checks.orders import Orders, asked
from diffcheck.engines.symbolic.given import as_text, name_of, named, text_of
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.graph.functions import Function, registered
from diffcheck.graph.register import register
from diffcheck.processes.calls import call
from diffcheck.processes.deaths import Lost
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits
from diffcheck.results import Outcome, Sample

SUBJECTS = "Give an expression as a text or of SymPy, or a function of JAX: check('x^2', at=2)."
LONGEST_SUBJECT = 140  # characters of a function as it was read, in a message


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A PNG that a notebook shows."""

    png: bytes

    def __repr__(self) -> str:
        return "<Picture>"

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass(frozen=True, slots=True, repr=False)
class Report(results.Findings):
    """What was found. A notebook shows it as HTML, `print` as the command line does; reports can be pickled and compared.

    Attributes:
        header: The expression as it was read, the variables, the format, the derivatives as formulas, the program that JAX ran, and the
            versions of the libraries.
        samples: A Sample for each point and derivative: the points in order, and at each point the derivatives in order.
        checks: Of a JAX function, a RuleCheck for each check of its rules and each point.
        outcome: The worst of all outcomes; of several, in the order pass, warn, undecided, fail.
        tally: Counts of outcomes and verdicts.

    Example:
        >>> import diffcheck
        >>> report = diffcheck.check("relu(x)", at=[-1, 0, 1])
        >>> [sample.status.value for sample in report.samples]
        ['smooth', 'kink', 'smooth']
        >>> report.outcome.value
        'pass'
    """

    text: str = field(default="", repr=False)  # of an expression, as it was typed
    of: str | None = field(default=None, repr=False)
    jacobians: tuple[Jacobian, ...] = field(default=(), repr=False, compare=False)  # of a function, for pictures

    @property
    def outcome(self) -> Outcome:
        """The worst of all outcomes."""
        return Outcome.worst(self.tally.found)

    def to_json(self) -> str:
        """The report as `--format json` writes it: a text that `diffcheck schema` describes."""
        from diffcheck.views.json_ import report_as_text

        return report_as_text(self)

    def plot(self, path: str | Path, *, wrt: str = "", lower: float | None = None, upper: float | None = None) -> Path:
        """Draw the function and its tangents at the report's points, and return the path.

        Args:
            path: A .png, .svg or .pdf file.
            wrt: The variable along which an expression is drawn; its first one by default. Of a JAX function, the worst entry of
                the Jacobian (of those with respect to `wrt`, if given) is drawn along its coordinate, the others as they are at the point.
            lower: The left end of the picture; around the points by default.
            upper: The right end.

        Raises:
            InputError: There is nothing to draw: a report of a function that was pickled or made within limits holds no function.
        """
        if self.text:
            self._plot_expression(Path(path), wrt, lower, upper)
        elif self.jacobians:
            from diffcheck.pictures.function import plot_function

            plot_function(self.header, self.jacobians, path=Path(path), wrt=wrt, lower=lower, upper=upper)
        else:
            raise InputError("a report that was stored has no function to draw", "Check the function again, and draw that report.")
        return Path(path)

    def picture(self, *, wrt: str = "", lower: float | None = None, upper: float | None = None) -> Picture:
        """What `plot` draws, for a notebook, which shows it by itself."""
        with TemporaryDirectory() as directory:
            return Picture(self.plot(Path(directory, "report.png"), wrt=wrt, lower=lower, upper=upper).read_bytes())

    def _plot_expression(self, path: Path, wrt: str, lower: float | None, upper: float | None) -> None:
        from diffcheck.checks.expression import Check
        from diffcheck.checks.points import from_mappings
        from diffcheck.pictures.figure import Options, plot

        job = Check(self.text, of=self.of, dtype=self.header.dtype, variables=self.header.variables)
        points = list({tuple(sample.point.items()): sample.point for sample in self.samples}.values())
        columns = from_mappings(points, job.problem.variables, job.format)
        plot(job, columns, wrt or job.problem.variables[0], path=path, options=Options(lower, upper))

    def __getstate__(self) -> list[object]:
        """All but the function, which cannot be pickled in general."""
        return [() if each.name == "jacobians" else getattr(self, each.name) for each in fields(self)]

    def __repr__(self) -> str:
        values, checks = sum(self.tally.outcomes.values()), sum(self.tally.checks.values())
        rules = f", {results.counted(checks, 'check')} of the rules" if checks else ""
        return f"<Report of {self.header.read_as}: {results.counted(values, 'derivative value')}{rules}: {self.outcome.value}>"

    def __str__(self) -> str:
        from diffcheck.views.notebook import text

        return text(self)

    def _repr_html_(self) -> str:
        from diffcheck.views.notebook import html

        return html(self)

    def _repr_latex_(self) -> str | None:
        from diffcheck.views.notebook import latex

        return latex(self)


@typed
def check(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any = None,
    *,
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    of: str | None = None,
    wrt: Sequence[str | Sequence[str]] | None = None,
    claim: Any = None,
    dtype: str | None = None,
    against: str | Callable[..., Any] | None = None,
    lint: bool | None = None,
    timeout: float | None = None,
    max_memory: int | None = None,
    directions: int | None = None,
    seed: int | None = None,
    entries: int | str | None = None,
    order: int | None = None,
    hessian: bool = False,
    along: Any = None,
    hvp: Any = None,
    side: str | None = None,
) -> Report:
    """Check the derivatives of an expression or of a JAX function at points.

    Args:
        subject: An expression, as text or as a SymPy object whose symbols are the variables; or a JAX function.
        at: Points, each rounded once to `dtype`. Of an expression: a number (of Python, NumPy, JAX, `decimal` or `fractions`), a
            text as `--at` takes it ("x=1,y=2", "linspace(-4,4,100)"), a mapping of names to numbers or arrays, or a list or an array of
            such points, with a row for each point if there are several variables. Of a function: its only argument (a number, an
            array, or a tree of them), a tuple for `f(*at)`, a mapping for `f(**at)`, or a list of such points. A tuple or a mapping that
            the function's signature does not take like this is its only argument.
        args: Instead of `at`, the arguments of a function that are given by position: `f(*args, **kwargs)`.
        kwargs: Those that are given by name.
        of: The definition to differentiate, if the text has several; the last one by default. Expressions only.
        wrt: Derivatives to check: "x" is ∂/∂x, "x x" or ("x", "x") is ∂²/∂x². Of a function, its arguments to differentiate by, "w" or
            "w['bias']". All by default.
        claim: A derivative worked out by hand. Of an expression: a text for each derivative of `wrt`. Of a function: a Jacobian, of the
            shape of the result followed by that of the argument, a function that returns it, or texts in which x[0] is an entry of x.
        dtype: The format under test: "float64", "float32", "bfloat16" or "float16". By default float64; of a function, arrays keep their
            formats, and the verdicts are relative to the coarsest on the way: a model in float32 is judged in float32.
        against: A formula or another function by which a function is judged, instead of its own computation without its rules.
        lint: Whether the derivative rules of a function are checked, too; by default, if it has custom ones.
        timeout: Seconds. With this or `max_memory`, the work is done in a process of its own, to which the subject is sent and which
            is killed at the limit. Without them, what FLINT, SymPy or JAX have begun cannot be stopped.
        max_memory: Megabytes of that process.
        directions: Along how many directions forward mode is proved where a function has more than 400 derivatives; 3 by default.
        seed: What these directions are drawn with; 0 by default.
        entries: How many of more than 400 derivatives are shown one by one, beside the wrong and the worst: a number, or "all".
        order: All partial derivatives of an order from 1 to 8, pure and mixed, those that are equal once.
        hessian: Those of order 2, in each of JAX's four modes.
        along: A direction, given as a point is: the derivative of this order along it.
        hvp: A vector, given as a point is: the Hessian times it.
        side: "left" or "right": where the function has a kink, the claim is for the slope of this side.

    Returns:
        A Report. A wrong derivative is a verdict in it, not an exception. SymPy's derivative of a small
            function is shown beside the others; no outcome depends on it.

    Raises:
        InputError: The subject or a point cannot be read or used; ExpressionError has the place in the text.
        UserCodeError: The function raised an exception; it is called in this process, unless there is a limit.
        LostError: Nothing came back within the limits. If only SymPy or JAX did not, the report says so of that engine.

    Example:
        >>> import diffcheck
        >>> diffcheck.check("x^2 + 3x + 2", at=2).outcome.value
        'pass'
        >>> diffcheck.check("x^2", at=[1, 2], claim="3x").samples[0].results[-1].verdict.value
        'wrong'

    Source:
        docs/verdicts.md has the rules, docs/numerics.md how derivatives are proved.
    """
    options = {"of": of, "wrt": wrt, "claim": claim, "dtype": dtype, "against": against, "lint": lint}
    options |= {"args": args, "kwargs": kwargs, "directions": directions, "seed": seed, "entries": entries}
    options |= {"orders": _orders(order, hessian, along, hvp, entries == "all"), "side": side}
    if timeout is None and max_memory is None:
        return _checked(subject, at, **options)
    limits = Limits(DEFAULT_SECONDS if timeout is None else timeout, DEFAULT_MEGABYTES if max_memory is None else max_memory)
    report: Report = call(_checked_with, (registered(), subject, at), options, limits)
    return report


def _orders(order: int | None, hessian: bool, along: Any, hvp: Any, every: bool) -> Orders | None:
    """What is asked for; None where it is the first derivatives."""
    if order is None and not hessian and along is None and hvp is None:
        return None
    return asked(order, hessian=hessian, along=along, times=hvp, every=every)


def _checked_with(rows: Sequence[Function], subject: Any, at: Any, **options: Any) -> Report:
    """The check in another process, to which the functions that were registered here are new."""
    for row in rows:
        register(row)
    return _checked(subject, at, **options)


def _checked(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any,
    *,
    of: str | None,
    wrt: Sequence[str | Sequence[str]] | None,
    claim: Any,
    dtype: str | None,
    against: str | Callable[..., Any] | None,
    lint: bool | None,
    args: Sequence[Any] | None,
    kwargs: Mapping[str, Any] | None,
    directions: int | None = None,
    seed: int | None = None,
    entries: int | str | None = None,
    orders: Orders | None = None,
    side: str | None = None,
    on_stage: Callable[[str], object] = lambda stage: None,
    lost: Lost = {},  # noqa: B006  (nobody writes into it)
) -> Report:
    if callable(subject) and not isinstance(subject, sympy.Basic):
        at = _point(at, args, kwargs)
    else:
        _refuse("an expression", args=args, kwargs=kwargs)
    if at is None:
        raise InputError("no point is given", "Write at=2, at={'x': 1, 'y': 2}, or a list of such points.")
    if isinstance(subject, sympy.Basic):
        subject, at, wrt, claim = text_of(subject), named(at), wrt and [name_of(names) for names in wrt], as_text(claim)
    if callable(subject):
        _refuse("a function", of=of)
        plan = plan_of(directions=directions, seed=seed, entries=entries)
        how = {"wrt": _arguments(wrt), "claim": claim, "side": side_of(side), "dtype": dtype, "against": against, "linted": lint}
        report, jacobians = check_function(subject, at, plan=plan, orders=orders and orders.beyond_first, **how)
        return Report(report.header, report.samples, report.checks, jacobians=jacobians)
    if not isinstance(subject, str):
        raise InputError(f"{printable.quoted(subject)} is not an expression, nor a function", SUBJECTS)
    _refuse("an expression", against=against, lint=lint, directions=directions, seed=seed, entries=entries)
    asked_for: dict[str, Any] = {"of": of, "wrt": wrt, "claim": _claims(claim), "orders": orders, "side": side_of(side), "lost": lost}
    report = check_expression(subject, at, dtype=dtype or "float64", on_stage=on_stage, **asked_for)
    return Report(report.header, report.samples, text=subject, of=of)


def _point(at: Any, args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None) -> Any:
    """The point of a function, which `args` and `kwargs` say in place of `at`."""
    if args is None and kwargs is None:
        return at
    if at is not None:
        raise InputError("the point is given twice, by at= and by args= or kwargs=", "Give either of them.")
    if isinstance(args, (str, Mapping)) or not isinstance(args, (Iterable, NoneType)) or not isinstance(kwargs, (Mapping, NoneType)):
        raise InputError(
            "args= is a tuple of arguments, and kwargs= a mapping of names to arguments", "Write args=(x, y), kwargs={'z': z}."
        )
    return Exactly(tuple(args or ()), kwargs)


def _claims(claim: Any) -> Sequence[Any]:
    """One claim, which may be a matrix of numbers, or several."""
    are_several = isinstance(claim, (list, tuple)) and all(isinstance(each, (str, Claim)) for each in claim)
    return () if claim is None else claim if are_several else [claim]


def _arguments(wrt: Any) -> Sequence[str] | None:
    """The arguments of a function that are named."""
    found = [wrt] if isinstance(wrt, str) else wrt
    if found is not None and not all(isinstance(each, str) for each in found):
        raise InputError("wrt= of a function names its arguments", "Write wrt=['x']; hessian=True and order=3 give higher derivatives.")
    return found


def _refuse(what: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name}= is not for {what}")


def assert_derivative(subject: str | Callable[..., Any] | sympy.Basic, at: Any = None, **options: Any) -> None:
    """Raise AssertionError unless every derivative passes; for tests.

    Args:
        subject: An expression or a JAX function, as for `check`.
        at: Points, as for `check`.
        options: Those of `check`.

    Raises:
        AssertionError: A derivative is wrong or was not proved right: a test must not rest on what is undecided. The message shows
            the worst entry in NumPy's manner. Warnings are allowed.
        InputError: As `check` does.

    Example:
        >>> import diffcheck, jax
        >>> diffcheck.assert_derivative(jax.nn.gelu, at=0.5)
    """
    __tracebackhide__ = True  # pytest shows the user's line, not this one
    try:
        report = check(subject, at, **options)
    except (InputError, UnsupportedError) as error:  # where in diffcheck it was found helps nobody
        raise error.with_traceback(None) from None
    if not report.outcome.is_accepted:
        raise AssertionError(_message(report))


def _message(report: Report) -> str:
    """What is wrong: how many, the worst of them, and the rules that are not kept."""
    wrong = "wrong" if report.outcome is Outcome.FAIL else "not proved"
    bad = [sample for sample in report.samples if not sample.outcome.is_accepted]
    read_as = report.header.read_as
    subject = read_as if len(read_as) <= LONGEST_SUBJECT else read_as.partition(" = ")[0]
    lines = [f"\nThe derivative of {subject} is {wrong}", ""]
    if bad:
        lines.append(f"Mismatched derivatives: {len(bad)} / {len(report.samples)} ({100 * len(bad) / len(report.samples):.3g}%)")
        lines += _worst(report, max(bad, key=lambda sample: sample.badness))
    failed = [c for c in report.checks if c.outcome is not None and not c.outcome.is_accepted]
    return "\n".join([*lines, *(f"Rule {check.name}: {check.detail}" for check in failed)])


def _worst(report: Report, sample: Sample) -> list[str]:
    from diffcheck.views.console import place
    from diffcheck.views.numerals import enclosure_text

    symbol = results.leibniz(report.header.name + sample.output, sample.wrt, sample.order)
    proved = enclosure_text(sample.enclosure) if sample.enclosure is not None else sample.status.value
    lines = [f"Worst: {symbol} at {place(sample)}", f" DESIRED: {proved}"]
    said = [f"{result.value!r} ({result.title}, {result.verdict.value}: {result.reason})" for result in sample.results]
    return [*lines, *(f" ACTUAL:  {words}" for words in said)]
