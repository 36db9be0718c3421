"""How a derivative comes about, as frozen values: an evaluation trace, and a derivation rule by rule. Standard library only.

A row is a node of the graph, with what is proved of it and what JAX computes: value, tangents, adjoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from diffcheck.enclosure import Enclosure
from diffcheck.results import Blame, Status


class Pass(StrEnum):
    """A direction in which derivatives are accumulated; each has its own order of the rows."""

    FORWARD = "forward"
    REVERSE = "reverse"


class RowKind(StrEnum):
    """What a row is."""

    INPUT = "input"
    OPERATION = "operation"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class TracedNumber:
    """A number of a row: an enclosure of the exact one, JAX's float, and the distance of the two.

    Attributes:
        proved: An enclosure; None where the number does not exist, or none is proved.
        computed: JAX's float; None where JAX has none.
        ulps: The error in units in the last place of the exact number, an upper bound; None where one of the two is missing.
        sides: Of a derivative at a kink, enclosures of the left and of the right slope.
    """

    proved: Enclosure | None
    computed: float | None
    ulps: float | None = None
    sides: tuple[Enclosure, Enclosure] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A node of the trace.

    Attributes:
        name: v1, v2, …, or the name of an input.
        kind: An input, an operation, or a condition, which has no derivatives.
        operation: What is done, in the user's own words, with the names of rows for the operands: `ln(x1)`, `v1 + v2`; `latex` as LaTeX.
        operands: The rows that it uses, as the graph has them.
        value: The number itself. Of a condition, `holds` instead.
        tangents: ∂row/∂x for each variable of the trace, in their order.
        adjoint: ∂output/∂row; None if no derivative passes through the row.
        partials: Its derivative with respect to each operand through which derivatives pass, by the operand's name; None if not proved.
        is_saved: Whether reverse mode keeps this number for its way back.
        saves: What else reverse mode keeps because of this row: `cos(x2)`.
        note: Of an operation at a kink: which slopes there are, and which one JAX takes.
        place: Where it stands in the user's text or file.
        holds: Of a condition, whether it holds; None if that is not decided.
    """

    name: str
    kind: RowKind
    operation: str
    operands: tuple[str, ...]
    value: TracedNumber
    latex: str = ""
    tangents: tuple[TracedNumber, ...] = ()
    adjoint: TracedNumber | None = None
    partials: tuple[tuple[str, Enclosure | None], ...] = ()
    is_saved: bool = False
    saves: tuple[str, ...] = ()
    note: str = ""
    place: Blame | None = None
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class ProvedDerivative:
    """What is proved of ∂f/∂wrt at the point: the certificate, for the end of both passes."""

    wrt: str
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """The evaluation trace of a function at a point.

    Attributes:
        read_as: What was read.
        name: The name of the function; `output` is the row of its value.
        point: The floats, by variable.
        dtype: The format in which JAX computes.
        wrt: The variables with tangents and adjoints.
        rows: Inputs first, then operations, in the order in which they run.
        pullback: Of a function with derivative rules of its own, the rows of the backward pass, in their order; else empty, and the
            adjoints of `rows` are the backward pass.
        cotangents: Of such a backward pass, the row of the result for each variable.
        pushforward: The rows that forward mode adds by these rules; empty where there is no forward mode.
        tangents: What forward mode ends in: for each variable the row, and its number beside what is proved of the derivative.
        derivatives: What is proved of each derivative.
        saved: All that reverse mode keeps, in words.
        heaviest: The row of each pass in which most digits are lost; absent where none are.
        notes: What is to be known besides.
    """

    read_as: str
    name: str
    output: str
    point: Mapping[str, float]
    dtype: str
    wrt: tuple[str, ...]
    rows: tuple[Row, ...]
    derivatives: tuple[ProvedDerivative, ...]
    pullback: tuple[Row, ...] = ()
    cotangents: tuple[str, ...] = ()
    pushforward: tuple[Row, ...] = ()
    tangents: tuple[tuple[str, str, TracedNumber], ...] = ()
    saved: tuple[str, ...] = ()
    heaviest: tuple[tuple[Pass, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def operations(self) -> tuple[Row, ...]:
        """The rows that compute something."""
        return tuple(row for row in self.rows if row.kind is not RowKind.INPUT)

    def is_heaviest(self, row: Row, direction: Pass) -> bool:
        """Whether most digits are lost in this row."""
        return (direction, row.name) in self.heaviest


# Derivations, rule by rule


@dataclass(frozen=True, slots=True)
class Formula:
    """A piece of mathematics in two notations."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class WorkedStep:
    """A rule applied to an expression.

    Attributes:
        depth: How deep it lies within other steps; those of its inner derivatives follow it, one deeper.
        rule: Its name: "product rule".
        law: What the rule says, in u and v: (u*v)' = u'*v + u*v'.
        before: The expression that is differentiated; `asked` is its derivative, still to be worked out: d/dx [x^2].
        opened: Its derivative, in which inner derivatives are still to be worked out; the same as `after` if there are none.
        after: Its derivative.
        point: Where the certified engine has proved enclosures of the derivative of `before` and of the value of `after` that overlap.
        is_repeated: Whether the same derivative was worked out above.
    """

    depth: int
    rule: str
    law: Formula
    before: Formula
    asked: Formula
    opened: Formula
    after: Formula
    point: Mapping[str, float]
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class WorkedDerivation:
    """A derivative, rule by rule.

    Attributes:
        name: The name of the function; `function` is what it computes.
        wrt: The variable; `symbol` is the derivative, df/dx.
        steps: In the order in which they are written.
        result: The derivative as the rules give it.
        simplified: The same as `diffcheck derive` prints it; its lines are definitions if it `is_chained`.
        point: Where the two were compared.
    """

    name: str
    function: Formula
    wrt: str
    symbol: Formula
    steps: tuple[WorkedStep, ...]
    result: Formula
    simplified: Formula
    is_chained: bool
    point: Mapping[str, float]
