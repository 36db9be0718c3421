"""A piece of a text with carets under it: for error messages, and for the operation to blame."""

from __future__ import annotations


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
    line = before + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in window) + after
    carets = max(1, min(end, window_end) - start)
    return f"  {line}\n  {' ' * (len(before) + start - window_start)}{'^' * carets}"
