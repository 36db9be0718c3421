"""The Python API: `check` an expression or a JAX function, `assert_derivative` in a test, and a `Report` that shows itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sympy

from diffcheck import printable, results
from diffcheck.engines.symbolic.given import text_of
from diffcheck.errors import InputError
from diffcheck.judgement.check import Claim
from diffcheck.judgement.check import check as check_expression
from diffcheck.judgement.functions.check import check_function
from diffcheck.judgement.functions.entries import Jacobian
from diffcheck.processes.calls import call
from diffcheck.processes.deaths import Lost
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits
from diffcheck.results import SEVERITY, Outcome, Sample


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A PNG that a notebook shows."""

    png: bytes

    def __repr__(self) -> str:
        return "<Picture>"

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass(frozen=True, slots=True, repr=False)
class Report(results.Report):
    """What was found: a header, samples, and of a JAX function the checks of its rules. A notebook shows it by itself."""

    text: str = field(default="", repr=False)  # of an expression, as it was typed
    of: str | None = field(default=None, repr=False)
    jacobians: tuple[Jacobian, ...] = field(default=(), repr=False, compare=False)  # of a function, for pictures

    @property
    def outcome(self) -> Outcome:
        """The worst of all outcomes."""
        found = [*self.tally.outcomes, *self.tally.checks]
        return max(found, key=SEVERITY.__getitem__, default=Outcome.UNDECIDED)

    def to_json(self) -> str:
        """The report as `--format json` writes it."""
        from diffcheck.views.json_ import report_as_text

        return report_as_text(self)

    def plot(self, path: str | Path, *, wrt: str = "", lower: float | None = None, upper: float | None = None) -> Path:
        """Draw the function and its tangents at the report's points to a .png, .svg or .pdf file, and return its path.

        An expression is drawn along `wrt`, by default its first variable. Of a JAX function, the worst entry of the Jacobian (of
        those with respect to `wrt`, where it is given) is drawn along its coordinate, the others as they are at the point.
        Raises InputError for what cannot be drawn.
        """
        if self.text:
            self._plot_expression(Path(path), wrt, lower, upper)
        elif self.jacobians:
            from diffcheck.views.plot_function import plot_function

            plot_function(self.header, self.jacobians, path=Path(path), wrt=wrt, lower=lower, upper=upper)
        else:
            raise InputError("a report that was stored has no function to draw", "Check the function again, and draw that report.")
        return Path(path)

    def picture(self, *, wrt: str = "", lower: float | None = None, upper: float | None = None) -> Picture:
        """What `plot` draws, for a notebook, which shows it by itself."""
        with TemporaryDirectory() as directory:
            return Picture(self.plot(Path(directory, "report.png"), wrt=wrt, lower=lower, upper=upper).read_bytes())

    def _plot_expression(self, path: Path, wrt: str, lower: float | None, upper: float | None) -> None:
        from diffcheck.judgement.check import Check
        from diffcheck.judgement.points import from_mappings
        from diffcheck.views.plot import Options, plot

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


def check(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any,
    *,
    of: str | None = None,
    wrt: Sequence[str | Sequence[str]] | None = None,
    claim: Any = None,
    dtype: str = "float64",
    against: str | Callable[..., Any] | None = None,
    lint: bool | None = None,
    timeout: float | None = None,
    max_memory: int | None = None,
    directions: int | None = None,
    seed: int | None = None,
) -> Report:
    """Check the derivatives of an expression or of a JAX function at points.

    An **expression** is a text, or one of SymPy, whose symbols are the variables. Of it, `at` is a number (of Python, NumPy, JAX,
    decimal or fractions), a text as `--at` takes it ("x=1,y=2", "linspace(-4,4,100)"), a mapping of names to numbers or arrays, or
    a list or an array of such points, which has a row for each point where there are several variables; `of` and `wrt` are those of
    the command line, and `claim` holds a derivative worked out by hand, one for each variable of `wrt`.

    Of a **function**, `at` is a number or an array, a tuple of all arguments, a mapping of argument names to arrays or trees, or
    a list of such points; `claim` is a Jacobian or a function that returns it. `against` is a formula or another function to
    judge it by, instead of its own computation without its derivative rules. `lint` checks these rules too (by default, custom ones).
    Of more than 400 derivatives, forward mode is proved along `directions` (3) that are drawn with `seed` (0).

    `timeout` in seconds and `max_memory` in megabytes are kept by a process of its own, to which the subject is sent; the first such
    call starts it. Without them the work is done here, and what FLINT, SymPy or JAX have begun cannot be stopped. Of an expression
    whose SymPy or JAX does not come back, the other engines are reported; where nothing is, LostError is raised.

    Raises InputError for what cannot be read or used; a wrong derivative is a verdict of the Report, not an exception.
    """
    options = {"of": of, "wrt": wrt, "claim": claim, "dtype": dtype, "against": against, "lint": lint}
    options |= {"directions": directions, "seed": seed}
    if timeout is None and max_memory is None:
        return _checked(subject, at, **options)
    limits = Limits(DEFAULT_SECONDS if timeout is None else timeout, DEFAULT_MEGABYTES if max_memory is None else max_memory)
    report: Report = call(_checked, (subject, at), options, limits)
    return report


