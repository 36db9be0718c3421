"""What is to be differentiated: the definitions of a text, and which of them is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from diffcheck.errors import ExpressionError
from diffcheck.graph.functions import CONSTANT_NAMES
from diffcheck.graph.graph import Definition
from diffcheck.graph.vectors import labels
from diffcheck.language import syntax
from diffcheck.language.reading import read_expression
from diffcheck.printable import shown
from diffcheck.results import counted


@dataclass(frozen=True, eq=False)
class Map:
    """`F(x, y) = [.., ..]`: a definition for each entry, all of the same parameters."""

    name: str
    arity: int
    shape: tuple[int, ...]
    entries: tuple[Definition, ...]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be differentiated: `target` among the definitions; an expression without a name is called ''."""

    program: syntax.Script
    definitions: tuple[Definition, ...]
    target: Definition
    outputs: tuple[Definition, ...] = ()  # of a vector: one for each entry, of which the target is the first
    shape: tuple[int, ...] = ()
    maps: tuple[Map, ...] = ()  # the definitions that are vectors; their entries are among the others, too

    @property
    def shown_name(self) -> str:
        """The target's name, or one for an expression without a name that means nothing else in the text."""
        taken = {definition.name for definition in self.definitions if definition.name}.union(self.variables)
        name = self.target.name.partition("[")[0] if self.outputs else self.target.name  # the labels of entries come behind it
        return name or next(name for name in ("f", "F", "y", "result") if name not in taken)

    @property
    def wrt(self) -> tuple[str, ...]:
        """The derivative that d/dx before the expression asks for; empty where nothing does."""
        return (" ".join(self.program.wrt),) if self.program.wrt else ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The parameters of the target, then the other variables that it uses."""
        return self.target.parameters

    @property
    def results(self) -> tuple[Definition, ...]:
        """What is differentiated: the entries of a vector, or the only one."""
        return self.outputs or (self.target,)

    @property
    def body(self) -> syntax.Expression:
        """What stands behind the name of the target, or the expression without a name."""
        named = (each.body for each in self.program.definitions if each.name == self.target.name.partition("[")[0])
        return next(named, None) or self.program.expression or self.program.definitions[-1].body

    @property
    def named(self) -> tuple[Definition | Map, ...]:
        """What a text beside this one may call."""
        several: list[Definition | Map] = [*self.definitions, *self.maps]
        return tuple(each for each in several if each.name)

    def is_call_of(self, name: str) -> bool:
        """Whether the expression is f(x), so that its derivative is that of f."""
        match self.body:
            case syntax.Composition(factors=(factor,), arguments=arguments):
                is_once = (factor.name, factor.primes, factor.iterations, factor.entry) == (name, 0, 1, None)
                return is_once and all(isinstance(each, syntax.Name) for each in arguments)
        return False

    @property
    def labels(self) -> tuple[str, ...]:
        """What the results are called behind the name: [0], [1]; '' of a number."""
        return tuple(labels(self.shape))

    @property
    def number(self) -> Definition:
        """The target, where one number is meant. Raises ExpressionError for a vector."""
        if self.outputs:
            span, size = self.body.span, counted(len(self.outputs), "number")
            problem = f"these are {size}, and one number is needed here"
            raise ExpressionError(problem, self.program.text, span.start, span.end, f"Choose an entry: {self.first_entry}.")
        return self.target

    @property
    def first_entry(self) -> str:
        """How the first entry of a vector is written: F(x, y)[0]."""
        if self.target.name:
            parameters = ", ".join(self.target.parameters[: self.target.arity])
            return shown(self.shown_name + f"({parameters})" * bool(parameters) + "[0]" * len(self.shape))
        entry = self.body
        for _ in self.shape:
            entry = syntax.Component(entry, 0, entry.span)
        return shown(read_expression(entry))

    def entry(self, place: int) -> Problem:
        """The problem of one entry alone."""
        return replace(self, target=self.results[place], outputs=(), shape=())

    def in_variables(self, names: Sequence[str]) -> Problem:
        """The same problem; a constant is a function of the names given, else of the last definition's parameters, else of x."""
        if self.variables:
            return self
        declared = next((definition.parameters for definition in reversed(self.definitions) if definition.parameters), ("x",))
        given = tuple(name for name in dict.fromkeys(names) if name.isidentifier() and name not in CONSTANT_NAMES)
        first, *others = (replace(each, parameters=given or declared) for each in self.results)
        return replace(self, target=first, outputs=(first, *others) if self.outputs else ())
