"""The pipeline for JAX functions: arguments → Jacobians by JAX's rules → certificates of the undecorated function → verdicts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

import jax
import numpy as np

from diffcheck import registry
from diffcheck.checks.arguments import from_value, names_in, require_alike
from diffcheck.checks.at_once import AtOnce, Plan
from diffcheck.checks.beforehand import require_memory, require_traceable
from diffcheck.checks.calling import BoundCall, Parameters
from diffcheck.checks.claimed import KinkSide
from diffcheck.checks.claims import ClaimedHessian, ClaimedJacobian
from diffcheck.checks.culprits import described
from diffcheck.checks.entries import Jacobian
from diffcheck.checks.function_claims import WhatIsClaimed, claims_about, texts_of
from diffcheck.checks.higher import Higher, along
from diffcheck.checks.leaves import number_in
from diffcheck.checks.loading import users_code
from diffcheck.checks.modes import check_of
from diffcheck.checks.orders import Direction, Orders, direction_shown, free_name, require_direction
from diffcheck.checks.pipeline import CERTIFIED_POINTS, closed_forms
from diffcheck.checks.rules.linter import LINT_SECONDS, lint
from diffcheck.checks.screening import Screening, evenly
from diffcheck.engines.jax.forms import Forms
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.parts import identity, is_float, is_wide, named_leaves, parts_of
from diffcheck.errors import InputError, PointError, UnsupportedError
from diffcheck.formats import FORMATS, Format, format_named
from diffcheck.graph.build import read
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.graph.text import SHORT, Short, one_line
from diffcheck.judgement.evidence import listed
from diffcheck.printable import quoted
from diffcheck.results import Findings, Header, Outcome, RuleCheck, Sample, counted

S = TypeVar("S", Jacobian, Higher)
SHOWN_RULES = 4
SHOWN_FIXED = 8
SHOWN_VARIABLES = 20


class FunctionCheck:
    """One JAX function under test.

    `against` is what it is judged by: nothing (its own computation, without its custom rules), an expression in the function's
    arguments, or another function. `linted` runs the checks of derivative rules: by default where there is one that is not JAX's own,
    and for a limited time. `claim` is a derivative worked out by hand, judged next to JAX's: an array of the shape of the result followed
    by that of the argument (a tuple of such for several arguments), or a function that returns it; or texts, as for an expression; `side`
    is the side of a kink of which it is. `given` are names for the arguments of a function whose signature has none. `plan` is how a large
    Jacobian is gone through. `wrt` are the arguments to differentiate by, whole (w) or a leaf of theirs (w['bias']); all by default.
    `dtype` is the format of all floats; without one, arrays keep their own, and the verdicts are relative to the coarsest on the
    program's way.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str = "",
        against: str | Callable[..., Any] | None = None,
        dtype: str | None = None,
        linted: bool | None = None,
        claim: Any = None,
        given: Sequence[str] = (),
        plan: Plan | None = None,
        orders: Orders | None = None,
        wrt: Sequence[str] | None = None,
        side: KinkSide | None = None,
    ) -> None:
        if side is not None and claim is None:
            raise InputError("a side is given, and no claim", "--side says of which side of a kink a claim is.")
        self._side = side
        if orders is not None:
            orders.require_no_choice(wrt)
        self._orders = orders
        self._wrt = wrt
        self._sampled = ""  # of very many points, which are judged
        self._plan = plan or Plan()
        self.format = None if dtype is None else format_named(dtype)  # None: that of the program
        self.parameters = Parameters.of(function, given)
        self.name = name or getattr(function, "__name__", "f").replace("<lambda>", "f")
        self._function = function
        self._linted = linted
        self._forms: dict[Hashable, Forms] = defaultdict(Forms)  # of each function and each way to call it
        self._claim = claim
        self._names: tuple[str, ...] = ()  # of the arguments that are given
        self._static: tuple[str, ...] = ()
        self._formula = _formula(against, self.parameters) if isinstance(against, str) else None
        self._other = against if callable(against) else None

    def report(self, points: Sequence[BoundCall]) -> Findings:
        """The verdicts at some points, those of each point worst first, and what is found of the rules."""
        return self.report_of_orders(points, self._orders) if self._orders else self.report_of(self.jacobians(points))

    def report_of_orders(self, points: Sequence[BoundCall], orders: Orders) -> Findings:
        """The derivatives of higher order, or those along a direction, at some points."""
        self._names, self._static = points[0].names, tuple(points[0].static)
        subjects = [self._higher(point, orders) for point in points]
        samples = [sample for subject in subjects for sample in subject.samples()]
        return Findings(self._header_of_orders(subjects[0]), tuple(samples))

    def jacobians(self, points: Sequence[BoundCall]) -> tuple[Jacobian, ...]:
        """Of very many points, those of an even sample with both ends."""
        self._names, self._static = points[0].names, tuple(points[0].static)
        chosen = evenly(len(points), CERTIFIED_POINTS) if len(points) > CERTIFIED_POINTS else range(len(points))
        self._sampled = f"of {len(points):,} points {len(chosen):,} are judged, an even sample" * (len(chosen) < len(points))
        return tuple(self._jacobian(points[k]) for k in chosen)

    def report_of(self, jacobians: Sequence[Jacobian]) -> Findings:
        samples: list[Sample] = []
        checks: list[RuleCheck] = []
        for jacobian in jacobians:
            samples += jacobian.samples()
            checks += self._checks(jacobian)
        return Findings(self.header_of(jacobians[0]), tuple(samples), _merged(checks))

    def _higher(self, point: BoundCall, orders: Orders) -> Higher:
        if orders.direction is None:
            function = self._usable(lambda: self._at(self._function, point))
            truth, claim = lambda: self._truth(function, point), self._claimed(function, point, orders)
            return self._with_sides(Higher(function, self.name, self._judged(function), truth, orders, claim, self._by_itself))
        if not self._by_itself:
            raise InputError("a derivative along a direction is judged by the function itself", "Leave out --along or --hvp, or --against.")
        t, direction = free_name(point.names), self._direction(orders.direction, point)
        function = self._usable(lambda: self._along(point, direction, t))
        claim = self._claimed(function, point, orders, t)
        return self._with_sides(Higher(function, self.name, self._judged(function), lambda: _lifted(function), orders, claim, moved_by=t))

    @property
    def _by_itself(self) -> bool:
        """Whether it is judged by its own computation."""
        return self._formula is None and self._other is None

    def _with_sides(self, subject: S) -> S:
        """Raises InputError where a side is given, and no graph tells the sides of a kink apart."""
        if self._side is not None and isinstance(subject.truth, UnsupportedError):
            problem = f"a side is given, and {self.name} is not followed operation by operation: {subject.truth.reason}"
            raise InputError(problem, "Leave --side out: the claim is compared with differences of values then.")
        return subject

    def _along(self, point: BoundCall, direction: BoundCall, t: str) -> JaxFunction:
        """The function at a point that moves along a direction, of how far it has moved and of the point."""
        wide = any(is_wide(leaf) for leaf in jax.tree.leaves(point.arguments))
        start = np.zeros((), np.float64 if wide else np.float32)
        moved = along(point.of(self._function), [direction.arguments[name] for name in point.arguments])
        among = self._among(point)
        return JaxFunction(moved, {t: start, **point.arguments}, wide, among=None if among is None else [t, *among])

    def _direction(self, given: Direction, point: BoundCall) -> BoundCall:
        """One step for each argument. Raises PointError for one that is zero, or not like the point."""
        with direction_shown(given):
            steps, *more = from_value(given, self.parameters, self.format)
            if more:
                raise PointError("a direction has one number for each coordinate", "Write one direction.")
            require_alike(steps, point)
            require_direction(leaf for leaf in jax.tree.leaves(steps.arguments) if is_float(leaf))
        return steps

    def _judged(self, function: JaxFunction) -> Format:
        """The format of the verdicts. Raises InputError where a program rounds to one that is none of ours, such as float8_e4m3fn."""
        if self.format is None and function.coarsest not in FORMATS:
            hint = f"Choose one with --dtype: {', '.join(FORMATS)}."
            raise InputError(f"{self.name} rounds to {function.coarsest} on the way, which is no format that verdicts are known for", hint)
        return self.format or format_named(function.coarsest)

    def _jacobian(self, point: BoundCall) -> Jacobian:
        function = self._usable(lambda: self._at(self._function, point))
        claim = self._claimed(function, point, Orders())
        truth = lambda: self._truth(function, point)  # noqa: E731
        return self._with_sides(Jacobian(function, self.name, self._judged(function), truth, claim, self._by_itself, self._plan))

    def _usable(self, made: Callable[[], JaxFunction]) -> JaxFunction:
        """A function that has something to differentiate, and can be."""
        with users_code(self.name):
            function = made()
            if not function.point:
                raise InputError(f"no argument of {self.name} is a floating-point number", "There is nothing to differentiate by.")
        require_traceable(function, self.name)
        with users_code(self.name):
            if not function.outputs:
                raise InputError(f"{self.name} returns no floating-point number", "There is nothing to differentiate.")
            require_memory(function, self.name)
            _ = function.primal
        return function

    def _claimed(self, function: JaxFunction, point: BoundCall, orders: Orders, moved_by: str = "") -> WhatIsClaimed:
        """What is claimed: an array, or texts."""
        if self._claim is None:
            return None
        if (texts := texts_of(self._claim)) is not None:
            return claims_about(function, self.name, point, orders.of_moving(function.variables, moved_by), texts, self._side)
        if orders.direction is not None:
            raise InputError("a claim for a derivative along a direction is a text", "Write the derivative, such as claim='2x'.")
        given = point.of(self._claim) if callable(self._claim) else self._claim
        at = function, point.arguments
        claim = ClaimedJacobian(given, *at) if orders.is_first else ClaimedHessian(given, *at, orders.order)
        claim.side = self._side
        return claim

    def _at(self, function: Callable[..., Any], point: BoundCall) -> JaxFunction:
        static = tuple((name, identity(value)) for name, value in point.static.items())
        wide = any(is_wide(leaf) for leaf in jax.tree.leaves(point.arguments))
        forms = self._forms[id(function), point.positional, static]
        return JaxFunction(point.of(function), point.arguments, wide, forms, self._among(point))

    def _among(self, point: BoundCall) -> Sequence[str] | None:
        """The leaves to differentiate by; None is all. Raises InputError for a name that is none of them."""
        if self._wrt is None:
            return None
        leaves = [
            part for name, tree in point.arguments.items() for path, leaf in named_leaves(name, tree) for part in parts_of(path, leaf)
        ]
        for name in self._wrt:
            if not any(_is_in(leaf, name) for leaf in leaves):
                raise InputError(f"{self.name} has nothing called {quoted(name)} to differentiate by", f"It has {listed(leaves)}.")
        return [leaf for leaf in leaves if any(_is_in(leaf, name) for name in self._wrt)]

    def _truth(self, function: JaxFunction, point: BoundCall) -> Sequence[Graph]:
        if self._formula is not None:
            if len(function.outputs) != 1 or any(leaf.shape for leaf in function.point.values()):
                raise InputError("--against takes an expression for functions of numbers only", "Give another function: FILE.py:OTHER.")
            return [_at_point(self._formula, function, point)]
        if self._other is None:
            return _lifted(function)
        if not point.is_taken_by(self._other):
            theirs, ours = ", ".join(Parameters.of(self._other, point.names).known), ", ".join(point.names)
            raise InputError(f"the function to judge against takes {theirs}, and {self.name} takes {ours}", "Both must take the same.")
        with users_code("the function to judge against"):
            other = self._at(self._other, point)
            if len(other.outputs) != len(function.outputs):
                raise InputError(f"the other function returns {len(other.outputs)} numbers, not {len(function.outputs)}")
            return _lifted(other)

    def _checks(self, jacobian: Jacobian) -> Iterator[RuleCheck]:
        if (modes := check_of(jacobian.conflicts)) is not None:
            yield modes
        with users_code(self.name):
            has_own_rules = any(not rule.is_library for rule in jacobian.function.custom_rules)
        if self._linted or (self._linted is None and has_own_rules):
            yield from lint(jacobian, math.inf if self._linted else LINT_SECONDS)
        if isinstance(jacobian.at_once, AtOnce):
            yield from jacobian.at_once.checks()
        if isinstance(jacobian.screening, UnsupportedError):
            unseen = f"all but {len(jacobian.chosen)} of {jacobian.rows * jacobian.columns:,} derivatives were not compared"
            yield RuleCheck("screening", Outcome.UNDECIDED, f"{unseen}: {jacobian.screening.reason}")

    def _header_of_orders(self, subject: Higher) -> Header:
        notes = [f"JAX ran {self.name} compiled with jax.jit on the CPU"]
        if subject.choice.words:
            notes.append(f"{subject.choice.words}; --entries all judges all")
        truth = subject.truth
        text = one_line(truth[0], Short()) if not isinstance(truth, UnsupportedError) and len(truth) == 1 else None
        call = f"{self.name}({', '.join(self._names)})"
        reason = f", which cannot be lifted: {truth.reason}" if isinstance(truth, UnsupportedError) else ""
        return Header(
            read_as=f"{call}{reason}" if text is None else f"{call} = {text}",
            name=self.name,
            variables=subject.variables if len(subject.variables) <= SHOWN_VARIABLES else (),
            dtype=subject.format.name,
            program="; ".join(notes),
            derivatives=tuple(each for each in closed_forms(subject, SHORT, subject.function.outputs) if not each.chained),
            versions=registry.versions(),
        )

    def header_of(self, jacobian: Jacobian) -> Header:
        """What is checked at the first point."""
        notes = [f"JAX ran {self.name} compiled with jax.jit on the CPU"]
        if isinstance(screening := jacobian.screening, Screening):
            notes.append(
                f"of {screening.entries:,} derivatives {screening.judged:,} are judged, those that differ most from the function "
                f"without its rules and an even sample; the largest deviation in floats is {screening.largest:.1e}, at {screening.where}"
            )
        if jacobian.format.name != jacobian.dtype:
            notes.append(f"it takes {jacobian.dtype}, and is judged in {jacobian.format.name}, the coarsest format on its way")
        notes += [self._sampled] * bool(self._sampled)
        rules = [described(rule) for rule in jacobian.function.custom_rules if not rule.is_library]
        if rules:
            notes.append(f"its derivative is given by {listed(rules[:SHOWN_RULES])}{' and more' if len(rules) > SHOWN_RULES else ''}")
        if fixed := [*self._static, *jacobian.function.fixed]:
            why = "static, or no floats" if self._wrt is None else "not asked for, static, or no floats"
            notes.append(f"not differentiated by {listed(fixed[:SHOWN_FIXED])}{' and more' * (len(fixed) > SHOWN_FIXED)}: {why}")
        return Header(
            read_as=_read_as(self.name, self._names, jacobian),
            name=self.name,
            variables=jacobian.function.variables if jacobian.is_small else (),
            dtype=jacobian.format.name,
            program="; ".join(notes),
            derivatives=closed_forms(jacobian, SHORT),
            versions=registry.versions(),
        )


