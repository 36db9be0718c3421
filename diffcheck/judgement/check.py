"""The pipeline: text → graph → three derivatives → certificate → verdicts, chunk by chunk of points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import flint
import jax
import numpy as np
import sympy

from diffcheck.engines.automatic import Names, Program, key_of
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import ExpressionError, InputError, LostError, UnsupportedError
from diffcheck.graph.build import read, read_beside
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Definition, Graph
from diffcheck.graph.text import Infix, Latex, derivative_text
from diffcheck.judgement.accuracy.table import roundings
from diffcheck.judgement.evaluated import evaluated_rows, unevaluated_rows
from diffcheck.judgement.evidence import Source
from diffcheck.judgement.formats import format_named
from diffcheck.judgement.judge import Entry, Judge, Values, number
from diffcheck.judgement.points import Columns, as_list, from_points, names_in, noted
from diffcheck.language.reading import read_back, suggest_product
from diffcheck.printable import quoted
from diffcheck.results import Derivative, Header, Outcome, Report, Result, Sample, Stage, Status, Verdict, wrt_and_order

CERTIFIED_POINTS = 10_000  # beyond this many an even sample is certified, the others are evaluated only
COMPILED_NODES = 400  # a larger graph takes the compiler longer than it takes to run


@dataclass(frozen=True, slots=True)
class Claim:
    """A derivative worked out by hand: ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ = text.

    Attributes:
        wrt: The variable; a mixed derivative lists its variables: "x y".
        order: The order, for one variable.
        text: The derivative as an expression in the variables of the function.
    """

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


class Check:
    """An expression that is read once and checked at any number of points, one chunk after the other.

    Args:
        text: The expression, with its definitions.
        of: The definition to differentiate, if there are several.
        wrt: Derivatives: "x" is ∂/∂x, "x x" or ("x", "x") is ∂²/∂x²; all variables by default.
        claims: Texts, one for each derivative of `wrt`, or Claims.
        dtype: The format under test, "float64" or "float32".
        compiled: Whether JAX runs one compiled program, which pays for many points, or operation by operation, which is quicker for an
            expression that is met once.
        on_stage: Is called with each stage as it starts.
        lost: Engines to skip, by stage, and why.
        variables: Names that points give; needed for a constant, which has no variables of its own.

    Raises:
        InputError: The expression, a derivative or a claim cannot be read. What an engine lacks is a verdict.
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
        on_stage: Callable[[Stage], object] = lambda stage: None,
        lost: Mapping[Stage, LostError] = {},  # noqa: B006  (read only)
        variables: Sequence[str] = (),
    ) -> None:
        self._on_stage, self._lost = on_stage, lost
        on_stage(Stage.SYMBOLIC)
        by_claims = [claim.names for claim in claims if isinstance(claim, Claim)]
        problem = read(text, of)
        self.problem = problem.in_variables([*variables, *chain(*map(names_of, wrt or problem.wrt), *by_claims)])
        self.format = format_named(dtype)
        self.wrt = self._chosen(wrt)
        self.compiled = compiled and len(self.problem.target.flat.nodes) <= COMPILED_NODES
        differentiator = Differentiator(self.problem)
        self.symbolic = {names: lost.get(Stage.SYMBOLIC) or _symbolic(differentiator, names) for names in self.wrt}
        self.entries = self._entries(self._assigned(claims))
        graphs = {entry.key: entry.graph for group in self.entries.values() for entry in group if entry.graph is not None}
        self.program = self._program(graphs, ("forward", "reverse"))
        self._jax_graphs: dict[str, Graph | None] = {}  # JAX's own derivative programs, lifted
        self._judge = Judge(Source(self.problem.target.flat, self.problem.program.text), self.format, self._graph_of)

    def _chosen(self, wrt: Sequence[str | Sequence[str]] | None) -> tuple[Names, ...]:
        variables = self.problem.variables
        chosen = tuple(dict.fromkeys(map(names_of, wrt or self.problem.wrt or variables)))
        for name in chain.from_iterable(chosen):
            if name not in variables:
                raise InputError(f"the expression has no variable {quoted(name)}", f"Its variables: {', '.join(variables)}.")
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
            lost = self._lost.get(Stage.AUTOMATIC)
            automatic = [Entry("automatic", mode, key_of(mode, names), None, lost) for mode in ("forward", "reverse")]
            entries[names] = [Entry("symbolic", None, key_of("symbolic", names), graph, missing), *automatic]
        for i, claim in enumerate(claims):
            entries.setdefault(claim.names, []).append(Entry("claim", None, f"claim:{i}", self._claimed(claim), text=claim.text))
        return entries

    def _claimed(self, claim: Claim) -> Graph:
        variables = self.problem.variables
        for name in claim.names:
            if name not in variables:
                problem = f"a claim is for {quoted(name)}, which the expression does not use"
                raise InputError(problem, f"Its variables: {', '.join(variables)}.")
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

    def program_of(self, *modes: str) -> Program:
        """A program of f, and of its derivatives in these modes, alone: for very many points."""
        return self._program({}, modes)

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
            note=roundings(jax.__version__, self.format.name).note,
            versions={library.__name__: library.__version__ for library in (jax, sympy, flint)},
        )

    def samples(self, columns: Columns) -> Iterator[Sample]:
        """Yields, for each point in order, one sample per derivative, then one per higher-order claim."""
        self._on_stage(Stage.AUTOMATIC)
        total = len(columns[self.problem.variables[0]])
        if total <= CERTIFIED_POINTS:
            for point, values in self._rows(columns):
                yield from self._certified(point, values)
        else:
            yield from self._sampled(columns, total)

    def _rows(self, columns: Columns) -> Iterator[tuple[dict[str, float], Values]]:
        return unevaluated_rows(columns) if Stage.AUTOMATIC in self._lost else evaluated_rows(self.program, columns)

    def _sampled(self, columns: Columns, total: int) -> Iterator[Sample]:
        """An even sample with both ends is certified; elsewhere f and its reverse derivative are evaluated, and that is all."""
        chosen = np.linspace(0, total - 1, CERTIFIED_POINTS).round().astype(int)
        rows = zip(chosen.tolist(), self._rows({name: column[chosen] for name, column in columns.items()}), strict=True)
        place, row = next(rows)
        for i, (point, values) in enumerate(evaluated_rows(self.program_of("reverse"), columns)):
            if i == place:
                yield from self._certified(*row)
                place, row = next(rows, (total, row))
            else:
                yield from self._evaluated(point, values)

    def _certified(self, point: Mapping[str, float], values: Values) -> Iterator[Sample]:
        self._on_stage(Stage.CERTIFIED)
        return (self._judge.sample(point, names, entries, values) for names, entries in self.entries.items())

    def _evaluated(self, point: Mapping[str, float], values: Values) -> Iterator[Sample]:
        for names in self.wrt:
            slope = number(values[key_of("reverse", names)])
            result = Result("automatic", "reverse", slope, None, Verdict.UNSAMPLED, Outcome.UNDECIDED, NOT_SAMPLED)
            primal = number(values["primal"])
            yield Sample(point, *wrt_and_order(names), Status.UNSAMPLED, "", primal, None, None, None, (result,))

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


def check(
    text: str,
    at: object,
    *,
    of: str | None = None,
    wrt: Sequence[str | Sequence[str]] | None = None,
    claim: str | Sequence[Claim | str] = (),
    dtype: str = "float64",
    on_stage: Callable[[Stage], object] = lambda stage: None,
    lost: Mapping[Stage, LostError] = {},  # noqa: B006  (nobody writes into it)
) -> Report:
    """Check the derivatives of an expression at points.

    `at` is a number of any type, a text as `--at` takes it ("x=1,y=2", "linspace(-4,4,100)"), a mapping of names to numbers or
    arrays, or a list or an array of such points; of an array of two dimensions each row is a point. Every number is rounded once
    to `dtype`. `claim` is a derivative worked out by hand, one for each variable of `wrt`.
    Raises InputError for what cannot be read; a wrong derivative is a verdict of the Report, not an exception.
    """
    claims = [claim] if isinstance(claim, str) else claim
    points = as_list(at)
    job = Check(text, of=of, wrt=wrt, claims=claims, dtype=dtype, on_stage=on_stage, lost=lost, variables=names_in(points))
    columns = from_points(points, job.problem.variables, job.format)
    return Report(noted(job.header, points, job.format), tuple(job.samples(columns)))
