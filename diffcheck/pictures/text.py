"""What pictures say: numbers, equations of tangents, and the function as mathematics above them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from itertools import islice
from textwrap import wrap

from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.graph.build import Problem
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Definition, Graph, arguments_of, evaluate
from diffcheck.graph.text import Infix, Latex, Text, called, expanded_sizes, latex_name, statements
from diffcheck.pictures.layout import Title, settable
from diffcheck.printable import printable

NAME_WIDTH = 8  # characters
TITLE_WIDTH = 100  # characters of a line
TITLE_LINES = 2
DIGITS = 4  # of a coefficient that is not an integer
FEW = Context(prec=DIGITS, Emin=MIN_EMIN, Emax=MAX_EMAX)
WRITTEN_OUT = 9  # digits of an integer
MATH_SIZE, MATH_DEPTH = 60, 10  # operations in a formula that is set as mathematics, and how deep they are nested
LOWER = "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi rho sigma tau phi chi psi omega"
UPPER = "Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega"
GREEK = frozenset(f"{LOWER} {UPPER}".split())
FAR = 200  # times the width of the picture
NEGLIGIBLE = 30  # decimal digits: a difference of two numbers that are equal in so many is 0
EXPONENTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


# Numbers


def number(value: float | Decimal) -> str:
    """A number to read: six digits, a minus sign, the sign of infinity."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    small = isinstance(value, Decimal) and not Decimal("1e-300") <= value.copy_abs() <= Decimal("1e300")
    return (f"{value:.5e}" if small else f"{float(value):.6g}").replace("-", "−")


def coordinate(value: float, width: float, digits: int = 6) -> str:
    """A place on an axis of this width, with as many digits as tell it from its neighbours there."""
    while digits < 17 and abs(float(f"{value:.{digits}g}") - value) > 1e-3 * width:
        digits += 1
    return f"{value:.{digits}g}".replace("-", "−")


def brief(value: float) -> str:
    """Four digits, for legends; whole numbers as far as `number` has digits."""
    return number(value if float(value).is_integer() and abs(value) < 1e6 else float(f"{value:.4g}"))


def power_of_ten(exponent: int) -> str:
    return "10" + str(exponent).translate(EXPONENTS)


def coefficient(enclosure: Enclosure) -> str:
    """A number of an equation: an integer that it may be, else four digits; very large and small ones with a power of ten."""
    value = enclosure.midpoint
    nearest = value.to_integral_value(context=EXACT) if value.adjusted() < WRITTEN_OUT else value
    if value.adjusted() < WRITTEN_OUT and enclosure.contains(nearest):
        return f"{int(nearest)}".replace("-", "−")
    rounded = FEW.plus(value)
    exponent = rounded.adjusted()  # 9.99996e-8 is 10⁻⁷
    if -4 <= exponent < DIGITS + 2:
        written = f"{float(value):.{max(DIGITS - 1 - exponent, 0)}f}"
        return (written.rstrip("0").rstrip(".") if "." in written else written).replace("-", "−")
    digits = float(EXACT.scaleb(rounded, -exponent))
    return f"{digits:.{DIGITS - 1}f}".rstrip("0").rstrip(".").replace("-", "−") + f"·{power_of_ten(exponent)}"


def equation(x: float, value: Enclosure, slope: Enclosure, name: str, width: float) -> str:
    """The line through (x, value): `y = 7x − 2`; where x is so far from 0 that −2 would say little, `y = 3 + 7(x − 1e9)`."""
    variable = name if len(name) == 1 else f"·{name}"
    if slope.contains(Decimal(0)) and slope.midpoint.copy_abs() <= slope.radius:
        return f"y = {coefficient(value)}"
    if abs(x) > FAR * width:
        run = f"({name} {_signed(number(-x)).strip()})"
        return f"y = {coefficient(value)}{_signed(_times(coefficient(slope), run))}"
    distance = EXACT.multiply(slope.midpoint, Decimal(x))
    shift = Enclosure(EXACT.subtract(value.midpoint, distance), EXACT.add(value.radius, EXACT.multiply(slope.radius, Decimal(abs(x)))))
    negligible = EXACT.scaleb(max(value.midpoint.copy_abs(), distance.copy_abs()), -NEGLIGIBLE)
    linear = _times(coefficient(slope), variable)
    return f"y = {linear}" if shift.midpoint.copy_abs() <= max(shift.radius, negligible) else f"y = {linear}{_signed(coefficient(shift))}"


