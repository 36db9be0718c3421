"""Real expressions: all are read, the enclosures contain the records' truth, no alarm is false, and corrupted claims are caught.

`python tests/test_corpora.py` prints docs/refused.md.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from diffcheck.checks.expression import Check, Claim
from diffcheck.checks.points import from_mappings
from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.engines.certified import certify
from diffcheck.errors import ExpressionError
from diffcheck.graph.build import Problem, read
from diffcheck.graph.functions import FUNCTIONS, LACKS
from diffcheck.language import syntax
from diffcheck.results import Certificate, Outcome, Result, Sample, Status, Verdict

HERE = Path(__file__).parent
REFUSED_PAGE = HERE.parent / "docs" / "refused.md"

# (expressions, of which refused, claims of independent derivatives)
COUNTS = {
    "fpbench": (58, 0, 0),
    "herbie": (99, 0, 0),
    "feynman": (60, 0, 0),
    "rubi": (196, 0, 196),
    "activations": (27, 0, 0),
    "sympy": (53, 0, 53),
    "diffrules": (53, 0, 59),
    "jax-scan": (50, 0, 0),
}
each_corpus = pytest.mark.parametrize("corpus", COUNTS)


@dataclass(frozen=True)
class Known:
    """What a record says of one point: the slopes as text, or the pair of them at a kink."""

    at: Mapping[str, float]
    value: str
    slopes: Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Case:
    """One record of a corpus."""

    id: str
    text: str
    points: tuple[Known, ...]
    claims: tuple[Claim, ...]


@cache
def cases(corpus: str) -> tuple[Case, ...]:
    return tuple(case_of(json.loads(line)) for line in (HERE / "corpora" / f"{corpus}.jsonl").read_text().splitlines())


def case_of(record: dict) -> Case:
    points = tuple(Known(point["at"], point["value"], point["slopes"]) for point in record["points"])
    claims = tuple(Claim(expected["var"], expected["order"], expected["expr"]) for expected in record.get("expected", ()))
    return Case(record["id"], record["expr"], points, claims)


def read_or_refuse(text: str) -> Problem | str:
    try:
        return read(text)
    except ExpressionError as error:
        return str(error)


# Reading


@each_corpus
def test_every_expression_is_read_or_refused_with_a_reason(corpus: str) -> None:
    refused = [case for case in cases(corpus) if isinstance(read_or_refuse(case.text), str)]
    claims = [claim for case in cases(corpus) for claim in case.claims]
    assert (len(cases(corpus)), len(refused), len(claims)) == COUNTS[corpus]
    assert not [claim for claim in claims if isinstance(read_or_refuse(claim.text), str)]


def test_the_page_of_refused_expressions_is_up_to_date() -> None:
    assert REFUSED_PAGE.read_text() == refused_page(), "run: python tests/test_corpora.py > docs/refused.md"


def refused_page() -> str:
    """docs/refused.md: what of the corpora cannot be read, and which of their functions an engine lacks."""
    lines = [
        "# What is refused",
        "",
        "Made by `python tests/test_corpora.py` from the corpora in tests/corpora; a test holds it up to date.",
        "",
        "| corpus | expressions | refused |",
        "|---|---|---|",
        *(f"| {corpus} | {total} | {refused} |" for corpus, (total, refused, _) in COUNTS.items()),
        "",
        "## Expressions that are not read",
        "",
        *(reasons_for_refusal() or ["None."]),
        "",
        "## Functions that an engine lacks",
        "",
        "The expression is read and its derivatives are enclosed, but this engine says `unsupported`.",
        "",
        "| function | engine | expressions |",
        "|---|---|---|",
        *(f"| {name} | {engine} | {count} |" for (name, engine), count in sorted(lacking().items())),
        "",
    ]
    return "\n".join(lines)


def reasons_for_refusal() -> list[str]:
    outcomes = ((case, read_or_refuse(case.text)) for corpus in COUNTS for case in cases(corpus))
    return [f"- `{case.text}` ({case.id}): {outcome}" for case, outcome in outcomes if isinstance(outcome, str)]


def lacking() -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for corpus in COUNTS:
        for case in cases(corpus):
            problem = read_or_refuse(case.text)
            names = problem.target.flat.functions if isinstance(problem, Problem) else ()
            found.update((name, engine) for name in names for engine in ("jax", "sympy") if FUNCTIONS[name].column(engine) is LACKS)
    return found


# Enclosures

TRUTH_DIGITS = EXACT.create_decimal("1e-25")  # of the 30 that are given; mpmath's difference quotients lose some
NEGLIGIBLE = EXACT.create_decimal("1e-40")  # relative to the value: what a difference quotient cannot see

UNPROVED = {  # id -> why no derivative is proved
    "herbie/numerics/great-debate/1": "a comparison of two sides that are identically equal",
    "jaxscan/expn2": "expint(2, x) at x = 0 has a value, but the engine has no one-sided series for it",
}
NOISE = {  # id -> why the record's slope is not the derivative
    "herbie/mathematics/gui/4": "a difference quotient across a kink gives the mean of the two slopes",
    "herbie/mathematics/latlong/1": "a difference quotient across a kink gives the mean of the two slopes",
    "herbie/physics/dimer-escape/3": "a difference quotient across a kink gives the mean of the two slopes",
    "herbie/libraries/coolprop/13": "exponents that do not fit into a Decimal",
    "herbie/libraries/coolprop/18": "exponents that do not fit into a Decimal",
    "herbie/libraries/coolprop/23": "0 for 1e-23451879: 1/tanh² - 1 was rounded to zero",
    "herbie/libraries/coolprop/24": "0 for 1e-23451874: 1/tanh² - 1 was rounded to zero",
    "herbie/physics/tea-flows/2": "0 for 1e-204: the quotient was rounded to 1",
    "act/gaussian": "0 for 1e-4340: exp(-10000) was rounded to zero",
    "act/gelu_exact": "0 for 1e-2170: 1 + erf(…) was rounded to zero",
    "jaxscan/betainc_x": "betainc is continued beyond [0, 1] by a formula",
}


@each_corpus
def test_the_enclosure_contains_the_truth(corpus: str) -> None:
    contradictions = []
    for case in cases(corpus):
        problem = read(case.text)
        for known, wrt, slope in known_slopes(case, problem):
            proof = certify(problem.target.flat, {name: known.at[name] for name in problem.variables}, wrt)
            excused = case.id in NOISE or (case.id in UNPROVED and proof.status is Status.UNDECIDED)
            if not excused and not agrees(proof, known, slope):
                contradictions.append((case.id, known.at, wrt, slope, proof))
    assert not contradictions


def known_slopes(case: Case, problem: Problem) -> Iterator[tuple[Known, str, str | list[str]]]:
    for known in case.points:
        yield from ((known, wrt, slope) for wrt, slope in known.slopes.items() if wrt in problem.variables)


def agrees(proof: Certificate, known: Known, slope: str | list[str]) -> bool:
    """Whether a certificate agrees with a record's slope, a number or words."""
    if isinstance(slope, str):
        return proof.status is Status.VERTICAL if "inf" in slope else proof.derivative is not None and close(proof.derivative, slope, known)
    words = [side.partition(" ")[0] for side in slope]
    if "jump" in words:
        return proof.status is Status.JUMP
    if "undefined" in words or "inf" in slope:
        return proof.status is (Status.UNDEFINED if words == ["undefined"] * 2 else Status.BOUNDARY)
    sides = (proof.left, proof.right)
    return proof.status is Status.KINK and all(side and close(side, text, known) for side, text in zip(sides, slope, strict=True))


