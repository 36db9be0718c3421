"""The symbolic engine: SymPy differentiates, and the chain rule joins what it found as a graph.

SymPy never sees a whole program. A body is cut into segments, SymPy differentiates each of them with respect to the symbols
that it uses, and the results are joined as nodes: size stays linear in the size of the function, whatever the composition.
"""

from diffcheck.engines.symbolic.chain import Differentiator

__all__ = ["Differentiator"]
