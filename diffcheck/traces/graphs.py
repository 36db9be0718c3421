"""The trace of a graph at a point: what is proved of every node beside what JAX computes, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import Linearised, certify, linearised
from diffcheck.engines.jax.nodewise import Nodewise, nodewise
from diffcheck.formats import Format
from diffcheck.graph.graph import Graph, Variable, arguments_of, depends, subgraph
from diffcheck.graph.text import latex_name
from diffcheck.judgement.evidence import Written, blame_of
from diffcheck.results import Certificate
from diffcheck.traces.kinks import kink_note
from diffcheck.traces.labels import Labels, RowLatex
from diffcheck.traces.numbers import sides_of, traced_number
from diffcheck.traces.saved import Saved, saved_by
from diffcheck.workings import Pass, ProvedDerivative, Row, RowKind, TracedNumber

Point = Mapping[str, float]
LOOKED_AT = 100  # derivatives at kinks for which the exact algebra is asked, node by node
NOT_COUNTED = 1.0  # ulps: a row loses no digits by rounding once
ZERO, ONE = (Enclosure(Decimal(k), Decimal(0)) for k in (0, 1))


@dataclass(frozen=True)
class GraphTrace:
    """The rows of a graph of the variables, at a point; derivatives with respect to `wrt`."""

    source: Written
    variables: tuple[str, ...]
    wrt: tuple[str, ...]
    point: Point
    format: Format
    is_flat: bool = True  # the text has the graph's own names: no definition was inlined

    @property
    def graph(self) -> Graph:
        return self.source.graph

    @cached_property
    def labels(self) -> Labels:
        return Labels(self.graph, self.source.text if self.is_flat else "", frozenset(self.variables))

    @cached_property
    def _proved(self) -> Linearised:
        return linearised(self.graph, self.point, self.wrt)

    @cached_property
    def floats(self) -> Nodewise:
        """What JAX computes."""
        return nodewise(self.graph, self.point, self.wrt, self.format.name)

    @cached_property
    def saved(self) -> Saved:
        """What reverse mode keeps."""
        return saved_by(self.floats.residuals, self.labels, self.wrt)

    @cached_property
    def certificates(self) -> dict[str, Certificate]:
        """What is proved of each derivative of the whole."""
        return {name: certify(self.graph, self.point, name) for name in self.wrt}

    @property
    def derivatives(self) -> tuple[ProvedDerivative, ...]:
        return tuple(ProvedDerivative(name, found.status, found.reason) for name, found in self.certificates.items())

    @property
    def output(self) -> str:
        """The row of the value."""
        return self.labels.names.get(self.graph.output, "")

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Inputs first, then operations in their order."""
        nodes = {node.name: i for i, node in enumerate(self.graph.nodes) if isinstance(node, Variable)}
        inputs = [self._input(name, nodes.get(name)) for name in self.variables]
        return (*inputs, *(self._row(i) for i in self.labels.names if not isinstance(self.graph.nodes[i], Variable)))

    def _input(self, name: str, i: int | None) -> Row:
        x = self.point[name]
        tangents = tuple(TracedNumber(ONE if each == name else ZERO, float(each == name), 0.0) for each in self.wrt)
        adjoint = self._final(name, 0.0 if i is None else self.floats.cotangents[i]) if name in self.wrt else None
        value = TracedNumber(Enclosure(Decimal(x), Decimal(0)), x, 0.0)
        return Row(
            name,
            RowKind.INPUT,
            "input",
            (),
            value,
            latex_name(name),
            tangents,
            adjoint,
            is_saved=i in self.saved.nodes or name in self.saved.inputs,
        )

    def _final(self, name: str, computed: float | None) -> TracedNumber:
        """The end of the backward pass: the derivative itself."""
        found = self.certificates[name]
        return traced_number(found.derivative, computed, self.format, sides_of(found))

    def _number(self, proved: Enclosure | None, computed: float | None) -> TracedNumber:
        return traced_number(proved, computed, self.format)

    def _row(self, i: int) -> Row:
        names, node, proved, floats = self.labels.names, self.graph.nodes[i], self._proved, self.floats
        row = Row(
            name=names[i],
            kind=self._kind(i),
            operation=self.labels.operation(i),
            operands=tuple(names[j] for j in arguments_of(node) if j in names),
            value=self._number(proved.values[i], floats.primals[i]),
            latex=self.labels.mathematics(i, RowLatex()),
            is_saved=i in self.saved.nodes,
            saves=self.saved.beside.get(i, ()),
            note=self._note(i),
            place=blame_of(self.source, i),
            holds=proved.holds[i],
        )
        if row.kind is RowKind.CONDITION:
            return row
        return replace(
            row,
            tangents=tuple(self._tangent(i, name) for name in self.wrt),
            adjoint=self._number(proved.adjoints[i], floats.cotangents[i]) if self._moves[i] else None,
            partials=tuple((names[j], proved.partials[i, k]) for k, j in enumerate(arguments_of(node)) if (i, k) in proved.partials),
        )

    @cached_property
    def _moves(self) -> Sequence[bool]:
        return depends(self.graph, self.wrt)

    def _kind(self, i: int) -> RowKind:
        return RowKind.CONDITION if self.graph.is_condition(i) else RowKind.OPERATION

    def _tangent(self, i: int, name: str) -> TracedNumber:
        proved, computed = self._proved.tangents[name][i], self.floats.tangents[name][i]
        if proved is not None or i not in self._looked_at:
            return self._number(proved, computed)
        if i == self.graph.output:
            return self._final(name, computed)
        found = certify(subgraph(self.graph, i), self.point, name)
        return traced_number(found.derivative, computed, self.format, sides_of(found))

    @cached_property
    def _looked_at(self) -> frozenset[int]:
        """The nodes whose tangents no power series proves, the first of very many, and the output."""
        open_ = [i for i in self.labels.names if any(found[i] is None for found in self._proved.tangents.values())]
        return frozenset([*open_[: LOOKED_AT // max(1, len(self.wrt))], self.graph.output])

    def _note(self, i: int) -> str:
        """At a node where the trouble begins, what is known of its slopes; at a condition, whether rounding has turned it."""
        irregular, holds = self._proved.irregular, self._proved.holds[i]
        if holds is not None and self.floats.holds[i] is (not holds):
            return "JAX decides otherwise: it compares rounded numbers, and follows the other branch from here on"
        if not irregular[i] or any(irregular[j] for j in arguments_of(self.graph.nodes[i])):
            return ""
        return kink_note(self.graph, i, self._proved, self.floats.primals, self.format.name, self.labels)

    @property
    def heaviest(self) -> tuple[tuple[Pass, str], ...]:
        """The row of each pass in which most digits are lost."""
        return tuple((direction, name) for direction in Pass if (name := _heaviest(self.rows, direction)))


def _heaviest(rows: Sequence[Row], direction: Pass) -> str:
    """The row whose error is most times as large as those of what it is made of; "" if every row rounds once and no more."""
    errors = {row.name: max(_errors(row, direction), default=0.0) for row in rows}
    made_of = {row.name: list(row.operands) for row in rows}
    if direction is Pass.REVERSE:
        users: dict[str, list[str]] = {row.name: [] for row in rows}
        for row in rows:
            for operand in row.operands:
                users[operand].append(row.name)
        made_of = users
    lost = {name: error / max([NOT_COUNTED, *(errors[other] for other in made_of[name])]) for name, error in errors.items()}
    worst = max(lost, key=lambda name: lost[name], default="")
    return worst if worst and lost[worst] > NOT_COUNTED else ""


def _errors(row: Row, direction: Pass) -> Iterator[float]:
    numbers = [row.adjoint] if direction is Pass.REVERSE else [row.value, *row.tangents]
    for number in numbers:
        if number is not None and number.ulps is not None:
            yield min(number.ulps, 1e300)  # no float at all is the greatest loss, and two of them can be compared
