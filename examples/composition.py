"""f(x) = x² + 3x + 2 and g(x) = f(f(f(x))): the slopes at 2, by every engine, exactly.

By hand, with the chain rule:

    f'(x) = 2x + 3                              f'(2) = 7
    g'(x) = f'(f(f(x))) · f'(f(x)) · f'(x)      where f(2) = 12 and f(12) = 182
    g'(2) = f'(182) · f'(12) · f'(2) = 367 · 27 · 7 = 69363
"""

import jax

import diffcheck

F = "f(x) = x^2 + 3x + 2"
G = f"{F}; g(x) = f(f(f(x)))"
BY_HAND = "(2f(f(x)) + 3)(2f(x) + 3)(2x + 3)"


def f(x):
    return x**2 + 3 * x + 2


def g(x):
    return f(f(f(x)))


def show(report):
    """The proved slope, and what every engine makes of it."""
    (sample,) = report.samples
    print(f"{report.header.name}'(2) = {float(sample.enclosure):g}, proved to within {float(sample.enclosure.radius):g}")
    for result in sample.results:
        print(f"    {result.engine:<10}{result.mode or '':<8}{result.value:>9}  {result.verdict.value}")


def main():
    show(diffcheck.check(F, at=2, claim="2x + 3"))
    show(diffcheck.check(G, at=2, claim=BY_HAND))
    print(f"plain JAX says {jax.grad(f)(2.0)} and {jax.grad(g)(2.0)}")


if __name__ == "__main__":
    main()
