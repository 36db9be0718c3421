"""What the user claims of an expression's derivatives: a text for each, a matrix of them, one entry by its name, numbers, or a function."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.points import listed
from diffcheck.engines.derivation import Columns, Derivation, Evaluates, Formulas, Found, Names, Wanted
from diffcheck.errors import ExpressionError, InputError
from diffcheck.graph.build import Problem, read_beside
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.language.reading import suggest_product
from diffcheck.printable import quoted
from diffcheck.registry import CLAIM
from diffcheck.results import counted, leibniz, wrt_and_order

MOST_LETTERS = 1_000  # of numbers that stand for a claim in messages
# d2f/dxdy = 2x: the order, the entry of a vector, what is below the line
ENTRY = re.compile(
    r"\s*[d∂]\^?(?P<order>[2-8²³])?\s*(?P<name>[^\W\d]\w*?)(?P<entry>\[[0-9,]+\])?\s*/\s*"
    r"(?P<below>(?:[d∂]\s*[^\W\d_]\w*(?:\[[0-9,]+\])?(?:\^[2-8])?\s*\*?\s*)+)=(?!=)\s*"
)
SUPERSCRIPTS = {"²": "2", "³": "3", None: "1"}


class KinkSide(StrEnum):
    """Of which one-sided slope a claim is, where f has a kink."""

    LEFT = "left"
    RIGHT = "right"


def side_of(name: str | None) -> KinkSide | None:
    """The side of this name. Raises InputError."""
    if name is not None and name not in set(KinkSide):
        raise InputError(f"{quoted(name)} is not a side", "Write left or right.")
    return None if name is None else KinkSide(name)


@dataclass(frozen=True, slots=True)
class Claim:
    """A derivative worked out by hand: ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ = text.

    Attributes:
        wrt: The variable; a mixed derivative lists its variables: "x y".
        order: The order, for one variable.
        text: The derivative as an expression in the variables of the function.
    """

    wrt: str
    order: int
    text: str

    @property
    def names(self) -> Names:
        """The variables of the derivative, one for each order."""
        names = names_of(self.wrt)
        return names if len(names) > 1 else names * self.order


Given = Claim | str | NDArray[Any] | Sequence[Any] | Callable[..., Any]


def names_of(derivative: str | Sequence[str]) -> Names:
    """The variables of a derivative: "x" is ∂/∂x, "x y" and ("x", "y") are ∂²/∂x∂y."""
    return tuple(derivative.split()) if isinstance(derivative, str) else tuple(derivative)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the derivatives stand in a vector or a matrix: what it is called, its lengths, and a derivative for each place in order."""

    what: str
    lengths: tuple[int, ...]
    wanted: tuple[Wanted, ...]

    @classmethod
    def of(cls, outputs: int, wrt: Sequence[Names]) -> Layout | None:
        """That of a gradient, a Jacobian or a whole Hessian; None where there is none."""
        orders = {len(names) for names in wrt}
        among = tuple(dict.fromkeys(name for names in wrt for name in names))
        if orders == {1}:
            rows = tuple(product(range(outputs), wrt))
            if outputs == 1:
                return cls("the gradient", (len(wrt),), rows)
            return cls("the Jacobian", (outputs, len(wrt)) if len(wrt) > 1 else (outputs,), rows)
        if orders == {2} and outputs == 1 and {frozenset(pair) for pair in product(among, among)} == {frozenset(each) for each in wrt}:
            return cls("the Hessian", (len(among), len(among)), tuple((0, pair) for pair in product(among, among)))
        if orders == {2} and outputs == 1 and len({outer for _, outer in wrt}) == 1:
            return cls("the Hessian times the vector", (len(wrt),), tuple((0, names) for names in wrt))
        return None


