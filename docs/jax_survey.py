"""Surveys the public functions of jax.nn and jax.scipy.special that take floats, and writes docs/jax-functions.md (some minutes).

    python docs/jax_survey.py

Each is checked at 20 seeded points of its domain and at its kinks: against the function of the language that has its name, where
there is one, else against its own computation without its derivative rules.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import nn
from jax.scipy import special

from diffcheck.checks.function import check_function
from diffcheck.errors import DiffcheckError
from diffcheck.results import Findings, Outcome, Result, Sample, leibniz

PAGE = Path(__file__).parent / "jax-functions.md"
POINTS, SEED = 20, 20_240_501
Domain = dict[str, tuple[float, float]]
REAL: Domain = {"x": (-10.0, 10.0)}
POSITIVE: Domain = {"x": (0.01, 20.0)}
VECTOR = 4  # the length of the arguments of functions of arrays


@dataclass(frozen=True)
class Subject:
    """A function, where it is checked, and by what; `call` is how it is written in plain JAX, of the names of the domain."""

    call: str
    domain: Domain
    against: str = ""
    kinks: tuple[float, ...] = ()
    arrays: bool = False
    is_approximate: bool = False  # what it computes is not exactly the function whose derivative its rule gives
    function: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        parameters = ", ".join(self.domain)
        names = {"nn": nn, "special": special, "jax": jax}
        object.__setattr__(self, "function", eval(f"lambda {parameters}: {self.call}", names))  # a text of this file

    @property
    def name(self) -> str:
        return self.call.partition("(")[0].replace("nn.", "jax.nn.").replace("special.", "jax.scipy.special.")

    @property
    def where(self) -> str:
        """The domain, and the kinks."""
        ranges = [f"{name} in [{low:g}, {high:g}]" for name, (low, high) in self.domain.items()]
        return ", ".join(ranges) + (f"; {', '.join(f'{kink:g}' for kink in self.kinks)}" if self.kinks else "")

    def points(self) -> Iterator[dict[str, Any]]:
        generator = np.random.default_rng(SEED)
        shape = (VECTOR,) if self.arrays else ()
        for _ in range(POINTS):
            yield {name: generator.uniform(*ends, shape) for name, ends in self.domain.items()}
        (name, *_) = self.domain
        for kink in self.kinks:
            yield {name: kink} | {other: sum(ends) / 2 for other, ends in self.domain.items() if other != name}


def _unary(module: str, names: str, domain: Domain, kinks: tuple[float, ...] = (), formula: str = "{}(x)") -> list[Subject]:
    """Functions of one argument; those that the language lacks have the formula ''."""
    return [Subject(f"{module}.{name}(x)", domain, formula.format(name), kinks) for name in names.split()]


SUBJECTS = [
    *_unary("nn", "sigmoid silu soft_sign softplus log_sigmoid mish squareplus swish", REAL),
    Subject("nn.tanh(x)", REAL, "tanh(x)"),
    Subject("nn.identity(x)", REAL, "x"),
    *_unary("nn", "relu celu elu selu leaky_relu", REAL, (0.0,)),
    Subject("nn.relu6(x)", REAL, "relu6(x)", (0.0, 6.0)),
    *_unary("nn", "hard_sigmoid hard_silu hard_swish", REAL, (-3.0, 3.0)),
    Subject("nn.hard_tanh(x)", REAL, "hard_tanh(x)", (-1.0, 1.0)),
    Subject("nn.gelu(x, approximate=False)", REAL, "gelu(x)"),
    Subject("nn.gelu(x)", REAL),
    Subject("nn.sparse_plus(x)", REAL, "", (-1.0, 1.0)),
    Subject("nn.sparse_sigmoid(x)", REAL, "", (-1.0, 1.0)),
    Subject("nn.log1mexp(x)", POSITIVE, "log(1 - exp(-x))"),
    *(Subject(f"nn.{name}(x)", REAL, arrays=True) for name in ("glu", "softmax", "log_softmax", "logsumexp", "logmeanexp", "standardize")),
    Subject("nn.dot_product_attention(q[None, None, None, :], k[None, :, None, None] * q, v[None, :, None, None] * q)",
            {"q": (-1.0, 1.0), "k": (-1.0, 1.0), "v": (-1.0, 1.0)}, arrays=True),
    *_unary("special", "erf erfc dawsn expit i0 i0e i1 i1e ndtr log_ndtr", REAL),
    *_unary("special", "gamma gammaln digamma", POSITIVE),
    *_unary("special", "gamma gammaln digamma", {"x": (-9.9, -0.1)}),
    Subject("special.loggamma(x)", POSITIVE, "lgamma(x)"),
    Subject("special.factorial(x)", POSITIVE, "factorial(x)"),
    Subject("special.entr(x)", POSITIVE, "entr(x)", (0.0,)),
    *_unary("special", "logit ndtri", {"x": (0.001, 0.999)}),
    Subject("special.erfinv(x)", {"x": (-0.999, 0.999)}, "erfinv(x)"),
    Subject("special.erfcx(x)", {"x": (-5.0, 10.0)}, "exp(x^2)*erfc(x)"),
    Subject("special.exp1(x)", POSITIVE, "E1(x)"),
    Subject("special.expi(x)", REAL, "Ei(x)"),
    Subject("special.expn(3, x)", POSITIVE, "expint(3, x)"),
    Subject("special.sici(x)[0]", REAL, "Si(x)"),
    Subject("special.sici(x)[1]", POSITIVE, "Ci(x)"),
    Subject("special.fresnel(x)[0]", REAL, "fresnels(x)"),
    Subject("special.fresnel(x)[1]", REAL, "fresnelc(x)"),
    Subject("special.spence(x)", POSITIVE, "polylog(2, 1 - x)"),
    Subject("special.bessel_jn(x, v=1)[1]", REAL, "besselj(1, x)"),
    Subject("special.gammasgn(x)", {"x": (-9.9, 9.9)}),
    Subject("special.polygamma(2, x)", POSITIVE, "polygamma(2, x)"),
    Subject("special.multigammaln(x, 3)", {"x": (1.1, 20.0)}, "3/2*log(pi) + lgamma(x) + lgamma(x - 1/2) + lgamma(x - 1)"),
    Subject("special.zeta(x, a)", {"x": (1.1, 10.0), "a": (0.1, 5.0)}, "zeta(x, a)"),
    *(Subject(f"special.{name}(x, y)", {"x": (0.1, 10.0), "y": (0.1, 10.0)}, formula) for name, formula in {
        "beta": "beta(x, y)", "betaln": "lbeta(x, y)", "xlogy": "xlogy(x, y)", "xlog1py": "xlog1py(x, y)", "rel_entr": "rel_entr(x, y)",
        "kl_div": "kl_div(x, y)", "boxcox": "boxcox(x, y)", "boxcox1p": "boxcox1p(x, y)", "poch": "poch(x, y)", "comb": "binomial(x, y)",
        "gammainc": "gammainc(x, y)", "gammaincc": "gammaincc(x, y)",
    }.items()),
    Subject("special.owens_t(x, y)", {"x": (0.1, 10.0), "y": (0.1, 10.0)}, is_approximate=True),
    Subject("special.betainc(a, b, x)", {"a": (0.1, 5.0), "b": (0.1, 5.0), "x": (0.01, 0.99)}, "betainc(a, b, x)"),
    Subject("special.hyp1f1(a, b, x)", {"a": (0.1, 5.0), "b": (0.1, 5.0), "x": (-5.0, 5.0)}),
    Subject("special.hyp2f1(a, b, c, x)", {"a": (0.1, 3.0), "b": (0.1, 3.0), "c": (0.1, 3.0), "x": (-0.9, 0.9)}),
]  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """A value that failed: of which mode, and at which point."""

    subject: Subject
    sample: Sample
    result: Result


def main() -> None:
    rows, faults = [], list[Fault]()
    for subject in SUBJECTS:
        print(subject.call, file=sys.stderr, flush=True)
        row, found = surveyed(subject)
        rows.append(row)
        faults += found
    PAGE.write_text(_page(rows, faults), encoding="utf-8")


def survey(subject: Subject) -> Findings:
    """The report on one function."""
    options = {"name": "f", "against": subject.against or None, "dtype": "float64", "linted": False}
    return check_function(subject.function, list(subject.points()), **options)[0]


def surveyed(subject: Subject) -> tuple[list[str], list[Fault]]:
    """The row of a function, and the first fault of each verdict, at the points where it errs most."""
    by = f"`{subject.against}`" if subject.against else f"its own computation{', an approximation' if subject.is_approximate else ''}"
    cells = [f"`{subject.call}`", subject.where, by]
    try:
        report = survey(subject)
    except DiffcheckError as error:
        return [*cells, f"not checked: {str(error).partition(chr(10))[0]}", ""], []
    counts: dict[Outcome, Counter[str]] = {outcome: Counter() for outcome in Outcome}
    faults = dict[str, Fault]()
    for sample in sorted(report.samples, key=_ulps, reverse=True):
        for result in sample.results:
            counts[result.outcome][result.verdict.value] += 1
            if result.outcome is Outcome.FAIL and not subject.is_approximate:
                faults.setdefault(result.verdict.value, Fault(subject, sample, result))
    good = _listed(counts[Outcome.PASS])
    other = _listed(counts[Outcome.WARN] + counts[Outcome.UNDECIDED] + counts[Outcome.FAIL])
    return [*cells, good, other], list(faults.values())


def as_row(cells: list[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _ulps(sample: Sample) -> float:
    return max((result.ulps or 0.0 for result in sample.results), default=0.0)


def _listed(verdicts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(verdicts.items()))


def _page(rows: list[list[str]], faults: list[Fault]) -> str:
    lines = "".join(map(as_row, [["function", "domain", "judged by", "right", "warnings, undecided, wrong"], ["---"] * 5, *rows]))
    return (
        "<!-- Written by docs/jax_survey.py; docs/generate.py keeps the examples true. -->\n\n# The functions of JAX\n\n"
        "The derivatives of the functions of `jax.nn` and `jax.scipy.special` that take floats,\n"
        f"JAX {jax.__version__} in float64 on the CPU: forward and reverse mode at {POINTS} seeded points of each domain (of functions of\n"
        "arrays, every entry of the Jacobian), and at the kinks. The\n"
        "[verdicts](verdicts.md) are counted.\n\n"
        "Where a function is judged by its own computation, and that is an approximation, a rule that is right\n"
        "differs from it by the error of the approximation; this is not a fault, and not listed below.\n\n"
        f"{lines}\n## Faults\n\n{''.join(map(_reproduced, faults)) or 'None was found.' + chr(10)}"
    )


def _reproduced(fault: Fault) -> str:
    """The fault in plain JAX, and what the derivative is."""
    sample, result = fault.sample, fault.result
    symbol = leibniz("f" + sample.output, sample.wrt, 1)
    reason = result.reason[0].upper() + result.reason[1:]
    proved = f"The derivative is {float(sample.enclosure):.17g}.\n\n" if sample.enclosure is not None else ""
    lines = _of_arrays(fault) if fault.subject.arrays else _of_numbers(fault)
    return f"### {fault.subject.name}: {symbol} is {result.verdict.value}\n\n{reason}.\n\n{proved}```pycon\n{lines}\n```\n\n"


def _of_numbers(fault: Fault) -> str:
    subject, sample = fault.subject, fault.sample
    mode = "grad" if fault.result.mode == "reverse" else "jacfwd"
    arguments = ", ".join(repr(sample.point[name]) for name in subject.domain)
    return (
        ">>> import jax\n>>> import jax.scipy.special\n>>> with jax.enable_x64(True):\n"
        f"...     print(jax.{mode}({_as_lambda(subject)}, {_position(fault)})({arguments}))\n{fault.result.value!r}"
    )


def _of_arrays(fault: Fault) -> str:
    """Whether the error is beyond √u: its last digits are those of one processor."""
    subject, sample = fault.subject, fault.sample
    mode = "jacrev" if fault.result.mode == "reverse" else "jacfwd"
    arrays = ", ".join(f"jnp.array({[sample.point[f'{name}[{k}]'] for k in range(VECTOR)]})" for name in subject.domain)
    entry = (sample.output + sample.wrt[sample.wrt.index("[") :]).replace("][", ",")
    true = float(sample.enclosure or 0)
    return (
        ">>> import jax\n>>> import jax.numpy as jnp\n>>> with jax.enable_x64(True):\n"
        f"...     jacobian = jax.{mode}({_as_lambda(subject)}, {_position(fault)})({arrays})\n"
        f"...     print(jacobian.dtype, abs(jacobian{entry} / {true!r} - 1) < 1e-8)\nfloat64 False"
    )


def _as_lambda(subject: Subject) -> str:
    call = subject.call.replace("special.", "jax.scipy.special.").replace("nn.", "jax.nn.")
    return f"lambda {', '.join(subject.domain)}: {call}"


def _position(fault: Fault) -> int:
    return list(fault.subject.domain).index(fault.sample.wrt.partition("[")[0])


if __name__ == "__main__":
    main()
