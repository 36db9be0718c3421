"""LaTeX's commands and the modules of Python: what the lexer makes of `\\sin`, `\\cdot`, `\\alpha_1` and `np.sin`."""

from __future__ import annotations

import re

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
}
SPACES = frozenset((",", ";", ":", "!", " ", "quad", "qquad", "displaystyle", "left", "right"))
NAMES = {
    "infty": "inf", "partial": "∂", r"theta\left": "heaviside",  # as `derive` writes it; \\theta elsewhere is a variable
    **{f"var{name}": name for name in ("epsilon", "theta", "phi", "rho", "sigma", "kappa", "pi")},
}  # fmt: skip
GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho",
    "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega",
))  # fmt: skip
MODULES = frozenset((
    "np", "numpy", "jnp", "jax", "nn", "lax", "scipy", "special", "math", "cmath", "Math", "torch", "functional", "F", "tf", "sympy",
    "sp", "mpmath", "mp",
))  # fmt: skip


def command(token: str) -> tuple[str, str]:
    """Type and text of the token that a command stands for; the type is '' for a space."""
    name = re.sub(r"^\\(?:operatorname\*?|mathrm|text)\s*\{(.*)\}$", r"\1", token).lstrip("\\").replace("\\_", "_")
    head, separator, index = name.partition("_")
    if name in OPERATORS:
        return OPERATORS[name]
    if name in SPACES:
        return "", ""
    return "NAME", NAMES.get(head, head) + separator + index.strip("{}")
