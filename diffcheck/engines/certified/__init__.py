"""The certified engine: enclosures of a function and its derivative at a point, proved by ball arithmetic (python-flint, Arb).

It sees only the user's function, and judges what the other engines found; it never takes part in finding it.
"""

from diffcheck.engines.certified.certificate import Certificate, scope
from diffcheck.engines.certified.enclose import certify, enclose_value
from diffcheck.engines.certified.rounding import rounding_bound

__all__ = ["Certificate", "certify", "enclose_value", "rounding_bound", "scope"]
