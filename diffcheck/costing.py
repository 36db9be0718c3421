"""The Python API of costs: `cost` of an expression, a JAX function or a family, and a `CostReport` that shows itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy

from diffcheck.checks.flags import typed
from diffcheck.costs.families import composition, family, index_and_numbers, numbers
from diffcheck.costs.subject import of_expression, of_function
from diffcheck.costs.swell import swell
from diffcheck.costs.table import costs
from diffcheck.costs.timing import MANY
from diffcheck.engines.symbolic.given import text_of
from diffcheck.errors import InputError
from diffcheck.measures import Cost, Costs, Swell, Way
from diffcheck.printable import quoted

COMPOSE_FORM = "Write --compose 1..1000, or --compose 1,10,100."


@dataclass(frozen=True, slots=True, repr=False)
class CostReport:
    """What derivatives cost. `print` shows it as the command line does, a notebook as tables; reports can be pickled.

    Attributes:
        found: A `Costs`, a row for each way to the derivatives; of a family a `Swell`, each way for each n.

    Example:
        >>> import diffcheck
        >>> report = diffcheck.cost("x*y*z", timed=False)
        >>> report["JAX reverse"].value("operations")
        4
    """

    found: Costs | Swell

    def __getitem__(self, way: str) -> Cost:
        """The row of a way, by the name that the table gives it. Raises InputError where there is none."""
        row = self.found.row(Way(way)) if isinstance(self.found, Costs) and way in [*Way] else None
        if row is None:
            known = ", ".join(each.way for each in (self.found.rows if isinstance(self.found, Costs) else self.found.ways))
            raise InputError(f"there is no row {quoted(way)}", f"There are: {known}.")
        return row

    @property
    def sentences(self) -> tuple[str, ...]:
        """What follows from the numbers."""
        return tuple(self.found.sentences())

    def to_json(self) -> str:
        """The report as `--format json` writes it."""
        from diffcheck.views.cost_data import write_json

        return _written(lambda stream: write_json(stream, self.found))

    def to_csv(self) -> str:
        """The report as `--format csv` writes it: a line for each number."""
        from diffcheck.views.cost_data import write_csv

        return _written(lambda stream: write_csv(stream, self.found))

    def plot(self, path: str | Path) -> Path:
        """Draw it to a .png, .svg or .pdf file, and return the path."""
        from diffcheck.pictures.costs import plot_costs

        plot_costs(self.found, path=Path(path))
        return Path(path)

    def __repr__(self) -> str:
        return f"<CostReport of {self.found.read_as}>"

    def __str__(self) -> str:
        from diffcheck.views.cost import show
        from diffcheck.views.layout import console_for

        return _written(lambda stream: show(console_for(stream, "never"), self.found, False))

    def _repr_markdown_(self) -> str:
        from diffcheck.views.cost import write_markdown

        return _written(lambda stream: write_markdown(stream, self.found, False))


def _written(write: Callable[[io.StringIO], object]) -> str:
    stream = io.StringIO()
    write(stream)
    return stream.getvalue()


@typed
def cost(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any = None,
    *,
    of: str | None = None,
    wrt: Sequence[str] | None = None,
    dtype: str | None = None,
    compose: str | None = None,
    sweep: str | None = None,
    timed: bool = True,
    many: int = MANY,
) -> CostReport:
    """Measure what each way to the derivatives of an expression or of a JAX function costs.

    Args:
        subject: An expression, as text or of SymPy; a JAX function;
            with `sweep` an expression with an index in it, or the name of a family: speelpenning, determinant, logarithms, logistic, net.
        at: The point, as for `check`; of an expression by default one where it is proved to be smooth.
        of: The definition that is meant, if the text has several; the last one by default. Expressions only.
        wrt: The variables to differentiate by; all by default. Expressions only.
        dtype: The format of the floats, as for `check`; by default float64, and the arrays of a function keep their own.
        compose: How often the function is composed with itself: "1..1000" or "1,10,100".
        sweep: The values of the index: "n=2..40" or "n=2,4,8".
        timed: Whether programs are timed; what else is measured is the same in every run.
        many: At how many points (all next to `at`) programs are run at once, beside one.

    Returns:
        A CostReport. No way is timed whose derivatives at the point are wrong: its row says so.

    Raises:
        InputError: The subject, the point, the family or the numbers cannot be used.

    Example:
        >>> import diffcheck
        >>> report = diffcheck.cost("f(x) = 4x(1-x); f@11(x)", timed=False)
        >>> report["SymPy closed form"].value("operations"), report["chained definitions"].value("operations")
        (195072, 73)

    Source:
        Griewank & Walther, Evaluating Derivatives, 2nd ed., section 4.6; docs/cost.md says what is counted, and how.
    """
    return CostReport(measured(subject, at, of=of, wrt=wrt, dtype=dtype, compose=compose, sweep=sweep, timed=timed, many=many))


def measured(
    subject: str | Callable[..., Any] | sympy.Basic,
    at: Any = None,
    *,
    name: str = "",
    of: str | None = None,
    wrt: Sequence[str] | None = None,
    dtype: str | None = None,
    compose: str | None = None,
    sweep: str | None = None,
    timed: bool = True,
    many: int = MANY,
) -> Costs | Swell:
    """The same as plain values."""
    if isinstance(subject, sympy.Basic):
        subject = text_of(subject)
    if compose is not None and sweep is not None:
        raise InputError("--compose and --sweep are both given", "Give the one or the other.")
    if callable(subject):
        _refuse_for_functions({"--of": of, "--wrt": wrt, "--compose": compose, "--sweep": sweep})
        if at is None:
            raise InputError("no point is given", "Write at=2, or at={'x': [1, 2, 3]}.")
        return costs(of_function(subject, at, name, dtype), timed, many)
    if not isinstance(subject, str):
        fix = "Give an expression as a text, or a function of JAX: cost('x^2')."
        raise InputError(f"{quoted(subject)} is not an expression, nor a function", fix)
    if compose is None and sweep is None:
        return costs(of_expression(subject, of, at, wrt or (), dtype or "float64"), timed, many)
    if at is not None or wrt:
        raise InputError("families have no point, and are differentiated by all variables", "Leave out --at and --wrt.")
    if compose is not None:
        return swell(composition(subject, of), "n", numbers(compose, COMPOSE_FORM))
    index, values = index_and_numbers(sweep or "")
    return swell(family(subject, index), index, values)


def _refuse_for_functions(options: dict[str, object]) -> None:
    for name, value in options.items():
        if value:
            raise InputError(f"{name} is for expressions", "A function is differentiated by all floats among its arguments.")
