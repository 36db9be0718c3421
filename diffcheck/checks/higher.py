"""The derivatives of higher order of a JAX function at a point, or those along a direction: a subject of the one pipeline."""

from __future__ import annotations

import math
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
from diffcheck.checks.differences import Differences
from diffcheck.checks.function_claims import WhatIsClaimed, claims_for
from diffcheck.checks.loading import raised_by_jax, users_code
from diffcheck.checks.mathematics import in_mathematics, run_of
from diffcheck.checks.matrices import CUSTOM_VJP
from diffcheck.checks.numerical import LABEL, result_by_evidence
from diffcheck.checks.orders import Orders
from diffcheck.checks.relations import compared
from diffcheck.checks.screening import MANY, Choice, even_choice, worst_choice
from diffcheck.checks.symmetry import merged, with_mirrors
from diffcheck.engines.derivation import Cause, Columns, Derivation, Found, Run, Wanted
from diffcheck.engines.differences import HIGHEST, Estimate
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
from diffcheck.judgement.judge import Judge, Point, Value, split
from diffcheck.judgement.verdict import rules_of
from diffcheck.registry import AUTOMATIC, JET
from diffcheck.results import Sample, Status, Verdict, wrt_and_order

IN_MATHEMATICS = 10  # derivatives by engines that differentiate formulas; of more there are none
SCREENED = 100_000  # derivatives that are computed in each mode to find the worst; of more there is an even sample only
BEYOND_VALUES = Estimate(math.nan, math.inf, "of values of f, differences of order 3 and higher are mostly rounding")
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
        return str(self.function.vector.dtype)

    @cached_property
    def every(self) -> list[Wanted]:
        """All derivatives that are asked for."""
        return list(product(range(len(self.function.outputs)), self._orders.of_moving(self.variables, self._moved_by)))

    @property
    def wanted(self) -> Sequence[Wanted]:
        return self.choice.wanted

    @cached_property
    def choice(self) -> Choice:
        """What is judged."""
        if len(self.every) <= MANY or self._orders.every:
            return Choice(self.every)
        named = self._claim.named if isinstance(self._claim, Claims) else ()
        if len(self.every) > SCREENED:
            return even_choice(self.every, named)
        modes = [self.run_by_jax(mode) for mode in AUTOMATIC.modes_of(len(self.every[0][1])) if mode]
        claims = claims_for(with_mirrors(self.every), self._claim, self)
        derivations = {each: [*modes, *claimed] for each, claimed in claims.items()}
        return worst_choice(self.every, pipeline.found_at(self._columns_of_point, derivations), named)

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
        asked = with_mirrors(self.wanted)
        claims = claims_for(asked, self._claim, self)
        return {wanted: [*rules, *claims[wanted], *(beside if is_asked else [])] for wanted, is_asked in asked.items()}

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        return {row: self.function.primal[row : row + 1] for row, _ in self.wanted}

    @property
    def swift(self) -> Higher:
        return self

    def samples(self) -> list[Sample]:
        """One sample for each derivative."""
        found = compared(pipeline.samples(self, self._columns_of_point), list(self.derivations), self._claim)
        return list(merged(found, with_mirrors(self.wanted)))

    @property
    def _columns_of_point(self) -> Columns:
        return {name: np.array([x]) for name, x in self.point.items()}

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        """What is found of one derivative."""
        row = wanted[0]
        if isinstance(self.truth, UnsupportedError):
            return self._by_evidence(wanted, values, primal, self.truth.reason)
        sample = Judge(Written(self.truth[row], ""), self.format, rules_of(self.dtype)).sample(self.point, wanted, values, primal)
        if sample.status is Status.UNDECIDED:
            return self._by_evidence(wanted, values, primal, sample.status_reason)
        return replace(sample, output=self.output_of(wanted))

    def output_of(self, wanted: Wanted) -> str:
        return self.function.outputs[wanted[0]]

    def _by_evidence(self, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None, why: str) -> Sample:
        """What second differences of values say; of higher orders they say nothing."""
        row, columns = self.place(wanted)
        evidence, scale = BEYOND_VALUES, 0.0
        if len(columns) <= HIGHEST:
            evidence, scale = self._differences.of(row, *columns), self._differences.scale_of(row, *columns)
        precision = self.format.unit_roundoff
        judged = {each: result_by_evidence(each, wanted, value, evidence, scale, precision) for each, value in values.items()}
        results, beside = split(judged)
        wrt, order = wrt_and_order(wanted[1])
        nothing = None, None, None
        status = Status.UNDECIDED, f"{why}: {LABEL}", primal
        return Sample(self.point, wrt, order, *status, *nothing, results, False, self.output_of(wanted), beside)

    @cached_property
    def _differences(self) -> Differences:
        return Differences(self.function, self.name, self.format.unit_roundoff)


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