def check_function(function: Callable[..., Any], at: Any, **options: Any) -> tuple[Findings, tuple[Jacobian, ...]]:
    """Check the derivatives of a JAX function at points: numbers, arrays, tuples or mappings of arguments, or a list of such.

    The Jacobians are what the report was made of, for pictures.
    """
    check = FunctionCheck(function, given=names_in(at), **options)
    with users_code("the point"):  # its trees may be of classes of the user's
        points = from_value(at, check.parameters, check.format)
    if options.get("orders") is not None:
        return check.report(points), ()
    jacobians = check.jacobians(points)
    return check.report_of(jacobians), jacobians


def _is_in(leaf: str, name: str) -> bool:
    """Whether a leaf is that of this name, or in it."""
    return leaf == name or (leaf.startswith(name) and leaf[len(name)] in "[.")


def _lifted(function: JaxFunction) -> Sequence[Graph]:
    try:
        return function.graphs
    except UnsupportedError as unsupported:
        raise UnsupportedError(unsupported.reason.replace("JAX's derivative", "the function")) from None


def _formula(text: str, parameters: Parameters) -> Graph:
    graph = read(text).number.flat
    unknown = [] if parameters.others else [name for name in graph.variables if name not in parameters.known]
    if unknown:
        fix = f"Its arguments: {', '.join(parameters.known)}."
        raise InputError(f"the formula uses {', '.join(unknown)}, which the function does not have", fix)
    return graph


