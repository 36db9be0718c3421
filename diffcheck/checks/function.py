"""The pipeline for JAX functions: arguments → Jacobians by JAX's rules → certificates of the undecorated function → verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import numpy as np

from diffcheck import registry
from diffcheck.checks.arguments import Arguments, Parameters, from_value, names_in
from diffcheck.checks.at_once import DIRECTIONS, SEED, AtOnce, Plan
from diffcheck.checks.claims import ClaimedHessian, ClaimedJacobian
from diffcheck.checks.culprits import described
from diffcheck.checks.entries import Jacobian
from diffcheck.checks.higher import Higher, along
from diffcheck.checks.loading import users_code
from diffcheck.checks.modes import check_of
from diffcheck.checks.orders import Direction, Orders, free_name
from diffcheck.checks.pipeline import closed_forms
from diffcheck.checks.rules.linter import lint
from diffcheck.checks.screening import Screening
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.formats import format_named
from diffcheck.graph.build import read
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.graph.text import Short, one_line
from diffcheck.judgement.evidence import Written, listed
from diffcheck.results import Findings, Header, Outcome, RuleCheck, Sample, counted

SHOWN_RULES = 4
SHOWN_VARIABLES = 20


class FunctionCheck:
    """One JAX function under test.

    `against` is what it is judged by: nothing (its own computation, without its custom rules), an expression in the function's
    arguments, or another function. `linted` runs the checks of custom derivative rules: by default where there is such a rule.
    `claim` is a derivative worked out by hand, judged next to JAX's: an array of the shape of the result followed by that of the
    argument (a tuple of such for several arguments), or a function that returns it; of a function of numbers also a text, or one for
    each argument. `given` are names for the arguments of a function whose signature has none. `directions` is along how many, drawn
    with `seed`, forward mode is checked where the Jacobian is large.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str = "",
        against: str | Callable[..., Any] | None = None,
        dtype: str = "float64",
        linted: bool | None = None,
        claim: Any = None,
        given: Sequence[str] = (),
        directions: int = DIRECTIONS,
        seed: int = SEED,
        orders: Orders | None = None,
    ) -> None:
        self._plan = Plan(directions, seed)
        self._orders = orders
        self.format = format_named(dtype)
        self.parameters = Parameters.of(function, given)
        self.name = name or getattr(function, "__name__", "f").replace("<lambda>", "f")
        self._function = function
        self._linted = linted
        self._made: dict[int, dict[Any, dict[Any, Any]]] = {}  # of each function, what does not depend on the point
        self._claim = claim
        self._formula = _formula(against, self.parameters) if isinstance(against, str) else None
        self._other = against if callable(against) else None

    def report(self, points: Sequence[Arguments]) -> Findings:
        """The verdicts at some points, those of each point worst first, and what is found of the rules."""
        return self.report_of_orders(points, self._orders) if self._orders else self.report_of(self.jacobians(points))

    def report_of_orders(self, points: Sequence[Arguments], orders: Orders) -> Findings:
        """The derivatives of higher order, or those along a direction, at some points."""
        subjects = [self._higher(point, orders) for point in points]
        samples = [sample for subject in subjects for sample in subject.samples()]
        return Findings(self._header_of(subjects[0]), tuple(samples))

    def jacobians(self, points: Sequence[Arguments]) -> tuple[Jacobian, ...]:
        return tuple(map(self._jacobian, points))

    def report_of(self, jacobians: Sequence[Jacobian]) -> Findings:
        samples: list[Sample] = []
        checks: list[RuleCheck] = []
        for jacobian in jacobians:
            samples += jacobian.samples()
            checks += self._checks(jacobian)
        return Findings(self._header(jacobians[0]), tuple(samples), _merged(checks))

    def _higher(self, point: Arguments, orders: Orders) -> Higher:
        by_itself = self._formula is None and self._other is None
        if orders.direction is None:
            function = self._usable(self._at(self._function, point))
            claim = None if self._claim is None else ClaimedHessian(self._claim, function, point, orders.order)
            return Higher(function, self.name, self.format, lambda: self._truth(function, point), orders, claim, by_itself)
        if not by_itself or self._claim is not None:
            raise InputError(
                "a derivative along a direction is judged by the function itself", "Leave out --along or --hvp, or the others."
            )
        t = free_name(self.parameters.names)
        function = self._usable(self._at(self._moved, {t: np.zeros((), self.format.name), **point}))
        return Higher(function, self.name, self.format, lambda: _lifted(function), orders, moved_by=t)

    @cached_property
    def _moved(self) -> Callable[..., Any]:
        """The function along the direction that is asked for."""
        assert self._orders is not None
        assert self._orders.direction is not None
        return along(self._function, self._direction(self._orders.direction), self.parameters.names)

    def _direction(self, given: Direction) -> Arguments:
        """One step for each argument. Raises InputError for one that is zero."""
        steps, *more = from_value(given, self.parameters, self.format)
        if more:
            raise InputError("a direction has one number for each coordinate")
        if not any(np.any(leaf) for leaf in jax.tree.leaves(steps)):
            raise InputError("the direction is zero", "There is no derivative along it.")
        return steps

    def _jacobian(self, point: Arguments) -> Jacobian:
        function = self._usable(self._at(self._function, point))
        by_itself = self._formula is None and self._other is None
        claim = self._claimed(function, point)
        return Jacobian(function, self.name, self.format, lambda: self._truth(function, point), claim, by_itself, self._plan)

    def _usable(self, function: JaxFunction) -> JaxFunction:
        """A function that has something to differentiate."""
        if not function.point:
            raise InputError(f"no argument of {self.name} is a floating-point number", "There is nothing to differentiate by.")
        with users_code(self.name):
            if not function.outputs:
                raise InputError(f"{self.name} returns no floating-point number", "There is nothing to differentiate.")
            _ = function.primal
        return function

    def _claimed(self, function: JaxFunction, point: Arguments) -> ClaimedJacobian | Mapping[str, Written] | None:
        """The claim as arrays; or as texts, one for each argument, which is a number."""
        texts = [self._claim] if isinstance(self._claim, str) else self._claim
        if not isinstance(texts, (list, tuple)) or not all(isinstance(each, str) for each in texts):
            return None if texts is None else ClaimedJacobian(texts, function, point)
        if len(function.outputs) != 1 or len(texts) != len(function.variables) or any(leaf.shape for leaf in function.point.values()):
            fix = "Give one for each argument, in their order; of arrays, a claim is an array, or a function that returns it."
            raise InputError("claims as texts are for functions of numbers that return one number", fix)
        return {name: Written(_formula(text, self.parameters), text) for name, text in zip(function.variables, texts, strict=True)}

    def _at(self, function: Callable[..., Any], point: Arguments) -> JaxFunction:
        made = self._made.setdefault(id(function), {})
        return JaxFunction(function, point, self.format.name == "float64", made)

    def _truth(self, function: JaxFunction, point: Arguments) -> Sequence[Graph]:
        if self._formula is not None:
            if len(function.outputs) != 1 or any(leaf.shape for leaf in function.point.values()):
                raise InputError("--against takes an expression for functions of numbers only", "Give another function: FILE.py:OTHER.")
            return [self._formula]
        if self._other is None:
            return _lifted(function)
        given = Parameters.of(self._other, self.parameters.names).names
        if len(given) != len(point):
            theirs, ours = (", ".join(names) for names in (given, self.parameters.names))
            raise InputError(f"the function to judge against takes {theirs}, and {self.name} takes {ours}", "Both must take the same.")
        with users_code("the function to judge against"):
            other = self._at(self._other, dict(zip(given, point.values(), strict=True)))
            if len(other.outputs) != len(function.outputs):
                raise InputError(f"the other function returns {len(other.outputs)} numbers, not {len(function.outputs)}")
            return [_renamed(graph, dict(zip(other.variables, function.variables, strict=True))) for graph in _lifted(other)]

    def _checks(self, jacobian: Jacobian) -> Iterator[RuleCheck]:
        if (modes := check_of(jacobian.conflicts)) is not None:
            yield modes
        with users_code(self.name):
            wanted = bool(jacobian.function.custom_rules) if self._linted is None else self._linted
        if wanted:
            yield from lint(jacobian)
        if isinstance(jacobian.at_once, AtOnce):
            yield from jacobian.at_once.checks()
        if isinstance(jacobian.screening, UnsupportedError):
            unseen = f"all but {len(jacobian.chosen)} of {jacobian.rows * jacobian.columns:,} derivatives were not compared"
            yield RuleCheck("screening", Outcome.UNDECIDED, f"{unseen}: {jacobian.screening.reason}")

    def _header_of(self, subject: Higher) -> Header:
        notes = [f"JAX ran {self.name} compiled with jax.jit on the CPU"]
        if not subject.is_whole:
            notes.append(
                f"of {len(subject.every):,} derivatives {len(subject.wanted)} are judged, those on which JAX's modes differ most and an "
                "even sample; --all judges all"
            )
        truth = subject.truth
        known = not isinstance(truth, UnsupportedError) and len(truth) == 1
        call = f"{self.name}({', '.join(self.parameters.names)})"
        reason = f", which cannot be lifted: {truth.reason}" if isinstance(truth, UnsupportedError) else ""
        return Header(
            read_as=f"{call} = {one_line(truth[0], Short())}" if known else f"{call}{reason}",  # type: ignore[index]
            name=self.name,
            variables=subject.variables if len(subject.variables) <= SHOWN_VARIABLES else (),
            dtype=self.format.name,
            program="; ".join(notes),
            derivatives=tuple(each for each in closed_forms(subject, Short(), subject.function.outputs) if not each.chained),
            versions=registry.versions(),
        )

    def _header(self, jacobian: Jacobian) -> Header:
        notes = [f"JAX ran {self.name} compiled with jax.jit on the CPU"]
        if isinstance(screening := jacobian.screening, Screening):
            notes.append(
                f"of {screening.entries:,} derivatives {screening.judged:,} are judged, those that differ most from the function "
                f"without its rules and an even sample; the largest deviation in floats is {screening.largest:.1e}, at {screening.where}"
            )
        rules = [described(rule) for rule in jacobian.function.custom_rules if not rule.is_library]
        if rules:
            notes.append(f"its derivative is given by {listed(rules[:SHOWN_RULES])}{' and more' if len(rules) > SHOWN_RULES else ''}")
        if jacobian.function.fixed:
            notes.append(f"not differentiated by {', '.join(jacobian.function.fixed)}: no floats")
        return Header(
            read_as=_read_as(self.name, self.parameters, jacobian),
            name=self.name,
            variables=jacobian.function.variables if jacobian.is_small else (),
            dtype=self.format.name,
            program="; ".join(notes),
            derivatives=closed_forms(jacobian, Short()),
            versions=registry.versions(),
        )


