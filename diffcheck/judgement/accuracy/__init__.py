"""How accurate JAX's functions are: measured against enclosures by `python -m diffcheck.judgement.accuracy`, shipped as data."""
