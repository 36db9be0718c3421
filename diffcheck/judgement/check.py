"""The pipeline: text → graph → three derivatives → certificate → verdicts, chunk by chunk of points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import jax
import numpy as np
import sympy
from numpy.typing import NDArray

from diffcheck.engines.automatic import Evaluation, Found, Program
from diffcheck.engines.certified import Certificate, certify, enclose_value
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import ExpressionError, InputError, UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Definition, Graph
from diffcheck.graph.text import Infix, Latex, derivative_text
from diffcheck.judgement.formats import format_named
from diffcheck.judgement.points import Columns, from_mappings, from_texts
from diffcheck.judgement.verdict import Judgement, Rule, Truth, judge
from diffcheck.language.reading import read_back, suggest_product
from diffcheck.results import Derivative, Enclosure, Header, Outcome, Report, Result, Sample, Status, Verdict

CHUNK = 250_000  # points that JAX evaluates at a time: memory stays bounded whatever their number
BLOCK = 10_000  # points of a chunk that are Python floats at a time
CERTIFIED_POINTS = 10_000  # beyond this many an even sample is certified
COMPILED_NODES = 400  # a larger graph takes the compiler longer than it takes to run


@dataclass(frozen=True, slots=True)
class Claim:
    """A derivative that the user worked out: ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ = text."""

    wrt: str
    order: int
    text: str


class Check:
    """One expression under test. Raises InputError for what cannot be read; what an engine lacks is a verdict."""

    def __init__(
        self,
        text: str,
        *,
        of: str | None = None,
        wrt: Sequence[str] | None = None,
        claims: Sequence[Claim | str] = (),
        dtype: str = "float64",
        compiled: bool = True,
    ) -> None:
        self.problem = read(text, of)
        self.format = format_named(dtype)
        self.wrt = self._chosen(wrt)
        self._differentiator = Differentiator(self.problem)
        self.symbolic = {name: self._symbolic(name) for name in self.wrt}
        self._claims = [(claim, self._claimed(claim)) for claim in self._assigned(claims)]
        self.compiled = compiled and len(self.problem.target.flat.nodes) <= COMPILED_NODES
        others = {f"symbolic:{name}": found.flat for name, found in self.symbolic.items() if isinstance(found, Definition)}
        others |= {f"claim:{i}": graph for i, (_, graph) in enumerate(self._claims)}
        self._others = others
        self.program = Program(self.problem.target.flat, self.problem.variables, self.wrt, others, dtype, self.compiled)

    def _chosen(self, wrt: Sequence[str] | None) -> tuple[str, ...]:
        variables = self.problem.variables
        if not variables:
            raise InputError("the expression has no variable", "A constant has the derivative 0, and there is nothing to check.")
        for name in wrt or ():
            if name not in variables:
                raise InputError(f"the expression has no variable {name!r}", f"Its variables: {', '.join(variables)}.")
        return tuple(dict.fromkeys(wrt)) if wrt else variables

    def _assigned(self, claims: Sequence[Claim | str]) -> list[Claim]:
        """Claims given as texts are for the variables of `wrt`, in their order."""
        texts = [claim for claim in claims if isinstance(claim, str)]
        if texts and len(texts) != len(self.wrt):
            raise InputError(
                f"the number of claims ({len(texts)}) is not that of the variables ({', '.join(self.wrt)})",
                "Give one claim for each variable of wrt, in that order: --wrt x --claim '2x'.",
            )
        assigned = [Claim(name, 1, text) for name, text in zip(self.wrt, texts, strict=False)]
        return assigned + [claim for claim in claims if isinstance(claim, Claim)]

    def _symbolic(self, name: str) -> Definition | UnsupportedError:
        try:
            return self._differentiator.derivative(name)
        except UnsupportedError as unsupported:
            return unsupported

    def _claimed(self, claim: Claim) -> Graph:
        problem = read(claim.text)
        for name in problem.variables:
            if name not in self.problem.variables:
                product = suggest_product(name, self.problem.variables)
                fix = f"Did you mean {product}?" if product else f"The variables are {', '.join(self.problem.variables)}."
                start = max(0, claim.text.find(name))
                raise ExpressionError(f"the claim uses {name!r}, which the expression does not", claim.text, start, start + len(name), fix)
        return problem.target.flat

    @cached_property
    def header(self) -> Header:
        """What is checked, with the closed forms."""
        how = "one program compiled with jax.jit" if self.compiled else "operation by operation (eager)"
        notes = [
            f"{name}: reverse mode runs {row.jax}, forward mode {row.jax_forward}"
            for name in sorted(self.problem.target.flat.functions)
            if (row := FUNCTIONS[name]).jax_forward
        ]
        return Header(
            read_as=read_back(self.problem.program),
            name=self.problem.target.name or "f",
            variables=self.problem.variables,
            dtype=self.format.name,
            program="; ".join([f"JAX ran {how} on the CPU", *notes]),
            derivatives=tuple(self.derivative(name) for name in self.wrt),
            versions={library.__name__: library.__version__ for library in (jax, sympy, flint)},
        )

    def derivative(self, name: str) -> Derivative:
        """SymPy's derivative as text: the closed form within a budget, else chained definitions."""
        found = self.symbolic[name]
        if isinstance(found, UnsupportedError):
            return Derivative(name, found.reason, "", False)
        text, chained = derivative_text(found, Infix())
        latex, _ = derivative_text(found, Latex())
        return Derivative(name, text, latex, chained)

    def samples(self, columns: Columns) -> Iterator[Sample]:
        """One sample a point and variable, then one a claim of higher order; points in their order."""
        total = len(columns[self.problem.variables[0]])
        certified = _even_sample(total)
        for start in range(0, total, CHUNK):
            chunk = {name: column[start : start + CHUNK] for name, column in columns.items()}
            found = _by_key(self.program.run(chunk))
            for offset in range(0, min(CHUNK, total - start), BLOCK):
                block = slice(offset, offset + BLOCK)
                values = {key: value if isinstance(value, UnsupportedError) else _floats(value[block]) for key, value in found.items()}
                for i, point in enumerate(_points({name: column[block] for name, column in chunk.items()})):
                    yield from self._at_point(point, i, values, certified is None or bool(certified[start + offset + i]))

    def _at_point(self, point: Mapping[str, float], i: int, values: Mapping[str, Any], certified: bool) -> Iterator[Sample]:
        primal = None if isinstance(values["primal"], UnsupportedError) else values["primal"][i]
        for name in self.wrt:
            yield self._sample(point, i, values, primal, name, 1, certified)
        for wrt, order in dict.fromkeys((claim.wrt, claim.order) for claim, _ in self._claims):
            if order != 1 or wrt not in self.wrt:
                yield self._sample(point, i, values, primal, wrt, order, certified)

    def _sample(
        self, point: Mapping[str, float], i: int, values: Mapping[str, Any], primal: float | None, wrt: str, order: int, certified: bool
    ) -> Sample:
        if not certified:
            results = tuple(self._unsampled(entry, values, i) for entry in self._entries(wrt, order))
            return Sample(point, wrt, order, Status.UNSAMPLED, "", primal, None, None, None, results)
        proved = certify(self.problem.target.flat, point, wrt, order)
        truth = _truth(proved, point[wrt])
        results = tuple(self._judged(entry, values, i, point, truth) for entry in self._entries(wrt, order))
        clarke = (proved.left, proved.right) if proved.status is Status.KINK and proved.left and proved.right else None
        return Sample(point, wrt, order, proved.status, proved.reason, primal, proved.value, proved.derivative, clarke, results)

    def _entries(self, wrt: str, order: int) -> list[tuple[str, str | None, str]]:
        """(engine, mode, key of its values) of every derivative under test."""
        entries: list[tuple[str, str | None, str]] = []
        if order == 1 and wrt in self.wrt:
            entries = [
                ("symbolic", None, f"symbolic:{wrt}"),
                ("automatic", "forward", f"forward:{wrt}"),
                ("automatic", "reverse", f"reverse:{wrt}"),
            ]
        claims = [("claim", None, f"claim:{k}") for k, (claim, _) in enumerate(self._claims) if (claim.wrt, claim.order) == (wrt, order)]
        return entries + claims

    def _judged(
        self, entry: tuple[str, str | None, str], values: Mapping[str, Any], i: int, point: Mapping[str, float], truth: Truth
    ) -> Result:
        engine, mode, key = entry
        graph = self._others.get(key)
        rule: Rule | None = (lambda: enclose_value(graph, point)) if graph is not None else None
        value = values.get(key, self.symbolic.get(key.partition(":")[2]))
        note = ""
        if isinstance(value, UnsupportedError) and rule is not None:
            exact = rule()
            note = f" ({value.reason}: evaluated in exact arithmetic and rounded)"
            value = _as_if_run(exact, self.format.round, truth) if exact is not None or truth.status is Status.UNDEFINED else value
        elif not isinstance(value, UnsupportedError):
            value = value[i]
        if isinstance(value, UnsupportedError):
            return Result(engine, mode, None, None, Verdict.UNSUPPORTED, Outcome.UNDECIDED, value.reason)
        judged: Judgement = judge(value, truth, self.format, rule)
        return Result(engine, mode, value, judged.ulps, judged.verdict, judged.outcome, judged.reason + note)

    def _unsampled(self, entry: tuple[str, str | None, str], values: Mapping[str, Any], i: int) -> Result:
        engine, mode, key = entry
        value = values.get(key)
        number = None if value is None or isinstance(value, UnsupportedError) else value[i]
        return Result(engine, mode, number, None, Verdict.UNSAMPLED, Outcome.UNDECIDED, "not in the sample that is certified")


