"""The checks of derivative rules, each a value: docs/rules.md and `diffcheck explain linear` are made of this table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import dedent

import jax

from diffcheck.checks.entries import Jacobian
from diffcheck.checks.loading import users_code
from diffcheck.checks.modes import CHECK as MODES
from diffcheck.checks.rules import checks as rules
from diffcheck.checks.rules.checks import Found, RulesAtPoint
from diffcheck.errors import UnsupportedError, UserCodeError
from diffcheck.results import RuleCheck

LINT_SECONDS = 20.0  # of work that nobody has asked for


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a derivative rule must keep to in addition to its values."""

    name: str
    must_hold: str  # half a sentence, for a table
    why: str  # what goes wrong for whoever uses a rule that breaks it
    example: str  # Python that binds `f` to a function that breaks it, and `at` to a point
    references: str
    run: Callable[[RulesAtPoint], Found] | None  # None: made elsewhere, and only where nothing can be certified

    def __call__(self, of: RulesAtPoint) -> RuleCheck:
        """What the check finds; an outcome of None says that it does not apply, or that it cannot be made."""
        assert self.run is not None
        try:
            of.require_time()
            with users_code(of.jacobian.name):
                outcome, detail = self.run(of)
        except UnsupportedError as unsupported:
            outcome, detail = None, unsupported.reason
        except UserCodeError as error:
            outcome, detail = None, f"it does not run: {error.message}"
        return RuleCheck(self.name, outcome, detail)


def lint(jacobian: Jacobian, seconds: float = math.inf) -> Iterator[RuleCheck]:
    """The checks of a function's derivative rules at one point, in the order of the table; none begins after so many seconds of work."""
    of = RulesAtPoint(jacobian, seconds)
    return (check(of) for check in CHECKS if check.run is not None)


def _square(backward: str, mended: str, forward: str = "") -> str:
    """x² with a rule that is wrong going backward (or forward, where that is given); `mended` is what should stand there."""
    first, second = (f"{forward},  # right: {mended}", f"{backward},") if forward else ("(x**2, x),", f"{backward},  # right: {mended}")
    return _code(f"""
        import jax

        @jax.custom_vjp
        def f(x):
            return x**2

        f.defvjp(
            lambda x: {first}
            lambda x, g: {second}
        )
        at = 1.5
    """)


def _code(text: str) -> str:
    return dedent(text).strip() + "\n"


_VJP = "JAX's documentation of `jax.custom_vjp`"
_REVERSE = "Griewank & Walther 2008, §3.2"
_TRANSPOSE = f"{_REVERSE}; Radul et al. 2023"

_TRANSPOSED_WRONGLY = _code("""
    import jax

    @jax.custom_jvp
    def f(x):
        return x**2

    def times(slope, tangent):
        return slope * tangent

    def transposed(slope, cotangent):
        return 2 * slope * cotangent  # right: slope * cotangent

    @f.defjvp
    def rule(primals, tangents):
        (x,), (tangent,) = primals, tangents
        return f(x), jax.custom_derivatives.linear_call(times, transposed, 2 * x, tangent)

    at = 1.5
""")
_OF_A_CALLBACK = _TRANSPOSED_WRONGLY.replace("import jax\n", "import jax\nimport numpy as np\n").replace(
    "return x**2", "return jax.pure_callback(np.square, jax.ShapeDtypeStruct((), x.dtype), x)  # a callback cannot be certified"
)

