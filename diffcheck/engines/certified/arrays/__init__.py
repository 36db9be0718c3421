"""Arrays of balls: a program over arrays followed once, its derivative as linear steps, pushed forward or pulled back.

balls: arrays, and what moves and sums their entries · steps: the linear steps · tape: all of them, both ways · conditions, ties:
what compares entries · algebra: the functions of the table on arrays, by the rules of single balls.
"""

from diffcheck.engines.certified.arrays.algebra import Arrays
from diffcheck.engines.certified.arrays.balls import BITS, Balls, Entries, Undecided, balls_of, floats_of, inner, radii_of

__all__ = ["BITS", "Arrays", "Balls", "Entries", "Undecided", "balls_of", "floats_of", "inner", "radii_of"]
