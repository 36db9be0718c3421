"""The entries of a Jacobian judged by what is proved on whole arrays: row by row by reverse mode, column by column by forward mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from diffcheck.checks.judged_row import JudgedRow
from diffcheck.checks.whole import ExactProgram, Floats, LinearProgram, Proved, cut, unit
from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import enclosure
from diffcheck.engines.certified.arrays import Entries
from diffcheck.engines.derivation import Derivation, Wanted
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.runs import JaxMode
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.judgement.behind import Behind, KnownRule
from diffcheck.judgement.judge import Value, result_of, result_without, split
from diffcheck.judgement.verdict import Judgement, judge, rules_of
from diffcheck.results import Certificate, Outcome, Result, Sample, Status, Verdict

BY_ROUNDING = "the terms that add up to it are {times:.2g} times as large, and rounding them explains the error"
ROUNDING_VERDICTS = (Verdict.UNSTABLE, Verdict.INACCURATE, Verdict.UNDECIDED)


class _BehindEntry(Behind):
    """What stands behind a value of an entry."""

    def __init__(self, entries: ProvedEntries, derivation: Derivation, row: int, column: int) -> None:
        self._entries, self._of = entries, (derivation, row, column)

    @cached_property
    def rule(self) -> KnownRule | None:
        return self._entries.rule(*self._of)


class ProvedEntries:
    """What is proved of the Jacobian of a function at its point, and what JAX's values are worth."""

    def __init__(self, function: JaxFunction, fmt: Format) -> None:
        """Raises UnsupportedError where the function is not followed on arrays."""
        if not np.isfinite(function.vector).all():
            raise UnsupportedError("nothing is proved at infinity")
        self._function, self._format, self._rules = function, fmt, rules_of(str(function.vector.dtype))
        self.proved = Proved(function)
        self.rows, self.columns = len(function.outputs), len(function.variables)
        self._judged: dict[int, JudgedRow] = {}

    # A row

    def judged(self, row: int) -> JudgedRow:
        """Raises UnsupportedError where balls do not decide."""
        if row not in self._judged:
            self._judged[row] = self._row(unit(row, self.rows))
        return self._judged[row]

    def _row(self, weights: Floats) -> JudgedRow:
        """A row, JAX's reverse mode beside it if there is one."""
        try:
            return self._combined(weights)
        except UnsupportedError as unsupported:
            proved = self.proved.pulled(self._parts(weights))
            return JudgedRow(proved, proved.middles, unsupported, self._format, self.proved.steps)

    def _combined(self, weights: Floats) -> JudgedRow:
        """Σ weight·row. Raises UnsupportedError where JAX has no reverse mode, or balls do not decide."""
        parts = self._parts(weights)
        with lacking():
            values = self._function.pulled_back(parts)
        proved = self.proved.pulled(parts)
        return JudgedRow(proved, values, self._pullback(parts, self.proved.bits), self._format, self.proved.steps)

    @cached_property
    def _pullback(self) -> ExactProgram:
        return ExactProgram(self._function.reverse_program, list(self._function.point.values()))

    def _parts(self, weights: Floats) -> list[Floats]:
        return cut(weights, [each.shape for each in self._function.values])

    # One entry

    def certificate(self, row: int, column: int) -> Certificate:
        """What is proved of an entry. At a tie that is an interval which holds the slopes of all sides, and perhaps more."""
        derivative, value = self.judged(row).proved.enclosure(column), self.proved.value(row)
        if not self.judged(row).tied[column]:
            return Certificate(Status.SMOOTH, "", value, derivative)
        left, right = (Enclosure(end, Decimal(0)) for end in (derivative.lower, derivative.upper))
        return Certificate(Status.UNDECIDED, f"f may have a kink here: {self._tie}", value, left=left, right=right)

    @property
    def _tie(self) -> str:
        return next(iter(self.proved.ties), "balls do not decide a condition")

    def sample(self, row: int, column: int, values: Mapping[Derivation, Value]) -> Sample:
        """What is proved of an entry, and what each value that is given for it is worth."""
        proved, variable, x = self.certificate(row, column), self._function.variables[column], float(self._function.vector[column])
        results, beside = split({derivation: self._result(row, column, derivation, y) for derivation, y in values.items()})
        said = (proved.status, proved.reason, float(self._function.primal[row]), proved.value, proved.derivative, None, results)
        return Sample({variable: x}, variable, 1, *said, output=self._function.outputs[row], beside=beside)

    def _result(self, row: int, column: int, derivation: Derivation, y: Value) -> Result:
        if isinstance(y, UnsupportedError):
            return result_without(derivation, y)
        judged, blame = self.judgement(row, column, derivation, y), None
        if judged.verdict is Verdict.WRONG:
            wanted: Wanted = row, (self._function.variables[column],)
            cause = derivation.cause(wanted, judged.verdict, y, float(self.judged(row).proved.middles[column]))
            if cause is not None:
                judged, blame = replace(judged, reason=f"{judged.reason}: {cause.words}"), cause.blame
        return result_of(derivation, y, judged, blame)

    def judgement(self, row: int, column: int, derivation: Derivation, y: float) -> Judgement:
        """The verdict on a value that is given for an entry."""
        judged, truth = self.judged(row), self.certificate(row, column)
        if judged.tied[column]:
            is_outside = not abs(y - float(judged.proved.middles[column])) <= float(judged.reach[column])
            return self._at_tie(truth, is_outside, y)
        x = float(self._function.vector[column])
        found = judge(y, x, truth, self._format, _BehindEntry(self, derivation, row, column), self._rules)
        size = float(judged.terms[column])
        error = abs(y - float(judged.proved.middles[column])) + float(judged.proved.radii[column])
        if found.verdict in ROUNDING_VERDICTS and error <= judged.allowed_roundings * self._format.unit_roundoff * size:
            times = size / abs(float(judged.proved.middles[column]) or 1.0)
            return replace(found, verdict=Verdict.ILL_CONDITIONED, outcome=Outcome.PASS, reason=BY_ROUNDING.format(times=times))
        return found

    def _at_tie(self, truth: Certificate, is_outside: bool, y: float) -> Judgement:
        assert truth.left is not None
        assert truth.right is not None
        interval = f"[{float(truth.left):.6g}, {float(truth.right):.6g}], which holds the slopes of both sides"
        if is_outside:
            return Judgement(Verdict.OUTSIDE, Outcome.FAIL, None, f"{self._tie}: {y:.6g} lies outside {interval}")
        return Judgement(Verdict.SUBGRADIENT, Outcome.PASS, None, f"{self._tie}: {y:.6g} lies in {interval}")

    def rule(self, derivation: Derivation, row: int, column: int) -> KnownRule | None:
        """The program that a mode of JAX ran for an entry; None where it is not followed, and for what is not JAX's."""
        if not isinstance(derivation, JaxMode):
            return None
        judged = self.judged(row)
        entries = self._forward_row(row) if derivation.own_mode == "forward" else judged.program
        if isinstance(entries, UnsupportedError):
            return None
        exact, literals = enclosure(entries[column]), Decimal(float(judged.literals[column]))
        return KnownRule("JAX's rule", False, exact, literals, literals)

    def _forward_row(self, row: int) -> Entries | UnsupportedError:
        """A row by JAX's forward mode, in exact arithmetic."""
        if isinstance(self._linear, UnsupportedError):
            return self._linear
        return self._linear.row(self._parts(unit(row, self.rows)))

    @cached_property
    def _linear(self) -> LinearProgram | UnsupportedError:
        try:
            return LinearProgram(self._function.pushforward_program, list(self._function.point.values()), self.proved.bits)
        except UnsupportedError as unsupported:
            return unsupported