def _checked(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any,
    *,
    of: str | None,
    wrt: Sequence[str | Sequence[str]] | None,
    claim: Any,
    dtype: str,
    against: str | Callable[..., Any] | None,
    lint: bool | None,
    directions: int | None = None,
    seed: int | None = None,
    on_stage: Callable[[results.Stage], object] = lambda stage: None,
    lost: Lost = {},  # noqa: B006  (nobody writes into it)
) -> Report:
    if at is None:
        raise InputError("no point is given", "Write at=2, at={'x': 1, 'y': 2}, or a list of such points.")
    if isinstance(subject, sympy.Basic):
        subject, at, wrt, claim = text_of(subject), _named(at), wrt and [_name(names) for names in wrt], _as_text(claim)
    if callable(subject):
        _refuse("a function", of=of, wrt=wrt)
        drawn = {name: value for name, value in (("directions", directions), ("seed", seed)) if value is not None}
        report, jacobians = check_function(subject, at, claim=claim, dtype=dtype, against=against, linted=lint, **drawn)
        return Report(report.header, report.samples, report.checks, jacobians=jacobians)
    if not isinstance(subject, str):
        fix = "Give an expression as a text or of SymPy, or a function of JAX: check('x^2', at=2)."
        raise InputError(f"{printable.quoted(subject)} is not an expression, nor a function", fix)
    _refuse("an expression", against=against, lint=lint, directions=directions, seed=seed)
    claims: Sequence[Claim | str] = () if claim is None else [claim] if isinstance(claim, (str, Claim)) else claim
    report = check_expression(subject, at, of=of, wrt=wrt, claim=claims, dtype=dtype, on_stage=on_stage, lost=lost)
    return Report(report.header, report.samples, text=subject, of=of)


def _named(at: Any) -> Any:
    """Points with the names of SymPy's symbols instead of these."""
    if isinstance(at, Mapping):
        return {str(name): value for name, value in at.items()}
    return [_named(point) for point in at] if isinstance(at, list) else at


def _name(names: Any) -> Any:
    return names if isinstance(names, str) else str(names) if isinstance(names, sympy.Basic) else tuple(map(str, names))


def _as_text(claim: Any) -> Any:
    if isinstance(claim, list | tuple):
        return [_as_text(each) for each in claim]
    return text_of(claim) if isinstance(claim, sympy.Basic) else claim


def _refuse(what: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name}= is not for {what}")


def assert_derivative(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any,
    *,
    claim: Any = None,
    dtype: str = "float64",
    against: str | Callable[..., Any] | None = None,
    lint: bool | None = None,
    timeout: float | None = None,
    max_memory: int | None = None,
) -> None:
    """Raise AssertionError unless every derivative of `check` with these arguments passes (warnings are allowed).

    The message shows the worst entry in NumPy's manner. What is undecided does not pass: a test must not rest on it.
    """
    __tracebackhide__ = True  # pytest shows the user's line, not this one
    options = {"claim": claim, "dtype": dtype, "against": against, "lint": lint, "timeout": timeout, "max_memory": max_memory}
    try:
        report = check(subject, at, **options)
    except InputError as error:  # where in diffcheck it was found helps nobody
        raise error.with_traceback(None) from None
    if SEVERITY[report.outcome] >= SEVERITY[Outcome.UNDECIDED]:
        raise AssertionError(_message(report))


def _message(report: Report) -> str:
    """What is wrong: how many, the worst of them, and the rules that are not kept."""
    wrong = "wrong" if report.outcome is Outcome.FAIL else "not proved"
    bad = [sample for sample in report.samples if SEVERITY[sample.outcome] >= SEVERITY[Outcome.UNDECIDED]]
    lines = [f"\nThe derivative of {report.header.read_as} is {wrong}", ""]
    if bad:
        lines.append(f"Mismatched derivatives: {len(bad)} / {len(report.samples)} ({100 * len(bad) / len(report.samples):.3g}%)")
        worst = max(bad, key=lambda sample: (SEVERITY[sample.outcome], max((r.ulps or 0.0 for r in sample.results), default=0.0)))
        lines += _worst(report, worst)
    failed = [c for c in report.checks if c.outcome is not None and SEVERITY[c.outcome] >= SEVERITY[Outcome.UNDECIDED]]
    return "\n".join([*lines, *(f"Rule {check.name}: {check.detail}" for check in failed)])


def _worst(report: Report, sample: Sample) -> list[str]:
    from diffcheck.views.console import enclosure_text, place

    symbol = results.leibniz(report.header.name + sample.output, sample.wrt, sample.order)
    proved = enclosure_text(sample.enclosure) if sample.enclosure is not None else sample.status.value
    lines = [f"Worst: {symbol} at {place(sample)}", f" DESIRED: {proved}"]
    said = [f"{result.value!r} ({result.title}, {result.verdict.value}: {result.reason})" for result in sample.results]
    return [*lines, *(f" ACTUAL:  {words}" for words in said)]
