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
from diffcheck.checks.orders import Moved, Orders, of_a_vector
from diffcheck.checks.pipeline import Lost, OnStage
from diffcheck.checks.points import as_list, from_points, names_in, noted
from diffcheck.checks.relations import compared
from diffcheck.checks.screening import MANY, Choice, even_choice, few_points, worst_choice
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
SCREENED_ORDER = 2  # derivatives of higher order are compiled one by one: all of them would take minutes
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
        self._on_stage, self._lost = on_stage, lost
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
        self.wrt = self._chosen(wrt) if orders is None else self._of_orders(orders, wrt)
        self.compiled = compiled and sum(len(graph.nodes) for graph in self._graphs) <= COMPILED_NODES
        self._judges = [Judge(Written(graph, self.problem.program.text), self.format) for graph in self._graphs]
        self._claims = Claims(self.problem, self.wrt, claims, side)
        self._every = list(product(range(len(self._graphs)), self.wrt))
        is_few = len(self._every) <= MANY or (not self.problem.outputs if orders is None else orders.every)
        self._choice = Choice(self._every) if is_few else None  # of many, it is made at the first points
        self._all_in_jax: Together | None = None  # what was run for that
        if is_few:
            _ = self._together, self.derivations  # all engines have their turn before there are points

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
        orders.require_no_choice(wrt)
        return orders.of([name for (name,) in among], "" if self._moved is None else self._moved.variable)

    def _choose(self, columns: Columns | None = None) -> Choice:
        """Which derivatives are judged, settled once: of many those that look worst at points, if there are any."""
        if self._choice is None:
            is_slow = max(map(len, self.wrt)) > SCREENED_ORDER
            self._choice = even_choice(self._every, self._claims.named) if columns is None or is_slow else self._screened(columns)
        return self._choice

    def _screened(self, columns: Columns) -> Choice:
        """All entries in JAX's modes, and what is claimed of them, side by side."""
        entries = with_mirrors(self._every)
        self._all_in_jax = self._in_jax(list(entries))
        derivations = {each: list(several) for each, several in self._all_in_jax.derivations.items()}
        alone = Together(self._graphs[:1], self.variables, [], self.dtype, False, ())  # of many formulas most are run here alone
        for wanted, claimed in self._claims.derivations(alone, entries):
            derivations.setdefault(wanted, []).append(claimed)
        found = pipeline.found_at(few_points(columns, len(self._every)), derivations, self._on_stage)
        return worst_choice(self._every, found, self._claims.named)

    # What engines see of it

    @property
    def variables(self) -> tuple[str, ...]:
        return self.problem.variables

    @property
    def dtype(self) -> str:
        return self.format.name

    @property
    def wanted(self) -> Sequence[Wanted]:
        return self._choose().wanted

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
        return (self._all_in_jax or self._together).mode(mode)

    def together(self, modes: Sequence[str | None]) -> Together:
        """What JAX runs of f: its values, and the derivatives that are judged in these modes."""
        return self._run(list(with_mirrors(self.wanted)), modes)

    def _in_jax(self, wanted: Sequence[Wanted]) -> Together:
        """The same in all modes."""
        return self._run(wanted, AUTOMATIC.modes_of_all(map(len, self.wrt)), self._lost.get(AUTOMATIC.name))

    def _run(self, wanted: Sequence[Wanted], modes: Sequence[str | None], lost: LostError | None = None) -> Together:
        return Together(self._graphs, self.variables, wanted, self.dtype, self.compiled, [mode for mode in modes if mode], lost)

    @cached_property
    def _together(self) -> Together:
        """f and all that runs with it: JAX's derivatives, unless those of all entries have been compiled already."""
        return self._in_jax(list(with_mirrors(self.wanted))) if self._all_in_jax is None else self._run([], [])

    @cached_property
    def derivations(self) -> Mapping[Wanted, Sequence[Derivation]]:
        """Those of every engine, for mirrors those of JAX; and the claims."""
        derived = pipeline.derived(self, self._on_stage, self._lost)
        found: dict[Wanted, list[Derivation]] = {}
        for wanted, is_asked in with_mirrors(self.wanted).items():
            found[wanted] = [each for each in derived if is_asked or (each.engine is AUTOMATIC and each.has(wanted))]
        for wanted, claimed in self._claims.derivations(self, tuple(found)):
            found.setdefault(wanted, []).append(claimed)
        return found

    # What the pipeline sees of it

    def samples(self, columns: Columns) -> Iterator[Sample]:
        """Yields, for each point in order, one sample per derivative, then one per higher-order claim."""
        if self._moved is not None:  # at t = 0
            columns = {**columns, self._moved.variable: np.zeros_like(next(iter(columns.values())))}
        self._choose(columns)
        _ = self.derivations  # JAX runs formulas with f: all of them are known before its first run
        found = compared(pipeline.samples(self, columns, self._on_stage), list(self.derivations), self._claims)
        return merged(found, with_mirrors(self.wanted))

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

    @property
    def _sampled(self) -> str:
        words = self._choose().words
        return words and f"{words}; --all judges all"

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
    samples = tuple(job.samples(from_points(points, job.given, job.format)))
    return Findings(noted(job.header, points, job.format), samples)
