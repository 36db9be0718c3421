"""Small programs of primitives that are programs themselves: factorisations, transforms, orders, windows, indices that depend on the input.

Each is a function of two vectors of three numbers, as the families of test_jaxpr_primitives are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import pallas, sparse

V = jax.Array
Family = Callable[[V, V], list[V]]
linear = lax.linalg


def _square(x: V, y: V) -> V:
    return jnp.outer(x, y) + jnp.array([[2.0, -1.0, 0.5], [0.25, 1.5, -2.0], [1.0, 0.75, 3.0]])


def _definite(x: V, y: V) -> V:
    m = _square(x, y)
    return m @ m.T + jnp.eye(3)


def factorisations(x: V, y: V) -> list[V]:
    m = _square(x, y)
    both = jnp.stack([m, m.T])
    factors, pivots, permutation = linear.lu(m)
    tall, wide = m[:, :2], m[:2]
    return [
        linear.cholesky(_definite(x, y)), factors, pivots, permutation, *linear.lu(wide)[:1], *linear.lu(tall)[:1], *linear.lu(both)[:1],
        *linear.qr(m), *linear.qr(tall, full_matrices=False), *linear.qr(tall, full_matrices=True), *linear.qr(wide, full_matrices=False),
    ]  # fmt: skip


def solutions(x: V, y: V) -> list[V]:
    m, b = _square(x, y), jnp.stack([x, y], 1)
    ways = [(lower, transposed, unit) for lower in (True, False) for transposed in (True, False) for unit in (True, False)]
    left = [linear.triangular_solve(m, b, left_side=True, lower=lo, transpose_a=t, unit_diagonal=u) for lo, t, u in ways]
    right = [linear.triangular_solve(m, b.T, lower=lo, transpose_a=t, unit_diagonal=u) for lo, t, u in ways]
    by_user = lax.custom_linear_solve(lambda v: y * v, x, solve=lambda matvec, v: v / y, transpose_solve=lambda vecmat, v: v / y)
    return [*left, *right, jnp.linalg.solve(m, x), jnp.linalg.inv(m), jnp.linalg.slogdet(m)[1], by_user, jnp.linalg.det(m)]


def factors_without_derivatives(x: V, y: V) -> list[V]:
    """JAX has no derivative of these."""
    permutation = linear.lu_pivots_to_permutation(linear.lu(_square(x, y))[1], 3)
    updated = linear.cholesky_update(linear.cholesky(_definite(x, y)).T, x)
    return [linear.householder_product(_square(x, y)[:, :2], y[:2]), permutation, updated]


def three_diagonals(x: V, y: V) -> list[V]:
    return [linear.tridiagonal_solve(x, 4 + y, y * x, jnp.stack([x, y], 1))]


def orders(x: V, y: V) -> list[V]:
    z = jnp.concatenate([x, 2 - y * y, jnp.sin(y)])
    square = z[:6].reshape(2, 3)
    by_keys = lax.sort((z, z * z), num_keys=1)
    best, places = lax.top_k(z, 4)
    along = [jnp.sort(square, 0), jnp.argsort(square, 1), jnp.median(z), jnp.quantile(z, 0.3), z[jnp.argsort(z)] * z]
    return [jnp.sort(z), *by_keys, best, places, *along, jnp.searchsorted(jnp.arange(3.0), y)]


def several_keys(x: V, y: V) -> list[V]:
    return lax.sort((jnp.floor(y), x, x * y), num_keys=2)


def images(x: V, y: V) -> list[V]:
    image, kernel = jnp.outer(x, y)[None, :, :, None], y.reshape(1, 1, 1, 3)
    numbers = ("NHWC", "HWIO", "NHWC")
    strided = lax.conv_general_dilated(image, kernel, (1, 2), [(1, 0), (1, 2)], (1, 2), (1, 1), numbers)
    grouped = lax.conv_general_dilated(jnp.stack([x, y])[None], jnp.stack([y, x])[:, None], (1,), "SAME", feature_group_count=2)
    pools = [lax.reduce_window(jnp.outer(x, y), start, op, (2, 2), (1, 1), "SAME") for start, op in POOLS]
    return [strided, grouped, *pools, jnp.convolve(x, y)]


POOLS = ((-np.inf, lax.max), (np.inf, lax.min), (0.0, lax.add))


def slopes_of_pools(x: V, y: V) -> list[V]:
    def pooled(v: V) -> V:
        return lax.reduce_window(v, -jnp.inf, lax.max, (2, 2), (1, 1), "SAME")

    square = jnp.outer(x, y) + jnp.outer(y, y)
    return [jax.vjp(pooled, square)[1](square * x)[0], jax.jvp(pooled, (square,), (square * y,))[1]]


def indices_that_depend_on_the_input(x: V, y: V) -> list[V]:
    square, at = jnp.outer(x, y), jnp.floor(y).astype(int)
    read = [x[at], square[at, at[::-1]], x[jnp.argmax(x * y)], lax.dynamic_slice(x, (at[0],), (2,)), square.at[at].get(mode="fill")]
    far = [x.at[at + 5].get(mode="fill", fill_value=7.0), lax.dynamic_slice(x, (at[1] + 2,), (2,))]
    changed = [x.at[at].add(y), x.at[at[0]].set(y[2]), x.at[at].min(y), x.at[at + 2].max(y), square.at[at].add(x)]
    return [*read, *far, *changed, lax.dynamic_update_slice(x, y[:2], (at[2],)), jnp.interp(y[0], jnp.arange(3.0), x)]


def complex_numbers(x: V, y: V) -> list[V]:
    z = lax.complex(x, y)
    w = z * jnp.array([1 + 2j, -0.5j, 2.0]) + 1j
    plain = [z + w, z - w, z * w, z / w, -z, z**3, z**-2, lax.conj(z), lax.square(z), w + x, lax.pow(w, z)]
    functions = [f(z) for f in (jnp.exp, jnp.log, jnp.sqrt, jnp.sin, jnp.cos, jnp.tan, jnp.sinh, jnp.cosh, jnp.tanh, jnp.expm1, jnp.log1p)]
    more = [
        lax.rsqrt(z),
        lax.logistic(z),
        jnp.sum(z),
        jnp.prod(z),
        jnp.outer(z, w) @ w,
        jnp.where(x > 0, z, w),
        jnp.cumsum(z),
        z[::-1],
        jnp.sort(z * w),
    ]
    moved = [
        jnp.concatenate([z, w]),
        jnp.sort(z * w),
        jnp.zeros(4, complex).at[jnp.array([1, 1, 3])].add(z),
        jnp.convolve(z, w),
        z.astype("complex128"),
    ]
    carried = lax.scan(lambda c, e: (c * e, c + e), 1 + 0j, z)
    real = [jnp.abs(z), jnp.angle(w), (z == w), (z != w), jnp.isfinite(z), *(part for c in carried for part in (c.real, c.imag))]
    return [*real, *(part for each in [*plain, *functions, *more, *moved] for part in (each.real, each.imag))]


def signs_of_complex_numbers(x: V, y: V) -> list[V]:
    """z/|z|, whose derivative is 0 to JAX."""
    signs = jnp.sign(lax.complex(x, y))
    return [signs.real, signs.imag]


def slopes_of_complex_numbers(x: V, y: V) -> list[V]:
    """These bring add_any."""

    def size(v: V) -> V:
        z = lax.complex(v, y) * 1j
        return jnp.sum(jnp.abs(jnp.sin(z) * z))

    return [jax.grad(size)(x)]


def transforms(x: V, y: V) -> list[V]:
    long, square = jnp.concatenate([x, y, x * y])[:8], jnp.outer(x, y)
    spectra = [jnp.fft.fft(long), jnp.fft.ifft(long + 1j * long[::-1]), jnp.fft.rfft(long), jnp.fft.rfft(x), jnp.fft.fft2(square)]
    real = [jnp.fft.irfft(spectra[2], 8), jnp.fft.irfft(spectra[3], 3), jnp.fft.irfft2(jnp.fft.rfft2(square), (3, 3))]
    return [*real, *(part for each in spectra for part in (each.real, each.imag))]


def random_numbers(x: V, y: V) -> list[V]:
    key, raw = jax.random.key(7), jax.random.PRNGKey(3)
    kept = jax.random.bernoulli(key, 0.5, x.shape)
    numbers = [x * jax.random.normal(key, x.shape), y + jax.random.uniform(raw, x.shape), jax.random.permutation(key, x)]
    several = jax.vmap(jax.random.normal)(jax.random.split(key, 3))
    drawn = lax.scan(lambda c, k: (c + jax.random.normal(k) * x[0], None), 0.0, jax.random.split(key, 2))[0]
    return [jnp.where(kept, x, 0.0), *numbers, jnp.where((jnp.arange(3) ^ 1) == 1, x, y), several * y, drawn]


def collectives(x: V, y: V) -> list[V]:
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("i",))
    row, whole = jax.sharding.PartitionSpec("i"), jax.sharding.PartitionSpec()

    def on_devices(v: V) -> V:
        return lax.psum(v * v, "i") + lax.pmean(v, "i") + lax.psum(lax.axis_index("i"), "i")

    def on_axis(v: V) -> V:
        return v - lax.pmean(v, "i")

    sharded = jax.shard_map(on_devices, mesh=mesh, in_specs=row, out_specs=whole)(x)
    sent = jax.shard_map(lambda v: lax.ppermute(v, "i", [(0, 0)]) + v, mesh=mesh, in_specs=row, out_specs=row)(y)
    return [sharded, sent, jax.vmap(on_axis, axis_name="i")(x), jax.vmap(lambda v: lax.all_gather(v, "i").prod(), axis_name="i")(y)]


def extremes_of_collectives(x: V, y: V) -> list[V]:
    return [jax.vmap(lambda v: lax.pmax(v, "i") * lax.pmin(v, "i"), axis_name="i")(x)]


def eigenvalues(x: V, y: V) -> list[V]:
    symmetric, square = _definite(x, y), _square(x, y)
    general, spectrum = jnp.linalg.eigvals(square), jnp.linalg.eigvals(square + 1j * jnp.outer(y, x))
    tall = square[:, :2]
    values = [*jnp.linalg.eigh(symmetric), jnp.linalg.eigvalsh(symmetric, "U"), general.real, general.imag, spectrum.real, spectrum.imag]
    return [*values, *jnp.linalg.svd(square), *jnp.linalg.svd(tall, full_matrices=False), jnp.linalg.svd(tall.T, compute_uv=False)]


def rounding_of_what_is_known(x: V, y: V) -> list[V]:
    return [lax.nextafter(x, 9.0), x + lax.nextafter(jnp.float64(0.0), 1.0), x * lax.reduce_precision(jnp.float64(1 / 3), 8, 7)]


def sparse_matrices(x: V, y: V) -> list[V]:
    matrix = sparse.BCOO((y, np.array([[0, 0], [1, 0], [1, 2]])), shape=(2, 3))

    def loss(data: V, v: V) -> V:
        there = sparse.BCOO((data, matrix.indices), shape=(2, 3))
        return jnp.sum(jnp.sin(there @ v)) + jnp.sum(jnp.cos(there.todense()))

    return [matrix @ x, matrix.todense(), jnp.sum(matrix @ jnp.outer(x, y)), *jax.grad(loss, (0, 1))(y, x)]


def kernels(x: V, y: V) -> list[V]:
    """JAX has no reverse mode of these."""

    def kernel(a: Any, b: Any, c: Any) -> None:
        c[...] = jnp.sin(a[...]) * b[...]

    whole = jax.ShapeDtypeStruct(x.shape, x.dtype)
    blocks = pallas.BlockSpec((1,), lambda i: (i,))
    by_parts = pallas.pallas_call(kernel, whole, grid=(3,), in_specs=[blocks, blocks], out_specs=blocks, interpret=True)
    return [pallas.pallas_call(kernel, whole, interpret=True)(x, y), by_parts(y, x)]


PROGRAMS: list[Family] = [
    factorisations, solutions, factors_without_derivatives, three_diagonals, orders, several_keys, images, slopes_of_pools,
    indices_that_depend_on_the_input, complex_numbers, signs_of_complex_numbers,
    slopes_of_complex_numbers, transforms, random_numbers, collectives, rounding_of_what_is_known,
    extremes_of_collectives, sparse_matrices, kernels,
]  # fmt: skip
ON_ARRAYS_ONLY: list[Family] = [eigenvalues]
WITHOUT_DERIVATIVES: list[Family] = [
    factors_without_derivatives,
    rounding_of_what_is_known,
    extremes_of_collectives,
    kernels,
    signs_of_complex_numbers,
]
