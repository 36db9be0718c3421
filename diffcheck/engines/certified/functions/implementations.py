"""How the certified engine computes each function of the table: by name, on a line and on a disc.

A row's function is looked for in this order: among the operators and pieces of `rules`, the series of `composed`, the values of
`special`, and the methods of `arb_series`, where METHODS has those with another name. What Python has a word for ends in an underscore:
`abs_`. A row that has a meaning is looked for if it says ITSELF only. On complex boxes a function is one of `special` or `continued`, or
else the method of `acb`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flint import acb, arb, arb_series

from diffcheck.engines.certified.functions import composed, continued, rules, special
from diffcheck.engines.certified.functions.special import Boxes, Choose, from_values
from diffcheck.engines.certified.values import Follower, Series, Trouble, TroubleKind, Value
from diffcheck.errors import InternalError
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import FUNCTIONS, LACKS, MEANT, Function, Named
from diffcheck.graph.graph import evaluate

OF_OPERATION = 1
OF_SERIES = 8  # times an operation: a function with a series of its own
OF_VALUES = 2_000  # a function whose coefficients follow from values on a circle

METHODS = {  # of FLINT, that have another name in the table
    "airyai": "airy_ai",
    "airybi": "airy_bi",
    "airyaiprime": "airy_ai_prime",
    "airybiprime": "airy_bi_prime",
    "Si": "si",
    "Ci": "ci",
    "Shi": "shi",
    "Chi": "chi",
    "Ei": "ei",
    "fresnels": "fresnel_s",
    "fresnelc": "fresnel_c",
}
CHOOSERS: dict[str, Choose] = {"hyp2f1": special.choose_hyp2f1}
WEIGHTS = {"power": OF_SERIES, "owens_t": OF_VALUES}  # that differ from those of other functions of their module
TAKES_RATIONALS = ("power", "hyp2f1")  # an exact exponent or parameter makes a difference
OnLine = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Implementation:
    """A function along a line, and for complex boxes; `weight` is its work in operations, 0 if that is the work of its meaning."""

    on_line: OnLine
    of_boxes: Choose
    weight: int
    takes_rationals: bool = False
    is_values: bool = False  # known by its values alone


@cache
def implementation(name: str) -> Implementation:
    """How a function of the table is computed. Raises InternalError where the engine has none, and the row does not say so."""
    row = FUNCTIONS[name]
    column = row.column("ball")
    if column is LACKS:
        return Implementation(lambda line, *_: Trouble(TroubleKind.UNSUPPORTED, f"the certified engine lacks {name}"), refused, 1)
    if column is MEANT:
        return Implementation(_meant(row), refused, 0)
    if isinstance(column, Named):
        function = column.load()
        return Implementation(from_values(name, lambda _: function), lambda _: function, OF_VALUES, is_values=True)
    found = _own(row)
    if found is None:
        raise InternalError(f"the certified engine has no function {name}, and its row in the table has no meaning")
    return found


def _own(row: Function) -> Implementation | None:
    """The engine's own function of a row's name."""
    name, takes_rationals = row.name, row.name in TAKES_RATIONALS
    choose = CHOOSERS.get(name) or _boxes(name)
    for home, weight in ((rules, OF_OPERATION), (composed, OF_SERIES)):
        if (on_line := _of(home, name)) is not None:
            return Implementation(on_line, choose, WEIGHTS.get(name, weight), takes_rationals)
    if _of(special, name) is not None:
        return Implementation(from_values(name, choose), choose, OF_VALUES, takes_rationals, is_values=True)
    method = METHODS.get(name, name)
    return Implementation(_native(method), choose, OF_SERIES) if hasattr(arb_series, method) else None


def _of(home: Any, name: str) -> Any:
    """The function of a module for a row of this name; what the module imports is not its own."""
    found = getattr(home, f"{name}_", None) or getattr(home, name, None)
    return found if getattr(found, "__module__", home.__name__) == home.__name__ else None


def _boxes(name: str) -> Choose:
    """The function of complex boxes, whatever the arguments."""
    found: Boxes | None = _of(special, name) or _of(continued, name) or getattr(acb, METHODS.get(name, name), None)
    return refused if found is None else lambda _: found


def refused(arguments: Sequence[Any]) -> Boxes:
    """Of a function that is not known for complex boxes."""
    return lambda *_: special.NOT_ANALYTIC


def _meant(row: Function) -> OnLine:
    """The meaning, which is read when it is needed first."""

    def on_line(line: Follower, *arguments: Value) -> Value:
        return evaluate(meaning(row.name), line, dict(zip(row.names, arguments, strict=True)))

    return on_line


def _native(method: str) -> OnLine:
    """A method of arb_series; what does not depend on t is a series of one term."""

    def apply(line: Follower, u: Series) -> Value:
        if isinstance(u, arb):
            return getattr(arb_series([u], prec=1), method)()[0]
        return getattr(u, method)()

    return apply
