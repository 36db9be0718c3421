"""LaTeX's commands, and its arguments without braces: what the lexer makes of `\\sin`, `\\cdot`, `\\alpha_1` and `\\frac12`."""

from __future__ import annotations

import re

from lark import Token

OPERATORS = {
    **dict.fromkeys(("cdot", "times", "ast"), ("MULTIPLY", "*")),
    "div": ("DIVIDE", "/"),
    **dict.fromkeys(("le", "leq", "leqslant"), ("LESS_EQUAL", "<=")),
    **dict.fromkeys(("ge", "geq", "geqslant"), ("GREATER_EQUAL", ">=")),
    **dict.fromkeys(("ne", "neq"), ("NOT_EQUAL", "!=")),
    "lt": ("LESS", "<"),
    "gt": ("GREATER", ">"),
    **dict.fromkeys(("land", "wedge"), ("AND", "and")),
    **dict.fromkeys(("lor", "vee"), ("OR", "or")),
    **dict.fromkeys(("lnot", "neg"), ("NOT", "not")),
    "circ": ("COMPOSE", "∘"),
    "prime": ("PRIME", "'"),
    "colon": ("COLON", ":"),
}
SPACES = frozenset((
    ",", ";", ":", "!", " ", "quad", "qquad", "displaystyle", "textstyle", "scriptstyle", "left", "right", "limits", "rm", "it", "bf",
    "mathrm", "thinspace", "space",
))  # fmt: skip
STYLED = re.compile(r"^\\(?:operatorname\*?|math(?:rm|bf|it|sf)|text(?:rm|bf|it|sf)?|boldsymbol)\s*\{(.*)\}$")
# commands that mean nothing here: what to write
ELSEWHERE = {
    "lg": r"Write \log_{10} x for the logarithm to base 10, \log_2 x for that to base 2.",
    "over": r"Write \frac{a}{b}.",
    **dict.fromkeys(("pm", "mp"), "Write one formula for each sign."),
    **dict.fromkeys(("int", "iint", "oint"), "Give the integral as an expression."),
    **dict.fromkeys(("sum", "prod"), "Write sum(x_i, i=1..3) or prod(x_i, i=1..3)."),
    "lim": "Give the function alone: where it has a gap, `check` says what its limits are.",
    "nabla": "Give the function alone: --wrt says by which variables.",
    **dict.fromkeys(("vec", "hat", "bar", "overline", "tilde", "dot"), "Write the name alone, without an accent."),
    **dict.fromkeys(("ldots", "cdots", "dots"), "Write all of it."),
}
ARGUMENTS = {"FRACTION": 2, "INDEXED_ROOT": 1}
NAMES = {
    "infty": "inf", "partial": "∂", r"theta\left": "heaviside",  # as `derive` writes it; \\theta elsewhere is a variable
    **{f"var{name}": name for name in ("epsilon", "theta", "phi", "rho", "sigma", "kappa", "pi")},
}  # fmt: skip
GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho",
    "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
))  # fmt: skip


def command(token: str) -> tuple[str, str]:
    """Type and text of the token that a command stands for; the type is '' for a space."""
    name = STYLED.sub(r"\1", token).lstrip("\\").replace("\\_", "_")
    head, separator, index = name.partition("_")
    if name in OPERATORS:
        return OPERATORS[name]
    if name in SPACES:
        return "", ""
    return "NAME", NAMES.get(head, head) + separator + index.strip("{}")


def braced(text: str, tokens: list[Token]) -> list[Token]:
    """The tokens with brackets of no width around arguments without braces: \\frac12, \\frac x{2}, \\sqrt2, \\sqrt[3]x."""
    if "\\" not in text:
        return tokens
    found: list[Token] = []
    waiting = tokens[::-1]
    open_: list[int | None] = []  # how many arguments a command still wants; None within a bracket
    while waiting:
        token = waiting.pop()
        wanted = open_[-1] if open_ else None
        if wanted and token.type in ("NAME", "NUMBER"):
            first, *rest = _letters(text, token)
            found += [_mark("LPAR", first.start_pos), first, _mark("RPAR", first.end_pos)]
            waiting += rest
            open_[-1] = wanted - 1
        else:
            found.append(token)
            _follow(text, token, open_)
        while open_ and open_[-1] == 0:
            open_.pop()
    return found


def _follow(text: str, token: Token, open_: list[int | None]) -> None:
    """Note a command that wants arguments, and the brackets around one."""
    is_root = token == "sqrt" and text.startswith("\\sqrt", token.start_pos or 0)
    wanted = 1 if is_root else ARGUMENTS.get(token.type, 0)
    if wanted:
        open_.append(wanted)
    elif token.type == "LPAR":
        if open_ and open_[-1]:
            open_[-1] -= 1
        open_.append(None)
    elif token.type == "RPAR" and None in open_:
        while open_.pop() is not None:
            pass


def _letters(text: str, token: Token) -> list[Token]:
    """The first sign of a token, which is the argument, and the rest of it; a command is one sign."""
    place = token.start_pos or 0
    if len(token) == 1 or text.startswith("\\", place) or not token.isalnum():
        return [token]
    rest = token[1:]
    kind = "NUMBER" if rest[0].isdigit() else "NAME"
    return [Token(token.type, token[0], place, end_pos=place + 1), Token(kind, rest, place + 1, end_pos=token.end_pos)]


def _mark(kind: str, place: int | None) -> Token:
    return Token(kind, "", place, end_pos=place)
