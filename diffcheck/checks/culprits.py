"""Which custom rule is to blame for a wrong derivative: the one without which JAX gives the right value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from diffcheck.engines.derivation import Cause
from diffcheck.engines.jax.code_places import TracedFunction, source_line
from diffcheck.engines.jax.equations import CustomRule
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.lacking import lacking
from diffcheck.errors import UnsupportedError
from diffcheck.judgement.evidence import listed
from diffcheck.results import Blame

NEARLY = 1e-8  # relative: an approximation of a function may be that good
INSTEAD = "If the code approximates the function whose derivative that is, judge by that one, with --against"
AS_MUCH = 0.01  # of the error may be left when the rule to blame is taken off
MOST_RULES = 8  # of more, the others are blamed with them
DECORATORS = 20  # lines above a definition


def suspects(function: JaxFunction) -> list[CustomRule]:
    """The rules that may be wrong and can be taken off: those of the user, or where there are none, those of JAX's library."""
    rules = list(filter(function.can_do_without, function.custom_rules))
    return [rule for rule in rules if not rule.is_library] or rules


def faulty_rule(function: JaxFunction, entry: tuple[str, int, int], given: float, right: float, judged_by_itself: bool) -> Cause | None:
    """The custom rule, or the few, that made a wrong value (mode, row, column), found by taking them off.

    `judged_by_itself`: what is right was found from the function's own code.
    """
    mode, row, column = entry

    def value(rules: Sequence[CustomRule]) -> float:
        if mode == "forward":
            return float(function.forward([column], without=frozenset(rules))[row][0])
        return float(function.reverse([row], without=frozenset(rules))[0][column])

    return faulty(function, value, given, right, judged_by_itself)


def faulty(
    function: JaxFunction, value_without: Callable[[Sequence[CustomRule]], float], given: float, right: float, judged_by_itself: bool
) -> Cause | None:
    """The same of any derivative, which `value_without` gives without some of the rules."""

    def value(rules: Sequence[CustomRule]) -> float:
        try:
            with lacking():
                return value_without(rules)
        except UnsupportedError:  # JAX cannot differentiate what the rule was there for, or the rule cannot be taken off
            return math.nan

    def is_right(rules: Sequence[CustomRule]) -> bool:
        return abs(value(rules) - right) <= AS_MUCH * abs(given - right)

    found = _least(suspects(function), is_right)
    gap = abs(given - right) / abs(right) if right else math.inf
    if judged_by_itself and gap <= NEARLY and suspects(function):
        return _off_by_little(found or suspects(function), gap)
    if not found:
        return None
    verb, them = ("are", "them") if len(found) > 1 else ("is", "it")
    return Cause(f"{_names(found)} {verb} to blame; without {them} JAX gives {value(found):.10g}", _blame(found[0]))


def _off_by_little(rules: Sequence[CustomRule], gap: float) -> Cause:
    """What a rule looks like that is exact for a function which the code approximates.

    No test can tell it from a fault: it is the derivative of some function that is as near to the code.
    """
    verb = "differ" if len(rules) > 1 else "differs"
    words = f"{_names(rules)} {verb} from the derivative of the code by {gap:.1e} of it"
    return Cause(words, _blame(rules[0]), INSTEAD)


def _names(rules: Sequence[CustomRule]) -> str:
    return listed([described(rule) for rule in rules])


def _least(rules: Sequence[CustomRule], is_right: Callable[[Sequence[CustomRule]], bool]) -> Sequence[CustomRule]:
    """A rule without which the value is right, or rules of which none can stay; nothing where no set that is tried helps.

    One rule after the other is put back, so that no proper subset does, as in delta debugging (Zeller & Hildebrandt 2002); there may be a
    smaller set of others.
    """
    if not rules or not is_right(rules):  # JAX may need some of them: there is no derivative without the rule of a callback
        return next(([rule] for rule in rules[:MOST_RULES] if is_right([rule])), ())
    for rule in rules[:MOST_RULES]:
        others = [each for each in rules if each != rule]
        if others and is_right(others):
            rules = others
    return rules


def described(rule: CustomRule) -> str:
    """The rule `softplus_bwd` (rule.py:14); one that has no name by the function that it is for."""
    where = _written(rule)
    if where is None:
        return "a custom rule"
    place = f"{Path(where.file).name}:{_definition(where)}"
    if where is rule.rule and where.name.isidentifier():
        return f"the rule `{where.name}` ({place})"
    return f"the rule of `{rule.of.name}` ({place})" if rule.of is not None and rule.of.name.isidentifier() else f"the rule at {place}"


def _written(rule: CustomRule) -> TracedFunction | None:
    """What the user wrote of it: the rule itself, or the function, where JAX put the rule together."""
    own = rule.rule
    return rule.of if own is None or (own.is_library and not rule.is_library) else own


def _definition(function: TracedFunction) -> int:
    """The line of a function's `def`: Python counts from its first decorator."""
    lines = range(function.line, function.line + DECORATORS)
    return next((n for n in lines if source_line(function.file, n).lstrip().startswith(f"def {function.name}(")), function.line)


def _blame(rule: CustomRule) -> Blame | None:
    """The head of the rule; of a lambda, its line."""
    function = _written(rule)
    line = 0 if function is None else _definition(function)
    text = "" if function is None else source_line(function.file, line)
    if function is None or not text:
        return None
    start = text.find(function.name) if function.name.isidentifier() else -1
    if start < 0:
        return Blame(text, len(text) - len(text.lstrip()), len(text), function.file, line)
    return Blame(text, start, start + len(function.name), function.file, line)
