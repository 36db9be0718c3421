"""FPCore files: the format of FPBench's benchmarks, read as a suite. https://fpbench.org/spec/fpcore-2.0.html

A core becomes a text in diffcheck's language, with a definition for each `let`; its precondition becomes the domain of
random points. What has no such text (loops, tensors, other number formats) is said so, with its line, and the other cores go on.
"""

from __future__ import annotations

import re
import sys
from collections import ChainMap, Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from diffcheck.errors import SuiteError
from diffcheck.language.lexer import MAXIMUM_BYTES
from diffcheck.printable import quoted, shown
from diffcheck.suites.cases import MAX_NAME, Case, Sampling, Unreadable
from diffcheck.suites.fpcore_table import COMPARISONS, CONSTANTS, FUNCTIONS, OPERATORS, PRECISIONS, RESERVED
from diffcheck.suites.s_expressions import BracketError, Form, Node, Symbol, read_forms

RANDOM_POINTS = 10  # of each core
REACH = 100  # from a domain's end to the other, where a precondition names one or none
MAX_DEPTH = 200
TOO_LONG = f"as a text of diffcheck's language this is longer than {MAXIMUM_BYTES // 1024} KiB"
# a text without an end goes to that of the file
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?\d+/\d+")
_HEX = re.compile(r"[+-]?0x([\da-f]+(\.[\da-f]*)?|\.[\da-f]+)(p[+-]?\d{1,4})?", re.IGNORECASE)


Names = ChainMap[str, str]  # what is written for each name of the core, in a scope


class _RefusedError(Exception):
    def __init__(self, node: Node, what: str) -> None:
        super().__init__(what)
        self.line = node.line


def read_fpcore(content: bytes, path: Path) -> list[Case | Unreadable]:
    """The cores of a file. Raises SuiteError for what is not a list of S-expressions."""
    try:
        forms = read_forms(content.decode())
    except UnicodeDecodeError as error:
        raise SuiteError(f"{shown(path)}: not a text in UTF-8: {error.reason} at byte {error.start}") from error
    except BracketError as error:
        raise SuiteError(f"{shown(path)}:{error.line}: {error}") from error
    cores = [node for node in forms if isinstance(node, Form) and node.head == "FPCore"]
    return [_case(core, number, str(path)) for number, core in enumerate(cores, 1)]


def _case(core: Form, number: int, file: str) -> Case | Unreadable:
    name = f"core {number}"
    try:
        properties = _properties(core)
        named = properties.get(":name")
        if isinstance(named, Symbol):
            if len(named.text) > MAX_NAME:
                raise _RefusedError(named, f"a name has at most {MAX_NAME:,} letters")
            name = named.text.strip('"')
        return _as_case(core, properties, name, file)
    except _RefusedError as error:
        return Unreadable(name, core.line, f"{file}:{error.line}: {error}", file)


def _properties(core: Form) -> Mapping[str, Node]:
    """What stands between the arguments and the body, by name."""
    names = core.items[_arguments_at(core) + 1 : -1]
    return {key.text: value for key, value in zip(names[::2], names[1::2], strict=False) if isinstance(key, Symbol)}


def _arguments_at(core: Form) -> int:
    place = next((i for i, item in enumerate(core.items) if isinstance(item, Form)), len(core.items))
    if place > 2 or len(core.items) < place + 2:
        raise _RefusedError(core, 'an FPCore is written (FPCore (x y) :name "…" expression)')
    return place


def _as_case(core: Form, properties: Mapping[str, Node], name: str, file: str) -> Case:
    arguments = core.items[_arguments_at(core)]
    assert isinstance(arguments, Form)
    precision = properties.get(":precision", Symbol("binary64", core.line))
    if not isinstance(precision, Symbol) or precision.text not in PRECISIONS:
        raise _RefusedError(precision, "only the precisions binary32 and binary64 are supported")
    translation = Translation(arguments)
    expression = translation.text(core.items[-1], ChainMap(translation.names))
    sampling = _sampling(properties.get(":pre"), translation)
    text = "; ".join([*translation.definitions, expression])
    if len(text) > MAXIMUM_BYTES:
        raise _RefusedError(core, TOO_LONG)
    return Case(name, core.line, text, (), dtype=PRECISIONS[precision.text], spare_coordinates=True, file=file, sampling=sampling)