def close(enclosure: Enclosure, text: str, known: Known) -> bool:
    truth, value = EXACT.create_decimal(text), EXACT.create_decimal(known.value)
    slack = EXACT.add(EXACT.multiply(EXACT.abs(truth), TRUTH_DIGITS), EXACT.multiply(EXACT.abs(value), NEGLIGIBLE))
    return EXACT.subtract(enclosure.lower, slack) <= truth <= EXACT.add(enclosure.upper, slack)


# Verdicts

# part -> (corpus, which cases, least number of verdicts at smooth points, most that are undecided; what an engine lacks is not counted)
PARTS = {
    "fpbench": ("fpbench", slice(None), 2499, 0),
    "feynman": ("feynman", slice(None), 2295, 0),
    "activations": ("activations", slice(None), 1011, 0),
    "herbie, a third": ("herbie", slice(1, None, 3), 1500, 36),
    "rubi, a quarter": ("rubi", slice(0, None, 4), 350, 0),
    "diffrules": ("diffrules", slice(None, None, 2), 250, 0),
    "sympy": ("sympy", slice(None, None, 3), 150, 0),
    "jax-scan": ("jax-scan", slice(None, None, 3), 200, 3),
}
LONG_PARTS = {
    "herbie": ("herbie", slice(None), 5400, 36),
    "rubi": ("rubi", slice(None), 1758, 0),
    "diffrules": ("diffrules", slice(None), 585, 0),
    "sympy": ("sympy", slice(None), 675, 0),
    "jax-scan": ("jax-scan", slice(None), 702, 3),
}
CLAIMED = {
    "rubi, an eighth": ("rubi", slice(3, None, 8)),
    "diffrules": ("diffrules", slice(None, None, 2)),
    "sympy": ("sympy", slice(None, None, 3)),
}
LONG_CLAIMED = {"rubi": ("rubi", slice(None)), "diffrules": ("diffrules", slice(None)), "sympy": ("sympy", slice(None))}
MOST_UNDECIDED = 0.02
SLOW = {"hyp2f1"}  # JAX compiles it for 12 s: left to the long run


def chosen_cases(corpus: str, chosen: slice) -> list[Case]:
    everything = chosen == slice(None)
    return [case for case in cases(corpus)[chosen] if everything or not SLOW & read(case.text).target.flat.functions]


@cache
def alarms() -> dict[str, str]:
    """id -> why a `fail` there is true."""
    records = map(json.loads, (HERE / "corpora" / "alarms.jsonl").read_text().splitlines())
    return {record["id"]: record["reason"] for record in records}


