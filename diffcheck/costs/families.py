"""Families of expressions with an index n: what is typed with an n in it, and those of the textbooks by their names.

n is the number itself: `prod(x_i, i=1..n)` is a product of n variables, and `f(x) = 4x(1-x); f@n(x)` the n-fold composition.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from diffcheck.errors import InputError
from diffcheck.graph.build import Problem, inline, read
from diffcheck.graph.graph import Definition, GraphBuilder
from diffcheck.language.reading import read_back
from diffcheck.printable import quoted

MAX_NUMBER = 1_000_000
ALL_OF = 12  # numbers of a range; of a longer one some are taken
STEPS = (1, 1.2, 1.5, 2, 3, 5, 7)  # in each power of ten
FORM = "Write --sweep n=2..40, or --sweep n=2,4,8."


@dataclass(frozen=True, slots=True)
class Family:
    """`text(n)` is the expression for n; `written` is what people read."""

    written: str
    text: Callable[[int], str]

    def problem(self, n: int) -> Problem:
        return read(self.text(n))


# Numbers


def index_and_numbers(sweep: str) -> tuple[str, tuple[int, ...]]:
    """n=2..40 as the name of the index and its values. Raises InputError."""
    name, equals, spec = sweep.partition("=")
    if not equals or not name.strip().isidentifier():
        raise InputError(f"{quoted(sweep)} does not say what n is", FORM)
    return name.strip(), numbers(spec, FORM)


def numbers(spec: str, form: str) -> tuple[int, ...]:
    """The whole numbers of 1..1000, of which some are taken, or of 1,10,100. Raises InputError."""
    lower, dots, upper = spec.partition("..")
    parts = [lower, upper] if dots else spec.split(",")
    if not all(re.fullmatch(r"\s*\d{1,7}\s*", part) for part in parts):
        raise InputError(f"{quoted(spec)} is no range of whole numbers", form)
    found = sorted(set(map(int, parts)))
    if dots and int(lower) > int(upper):
        raise InputError(f"the range {quoted(spec)} is empty: {int(lower):,} is above {int(upper):,}", "Write the smaller end first.")
    if found[0] < 1 or found[-1] > MAX_NUMBER:
        raise InputError(f"{quoted(spec)} goes beyond 1 to {MAX_NUMBER:,}", form)
    return tuple(_taken(found[0], found[-1]) if dots else found)


def _taken(lower: int, upper: int) -> list[int]:
    """Both ends and what lies between; of a long range so many in each power of ten."""
    if upper - lower < ALL_OF:
        return [*range(lower, upper + 1)]
    scales = (10**k for k in range(len(str(upper))))
    round_ones = {int(step * scale) for scale in scales for step in STEPS}
    return sorted({lower, upper, *(n for n in round_ones if lower < n < upper)})


# What is typed


def _with(text: str, name: str, value: int) -> str:
    """The index replaced: x_i is x_3, i is 3, and 2i is 2(3), a product as the language reads it."""
    text = re.sub(rf"(?<=_){name}(?![A-Za-z0-9])|(?<![A-Za-z0-9_]){name}(?!\w)", str(value), text)
    return re.sub(rf"(?<![A-Za-z0-9_.])([\d.]+){name}(?!\w)", rf"\g<1>({value})", text)


def family(text: str, index: str) -> Family:
    """What is typed with an index in it, or a family by its name. Raises InputError where it is neither."""
    if text.strip() in FAMILIES:
        return FAMILIES[text.strip()]
    if _with(text, index, 1) == text:
        close = difflib.get_close_matches(text.strip(), FAMILIES, 1)
        problem = f"there is no family {quoted(text)}" if text.strip().isidentifier() else f"the expression does not contain {index}"
        known = f"Families: {', '.join(FAMILIES)}; or write {index} in the expression: prod(x_i, i=1..{index})."
        raise InputError(problem, f"Did you mean {close[0]!r}? {known}" if close else known)
    return Family(text, lambda n: _with(text, index, n))


# Those with names


def _net(n: int) -> str:
    """One unit a layer: each has a weight and a bias."""
    text = "x"
    for layer in range(1, n + 1):
        text = f"tanh(w_{layer}*{text} + b_{layer})"
    return text


def _determinant(n: int) -> str:
    """Elimination without pivots: a_ij of step k as a definition each."""
    lines, entry = list[str](), {(i, j): f"a_{i}_{j}" for i in range(1, n + 1) for j in range(1, n + 1)}
    for k in range(1, n):
        for i in range(k + 1, n + 1):
            lines.append(f"m{k}_{i} = {entry[i, k]}/{entry[k, k]}")
            for j in range(k + 1, n + 1):
                lines.append(f"u{k}_{i}_{j} = {entry[i, j]} - m{k}_{i}*{entry[k, j]}")
                entry[i, j] = f"u{k}_{i}_{j}"
    return "; ".join([*lines, "*".join(entry[k, k] for k in range(1, n + 1))])


FAMILIES: Mapping[str, Family] = {
    "speelpenning": Family("prod(x_i, i=1..n)", lambda n: f"prod(x_i, i=1..{n})"),
    "determinant": Family("det(a), n × n, by elimination", _determinant),
    "logarithms": Family("f(x) = log(2 + x); f@n(x)", lambda n: f"f(x) = log(2 + x); f@{n}(x)"),
    "logistic": Family("f(x) = 4x(1 - x); f@n(x)", lambda n: f"f(x) = 4x(1 - x); f@{n}(x)"),
    "net": Family("tanh(w_n*…tanh(w_1*x + b_1)… + b_n)", _net),
}


# Composition


@dataclass(frozen=True, slots=True)
class SelfComposition:
    """A function of one variable, composed with itself."""

    inner: Problem

    @property
    def written(self) -> str:
        return f"{read_back(self.inner.program)}, composed n times"

    def problem(self, n: int) -> Problem:
        """f∘f∘…∘f, as f@n(x) builds it; other variables that the definition uses are the same in all."""
        target = self.inner.target
        step = replace(target, name=target.name or self.inner.shown_name, arity=1)
        builder = GraphBuilder()
        places = [builder.variable(name) for name in step.parameters]
        for _ in range(n):
            places[0] = builder.call(step, 0, places)
        written = builder.graph(places[0])
        flat = inline(written, lambda: InputError("the composition has more operations than a graph may have"))
        whole = Definition("", step.parameters, len(step.parameters), written, flat)
        return Problem(self.inner.program, (*self.inner.definitions, step, whole), whole)


def composition(text: str, of: str | None = None) -> SelfComposition:
    """The function of an expression, to be composed. Raises InputError where it has not one variable."""
    problem = read(text, of)
    if len(problem.variables) != 1 and problem.target.arity != 1:
        count = len(problem.variables)
        raise InputError(f"what is composed is a function of one variable, and this one has {count}", "Write f(x) = …; f is composed in x.")
    return SelfComposition(problem)


def wanted(family: Family | SelfComposition, values: Sequence[int]) -> Iterator[tuple[int, Problem | InputError]]:
    """The problems one by one; one that is too large to be read is an InputError in its place, and nothing follows it."""
    for n in values:
        try:
            yield n, family.problem(n)
        except InputError as error:
            yield n, error
            return
