"""Arrays by dotted names, as files hold them, as trees: `params.dense.kernel` is params["dense"]["kernel"], `layers.0` a list's entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffcheck.errors import PointError
from diffcheck.printable import quoted

MAX_DEPTH = 100


def tree_of(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Nested mappings, and lists where the names are 0, 1, 2 and so on. Raises PointError where a name is both an array and a tree."""
    tree: dict[str, Any] = {}
    for name, array in arrays.items():
        *path, last = name.split(".")
        if len(path) > MAX_DEPTH:
            raise PointError(f"{quoted(name)} has more than {MAX_DEPTH} dots", "Give a Python object: --at FILE.py:NAME.")
        branch = tree
        for step in path:
            branch = branch.setdefault(step, {})
            if not isinstance(branch, dict):
                raise PointError(f"{quoted(name)} goes on where another array has its name", "Rename one of them.")
        if last in branch:
            raise PointError(f"{quoted(name)} is both an array and a tree of arrays", "Rename one of them.")
        branch[last] = array
    return {name: _listed(branch) for name, branch in tree.items()}


def _listed(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    entries = {name: _listed(branch) for name, branch in tree.items()}
    numbers = [str(k) for k in range(len(entries))]
    return [entries[number] for number in numbers] if entries.keys() == set(numbers) else entries
