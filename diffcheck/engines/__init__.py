"""Three engines that know nothing of each other: SymPy, JAX and Arb."""