def _as_if_run(exact: Enclosure | None, rounded: Any, truth: Truth) -> float:
    return float("nan") if exact is None else float(rounded(exact.midpoint))


def _truth(proved: Certificate, coordinate: float) -> Truth:
    return Truth(
        proved.status, proved.reason, coordinate, proved.value, proved.derivative, proved.left, proved.right, proved.next_derivative
    )


def _by_key(found: Evaluation) -> dict[str, Found]:
    """All arrays of an evaluation under the keys that `Check` gives its entries."""
    forward = {f"forward:{name}": value for name, value in found.forward.items()}
    reverse = {f"reverse:{name}": value for name, value in found.reverse.items()}
    return {"primal": found.primal, **forward, **reverse, **found.graphs}


def _floats(array: NDArray[Any]) -> list[float]:
    """Python floats: reading array entries one by one would cost more than everything else."""
    found: list[float] = array.astype(float).tolist()
    return found


def _points(columns: Columns) -> Iterator[dict[str, float]]:
    names = list(columns)
    rows = zip(*(_floats(column) for column in columns.values()), strict=True)
    return (dict(zip(names, row, strict=True)) for row in rows)


def _even_sample(total: int) -> NDArray[np.bool_] | None:
    """Which points are certified: all (None), or an even sample of them with both ends."""
    if total <= CERTIFIED_POINTS:
        return None
    chosen = np.zeros(total, np.bool_)
    chosen[np.linspace(0, total - 1, CERTIFIED_POINTS).round().astype(int)] = True
    return chosen


def check(
    text: str,
    at: Mapping[str, float] | Sequence[Mapping[str, float]] | str | float | Sequence[str],
    *,
    of: str | None = None,
    wrt: Sequence[str] | None = None,
    claim: str | Sequence[Claim | str] = (),
    dtype: str = "float64",
) -> Report:
    """Check the derivatives of an expression at points.

    `at` is a number, a text as `--at` takes it ("x=1,y=2", "linspace(-4,4,100)"), a mapping of names to numbers, or a
    sequence of texts or mappings. `claim` is a derivative worked out by hand, one for each variable of `wrt`.
    Raises InputError for what cannot be read; a wrong derivative is a verdict of the Report, not an exception.
    """
    job = Check(text, of=of, wrt=wrt, claims=[claim] if isinstance(claim, str) else claim, dtype=dtype)
    points = [at] if isinstance(at, (str, int, float, Mapping)) else list(at)
    variables = job.problem.variables
    if all(isinstance(point, Mapping) for point in points):
        columns = from_mappings([point for point in points if isinstance(point, Mapping)], variables, job.format)
    else:
        columns = from_texts([point if isinstance(point, str) else repr(point) for point in points], variables, job.format)
    return Report(job.header, tuple(job.samples(columns)))
