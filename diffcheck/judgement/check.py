"""The pipeline: text → graph → three derivatives → certificate → verdicts, chunk by chunk of points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain, repeat
from typing import Any

import flint
import jax
import numpy as np
import sympy
from numpy.typing import NDArray

from diffcheck.engines.automatic import Names, Program, key_of
from diffcheck.engines.certified import Certificate, certify, enclose_value, rounding_bound
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import ExpressionError, InputError, PointError, UnsupportedError
from diffcheck.graph.build import read, read_beside
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Definition, Graph
from diffcheck.graph.text import Infix, Latex, derivative_text
from diffcheck.judgement.formats import format_named
from diffcheck.judgement.points import Columns, from_mappings, from_texts
from diffcheck.judgement.verdict import Rule, Truth, judge
from diffcheck.language.reading import read_back, suggest_product
from diffcheck.results import Derivative, Enclosure, Header, Outcome, Report, Result, Sample, Status, Verdict, wrt_and_order

CHUNK = 250_000  # points that JAX evaluates at a time: memory stays bounded whatever their number
BLOCK = 10_000  # points of a chunk that are Python floats at a time
CERTIFIED_POINTS = 10_000  # beyond this many an even sample is certified, the others are evaluated only
COMPILED_NODES = 400  # a larger graph takes the compiler longer than it takes to run


@dataclass(frozen=True, slots=True)
class Claim:
    """A derivative that the user worked out: ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ = text; a mixed one has several names in `wrt`: "x y"."""

    wrt: str
    order: int
    text: str

    @property
    def names(self) -> Names:
        """The variables of the derivative, one for each order."""
        names = names_of(self.wrt)
        return names if len(names) > 1 else names * self.order


def names_of(derivative: str | Sequence[str]) -> Names:
    """The variables of a derivative: "x" is ∂/∂x, "x y" and ("x", "y") are ∂²/∂x∂y."""
    return tuple(derivative.split()) if isinstance(derivative, str) else tuple(derivative)


@dataclass(frozen=True, slots=True)
class Entry:
    """A derivative under test: who made it, where JAX's values of it are found, and its graph where that is known."""

    engine: str
    mode: str | None
    key: str
    graph: Graph | None = None
    missing: UnsupportedError | None = None  # why there is none


