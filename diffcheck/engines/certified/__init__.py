"""The certified engine: enclosures of a function and its derivative at a point, proved by ball arithmetic (python-flint, Arb).

It sees only the user's function, and judges what the other engines found; it never takes part in finding it.
"""

from diffcheck.engines.certified.bounds.rounding import Arithmetic, culprit, rounding_bound
from diffcheck.engines.certified.bounds.ties import ties_within_rounding
from diffcheck.engines.certified.certificate import enclosure, scope
from diffcheck.engines.certified.line.taylor import taylor_coefficients
from diffcheck.engines.certified.status.enclose import certify, enclose_value
from diffcheck.engines.certified.status.facts import applied, conditions, enclose_nodes, live_arguments, origins, reaching
from diffcheck.engines.certified.status.linearised import Linearised, linearised
from diffcheck.engines.certified.status.mixed import certify_mixed
from diffcheck.engines.certified.status.places import pieces

__all__ = [
    "Arithmetic",
    "Linearised",
    "applied",
    "certify",
    "certify_mixed",
    "conditions",
    "culprit",
    "enclose_nodes",
    "enclose_value",
    "enclosure",
    "linearised",
    "live_arguments",
    "origins",
    "pieces",
    "reaching",
    "rounding_bound",
    "scope",
    "taylor_coefficients",
    "ties_within_rounding",
]
