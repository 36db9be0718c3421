"""Functions of JAX and of its libraries, each at one natural point: how many derivatives are certified, and how many functions wholly.

    python benchmarks/libraries.py [PART OF A NAME ...]

Libraries that are not installed are left out. A function counts as certified if all of its derivatives are proved, or proved not to exist.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import diffcheck

SQUARE = np.array([[2.0, 0.5], [0.3, 1.0]])
SYMMETRIC = np.array([[2.0, 0.5], [0.5, 1.0]])
VECTOR = np.array([3.0, 1.0, 2.0, 5.0])
SMALL = np.array([0.3, 0.7])
KEY = jax.random.PRNGKey(0)

# Of a module: "name: argument, argument; name: …", texts of Python
NAMED = {
    "jax.nn": """
        relu: 0.7; relu6: 0.7; sigmoid: 0.7; softplus: 0.7; silu: 0.7; soft_sign: 0.7; log_sigmoid: 0.7; leaky_relu: 0.7; elu: 0.7;
        celu: -0.7; selu: -0.7; gelu: 0.7; mish: 0.7; squareplus: 0.7; hard_tanh: 0.7; hard_sigmoid: 0.7; hard_silu: 0.7;
        sparse_plus: 0.7; sparse_sigmoid: 0.7; glu: VECTOR; softmax: VECTOR; log_softmax: VECTOR; logsumexp: VECTOR;
        standardize: VECTOR; log1mexp: 0.7
    """,
    "jax.scipy.special": """
        erf: 0.4; erfc: 0.4; erfinv: 0.3; expit: 0.4; logit: 0.3; entr: 0.3; rel_entr: 0.3, 0.4; kl_div: 0.3, 0.4; xlogy: 0.3, 0.4;
        xlog1py: 0.3, 0.4; ndtr: 0.4; log_ndtr: 0.4; ndtri: 0.3; gammaln: 1.7; gamma: 1.7; digamma: 1.7; betaln: 1.2, 0.7;
        beta: 1.2, 0.7; i0: 0.8; i0e: 0.8; i1: 0.8; i1e: 0.8; exp1: 0.8; expi: 0.8; spence: 0.4; gammainc: 1.5, 0.4;
        gammaincc: 1.5, 0.4; dawsn: 0.4; poch: 1.5, 2.0
    """,
    "jax.scipy.stats.norm": """
        logpdf: 0.3; cdf: 0.3; logcdf: 0.3; ppf: 0.3; sf: 0.3
    """,
    "jax.scipy.stats.beta": """
        logpdf: 0.3, 2.0, 3.0
    """,
    "jax.scipy.stats.gamma": """
        logpdf: 0.7, 2.5; cdf: 0.7, 2.5
    """,
    "jax.scipy.stats.t": """
        logpdf: 0.3, 4.0
    """,
    "jax.scipy.stats.cauchy": """
        logpdf: 0.3; cdf: 0.3
    """,
    "jax.scipy.stats.laplace": """
        logpdf: 0.3; cdf: 0.3
    """,
    "jax.scipy.stats.logistic": """
        logpdf: 0.3; cdf: 0.3
    """,
    "jax.scipy.stats.expon": """
        logpdf: 0.3
    """,
    "jax.scipy.stats.pareto": """
        logpdf: 1.5, 2.0
    """,
    "jax.scipy.stats.chi2": """
        logpdf: 1.3, 3.0
    """,
    "jax.scipy.stats.vonmises": """
        logpdf: 0.3, 1.5
    """,
    "jax.scipy.stats.truncnorm": """
        logpdf: 0.3, -1.0, 2.0
    """,
    "jax.numpy": """
        sort: VECTOR; median: VECTOR; quantile: VECTOR, 0.3; cumsum: VECTOR; cumprod: VECTOR; std: VECTOR; var: VECTOR;
        ptp: VECTOR; convolve: VECTOR, SMALL; hypot: 3.0, 4.0; arctan2: 3.0, 4.0; logaddexp: 0.3, 0.4; sinc: 0.3;
        trapezoid: VECTOR; corrcoef: SQUARE; unwrap: VECTOR; outer: SMALL, SMALL; kron: SQUARE, SMALL;
        cross: VECTOR[:3], VECTOR[1:]; prod: VECTOR; max: VECTOR; gradient: VECTOR; float_power: 2.0, 0.5;
        interp: 1.4, VECTOR[[1, 2, 0]], VECTOR[:3]; polyval: VECTOR, 0.3; matmul: SQUARE, SYMMETRIC; diff: VECTOR; roll: VECTOR, 1
    """,
    "jax.numpy.linalg": """
        det: SQUARE; slogdet: SQUARE; inv: SQUARE; solve: SQUARE, SMALL; cholesky: SYMMETRIC; eigh: SYMMETRIC; eigvalsh: SYMMETRIC;
        qr: SQUARE; norm: VECTOR; matrix_power: SQUARE, 3; pinv: SQUARE; lstsq: SQUARE, SMALL
    """,
    "jax.scipy.linalg": """
        expm: SQUARE; cho_solve: (SYMMETRIC, True), SMALL; solve_triangular: SQUARE, SMALL; lu: SQUARE
    """,
    "optax": """
        squared_error: 0.3, 0.7; l2_loss: 0.3, 0.7; huber_loss: 0.3, 0.7; log_cosh: 0.3, 0.7; hinge_loss: 0.3, 1.0;
        cosine_similarity: SMALL, SMALL[::-1]; sigmoid_binary_cross_entropy: 0.3, 1.0; softmax_cross_entropy: SMALL, SMALL;
        kl_divergence: -SMALL, SMALL; convex_kl_divergence: -SMALL, SMALL; losses.poly_loss_cross_entropy: SMALL, SMALL;
        sigmoid_focal_loss: jnp.float64(0.3), jnp.float64(0.4); global_norm: {'w': VECTOR}; safe_norm: VECTOR, 1e-3;
        ntxent: np.arange(6.0).reshape(3, 2) + SMALL, np.array([0, 0, 1]); smooth_labels: SMALL, 0.1;
        cosine_distance: SMALL, SMALL[::-1]; losses.ranking_softmax_loss: VECTOR, VECTOR;
        losses.triplet_margin_loss: SMALL, SMALL[::-1], SMALL * 2; losses.multiclass_hinge_loss: VECTOR, 1;
        losses.multiclass_perceptron_loss: VECTOR, 1; losses.perceptron_loss: 0.3, -1.0;
        losses.kl_divergence_with_log_targets: -SMALL, -SMALL; tree.norm: {'w': VECTOR}; projections.projection_simplex: SMALL;
        projections.projection_l2_ball: VECTOR
    """,
}
# log densities: "Name(parameters): value"
DENSITIES = {
    "numpyro.distributions": """
        Normal(0.1, 1.2): 0.3; StudentT(3.0): 0.3; Cauchy(0.0, 1.0): 0.3; HalfCauchy(1.0): 0.3; HalfNormal(1.0): 0.3;
        Gamma(2.0, 1.0): 0.3; InverseGamma(2.0, 1.0): 0.3; Beta(2.0, 3.0): 0.3; Exponential(2.0): 0.3; Laplace(0.1, 1.0): 0.3;
        Logistic(0.1, 1.0): 0.3; LogNormal(0.1, 1.2): 0.3; Gumbel(0.1, 1.0): 0.3; Weibull(1.0, 1.5): 0.3; Pareto(1.0, 1.5): 1.3;
        VonMises(0.0, 1.5): 0.3; TruncatedNormal(0.1, 1.0, low=0.0): 0.3; AsymmetricLaplace(0.0, 1.0, 1.5): 0.3;
        SoftLaplace(0.0, 1.0): 0.3; Kumaraswamy(2.0, 3.0): 0.3; Levy(0.0, 1.0): 0.3; Gompertz(1.0, 1.0): 0.3;
        MultivariateNormal(SMALL, SYMMETRIC): SMALL; Dirichlet(SMALL + 1): np.array([0.4, 0.6])
    """,
    "distrax": """
        Normal(0.1, 1.2): 0.3; Gamma(2.0, 1.0): 0.3; Beta(2.0, 3.0): 0.3; Logistic(0.1, 1.0): 0.3; Laplace(0.1, 1.0): 0.3;
        Gumbel(0.1, 1.0): 0.3
    """,
}
RATES = {  # of discrete distributions: "Name(rate): value"
    "numpyro.distributions": """
        Poisson: 2.0, 3; BernoulliLogits: 0.3, 1; BernoulliProbs: 0.3, 1; GeometricProbs: 0.3, 4; GeometricLogits: 0.3, 4;
        CategoricalLogits: VECTOR, 1; OrderedLogistic: 0.3, 1
    """
}
WRITTEN = {  # Python of what has no name: a function of x, and x
    "lax.conv": "lambda x: jax.lax.conv(x[None, None], jnp.ones((1, 1, 2)), (1,), 'SAME'); VECTOR",
    "lax.reduce_window max": "lambda x: jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (2,), (1,), 'VALID'); VECTOR",
    "lax.reduce_window sum": "lambda x: jax.lax.reduce_window(x, 0.0, jax.lax.add, (2,), (1,), 'VALID'); VECTOR",
    "lax.top_k": "lambda x: jax.lax.top_k(x, 2)[0]; VECTOR",
    "lax.cumlogsumexp": "lambda x: jax.lax.cumlogsumexp(x); VECTOR",
    "lax.associative_scan": "lambda x: jax.lax.associative_scan(jnp.multiply, x); VECTOR",
    "lax.scan": "lambda x: jax.lax.scan(lambda c, y: (c * y, jnp.sin(c)), 1.0, x)[1]; VECTOR",
    "lax.fori_loop": "lambda x: jax.lax.fori_loop(0, 3, lambda i, c: jnp.sin(c) + i, x); 0.3",
    "lax.while_loop": "lambda x: jax.lax.while_loop(lambda c: c < 3, lambda c: c * 1.7, x); 0.3",
    "lax.cond": "lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x); 0.3",
    "lax.switch": "lambda x: jax.lax.switch(1, [jnp.sin, jnp.cos], x); 0.3",
    "lax.dynamic_slice": "lambda x: jax.lax.dynamic_slice(x, (1,), (2,)); VECTOR",
    "at.set": "lambda x: x.at[1].set(x[0] ** 2); VECTOR",
    "at.add": "lambda x: jnp.zeros(3).at[np.array([0, 1, 1, 2])].add(x); VECTOR",
    "segment_sum": "lambda x: jax.ops.segment_sum(x, np.array([0, 0, 1, 1]), 2); VECTOR",
    "segment_max": "lambda x: jax.ops.segment_max(x, np.array([0, 0, 1, 1]), 2); VECTOR",
    "fft.fft": "lambda x: jnp.fft.fft(x).real; VECTOR",
    "fft.rfft": "lambda x: jnp.abs(jnp.fft.rfft(x)); VECTOR",
    "fft.irfft": "lambda x: jnp.fft.irfft(jnp.fft.rfft(x)); VECTOR",
    "random.normal": "lambda x: x * jax.random.normal(KEY, (3,)); 0.3",
    "random.bernoulli": "lambda x: jnp.where(jax.random.bernoulli(KEY, 0.5, x.shape), x / 0.5, 0.0); VECTOR",
    "random.permutation": "lambda x: jax.random.permutation(KEY, x) ** 2; VECTOR",
    "svd values": "lambda x: jnp.linalg.svd(x, compute_uv=False); SQUARE",
    "eig values": "lambda x: jnp.linalg.eig(x)[0].real; SQUARE",
    "norm nuc": "lambda x: jnp.linalg.norm(x, 'nuc'); SQUARE",
    "cond": "lambda x: jnp.linalg.cond(x); SQUARE",
    "ndimage.map_coordinates": "lambda x: jax.scipy.ndimage.map_coordinates(x, [np.array([0.5, 1.3])], order=1); VECTOR",
    "image.resize": "lambda x: jax.image.resize(x, (6,), 'linear'); VECTOR",
    "dot_product_attention": "lambda x: jax.nn.dot_product_attention(x, x, x); np.arange(8.0).reshape(1, 2, 2, 2) / 8",
    "einsum": "lambda x: jnp.einsum('ij,jk->ik', x, x); SQUARE",
    "vmap pmean": "lambda x: jax.vmap(lambda y: y - jax.lax.pmean(y, 'i'), axis_name='i')(x); VECTOR",
    "checkpoint": "jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))); 0.3",
    "custom_root": "lambda x: jax.lax.custom_root(lambda y: y ** 2 - x, 1.0, "
    "lambda f, y: jax.lax.fori_loop(0, 30, lambda i, z: (z + x / z) / 2, y), lambda g, y: y / g(1.0)); 2.0",
    "pure_callback": "lambda x: jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), x.dtype), x, vmap_method='sequential'); 0.3",
}
NEEDING = {  # the same, with the library that they need
    "equinox": {
        "Linear": "lambda x: L.nn.Linear(2, 2, key=KEY)(x); SMALL",
        "MLP": "lambda x: L.nn.MLP(2, 1, 4, 1, key=KEY)(x); SMALL",
        "Conv1d": "lambda x: L.nn.Conv1d(1, 1, 2, key=KEY)(x[None]); VECTOR",
        "ConvTranspose1d": "lambda x: L.nn.ConvTranspose1d(1, 1, 2, key=KEY)(x[None]); VECTOR",
        "MaxPool1d": "lambda x: L.nn.MaxPool1d(2)(x[None]); VECTOR",
        "AvgPool1d": "lambda x: L.nn.AvgPool1d(2)(x[None]); VECTOR",
        "LayerNorm": "lambda x: L.nn.LayerNorm(4)(x); VECTOR",
        "GroupNorm": "lambda x: L.nn.GroupNorm(2, 4)(x); VECTOR",
        "RMSNorm": "lambda x: L.nn.RMSNorm(4)(x); VECTOR",
        "GRUCell": "lambda x: L.nn.GRUCell(2, 2, key=KEY)(x, jnp.zeros(2)); SMALL",
        "LSTMCell": "lambda x: L.nn.LSTMCell(2, 2, key=KEY)(x, (jnp.zeros(2), jnp.zeros(2)))[0]; SMALL",
        "Dropout": "lambda x: L.nn.Dropout(0.5)(x, key=KEY); VECTOR",
        "MultiheadAttention": "lambda x: L.nn.MultiheadAttention(1, 2, key=KEY)(x, x, x); SQUARE",
    },
    "flax.linen": {
        "Dense": "lambda x: L.Dense(2).apply(L.Dense(2).init(KEY, x), x); SMALL",
        "Conv": "lambda x: L.Conv(1, (2,)).apply(L.Conv(1, (2,)).init(KEY, x[:, None]), x[:, None]); VECTOR",
        "LayerNorm": "lambda x: L.LayerNorm().apply(L.LayerNorm().init(KEY, x), x); VECTOR",
        "avg_pool": "lambda x: L.avg_pool(x[None, :, None], (2,)); VECTOR",
        "max_pool": "lambda x: L.max_pool(x[None, :, None], (2,)); VECTOR",
    },
    "haiku": {"Linear": "lambda x: (lambda f: f.apply(f.init(KEY, x), None, x))(L.transform(lambda y: L.Linear(2)(y))); SMALL"},
    "diffrax": {
        "Euler": "lambda x: L.diffeqsolve(L.ODETerm(lambda t, y, a: -y * y), L.Euler(), 0.0, 0.4, 0.1, x).ys; 0.7",
        "LinearInterpolation": "lambda x: L.LinearInterpolation(jnp.arange(3.0), x).evaluate(0.5); VECTOR[:3]",
    },
    "lineax": {"linear_solve": "lambda x: L.linear_solve(L.MatrixLinearOperator(x), SMALL).value; SQUARE"},
    "jaxopt": {
        "projection_simplex": "lambda x: L.projection.projection_simplex(x); SMALL",
        "sparsemax": "lambda x: L.projection.projection_box(x, (0.0, 0.5)); SMALL",
    },
    "tinygp": {"GP": "lambda x: L.GaussianProcess(L.kernels.Matern32(x), VECTOR[:3], diag=0.1).log_probability(VECTOR[:3]); 1.3"},
    "tensorflow_probability.substrates.jax.math": {
        name: f"lambda x: L.{name}(x); {at}"
        for name, at in (
            ("log1mexp", -0.5),
            ("softplus_inverse", 0.5),
            ("log_cosh", 0.5),
            ("sqrt1pm1", 0.3),
            ("erfcinv", 0.3),
            ("smootherstep", 0.3),
            ("lambertw", 0.3),
        )
    },
}


def functions() -> Iterator[tuple[str, Any, Any]]:
    """Name, function, and the arguments as `args=`."""
    for module, texts in NAMED.items():
        if (library := _imported(module)) is not None:
            for name, at in _parts(texts):
                function: Any = library
                for part in name.split("."):
                    function = getattr(function, part)
                yield f"{module}.{name}", function, eval(f"({at},)")
    for module, texts in DENSITIES.items():
        if (library := _imported(module)) is not None:
            for text, at in _parts(texts):
                name, _, parameters = text.partition("(")
                yield f"{module}.{name}", _density(getattr(library, name)), eval(f"(({at}), _given({parameters})")
    for module, texts in RATES.items():
        if (library := _imported(module)) is not None:
            for name, at in _parts(texts):
                rate, value = eval(f"({at},)")
                yield f"{module}.{name}", _of_rate(getattr(library, name), value), (rate,)
    for library_name, named in [("", WRITTEN), *NEEDING.items()]:
        if (library := _imported(library_name) if library_name else jax) is not None:
            for name, text in named.items():
                code, _, at = text.rpartition(";")
                yield f"{library_name or 'jax'}.{name}", eval(code, {**globals(), "L": library}), (eval(at),)


def _given(*parameters: Any, **named: Any) -> tuple[Any, ...]:
    return parameters, named


def _density(distribution: Any) -> Any:
    return lambda x, given: distribution(*given[0], **given[1]).log_prob(x)


def _of_rate(distribution: Any, value: int) -> Any:
    if distribution.__name__ == "OrderedLogistic":
        return lambda rate: distribution(rate, jnp.array([0.0, 1.0])).log_prob(value)
    return lambda rate: distribution(rate).log_prob(value)


def _parts(texts: str) -> list[tuple[str, str]]:
    pairs = [part.partition(": ") for part in texts.split(";")]
    return [(name.strip(), at.strip()) for name, _, at in pairs]


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except Exception:  # noqa: BLE001  (a library that does not suit this JAX)
        return None


def main(wanted: list[str]) -> None:
    warnings.filterwarnings("ignore")
    jax.config.update("jax_enable_x64", True)
    found: Counter[str] = Counter()
    entries = [0, 0]
    for name, function, arguments in functions():
        if wanted and not any(part in name for part in wanted):
            continue
        started = time.process_time()
        what, proved, of, reason = _outcome(function, arguments)
        found[what] += 1
        entries = [entries[0] + proved, entries[1] + of]
        print(f"{name:48} {what:10} {proved:4} of {of:4} {time.process_time() - started:6.1f} s  {reason}", flush=True)
    total = sum(found.values())
    print(f"{total} functions: " + ", ".join(f"{count} {what} ({count / total:.0%})" for what, count in found.most_common()))
    print(f"{entries[0]:,} of {entries[1]:,} derivatives are certified")


def _outcome(function: Any, arguments: tuple[Any, ...]) -> tuple[str, int, int, str]:
    """certified, in part, evidence, wrong, undecided or refused; of the derivatives how many are proved, of how many; and why not."""
    try:
        report = diffcheck.check(function, args=arguments, lint=False)
    except diffcheck.DiffcheckError as error:
        return "refused", 0, 0, " ".join(str(error).split())[:120]
    proved = [sample.status.value not in ("undecided", "limit unknown") for sample in report.samples]
    outcomes = [result.outcome.value for sample in report.samples for result in sample.results]
    reasons = [result.reason for sample in report.samples for result in sample.results if result.outcome.value in ("fail", "undecided")]
    reason = " ".join((reasons[0] if reasons else "" if all(proved) else report.header.read_as).split())[:120]
    if "fail" in outcomes:
        return "wrong", sum(proved), len(proved), reason
    if "undecided" in outcomes and not all(proved):
        return "undecided", sum(proved), len(proved), reason
    return "certified" if all(proved) else "in part" if any(proved) else "evidence", sum(proved), len(proved), reason


if __name__ == "__main__":
    main(sys.argv[1:])
