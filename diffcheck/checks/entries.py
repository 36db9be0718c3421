"""The entries of a Jacobian at one point, judged: certified where the function is lifted, by numerical evidence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks import pipeline
from diffcheck.checks.at_once import AtOnce, Plan
from diffcheck.checks.by_design import by_design, step_function
from diffcheck.checks.claims import ClaimedJacobian
from diffcheck.checks.culprits import faulty_rule
from diffcheck.checks.differences import Differences
from diffcheck.checks.function_claims import WhatIsClaimed, claims_for
from diffcheck.checks.loading import users_code
from diffcheck.checks.mathematics import in_mathematics, run_of
from diffcheck.checks.matrices import Matrices, Matrix
from diffcheck.checks.modes import Conflict, conflict, noted
from diffcheck.checks.numerical import LABEL, result_by_evidence
from diffcheck.checks.proved_entries import ProvedEntries
from diffcheck.checks.relations import compared
from diffcheck.engines.derivation import Cause, Columns, Derivation, Found, Run, Wanted
from diffcheck.engines.differences import Estimate
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.narrowing import narrowings
from diffcheck.engines.jax.runs import JaxMode
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.graph.build import Problem
from diffcheck.graph.graph import Graph
from diffcheck.judgement.evidence import Written, listed
from diffcheck.judgement.judge import Judge, Point, Value, arithmetic_of, split
from diffcheck.judgement.resemblance import of_jacobian, of_value
from diffcheck.results import Result, Sample, Status, Verdict

IN_MATHEMATICS = 4  # derivatives by engines that differentiate formulas; of a larger Jacobian there are none
MISTAKES = (Verdict.WRONG, Verdict.CONTRADICTED)
SHORT = 100_000  # operations for all entries: some seconds; beyond, whole arrays are quicker
SHOWN = 3  # places in a sentence


class Jacobian(Matrices):
    """The Jacobian of a function at a point as both modes of JAX give it.

    `truth` are the graphs of its rows, or why there are none: its own, or those of another function.
    """

    def __init__(
        self,
        function: JaxFunction,
        name: str,
        fmt: Format,
        truth: Callable[[], Sequence[Graph]],
        claim: WhatIsClaimed = None,
        judged_by_itself: bool = True,
        plan: Plan | None = None,
    ) -> None:
        super().__init__(function, name, fmt, plan or Plan(), may_be_at_once=judged_by_itself and claim is None)
        self.judged_by_itself = judged_by_itself
        self._claim = claim
        self._truth = truth
        self.point = dict(zip(function.variables, function.vector.tolist(), strict=True))
        self.arithmetic = arithmetic_of(fmt)
        self.conflicts: list[Conflict] = []  # of the modes, in what is judged by evidence
        self._estimated: dict[tuple[int, int], float] = {}  # slopes by differences, where nothing is proved

    @cached_property
    def truth(self) -> Sequence[Graph] | UnsupportedError:
        if isinstance(self.at_once, AtOnce):
            return UnsupportedError("it is followed on whole arrays")
        try:
            return self._truth()
        except UnsupportedError as unsupported:
            return unsupported

    @cached_property
    def on_arrays(self) -> ProvedEntries | None:
        """What is proved on whole arrays: of a large Jacobian, and of a small one whose graphs are not known, or too long."""
        if isinstance(self.at_once, AtOnce):
            return self.at_once
        if not isinstance(self.truth, UnsupportedError) and (self._work <= SHORT or not self._without_ties):
            return None
        return self._followed

    @cached_property
    def _followed(self) -> ProvedEntries | None:
        """A small Jacobian on whole arrays, if the function can be followed on them."""
        if not self.is_small or not self.judged_by_itself:
            return None
        try:
            with users_code(self.name):
                return ProvedEntries(self.function, self.format)
        except UnsupportedError:
            return None

    @property
    def _without_ties(self) -> bool:
        """Whether whole arrays decide all conditions; of ties, graphs tell more."""
        return self._followed is not None and not self._followed.proved.ties

    @property
    def _work(self) -> int:
        """Of following the graphs for each entry, in operations."""
        return sum(len(graph.nodes) for graph in self.truth_graphs) * self.columns

    @property
    def truth_graphs(self) -> Sequence[Graph]:
        """`truth`; raises UnsupportedError where there is none."""
        if isinstance(self.truth, UnsupportedError):
            raise self.truth
        return self.truth

    # What engines see of it

    @property
    def variables(self) -> tuple[str, ...]:
        return self.function.variables

    @property
    def dtype(self) -> str:
        return str(self.function.vector.dtype)

    @cached_property
    def places(self) -> Mapping[Wanted, tuple[int, int]]:
        """Of each derivative that is judged: its row and column."""
        return {(row, (self.variables[column],)): (row, column) for row, column in self.chosen}

    @property
    def wanted(self) -> Sequence[Wanted]:
        return list(self.places)

    def in_mathematics(self, output: int) -> Problem:
        """A small function as a definition. Raises Inapplicable for others, and where it is not lifted."""
        return in_mathematics(self.truth, output, self.variables, self.rows == 1 and self.columns <= IN_MATHEMATICS)

    def evaluated(self, formulas: Mapping[Wanted, Graph]) -> Run:
        return run_of(formulas, self.variables, self.dtype)

    def run_by_jax(self, mode: str) -> Derivation:
        return OwnRules(self, mode)

    # What the pipeline sees of it

    @cached_property
    def derivations(self) -> Mapping[Wanted, Sequence[Derivation]]:
        """Those under test: both modes of JAX, and the claim. Other engines are shown beside them."""
        rules, beside = pipeline.under_test(self, OwnRules)
        claims = claims_for(self.places, self._claim, self)
        return {wanted: [*rules, *claims[wanted], *beside] for wanted in self.places}

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        return {row: self.function.primal[row : row + 1] for row, _ in self.chosen}

    @property
    def swift(self) -> Jacobian:
        return self

    # Judgement

    @cached_property
    def found(self) -> dict[tuple[int, int], Sample]:
        """What is said of each chosen entry."""
        columns = {name: np.array([x]) for name, x in self.point.items()}
        found = dict(zip(self.chosen, pipeline.samples(self, columns), strict=True))
        by_whom = {(each.engine, each.mode): each for several in self.derivations.values() for each in several if not each.text}
        for derivation in by_whom.values():
            if any(_is_mistake(result, derivation) for sample in found.values() for result in sample.results):
                alike = self._alike(derivation, found)
                found = {place: self._explained(place, sample, derivation, alike[sample.wrt]) for place, sample in found.items()}
        return found

    def _explained(self, place: tuple[int, int], sample: Sample, derivation: Derivation, alike: str) -> Sample:
        """A sample whose wrong results also say why they may be meant, or how they are related to the right ones."""
        by_itself = self.judged_by_itself and isinstance(derivation, OwnRules)
        stepping, meant = (self._stepping(place[0], sample), by_design(self.function)) if by_itself else ("", "")
        has_rule = any(not rule.is_library for rule in self.function.custom_rules)

        def explained(result: Result) -> Result:
            if result.value is None or not _is_mistake(result, derivation):
                return result
            said = (
                stepping
                or alike
                or of_value(result.value, self._right(place, sample))
                or ("" if has_rule and result.blame is not None else meant)
            )
            return replace(result, reason=". ".join(filter(None, (result.reason, said))))

        return replace(sample, results=tuple(map(explained, sample.results)))

    def _stepping(self, row: int, sample: Sample) -> str:
        """A sentence if the derivative is 0 because the code is a step function, else ''."""
        is_flat = sample.enclosure is not None and sample.enclosure.midpoint == sample.enclosure.radius == 0
        return step_function(self.truth_graphs[row], sample.wrt) if is_flat and not isinstance(self.truth, UnsupportedError) else ""

    # What the wrong ones are of the right ones

    def _alike(self, derivation: Derivation, found: Mapping[tuple[int, int], Sample]) -> dict[str, str]:
        """How a derivation's values as a whole are related to the right ones: a sentence for each variable, or ''."""
        shapes = {name: leaf.shape for name, leaf in self.function.point.items()}
        sentences = of_jacobian(*(self._small(derivation, found) if self.is_small else self._large(derivation)), shapes)
        owners = [name for name, leaf in self.function.point.items() for _ in range(leaf.size)]
        return {variable: sentences.get(name, "") for variable, name in zip(self.function.variables, owners, strict=True)}

    def _small(self, derivation: Derivation, found: Mapping[tuple[int, int], Sample]) -> tuple[NDArray[Any], NDArray[Any]]:
        given, right = (np.full((self.rows, self.columns), np.nan) for _ in range(2))
        for place, sample in found.items():
            value = next((result.value for result in sample.results if _is_by(result, derivation)), None)
            given[place], right[place] = np.nan if value is None else value, self._right(place, sample)
        return given, right

    def _large(self, derivation: Derivation) -> tuple[NDArray[Any], NDArray[Any]]:
        """The watched rows in floats, given and right; by reverse mode, even if forward mode is asked for."""
        claimed = derivation.matrix if isinstance(derivation, ClaimedJacobian) else None
        given: Matrix = self._watched(frozenset()) if claimed is None else claimed[self.watched_rows]
        right = self._watched(frozenset(self.function.custom_rules)) if self.judged_by_itself else None
        if right is None or isinstance(right, UnsupportedError) or isinstance(given, UnsupportedError):
            return np.full((1, self.columns), np.nan), np.full((1, self.columns), np.nan)
        return given, right

    def _right(self, place: tuple[int, int], sample: Sample) -> float:
        """The proved derivative, or that from differences; NaN if neither is known."""
        return self._estimated.get(place, np.nan) if sample.enclosure is None else float(sample.enclosure)

    @property
    def kinks(self) -> list[int]:
        """The rows that have a kink in some variable."""
        return sorted({row for (row, _), sample in self.found.items() if sample.status is Status.KINK})

    def samples(self) -> list[Sample]:
        """One sample for each chosen entry, the worst first."""
        return sorted(compared(self.found.values(), list(self.places), self._claim), key=lambda sample: sample.badness, reverse=True)

    def output_of(self, wanted: Wanted) -> str:
        return self.function.outputs[self.places[wanted][0]]

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        """What is found of one entry."""
        row, _ = self.places[wanted]
        if self.on_arrays is not None:
            return self._on_arrays(self.on_arrays, wanted, values, primal)
        if isinstance(self.truth, UnsupportedError):
            return self._by_evidence(wanted, values, primal, self.truth.reason)
        sample = Judge(Written(self.truth[row], ""), self.format, self.rules).sample(self.point, wanted, values, primal)
        if sample.status is not Status.UNDECIDED:
            return replace(sample, output=self.function.outputs[row])
        if self._followed is not None and self._without_ties:  # masks that are infinite, for example
            return self._on_arrays(self._followed, wanted, values, primal)
        return self._by_evidence(wanted, values, primal, sample.status_reason)

    def _on_arrays(self, proved: ProvedEntries, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        try:
            found = proved.sample(*self.places[wanted], values)
        except UnsupportedError as unsupported:
            return self._by_evidence(wanted, values, primal, unsupported.reason)
        return replace(found, point=self.point) if self.is_small else found

    # Numerical evidence

    def _by_evidence(self, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None, why: str) -> Sample:
        (row, column), variable = self.places[wanted], wanted[1][0]
        others = [c for r, c in self.chosen if r == row] if isinstance(self.truth, UnsupportedError) else []
        scale = self._differences.scale(row, column, others)
        evidence = self.differences_of(wanted)
        if not evidence.reason:
            self._estimated[row, column] = evidence.slope
        precision = self.format.unit_roundoff
        judged = {each: result_by_evidence(each, wanted, value, evidence, scale, precision) for each, value in values.items()}
        results, beside = split(judged)
        by_mode = {each.mode: value for each, value in values.items()}
        found = conflict(self.label(row, column), by_mode, scale, precision, evidence)
        self.conflicts += [] if found is None else [found]
        point = self.point if self.is_small else {variable: self.point[variable]}
        status = Status.UNDECIDED, f"{why}: {LABEL}", primal, None, None, None
        return Sample(point, variable, 1, *status, noted(results, found), False, self.function.outputs[row], beside)

    def differences_of(self, wanted: Wanted) -> Estimate:
        """The derivative from values of f."""
        return self._differences.of(*self.places[wanted])

    @cached_property
    def _differences(self) -> Differences:
        return Differences(self.function, self.name, self.format.unit_roundoff)


def _is_by(result: Result, derivation: Derivation) -> bool:
    return (result.engine, result.mode) == (derivation.engine.name, derivation.mode)


def _is_mistake(result: Result, derivation: Derivation) -> bool:
    """Whether a derivation that is under test is wrong here."""
    return result.verdict in MISTAKES and _is_by(result, derivation)


class OwnRules(JaxMode):
    """One mode of JAX, by the function's own rules."""

    def __init__(self, jacobian: Jacobian, mode: str) -> None:
        self._jacobian = jacobian
        super().__init__(mode, self._of_all, self._lift, jacobian.dtype)

    def _of_all(self, columns: Columns) -> Mapping[Wanted, Found]:
        places = self._jacobian.places.items()
        return {wanted: _as_found(self._jacobian.value(self.own_mode, *place)) for wanted, place in places}

    def _lift(self, wanted: Wanted) -> Graph:
        return self._jacobian.lifted(self.own_mode, *self._jacobian.places[wanted])

    def cause(self, wanted: Wanted, verdict: Verdict, value: float, right: float) -> Cause | None:
        """A custom rule that is wrong, an overflow, or a conversion to a narrower format."""
        row, whole = self._jacobian.places[wanted]
        owner, column = self._jacobian.owner(self.own_mode, whole)
        function = owner.function
        if verdict is Verdict.WRONG:
            return faulty_rule(function, (self.own_mode, row, column), value, right, self._jacobian.judged_by_itself)
        if overflown := function.overflow():
            return Cause(f"it overflows to inf in {overflown}")
        found = narrowings(
            function.pushforward_program if self.own_mode == "forward" else function.reverse_program, function.precision_bits
        )
        return Cause(f"it rounds to {listed(found[:SHOWN])} on the way") if found else None


def _as_found(value: Value) -> Found:
    return value if isinstance(value, UnsupportedError) else np.array([value])