class Check:
    """One expression under test. Raises InputError for what cannot be read; what an engine lacks is a verdict.

    `wrt` lists derivatives: "x" is ∂/∂x, "x x" or ("x", "x") is ∂²/∂x². `claims` are texts, one for each of them, or
    `Claim`s. `compiled` runs JAX as one compiled program, which pays for many points; without it operations run one by one, which
    is quicker for an expression that is met once.
    """

    def __init__(
        self,
        text: str,
        *,
        of: str | None = None,
        wrt: Sequence[str | Sequence[str]] | None = None,
        claims: Sequence[Claim | str] = (),
        dtype: str = "float64",
        compiled: bool = True,
    ) -> None:
        self.problem = read(text, of)
        self.format = format_named(dtype)
        self.wrt = self._chosen(wrt)
        self.compiled = compiled and len(self.problem.target.flat.nodes) <= COMPILED_NODES
        differentiator = Differentiator(self.problem)
        self.symbolic = {names: _symbolic(differentiator, names) for names in self.wrt}
        self.entries = self._entries(self._assigned(claims))
        graphs = {entry.key: entry.graph for group in self.entries.values() for entry in group if entry.graph is not None}
        self.program = self._program(graphs, ("forward", "reverse"))
        self._jax_graphs: dict[str, Graph | None] = {}  # JAX's own derivative programs, lifted

    def _chosen(self, wrt: Sequence[str | Sequence[str]] | None) -> tuple[Names, ...]:
        variables = self.problem.variables
        if not variables:
            raise InputError("the expression has no variable", "A constant has the derivative 0, and there is nothing to check.")
        chosen = tuple(dict.fromkeys(map(names_of, wrt or variables)))
        for name in chain.from_iterable(chosen):
            if name not in variables:
                raise InputError(f"the expression has no variable {name!r}", f"Its variables: {', '.join(variables)}.")
        return chosen

    def _assigned(self, claims: Sequence[Claim | str]) -> list[Claim]:
        """Claims given as texts are for the variables of `wrt`, in their order."""
        texts = [claim for claim in claims if isinstance(claim, str)]
        if texts and len(texts) != len(self.wrt):
            raise InputError(
                f"the number of claims ({len(texts)}) is not that of the derivatives ({', '.join(map(' '.join, self.wrt))})",
                "Give one claim for each derivative of wrt, in that order: --wrt x --claim '2x'.",
            )
        assigned = [Claim(" ".join(names), 1, text) for names, text in zip(self.wrt, texts, strict=False)]
        return assigned + [claim for claim in claims if isinstance(claim, Claim)]

    def _entries(self, claims: Sequence[Claim]) -> dict[Names, list[Entry]]:
        """What is under test, by derivative."""
        entries: dict[Names, list[Entry]] = {}
        for names, found in self.symbolic.items():
            graph, missing = (found.flat, None) if isinstance(found, Definition) else (None, found)
            automatic = [Entry("automatic", mode, key_of(mode, names)) for mode in ("forward", "reverse")]
            entries[names] = [Entry("symbolic", None, key_of("symbolic", names), graph, missing), *automatic]
        for i, claim in enumerate(claims):
            entries.setdefault(claim.names, []).append(Entry("claim", None, f"claim:{i}", self._claimed(claim)))
        return entries

    def _claimed(self, claim: Claim) -> Graph:
        variables = self.problem.variables
        for name in claim.names:
            if name not in variables:
                raise InputError(f"a claim is for {name!r}, which the expression does not use", f"Its variables: {', '.join(variables)}.")
        target = read_beside(claim.text, self.problem).target
        for name in target.parameters:
            if name not in variables:
                product = suggest_product(name, variables)
                fix = f"Did you mean {product}?" if product else f"The variables are {', '.join(variables)}."
                start = max(0, claim.text.find(name))
                raise ExpressionError(f"the claim uses {name!r}, which the expression does not", claim.text, start, start + len(name), fix)
        return target.flat

    def _program(self, graphs: Mapping[str, Graph], modes: Sequence[str]) -> Program:
        return Program(self.problem.target.flat, self.problem.variables, self.wrt, graphs, self.format.name, self.compiled, modes)

    @cached_property
    def header(self) -> Header:
        """What is checked, with the closed forms."""
        how = "one program compiled with jax.jit" if self.compiled else "operation by operation (eager)"
        notes = [
            f"{name}: reverse mode runs {row.jax}, forward mode {row.jax_forward}"
            for name in sorted(self.problem.target.flat.functions)
            if (row := FUNCTIONS[name]).jax_forward
        ]
        return Header(
            read_as=read_back(self.problem.program),
            name=self.problem.shown_name,
            variables=self.problem.variables,
            dtype=self.format.name,
            program="; ".join([f"JAX ran {how} on the CPU", *notes]),
            derivatives=tuple(_as_text(names, found) for names, found in self.symbolic.items()),
            versions={library.__name__: library.__version__ for library in (jax, sympy, flint)},
        )

    def samples(self, columns: Columns) -> Iterator[Sample]:
        """One sample a point and variable, then one a claim of higher order; points in their order."""
        total = len(columns[self.problem.variables[0]])
        if total <= CERTIFIED_POINTS:
            for point, values in _rows(self.program, columns):
                yield from self._certified(point, values)
        else:
            yield from self._sampled(columns, total)

    def _sampled(self, columns: Columns, total: int) -> Iterator[Sample]:
        """An even sample with both ends is certified; elsewhere f and its reverse derivative are evaluated, and that is all."""
        chosen = np.linspace(0, total - 1, CERTIFIED_POINTS).round().astype(int)
        rows = zip(chosen.tolist(), _rows(self.program, {name: column[chosen] for name, column in columns.items()}), strict=True)
        place, row = next(rows)
        for i, (point, values) in enumerate(_rows(self._program({}, ("reverse",)), columns)):
            if i == place:
                yield from self._certified(*row)
                place, row = next(rows, (total, row))
            else:
                yield from self._evaluated(point, values)

    def _certified(self, point: Mapping[str, float], values: Values) -> Iterator[Sample]:
        for names, entries in self.entries.items():
            proved = self._proved(point, names)
            truth = _truth(proved, point[names[0]])
            results = tuple(self._judged(entry, values[entry.key], point, truth) for entry in entries)
            clarke = (proved.left, proved.right) if proved.status is Status.KINK and proved.left and proved.right else None
            primal = _number(values["primal"])
            yield Sample(
                point, *wrt_and_order(names), proved.status, proved.reason, primal, proved.value, proved.derivative, clarke, results
            )

    def _proved(self, point: Mapping[str, float], names: Names) -> Certificate:
        if len(set(names)) > 1:
            return Certificate(Status.UNDECIDED, "mixed derivatives are not certified")
        return certify(self.problem.target.flat, point, names[0], len(names))

    def _evaluated(self, point: Mapping[str, float], values: Values) -> Iterator[Sample]:
        for names in self.wrt:
            slope = _number(values[key_of("reverse", names)])
            result = Result("automatic", "reverse", slope, None, Verdict.UNSAMPLED, Outcome.UNDECIDED, NOT_SAMPLED)
            primal = _number(values["primal"])
            yield Sample(point, *wrt_and_order(names), Status.UNSAMPLED, "", primal, None, None, None, (result,))

    def _judged(self, entry: Entry, value: float | UnsupportedError, point: Mapping[str, float], truth: Truth) -> Result:
        note = ""
        if isinstance(value, UnsupportedError) and entry.graph is not None:
            note = f" ({value.reason}: evaluated in exact arithmetic and rounded)"
            exact = enclose_value(entry.graph, point)
            value = self.format.round(exact.midpoint) if exact is not None else math.nan if truth.status is Status.UNDEFINED else value
        if isinstance(value, UnsupportedError):
            reason = (entry.missing or value).reason
            return Result(entry.engine, entry.mode, None, None, Verdict.UNSUPPORTED, Outcome.UNDECIDED, reason)
        judged = judge(value, truth, self.format, lambda: self._rule(entry, point))
        return Result(entry.engine, entry.mode, value, judged.ulps, judged.verdict, judged.outcome, judged.reason + note)

    def _rule(self, entry: Entry, point: Mapping[str, float]) -> Rule | None:
        """What computed an entry's values, in exact arithmetic; JAX's program is lifted when it is first asked for."""
        automatic = entry.engine == "automatic"
        graph = self._lifted(entry.key) if automatic else entry.graph
        if graph is None:
            return None

        def exact() -> Enclosure | None:
            return enclose_value(graph, point)

        def bound() -> Decimal | None:
            return rounding_bound(graph, point, self.format.unit_roundoff)

        return Rule("JAX's rule" if automatic else "the formula", exact, bound, literals_are_rounded=automatic)

    def _lifted(self, key: str) -> Graph | None:
        if key not in self._jax_graphs:
            try:
                mode, _, names = key.partition(":")
                self._jax_graphs[key] = self.program.derivative(mode, tuple(names.split(",")))
            except UnsupportedError:
                self._jax_graphs[key] = None
        return self._jax_graphs[key]


