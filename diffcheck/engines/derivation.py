"""What every engine hands over: a derivation of a subject, in one of its modes, whose values are judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import Problem
from diffcheck.graph.graph import Definition, Graph
from diffcheck.registry import AUTOMATIC, Engine
from diffcheck.results import Blame, Verdict

Columns = Mapping[str, NDArray[Any]]  # points: an array for each variable, all of one length
Names = tuple[str, ...]  # of a derivative: ("x",) is ∂/∂x, ("x", "x") is ∂²/∂x²
Wanted = tuple[int, Names]  # of which output, by which variables
Found = NDArray[Any] | UnsupportedError  # a value for each point, or why there is none
Run = Callable[[Columns], Mapping[Wanted, Found]]


@dataclass(frozen=True, slots=True)
class Cause:
    """A clause that follows "because" or a colon, what would help, and the piece of text to underline."""

    words: str
    blame: Blame | None = None
    remedy: str = ""


class Inapplicable(UnsupportedError):  # noqa: N818
    """A mode does not exist for a subject, and nothing is wrong with that: nothing is said of it."""


NO_SUCH_MODE = Inapplicable("the mode is not one of derivatives of this order")


class Evaluates(Protocol):
    """What runs formulas in floats."""

    def evaluated(self, formulas: Mapping[Wanted, Graph]) -> Run:
        """The values that JAX gives to formulas of the subject's variables, computed with f itself where that saves work."""


class Subject(Evaluates, Protocol):
    """What is differentiated, as an engine sees it: an expression, or a JAX function at a point."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The coordinates: x, w[0,1], p['b'][2]."""

    @property
    def dtype(self) -> str:
        """The format of the floats under test, by its NumPy name."""

    @property
    def wanted(self) -> Sequence[Wanted]:
        """The derivatives that are asked for."""

    def in_mathematics(self, output: int) -> Problem:
        """One output as mathematics, with its definitions and its graph. Raises UnsupportedError where none is known."""

    def run_by_jax(self, mode: str) -> Derivation:
        """The derivation of one mode of JAX: how it differentiates is the subject's own affair."""


class Derivation:
    """The derivatives of a subject by one engine in one mode, or those that the user claims.

    `text` is the user's own, of a claim. A derivation that does not decide is judged and
    shown beside the others, and no outcome depends on it.
    """

    def __init__(self, engine: Engine, mode: str | None = None, text: str = "", decides: bool = True) -> None:
        self.engine = engine
        self.mode = mode
        self.text = text
        self.decides = decides
        self.side: str | None = None  # "left" or "right": where f has a kink, it is a claim for the slope of this side

    def has(self, wanted: Wanted) -> bool:
        """Whether its mode is one of derivatives of this order."""
        return self.mode in self.engine.modes_of(len(wanted[1]))

    @property
    def runs_in(self) -> Engine:
        """Who computes the floats."""
        return AUTOMATIC if self.engine.has_formulas or not self.engine.derivations else self.engine

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        """The floats, for each derivative that is wanted: what is given is judged, and no more is asked of an engine than this."""
        raise NotImplementedError

    def written(self, wanted: Sequence[Wanted]) -> Mapping[Wanted, Definition | UnsupportedError]:
        """The derivatives as people read them, or why there is none, for an engine that has formulas; empty for others."""
        return {}

    def formula(self, wanted: Wanted) -> Graph | None:
        """The derivative as mathematics, which is right or wrong; it has a value in exact arithmetic, whatever floats make of it."""

    def program(self, wanted: Wanted) -> Graph | None:
        """What computed the values, as a graph; None where that is not known: the rule and its rounding are not told apart then."""
        return self.formula(wanted)

    def missing(self, wanted: Wanted) -> UnsupportedError | None:
        """Why there is no derivative at all."""

    def again(self, graph: Graph, point: Mapping[str, float], names: Names) -> float | None:
        """The same derivative of another function by the same engine and mode; None where it cannot be asked."""

    def cause(self, wanted: Wanted, verdict: Verdict, value: float, right: float) -> Cause | None:
        """Why it has got this verdict and value where that is the right one, if the code of the subject shows it."""


class Missing(Derivation):
    """What an engine that cannot be asked has: nothing, for a reason."""

    def __init__(self, engine: Engine, mode: str | None, reason: UnsupportedError) -> None:
        super().__init__(engine, mode)
        self._reason = reason

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        return {each: self._reason if self.has(each) else NO_SUCH_MODE for each in wanted}

    def written(self, wanted: Sequence[Wanted]) -> Mapping[Wanted, Definition | UnsupportedError]:
        return dict.fromkeys(wanted, self._reason) if self.engine.has_formulas else {}


class Formulas(Derivation):
    """Derivatives as graphs: JAX runs them in floats, and `found` says why one is lacking."""

    def __init__(
        self, engine: Engine, found: Mapping[Wanted, Graph | UnsupportedError], evaluates: Evaluates, text: str = "", decides: bool = True
    ) -> None:
        super().__init__(engine, None, text, decides)
        self._found = found
        self._run = evaluates.evaluated({wanted: graph for wanted, graph in found.items() if isinstance(graph, Graph)})

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        found = self._run(columns)
        return {each: found[each] if each in found else self._lacking(each) for each in wanted}

    def _lacking(self, wanted: Wanted) -> UnsupportedError:
        reason = self._found[wanted]
        assert isinstance(reason, UnsupportedError)
        return reason

    def formula(self, wanted: Wanted) -> Graph | None:
        graph = self._found[wanted]
        return graph if isinstance(graph, Graph) else None

    def missing(self, wanted: Wanted) -> UnsupportedError | None:
        return None if self.formula(wanted) is not None else self._lacking(wanted)
