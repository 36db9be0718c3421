"""Rows of THE table: activation functions, and logarithms with their limits at 0."""

from __future__ import annotations

from fractions import Fraction

from diffcheck.graph.domains import ALL, FROM_MINUS_ONE, NONNEGATIVE, OF_BOXCOX, POSITIVE, UNIT
from diffcheck.graph.functions.row import CALLABLES, HEADS, ITSELF, NN, NUMPY, RULES, SPECIAL, Function, Kink, kink

SELU_SCALE = "1.0507009873554804934193349852946"  # Klambauer et al. 2017, "Self-normalizing neural networks", section 2
SELU_ALPHA = "1.6732632423543772848170429916717"

ACTIVATIONS = (
    Function(
        "relu",
        "max(x, 0); in reverse mode diffcheck's own jax.custom_vjp",
        meaning="max(x, 0)",
        jax=RULES("relu"),
        jax_forward=NN("relu"),
        kinks=(kink(0, 0, 1),),
    ),
    Function("relu6", "min(max(x, 0), 6)", meaning="min(max(x, 0), 6)", jax=NN("relu6"), kinks=(kink(0, 0, 1), kink(6, 1, 0))),
    Function(
        "leaky_relu",
        "x where x ≥ 0, else slope*x (slope 0.01)",
        "x slope=0.01",
        meaning="where(x >= 0, x, slope*x)",
        jax=CALLABLES("leaky_relu"),
        kinks=(kink(0, "0.01", 1),),
    ),
    Function(
        "elu",
        "x where x > 0, else alpha*(exp(x) - 1) (alpha 1)",
        "x alpha=1",
        meaning="where(x > 0, x, alpha*expm1(x))",
        jax=CALLABLES("elu"),
    ),
    Function(
        "celu",
        "max(x, 0) + min(alpha*(exp(x/alpha) - 1), 0) (alpha 1)",
        "x alpha=1",
        meaning="max(x, 0) + min(alpha*expm1(x/alpha), 0)",
        jax=CALLABLES("celu"),
    ),
    Function(
        "selu",
        "1.0507… * elu(x, 1.6732…)",
        meaning=f"{SELU_SCALE}*where(x > 0, x, {SELU_ALPHA}*expm1(x))",
        jax=NN("selu"),
        kinks=(Kink(0, Fraction(SELU_SCALE) * Fraction(SELU_ALPHA), Fraction(SELU_SCALE)),),
    ),
    Function("gelu", "x * Φ(x), exact (not the tanh approximation)", meaning="x*(1 + erf(x/sqrt(2)))/2", jax=CALLABLES("gelu")),
    Function("silu", "x * sigmoid(x)", aliases=("swish",), meaning="x/(1 + exp(-x))", jax=NN("silu")),
    Function("softplus", "log(1 + exp(x))", meaning="log1p(exp(x))", jax=NN("softplus")),
    Function("sigmoid", "1/(1 + exp(-x))", aliases=("logistic", "expit"), meaning="1/(1 + exp(-x))", jax=NN("sigmoid")),
    Function("logit", "log(x/(1 - x))", meaning="log(x/(1 - x))", jax=SPECIAL("logit"), domain=(UNIT,)),
    Function("log_sigmoid", "-softplus(-x)", meaning="-log1p(exp(-x))", jax=NN("log_sigmoid")),
    Function("mish", "x * tanh(softplus(x))", meaning="x*tanh(log1p(exp(x)))", jax=NN("mish")),
    Function("softsign", "x/(1 + |x|)", aliases=("soft_sign",), meaning="x/(1 + abs(x))", jax=NN("soft_sign")),
    Function("squareplus", "(x + sqrt(x^2 + b))/2 (b 4)", "x b=4", meaning="(x + sqrt(x^2 + b))/2", jax=CALLABLES("squareplus")),
    Function(
        "hard_tanh", "x held between -1 and 1", meaning="min(max(x, -1), 1)", jax=NN("hard_tanh"), kinks=(kink(-1, 0, 1), kink(1, 1, 0))
    ),
    Function(
        "hard_sigmoid",
        "relu6(x + 3)/6",
        meaning="min(max(x + 3, 0), 6)/6",
        jax=NN("hard_sigmoid"),
        kinks=(kink(-3, 0, "1/6"), kink(3, "1/6", 0)),
    ),
    Function(
        "hard_silu",
        "x * hard_sigmoid(x)",
        aliases=("hard_swish",),
        meaning="x*min(max(x + 3, 0), 6)/6",
        jax=NN("hard_silu"),
        kinks=(kink(-3, 0, "-1/2"), kink(3, "3/2", 1)),
    ),
    Function(
        "logaddexp", "log(exp(x) + exp(y)), of more arguments likewise", "x y", meaning="log(exp(x) + exp(y))", jax=NUMPY("logaddexp")
    ),
    Function("logaddexp2", "log2(2^x + 2^y)", "x y", meaning="log(2^x + 2^y)/log(2)", jax=NUMPY("logaddexp2")),
    Function(
        "xlogy",
        "x*log(y), and 0 at x = 0",
        "x y",
        meaning="where(x == 0, 0, x*log(y))",
        jax=SPECIAL("xlogy"),
        sympy=HEADS("xlogy"),
        ball=ITSELF,
    ),
    Function("xlog1py", "x*log(1 + y), and 0 at x = 0", "x y", meaning="xlogy(x, 1 + y)", jax=SPECIAL("xlog1py"), sympy=HEADS("xlog1py")),
    Function("entr", "-x*log(x), and 0 at x = 0", meaning="-xlogy(x, x)", jax=SPECIAL("entr"), sympy=HEADS("entr"), domain=(NONNEGATIVE,)),
    Function(
        "rel_entr",
        "x*log(x/y)",
        "x y",
        meaning="xlogy(x, x/y)",
        jax=SPECIAL("rel_entr"),
        sympy=HEADS("rel_entr"),
        domain=(NONNEGATIVE, POSITIVE),
    ),
    Function(
        "kl_div",
        "x*log(x/y) - x + y",
        "x y",
        meaning="xlogy(x, x/y) - x + y",
        jax=SPECIAL("kl_div"),
        sympy=HEADS("kl_div"),
        domain=(NONNEGATIVE, POSITIVE),
    ),
    Function(
        "boxcox",
        "(x^lambda - 1)/lambda, and log(x) at lambda = 0",
        "x lambda",
        meaning="where(lambda == 0, log(x), (x^lambda - 1)/lambda)",
        jax=SPECIAL("boxcox"),
        ball=ITSELF,
        domain=(NONNEGATIVE, ALL),
        demands=OF_BOXCOX,
    ),
    Function(
        "boxcox1p",
        "boxcox(1 + x, lambda)",
        "x lambda",
        meaning="boxcox(1 + x, lambda)",
        jax=SPECIAL("boxcox1p"),
        domain=(FROM_MINUS_ONE, ALL),
    ),
)
