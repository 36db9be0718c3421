"""What derivatives cost, as frozen values: a row for each way to a derivative, a quantity for each measure. Standard library only.

`MEASURES` is the table of what is measured; every view and every picture derives from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import quantiles

from diffcheck.results import Outcome, Verdict, counted

GRIEWANK = (4, 5)  # how many times f a gradient costs at most by reverse mode, by how operations are counted
SOURCE = "Griewank & Walther, Evaluating Derivatives, 2nd ed., section 4.6"


class Way(StrEnum):
    """A way to the derivatives; in the order in which they are shown."""

    F = "f"
    IN_JAX = "f in JAX"  # where JAX runs f by other operations than it is written in
    CLOSED = "SymPy closed form"
    CSE = "SymPy cse"
    CHAINED = "chained definitions"
    FORWARD = "JAX forward (one)"
    FORWARD_ALL = "JAX forward"
    REVERSE = "JAX reverse"
    HESSIAN = "JAX Hessian"

    @property
    def meaning(self) -> str:
        """What the way is, for people who meet the table for the first time."""
        return MEANINGS[self]


IN_JAX = (Way.FORWARD, Way.FORWARD_ALL, Way.REVERSE, Way.HESSIAN)  # whose operations are compared with those of f in JAX
MEANINGS = {
    Way.F: "the function itself",
    Way.IN_JAX: "the function in JAX's own operations: what the rows of JAX are compared with",
    Way.CLOSED: "SymPy's derivatives, each written out as one formula",
    Way.CSE: "the same after sympy.cse: common subexpressions have names",
    Way.CHAINED: "SymPy's derivatives of the pieces, joined by the chain rule: what `diffcheck derive` prints",
    Way.FORWARD: "jax.jvp: f and its derivative in the first variable",
    Way.FORWARD_ALL: "jax.jvp along every variable, as jax.jacfwd does: f and all its derivatives",
    Way.REVERSE: "jax.vjp: f and all its derivatives",
    Way.HESSIAN: "jax.jvp of jax.grad along every variable, as jax.hessian does: all second derivatives, forward over reverse",
}


class MeasureUnit(StrEnum):
    COUNT = ""
    BYTES = "bytes"
    SECONDS = "s"


class MeasureGroup(StrEnum):
    """The tables of `--all`."""

    SIZE = "size"
    MEMORY = "XLA and memory"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Measure:
    """A column: `name` in data, `title` for people; `is_brief`: it is in the short table too."""

    name: str
    title: str
    group: MeasureGroup
    unit: MeasureUnit = MeasureUnit.COUNT
    is_brief: bool = False
    meaning: str = ""


MEASURES = (
    Measure(
        "operations", "operations", MeasureGroup.SIZE, is_brief=True, meaning="operations; in a formula, each as often as it is written"
    ),
    Measure("multiplications", "products", MeasureGroup.SIZE, meaning="of these, products"),
    Measure("divisions", "quotients", MeasureGroup.SIZE, meaning="of these, quotients"),
    Measure("transcendental", "functions", MeasureGroup.SIZE, meaning="of these, exp, log, sin and all that is no arithmetic"),
    Measure(
        "depth", "depth", MeasureGroup.SIZE, is_brief=True, meaning="the longest chain of operations, each of which needs the one before"
    ),
    Measure("characters", "length", MeasureGroup.SIZE, is_brief=True, meaning="characters of the formula, as `diffcheck derive` writes it"),
    Measure(
        "residuals",
        "arrays stored",
        MeasureGroup.MEMORY,
        is_brief=True,
        meaning="arrays that jax.vjp keeps from its pass forward for the one back",
    ),
    Measure("residual_bytes", "stored bytes", MeasureGroup.MEMORY, MeasureUnit.BYTES, meaning="the size of these"),
    Measure("xla_flops", "flops", MeasureGroup.MEMORY, is_brief=True, meaning="floating-point operations after XLA's optimisation"),
    Measure("xla_bytes", "bytes", MeasureGroup.MEMORY, MeasureUnit.BYTES, meaning="bytes that the optimised program reads and writes"),
    Measure(
        "peak_memory", "memory", MeasureGroup.MEMORY, MeasureUnit.BYTES, meaning="arguments, results and temporary arrays at many points"
    ),
    Measure(
        "differentiate",
        "differentiate",
        MeasureGroup.TIME,
        MeasureUnit.SECONDS,
        meaning="what SymPy takes; JAX differentiates as it traces",
    ),
    Measure("trace", "trace", MeasureGroup.TIME, MeasureUnit.SECONDS, meaning="from Python to the program that XLA gets"),
    Measure("compile", "compile", MeasureGroup.TIME, MeasureUnit.SECONDS, meaning="what XLA takes"),
    Measure(
        "run", "run", MeasureGroup.TIME, MeasureUnit.SECONDS, meaning="one call at one point; of a small function mostly the call itself"
    ),
    Measure("run_many", "at many", MeasureGroup.TIME, MeasureUnit.SECONDS, is_brief=True, meaning="one call at many points"),
)
UNDEFINED = Verdict.UNDEFINED.value  # an agreement that says little: there is no derivative
BY_NAME = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Spread:
    """A median between its quartiles."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Quantity:
    """What was measured: one number, or the median of several with its spread; `ratio` is to the same of f."""

    value: float
    spread: Spread | None = None
    ratio: Spread | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way costs. `missing` says why there is nothing, or not all of it.

    `agreement` is how its values at the point compare with the proved derivatives: the worst verdict, and `outcome` what that means.
    """

    way: Way
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    agreement: str = ""
    outcome: Outcome = Outcome.UNDECIDED
    missing: str = ""

    def value(self, measure: str) -> float | None:
        """The number of a measure; None where there is none."""
        found = self.quantities.get(measure)
        return None if found is None else found.value

    def ratio(self, measure: str) -> float | None:
        """Its ratio to that of f."""
        found = self.quantities.get(measure)
        return None if found is None or found.ratio is None else found.ratio.median


@dataclass(frozen=True, slots=True)
class Costs:
    """The table of one function: what it is, where it was measured, a row for each way."""

    read_as: str
    name: str
    variables: tuple[str, ...]  # of very many, none
    entries: int  # how many numbers it takes
    results: int  # and returns
    dtype: str
    point: Mapping[str, float]
    points: int  # of `run_many` and `peak_memory`
    rows: tuple[Cost, ...]
    notes: tuple[str, ...] = ()
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def row(self, way: Way) -> Cost | None:
        return next((row for row in self.rows if row.way is way), None)

    def sentences(self) -> Iterator[str]:
        """What follows from the table."""
        yield from _of_reverse(self)
        yield from _of_formulas(self)
        yield from _of_agreement(self)
        yield from (f"{row.way}: {row.missing.rstrip('.')}." for row in self.rows if row.missing)


@dataclass(frozen=True, slots=True)
class Grown:
    """One way at one n: how many operations, and the seconds that it took to get there, the median of some goes."""

    operations: int
    seconds: float
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a way ended: the first n at which it was given up, and why."""

    n: int
    reason: str


