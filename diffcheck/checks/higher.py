"""The derivatives of higher order of a JAX function at a point, or those along a direction: a subject of the one pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from diffcheck.checks import pipeline
from diffcheck.checks.claimed import Claims
from diffcheck.checks.culprits import faulty
from diffcheck.checks.function_claims import WhatIsClaimed, claimed
from diffcheck.checks.loading import raised_by_jax, users_code
from diffcheck.checks.mathematics import in_mathematics, run_of
from diffcheck.checks.matrices import CUSTOM_VJP
from diffcheck.checks.orders import JUDGED, MAX_ENTRIES, Orders
from diffcheck.checks.relations import compared
from diffcheck.checks.screening import evenly
from diffcheck.checks.symmetry import merged, mirror, with_mirrors
from diffcheck.engines.derivation import Cause, Columns, Derivation, Found, Run, Wanted
from diffcheck.engines.jax import function_orders
from diffcheck.engines.jax.function import NO_FORWARD_MODE, JaxFunction
from diffcheck.engines.jax.nesting import PURE_ONLY
from diffcheck.engines.jax.parts import is_float
from diffcheck.engines.jax.runs import JaxMode
from diffcheck.errors import InputError, UnsupportedError, UserCodeError
from diffcheck.formats import Format
from diffcheck.graph.build import Problem
from diffcheck.graph.graph import Graph
from diffcheck.judgement.evidence import Written
from diffcheck.judgement.judge import Judge, Point, Value, result_of, result_without, split
from diffcheck.judgement.verdict import Judgement
from diffcheck.registry import JET
from diffcheck.results import Outcome, Sample, Status, Verdict, wrt_and_order

IN_MATHEMATICS = 10  # derivatives by engines that differentiate formulas; of more there are none
MOST_COLUMNS = 2_000  # of a Hessian that is computed whole


class Higher:
    """The derivatives that are asked for. `truth` are the graphs of the rows, or why there are none."""

    def __init__(
        self,
        function: JaxFunction,
        name: str,
        fmt: Format,
        truth: Callable[[], Sequence[Graph]],
        orders: Orders,
        claim: WhatIsClaimed = None,
        judged_by_itself: bool = True,
        moved_by: str = "",
    ) -> None:
        self.function = function
        self.name = name
        self.format = fmt
        self.judged_by_itself = judged_by_itself
        self._truth = truth
        self._orders = orders
        self._moved_by = moved_by  # the argument that moves the others along a direction
        self._claim = claim
        self.point = dict(zip(function.variables, function.vector.tolist(), strict=True))
        self.by_jax = function_orders.HigherDerivatives(function)
        if len(self.variables) > MOST_COLUMNS and orders.along is None:
            problem = f"{name} has {len(self.variables):,} arguments, and a Hessian is computed whole for {MOST_COLUMNS:,} at most"
            raise InputError(problem, "Check the derivative by a part of the arguments, or along a direction.")

    @cached_property
    def truth(self) -> Sequence[Graph] | UnsupportedError:
        try:
            return self._truth()
        except UnsupportedError as unsupported:
            return unsupported

    # What engines see of it

    @property
    def variables(self) -> tuple[str, ...]:
        return self.function.variables

    @property
    def dtype(self) -> str:
        return self.format.name

    @cached_property
    def every(self) -> list[Wanted]:
        """All derivatives that are asked for."""
        return list(product(range(len(self.function.outputs)), self._orders.of_moving(self.variables, self._moved_by)))

    @cached_property
    def wanted(self) -> Sequence[Wanted]:
        """Those that are judged: all, or of many those on which JAX's modes differ most, and an even sample."""
        if len(self.every) <= MAX_ENTRIES or self._orders.every:
            return self.every
        worst = sorted(range(len(self.every)), key=lambda k: -self._deviations[k])[: JUDGED // 2]
        return [self.every[k] for k in sorted({*worst, *evenly(len(self.every), JUDGED // 2)})]

    @property
    def is_whole(self) -> bool:
        return len(self.wanted) == len(self.every)

    @cached_property
    def _deviations(self) -> Sequence[float]:
        """How far JAX's modes are from each other in each entry."""
        modes = [Nested(self, mode).numbers(self.every) for mode in function_orders.HESSIANS] if len(self.every[0][1]) == 2 else []
        found = np.array([each for each in modes if not isinstance(each, UnsupportedError)])
        if len(found) < 2:
            return [0.0] * len(self.every)
        with np.errstate(invalid="ignore"):
            spread = (found.max(axis=0) - found.min(axis=0)) / np.maximum(abs(found).max(axis=0), np.finfo(np.float64).tiny)
        return np.nan_to_num(spread, nan=np.inf).tolist()  # type: ignore[no-any-return]

    def place(self, wanted: Wanted) -> function_orders.Place:
        row, names = wanted
        return row, tuple(self._columns[name] for name in names)

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        return {name: k for k, name in enumerate(self.variables)}

    def in_mathematics(self, output: int) -> Problem:
        """A small function as a definition. Raises Inapplicable for others, and where it is not lifted."""
        return in_mathematics(self.truth, output, self.variables, len(self.every) <= IN_MATHEMATICS)

    def evaluated(self, formulas: Mapping[Wanted, Graph]) -> Run:
        return run_of(formulas, self.variables, self.dtype)

    def run_by_jax(self, mode: str) -> Derivation:
        return Nested(self, mode)

    # What the pipeline sees of it

    @cached_property
    def derivations(self) -> Mapping[Wanted, Sequence[Derivation]]:
        """Those under test: JAX's modes, and the claim. Other engines are shown beside them."""
        rules, beside = pipeline.under_test(self, Nested)
        found: dict[Wanted, Sequence[Derivation]] = {}
        for row, names in self.wanted:
            found[row, names] = [*rules, *claimed(self.claims, (row, names)), *beside]
            other = mirror(names)
            if other is not None:
                found[row, other] = [*rules, *claimed(self.claims, (row, other))]
        return found

    @cached_property
    def claims(self) -> Derivation | Claims | None:
        return self._claim(self) if callable(self._claim) else self._claim

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        return {row: self.function.primal[row : row + 1] for row, _ in self.wanted}

    @property
    def swift(self) -> Higher:
        return self

    def samples(self) -> list[Sample]:
        """One sample for each derivative."""
        columns = {name: np.array([x]) for name, x in self.point.items()}
        asked = [names for _, names in self.wanted]
        mirrors = frozenset(" ".join(names) for names in with_mirrors(asked) if names not in asked)
        return list(merged(compared(pipeline.samples(self, columns), list(self.derivations), self.claims), mirrors))

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        """What is found of one derivative."""
        row = wanted[0]
        if isinstance(self.truth, UnsupportedError):
            return self._undecided(wanted, values, primal, self.truth.reason)
        sample = Judge(Written(self.truth[row], ""), self.format).sample(self.point, wanted, values, primal)
        return replace(sample, output=self.output_of(wanted))

    def output_of(self, wanted: Wanted) -> str:
        return self.function.outputs[wanted[0]]

    def _undecided(self, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None, why: str) -> Sample:
        open_ = Judgement(Verdict.UNDECIDED, Outcome.UNDECIDED, None, why)
        results, beside = split(
            {
                derivation: result_without(derivation, value)
                if isinstance(value, UnsupportedError)
                else result_of(derivation, value, open_)
                for derivation, value in values.items()
            }
        )
        row, names = wanted
        wrt, order = wrt_and_order(names)
        nothing = None, None, None
        return Sample(self.point, wrt, order, Status.UNDECIDED, why, primal, *nothing, results, False, self.function.outputs[row], beside)


class Nested(JaxMode):
    """One way of nesting JAX's modes, by the function's own rules."""

    def __init__(self, subject: Higher, mode: str) -> None:
        self._subject = subject
        super().__init__(mode, lambda columns: {}, self._lift, subject.dtype)

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        applicable = [each for each in wanted if self._applies(each)]
        found = self.numbers(applicable) if applicable else np.empty(0)
        given: dict[Wanted, Found] = dict.fromkeys(wanted, PURE_ONLY)
        for k, each in enumerate(applicable):
            given[each] = found if isinstance(found, UnsupportedError) else found[k : k + 1]
        return given

    def _applies(self, wanted: Wanted) -> bool:
        return self.has(wanted) and (self.own_mode != JET or len(set(wanted[1])) == 1)

    def numbers(self, wanted: Sequence[Wanted]) -> np.ndarray[Any, Any] | UnsupportedError:
        """The values of all of these, or why there are none."""
        name = self._subject.name
        try:
            with users_code(name):
                return self._subject.by_jax.values(self.own_mode, list(map(self._subject.place, wanted)))
        except UnsupportedError as unsupported:
            return unsupported
        except UserCodeError as error:
            if NO_FORWARD_MODE in error.message:
                return UnsupportedError(CUSTOM_VJP)
            if raised_by_jax(error):
                return UnsupportedError(error.message.replace(f"{name} raised", "JAX:", 1))
            raise

    def _lift(self, wanted: Wanted) -> Graph:
        return self._subject.by_jax.program(self.own_mode, self._subject.place(wanted))

    def cause(self, wanted: Wanted, verdict: Verdict, value: float, right: float) -> Cause | None:
        """A custom rule that is wrong."""
        if verdict is not Verdict.WRONG:
            return None
        subject, place = self._subject, self._subject.place(wanted)
        return faulty(
            subject.function,
            lambda rules: float(subject.by_jax.values(self.own_mode, [place], frozenset(rules))[0]),
            value,
            right,
            subject.judged_by_itself,
        )


def along(function: Callable[..., Any], steps: Sequence[Any]) -> Callable[..., Any]:
    """f of its arguments moved by t along a direction, as a function of t and of them."""

    def moved(t: Any, *arguments: Any) -> Any:
        return function(*jax.tree.map(lambda leaf, step: _moved(leaf, step, t), list(arguments), list(steps)))

    return moved


def _moved(leaf: Any, step: Any, t: Any) -> Any:
    """A leaf of floats, moved in its own format."""
    return leaf + (t * step).astype(jnp.result_type(leaf)) if is_float(leaf) else leaf
