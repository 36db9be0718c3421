"""The second route: the derivative from values on a circle, by Cauchy's formula; no derivative of anything."""
