"""Complex numbers as pairs of real ones: what each primitive does to real and imaginary parts, as a JAX program of real arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from diffcheck.engines.jax.equations import bound
from diffcheck.engines.jax.lift.moves import MOVES
from diffcheck.engines.jax.lift.scalars import NotLifted
from diffcheck.engines.jax.lift.values import ComplexPair, parts
from diffcheck.engines.jax.names import ClosedJaxpr
from diffcheck.engines.jax.settings import settings


class Complex(NamedTuple):
    """The parts of an array while a program of them is traced."""

    real: Any
    imag: Any


Rule = Callable[..., Any]  # the equation, and its arguments: Complex, or arrays of real numbers


def is_complex(atom: Any) -> bool:
    return bool(jnp.issubdtype(atom.aval.dtype, np.complexfloating))


def concerns_pairs(equation: Any) -> bool:
    """Whether an equation takes or gives complex numbers."""
    return any(map(is_complex, equation.invars)) or any(map(is_complex, equation.outvars))


def followed(equation: Any, arguments: Sequence[Any], run: Callable[[ClosedJaxpr, Sequence[Any]], Sequence[Any]]) -> list[Any]:
    """The results of an equation of complex numbers. Raises NotLifted for primitives that have no rule."""
    pairs = zip(arguments, equation.invars, strict=True)
    flat = [part for argument, atom in pairs for part in (parts(argument) if is_complex(atom) else (argument,))]
    found = iter(run(_program(equation), flat))
    return [ComplexPair(next(found), next(found)) if is_complex(variable) else next(found) for variable in equation.outvars]


@lru_cache(maxsize=1024)
def _program(equation: Any) -> ClosedJaxpr:
    """The equation as a program of parts."""
    name = equation.primitive.name
    rule = _by_parts if name in BY_PARTS else PAIRS.get(name)
    if rule is None:
        raise NotLifted(f"the primitive {name} of complex numbers")

    def program(*arrays: Any) -> list[Any]:
        rest = iter(arrays)
        arguments = [Complex(next(rest), next(rest)) if is_complex(atom) else next(rest) for atom in equation.invars]
        return list(_flat(rule(equation, *arguments)))

    with settings(True):
        return jax.make_jaxpr(program)(*(part for atom in equation.invars for part in _shapes(atom)))


def _flat(result: Any) -> Iterator[Any]:
    for each in result if isinstance(result, list) else [result]:
        yield from each if isinstance(each, Complex) else (each,)


def _shapes(atom: Any) -> list[Any]:
    shape, dtype = atom.aval.shape, real_dtype(atom.aval.dtype)
    struct = jax.ShapeDtypeStruct(shape, dtype)  # type: ignore[no-untyped-call]
    return [struct, struct] if is_complex(atom) else [struct]


def real_dtype(dtype: Any) -> Any:
    """That of the parts."""
    return np.dtype(dtype).type(0).real.dtype if jnp.issubdtype(dtype, np.complexfloating) else dtype


# Arithmetic


def _times(x: Complex, y: Complex) -> Complex:
    return Complex(x.real * y.real - x.imag * y.imag, x.real * y.imag + x.imag * y.real)


def _over(x: Complex, y: Complex) -> Complex:
    above, below = _times(x, Complex(y.real, -y.imag)), _square_of_size(y)
    return Complex(above.real / below, above.imag / below)


def _square_of_size(z: Complex) -> Any:
    return z.real * z.real + z.imag * z.imag


def _size(z: Complex) -> Any:
    return lax.sqrt(_square_of_size(z))


def _integer_power(equation: Any, z: Complex) -> Complex:
    exponent = equation.params["y"]
    one = Complex(jnp.ones_like(z.real), jnp.zeros_like(z.real))
    power = reduce(_times, [z] * abs(exponent)) if exponent else one
    return _over(one, power) if exponent < 0 else power


def _sign(equation: Any, z: Complex) -> Complex:
    size = _size(z)
    return Complex(jnp.where(size == 0, 0.0, z.real / size), jnp.where(size == 0, 0.0, z.imag / size))


# Functions


def _exp(z: Complex) -> Complex:
    return Complex(lax.exp(z.real) * lax.cos(z.imag), lax.exp(z.real) * lax.sin(z.imag))


def _log(z: Complex) -> Complex:
    return Complex(lax.log(_square_of_size(z)) / 2, lax.atan2(z.imag, z.real))


def _sqrt(z: Complex) -> Complex:
    """With a real part of 0 or more; each side of the imaginary axis by the root that does not cancel."""
    size = _size(z)
    right, left = lax.sqrt((size + z.real) / 2), lax.sqrt((size - z.real) / 2)
    upper = jnp.where(z.imag < 0, -left, left)
    is_right = z.real >= 0
    is_zero = size == 0
    return Complex(
        jnp.where(is_zero, 0.0, jnp.where(is_right, right, abs(z.imag) / (2 * left))),
        jnp.where(is_zero, 0.0, jnp.where(is_right, z.imag / (2 * right), upper)),
    )


def _sinh(z: Complex) -> Complex:
    return Complex(lax.sinh(z.real) * lax.cos(z.imag), lax.cosh(z.real) * lax.sin(z.imag))


def _cosh(z: Complex) -> Complex:
    return Complex(lax.cosh(z.real) * lax.cos(z.imag), lax.sinh(z.real) * lax.sin(z.imag))


def _sin(z: Complex) -> Complex:
    return Complex(lax.sin(z.real) * lax.cosh(z.imag), lax.cos(z.real) * lax.sinh(z.imag))


def _cos(z: Complex) -> Complex:
    return Complex(lax.cos(z.real) * lax.cosh(z.imag), -lax.sin(z.real) * lax.sinh(z.imag))


def _power(equation: Any, z: Complex, exponent: Any) -> Complex:
    log = _log(z)
    as_pair = exponent if isinstance(exponent, Complex) else Complex(exponent, jnp.zeros_like(exponent))
    return _exp(_times(as_pair, log))


def _one_plus(z: Complex) -> Complex:
    return Complex(1 + z.real, z.imag)


# Between the types


def _converted(equation: Any, x: Any) -> Any:
    dtype = equation.params["new_dtype"]
    if not is_complex(equation.outvars[0]):
        return lax.convert_element_type(x.real, dtype)
    part = real_dtype(dtype)
    if isinstance(x, Complex):
        return Complex(lax.convert_element_type(x.real, part), lax.convert_element_type(x.imag, part))
    real = lax.convert_element_type(x, part)
    return Complex(real, jnp.zeros_like(real))


def _of_one(function: Callable[[Complex], Any]) -> Rule:
    return lambda equation, z: function(z)


# Sums of products, and what moves


def _bilinear(equation: Any, x: Any, y: Any) -> Complex:
    """A product of any kind, part by part."""

    def product(a: Any, b: Any) -> Any:
        params = {name: None if name == "preferred_element_type" else value for name, value in equation.params.items()}
        return equation.primitive.bind(a, b, **params)

    return Complex(product(x.real, y.real) - product(x.imag, y.imag), product(x.real, y.imag) + product(x.imag, y.real))


def _by_parts(equation: Any, *arguments: Any) -> Any:
    """What does the same to both parts: moves, sums, choices."""
    found = []
    for k in (0, 1):
        given = [argument[k] if isinstance(argument, Complex) else argument for argument in arguments]
        found.append(bound(_with_real_parameters(equation, k), given))
    return [Complex(*pair) for pair in zip(*found, strict=True)]


def _with_real_parameters(equation: Any, part: int) -> Any:
    fill = equation.params.get("fill_value")
    if fill is None or not isinstance(fill, complex | np.complexfloating):
        return equation
    return equation.replace(params={**equation.params, "fill_value": (fill.real, fill.imag)[part]})


def _product_along(equation: Any, z: Complex) -> Complex:
    axes = equation.params["axes"]
    order = [axis for axis in range(z.real.ndim) if axis not in axes]
    rows = [part.transpose((*axes, *order)).reshape(-1, *(part.shape[axis] for axis in order)) for part in z]
    return reduce(_times, [Complex(rows[0][i], rows[1][i]) for i in range(rows[0].shape[0])])


def _sorted(equation: Any, *operands: Any) -> Any:
    """By real parts, then by imaginary parts."""
    of_each = [tuple(operand) if isinstance(operand, Complex) else (operand,) for operand in operands]
    keys = sum(len(each) for each in of_each[: equation.params["num_keys"]])
    flat = [part for each in of_each for part in each]
    found = iter(lax.sort(flat, dimension=equation.params["dimension"], num_keys=keys))
    return [Complex(next(found), next(found)) if len(each) == 2 else next(found) for each in of_each]


# Fourier transforms


def _fourier(equation: Any, z: Any) -> Any:
    """Sums with roots of unity, axis by axis: exact ones where they are rational."""
    kind, lengths = int(equation.params["fft_type"]), equation.params["fft_lengths"]
    axes = range(-len(lengths), 0)
    sign = -1 if kind in (FORWARD, REAL_TO_HALF) else 1
    if kind == HALF_TO_REAL:
        for axis in axes[:-1]:
            z = _transformed(z, axis, sign)
        return _transformed(_whole(z, lengths[-1]), -1, sign, lengths).real
    if kind == REAL_TO_HALF:
        z = Complex(z, jnp.zeros_like(z))
        half = _transformed(z, -1, sign)
        z = Complex(*(lax.slice_in_dim(part, 0, lengths[-1] // 2 + 1, axis=-1) for part in half))
        axes = axes[:-1]
    for axis in axes:
        z = _transformed(z, axis, sign)
    return z if sign < 0 else Complex(*(part / int(np.prod(lengths)) for part in z))


def _whole(half: Complex, length: int) -> Complex:
    """The spectrum of a real signal from its first half; what would make the signal complex is left out."""
    count = length // 2 + 1
    imag = [half.imag[..., k] if 0 < 2 * k < length else jnp.zeros_like(half.imag[..., k]) for k in range(count)]
    real = [half.real[..., k] for k in range(count)]
    mirrored = [length - k for k in range(count, length)]
    return Complex(
        jnp.stack([*real, *(real[k] for k in mirrored)], -1),
        jnp.stack([*imag, *(-imag[k] for k in mirrored)], -1),
    )


def _transformed(z: Complex, axis: int, sign: int, divided: Sequence[int] = ()) -> Complex:
    count = z.real.shape[axis]
    cosines, sines = _roots_of_unity(count, z.real.dtype)
    powers = np.outer(np.arange(count), np.arange(count)) % count
    cosine, sine = (part.at[powers].get(mode="promise_in_bounds", wrap_negative_indices=False) for part in (cosines, sign * sines))
    real, imag = (jnp.moveaxis(part, axis, -1) for part in z)
    found = Complex(real @ cosine - imag @ sine, real @ sine + imag @ cosine)
    scale = int(np.prod(divided)) if divided else 1
    return Complex(*(jnp.moveaxis(part / scale if scale > 1 else part, -1, axis) for part in found))


def _roots_of_unity(count: int, dtype: Any) -> tuple[Any, Any]:
    """cos 2πk/n and sin 2πk/n. π is 4·atan 1: a program has no other exact way to write it."""
    turns = np.arange(count)
    angles = lax.atan(jnp.ones((), dtype)) * (8.0 * turns) / float(count)
    return tuple(
        jnp.where(np.isnan(known := _rational(function, count)), function(angles), np.nan_to_num(known)) for function in (lax.cos, lax.sin)
    )  # type: ignore[return-value]


def _rational(function: Any, count: int) -> Any:
    """The values that are 0, ±1/2 or ±1; NaN for others."""
    twelfths = np.array([1.0, np.nan, 0.5, 0.0, -0.5, np.nan, -1.0, np.nan, -0.5, 0.0, 0.5, np.nan])
    turns = 12 * np.arange(count) - (3 * count if function is lax.sin else 0)
    return np.where(turns % count == 0, twelfths[turns // count % 12], np.nan)


FORWARD, BACKWARD, REAL_TO_HALF, HALF_TO_REAL = range(4)
BY_PARTS = {*MOVES, "reduce_sum", "cumsum", "select_n", "neg", "scatter-add", "psum", "psum_invariant"}
PAIRS: dict[str, Rule] = {
    **dict.fromkeys(("add", "add_any"), lambda equation, x, y: Complex(x.real + y.real, x.imag + y.imag)),
    "sub": lambda equation, x, y: Complex(x.real - y.real, x.imag - y.imag),
    "mul": lambda equation, x, y: _times(x, y),
    "div": lambda equation, x, y: _over(x, y),
    "square": _of_one(lambda z: _times(z, z)),
    "integer_pow": _integer_power,
    "pow": _power,
    "real": _of_one(lambda z: z.real),
    "imag": _of_one(lambda z: z.imag),
    "conj": lambda equation, z: Complex(z.real, -z.imag) if isinstance(z, Complex) else Complex(z, jnp.zeros_like(z)),
    "complex": lambda equation, x, y: Complex(*jnp.broadcast_arrays(x, y)),  # one may be a number
    "abs": _of_one(_size),
    "sign": _sign,
    "exp": _of_one(_exp),
    "expm1": _of_one(lambda z: Complex(_exp(z).real - 1, _exp(z).imag)),
    "log": _of_one(_log),
    "log1p": _of_one(lambda z: _log(_one_plus(z))),
    "sqrt": _of_one(_sqrt),
    "rsqrt": _of_one(lambda z: _over(Complex(jnp.ones_like(z.real), jnp.zeros_like(z.real)), _sqrt(z))),
    "sin": _of_one(_sin),
    "cos": _of_one(_cos),
    "tan": _of_one(lambda z: _over(_sin(z), _cos(z))),
    "sinh": _of_one(_sinh),
    "cosh": _of_one(_cosh),
    "tanh": _of_one(lambda z: _over(_sinh(z), _cosh(z))),
    "logistic": _of_one(lambda z: _over(_exp(z), _one_plus(_exp(z)))),
    "eq": lambda equation, x, y: (x.real == y.real) & (x.imag == y.imag),
    "ne": lambda equation, x, y: (x.real != y.real) | (x.imag != y.imag),
    "is_finite": _of_one(lambda z: lax.is_finite(z.real) & lax.is_finite(z.imag)),
    "convert_element_type": _converted,
    "dot_general": _bilinear,
    "conv_general_dilated": _bilinear,
    "reduce_prod": _product_along,
    "sort": _sorted,
    "fft": _fourier,
}
