"""From a text to its syntax tree: tokens, names, LALR parse, and the checks that need the whole program."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import MappingProxyType

from lark import Lark, Token
from lark.exceptions import UnexpectedToken

from diffcheck import caches
from diffcheck.errors import ExpressionError
from diffcheck.language.complaints import complain
from diffcheck.language.indexed import written_out
from diffcheck.language.lexer import check_nodes, check_size, corrected, read_tokens
from diffcheck.language.notations import WITHOUT_ITS_FUNCTION
from diffcheck.language.parts import Asked, Claimed
from diffcheck.language.refusals import RefusalError
from diffcheck.language.resolution import resolve_names
from diffcheck.language.syntax import Binding, Composition, Expression, Name, Operation, Script, Span, Vector, postorder
from diffcheck.language.tree import Statement, TreeBuilder
from diffcheck.language.written import unquoted
from diffcheck.results import counted


def parse(text: str, function_names: Collection[str], beside: Mapping[str, int] = MappingProxyType({})) -> Script:
    """Read a text: definitions, then one expression.

    `function_names` are the functions, aliases included, that may be called without a definition; `beside` are the definitions of
    another text that this one may use, each with the number of its parameters. Raises
    ExpressionError, which holds the place of the fault, for everything that cannot be read in exactly one way.
    """
    check_size(text)
    session = _grammar().parse_interactive(unquoted(text))
    raw = session.lexer_thread.lex(session.parser_state)
    tokens = written_out(text, read_tokens(text, raw))
    tokens = resolve_names(text, tokens, function_names, beside)
    check_nodes(text, tokens)
    try:
        for token in tokens:
            session.feed_token(token)
        statements = session.feed_token(Token.new_borrow_pos("$END", "", tokens[-1]))
    except UnexpectedToken as fault:
        raise complain(text, tokens, fault) from None
    except RefusalError as fault:
        quoted = [text[first:last] for first, last in fault.quoted]
        readings = [reading.format(*quoted) for reading in fault.readings]
        fix = corrected(text, fault.start, fault.end, *readings) if readings else fault.fix.format(*quoted)
        raise ExpressionError(fault.message, text, fault.start, fault.end, fix) from None
    program = _of_all_parameters(_program(text, statements))
    _check_calls(program)
    return program


@cache
def _grammar() -> Lark:
    """The parser's tables: 0.1 s to compute, 5 ms to load, so they are kept where nobody else can write: Lark unpickles them."""
    kept = caches.file("grammar.lark.cache")
    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        lexer="basic",
        transformer=TreeBuilder(),
        maybe_placeholders=False,
        cache=str(kept) if kept is not None else False,
    )


def _check_derivative(text: str, expression: Expression) -> None:
    """Refuse dy/dx alone and dx^2/dx, quotients of variables that nobody means."""
    match expression:
        case Operation("divide", (Name(above), Name(below)), span) if re.fullmatch("d[a-z]?/d[a-z]", f"{above}/{below}"):
            what, fix = WITHOUT_ITS_FUNCTION
            raise ExpressionError(what, text, span.start, span.end, fix)
        case Operation("divide", (above, Name(below)), span) if re.fullmatch("d[a-z]", below):
            if any(isinstance(part, Name) and part.name in ("d", below) for part in postorder(above)):
                fix = f"Write d/{below} (…), or give the function alone: its derivative is taken."
                raise ExpressionError(
                    f"'{below}' is one name here, and reads like the end of a derivative", text, span.start, span.end, fix
                )


def _program(text: str, statements: tuple[Statement, ...]) -> Script:
    definitions = tuple(statement for statement in statements if isinstance(statement, Binding))
    for statement, following in pairwise(statements):
        if not isinstance(statement, Binding):
            what = "a definition" if isinstance(following, Binding) else "another expression"
            fix = "Write definitions first, f(x) = …, then one expression."
            span = statement.span
            raise ExpressionError(f"{what} follows the expression", text, span.start, span.end, fix)
    last = statements[-1]
    if not isinstance(last, Binding):
        _check_derivative(text, last.body if isinstance(last, (Asked, Claimed)) else last)
    match last:
        case Binding():
            return Script(text, definitions, None)
        case Asked(wrt, body):
            return Script(text, definitions, body, wrt)
        case Claimed(body, span):
            return Script(text, definitions, body, claimed=span)
        case expression:
            return Script(text, definitions, expression)


def _of_all_parameters(program: Script) -> Script:
    """F@2 alone is applied to all parameters of F, where it has several: only a vector can be."""
    last = program.expression
    if not isinstance(last, Composition) or any(argument.span != last.span for argument in last.arguments):
        return program
    parameters = next((each.parameters for each in program.definitions if each.name == last.factors[-1].name), ())
    if len(parameters) < 2:
        return program
    return replace(program, expression=replace(last, arguments=tuple(Name(name, last.span) for name in parameters)))


def _check_calls(program: Script) -> None:
    """Definitions are used after they are written, as functions, and with the right number of arguments."""
    all_names = {definition.name for definition in program.definitions}
    bodies = [*((definition.name, definition.body) for definition in program.definitions), ("", program.expression)]
    has_vectors = "[" in program.text and any(isinstance(part, Vector) for _, body in bodies if body for part in postorder(body))
    written: dict[str, int] = {}
    for definition in program.definitions:
        _check_uses(program.text, definition.body, all_names, written, definition.name, has_vectors)
        written[definition.name] = len(definition.parameters)
    if program.expression is not None:
        _check_uses(program.text, program.expression, all_names, written, "", has_vectors)


def _check_uses(text: str, expression: Expression, names: set[str], written: dict[str, int], current: str, has_vectors: bool) -> None:
    for part in postorder(expression):
        if isinstance(part, Name) and part.name in names and written.get(part.name):
            message = f"'{part.name}' is defined as a function"
            raise ExpressionError(message, text, part.span.start, part.span.end, f"Write {part.name}(…).")
        if isinstance(part, Name) and part.name in names and part.name not in written:
            _check_order(text, part.name, part.span, names, written, current)
        if isinstance(part, Composition):
            for factor in part.factors:
                _check_order(text, factor.name, factor.span, names, written, current)
            if not has_vectors:  # of these, graph.build knows the number of entries
                _check_arity(text, part, written)


def _check_order(text: str, name: str, span: Span, names: set[str], written: dict[str, int], current: str) -> None:
    if name in names and name not in written:
        if name == current:
            fix = "A definition cannot use itself; f@3 composes f three times."
            raise ExpressionError(f"'{name}' is defined by itself", text, span.start, span.end, fix)
        raise ExpressionError(f"'{name}' is used before it is defined", text, span.start, span.end, "Write its definition first.")


def _check_arity(text: str, call: Composition, written: dict[str, int]) -> None:
    innermost = len(call.factors) - 1
    for place, factor in enumerate(call.factors):
        if factor.name not in written:
            continue
        parameters = written[factor.name]
        start, end = factor.span.start, factor.span.end
        is_plain = factor.primes == 0 and factor.iterations == 1 and place == innermost
        if not is_plain and parameters != 1:
            fix = "Only functions of one variable are composed, iterated or primed."
            raise ExpressionError(f"'{factor.name}' has {parameters} parameters", text, start, end, fix)
        if place == innermost and len(call.arguments) != parameters:
            message = f"'{factor.name}' needs {counted(parameters, 'argument')}, not {len(call.arguments)}"
            raise ExpressionError(message, text, start, call.span.end, "Give one argument for each parameter.")