class Translation:
    """One core's expressions as texts, every operation in brackets of its own; what is used twice becomes a definition."""

    def __init__(self, arguments: Form) -> None:
        self.definitions = list[str]()
        self.names = dict[str, str]()  # what the language calls each argument
        self._taken = set[str]()
        self._tried = Counter[str]()
        for argument in arguments.items:
            if not isinstance(argument, Symbol):
                raise _RefusedError(argument, "an argument that is not a number is not supported")
            if argument.text in self.names:
                raise _RefusedError(argument, f"there are two arguments {quoted(argument.text)}")
            self.names[argument.text] = self._fresh(argument.text)
        self._places = {name: place for place, name in enumerate(self.names.values())}
        self._left = MAX_DEPTH * MAXIMUM_BYTES  # letters to write; more are never in a text that the language reads

    def _fresh(self, name: str) -> str:
        """A name of the language that nothing has yet: `eps*` and `e` are none that a variable can have."""
        base = re.sub(r"\W", "_", name)
        base = base if re.match(r"[^\W\d_]", base) else f"v{base}"
        fresh = f"{base}_" if base in RESERVED else base
        while fresh in self._taken or fresh in RESERVED:
            self._tried[base] += 1
            fresh = f"{base}_{self._tried[base]}"
        self._taken.add(fresh)
        return fresh

    def text(self, node: Node, names: Names, depth: int = 0) -> str:
        if depth > MAX_DEPTH:
            raise _RefusedError(node, f"nested deeper than {MAX_DEPTH}")
        if isinstance(node, Symbol):
            return self._atom(node, names)
        if node.head in ("let", "let*"):
            return self._let(node, names, depth)
        arguments = [self.text(item, names, depth + 1) for item in self._operands(node)]
        self._spend(node, arguments)
        if node.head in COMPARISONS:
            arguments[1:-1] = [self._shared("t", argument, node) for argument in arguments[1:-1]]
            pairs = zip(arguments, arguments[1:], strict=False)
            return f"({' and '.join(f'{a} {COMPARISONS[node.head]} {b}' for a, b in pairs)})"
        if node.head in OPERATORS and len(arguments) > 1:
            return f"({f' {node.head} '.join(arguments)})"
        template = FUNCTIONS.get((node.head, len(arguments)))
        if template is None:
            raise _RefusedError(node, f"{quoted(node.head or 'this')} with {len(arguments)} arguments is not supported")
        if template.count("{0}") > 1:
            arguments[0] = self._shared("t", arguments[0], node)
        return template.format(*arguments)

    def _spend(self, node: Node, texts: Sequence[str]) -> None:
        """A few letters may stand for a long text: refused before it is written."""
        self._left -= sum(map(len, texts))
        if self._left < 0:
            raise _RefusedError(node, TOO_LONG)

    @staticmethod
    def _operands(node: Form) -> list[Node]:
        if node.head == "!":
            if any(isinstance(item, Symbol) and item.text in (":precision", ":round") for item in node.items):
                raise _RefusedError(node, "a precision within an expression is not supported")
            return node.items[-1:]
        if node.head in ("while", "while*", "for", "for*", "tensor", "tensor*", "array"):
            raise _RefusedError(node, f"{node.head!r} is not supported: the language has no loops and no arrays")
        return node.items[1:]

    def _atom(self, atom: Symbol, names: Names) -> str:
        if atom.text in names:
            return names[atom.text]
        if atom.text in CONSTANTS:
            return CONSTANTS[atom.text]
        if _NUMBER.fullmatch(atom.text):
            plain = atom.text.lstrip("+")
            return plain if plain[0].isdigit() and "/" not in plain else f"({plain})"
        if _HEX.fullmatch(atom.text):
            return f"({_rational(atom)})"
        raise _RefusedError(atom, f"{quoted(atom.text)} is neither a number nor a variable nor a constant that is supported")

    def _let(self, node: Form, names: Names, depth: int) -> str:
        """Each value becomes a definition in the variables that it uses: shared, as in the core."""
        inner = names.new_child()
        if len(node.items) != 3 or not isinstance(node.items[1], Form):
            raise _RefusedError(node, f"{node.head!r} wants bindings and a body")
        for binding in node.items[1].items:
            if not isinstance(binding, Form) or len(binding.items) != 2 or not isinstance(binding.items[0], Symbol):
                raise _RefusedError(binding, "a binding is written (name value)")
            value = self.text(binding.items[1], inner if node.head == "let*" else names, depth + 1)
            inner[binding.items[0].text] = self._shared(binding.items[0].text, value, binding)
        return self.text(node.items[2], inner, depth + 1)

    def _shared(self, name: str, value: str, node: Node) -> str:
        """A call of a definition with that value; a value without variables is called with 0, as a definition has a parameter."""
        if re.fullmatch(r"\w+", value):
            return value
        used = sorted(self._places.keys() & set(re.findall(r"\w+", value)), key=self._places.__getitem__)
        function = self._fresh(f"{name}_{len(self.definitions) + 1}")
        parameters = ", ".join(used) or self._fresh("t")
        definition = f"{function}({parameters}) = {value}"
        self._spend(node, [definition])
        self.definitions.append(definition)
        return f"{function}({', '.join(used) or 0})"