def _at_point(formula: Graph, function: JaxFunction, point: BoundCall) -> Graph:
    """A formula with the numbers of the arguments that are not differentiated in their place."""
    builder, given = GraphBuilder(), {**point.arguments, **point.static}
    places: dict[str, int] = {}
    for name in formula.variables:
        number = number_in(given.get(name))
        if name in function.variables:
            places[name] = builder.variable(name)
        elif number is not None:
            places[name] = builder.constant(number)
        else:
            raise InputError(f"the formula uses {name}, which is no number at this point", "Give it, or use the others.")
    return builder.graph(builder.graft(formula, places))


def _merged(checks: Sequence[RuleCheck]) -> tuple[RuleCheck, ...]:
    """One check of each name: the worst of all points."""
    worst: dict[str, RuleCheck] = {}
    for check in checks:
        if check.name not in worst or check.severity > worst[check.name].severity:
            worst[check.name] = check
    return tuple(worst.values())


# What is shown of the function


def _read_as(name: str, arguments: Sequence[str], jacobian: Jacobian) -> str:
    call, truth = f"{name}({', '.join(arguments)})", jacobian.truth
    if jacobian.on_arrays is not None:
        return f"{call}: {counted(jacobian.rows, 'result')} of {jacobian.columns:,} numbers, followed on whole arrays"
    if isinstance(truth, UnsupportedError):
        return f"{call}, which cannot be lifted: {truth.reason}"
    text = one_line(truth[0], Short()) if len(truth) == 1 else None
    if text is not None:
        return f"{call} = {text}"
    return f"{call}: {counted(len(truth), 'result')}, of up to {max(len(graph.nodes) for graph in truth):,} operations"
