"""The table of sizes in docs/limits.md, from the constants of the code."""

from __future__ import annotations

from importlib import import_module

LIMITS = (  # what is limited, the constant, its unit, what happens beyond it
    ("an expression", "language.lexer:MAXIMUM_BYTES", "bytes", "error"),
    ("operations and literals as written", "language.lexer:MAXIMUM_NODES", "", "error"),
    ("brackets within brackets", "language.lexer:MAXIMUM_NESTING", "", "error"),
    ("digits of a literal", "language.lexer:MAXIMUM_DIGITS", "", "error"),
    ("the decimal exponent of a literal", "language.lexer:MAXIMUM_EXPONENT", "", "error"),
    ("letters of a name", "language.lexer:MAXIMUM_NAME", "", "error"),
    ("repetitions in f@n", "language.names:MAXIMUM_ITERATIONS", "", "error"),
    ("operations of a function or of its derivative, definitions written out", "graph.limits:MAX_NODES", "", "error, or `unsupported`"),
    ("the decimal exponent of a constant that is computed", "graph.limits:MAX_DECIMAL_EXPONENT", "", "error"),
    ("a literal integer exponent", "graph.limits:MAX_INTEGER_EXPONENT", "", "error"),
    ("points of a command, and numbers of a range", "checks.numbers:MAX_POINTS", "", "error"),
    ("points that are proved", "checks.pipeline:CERTIFIED_POINTS", "", "an even sample is proved, the others are `unsampled`"),
    ("operations up to which JAX's program is compiled", "checks.expression:COMPILED_NODES", "", "it runs operation by operation"),
    ("points sampled on an interval", "checks.interval:MAX_SAMPLES", "", "error"),
    ("entries of a Jacobian", "checks.matrices:CERTIFIED_ENTRIES", "", "proved at once; the worst and a few others are shown"),
    ("numbers on the way of a function that is proved at once", "checks.whole:MOST_ENTRIES", "", "screening; the worst are proved"),
    ("operations on balls for the rows of a Jacobian", "checks.at_once:WORK", "", "some rows, and seeded combinations of all"),
    ("entries that screening picks", "checks.matrices:SUSPECTS", "", "an even sample is added"),
    ("precision of balls", "engines.certified.work:PRECISIONS", "bits", "`undecided`"),
    ("work on a point", "engines.certified.work:BUDGET", "operations on short numbers", "`undecided`"),
    ("work on a point with exact numbers", "engines.certified.exact.reals:WORK", "products of terms", "`undecided`"),
    ("parts of an interval", "engines.certified.status.interval:EVALUATIONS", "", "the rest is `undecided`"),
    ("conditions within rounding of a tie", "engines.certified.bounds.ties:MOST_TIES", "", "`undecided`"),
    ("points of a case of a suite", "suites.sampling:MAX_POINTS", "", "error"),
    ("a TOML or FPCore suite", "suites.suite:MAX_WHOLE", "bytes", "error; JSON Lines are read line by line"),
    ("a line of a suite", "suites.json_lines:MAX_LINE", "bytes", "error"),
    ("the order of a derivative in a suite", "suites.fields:MAX_ORDER", "", "error"),
    ("seconds for a command or a case, unless --timeout says otherwise", "processes.limits:DEFAULT_SECONDS", "s", "`timed out`"),
    ("memory for a command or a case, unless --max-memory says otherwise", "processes.limits:DEFAULT_MEGABYTES", "MB", "`crashed`"),
)


def limits_table() -> str:
    """What is limited, how far it goes, and what happens beyond that."""
    rows = (f"| {what} | {_number(constant)}{f' {unit}' if unit else ''} | {beyond} |\n" for what, constant, unit, beyond in LIMITS)
    return "| what | limit | beyond it |\n| --- | --- | --- |\n" + "".join(rows)


def _number(constant: str) -> str:
    module, _, name = constant.partition(":")
    value = getattr(import_module(f"diffcheck.{module}"), name)
    largest = max(value) if isinstance(value, tuple) else value
    return f"{largest:,.0f}"