def samples_of(case: Case, claims: Sequence[Claim] = ()) -> list[Sample]:
    job = Check(case.text, claims=claims, compiled=False)
    variables = job.problem.variables
    points = [{name: known.at[name] for name in variables} for known in case.points if set(variables) <= set(known.at)]
    return list(job.samples(from_mappings(points, variables, job.format)))


@pytest.mark.parametrize("part", PARTS)
def test_no_alarm_is_false(part: str) -> None:
    check_alarms(*PARTS[part])


@pytest.mark.long
@pytest.mark.parametrize("part", LONG_PARTS)
def test_no_alarm_is_false_in_all(part: str) -> None:
    check_alarms(*LONG_PARTS[part])


def check_alarms(corpus: str, chosen: slice, least_verdicts: int, most_undecided: int) -> None:
    total = undecided = 0
    unconfirmed = []
    for case in chosen_cases(corpus, chosen):
        for sample in samples_of(case):
            if sample.status not in (Status.SMOOTH, Status.UNDECIDED):
                continue
            total += len(sample.results)
            undecided += sum(result.verdict is Verdict.UNDECIDED for result in sample.results)
            failed = [result for result in sample.results if result.outcome is Outcome.FAIL]
            unconfirmed += [(case.id, sample.point, sample.wrt, result) for result in failed if not is_true(case, sample, result)]
    assert not unconfirmed
    assert total >= least_verdicts
    assert undecided <= most_undecided


def is_true(case: Case, sample: Sample, result: Result) -> bool:
    """Whether an alarm is listed with its reason, and the record's own slope confirms it."""
    known = next(known for known in case.points if all(known.at[name] == number for name, number in sample.point.items()))
    truth = known.slopes[sample.wrt]
    if case.id not in alarms() or not isinstance(truth, str) or result.value is None:
        return False
    return not math.isfinite(result.value) or not math.isclose(result.value, float(truth), rel_tol=1e-12) or case.id in NOISE


def test_few_verdicts_are_undecided() -> None:
    """The shares that the parts assert, put together."""
    parts = [counts for name, counts in PARTS.items() if name.partition(",")[0] not in LONG_PARTS] + list(LONG_PARTS.values())
    assert sum(undecided for *_, undecided in parts) <= MOST_UNDECIDED * sum(total for *_, total, _ in parts)


def test_every_alarm_belongs_to_a_case() -> None:
    assert set(alarms()) <= {case.id for corpus in COUNTS for case in cases(corpus)}


# Claims


@pytest.mark.parametrize("part", CLAIMED)
def test_corrupted_claims_are_caught(part: str) -> None:
    check_claims(*CLAIMED[part])


@pytest.mark.long
@pytest.mark.parametrize("part", LONG_CLAIMED)
def test_all_corrupted_claims_are_caught(part: str) -> None:
    check_claims(*LONG_CLAIMED[part])


def check_claims(corpus: str, chosen: slice) -> None:
    """Independent derivatives are not accused; each corrupted one is, at some point."""
    accused, missed = [], []
    for case in chosen_cases(corpus, chosen):
        for claim in case.claims:
            corrupted = corruptions(claim)
            samples = samples_of(case, [claim, *corrupted.values()])
            verdicts = [claims_in(sample) for sample in samples if (sample.wrt, sample.order) == (claim.wrt, claim.order)]
            if any(results[0].outcome is Outcome.FAIL for results in verdicts) and case.id not in alarms():
                accused.append((case.id, claim))
            for k, name in enumerate(corrupted, 1):
                caught = any(results[k].outcome is Outcome.FAIL for results in verdicts)
                if not caught and not all(are_one_number(results[0], results[k]) for results in verdicts):
                    missed.append((case.id, name, corrupted[name].text))
    assert not accused
    assert not missed


def are_one_number(a: Result, b: Result) -> bool:
    """Whether a corruption changed nothing: the sign of a zero, a factor that is one."""
    return a.value is not None and b.value is not None and math.isclose(a.value, b.value, rel_tol=1e-12)


def claims_in(sample: Sample) -> list[Result]:
    return [result for result in sample.results if result.engine == "claim"]


def corruptions(claim: Claim) -> dict[str, Claim]:
    texts = {
        "sign": f"-({claim.text})",
        "factor": f"2*({claim.text})",
        "slightly": f"({claim.text})*(1 + 1e-9)",
        "missing": missing_part(claim.text),
    }
    return {name: Claim(claim.wrt, claim.order, text) for name, text in texts.items()}


def missing_part(text: str) -> str:
    """The claim without a term or factor: only the first operand of the outermost sum, product or quotient."""
    tree = read(text).program.expression
    outer = [part for part in syntax.postorder(tree) if isinstance(part, syntax.Operation) and len(part.operands) == 2]
    if not outer:
        return f"({text}) + 1"
    span = outer[-1].operands[0].span
    return text[span.start : span.end]


if __name__ == "__main__":
    sys.stdout.write(refused_page())