NOT_SAMPLED = "not in the sample that is certified"
Values = Mapping[str, float | UnsupportedError]


class _Values(dict[str, float | UnsupportedError]):
    """What JAX found at one point; what it was not asked for is missing."""

    def __missing__(self, key: str) -> UnsupportedError:
        return UnsupportedError(f"{key} was not run")


def _symbolic(differentiator: Differentiator, names: Names) -> Definition | UnsupportedError:
    try:
        return differentiator.derivative(*names)
    except UnsupportedError as unsupported:
        return unsupported


def _as_text(names: Names, found: Definition | UnsupportedError) -> Derivative:
    """SymPy's derivative as text: the closed form within a budget, else chained definitions."""
    if isinstance(found, UnsupportedError):
        return Derivative(*wrt_and_order(names), found.reason, "", False)
    text, chained = derivative_text(found, Infix())
    latex, _ = derivative_text(found, Latex())
    return Derivative(*wrt_and_order(names), text, latex, chained)


def _rows(program: Program, columns: Columns) -> Iterator[tuple[dict[str, float], Values]]:
    """Every point with what JAX found there: evaluated a chunk at a time, handed out as Python floats a block at a time."""
    total = len(next(iter(columns.values())))
    for start in range(0, total, CHUNK):
        chunk = {name: column[start : start + CHUNK] for name, column in columns.items()}
        found = program.run(chunk)
        missing = {key: value for key, value in found.items() if isinstance(value, UnsupportedError)}
        arrays = {key: value for key, value in found.items() if not isinstance(value, UnsupportedError)}
        for offset in range(0, min(CHUNK, total - start), BLOCK):
            block = slice(offset, offset + BLOCK)
            points = _transposed({name: column[block] for name, column in chunk.items()})
            values = _transposed({key: array[block] for key, array in arrays.items()}) if arrays else repeat({})
            for point, found_there in zip(points, values, strict=False):
                yield point, _Values(found_there, **missing)


def _transposed(columns: Mapping[str, NDArray[Any]]) -> Iterator[dict[str, float]]:
    """Rows of Python floats: reading array entries one by one would cost more than everything else."""
    names = list(columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*(column.astype(float).tolist() for column in columns.values()), strict=True))


def _number(value: float | UnsupportedError) -> float | None:
    return None if isinstance(value, UnsupportedError) else value


def _truth(proved: Certificate, coordinate: float) -> Truth:
    return Truth(
        proved.status, proved.reason, coordinate, proved.value, proved.derivative, proved.left, proved.right, proved.next_derivative
    )


def check(
    text: str,
    at: Mapping[str, float] | Sequence[Mapping[str, float]] | str | float | Sequence[str],
    *,
    of: str | None = None,
    wrt: Sequence[str | Sequence[str]] | None = None,
    claim: str | Sequence[Claim | str] = (),
    dtype: str = "float64",
) -> Report:
    """Check the derivatives of an expression at points.

    `at` is a number, a text as `--at` takes it ("x=1,y=2", "linspace(-4,4,100)"), a mapping of names to numbers, or a
    sequence of texts or mappings. `claim` is a derivative worked out by hand, one for each variable of `wrt`.
    Raises InputError for what cannot be read; a wrong derivative is a verdict of the Report, not an exception.
    """
    job = Check(text, of=of, wrt=wrt, claims=[claim] if isinstance(claim, str) else claim, dtype=dtype)
    points = [at] if isinstance(at, (str, int, float, Mapping)) else list(at)
    variables = job.problem.variables
    if not points:
        raise PointError("no point is given", "Write at=2, or a list with at least one point.")
    if all(isinstance(point, Mapping) for point in points):
        columns = from_mappings([point for point in points if isinstance(point, Mapping)], variables, job.format)
    else:
        columns = from_texts([point if isinstance(point, str) else repr(point) for point in points], variables, job.format)
    return Report(job.header, tuple(job.samples(columns)))