def _sampling(pre: Node | None, translation: Translation) -> Sampling:
    """A box around what the precondition allows; random points must meet it besides."""
    parts = pre.items[1:] if isinstance(pre, Form) and pre.head == "and" else [pre] if pre is not None else []
    bounds = _Bounds(translation.names, parts)
    domain = {name: bounds.ends(name) for name in translation.names.values()}
    where = " and ".join(translation.text(part, ChainMap(translation.names)) for part in parts)
    return Sampling(domain, random=RANDOM_POINTS, where=where)


class _Bounds:
    """What the comparisons of a precondition say of single variables."""

    def __init__(self, names: Mapping[str, str], parts: Iterable[Node]) -> None:
        self._names = names
        above, below = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
        least, most = list[tuple[Fraction, str]](), list[tuple[Fraction, str]]()
        for small, large in _pairs(parts):
            lower, upper = names.get(small.text), names.get(large.text)
            if lower is not None and upper is not None:
                above[lower].append(upper)
                below[upper].append(lower)
            elif upper is not None and _is_number(small):
                least.append((_rational(small), upper))
            elif lower is not None and _is_number(large):
                most.append((_rational(large), lower))
        self._lower = _spread(sorted(least, reverse=True), above)
        self._upper = _spread(sorted(most), below)

    def ends(self, name: str) -> tuple[str, str]:
        """Decimal texts; where one end is open, the other is so far away."""
        lower, upper = self._lower.get(name), self._upper.get(name)
        if lower is None:
            lower = Fraction(-REACH) if upper is None else min(upper, Fraction(0)) - REACH
        if upper is None:
            upper = max(lower, Fraction(0)) + REACH
        return repr(float(lower)), repr(float(upper))


def _pairs(parts: Iterable[Node]) -> Iterator[tuple[Symbol, Symbol]]:
    """Neighbours in comparisons such as (<= 0 x y), the smaller one first."""
    for part in parts:
        if isinstance(part, Form) and part.head in ("<", "<=", ">", ">="):
            operands = part.items[:0:-1] if part.head.startswith(">") else part.items[1:]
            for small, large in zip(operands, operands[1:], strict=False):
                if isinstance(small, Symbol) and isinstance(large, Symbol):
                    yield small, large


def _spread(known: Iterable[tuple[Fraction, str]], beyond: Mapping[str, Sequence[str]]) -> dict[str, Fraction]:
    """The bound of each name: where x < y, a lower bound of x is one of y. `known` begins with the strongest bound."""
    found = dict[str, Fraction]()
    for bound, first in known:
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = bound
                waiting += beyond.get(name, ())
    return found


def _is_number(atom: Symbol) -> bool:
    return bool(_NUMBER.fullmatch(atom.text) or _HEX.fullmatch(atom.text))


def _rational(number: Symbol) -> Fraction:
    """The number that an atom is; raises _RefusedError where it is none that a float can be near to."""
    try:
        if _HEX.fullmatch(number.text):
            return Fraction(float.fromhex(number.text))
        exponent = re.search(r"[eE][+-]?(\d+)$", number.text)
        found = Fraction(number.text) if not exponent or len(exponent[1]) <= 3 else None
    except (ValueError, OverflowError, ZeroDivisionError):  # thousands of digits, 0x1p9999, 1/0
        found = None
    if found is None or abs(found) > sys.float_info.max:
        raise _RefusedError(number, f"{quoted(number.text)} is not a number within the range of floats")
    return found