class Claims:
    """The claims of one check, placed."""

    def __init__(self, problem: Problem, wrt: Sequence[Names], claims: Sequence[Given], side: KinkSide | None) -> None:
        self._problem, self._side = problem, side
        self._wrt = wrt
        self._outputs = len(problem.results)
        self.layout = Layout.of(self._outputs, wrt)
        self.is_matrix = False  # whether one was given whole: then it is compared as a whole, too
        self.named = set[Wanted]()  # derivatives that have a claim of their own
        plain = list[str]()
        self._formulas = list[tuple[Mapping[Wanted, Graph], str]]()
        self._of_users = list[tuple[Callable[..., Any], Layout]]()
        for claim in claims:
            if isinstance(claim, Claim):
                self._name((0, self.as_asked(claim.names)), self._graph(claim.text, claim.names), claim.text)
            elif callable(claim):
                self._of_users.append((claim, self._whole_layout))
                self.is_matrix = True
            elif not isinstance(claim, str):
                self._numbers(np.asarray(claim))
            elif (match := ENTRY.match(claim)) is not None:
                self._entry(claim, match)
            elif not self._whole(claim):
                plain.append(claim)
        self._in_order(plain)

    def as_asked(self, names: Names) -> Names:
        """The derivative that is asked for and differs only in the order of differentiation, if there is one."""
        return next((each for each in self._wrt if sorted(each) == sorted(names)), names)

    @property
    def claimed(self) -> Iterator[Wanted]:
        """The derivatives that texts and numbers are claims for."""
        return (wanted for graphs, _ in self._formulas for wanted in graphs)

    def derivations(self, evaluates: Evaluates, judged: Collection[Wanted]) -> Iterator[tuple[Wanted, Derivation]]:
        """What is claimed of the derivatives that are judged, and of those that are named."""
        for graphs, text in self._formulas:
            among = {wanted: graph for wanted, graph in graphs.items() if wanted in judged or wanted in self.named}
            yield from self._for(list(among), Formulas(CLAIM, among, evaluates, text))
        for function, layout in self._of_users:
            yield from self._for([each for each in layout.wanted if each in judged], _ByFunction(function, layout))

    def _for(self, wanted: Sequence[Wanted], derivation: Derivation) -> Iterator[tuple[Wanted, Derivation]]:
        derivation.side = self._side
        return ((each, derivation) for each in wanted)

    def _name(self, wanted: Wanted, graph: Graph, text: str) -> None:
        self.named.add(wanted)
        self._formulas.append(({wanted: graph}, text))

    def _in_order(self, texts: Sequence[str]) -> None:
        """Texts for the derivatives, in their order."""
        wanted = list(product(range(self._outputs), self._wrt))
        if texts and len(texts) != len(wanted):
            symbols = [self.symbol(each) for each in wanted]
            problem = f"the number of claims is {len(texts)}, and that of the derivatives {len(wanted)}: {listed(symbols)}"
            fix = f"Give one claim for each, in this order, or name it: --claim '{symbols[-1]} = …'."
            raise InputError(problem, fix)
        for each, text in zip(wanted, texts, strict=False):
            self._formulas.append(({each: self._graph(text, each[1])}, text))

    def _entry(self, text: str, match: re.Match[str]) -> None:
        """d2f/dxdy = 2x"""
        names, head = _below(match["below"], self._problem.variables), match.end()
        order = int(SUPERSCRIPTS.get(match["order"], match["order"] or "1"))
        if names is None or len(names) != order:
            problem = "the orders above and below the line differ" if names else "the claim is not for variables of the expression"
            raise ExpressionError(problem, text, 0, head, f"Write d2f/dxdy = …; the variables are {listed(self._problem.variables)}.")
        row = self._row(text, match)
        if not text[head:].strip():
            raise ExpressionError("the claim does not say what the derivative is", text, 0, head, "Write it behind the '='.")
        try:
            graph = self._graph(" " * head + text[head:], names)
        except ExpressionError as error:
            error.text = text
            raise
        self._name((row, self.as_asked(names)), graph, text[head:])

    def _row(self, text: str, match: re.Match[str]) -> int:
        """Which result df[1]/dx is of."""
        problem, name, label = self._problem, match["name"], match["entry"] or ""
        if name != problem.shown_name and not problem.is_call_of(name) and any(name == each.name for each in problem.named):
            fix = f"What is differentiated is called {problem.shown_name} here."
            raise ExpressionError(f"the claim is for a derivative of {name}", text, *match.span("name"), fix)
        if label in problem.labels:
            return problem.labels.index(label)
        if not problem.outputs:
            raise ExpressionError(
                "what is differentiated is a number, and has no entries", text, *match.span("entry"), "Leave the index out."
            )
        wrong = f"there is no entry {label}" if label else f"the claim does not say which entry of {name} it is for"
        place = match.span("entry" if label else "name")
        raise ExpressionError(wrong, text, *place, f"Its entries: {listed([name + each for each in problem.labels])}.")

    def _whole(self, text: str) -> bool:
        """[[2y, 2x], [2x, 0]]; False for a number."""
        if "[" not in text and not self._problem.maps:
            return False
        found = read_beside(text, self._problem)
        if not found.outputs:
            return False
        self._require_fit(found.shape, text)
        graphs = {wanted: result.flat for wanted, result in zip(self._whole_layout.wanted, found.results, strict=True)}
        for graph in graphs.values():
            self._require_known(graph, text)
        self._formulas.append((graphs, text))
        self.is_matrix = True
        return True

    def _numbers(self, numbers: NDArray[Any]) -> None:
        """An array, the same at every point."""
        text = str(numbers.tolist())[:MOST_LETTERS]
        if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
            raise InputError("a claim as an array holds finite numbers", "Write the others as texts.")
        self._require_fit(numbers.shape, text)
        graphs = map(_constant, numbers.ravel().tolist())
        self._formulas.append((dict(zip(self._whole_layout.wanted, graphs, strict=True)), text))
        self.is_matrix = True

    @property
    def _whole_layout(self) -> Layout:
        if self.layout is None:
            fix = "Claim entries by their names: --claim 'd3f/dx2dy = 2'."
            raise InputError("a matrix is a claim for a gradient, a Jacobian or a Hessian, and this is none", fix)
        return self.layout

    def _require_fit(self, lengths: Sequence[int], text: str) -> None:
        layout = self._whole_layout
        if tuple(lengths) != layout.lengths:
            what = layout.what if len(layout.wanted) > 1 else "the derivative"
            problem = f"the claim is {_size(lengths)}, and {what} is {_size(layout.lengths if len(layout.wanted) > 1 else ())}"
            raise ExpressionError(problem, text, 0, len(text), "Both must have the same entries.")

    def symbol(self, wanted: Wanted) -> str:
        """df[1]/dx"""
        output, names = wanted
        return leibniz(self._problem.shown_name + self._problem.labels[output], *wrt_and_order(names))

    def _graph(self, text: str, names: Names) -> Graph:
        for name in names:
            if name not in self._problem.variables:
                problem = f"a claim is for {quoted(name)}, which the expression does not use"
                raise InputError(problem, f"Its variables: {', '.join(self._problem.variables)}.")
        found = read_beside(text, self._problem)
        if found.outputs:
            said = self.symbol((0, names))
            raise ExpressionError("the claim is a vector, and the derivative a number", text, 0, len(text), f"It is for {said}.")
        self._require_known(found.target.flat, text, found.target.parameters)
        return found.target.flat

    def _require_known(self, graph: Graph, text: str, parameters: Sequence[str] = ()) -> None:
        variables = self._problem.variables
        for name in (*graph.variables, *parameters):
            if name not in variables:
                product_ = suggest_product(name, variables)
                fix = f"Did you mean {product_}?" if product_ else f"The variables are {', '.join(variables)}."
                start = max(0, text.find(name))
                raise ExpressionError(f"the claim uses {name!r}, and there is no such variable", text, start, start + len(name), fix)


