"""Engines that know nothing of each other: SymPy, JAX, Arb, and differences of values. `registry` lists those that are judged.

Each hands over `Derivation`s (derivation.py) of a `Subject`; what is of JAX lies in the modules beside.
"""
