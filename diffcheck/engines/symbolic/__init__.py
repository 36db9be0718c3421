"""The symbolic engine: SymPy differentiates, and the chain rule joins what it found as a graph.

SymPy never sees a whole program. A body is cut into segments, SymPy differentiates each of them with respect to the symbols
that it uses, and the results are joined as nodes: size stays linear in the size of the function, whatever the composition.

Raises InputError where a variable of the environment keeps SymPy from being imported.
"""

from diffcheck.errors import InputError

try:
    import sympy  # noqa: F401
except (ValueError, RuntimeError, NameError) as error:  # it evaluates some of its variables
    raise InputError(
        f"SymPy does not start: {error}", "Mend the variable of the environment whose name begins with SYMPY_, or unset it."
    ) from error

from diffcheck.engines.symbolic.chain import Differentiator  # noqa: E402

__all__ = ["Differentiator"]