def _times(factor: str, variable: str) -> str:
    if factor in ("1", "−1") and variable[0] != "·":
        return factor.replace("1", "") + variable
    return f"{factor}{' ' * (factor[-1] >= '⁰' or factor[-1] in '¹²³')}{variable}"


def _signed(text: str) -> str:
    return f" − {text[1:]}" if text.startswith("−") else f" + {text}"


# Names and titles


def short(name: str) -> str:
    """A name that leaves room for what stands beside it; an index at its end is kept, and no dollar begins a formula."""
    name = printable(name).replace("$", r"\$")
    head, bracket, index = name.rpartition("[") if name.endswith("]") else (name, "", "")
    return (head if len(head) <= NAME_WIDTH else f"{head[: NAME_WIDTH - 1]}…") + bracket + index


def title(problem: Problem, held: Mapping[str, float]) -> Title:
    """The expression as it was read; then, where there are any, the values of the other variables."""
    return Title(within("; ".join(_in_text(problem)), TITLE_LINES), held_line(held), _formula(problem))


def _in_text(problem: Problem) -> Iterable[str]:
    for line in statements(problem.target, Infix()):
        name = problem.shown_name if line.left.startswith("(") else ""  # an expression without a name
        yield f"{name}{line.left} = {line.body}"


def _formula(problem: Problem) -> str:
    """The definitions in one line of mathematics; "" where they are too long, or say what matplotlib cannot set."""
    definitions = [*called(problem.target), problem.target]
    graphs = [definition.written for definition in definitions]
    if sum(expanded_sizes(graph)[graph.output] for graph in graphs) > MATH_SIZE or max(map(_depth, graphs)) > MATH_DEPTH:
        return ""
    names = {name for definition in definitions for name in (definition.name, *definition.parameters)}
    if not all(map(_is_plain, names)):
        return ""
    lines = [_equation_of(definition, problem.shown_name) for definition in definitions]
    formula = f"${';  '.join(lines)}$".replace(r"\left", "").replace(r"\right", "")  # brackets that grow come out too small
    return formula if settable(formula) else ""


class _Mathematics(Latex):
    """What matplotlib can set: numbers without the exponents of programs."""

    def constant(self, value: Fraction) -> Text:
        written = super().constant(value)
        digits, e, exponent = written.text.partition("e")
        return Text(rf"{digits} \cdot 10^{{{exponent}}}".removeprefix(r"1 \cdot "), 6) if e else written

    def apply(self, function: Function, arguments: Sequence[Text]) -> Text:
        if function.name == "abs":
            return Text(f"|{arguments[0].text}|")  # matplotlib's bars that grow are too small
        return super().apply(function, arguments)


def _depth(graph: Graph) -> int:
    depths: list[int] = []
    for node in graph.nodes:
        depths.append(1 + max((depths[i] for i in arguments_of(node)), default=0))
    return depths[graph.output]


def _equation_of(definition: Definition, name: str) -> str:
    variables = {each: Text(_letter(each)) for each in definition.parameters}
    body = evaluate(definition.written, _Mathematics(), variables).text
    parameters = ", ".join(map(_letter, definition.parameters[: definition.arity or None]))
    return rf"{latex_name(definition.name or name)}({parameters}) = {body}"


def _is_plain(name: str) -> bool:
    """Whether a name reads the same as mathematics: one letter, a Greek one, or one with an index."""
    head, _, index = name.rstrip("'").partition("_")
    return (len(head) <= 1 or head in GREEK) and head.isidentifier() | (not head) and (not index or index.isalnum()) and name.isascii()


def _letter(name: str) -> str:
    head, _, index = name.partition("_")
    return (rf"\{head}" if head in GREEK else head) + (f"_{{{index}}}" if index else "")


def held_line(held: Mapping[str, float]) -> list[str]:
    """The values of the other variables, the first ones of very many; nothing where there are none."""
    others = ", ".join(f"{name} = {number(value)}" for name, value in islice(held.items(), TITLE_WIDTH))
    return within(f"with {others}", 1) if others else []


def within(text: str, count: int) -> list[str]:
    """The text in at most so many lines, shortened where it does not fit."""
    lines = wrap(printable(text), TITLE_WIDTH)
    return lines if len(lines) <= count else [*lines[: count - 1], f"{lines[count - 1][: TITLE_WIDTH - 2]} …"]