CHECKS = (
    Requirement(
        "primal",
        "the value that the rule returns is that of the function",
        "JAX takes the value from the rule as soon as somebody differentiates: a loss would then depend on whether its gradient is wanted",
        _square("(g * 2 * x,)", "(x**2, x)", "(x**2 + 1e-6, x)"),
        _VJP,
        rules.primal,
    ),
    Requirement(
        "linear",
        "the pullback is linear in the cotangent",
        "the chain rule multiplies by Jᵀ. A pullback that is not linear gives the right slope for the cotangent 1, "
        "and a wrong one behind any other function",
        _square("(abs(g) * 2 * x,)", "(g * 2 * x,)"),
        _REVERSE,
        rules.linear,
    ),
    Requirement(
        "zero",
        "a zero cotangent gives zero",
        "results that a loss does not use get zero cotangents; whatever comes back for them is added to its gradient",
        _square("(g * 2 * x + 1e-9,)", "(g * 2 * x,)"),
        _REVERSE,
        rules.zero_cotangent,
    ),
    Requirement(
        "types",
        "cotangents have the shapes and the types of the arguments",
        "JAX adds the cotangents that come from all uses of an argument, so they must be of the same kind. Whoever uses the "
        "gradient expects "
        "that, too",
        _square('((g * 2 * x).astype("float32"),)', "(g * 2 * x,)"),
        _VJP,
        rules.types,
    ),
    Requirement(
        "arguments",
        "the rule accepts that arguments that are not floats have no derivative: their tangents and cotangents are of the type float0",
        "an integer has no tangent, but a program that differentiates by all of its arguments (`jax.vjp`, `jax.linearize`) hands the rule "
        "a float0 for it, with which nothing can be computed",
        _code("""
            import jax
            import numpy as np

            @jax.custom_jvp
            def f(x, n):
                return x * n

            @f.defjvp
            def rule(primals, tangents):
                (x, n), (dx, dn) = primals, tangents
                return f(x, n), dx * n + x * dn  # right: dx * n

            at = (1.5, np.array(3))
        """),
        "JAX's documentation of `jax.custom_jvp` and `jax.dtypes.float0`",
        rules.arguments,
    ),
    Requirement(
        "format",
        "the rule does not round to a narrower format than the function",
        "a derivative in float64 that went through bfloat16 has three digits. A tolerance of a percent does not see it",
        _square('((g * 2 * x).astype("bfloat16").astype(x.dtype),)', "(g * 2 * x,)"),
        "Higham 2002, §2.1",
        rules.formats,
    ),
    Requirement(
        "forward",
        "there is a forward mode (a `jax.custom_vjp` has none: write a `jax.custom_jvp` if you want one)",
        "`jax.jvp`, `jax.jacfwd`, `jax.linearize` and `jax.hessian`, which runs forward over reverse, refuse a function without one. "
        "The absence is no fault, so the check never fails",
        _square("(g * 2 * x,)", "a jax.custom_jvp, if forward mode is wanted: JAX makes both modes of its rule"),
        "Griewank & Walther 2008, §3.1 and §5.3",
        rules.forward,
    ),
    Requirement(
        "adjoint",
        "⟨w, Jv⟩ = ⟨Jᵀw, v⟩, up to rounding",
        "forward and reverse mode are the same matrix and its transpose, whatever the function is; if they differ, one of them is wrong",
        _TRANSPOSED_WRONGLY,
        _TRANSPOSE,
        rules.adjoint,
    ),
    Requirement(
        MODES,
        "forward and reverse mode give the same entries; made only where [nothing can be "
        "certified](jax.md#where-nothing-can-be-certified), even "
        " with `--no-lint`, and shown only if they differ",
        "it is what can be said without the truth: at least one of two modes that differ is wrong",
        _OF_A_CALLBACK,
        _TRANSPOSE,
        None,
    ),
    Requirement(
        "jit",
        "value and derivative are the same under `jax.jit` as in eager mode, up to rounding",
        "Python code that looks at its arguments takes another path when they are tracers: what was tested is then not what runs",
        _code("""
            import jax

            def f(x):
                return x**2 if isinstance(x, jax.core.Tracer) else x**2 + 1e-6  # right: one formula

            at = 1.5
        """),
        "JAX's documentation of `jax.jit`",
        rules.same_under(jax.jit, "under jax.jit"),
    ),
    Requirement(
        "vmap",
        "value and derivative are the same under `jax.vmap` as in eager mode, up to rounding",
        "gradients per example are made by `jax.vmap`, which has a rule for every operation, and may be given one by `custom_vmap`",
        _code("""
            import jax

            @jax.custom_batching.custom_vmap
            def square(x):
                return x**2

            @square.def_vmap
            def in_a_batch(size, batched, x):
                return x**2 + 1e-6, True  # right: x**2, True

            @jax.custom_vjp
            def f(x):
                return square(x)

            f.defvjp(lambda x: (x**2, x), lambda x, g: (g * 2 * x,))
            at = 1.5
        """),
        "JAX's documentation of `jax.vmap` and `jax.custom_batching.custom_vmap`",
        rules.same_under(rules.in_a_batch, "under jax.vmap"),
    ),
    Requirement(
        "ties",
        "at a kink of the function, the slopes chosen for its arguments belong together",
        "each slope of max(x, y) at x = y may be 1, but not both: along the diagonal the function grows by 1, and they add up to 2. "
        "The sum must lie between the slopes of the pieces, as every generalised gradient does; that is tried along eight directions, with "
        "gradients sampled around the point, and what it finds is then judged along that line",
        _code("""
            import jax
            import jax.numpy as jnp
            import numpy as np

            @jax.custom_vjp
            def f(x):
                return jnp.max(x)

            f.defvjp(lambda x: (jnp.max(x), x), lambda x, g: (g * (x == jnp.max(x)),))  # right: divided by how many are largest
            at = (np.array([2.0, 1.0, 2.0]),)
        """),
        "Clarke 1983, §2.1 and Theorem 2.5.1; Griewank & Walther 2008, chapter 14",
        rules.ties,
    ),
    Requirement(
        "second",
        "second derivatives through the rule are right: f'' for one argument; for several, the second derivative along a line through the "
        "point (the report names the direction, and the weights of several results), and the entries of the Hessian that differ "
        "most, in floats, "
        "from the Hessian of the function without its rules",
        "Newton's method, Hessian-vector products and sensitivities differentiate the rule itself. A slope that is right, but was frozen "
        "or computed outside of JAX, has the derivative 0",
        _square("(g * 2 * jax.lax.stop_gradient(x),)", "(g * 2 * x,)"),
        "Griewank & Walther 2008, §5.2 and §5.3",
        rules.second_order,
    ),
)
