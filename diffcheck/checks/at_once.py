"""A large Jacobian judged at once: what is said of all its entries, and which of them are shown one by one.

Reverse mode is judged entry by entry, row by row; if there are too many rows, some of them and seeded combinations of all. Forward
mode is judged along seeded directions, and where it fails, halves of the arguments are tried until one entry is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.judged_row import JudgedRow
from diffcheck.checks.proved_entries import ProvedEntries
from diffcheck.checks.screening import evenly
from diffcheck.checks.whole import ExactProgram, Floats, Proved, ProvedRow, cut, unit
from diffcheck.enclosure import bound_text
from diffcheck.engines.certified.arrays import Entries
from diffcheck.engines.jax.function import NO_FORWARD_MODE, JaxFunction
from diffcheck.engines.jax.lacking import lacking
from diffcheck.errors import InputError, InternalError, UnsupportedError
from diffcheck.formats import Format
from diffcheck.judgement.evidence import listed
from diffcheck.results import Outcome, RuleCheck, counted

DIRECTIONS, MOST_DIRECTIONS = 3, 1000
MOST_ENTRIES = 100_000
SEED = 0
WORK = 50_000_000  # operations on balls in the sweeps of all rows: about half a minute
JUDGED = 6  # such operations are as much work as judging an entry
WRONG_SHOWN, WORST_SHOWN, EVEN_SHOWN = 10, 3, 3
INEXACT, FEW = 1e-20, 0.01  # a gap relative to the terms; a part of an argument's entries
WEIGHTS = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)  # few bits: exact in every format, and so are their products with powers of 2


@dataclass(frozen=True, slots=True)
class Plan:
    """How a large Jacobian is gone through, and who wants to know how far one has come; raises InputError.

    `entries` is how many of its entries are shown one by one, in an even sample beside the wrong and the worst: a few by default.
    """

    directions: int = DIRECTIONS
    seed: int = SEED
    entries: int | None = None
    on_stage: Callable[[str], object] = field(default=lambda stage: None, compare=False)

    def __post_init__(self) -> None:
        if self.entries is not None and not 1 <= self.entries <= MOST_ENTRIES:
            raise InputError(f"{self.entries:,} is not a number of entries to show", f"It may be 1 to {MOST_ENTRIES:,}, or all.")
        if not 1 <= self.directions <= MOST_DIRECTIONS or self.seed < 0:
            problem = f"{self.seed} is not a seed" if self.seed < 0 else f"{self.directions} is not a number of directions"
            raise InputError(problem, f"A seed is 0 or more, and there may be 1 to {MOST_DIRECTIONS:,} directions.")


def plan_of(on_stage: Callable[[str], object] = lambda stage: None, **given: int | str | None) -> Plan:
    """The plan with what is given of `directions`, `seed` and `entries` (a number, or "all"). Raises InputError."""
    wanted: dict[str, int] = {}
    for name, value in given.items():
        number = MOST_ENTRIES if (name, value) == ("entries", "all") else value
        if isinstance(number, int) and not isinstance(number, bool):
            wanted[name] = number
        elif number is not None:
            raise InputError(f"{name} is {value!r}, which is not a whole number", "Write 20, or all." if name == "entries" else "")
    return Plan(**wanted, on_stage=on_stage)


class AtOnce(ProvedEntries):
    """What is proved of a large Jacobian, and what JAX's values are worth."""

    def __init__(self, function: JaxFunction, fmt: Format, plan: Plan) -> None:
        """Raises UnsupportedError where the function is not followed on arrays, or JAX has no reverse mode."""
        plan.on_stage("following the function on arrays of balls")
        super().__init__(function, fmt)
        self._plan = plan
        self.chosen = self._chosen()

    # Reverse mode, entry by entry

    @cached_property
    def chosen_rows(self) -> list[int]:
        """The rows that are judged: all, or as many as the work allows, spread evenly."""
        affordable = max(1, WORK // (3 * (self.proved.work + JUDGED * self.columns)))
        return evenly(self.rows, affordable)

    def _row(self, weights: Floats) -> JudgedRow:
        """Raises UnsupportedError where JAX has no reverse mode: its rows are what is judged here."""
        self._plan.on_stage(f"proving {self.columns:,} derivatives at once")
        return self._combined(weights)

    def _chosen(self) -> list[tuple[int, int]]:
        """(row, column) of the entries that are shown one by one: the wrong and the worst, and an even sample."""
        ranked: list[tuple[float, int, int]] = []
        for row in self.chosen_rows:
            judged = self.judged(row)
            ranked += [(judged.rank[column], row, column) for column in judged.worst(WRONG_SHOWN)]
        ranked.sort(key=lambda each: -each[0])
        bad = [(row, column) for rank, row, column in ranked if rank >= JudgedRow.BAD]
        worst = [(row, column) for _, row, column in ranked if (row, column) not in bad]
        even = evenly(len(self.chosen_rows) * self.columns, self._plan.entries or EVEN_SHOWN)
        spread = [(self.chosen_rows[k // self.columns], k % self.columns) for k in even]
        return list(dict.fromkeys([*bad[:WRONG_SHOWN], *self._odd[:WORST_SHOWN], *self._wrong_forward, *worst[:WORST_SHOWN], *spread]))

    # Forward mode, along directions

    def _pushed_by_jax(self, direction: Floats) -> Entries | UnsupportedError:
        return self._pushforward(cut(direction, [leaf.shape for leaf in self._function.point.values()]), self.proved.bits)

    @cached_property
    def _pushforward(self) -> ExactProgram:
        return ExactProgram(self._function.pushforward_program, list(self._function.point.values()))

    @cached_property
    def _seeded(self) -> list[Floats]:
        """Directions of few bits, scaled leaf by leaf so that no leaf hides behind another."""
        generator = np.random.default_rng(self._plan.seed)
        scale = np.concatenate([np.full(size, factor) for size, factor in zip(self._leaf_sizes, self._leaf_factors, strict=True)])
        return [generator.choice(WEIGHTS, self.columns) * scale for _ in range(self._plan.directions)]

    @property
    def _leaf_sizes(self) -> list[int]:
        return [leaf.size for leaf in self._function.point.values()]

    @cached_property
    def _leaf_factors(self) -> list[float]:
        """A power of 2 for each leaf by which it moves the result about as much as the others do."""
        ends = np.cumsum(self._leaf_sizes)[:-1]
        moved = [float(part.sum()) for part in np.split(self.judged(self.chosen_rows[0]).proved.sizes, ends)]
        return [2.0 ** -round(np.log2(each)) if each > 0 and np.isfinite(each) else 1.0 for each in moved]

    @cached_property
    def _forward(self) -> tuple[float, Floats | None] | UnsupportedError:
        """The largest gap along the directions, relative to the terms, and the direction where it is too large."""
        largest = 0.0
        try:
            with lacking():
                _ = self._pushforward
        except UnsupportedError as unsupported:
            return unsupported
        for k, direction in enumerate(self._seeded, 1):
            self._plan.on_stage(f"forward mode along direction {k} of {self._plan.directions}")
            pushed = self._pushed(direction)
            if isinstance(pushed, UnsupportedError):
                return pushed
            gap = float(pushed.untied_gaps.max(initial=0.0))
            if gap > self._tolerance:
                return gap, direction
            largest = max(largest, pushed.largest_gap)
        return largest, None

    @property
    def _tolerance(self) -> float:
        return 8 * self._format.unit_roundoff

    def _pushed(self, direction: Floats) -> JudgedRow | UnsupportedError:
        """J v by JAX's rule beside J v, proved: a number for each result."""
        truth, sizes = self.proved.pushed(direction)
        program = self._pushed_by_jax(direction)
        if isinstance(program, UnsupportedError):
            return program
        proved = ProvedRow(truth, sizes)
        self._require_agreement(proved, direction)
        return JudgedRow(proved, proved.middles, program, self._format, self.proved.steps)

    def _require_agreement(self, pushed: ProvedRow, direction: Floats) -> None:
        """Forward and reverse sweep are transposes of each other: what is proved by both must overlap."""
        row = self.chosen_rows[0]
        away = self.judged(row).proved.along(direction, self.proved.bits) - pushed.entries[row]
        if away.is_finite() and not away.contains(0):
            raise InternalError(f"forward and reverse sweep of {self._function.outputs[row] or 'the result'} differ")

    @cached_property
    def _wrong_forward(self) -> list[tuple[int, int]]:
        """An entry that forward mode has wrong, found by halves."""
        if isinstance(self._forward, UnsupportedError) or self._forward[1] is None:
            return []
        direction, within = self._forward[1], np.arange(self.columns)
        while len(within) > 1:
            halves = np.array_split(within, 2)
            gaps = [self._largest_gap(direction, half) for half in halves]
            within = halves[int(np.argmax(gaps))]
        pushed = self._pushed(unit(int(within[0]), self.columns))
        row = 0 if isinstance(pushed, UnsupportedError) else int(pushed.untied_gaps.argmax())
        return [(row, int(within[0]))] if row in self.chosen_rows else []

    def _largest_gap(self, direction: Floats, columns: NDArray[Any]) -> float:
        part = np.zeros(self.columns)
        part[columns] = direction[columns]
        pushed = self._pushed(part)
        return 0.0 if isinstance(pushed, UnsupportedError) else float(pushed.untied_gaps.max(initial=0.0))

    # What is said of all

    def checks(self) -> Iterator[RuleCheck]:
        yield self._entries_check()
        if len(self.chosen_rows) < self.rows:
            yield self._combinations_check()
        if isinstance(self._forward, UnsupportedError):
            reason = self._forward.reason
            lack = "a jax.custom_vjp has no forward mode" if NO_FORWARD_MODE in reason else f"forward mode was not followed: {reason}"
            yield RuleCheck("directions", None, lack)
        else:
            yield self._directions_check(*self._forward)

    def _entries_check(self) -> RuleCheck:
        rows = [self.judged(row) for row in self.chosen_rows]
        entries = f"{len(rows) * self.columns:,} entries" + (f" in {len(rows):,} of {self.rows:,} rows" if len(rows) < self.rows else "")
        outcome, said = _said(rows, [float(self.proved.value(row)) for row in self.chosen_rows], entries, self.proved)
        odd = self._odd if outcome is Outcome.PASS else []
        if not odd:
            return RuleCheck("entries", outcome, said)
        names = listed([self._function.variables[column] for _, column in odd[:WORST_SHOWN]])
        more = f" and {len(odd) - WORST_SHOWN:,} more" if len(odd) > WORST_SHOWN else ""
        return RuleCheck("entries", Outcome.WARN, f"{said}; unlike the others of their argument, it is not exact at {names}{more}")

    @property
    def _odd(self) -> list[tuple[int, int]]:
        """Entries whose rule is not exact, yet within rounding of its constants, where that of nearly all others of the argument is."""
        found = []
        for row in self.chosen_rows:
            inexact = np.split(self.judged(row).gaps > INEXACT, np.cumsum(self._leaf_sizes)[:-1])
            few = [part & (part.sum() <= FEW * part.size) for part in inexact]
            found += [(row, int(column)) for column in np.flatnonzero(np.concatenate(few))]
        return found

    def _combinations_check(self) -> RuleCheck:
        generator = np.random.default_rng(self._plan.seed)
        combined = [self._combined(generator.choice(WEIGHTS, self.rows)) for _ in range(self._plan.directions)]
        what = f"{self.columns:,} entries of {counted(len(combined), 'seeded combination')} of all {self.rows:,} rows"
        return RuleCheck("combined", *_said(combined, [0.0] * len(combined), what, self.proved))

    def _directions_check(self, gap: float, wrong: Floats | None) -> RuleCheck:
        along = counted(self._plan.directions, "seeded direction")
        if wrong is not None:
            return RuleCheck("directions", Outcome.FAIL, f"forward mode is wrong along a direction, by {gap:.1e} of what moves the result")
        return RuleCheck(
            "directions", Outcome.PASS, f"forward mode is proved along {along} of all arguments, to {bound_text(Decimal(gap))}"
        )


def _said(rows: Sequence[JudgedRow], values: Sequence[float], entries: str, proved: Proved) -> tuple[Outcome, str]:
    """What holds for all entries of some rows."""
    wrong, tied, doubtful = (sum(int(getattr(row, name).sum()) for row in rows) for name in ("wrong", "tied", "doubtful"))
    outside = sum(int((row.wrong & row.tied).sum()) for row in rows)
    at_ties = f"; {tied:,} of them lie at ties ({proved.ties[0]}), between the slopes of both sides" if tied and proved.ties else ""
    if wrong:
        largest = max(float(row.gaps[row.wrong].max(initial=0.0)) for row in rows)
        by = f", by up to {largest:.1e} of their terms" if largest else ""
        which = f"; {outside:,} of them at ties" if outside else ""
        return Outcome.FAIL, f"{wrong:,} of {entries} {'is' if wrong == 1 else 'are'} wrong{by}{which}"
    radius = max(row.proved.accuracy for row in rows)
    proof = f"all {entries} are proved, to {bound_text(Decimal(radius))} of their terms"
    lacking = next((row.lack for row in rows if row.lack), "")
    if doubtful:
        what = f"the rule was not followed ({lacking}), and {doubtful:,} values are off by more than rounding" if lacking else ""
        is_harmful = any(row.harmful(value).any() for row, value in zip(rows, values, strict=True))
        return Outcome.FAIL if is_harmful else Outcome.WARN, f"{proof}; {what or f'rounding spoils {doubtful:,} of them'}"
    unvalued = sum(int(row.unvalued.sum()) for row in rows)
    lacking = lacking or (f"its exact value is not proved at {unvalued:,} entries" if unvalued else "")
    gap = bound_text(Decimal(max(row.largest_gap for row in rows)))
    rule = f"the rule was not followed ({lacking})" if lacking else f"the rule is right at each, to {gap}"
    roundings = max(float(row.roundings[~row.tied].max(initial=0.0)) for row in rows)
    return Outcome.PASS, f"{proof}: {rule}, and the floats are within {roundings:.2g} roundings of the terms{at_ties}"