def check_function(function: Callable[..., Any], at: Any, **options: Any) -> tuple[Findings, tuple[Jacobian, ...]]:
    """Check the derivatives of a JAX function at points: numbers, arrays, tuples or mappings of arguments, or a list of such.

    The Jacobians are what the report was made of, for pictures.
    """
    check = FunctionCheck(function, given=names_in(at), **options)
    points = from_value(at, check.parameters, check.format)
    if options.get("orders") is not None:
        return check.report(points), ()
    jacobians = check.jacobians(points)
    return check.report_of(jacobians), jacobians


def _lifted(function: JaxFunction) -> Sequence[Graph]:
    try:
        return function.graphs
    except UnsupportedError as unsupported:
        raise UnsupportedError(unsupported.reason.replace("JAX's derivative", "the function")) from None


def _formula(text: str, parameters: Parameters) -> Graph:
    graph = read(text).number.flat
    unknown = [name for name in graph.variables if name not in parameters.names]
    if unknown:
        fix = f"Its arguments: {', '.join(parameters.names)}."
        raise InputError(f"the formula uses {', '.join(unknown)}, which the function does not have", fix)
    return graph


def _renamed(graph: Graph, names: dict[str, str]) -> Graph:
    builder = GraphBuilder()
    output = builder.graft(graph, {name: builder.variable(names[name]) for name in graph.variables})
    return builder.graph(output)


def _merged(checks: Sequence[RuleCheck]) -> tuple[RuleCheck, ...]:
    """One check of each name: the worst of all points."""
    worst: dict[str, RuleCheck] = {}
    for check in checks:
        if check.name not in worst or check.severity > worst[check.name].severity:
            worst[check.name] = check
    return tuple(worst.values())


# What is shown of the function


def _read_as(name: str, parameters: Parameters, jacobian: Jacobian) -> str:
    call, truth = f"{name}({', '.join(parameters.names)})", jacobian.truth
    if isinstance(jacobian.at_once, AtOnce):
        return f"{call}: {counted(jacobian.rows, 'result')} of {jacobian.columns:,} numbers, followed on whole arrays"
    if isinstance(truth, UnsupportedError):
        return f"{call}, which cannot be lifted: {truth.reason}"
    text = one_line(truth[0], Short()) if len(truth) == 1 else None
    if text is not None:
        return f"{call} = {text}"
    return f"{call}: {len(truth):,} results, of up to {max(len(graph.nodes) for graph in truth):,} operations"
