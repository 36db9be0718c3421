"""The entries of a Jacobian at one point, judged: certified where the function is lifted, by numerical evidence elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.certified import Arithmetic
from diffcheck.engines.jax_function import NO_FORWARD_MODE, JaxFunction
from diffcheck.engines.narrowing import narrowings
from diffcheck.engines.programs import CustomRule
from diffcheck.errors import UnsupportedError, UserCodeError
from diffcheck.graph.graph import Graph
from diffcheck.judgement.accuracy.table import roundings
from diffcheck.judgement.evidence import Cause, Source, listed
from diffcheck.judgement.formats import Format
from diffcheck.judgement.functions.at_once import AtOnce, Plan
from diffcheck.judgement.functions.by_design import by_design, step_function
from diffcheck.judgement.functions.claims import ClaimedJacobian
from diffcheck.judgement.functions.culprits import faulty_rule
from diffcheck.judgement.functions.differences import Differences
from diffcheck.judgement.functions.loading import raised_by_jax, users_code
from diffcheck.judgement.functions.modes import Conflict, conflict, noted
from diffcheck.judgement.functions.numerical import LABEL, judge_by_evidence
from diffcheck.judgement.functions.screening import Screening, deviations
from diffcheck.judgement.judge import Entry, Judge
from diffcheck.judgement.resemblance import of_jacobian, of_value
from diffcheck.results import SEVERITY, Outcome, Result, Sample, Status, Verdict

MODES = ("forward", "reverse")
CLAIM = "claim"
CERTIFIED_ENTRIES = 400  # of a larger Jacobian those that look worst are judged, and an even sample
SUSPECTS = 10
SAMPLED = 6
MISTAKES = (Verdict.WRONG, Verdict.CONTRADICTED)
SHOWN = 3  # places in a sentence
CUSTOM_VJP = "a jax.custom_vjp has none (jax.jvp and jax.jacfwd refuse it); where it is wanted, write the rule as a jax.custom_jvp"
Matrix = NDArray[Any] | UnsupportedError


class NoForwardMode(UnsupportedError):  # noqa: N818
    """Forward mode does not exist for this function; nothing is wrong with it."""


class Jacobian:
    """The Jacobian of a function at a point as both modes of JAX give it.

    `truth` are the graphs of its rows, or why there are none: its own, or those of another function.
    """

    def __init__(
        self,
        function: JaxFunction,
        name: str,
        fmt: Format,
        truth: Callable[[], Sequence[Graph]],
        claim: ClaimedJacobian | None = None,
        judged_by_itself: bool = True,
        plan: Plan | None = None,
    ) -> None:
        self.function = function
        self._plan = plan or Plan()
        self._judged_by_itself = judged_by_itself
        self.claim = claim
        self.name = name
        self.format = fmt
        self._truth = truth
        self.rows, self.columns = len(function.outputs), len(function.variables)
        self.point = dict(zip(function.variables, function.vector.tolist(), strict=True))
        self.arithmetic = Arithmetic(fmt.unit_roundoff, fmt.smallest_normal, roundings(jax.__version__, fmt.name))
        self.conflicts: list[Conflict] = []  # of the modes, in what is judged by evidence
        self._leaves: dict[str, Jacobian] = {}
        self._lifted: dict[tuple[str, int], dict[int, Graph] | None] = {}
        self._estimated: dict[tuple[int, int], float] = {}  # slopes by differences, where nothing is proved

    @cached_property
    def at_once(self) -> AtOnce | UnsupportedError:
        """A large Jacobian proved on whole arrays, or why it is not."""
        if self.is_small or not self._judged_by_itself or self.claim is not None or not np.isfinite(self.function.vector).all():
            return UnsupportedError("it is judged entry by entry")
        try:
            with users_code(self.name):
                return AtOnce(self.function, self.format, self._plan)
        except UnsupportedError as unsupported:
            return unsupported

    @cached_property
    def truth(self) -> Sequence[Graph] | UnsupportedError:
        if isinstance(self.at_once, AtOnce):
            return UnsupportedError("it is followed on whole arrays")
        try:
            return self._truth()
        except UnsupportedError as unsupported:
            return unsupported

    @property
    def truth_graphs(self) -> Sequence[Graph]:
        """`truth`; raises UnsupportedError where there is none."""
        if isinstance(self.truth, UnsupportedError):
            raise self.truth
        return self.truth

    # Which entries are judged

    @cached_property
    def is_small(self) -> bool:
        return self.rows * self.columns <= CERTIFIED_ENTRIES

    @cached_property
    def watched_rows(self) -> list[int]:
        """The rows that reverse mode computes: all, or an even sample of very many."""
        if isinstance(self.at_once, AtOnce):
            return self.at_once.chosen_rows
        return sorted(set(np.linspace(0, self.rows - 1, min(self.rows, CERTIFIED_ENTRIES)).round().astype(int).tolist()))

    @cached_property
    def _deviations(self) -> Matrix:
        """How far JAX's values in the watched rows are from those of the function without its rules, or why that is not known."""
        rules = frozenset(self.function.custom_rules)
        if not rules:
            return np.zeros((len(self.watched_rows), self.columns))
        own, given = self._watched(rules), self._watched(frozenset())
        if isinstance(own, UnsupportedError):
            return own
        return given if isinstance(given, UnsupportedError) else deviations(given, own)

    def _watched(self, without: frozenset[CustomRule]) -> Matrix:
        """The watched rows by reverse mode; by forward mode if JAX has no other, and the columns are not too many."""
        rows = self.reverse if not without else _matrix(self.name, lambda: self.function.reverse(self.watched_rows, without))
        if not isinstance(rows, UnsupportedError) or self.columns > CERTIFIED_ENTRIES:
            return rows
        columns = _matrix(self.name, lambda: self.function.forward(range(self.columns), without))
        return rows if isinstance(columns, UnsupportedError) else columns[self.watched_rows]

    @cached_property
    def chosen(self) -> list[tuple[int, int]]:
        """(row, column) of the entries that are judged."""
        if self.is_small:
            return [(row, column) for row in range(self.rows) for column in range(self.columns)]
        if isinstance(self.at_once, AtOnce):
            return self.at_once.chosen
        worst: list[int] = []
        if not isinstance(self._deviations, UnsupportedError):
            worst = np.argsort(-self._deviations, axis=None, kind="stable")[:SUSPECTS].tolist()
        even = np.linspace(0, len(self.watched_rows) * self.columns - 1, SAMPLED).round().astype(int)
        places = [divmod(int(k), self.columns) for k in dict.fromkeys([*worst, *even.tolist()])]
        return [(self.watched_rows[row], column) for row, column in places]

    @property
    def screening(self) -> Screening | UnsupportedError | None:
        """How the entries that are not judged one by one were compared, or why they were not; None if all are judged."""
        if self.is_small or isinstance(self.at_once, AtOnce):
            return None
        if isinstance(self._deviations, UnsupportedError):
            return self._deviations
        row, column = divmod(int(self._deviations.argmax()), self.columns)
        where = self.label(self.watched_rows[row], column)
        return Screening(self._deviations.size, len(self.chosen), float(self._deviations.max()), where)

    def label(self, row: int, column: int) -> str:
        return f"d{self.name}{self.function.outputs[row]}/d{self.function.variables[column]}"

    # JAX's values

    @cached_property
    def reverse(self) -> Matrix:
        """The watched rows."""
        return _matrix(self.name, lambda: self.function.reverse(self.watched_rows))

    @cached_property
    def forward(self) -> Matrix:
        """The columns of the chosen entries."""
        return _matrix(self.name, lambda: self.function.forward(self._forward_columns))

    @cached_property
    def _forward_columns(self) -> list[int]:
        return sorted({column for _, column in self.chosen})

    def value(self, mode: str, row: int, column: int) -> float | UnsupportedError:
        if mode == CLAIM:
            assert self.claim is not None
            return float(self.claim.values[row, column])
        matrix = self.forward if mode == "forward" else self.reverse
        if isinstance(matrix, UnsupportedError):
            alone = self._alone(mode, column)
            return matrix if alone is None else alone[0].value(mode, row, alone[1])
        if mode == "forward":
            return float(matrix[row, self._forward_columns.index(column)])
        return float(matrix[self.watched_rows.index(row), column])

    def _alone(self, mode: str, column: int) -> tuple[Jacobian, int] | None:
        """Where JAX lacks the derivative for another argument: the Jacobian of this one's leaf alone, and the column there."""
        whole = self.forward if mode == "forward" else self.reverse
        if len(self.function.point) == 1 or isinstance(whole, NoForwardMode) or not isinstance(whole, UnsupportedError):
            return None
        starts = np.cumsum([0, *(leaf.size for leaf in self.function.point.values())])
        number = int(np.searchsorted(starts, column, side="right")) - 1
        name = list(self.function.point)[number]
        if name not in self._leaves:
            self._leaves[name] = Jacobian(
                self.function.only(name), self.name, self.format, self._truth, judged_by_itself=self._judged_by_itself
            )
        return self._leaves[name], column - int(starts[number])

    # Judgement

    @cached_property
    def found(self) -> dict[tuple[int, int], Sample]:
        """What is said of each chosen entry."""
        found = {(row, column): self._sample(row, column) for row, column in self.chosen}
        wrong = {_mode(result) for sample in found.values() for result in sample.results if result.verdict in MISTAKES}
        for mode in sorted(wrong):
            alike = self._alike(mode, found)
            found = {place: self._explained(place, sample, mode, alike[sample.wrt]) for place, sample in found.items()}
        return found

    def _explained(self, place: tuple[int, int], sample: Sample, mode: str, alike: str) -> Sample:
        """A sample whose wrong results also say why they may be meant, or how they are related to the right ones."""

        by_itself = self._judged_by_itself and mode != CLAIM
        stepping, meant = (self._stepping(place[0], sample), by_design(self.function)) if by_itself else ("", "")

        def explained(result: Result) -> Result:
            if result.value is None or _mode(result) != mode or result.verdict not in MISTAKES:
                return result
            said = stepping or alike or of_value(result.value, self._right(place, sample)) or (meant if result.blame is None else "")
            return replace(result, reason=". ".join(filter(None, (result.reason, said))))

        return replace(sample, results=tuple(map(explained, sample.results)))

    def _stepping(self, row: int, sample: Sample) -> str:
        """A sentence if the derivative is 0 because the code is a step function, else ''."""
        is_flat = sample.enclosure is not None and sample.enclosure.midpoint == sample.enclosure.radius == 0
        return step_function(self.truth_graphs[row], sample.wrt) if is_flat and not isinstance(self.truth, UnsupportedError) else ""

    # What the wrong ones are of the right ones

    def _alike(self, mode: str, found: Mapping[tuple[int, int], Sample]) -> dict[str, str]:
        """How a mode's values as a whole are related to the right ones: a sentence for each variable, or ''."""
        shapes = {name: leaf.shape for name, leaf in self.function.point.items()}
        sentences = of_jacobian(*(self._small(mode, found) if self.is_small else self._large(mode)), shapes)
        owners = [name for name, leaf in self.function.point.items() for _ in range(leaf.size)]
        return {variable: sentences.get(name, "") for variable, name in zip(self.function.variables, owners, strict=True)}

    def _small(self, mode: str, found: Mapping[tuple[int, int], Sample]) -> tuple[NDArray[Any], NDArray[Any]]:
        given, right = (np.full((self.rows, self.columns), np.nan) for _ in range(2))
        for place, sample in found.items():
            value = next((result.value for result in sample.results if _mode(result) == mode), None)
            given[place], right[place] = np.nan if value is None else value, self._right(place, sample)
        return given, right

    def _large(self, mode: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """The watched rows in floats, given and right; by reverse mode, even if forward mode is asked for."""
        given: Matrix = self._watched(frozenset()) if self.claim is None or mode != CLAIM else self.claim.values[self.watched_rows]
        right = self._watched(frozenset(self.function.custom_rules)) if self._judged_by_itself else None
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
        return sorted(self.found.values(), key=badness, reverse=True)

    def _sample(self, row: int, column: int) -> Sample:
        values = {mode: self.value(mode, row, column) for mode in (*MODES, *([] if self.claim is None else [CLAIM]))}
        applicable = {mode: value for mode, value in values.items() if not isinstance(value, NoForwardMode)}
        if isinstance(self.at_once, AtOnce):
            return self.at_once.sample(row, column, applicable)
        if isinstance(self.truth, UnsupportedError):
            return self._by_evidence(row, column, applicable, self.truth)
        entries = [Entry(*_engine(mode), f"{mode}:{row},{column}") for mode in applicable]
        judge = Judge(Source(self.truth[row], ""), self.format, self.program, self._cause_in_code)
        found = {"primal": float(self.function.primal[row]), **{f"{mode}:{row},{column}": value for mode, value in applicable.items()}}
        sample = judge.sample(self.point, (self.function.variables[column],), entries, found)
        if sample.status is Status.UNDECIDED:
            return self._by_evidence(row, column, applicable, UnsupportedError(sample.status_reason))
        return replace(sample, output=self.function.outputs[row])

    def _cause_in_code(self, entry: Entry, verdict: Verdict, value: float, right: float) -> Cause | None:
        if entry.engine == CLAIM:
            return None
        mode, row, column = _parts(entry)
        if (alone := self._alone(mode, column)) is not None:
            return alone[0]._cause_in_code(Entry(entry.engine, mode, f"{mode}:{row},{alone[1]}"), verdict, value, right)
        if verdict is Verdict.WRONG:
            return faulty_rule(self.function, (mode, row, column), value, right, self._judged_by_itself)
        if overflown := self.function.overflow(self.format.precision_bits):
            return Cause(f"it overflows to inf in {overflown}")
        program = self.function.forward_program if mode == "forward" else self.function.reverse_program
        found = narrowings(program, self.format.precision_bits)
        return Cause(f"it rounds to {listed(found[:SHOWN])} on the way") if found else None

    def program(self, entry: Entry) -> Graph | None:
        """JAX's own program for an entry, lifted when it is first asked for."""
        mode, row, column = _parts(entry)
        if mode == CLAIM:
            return None if self.claim is None else self.claim.graph(row, column)
        if (alone := self._alone(mode, column)) is not None:
            return alone[0].program(Entry(entry.engine, mode, f"{mode}:{row},{alone[1]}"))
        key = (mode, column if mode == "forward" else row)
        if key not in self._lifted:
            self._lifted[key] = self._lift(mode, row, column)
        graphs = self._lifted[key]
        return None if graphs is None else graphs[row if mode == "forward" else column]

    def _lift(self, mode: str, row: int, column: int) -> dict[int, Graph] | None:
        try:
            if mode == "forward":
                return dict(enumerate(self.function.forward_graphs(column)))
            return self.function.reverse_graphs(row, [c for r, c in self.chosen if r == row])
        except UnsupportedError:
            return None

    # Numerical evidence

    def _by_evidence(self, row: int, column: int, values: dict[str, float | UnsupportedError], why: UnsupportedError) -> Sample:
        variable = self.function.variables[column]
        beside = [c for r, c in self.chosen if r == row] if isinstance(self.truth, UnsupportedError) else []
        scale = self._differences.scale(row, column, beside)
        evidence = self._differences.of(row, column)
        if not evidence.reason:
            self._estimated[row, column] = evidence.slope
        results = [
            _unsupported(mode, value) if isinstance(value, UnsupportedError) else self._judged(mode, row, column, value, scale)
            for mode, value in values.items()
        ]
        found = conflict(self.label(row, column), values, scale, self.format.unit_roundoff)
        self.conflicts += [] if found is None else [found]
        point = self.point if self.is_small else {variable: self.point[variable]}
        reason, primal = f"{why.reason}: {LABEL}", float(self.function.primal[row])
        output = self.function.outputs[row]
        return Sample(point, variable, 1, Status.UNDECIDED, reason, primal, None, None, None, noted(results, found), output=output)

    def _judged(self, mode: str, row: int, column: int, value: float, scale: float) -> Result:
        evidence = self._differences.of(row, column)
        judged = judge_by_evidence(value, evidence, scale, self.format.unit_roundoff)
        result = Result(*_engine(mode), value, judged.ulps, judged.verdict, judged.outcome, judged.reason)
        if judged.verdict is not Verdict.CONTRADICTED or mode == CLAIM:
            return result
        cause = faulty_rule(self.function, (mode, row, column), value, evidence.slope, self._judged_by_itself)
        return result if cause is None else replace(result, reason=f"{judged.reason}: {cause.words}", blame=cause.blame)

    @cached_property
    def _differences(self) -> Differences:
        return Differences(self.function, self.name, self.format.unit_roundoff)


def _mode(result: Result) -> str:
    return result.mode or CLAIM


def _parts(entry: Entry) -> tuple[str, int, int]:
    """The mode, row and column of an entry."""
    mode, _, place = entry.key.partition(":")
    row, column = map(int, place.split(","))
    return mode, row, column


def badness(sample: Sample) -> tuple[int, float]:
    """What the worst of some samples has most of."""
    return SEVERITY[sample.outcome], max((result.ulps or 0.0 for result in sample.results), default=0.0)


def _matrix(name: str, compute: Callable[[], NDArray[Any]]) -> Matrix:
    """The matrix from one JAX mode, or why JAX has none; exceptions in user code become UserCodeErrors."""
    try:
        with users_code(name):
            return compute()
    except UnsupportedError as unsupported:
        return unsupported
    except UserCodeError as error:
        if NO_FORWARD_MODE in error.message:
            return NoForwardMode(CUSTOM_VJP)
        if raised_by_jax(error):
            return UnsupportedError(error.message.replace(f"{name} raised", "JAX:", 1))
        raise


def _engine(mode: str) -> tuple[str, str | None]:
    return (CLAIM, None) if mode == CLAIM else ("automatic", mode)


def _unsupported(mode: str, value: UnsupportedError) -> Result:
    return Result("automatic", mode, None, None, Verdict.UNSUPPORTED, Outcome.UNDECIDED, value.reason)
