"""How a claim for a whole matrix is related to the right one: said with its wrong entries, beside what is said of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from diffcheck.checks.claimed import Claims, Layout
from diffcheck.engines.derivation import Derivation, Wanted
from diffcheck.judgement.resemblance import of_whole
from diffcheck.registry import CLAIM
from diffcheck.results import Result, Sample, Verdict


def compared(samples: Iterable[Sample], every: Sequence[Wanted], claims: Claims | Derivation | None) -> Iterator[Sample]:
    """The samples; where a claim is a matrix, with the relation."""
    if not isinstance(claims, Claims) or not claims.is_matrix or claims.layout is None:
        return iter(samples)
    return _related(samples, every, claims.layout)


def _related(samples: Iterable[Sample], every: Sequence[Wanted], layout: Layout) -> Iterator[Sample]:
    """The samples, of which each point has one for each derivative in this order, with the relation in the reasons of wrong claims."""
    rest = iter(samples)
    while point := list(islice(rest, len(every))):
        said = _relation(dict(zip(every, point, strict=False)), layout)
        yield from (_with(sample, said) for sample in point) if said else point


def _relation(point: dict[Wanted, Sample], layout: Layout) -> str:
    given, right = (np.full(len(layout.wanted), np.nan) for _ in range(2))
    for k, wanted in enumerate(layout.wanted):
        sample = point.get(wanted)
        claim = None if sample is None else _claim(sample)
        if sample is not None and claim is not None and sample.enclosure is not None and claim.value is not None:
            given[k], right[k] = claim.value, float(sample.enclosure)
    shape = layout.lengths if len(layout.lengths) == 2 else (1, layout.lengths[0])
    return of_whole(given.reshape(shape), right.reshape(shape), layout.what)


def _claim(sample: Sample) -> Result | None:
    return next((result for result in sample.results if result.engine == CLAIM.name), None)


def _with(sample: Sample, said: str) -> Sample:
    def explained(result: Result) -> Result:
        is_wrong = result.engine == CLAIM.name and result.verdict is Verdict.WRONG
        return replace(result, reason=f"{result.reason}. {said}") if is_wrong else result

    return replace(sample, results=tuple(map(explained, sample.results)))