class _ByFunction(Derivation):
    """What a function of the user's returns at each point: an array of all entries."""

    def __init__(self, claim: Callable[..., Any], layout: Layout) -> None:
        super().__init__(CLAIM, text=getattr(claim, "__name__", "the claim"))
        self._claim, self._layout = claim, layout

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        found = np.array([self._entries(point) for point in zip(*(column.tolist() for column in columns.values()), strict=True)], float)
        return {each: found[:, self._layout.wanted.index(each)] for each in wanted}

    def _entries(self, point: Sequence[float]) -> NDArray[Any]:
        from diffcheck.checks.loading import users_code  # imports JAX, which engines.jax must do first: it says why JAX does not start

        with users_code("the claim"):
            found = np.asarray(self._claim(*point))
        if found.dtype.kind not in "iufb":
            raise InputError("the claim returns what is not numbers", f"{self._layout.what.capitalize()} is an array of floats.")
        if found.size != math.prod(self._layout.lengths):
            raise InputError(f"the claim returns {found.size} numbers, and {self._layout.what} is {_size(self._layout.lengths)}")
        return found.ravel()


def _constant(number: float) -> Graph:
    builder = GraphBuilder()
    return builder.graph(builder.constant(Fraction(number)))


def _size(lengths: Sequence[int]) -> str:
    """2 × 3; a vector of 2 numbers; a number."""
    return " × ".join(map(str, lengths)) if len(lengths) > 1 else f"a vector of {counted(lengths[0], 'number')}" if lengths else "a number"


def _below(text: str, variables: Sequence[str]) -> Names | None:
    """The variables of dx^2dy; None where that is not made of them."""
    found = list[str]()
    rest = re.sub(r"[\s*]", "", text)
    while rest:
        name = next(_names_after(rest, variables), None)
        if name is None:
            return None
        rest = rest[1 + len(name) :]
        power = re.match(r"\^?([2-8])(?=[d∂]|$)", rest)
        found += [name] * (int(power[1]) if power else 1)
        rest = rest[power.end() :] if power else rest
    return tuple(found)


def _names_after(text: str, variables: Sequence[str]) -> Iterator[str]:
    """The variables that may stand behind the d with which a text begins, the longest first."""
    return (name for name in sorted(variables, key=len, reverse=True) if text[:1] in "d∂" and text.startswith(name, 1))
