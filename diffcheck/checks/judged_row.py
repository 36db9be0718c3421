"""A row of JAX's values beside the proved one, judged all entries at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.whole import NARROW, NOTHING, Floats, ProvedRow
from diffcheck.engines.certified.arrays import Entries, balls_of, floats_of, radii_of
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.judgement.distances import CONDITION_FACTOR
from diffcheck.judgement.verdict import AGREES_ULPS

ROUNDINGS, EACH_STEP = 64, 2  # units roundoff of the terms that are called rounding: in any program, and for each of its steps


class JudgedRow:
    """JAX's values of a row. `program` are the exact values of its derivative program, or why they are not known."""

    BAD = 1e6  # the rank of an entry that is not as good as rounding makes it

    def __init__(self, proved: ProvedRow, values: Floats, program: Entries | UnsupportedError, fmt: Format, steps: int) -> None:
        self.proved, self.values, self.program, self.format = proved, values, program, fmt
        self._roundoff, self._steps = fmt.unit_roundoff, steps

    @cached_property
    def errors(self) -> Floats:
        """|value - truth|, infinite for what is not finite."""
        finite = np.isfinite(self.values)
        away = floats_of(balls_of(np.where(finite, self.values, 0.0)) - self.proved.entries)
        return np.where(finite, abs(away) + self.proved.radii, np.inf)

    @cached_property
    def ulps(self) -> Floats:
        exponents = np.maximum(np.frexp(self.proved.middles)[1], self.format.minimum_exponent + 1)
        found: Floats = self.errors / np.ldexp(1.0, exponents - self.format.precision_bits)
        return found

    @cached_property
    def roundings(self) -> Floats:
        """The error in units roundoff of the terms that add up to the entry."""
        return np.where(self.errors <= self.proved.radii, 0.0, self._relative(self.errors) / self._roundoff)

    @property
    def allowed_roundings(self) -> float:
        return ROUNDINGS + EACH_STEP * self._steps

    @cached_property
    def is_close(self) -> NDArray[np.bool_]:
        """Within a few ulps, or as far as rounding the terms may carry the value; or too small for the format."""
        tiny = (abs(self.proved.middles) + self.proved.radii < self.format.smallest_normal) & (self.values == 0)
        found: NDArray[np.bool_] = (self.ulps <= AGREES_ULPS) | (self.roundings <= self.allowed_roundings) | tiny
        return found

    @cached_property
    def _away(self) -> tuple[Floats, Floats]:
        """Bounds of |program - truth| relative to the terms; 0 where the program has no value that is known."""
        if isinstance(self.program, UnsupportedError):
            return np.zeros(len(self.values)), np.zeros(len(self.values))
        away = self.program - self.proved.entries
        middles, radii = abs(floats_of(away)), radii_of(away)
        known = np.isfinite(radii)
        least = np.where(known, np.maximum(0.0, np.nextafter(middles, 0) - radii), 0.0)
        return self._relative(least), self._relative(np.where(known, middles + radii, 0.0))

    @property
    def unvalued(self) -> NDArray[np.bool_]:
        """The entries at which the program has no value that balls prove."""
        if isinstance(self.program, UnsupportedError):
            return np.zeros(len(self.values), bool)
        return np.array([not ball.is_finite() for ball in self.program.tolist()], bool)

    def _relative(self, lengths: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = lengths / self.terms
        return np.where(lengths > NOTHING, found, 0.0)

    @property
    def terms(self) -> Floats:
        """How large the terms are that add up to each entry."""
        return np.maximum(self.proved.sizes, abs(self.proved.middles))

    @property
    def gaps(self) -> Floats:
        """A lower bound of |program - truth| relative to the terms."""
        return self._away[0]

    @property
    def lack(self) -> str:
        """Why the exact values of the program are not known, or ''."""
        return self.program.reason if isinstance(self.program, UnsupportedError) else ""

    @property
    def untied_gaps(self) -> Floats:
        return np.where(self.tied, 0.0, self.gaps)

    @property
    def largest_gap(self) -> float:
        """An upper bound for all entries that are not at ties."""
        return float(np.where(self.tied, 0.0, self._away[1]).max(initial=0.0))

    @property
    def tied(self) -> NDArray[np.bool_]:
        return self.proved.tied

    @property
    def literals(self) -> Floats:
        """How far the rounding of the rule's constants may carry the exact value of its program."""
        return CONDITION_FACTOR * self._roundoff * self.terms

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """The entries whose rule is another function's, beyond the rounding of its constants; at a tie, those beyond both sides."""
        outside = ~(self.errors - self.proved.radii <= self.reach)
        return np.where(self.tied, outside, self.gaps > CONDITION_FACTOR * self._roundoff)

    @property
    def reach(self) -> Floats:
        """How far from its middle a value at a tie may lie: within the interval, or rounding beyond its ends."""
        return self.proved.radii * (1 + NARROW) + self.allowed_roundings * self._roundoff * (self.terms + self.proved.radii)

    @cached_property
    def doubtful(self) -> NDArray[np.bool_]:
        """Neither close nor wrong, and not at a tie."""
        return ~self.is_close & ~self.wrong & ~self.tied

    def harmful(self, value: float) -> NDArray[np.bool_]:
        """The doubtful entries that are off by more than half of their digits, and of those of the function's value."""
        allowed = np.sqrt(self._roundoff) * np.maximum(abs(self.proved.middles), abs(value))
        found: NDArray[np.bool_] = self.doubtful & ~(self.errors <= allowed)
        return found

    @cached_property
    def rank(self) -> Floats:
        """How bad an entry looks: by its rule, then by its rounding."""
        by_rounding = np.minimum(np.nan_to_num(self.roundings, nan=self.BAD, posinf=self.BAD), self.BAD / 2)
        return np.where(self.wrong, 2 * self.BAD * (1 + np.minimum(self.gaps, 1.0)), np.where(self.doubtful, self.BAD, 0.0)) + by_rounding

    def worst(self, count: int) -> list[int]:
        """The columns that look worst."""
        found = np.argpartition(-self.rank, min(count, self.rank.size) - 1)[:count]
        return found[np.argsort(-self.rank[found], kind="stable")].tolist()  # type: ignore[no-any-return]