@dataclass(frozen=True, slots=True)
class Swelling:
    """One way over all n."""

    way: Way
    steps: Mapping[int, Grown]
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Swell:
    """How the derivatives of a family grow with its index."""

    read_as: str  # the family, with n in it
    index: str
    numbers: tuple[int, ...]
    ways: tuple[Swelling, ...]
    notes: tuple[str, ...] = ()
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def of(self, way: Way) -> Swelling | None:
        return next((each for each in self.ways if each.way is way), None)

    def sentences(self) -> Iterator[str]:
        """Where ways stopped, and the two formulas compared where both are known last."""
        for each in self.ways:
            if each.stop is not None:
                yield f"{each.way} stopped at {self.index} = {each.stop.n:,}: {each.stop.reason.rstrip('.')}."
        closed, chained = self.of(Way.CLOSED), self.of(Way.CHAINED)
        common = sorted(set(closed.steps) & set(chained.steps)) if closed and chained else []
        if closed and chained and common:
            n = common[-1]
            yield _compared(closed.steps[n].operations, chained.steps[n].operations, f"At {self.index} = {n:,} the")


def _of_reverse(costs: Costs) -> Iterator[str]:
    row = costs.row(Way.REVERSE)
    ratio = row.ratio("operations") if row is not None else None
    if row is None or ratio is None:
        return
    beyond = "" if ratio <= GRIEWANK[1] else ", for functions whose derivatives count as one operation, which JAX spells out"
    bound = f"Griewank's bound is {GRIEWANK[0]} to {GRIEWANK[1]} ({SOURCE})"
    yield f"Reverse mode gives {_given(costs)} of {costs.name} for {ratio:.2g} times its operations; {bound}{beyond}."
    timed = row.quantities.get("run_many") or row.quantities.get("run")
    if timed is not None and timed.ratio is not None:
        where = counted(costs.points, "point") if "run_many" in row.quantities else "one point"
        yield f"It takes {spread_text(timed.ratio)} times as long as {costs.name} at {where}."


