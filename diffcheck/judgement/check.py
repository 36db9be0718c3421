"""The pipeline: text → graph → three derivatives → certificate → verdicts, chunk by chunk of points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain

import flint
import jax
import numpy as np
import sympy

from diffcheck.engines.automatic import Names, Program, key_of, run_nodes
from diffcheck.engines.certified import Certificate, certify, enclose_value, rounding_bound, ties_within_rounding
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import ExpressionError, InputError, PointError, UnsupportedError
from diffcheck.graph.build import read, read_beside
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Definition, Graph
from diffcheck.graph.text import Infix, Latex, derivative_text
from diffcheck.judgement.diagnosis import Evidence, Source, corners, why
from diffcheck.judgement.evaluated import Values, evaluated_rows
from diffcheck.judgement.formats import format_named
from diffcheck.judgement.points import Columns, from_mappings, from_texts
from diffcheck.judgement.verdict import Rule, Truth, judge
from diffcheck.language.reading import read_back, suggest_product
from diffcheck.results import Derivative, Enclosure, Header, Outcome, Report, Result, Sample, Status, Verdict, wrt_and_order

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
    text: str = ""  # of a claim


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
        self._source = Source(self.problem.target.flat, self.problem.program.text)
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
            entries.setdefault(claim.names, []).append(Entry("claim", None, f"claim:{i}", self._claimed(claim), text=claim.text))
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
            for point, values in evaluated_rows(self.program, columns):
                yield from self._certified(point, values)
        else:
            yield from self._sampled(columns, total)

    def _sampled(self, columns: Columns, total: int) -> Iterator[Sample]:
        """An even sample with both ends is certified; elsewhere f and its reverse derivative are evaluated, and that is all."""
        chosen = np.linspace(0, total - 1, CERTIFIED_POINTS).round().astype(int)
        rows = zip(chosen.tolist(), evaluated_rows(self.program, {name: column[chosen] for name, column in columns.items()}), strict=True)
        place, row = next(rows)
        for i, (point, values) in enumerate(evaluated_rows(self._program({}, ("reverse",)), columns)):
            if i == place:
                yield from self._certified(*row)
                place, row = next(rows, (total, row))
            else:
                yield from self._evaluated(point, values)

    def _certified(self, point: Mapping[str, float], values: Values) -> Iterator[Sample]:
        for names, entries in self.entries.items():
            proved = self._named(self._proved(point, names), point, names)
            truth = _truth(proved, point[names[0]])
            results = tuple(self._judged(entry, values[entry.key], point, names, truth) for entry in entries)
            clarke = (proved.left, proved.right) if proved.status is Status.KINK and proved.left and proved.right else None
            primal = _number(values["primal"])
            yield Sample(
                point, *wrt_and_order(names), proved.status, proved.reason, primal, proved.value, proved.derivative, clarke, results
            )

    def _named(self, proved: Certificate, point: Mapping[str, float], names: Names) -> Certificate:
        """A kink says of which pieces of the function it is."""
        pieces = corners(self._source, point, names[0]) if proved.status is Status.KINK else ""
        return replace(proved, reason=f"kink of {pieces}") if pieces else proved

    def _proved(self, point: Mapping[str, float], names: Names) -> Certificate:
        if not all(map(math.isfinite, point.values())):
            return Certificate(Status.UNDECIDED, "nothing is proved at infinity")
        if len(set(names)) > 1:
            return Certificate(Status.UNDECIDED, "mixed derivatives are not certified")
        return certify(self.problem.target.flat, point, names[0], len(names))

    def _evaluated(self, point: Mapping[str, float], values: Values) -> Iterator[Sample]:
        for names in self.wrt:
            slope = _number(values[key_of("reverse", names)])
            result = Result("automatic", "reverse", slope, None, Verdict.UNSAMPLED, Outcome.UNDECIDED, NOT_SAMPLED)
            primal = _number(values["primal"])
            yield Sample(point, *wrt_and_order(names), Status.UNSAMPLED, "", primal, None, None, None, (result,))

    def _judged(
        self, entry: Entry, value: float | UnsupportedError, point: Mapping[str, float], names: Names, truth: Truth
    ) -> Result:
        note = ""
        if isinstance(value, UnsupportedError) and entry.graph is not None:
            note = f" ({value.reason}: evaluated in exact arithmetic and rounded)"
            exact = enclose_value(entry.graph, point)
            value = self.format.round(exact.midpoint) if exact is not None else math.nan if truth.status is Status.UNDEFINED else value
        if isinstance(value, UnsupportedError):
            reason = (entry.missing or value).reason
            return Result(entry.engine, entry.mode, None, None, Verdict.UNSUPPORTED, Outcome.UNDECIDED, reason)
        judged = judge(value, truth, self.format, lambda: self._rule(entry, point), lambda: self._beside(point, names))
        reason, blame = why(judged, lambda: self._evidence(entry, point, names, truth))
        return Result(entry.engine, entry.mode, value, judged.ulps, judged.verdict, judged.outcome, reason + note, blame)

    def _beside(self, point: Mapping[str, float], names: Names) -> list[Enclosure]:
        """The derivatives of what rounding may have made of the function."""
        ties = ties_within_rounding(self.problem.target.flat, point, self.format.unit_roundoff, self.format.smallest_normal)
        proved = (certify(graph, point, names[0], len(names)).derivative for graph in ties)
        return [derivative for derivative in proved if derivative is not None]

    def _evidence(self, entry: Entry, point: Mapping[str, float], names: Names, truth: Truth) -> Evidence:
        graph = self._graph_of(entry)
        return Evidence(
            function=self._source,
            program=None if graph is None else Source(graph, entry.text or self._source.text),
            point=point,
            wrt=names[0],
            format=self.format,
            derivative=truth.derivative,
            rerun=lambda other: self._rerun(other, entry, point, names),
            run_nodes=lambda program: run_nodes(program, point, self.format.name),
        )

    def _rerun(self, graph: Graph, entry: Entry, point: Mapping[str, float], names: Names) -> float | None:
        """The value that the same mode of JAX gives for another function."""
        if entry.mode is None:
            return None
        program = Program(graph, self.problem.variables, [names], {}, self.format.name, False, (entry.mode,))
        found = program.run({name: np.array([x]) for name, x in point.items()})[entry.key]
        return None if isinstance(found, UnsupportedError) else float(found[0])

    def _rule(self, entry: Entry, point: Mapping[str, float]) -> Rule | None:
        """What computed an entry's values, in exact arithmetic."""
        automatic = entry.engine == "automatic"
        graph = self._graph_of(entry)
        if graph is None:
            return None

        def exact() -> Enclosure | None:
            return enclose_value(graph, point)

        def bound() -> Decimal | None:
            return rounding_bound(graph, point, self.format.unit_roundoff)

        return Rule("JAX's rule" if automatic else "the formula", exact, bound, literals_are_rounded=automatic)

    def _graph_of(self, entry: Entry) -> Graph | None:
        """The program that computed an entry's values; JAX's is lifted when it is first asked for."""
        return self._lifted(entry.key) if entry.engine == "automatic" else entry.graph

    def _lifted(self, key: str) -> Graph | None:
        if key not in self._jax_graphs:
            try:
                mode, _, names = key.partition(":")
                self._jax_graphs[key] = self.program.derivative(mode, tuple(names.split(",")))
            except UnsupportedError:
                self._jax_graphs[key] = None
        return self._jax_graphs[key]


NOT_SAMPLED = "not in the sample that is certified"


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
