"""FPCore files: the format of FPBench's benchmarks, read as a suite. https://fpbench.org/spec/fpcore-2.0.html

A core becomes a text in diffcheck's language, with a definition for each `let`; its precondition becomes the domain of
random points. What has no such text (loops, tensors, other number formats) is said so, with its line, and the other cores go on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from diffcheck.errors import SuiteError
from diffcheck.suites.cases import Case, Sampling, Unreadable
from diffcheck.suites.fpcore_table import COMPARISONS, CONSTANTS, FUNCTIONS, OPERATORS, PRECISIONS, RESERVED

RANDOM_POINTS = 10  # of each core
REACH = 100  # from a domain's end to the other, where a precondition names one or none
MAX_DEPTH = 200
_TOKEN = re.compile(r';[^\n]*|\s+|[()\[\]]|"(?:\\.|[^"\\])*"|[^\s()\[\];"]+')
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?\d+/\d+")


@dataclass(frozen=True, slots=True)
class Atom:
    text: str
    line: int


@dataclass(slots=True)
class Form:
    line: int
    items: list[Atom | Form] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.items[0].text if self.items and isinstance(self.items[0], Atom) else ""


Node = Atom | Form


class _RefusedError(Exception):
    def __init__(self, node: Node, what: str) -> None:
        super().__init__(what)
        self.line = node.line


def read_fpcore(content: bytes, path: Path) -> list[Case | Unreadable]:
    """The cores of a file. Raises SuiteError for what is not a list of S-expressions."""
    cores = [node for node in _forms(content, path) if isinstance(node, Form) and node.head == "FPCore"]
    return [_case(core, number, str(path)) for number, core in enumerate(cores, 1)]


def _forms(content: bytes, path: Path) -> list[Node]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: not a text in UTF-8: {error.reason} at byte {error.start}") from error
    line, open_forms = 1, [Form(1)]
    for token in _TOKEN.findall(text):
        if token in "([":
            open_forms.append(Form(line))
        elif token in ")]":
            form = open_forms.pop()
            if not open_forms:
                raise SuiteError(f"{path}:{line}: a closing bracket too many")
            open_forms[-1].items.append(form)
        elif not token.isspace() and not token.startswith(";"):
            open_forms[-1].items.append(Atom(token, line))
        line += token.count("\n")
    if len(open_forms) > 1:
        raise SuiteError(f"{path}:{open_forms[-1].line}: the closing bracket is missing")
    return open_forms[0].items


def _case(core: Form, number: int, file: str) -> Case | Unreadable:
    name = f"core {number}"
    try:
        properties = _properties(core)
        named = properties.get(":name")
        name = named.text.strip('"') if isinstance(named, Atom) else name
        return _as_case(core, properties, name, file)
    except _RefusedError as error:
        return Unreadable(name, core.line, f"{file}:{error.line}: {error}", file)


def _properties(core: Form) -> Mapping[str, Node]:
    """What stands between the arguments and the body, by name."""
    names = core.items[_arguments_at(core) + 1 : -1]
    return {key.text: value for key, value in zip(names[::2], names[1::2], strict=False) if isinstance(key, Atom)}


def _arguments_at(core: Form) -> int:
    place = next((i for i, item in enumerate(core.items) if isinstance(item, Form)), len(core.items))
    if place > 2 or len(core.items) < place + 2:
        raise _RefusedError(core, "an FPCore is written (FPCore (x y) :name \"…\" expression)")
    return place


def _as_case(core: Form, properties: Mapping[str, Node], name: str, file: str) -> Case:
    arguments = core.items[_arguments_at(core)]
    assert isinstance(arguments, Form)
    for argument in arguments.items:
        if not isinstance(argument, Atom):
            raise _RefusedError(argument, "an argument that is not a number is not supported")
    precision = properties.get(":precision", Atom("binary64", core.line))
    if not isinstance(precision, Atom) or precision.text not in PRECISIONS:
        raise _RefusedError(precision, "only the precisions binary32 and binary64 are supported")
    translation = Translation([argument.text for argument in arguments.items if isinstance(argument, Atom)])
    text = translation.program(core.items[-1])
    sampling = _sampling(properties.get(":pre"), translation)
    dtype = PRECISIONS[precision.text]
    return Case(name, core.line, text, (), dtype=dtype, spare_coordinates=True, file=file, sampling=sampling)


class Translation:
    """One core's expressions as texts, every operation in brackets of its own."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.names = dict[str, str]()
        for argument in arguments:
            self.names[argument] = self._fresh(argument, self.names.values())
        self._definitions = list[str]()

    @staticmethod
    def _fresh(name: str, taken: object) -> str:
        """A name of the language: `eps*` and `e` are none that a variable can have."""
        name = re.sub(r"\W", "_", name)
        name = name if re.match(r"[^\W\d_]", name) else f"v{name}"
        while name in RESERVED or name in taken:  # type: ignore[operator]
            name += "_"
        return name

    def program(self, body: Node) -> str:
        """Definitions, and the expression that uses them."""
        expression = self.text(body, self.names)
        return "; ".join([*self._definitions, expression])

    def text(self, node: Node, names: Mapping[str, str], depth: int = 0) -> str:
        if depth > MAX_DEPTH:
            raise _RefusedError(node, f"nested deeper than {MAX_DEPTH}")
        if isinstance(node, Atom):
            return self._atom(node, names)
        if node.head in ("let", "let*"):
            return self._let(node, names, depth)
        arguments = [self.text(item, names, depth + 1) for item in self._operands(node)]
        if node.head in COMPARISONS:
            pairs = zip(arguments, arguments[1:], strict=False)
            return f"({' and '.join(f'{a} {COMPARISONS[node.head]} {b}' for a, b in pairs)})"
        if node.head in OPERATORS and len(arguments) > 1:
            return f"({f' {node.head} '.join(arguments)})"
        template = FUNCTIONS.get((node.head, len(arguments)))
        if template is None:
            raise _RefusedError(node, f"{node.head or 'this'!r} with {len(arguments)} arguments is not supported")
        return template.format(*arguments)

    @staticmethod
    def _operands(node: Form) -> list[Node]:
        if node.head == "!":
            if any(isinstance(item, Atom) and item.text in (":precision", ":round") for item in node.items):
                raise _RefusedError(node, "a precision within an expression is not supported")
            return node.items[-1:]
        if node.head in ("while", "while*", "for", "for*", "tensor", "tensor*", "array"):
            raise _RefusedError(node, f"{node.head!r} is not supported: the language has no loops and no arrays")
        return node.items[1:]

    def _atom(self, atom: Atom, names: Mapping[str, str]) -> str:
        if atom.text in names:
            return names[atom.text]
        if atom.text in CONSTANTS:
            return CONSTANTS[atom.text]
        if _NUMBER.fullmatch(atom.text):
            plain = atom.text.lstrip("+")
            return plain if plain[0].isdigit() and "/" not in plain else f"({plain})"
        if re.fullmatch(r"[+-]?0x[\da-f.]+(p[+-]?\d{1,4})?", atom.text, re.IGNORECASE):
            return f"({Fraction(float.fromhex(atom.text))})"
        raise _RefusedError(atom, f"{atom.text!r} is neither a number nor a variable nor a constant that is supported")

    def _let(self, node: Form, names: Mapping[str, str], depth: int) -> str:
        """Each value becomes a definition in the variables that it uses: shared, as in the core."""
        inner = dict(names)
        if len(node.items) != 3 or not isinstance(node.items[1], Form):
            raise _RefusedError(node, f"{node.head!r} wants bindings and a body")
        for binding in node.items[1].items:
            if not isinstance(binding, Form) or len(binding.items) != 2 or not isinstance(binding.items[0], Atom):
                raise _RefusedError(binding, "a binding is written (name value)")
            value = self.text(binding.items[1], inner if node.head == "let*" else names, depth + 1)
            inner[binding.items[0].text] = self._shared(binding.items[0].text, value)
        return self.text(node.items[2], inner, depth + 1)

    def _shared(self, name: str, value: str) -> str:
        words = set(re.findall(r"\w+", value))
        used = [variable for variable in self.names.values() if variable in words]
        if not used or re.fullmatch(r"\w+", value):
            return value
        call = f"{self._fresh(name, self.names.values())}_{len(self._definitions) + 1}({', '.join(used)})"
        self._definitions.append(f"{call} = {value}")
        return call

    def condition(self, node: Node) -> str:
        """A condition, which has no place for definitions."""
        count = len(self._definitions)
        text = self.text(node, self.names)
        if len(self._definitions) > count:
            raise _RefusedError(node, "a precondition with 'let' is not supported")
        return text


