"""The pipeline: text → graph → three derivatives → certificate → verdicts, chunk by chunk of points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, product

import numpy as np

from diffcheck import registry
from diffcheck.checks import pipeline
from diffcheck.checks.claimed import Claim as Claim
from diffcheck.checks.claimed import Claims, Given, KinkSide, names_of
from diffcheck.checks.orders import JUDGED, MAX_ENTRIES, Moved, Orders, of_a_vector
from diffcheck.checks.pipeline import Lost, OnStage
from diffcheck.checks.points import as_list, from_points, names_in, noted
from diffcheck.checks.relations import compared
from diffcheck.checks.screening import evenly
from diffcheck.checks.symmetry import merged, with_mirrors
from diffcheck.engines.derivation import Columns, Derivation, Found, Names, Run, Wanted
from diffcheck.engines.jax.program import Program
from diffcheck.engines.jax.runs import JaxMode, Together
from diffcheck.errors import InputError, LostError
from diffcheck.formats import format_named
from diffcheck.graph.build import Problem, read
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Graph
from diffcheck.graph.text import EXACT, SHORT
from diffcheck.judgement.accuracy.table import roundings_here
from diffcheck.judgement.evidence import Written
from diffcheck.judgement.judge import Judge, Point, Value
from diffcheck.language.reading import read_back
from diffcheck.language.repeated import note
from diffcheck.printable import quoted
from diffcheck.registry import AUTOMATIC, FORWARD_OVER_REVERSE, REVERSE, REVERSE_NESTED
from diffcheck.results import Findings, Header, Sample

SWIFT = (REVERSE, FORWARD_OVER_REVERSE, REVERSE_NESTED)
COMPILED_NODES = 400  # a larger graph takes the compiler longer than it takes to run


class Check:
    """An expression that is read once and checked at any number of points, one chunk after the other.

    Args:
        text: The expression, with its definitions.
        of: The definition to differentiate, if there are several.
        wrt: Derivatives: "x" is ∂/∂x, "x x" or ("x", "x") is ∂²/∂x²; all variables by default.
        claims: Texts, one for each derivative of `wrt`, or for all of them a matrix, as a text, an array or a function; or Claims.
        dtype: The format under test: "float64", "float32", "bfloat16" or "float16".
        compiled: Whether JAX runs one compiled program, which pays for many points, or operation by operation, which is quicker for an
            expression that is met once.
        on_stage: Is called with the name of each engine as its turn comes.
        lost: Engines to skip, by name, and why.
        variables: Names that points give; needed for a constant, which has no variables of its own.
        orders: Which derivatives by the variables of `wrt` are wanted, instead of those that it names.
        side: Of which side of a kink the claims are.

    Raises:
        InputError: The expression, a derivative or a claim cannot be read. What an engine lacks is a verdict.
    """

    def __init__(
        self,
        text: str,
        *,
        of: str | None = None,
        wrt: Sequence[str | Sequence[str]] | None = None,
        claims: Sequence[Given] = (),
        dtype: str = "float64",
        compiled: bool = True,
        on_stage: OnStage = lambda name: None,
        lost: Lost = {},  # noqa: B006  (read only)
        variables: Sequence[str] = (),
        orders: Orders | None = None,
        side: KinkSide | None = None,
    ) -> None:
        self._on_stage = on_stage
        on_stage(registry.engines()[0].name)  # reading is counted as part of its turn
        by_claims = [claim.names for claim in claims if isinstance(claim, Claim)]
        problem = read(text, of)
        self.problem = problem.in_variables([*variables, *chain(*map(names_of, wrt or problem.wrt), *by_claims)])
        self.format = format_named(dtype)
        self.given = self.problem.variables  # what points say
        if orders is not None and orders.of_a_number and self.problem.outputs:
            raise of_a_vector(self.problem)
        self._moved = None if orders is None or orders.direction is None else Moved.along(self.problem, orders.direction, self.format)
        self.problem = self.problem if self._moved is None else self._moved.problem
        self._sampled = ""  # of very many derivatives, which are judged
        self.wrt = self._few(self._chosen(wrt) if orders is None else self._of_orders(orders, wrt), orders)
        self.compiled = compiled and sum(len(graph.nodes) for graph in self._graphs) <= COMPILED_NODES
        self._together = self.together(AUTOMATIC.modes_of_all(map(len, self.wrt)), lost.get(AUTOMATIC.name))
        derived = pipeline.derived(self, on_stage, lost)
        self.derivations: dict[Wanted, list[Derivation]] = {}
        for wanted in self._together.wanted:
            own = wanted[1] in self.wrt
            self.derivations[wanted] = [each for each in derived if own or (each.engine is AUTOMATIC and each.has(wanted))]
        self._claims = Claims(self, self.problem, self.wrt, claims, side)
        for wanted, claimed in self._claims.placed:
            self.derivations.setdefault(wanted, []).append(claimed)
        self._judges = [Judge(Written(graph, self.problem.program.text), self.format) for graph in self._graphs]

    def _chosen(self, wrt: Sequence[str | Sequence[str]] | None) -> tuple[Names, ...]:
        variables = self.problem.variables
        chosen = tuple(dict.fromkeys(map(names_of, wrt or self.problem.wrt or variables)))
        for name in chain.from_iterable(chosen):
            if name not in variables:
                raise InputError(f"the expression has no variable {quoted(name)}", f"Its variables: {', '.join(variables)}.")
        return chosen

    def _of_orders(self, orders: Orders, wrt: Sequence[str | Sequence[str]] | None) -> tuple[Names, ...]:
        among = self._chosen(wrt) if wrt else tuple((name,) for name in self.given)
        if any(len(names) > 1 for names in among):
            raise InputError("an order is given, and derivatives of an order too", "Write the one or the other.")
        if wrt and orders.along is not None:
            raise InputError("--wrt does not go with a direction", "Leave it out; variables that stay have 0 in the direction: x=1,y=0.")
        return orders.of([name for (name,) in among], "" if self._moved is None else self._moved.variable)

    def _few(self, found: tuple[Names, ...], orders: Orders | None) -> tuple[Names, ...]:
        """An even sample of very many derivatives, unless all are asked for."""
        total = len(found) * len(self.problem.results)
        if total <= MAX_ENTRIES or (orders is not None and orders.every) or (orders is None and not self.problem.outputs):
            return found
        chosen = tuple(found[k] for k in evenly(len(found), max(1, JUDGED // len(self.problem.results))))
        self._sampled = f"of {total:,} derivatives an even sample of {len(chosen) * len(self.problem.results)} is judged; --all judges all"
        return chosen

    # What engines see of it

    @property
    def variables(self) -> tuple[str, ...]:
        return self.problem.variables

    @property
    def dtype(self) -> str:
        return self.format.name

    @property
    def wanted(self) -> Sequence[Wanted]:
        return list(product(range(len(self._graphs)), self.wrt))

    @property
    def _graphs(self) -> list[Graph]:
        return [result.flat for result in self.problem.results]

    @property
    def line(self) -> tuple[str, Graph]:
        """The only variable, and f; raises InputError where there are several variables."""
        if self._moved is not None:
            raise InputError("an interval is for derivatives by its variable, and a direction is given", "Write --at and points instead.")
        variable, *others = self.problem.variables
        if others:
            names = ", ".join((variable, *others))
            problem = f"an interval is for one variable, and the expression has {len(others) + 1} ({names})"
            raise InputError(problem, "Replace the other variables by numbers.")
        return variable, self.problem.number.flat

    def in_mathematics(self, output: int) -> Problem:
        return self.problem.entry(output) if self.problem.outputs else self.problem

    def evaluated(self, formulas: Mapping[Wanted, Graph]) -> Run:
        return self._together.evaluated(formulas)

    def run_by_jax(self, mode: str) -> JaxMode:
        return self._together.mode(mode)

    def together(self, modes: Sequence[str | None], lost: LostError | None = None) -> Together:
        """What JAX runs of f: its values, and its derivatives in these modes."""
        return Together(
            self._graphs, self.variables, with_mirrors(self.wrt), self.dtype, self.compiled, [mode for mode in modes if mode], lost
        )

    # What the pipeline sees of it

    def samples(self, columns: Columns) -> Iterator[Sample]:
        """Yields, for each point in order, one sample per derivative, then one per higher-order claim."""
        if self._moved is not None:
            columns = {**columns, self._moved.variable: np.zeros_like(next(iter(columns.values())))}
        mirrors = frozenset(" ".join(names) for names in with_mirrors(self.wrt) if names not in self.wrt)
        found = compared(pipeline.samples(self, columns, self._on_stage), list(self.derivations), self._claims)
        return merged(found, mirrors) if mirrors else found

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        return self._together.primals(columns)

    @cached_property
    def swift(self) -> Together:
        """f and its derivatives in the modes that have all variables in one go."""
        return self.together(SWIFT)

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        sample = self._judges[wanted[0]].sample(point, wanted, values, primal)
        return replace(sample, output=self.output_of(wanted)) if self.problem.outputs else sample

    def output_of(self, wanted: Wanted) -> str:
        return self.problem.labels[wanted[0]]

    @property
    def program(self) -> Program:
        """All that JAX runs, with the first result."""
        return self._together.programs[0]

    @property
    def _repeated(self) -> str:
        """What JAX shares: of higher derivatives, that may decide on all digits."""
        return note(self.problem.body) if any(len(names) > 1 for names in self.wrt) else ""

    @cached_property
    def header(self) -> Header:
        """What is checked, with the closed forms."""
        program = "a program for each entry," if self.problem.outputs else "one program"
        how = f"{program} compiled with jax.jit" if self.compiled else "operation by operation (eager)"
        notes = [
            f"{name}: reverse mode runs {row.jax}, forward mode {row.jax_forward}"
            for name in sorted({name for graph in self._graphs for name in graph.functions})
            if (row := FUNCTIONS[name]).jax_forward
        ]
        return Header(
            read_as=read_back(self.problem.program) if self._moved is None else self._moved.read_as,
            name=self.problem.shown_name,
            variables=self.variables,
            dtype=self.dtype,
            program="; ".join(filter(None, [f"JAX ran {how} on the CPU", *notes, self._repeated, self._sampled])),
            derivatives=pipeline.closed_forms(self, EXACT if self._moved is None else SHORT, self.problem.labels),
            note=roundings_here(self.dtype).note,
            versions=registry.versions(),
        )


def check(
    text: str,
    at: object,
    *,
    of: str | None = None,
    wrt: Sequence[str | Sequence[str]] | None = None,
    claim: str | Sequence[Given] = (),
    dtype: str = "float64",
    on_stage: OnStage = lambda name: None,
    lost: Lost = {},  # noqa: B006  (nobody writes into it)
    orders: Orders | None = None,
    side: KinkSide | None = None,
) -> Findings:
    """Check the derivatives of an expression at points.

    `at` is a number of any type, a text as `--at` takes it ("x=1,y=2", "linspace(-4,4,100)"), a mapping of names to numbers or
    arrays, or a list or an array of such points; of an array of two dimensions each row is a point. Every number is rounded once
    to `dtype`. `claim` is a derivative worked out by hand, one for each variable of `wrt`.
    Raises InputError for what cannot be read; a wrong derivative is a verdict of the Report, not an exception.
    """
    claims = [claim] if isinstance(claim, str) else claim
    points = as_list(at)
    options = {"of": of, "wrt": wrt, "claims": claims, "dtype": dtype, "on_stage": on_stage, "lost": lost, "orders": orders, "side": side}
    job = Check(text, variables=names_in(points), **options)  # type: ignore[arg-type]
    columns = from_points(points, job.given, job.format)
    return Findings(noted(job.header, points, job.format), tuple(job.samples(columns)))
