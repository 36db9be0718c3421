"""A piece of a text with carets under it: for error messages, and for the operation to blame."""

from __future__ import annotations

from itertools import pairwise

from diffcheck.printable import printable


def excerpt(text: str, start: int, end: int, width: int = 76) -> str:
    """The line of text[start:end], cut to `width` characters, and the carets under it."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    last = len(text) if last < 0 else last
    window_start = max(first, min(start - width // 2, last - width))
    window_end = min(last, window_start + width)
    before = "…" if window_start > first else ""
    after = "…" if window_end < last else ""
    window = text[window_start:window_end].replace("\t", " ")
    cuts = (0, start - window_start, max(start, min(end, window_end)) - window_start, len(window))
    left, marked, right = (printable(window[i:j]) for i, j in pairwise(cuts))  # an escape is longer than its letter
    return f"  {before}{left}{marked}{right}{after}\n  {' ' * len(before + left)}{'^' * max(1, len(marked))}"
