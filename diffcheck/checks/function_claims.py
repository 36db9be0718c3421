"""Claims as texts for the derivatives of a JAX function: its arguments are the variables, and arrays are vectors of x[0], x[1]."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from diffcheck.checks.calling import BoundCall
from diffcheck.checks.claimed import Claim, Claims, Given, KinkSide
from diffcheck.checks.leaves import number_in
from diffcheck.engines.derivation import Derivation, Evaluates, Names, Wanted
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.errors import InputError
from diffcheck.graph.functions import CONSTANT_NAMES
from diffcheck.graph.graph import Constant, Definition, GraphBuilder, Node, Variable
from diffcheck.graph.problem import Map, Problem
from diffcheck.graph.vectors import labels
from diffcheck.language import syntax

MOST_ENTRIES = 2_000  # of an array that a text may name
WhatIsClaimed = Derivation | Claims | None


def texts_of(claim: object) -> list[Given] | None:
    """A claim as texts; None for one that is an array, or a function."""
    texts = claim if isinstance(claim, (list, tuple)) and claim else [claim]
    return [*texts] if all(isinstance(text, (str, Claim)) for text in texts) else None


def claims_about(
    function: JaxFunction, name: str, point: BoundCall, wrt: Sequence[Names], texts: Sequence[Given], side: KinkSide | None
) -> Claims:
    """Raises InputError for a claim about what is not asked for."""
    for argument in point.names:
        _require_plain(argument, texts)
    claims = Claims(_problem(function, name, point), wrt, texts, side)
    asked = {tuple(sorted(names)) for names in wrt}
    for wanted in claims.claimed:
        if tuple(sorted(wanted[1])) not in asked:
            raise InputError(f"the claim is for {claims.symbol(wanted)}, which is not asked for", "Ask for it: --hessian, or --order N.")
    return claims


def claims_for(judged: Collection[Wanted], claims: WhatIsClaimed, subject: Evaluates) -> Mapping[Wanted, list[Derivation]]:
    """What is claimed of each of these derivatives. Raises InputError for a claim of its own for another one."""
    if not isinstance(claims, Claims):
        return {wanted: [] if claims is None else [claims] for wanted in judged}
    found: dict[Wanted, list[Derivation]] = {wanted: [] for wanted in judged}
    for wanted, derivation in claims.derivations(subject, judged):
        if wanted not in found:
            said = f"the claim is for {claims.symbol(wanted)}, which is not among those that are judged of so many"
            raise InputError(said, "Judge all of them: --entries all.")
        found[wanted].append(derivation)
    return found


def _problem(function: JaxFunction, name: str, point: BoundCall) -> Problem:
    """What a text may name: the variables, arrays, and as constants the numbers that are not differentiated by."""
    variables, lengths = function.variables, _lengths(function.outputs)
    unread = replace(_leaf(name, Constant(Fraction(0))), parameters=variables, arity=len(variables))  # claims need no more of f
    program = syntax.Script("", (), syntax.Name(name, syntax.Span(0, 0)))
    outputs = (unread,) * len(function.outputs) if lengths else ()
    return Problem(program, tuple(_numbers(function, point)), unread, outputs, lengths, tuple(_arrays(function)))


def _require_plain(name: str, texts: Sequence[Given]) -> None:
    """Raises InputError for an argument that is called like a constant, if a text uses it."""
    if name in CONSTANT_NAMES and any(
        re.search(rf"(?<![^\W\d]){name}(?!\w)", text.text if isinstance(text, Claim) else str(text)) for text in texts
    ):
        raise InputError(f"{name} is a constant in texts, and an argument of the function", "Give the claim as a function of Python.")


def _numbers(function: JaxFunction, point: BoundCall) -> Iterator[Definition]:
    for name, leaf in function.point.items():
        if not leaf.ndim and name.isidentifier():
            yield _leaf(name, Variable(name))
    for name, value in {**point.arguments, **point.static}.items():
        number = number_in(value)
        if name not in function.point and number is not None:
            yield _leaf(name, Constant(number))


def _arrays(function: JaxFunction) -> Iterator[Map]:
    for name, leaf in function.point.items():
        if 1 <= leaf.ndim <= 2 and leaf.size <= MOST_ENTRIES and name.isidentifier():
            entries = tuple(_leaf(name + label, Variable(name + label)) for label in labels(leaf.shape))
            yield Map(name, 0, leaf.shape, entries)


def _leaf(name: str, node: Node) -> Definition:
    builder = GraphBuilder()
    graph = builder.graph(builder.add(node))
    return Definition(name, graph.variables, 0, graph, graph)


def _lengths(outputs: Sequence[str]) -> tuple[int, ...]:
    """Those of the array whose entries have these labels; of other results they are counted."""
    lengths = tuple(int(place) + 1 for place in re.findall(r"\d+", outputs[-1]))
    return lengths if tuple(labels(lengths)) == tuple(outputs) else (len(outputs),)
