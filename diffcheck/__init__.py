"""diffcheck: is this derivative right, and if it is not, why?

Importing this package imports no engine; the public names are resolved when they are first used (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Check": "diffcheck.checks.expression",
    "Claim": "diffcheck.checks.expression",
    "CostReport": "diffcheck.costing",
    "assert_derivative": "diffcheck.api",
    "check": "diffcheck.api",
    "cost": "diffcheck.costing",
    "register": "diffcheck.graph.register",
    "trace": "diffcheck.traces",
    "DiffcheckError": "diffcheck.errors",
    "Domain": "diffcheck.graph.domains",
    "ExpressionError": "diffcheck.errors",
    "Function": "diffcheck.graph.functions",
    "InputError": "diffcheck.errors",
    "Kink": "diffcheck.graph.functions",
    "LACKS": "diffcheck.graph.functions",
    "LostError": "diffcheck.errors",
    "Outcome": "diffcheck.results",
    "Report": "diffcheck.api",
    "RuleCheck": "diffcheck.results",
    "Sample": "diffcheck.results",
    "Status": "diffcheck.results",
    "Trace": "diffcheck.traces",
    "UserCodeError": "diffcheck.errors",
    "Verdict": "diffcheck.results",
}
__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604  (names of this table)

if TYPE_CHECKING:
    from diffcheck.api import Report as Report
    from diffcheck.api import assert_derivative as assert_derivative
    from diffcheck.api import check as check
    from diffcheck.checks.expression import Check as Check
    from diffcheck.checks.expression import Claim as Claim
    from diffcheck.costing import CostReport as CostReport
    from diffcheck.costing import cost as cost
    from diffcheck.errors import DiffcheckError as DiffcheckError
    from diffcheck.errors import ExpressionError as ExpressionError
    from diffcheck.errors import InputError as InputError
    from diffcheck.errors import LostError as LostError
    from diffcheck.errors import UserCodeError as UserCodeError
    from diffcheck.graph.domains import Domain as Domain
    from diffcheck.graph.functions import LACKS as LACKS
    from diffcheck.graph.functions import Function as Function
    from diffcheck.graph.functions import Kink as Kink
    from diffcheck.graph.register import register as register
    from diffcheck.results import Outcome as Outcome
    from diffcheck.results import RuleCheck as RuleCheck
    from diffcheck.results import Sample as Sample
    from diffcheck.results import Status as Status
    from diffcheck.results import Verdict as Verdict
    from diffcheck.traces import Trace as Trace
    from diffcheck.traces import trace as trace


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'diffcheck' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