def _given(costs: Costs) -> str:
    """What reverse mode gives at once."""
    if costs.results > 1:
        return f"one pullback of {costs.results:,} results"
    return {1: "the derivative", 2: "both derivatives"}.get(costs.entries, f"all {costs.entries:,} derivatives")


def _of_formulas(costs: Costs) -> Iterator[str]:
    closed, chained = (row.value("operations") if row else None for row in map(costs.row, (Way.CLOSED, Way.CHAINED)))
    if closed is not None and chained is not None:
        yield _compared(int(closed), int(chained), "The")


def _of_agreement(costs: Costs) -> Iterator[str]:
    """How the ways compare with what is proved: those that are not simply right by their verdicts."""
    judged = [row for row in costs.rows if row.agreement]
    others: dict[str, list[str]] = {}
    for row in judged:
        if row.outcome is not Outcome.PASS:
            others.setdefault(row.agreement, []).append(row.way)
    if judged and all(row.agreement == UNDEFINED for row in judged):
        yield f"{costs.name} is not defined at the point, and no way gives a number there: nothing says that the derivatives are right."
    elif judged and not others:
        which = "all that ran" if any(row.missing for row in costs.rows) else "all of them"
        yield f"At the point the derivatives of {which} are right, judged as by `diffcheck check`."
    elif judged:
        told = [f"{verdict}: {', '.join(ways)}" for verdict, ways in others.items()]
        told += ["right: all others"] * (sum(map(len, others.values())) < len(judged))
        yield f"At the point, judged as by `diffcheck check`: {'; '.join(told)}."


def _compared(closed: int, chained: int, subject: str) -> str:
    return f"{subject} closed form has {counted(closed, 'operation')}, the chained one {chained:,}."


def spread_of(values: Sequence[float]) -> Spread | None:
    """The median and the quartiles; none of a single value."""
    if len(values) < 2:
        return None
    lower, median, upper = quantiles(values, n=4, method="inclusive")
    return Spread(median, lower, upper)


def spread_text(spread: Spread) -> str:
    """1.3, between 1.2 and 1.5: a median and its quartiles, or the median alone where they are the same to two digits."""
    median, lower, upper = (f"{each:.2g}" for each in (spread.median, spread.lower, spread.upper))
    return median if lower == upper else f"{median} ({lower} to {upper})"


def measures_in(rows: Sequence[Cost], wanted: Sequence[Measure] = MEASURES) -> list[Measure]:
    """Those of the measures that a row has."""
    return [measure for measure in wanted if any(measure.name in row.quantities for row in rows)]
