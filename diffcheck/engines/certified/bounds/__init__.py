"""How far rounding may carry a float program from its exact value."""
