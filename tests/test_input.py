"""What people type who come from school, LaTeX, Python or another program: it is read, or refused with what to write."""

from __future__ import annotations

import re

import pytest

from diffcheck.errors import ExpressionError
from diffcheck.graph.build import Problem, read, read_beside
from diffcheck.language.foreign import HINTS, REWRITTEN
from diffcheck.language.notations import DIFFERENTIATORS
from diffcheck.language.reading import read_back


def reading(text: str) -> str:
    return read_back(read(text).program)


def fault(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as refused:
        read(text)
    return refused.value


READ = (
    # schools
    ("y = x^2 + 3x + 2", "y = ((x^2) + (3*x)) + 2"),
    ("y = x^2; y + 1", "y = x^2; y + 1"),
    ("a = 3; f(x) = a x^2; f(2x)", "a = 3; f(x) = a*(x^2); f(2*x)"),
    ("f(x) = x^2", "f(x) = x^2"),
    ("sin x", "sin(x)"),
    ("sin 2x", "sin(2*x)"),
    ("sin x^2", "sin(x^2)"),
    ("x sin x", "x*sin(x)"),
    ("2sin x + 1", "(2*sin(x)) + 1"),
    ("sin x cos x", "sin(x)*cos(x)"),
    ("sin x cos(y) z", "(sin(x)*cos(y))*z"),
    ("sin x e^x", "sin(x)*(e^x)"),
    ("sin 2π x", "sin((2*pi)*x)"),
    ("sin 2(x+1)", "sin(2*(x + 1))"),
    ("sin^2 x + cos² x", "(sin(x)^2) + (cos(x)^2)"),
    ("ln sin x", "ln(sin(x))"),
    ("sqrt x", "sqrt(x)"),
    ("sin √x", "sin(sqrt(x))"),
    ("x/sin x", "x/sin(x)"),
    ("ln|x|", "ln(abs(x))"),
    ("ln |x|/x", "ln(abs(x))/x"),
    ("e^-x sin x", "(e^(-x))*sin(x)"),
    ("where(sin x < 1, x, 0)", "where(sin(x) < 1, x, 0)"),
    ("Sin(x) + COS(x) + Exp(x) + Sqrt(x)", "((sin(x) + cos(x)) + exp(x)) + sqrt(x)"),
    ("Sin x", "sin(x)"),
    ("tg(x) + ctg(x) + arctg x", "(tg(x) + ctg(x)) + arctg(x)"),
    ("log(x, 2)", "log(x)/log(2)"),
    ("log(x, b)", "log(x)/log(b)"),
    ("ln(x, base=3)", "log(x)/log(3)"),
    ("log_2(x) + log_3(x)", "log2(x) + (log(x)/log(3))"),
    ("⌊x⌋ + ⌈x⌉", "floor(x) + ceil(x)"),
    # Python and other programs
    ("np.sin(x) + math.sqrt(x) + jnp.exp(x)", "(sin(x) + sqrt(x)) + exp(x)"),
    ("jax.numpy.tanh(x) + jax.nn.relu(x) + torch.sigmoid(x) + numpy.cos(x)", "((tanh(x) + relu(x)) + sigmoid(x)) + cos(x)"),
    ("np.pi x + math.e", "(pi*x) + e"),
    ("np.where(x > 0, x, 0)", "where(x > 0, x, 0)"),
    ("np.maximum(x, 0) + np.fabs(x)", "maximum(x, 0) + fabs(x)"),
    ("if(x > 0, x, 0)", "where(x > 0, x, 0)"),
    ("ifelse(x > 0, x, 0)", "where(x > 0, x, 0)"),
    ("Piecewise((x, x > 0), (0, True))", "where(x > 0, x, 0)"),
    ("pow(x, 2) + power(x, 3) + np.power(x, y)", "((x^2) + (x^3)) + (x^y)"),
    ("root(x, 2) + root(x, 3) + root(x, 5)", "(sqrt(x) + cbrt(x)) + (x^(1/5))"),
    ("hypot(x, y, z)", "sqrt(((x^2) + (y^2)) + (z^2))"),
    ("logaddexp(x, y, z)", "logaddexp(logaddexp(x, y), z)"),
    ("logsumexp(x, y)", "logaddexp(x, y)"),
    ("round(x) + trunc(x) + copysign(x, y)", "(round(x) + trunc(x)) + copysign(x, y)"),
    ("Abs(x) + sgn(x) + Heaviside(x) + Gamma(x)", "((abs(x) + sgn(x)) + Heaviside(x)) + Gamma(x)"),
    # LaTeX
    (r"\frac{1}{x}", "1/x"),
    (r"\frac{1}{2}x", "(1/2)*x"),
    (r"\dfrac{x+1}{x-1}", "(x + 1)/(x - 1)"),
    (r"\sqrt{x} + \sqrt[3]{x} + \sqrt[5]{x}", "(sqrt(x) + cbrt(x)) + (x^(1/5))"),
    ("x^{2} + x^{n+1} + x_{max}", "((x^2) + (x^(n + 1))) + x_max"),
    (r"\sin^2 x + \sin^{2}\left(x\right)", "(sin(x)^2) + (sin(x)^2)"),
    (r"\sin 2\pi x", "sin((2*pi)*x)"),
    (r"\sin\frac{x}{2}", "sin(x/2)"),
    (r"\ln x", "ln(x)"),
    (r"e^{-x} \cdot 2 \times y", "((e^(-x))*2)*y"),
    (r"\left( x + 1 \right) \left( x - 1 \right)", "(x + 1)*(x - 1)"),
    (r"\left|\left|x\right| - 1\right|", "abs(abs(x) - 1)"),
    (r"\alpha \, x + \beta_{1}", "(alpha*x) + beta_1"),
    (r"\operatorname{sinc}(x) + \mathrm{e}^x", "sinc(x) + (e^x)"),
    (r"\log_{2} x + \arctan x", "log2(x) + arctan(x)"),
    (r"\begin{cases} x & x > 0 \\ -x & \text{otherwise} \end{cases}", "where(x > 0, x, -x)"),
    (r"\begin{cases} x^2, & \text{if } x \le 0 \\ 1, & x = 1 \\ 2 & \text{else} \end{cases}", "where(x <= 0, x^2, where(x == 1, 1, 2))"),
    # the derivative of what is asked
    ("d/dx x^2", "x^2"),
    ("d/dx(x^2)", "x^2"),
    ("d/dx (x^2 + 3x)", "(x^2) + (3*x)"),
    (r"\frac{d}{dx} x^2", "x^2"),
    (r"\frac{\mathrm{d}}{\mathrm{d}x} x^2", "x^2"),
    ("∂/∂x x y", "x*y"),
    # signs
    ("x – 1 — y ‐ z", "((x - 1) - y) - z"),
    ("2⋅x + 2∗y + 2•z", "((2*x) + (2*y)) + (2*z)"),
    ("1⁄x + 1∕x", "(1/x) + (1/x)"),
    ("e^(-∞) + x", "(e^(-inf)) + x"),
    ("∛x + ∜x + ³√x + 2√x", "((cbrt(x) + (x^(1/4))) + cbrt(x)) + (2*sqrt(x))"),
    ("x⁻¹ + x⁻²y", "(x^(-1)) + ((x^(-2))*y)"),
    ("e⁻ˣ + xⁿ + 2²ˣ", "((e^(-x)) + (x^n)) + (2^(2*x))"),
    ("½x + x^½ + 3½ + ⅛", "((((1/2)*x) + (x^(1/2))) + (7/2)) + (1/8)"),
    ("x₁^2 + x₁₂", "(x_1^2) + x_12"),
    ("2πx + πr²", "((2*pi)*x) + (pi*(r^2))"),
    ("sin πx", "sin(pi*x)"),
    ("sin 30° + cos(x°)", "sin((30*pi)/180) + cos((x*pi)/180)"),
    ("x! + (x + 1)! + 2x!", "(factorial(x) + factorial(x + 1)) + (2*factorial(x))"),
    ("x!^2 + 2^x!", "(factorial(x)^2) + (2^factorial(x))"),
    ("where(x != 0, x!, 1)", "where(x != 0, factorial(x), 1)"),
    ("x\u00a0y +\u2009z", "(x*y) + z"),
    ('"x^2"', "x^2"),
    ("'x^2'", "x^2"),
    ("`x^2`", "x^2"),
    ("“x^2”", "x^2"),
    ("$x^2$", "x^2"),
    ("$$ x^2 $$", "x^2"),
    (r"\(x^2\)", "x^2"),
    (r"\[ x^2 \]", "x^2"),
    # more LaTeX
    (r"\frac12x + \frac1x + \frac x2 + \frac{1}2 + \frac1{x}", "(((((1/2)*x) + (1/x)) + (x/2)) + (1/2)) + (1/x)"),
    (r"x^\frac12 + \frac\pi2", "(x^(1/2)) + (pi/2)"),
    (r"\cfrac{1}{1 + \cfrac{1}{x}}", "1/(1 + (1/x))"),
    (r"\sqrt2x + \sqrt x + \sqrt[3]x + \sqrt[n]{x}", "(((sqrt(2)*x) + sqrt(x)) + cbrt(x)) + (x^(1/n))"),
    (r"\left[x + 1\right]^2 + \bigl(x\bigr) + \{x\}", "(((x + 1)^2) + x) + x"),
    (r"\max\left\{x, 0\right\}", "max(x, 0)"),
    (r"\vert x\vert + \mid x \mid", "abs(x) + abs(x)"),
    (r"\log_a x + \log_{3}(x)", "(log(x)/log(a)) + (log(x)/log(3))"),
    (r"\binom{n}{k} + \mathbf{x} + \textstyle x", "(binomial(n, k) + x) + x"),
    (r"x_{i,j} + x_{1}", "x_i_j + x_1"),
    (r"\begin{cases} x^2 & x<0 \\ x & x \geq 0 \end{cases}", "where(x < 0, x^2, x)"),
    (r"\begin{cases} \frac{\sin x}{x}, & x \neq 0 \\ 1, & x = 0 \end{cases}", "where(x != 0, sin(x)/x, 1)"),
    (r"\begin{cases} x & \text{falls } x < 0 \\ 1 & \text{sonst} \end{cases}", "where(x < 0, x, 1)"),
    # more of other programs
    ("Sin[x] + Log[2, x] + If[x > 0, x, 0]", "(sin(x) + (log(x)/log(2))) + where(x > 0, x, 0)"),
    ("Cos[Pi x] + sqrt[x] + CubeRoot[x]", "(cos(pi*x) + sqrt(x)) + cbrt(x)"),
    ("sin(x).^2 + x.*y + x./y + 2.*x", "(((sin(x)^2) + (x*y)) + (x/y)) + (2.*x)"),
    ("std::sin(x) + Math.PI x + keras.activations.relu(x)", "(sin(x) + (pi*x)) + relu(x)"),
    ("cupy.sin(x) + jsp.special.erf(x) + sym.exp(x)", "(sin(x) + erf(x)) + exp(x)"),
    ("IF(x > 0, x, 0) + nthRoot(x, 3)", "where(x > 0, x, 0) + cbrt(x)"),
    ("Piecewise((x**2, x < -1/2), (x, x >= -1/2))", "where(x < (-(1/2)), x^2, x)"),
    ("piecewise((1, x<-1), (x, -1<=x<=1), (2, x>1))", "where(x < (-1), 1, where(((-1) <= x) and (x <= 1), x, 2))"),
    # schools elsewhere
    ("sh x + ch(2x) + th x + cth(x)", "((sinh(x) + cosh(2*x)) + tanh(x)) + coth(x)"),
    ("arsh(x) + ld(x) + lb(x)", "(asinh(x) + log2(x)) + log2(x)"),
    ("Γ(x) + ζ(x) + ψ(x)", "(gamma(x) + zeta(x)) + psi(x)"),
    ("ch + 2ch", "ch + (2*ch)"),
    ("sh(t) = 2t; sh(x)", "sh(t) = 2*t; sh(x)"),
    # functions as mappings
    ("f(x) := x^2", "f(x) = x^2"),
    ("f: x ↦ x^2", "f(x) = x^2"),
    ("f:x->x^2; f(2x)", "f(x) = x^2; f(2*x)"),
    ("f(x) -> x^2", "f(x) = x^2"),
    ("g: (x, y) → x y; g(x, 2)", "g(x, y) = x*y; g(x, 2)"),
    ("x ↦ x^2", "x^2"),
    ("lambda x: x**2", "x^2"),
    ("f = lambda x, y: x*y", "f(x, y) = x*y"),
    ("def f(x): return x**2", "f(x) = x^2"),
    ("let y = x^2", "y = x^2"),
    ("@(x) x.^2", "x^2"),
    ("f = @(x, y) x.*y; f(x, 2)", "f(x, y) = x*y; f(x, 2)"),
    (r"f\colon x \mapsto x^2", "f(x) = x^2"),
    ("Rational(1, 2) x + ∣x∣", "((1/2)*x) + abs(x)"),
    # the derivative as a function
    ("diff(x^2, x)", "x^2"),
    ("D[Sin[x], x]", "sin(x)"),
    ("derivative(x^2 y)", "(x^2)*y"),
    ("d(x^2)/dx", "x^2"),
    ("(x^2 + 1)'", "(x^2) + 1"),
    # what was read before is read as it was
    ("gamma x + beta y", "(gamma*x) + (beta*y)"),
    ("power x + root y", "(power*x) + (root*y)"),
    ("x(y+1)", "x*(y + 1)"),
    ("if_x + e2", "if_x + e2"),
)


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_clear_is_read(text: str, expected: str) -> None:
    assert reading(text) == expected


ASKED = (
    ("d/dx x y", "x"),
    ("d²/dx² x^3", "x x"),
    (r"\frac{d^2}{dy^2} x y", "y y"),
    ("∂/∂y (x y)", "y"),
    ("diff(x y, y)", "y"),
    ("D[x^3, x, x]", "x x"),
    ("diff(x^3, x, 2)", "x x"),
    ("d(t^2)/dt", "t"),
)


@pytest.mark.parametrize(("text", "wrt"), ASKED)
def test_d_dx_says_by_which_variable(text: str, wrt: str) -> None:
    assert read(text).wrt == (wrt,)


# the text, what is marked, and the whole corrected lines
CORRECTED = (
    ("sin x/2", "sin x/2", "Write sin(x/2) or sin(x)/2."),
    ("1 + sin x*2", "sin x*2", "Write 1 + sin(x*2) or 1 + sin(x)*2."),
    ("sin x (x+1)", "sin x (x+1)", "Write sin(x (x+1)) or sin(x) (x+1)."),
    ("ln|x| x", "ln|x| x", "Write ln(|x| x) or ln(|x|) x."),
    ("sin(π/2 x)", "π/2 x", "Write sin((π/2)*x) or sin(π/(2*x))."),
    ("1/2x", "1/2x", "Write (1/2)*x or 1/(2*x)."),
    ("3 + 1/2(x+1)", "1/2(x+1)", "Write 3 + (1/2)*(x+1) or 3 + 1/(2*(x+1))."),
    ("√x^2 + 1", "√x^2", "Write √(x^2) + 1 or (√x)^2 + 1."),
    ("d/dx x^2 + 3x", "d/dx x^2 + 3x", "Write d/dx (x^2 + 3x) or f(x) = x^2; f'(x) + 3x."),
    ("sinx", "sinx", "Write sin(x). A variable needs another name, such as sinx_."),
    ("2sinx + 1", "sinx", "Write 2sin(x) + 1."),
    ("sin2x", "sin2x", "Write sin(2x)."),
    ("cosx", "cosx", "Write cos(x)."),
    ("lnx", "lnx", "Write ln(x)."),
    ("expx", "expx", "Write exp(x)."),
    ("sqrtx", "sqrtx", "Write sqrt(x)."),
    ("logx", "logx", "Write log(x)."),
    ("tanx + 1", "tanx", "Write tan(x) + 1."),
    ("arcsinx", "arcsinx", "Write arcsin(x)."),
    ("xsinx", "xsinx", "Write x*sin(x)."),
    ("x^2sinx", "sinx", "Write x^2sin(x)."),
    ("sinxcosx", "sinxcosx", "Write sin(x)*cos(x)."),
    ("cosx sinx", "cosx", "Write cos(x) sin(x)."),
    ("x/xsinx", "xsinx", "Write x/(x*sin(x))."),
    ("sintheta", "sintheta", "Write sin(theta)."),
    ("sinθ", "sinθ", "Write sin(θ)."),
    ("xe^x", "xe", "Write x*e^x."),
    ("2xe^(-x) + 1", "xe", "Write 2x*e^(-x) + 1."),
    ("te^-t", "te", "Write t*e^-t."),
    ("t*cost", "cost", "Write t*cos(t)."),
    ("sin(ωt + φ)", "ωt", "Write sin(ω*t + φ)."),
    ("cos(2pix)", "pix", "Write cos(2pi*x)."),
)


@pytest.mark.parametrize(("text", "marked", "fix"), CORRECTED)
def test_what_is_not_clear_is_refused_with_the_whole_corrected_line(text: str, marked: str, fix: str) -> None:
    error = fault(text)
    assert text[error.start : error.end] == marked
    assert error.fix.startswith(fix)


@pytest.mark.parametrize("text", [text for text, _, fix in CORRECTED if "or" not in fix and "/" not in text])
def test_a_corrected_line_can_be_typed(text: str) -> None:
    line = fault(text).fix.removeprefix("Write ").split(". ")[0].rstrip(".")
    assert read(line)


NAMES = re.findall(
    r"\w+",
    """
    x1 alpha beta2 theta sigma_x rate mass time cost single index width expo logp since exponent cosmo design using basin sine
    tangent logit_x exp_x sin_x cosp0 absolute_x maxx xmin logK secret cosine mean size space charge tank sing costs ex me ke
    signal sinew exposure logistics lnK0 temperature
""",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name(name: str) -> None:
    assert reading(f"2{name} + 1") == f"(2*{name}) + 1"
    assert reading(f"{name}^2") == f"{name}^2"


@pytest.mark.parametrize("text", ["f(sinx) = sinx^2", "sinx = 2; sinx x", "f(xe) = xe^2"])
def test_a_name_that_the_text_defines_is_one(text: str) -> None:
    assert read(text)


# what is said, and the hint
HINTED = (
    ("sin", "'sin' is a function", "sin(x)"),
    ("sin + 1", "'sin' is a function", "sin(x)"),
    ("sin -x", "'sin' is a function", "sin(-x)"),
    ("sin^2 + cos^2", "'sin' is a function", "sin(x)^2"),
    ("exp^x", "'exp' is a function", "exp(x)"),
    ("sin^-1 x", "ambiguous", "asin"),
    ("tgh(x)", "unknown function 'tgh'", "tg"),
    ("np.foo(x)", "unknown function 'np.foo'", ""),
    ("np.x", "unknown function 'np.x'", "Write x for a variable"),
    ("x.y", "'.' stands only in numbers", ""),
    (r"\foo x", r"'\foo' is not a command", r"\frac{a}{b}"),
    ("{x + 1)", "closed by", "own kind"),
    ("f'(x) = 2x", "a derivative, not a function", "--claim"),
    ("x + d/dx x^2", "within an expression", "f'(x)"),
    ("(d/dx x^2)'", "within an expression", "f'(x)"),
    ("(d/dx x=f(x)=y)'z", "'=' does not compare", "write =="),
    ("x + d/dx(x^2)", "unknown function 'dx'", "d/dx stands before the whole expression"),
    ("1 + (x^2)'", "behind the name of a function", "Give the function alone"),
    ("f'(x)", "unknown function 'f'", "f(x) = …"),
    ("1 + diff(x^2, x)", "unknown function 'diff'", "Give the function alone"),
    ("D(x^2, x) + 1", "unknown function 'D'", "Give the function alone"),
    ("2derivative(x^2)", "unknown function 'derivative'", "Give the function alone"),
    ("derivative of x^2", "'derivative' is not a name of a factor", "Give the function alone"),
    ("dy/dx", "without its function", "Write the function itself"),
    ("d/dx", "without its function", "Write the function itself"),
    ("y'", "without its function", "Write the function itself"),
    ("integrate(x^2, x)", "unknown function", "integral"),
    ("sum(x)", "sum takes 1 vector", "sum([x, y])"),
    ("arctan(x, y)", "does not take 2 arguments", "atan2(y, x)"),
    ("log(x, 2, 3)", "does not take 3 arguments", "log(x, b)"),
    ("sin(x, y)", "does not take 2 arguments", "sin(x)"),
    ("pow(x)", "does not take 1 argument", "x^y"),
    ("root(x)", "does not take 1 argument", "root(x, 3)"),
    ("step(x)", "unknown function", "heaviside(x)"),
    ("lg(x)", "unknown function", "log10(x)"),
    ("fmod(x, 2)", "unknown function", "trunc"),
    ("rem(x, 2)", "unknown function", "mod(x, y)"),
    ("frac(x)", "unknown function", "x - floor(x)"),
    ("sqr(x)", "unknown function", "x^2"),
    ("lg x", "'lg' is not a name of a factor", "log10(x)"),
    ("arc sin x", "'arc' is not a name of a factor", "arcsin(x)"),
    ("return x**2", "'return' is not a name of a factor", "alone"),
    ("x.sin()", "'.' stands only in numbers", "Write sin(x)."),
    ("x.pow(2)", "'.' stands only in numbers", "Write pow(…)."),
    ("np.linalg.norm(x)", "norm takes 1 vector", "norm([x, y])"),
    ("1,5x^2", "unexpected ','", "Write 1.5x^2."),
    ("1 000x", "side by side", "A number has no spaces: 1000."),
    ("3 1/2", "side by side", "(3 + 1/…)"),
    ("x^2 at x=2", "'=' does not compare", "--at x=2"),
    ("x^2 + y^2 = 1", "'=' does not compare", "Of an equation give one side"),
    ("x → 0", "unexpected '→'", "f(x) = x^2"),
    ("y = x^2, x = 2", "unexpected ','", "--at x = 2"),
    (r"\frac{dx^2}{dx}", "'dx' is one name here", "d/dx (…)"),
    ("dx^2/dx", "'dx' is one name here", "d/dx (…)"),
    (r"\int_0^1 x", r"'\int_0' is not a command", "integral"),
    ("x<0: x^2", "unexpected ':'", "f(x) = x^2"),
    (r"x \pm 1", r"'\pm' is not a command", "one formula for each sign"),
    (r"\lg x", r"'\lg' is not a command", r"\log_{10} x"),
    (r"\int x", r"'\int' is not a command", "integral"),
    (r"\sin^{-1}(x)", "'sin^-1' is ambiguous", "asin(x)"),
    ("sin⁻¹(x)", "'sin^-1' is ambiguous", "asin(x)"),
    ("n!!", "'!!' is not an operator", "(n!)!"),
    ("!x", "an operand is missing before '!'", ""),
    ("ArcTan[x, y]", "does not take 2 arguments", "atan2(y, x)"),
    ("x[0]", "this is a number, and has no entries", "[x, y]"),
    ("piecewise((1, x < 0), (2, x > 0))", "last part", "otherwise"),
    (r"\begin{cases} 1 & x < 0 \\ 2 & x > 0 \end{cases}", "last part", r"\text{otherwise}"),
    ("piecewise((1, x < y), (2, x >= y))", "last part", "otherwise"),
    ("piecewise((1, 1/x < 2), (2, 1/x >= 2))", "last part", "otherwise"),
    ("radians(x)", "unknown function", "pi*x/180"),
    ("nPr(n, k)", "unknown function", "factorial(n)"),
    ("softmax(x, y)", "unknown function", "exp(x)"),
    ("norm(x, y)", "norm takes 1 vector", "norm([x, y])"),
)


@pytest.mark.parametrize(("text", "message", "fix"), HINTED)
def test_a_refusal_says_what_to_write(text: str, message: str, fix: str) -> None:
    error = fault(text)
    assert message in error.message
    assert fix in error.fix


EXACT = re.findall(
    r"\w+",
    """
    pow power root nthroot fabs arcsinh arsinh arcosh artanh cosec cot sec sgn signum Heaviside Abs ln log1p softplus sigmoid mod cbrt
    square nCr comb choose binom gamma Gamma maximum minimum fmax fmin clamp tg ctg arctg logsumexp hypot logaddexp round rint trunc fix
    copysign log absolute loggamma expit swish psi
""",
)


@pytest.mark.parametrize("name", EXACT)
def test_a_foreign_name_of_the_same_function_is_read(name: str) -> None:
    assert any(_is_read(f"{name}({', '.join('xyz'[:count])})") for count in (1, 2, 3))


def _is_read(text: str) -> bool:
    try:
        return bool(read(text))
    except ExpressionError:
        return False


@pytest.mark.parametrize("name", sorted(HINTS.keys() - DIFFERENTIATORS - {"atan", "arctan", "log", "ln", "d"}))
def test_a_hint_is_for_a_name_that_is_not_read(name: str) -> None:
    error = fault(f"{name}(x)")
    assert name not in REWRITTEN
    assert error.fix == HINTS[name]


def claim(text: str, beside: Problem) -> str:
    return read_back(read_beside(text, beside).program)


@pytest.mark.parametrize("text", ["f'(x) = 2x", "y' = 2x", "dy/dx = 2x", "df/dx = 2x", r"\frac{df}{dx} = 2x", "2x"])
def test_a_claim_may_say_what_it_is(text: str) -> None:
    assert claim(text, read("y = x^2")) == "2*x"
