"""From an expression to its derivative, one rule after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from diffcheck.checks.formulas import symbols
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import InputError, InternalError, UnsupportedError
from diffcheck.graph.build import Problem
from diffcheck.graph.functions import FUNCTIONS, Conditions
from diffcheck.graph.graph import Apply, Call, Graph, Variable, arguments_of, evaluate, subgraph
from diffcheck.graph.text import INLINE_SIZE, Infix, Latex, Text, derivative_text, expanded_sizes
from diffcheck.steps.arithmetic import TidyBuilder
from diffcheck.steps.checks import Point, checked
from diffcheck.steps.rules import RULES, DerivativeRule, E, rule_of
from diffcheck.workings import Formula, WorkedDerivation, WorkedStep

MOST_STEPS = 300
LETTERS, CONDITION = "uvwxyzpqrs", "b"
IN_WORDS = ("the steps of this derivative are too long to be read", "Leave --steps out: derive gives chained definitions.")


def derivation(problem: Problem, names: Sequence[str]) -> list[WorkedDerivation]:
    """∂target/∂names, a derivation for each order.

    Raises InputError where it would be too long, UnsupportedError where a rule is lacking or a step cannot be checked.
    """
    problem = problem.in_variables(names)
    differentiator = Differentiator(problem)
    graph, title, found = _without_calls(problem.number.flat, differentiator), problem.shown_name, list[WorkedDerivation]()
    for k, name in enumerate(names):
        walk = _Walk(graph, name, problem.variables)
        result = walk.result()
        printed = differentiator.derivative(*names[: k + 1])
        with _said_of_sympy("SymPy's derivative, the last line,"):
            point = checked(graph, printed.flat, name, problem.variables, walk.points)
        (text, chained), (latex, _) = derivative_text(printed, Infix()), derivative_text(printed, Latex())
        simplified = Formula(text, latex)
        symbol = Formula(*symbols(problem, names[: k + 1]))
        made = _formula(result), simplified, chained, point
        found.append(WorkedDerivation(title, _formula(graph), name, symbol, tuple(walk.steps), *made))
        graph, title = result, symbol.text
    return found


def _without_calls(graph: Graph, differentiator: Differentiator) -> Graph:
    """f' in the text replaced by SymPy's derivative of f."""
    builder, places = TidyBuilder(), list[int]()
    for node, span in graph.placed_nodes:
        if isinstance(node, Call):
            definition = differentiator.called(node.definition, node.order)
            bound = dict(zip(definition.parameters, (places[i] for i in node.arguments), strict=True))
            places.append(builder.graft(definition.flat, bound))
        else:
            places.append(builder.copy(node, places, span))
    return builder.graph(places[graph.output])


@dataclass(frozen=True, slots=True)
class _Slope:
    """The derivative of a node, and the steps that lead to it, their depths counted from this one."""

    node: int
    steps: tuple[WorkedStep, ...] = ()


class _Walk:
    """Derivatives of all nodes that the output needs, those of operands first; every node has its steps once."""

    def __init__(self, graph: Graph, wrt: str, variables: Sequence[str]) -> None:
        if expanded_sizes(graph)[graph.output] > INLINE_SIZE:
            raise InputError(*IN_WORDS)
        self._a = TidyBuilder()
        self._wrt, self._variables = wrt, tuple(variables)
        self._output = self._a.graft(graph)
        self._slopes: dict[int, _Slope | None] = {}
        self.points: list[Point] = []  # at which steps were checked
        self.d = r"\partial" if len(variables) > 1 else "d"  # in LaTeX

    def result(self) -> Graph:
        """The derivative of the output."""
        found = self._slope(self._output)
        return self._graph(self._a.number(0) if found is None else found.node)

    @property
    def steps(self) -> list[WorkedStep]:
        """All steps, each derivative worked out where it is met first."""
        found = self._slopes[self._output]
        seen, steps, hidden = set[str](), list[WorkedStep](), None
        for step in found.steps if found is not None else ():
            if hidden is not None and step.depth > hidden:
                continue  # what lies within a step that is repeated
            is_repeated = step.before.text in seen and step.opened != step.after
            hidden = step.depth if is_repeated else None
            seen.add(step.before.text)
            steps.append(replace(step, is_repeated=is_repeated))
        return steps

    def _slope(self, output: int) -> _Slope | None:
        """Operands first, with an explicit stack; None for what does not depend on the variable."""
        waiting = [output]
        while waiting:
            i = waiting[-1]
            node = self._a.nodes[i]
            before = [j for j in arguments_of(node) if j not in self._slopes]
            if i not in self._slopes and before:
                waiting += before[::-1]
                continue
            waiting.pop()
            if i not in self._slopes:
                self._slopes[i] = self._of(i)
        return self._slopes[output]

    def _of(self, i: int) -> _Slope | None:
        node = self._a.nodes[i]
        if isinstance(node, Variable):
            return _Slope(self._a.number(1)) if node.name == self._wrt else None
        slopes = [self._slopes[j] for j in arguments_of(node)]
        if not isinstance(node, Apply) or FUNCTIONS[node.function].gives_condition or all(slope is None for slope in slopes):
            return None
        rule = rule_of(node.function, [None if slope is None else slope.node for slope in slopes])
        if rule.inner is None:
            return self._step(i, rule, list(node.arguments))
        inside = rule.inner(self._a, node.arguments, [])
        self._slope(inside)
        return self._step(i, rule, [inside])

    def _step(self, i: int, rule: DerivativeRule, sources: Sequence[int]) -> _Slope:
        """Node i by a rule; `sources` are the nodes whose derivatives it takes."""
        node = self._a.nodes[i]
        assert isinstance(node, Apply)
        slopes = [self._slopes[j] for j in sources]
        result = rule.make(self._a, node.arguments, [None if slope is None else slope.node for slope in slopes])
        open_slopes, names = self._opened(sources, slopes)
        opened = rule.make(self._a, node.arguments, open_slopes)
        with nullcontext() if node.function in RULES else _said_of_sympy(f"SymPy's derivative of {node.function}"):
            point = checked(self._graph(i), self._graph(result), self._wrt, self._variables, self.points)
        if point not in self.points:
            self.points.append(point)
        inner = [step for j in dict.fromkeys(sources) if (slope := self._slopes[j]) is not None for step in slope.steps]
        is_leaf = not names
        title = rule.name if is_leaf or rule.inner or node.function in _OWN_NAME else f"{rule.name}, chain rule"
        after = _formula(self._graph(result))
        law = _law(node, rule, [self._slopes[j] is not None for j in node.arguments], [self._a.nodes[j] == E for j in node.arguments])
        half = after if is_leaf else _formula(self._graph(opened), names)
        step = WorkedStep(0, title, law, self._before(i), self._derivative_of(i), half, after, point)
        steps = (step, *(replace(each, depth=each.depth + 1) for each in inner))
        if len(steps) > MOST_STEPS:
            raise InputError(*IN_WORDS)
        return _Slope(result, steps)

    def _opened(self, sources: Sequence[int], slopes: Sequence[_Slope | None]) -> tuple[list[int | None], Mapping[str, Formula]]:
        """Names for the derivatives that steps lead to; those of variables are known."""
        found, names = list[int | None](), dict[str, Formula]()
        for j, slope in zip(sources, slopes, strict=True):
            if slope is None or not slope.steps:
                found.append(None if slope is None else slope.node)
                continue
            name = f"slope {j}"
            names[name] = self._derivative_of(j)
            found.append(self._a.variable(name))
        return found, names

    def _derivative_of(self, i: int) -> Formula:
        """d/dx [expression]."""
        formula, x = self._before(i), Latex().variable(self._wrt).text
        return Formula(f"d/d{self._wrt} [{formula.text}]", rf"\frac{{{self.d}}}{{{self.d} {x}}}\left[{formula.latex}\right]")

    def _before(self, i: int) -> Formula:
        return _formula(self._graph(i))

    def _graph(self, output: int) -> Graph:
        return subgraph(Graph(tuple(self._a.nodes), output, tuple(self._a.spans)), output)


@contextmanager
def _said_of_sympy(what: str) -> Iterator[None]:
    """What is not ours, and wrong, is no fault of ours."""
    try:
        yield
    except InternalError as wrong:
        raise UnsupportedError(f"{what} is not the derivative: {wrong}; `diffcheck check` judges it") from wrong


_OWN_NAME = ("add", "subtract", "negate", "multiply", "divide", "where", "max", "min")  # their rules are about derivatives of operands


def _formula(graph: Graph, names: Mapping[str, Formula] = {}) -> Formula:  # noqa: B006  (read only)
    """A graph in both notations; some of its variables stand for formulas."""
    written = []
    for notation, kind in ((Infix(), "text"), (Latex(), "latex")):
        known = {name: Text(getattr(names[name], kind)) if name in names else notation.variable(name) for name in graph.variables}
        written.append(evaluate(graph, notation, known).text)
    return Formula(*written)


def _law(node: Apply, rule: DerivativeRule, moves: Sequence[bool], are_e: Sequence[bool]) -> Formula:
    """What a rule says, in letters, but for Euler's number: (u*v)' = u'*v + u*v'."""
    a, moving = TidyBuilder(), iter(LETTERS)
    conditions = {Conditions.NONE: 0, Conditions.FIRST: 1, Conditions.ALL: len(moves)}[FUNCTIONS[node.function].conditions]
    letters = [CONDITION if k < conditions else next(moving) if moved else rule.constant for k, moved in enumerate(moves)]
    operands = [a.apply("e", ()) if is_e else a.variable(letter) for letter, is_e in zip(letters, are_e, strict=True)]
    slopes: list[int | None] = [a.variable(f"{letter}'") if moved else None for letter, moved in zip(letters, moves, strict=True)]
    names = {f"{letter}'": Formula(f"{letter}'", f"{letter}'") for letter in letters}
    if rule.inner is not None:
        inside = _formula(a.graph(rule.inner(a, operands, [])))
        slopes, names = [a.variable("inside")], {"inside": Formula(f"({inside.text})'", rf"\left({inside.latex}\right)'")}
    function = "power" if node.function == "integer_power" else node.function
    left = _formula(a.graph(a.apply(function, operands)))
    right = _formula(a.graph(rule.make(a, operands, slopes)), names)
    return Formula(f"({left.text})' = {right.text}", rf"\left({left.latex}\right)' = {right.latex}")