def _sampling(pre: Node | None, translation: Translation) -> Sampling:
    """A box around what the precondition allows; random points must meet it besides."""
    parts = pre.items[1:] if isinstance(pre, Form) and pre.head == "and" else [pre] if pre is not None else []
    bounds = _Bounds(translation.names)
    for _ in translation.names:  # what is known of y is known of x where x < y, and so on
        for part in parts:
            bounds.narrow(part)
    domain = {name: bounds.ends(name) for name in translation.names.values()}
    return Sampling(domain, random=RANDOM_POINTS, where=" and ".join(map(translation.condition, parts)))


class _Bounds:
    """What the comparisons of a precondition say of single variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._lower = dict[str, Fraction]()
        self._upper = dict[str, Fraction]()

    def narrow(self, part: Node) -> None:
        """Use (<= 0 x y): what is on the left is a lower bound of what is next to it on the right."""
        if not isinstance(part, Form) or part.head not in ("<", "<=", ">", ">="):
            return
        operands = part.items[:0:-1] if part.head.startswith(">") else part.items[1:]
        for small, large in zip(operands, operands[1:], strict=False):
            least, most = self._value(small, self._lower), self._value(large, self._upper)
            if isinstance(large, Atom) and large.text in self._names and least is not None:
                name = self._names[large.text]
                self._lower[name] = max(least, self._lower.get(name, least))
            if isinstance(small, Atom) and small.text in self._names and most is not None:
                name = self._names[small.text]
                self._upper[name] = min(most, self._upper.get(name, most))

    def _value(self, node: Node, known: Mapping[str, Fraction]) -> Fraction | None:
        if not isinstance(node, Atom):
            return None
        return _rational(node) if _NUMBER.fullmatch(node.text) else known.get(self._names.get(node.text, ""))

    def ends(self, name: str) -> tuple[str, str]:
        """Decimal texts; where one end is open, the other is so far away."""
        lower, upper = self._lower.get(name), self._upper.get(name)
        if lower is None:
            lower = Fraction(-REACH) if upper is None else min(upper, Fraction(0)) - REACH
        if upper is None:
            upper = max(lower, Fraction(0)) + REACH
        return repr(float(lower)), repr(float(upper))


def _rational(number: Atom) -> Fraction:
    exponent = re.search(r"[eE][+-]?(\d+)$", number.text)
    found = Fraction(number.text) if not exponent or len(exponent[1]) <= 3 else None
    if found is None or abs(found) > sys.float_info.max:
        raise _RefusedError(number, "a bound beyond the range of floats is not supported")
    return found
