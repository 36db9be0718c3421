"""The reference in docs/api.md: every public name, from its signature and its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import EnumMeta
from typing import Any

import diffcheck

ORDER = (
    *("check", "assert_derivative", "Report", "Sample", "RuleCheck", "Check", "Claim", "Outcome", "Status", "Verdict"),
    *("trace", "Trace"),
    *("cost", "CostReport"),
    *("register", "Function", "Domain", "Kink"),
)
ELSEWHERE = ("LACKS",)  # a value, explained where functions of your own are
METHODS = {"Report": ("plot", "picture", "to_json"), "Check": ("samples",), "CostReport": ("plot", "to_json", "to_csv")}
ITEM = re.compile(r"^    (\w+): ", re.MULTILINE)


def reference() -> str:
    """The names that are no exceptions in ORDER, then the tree of exceptions."""
    public = {name: getattr(diffcheck, name) for name in diffcheck.__all__ if name != "__version__"}
    exceptions = {name: kind for name, kind in public.items() if isinstance(kind, type) and issubclass(kind, Exception)}
    missing = public.keys() - exceptions.keys() - {*ORDER, *ELSEWHERE}
    if missing:
        raise ValueError(f"ORDER lacks {missing}")
    return "".join(f"\n{text}" for text in (*(_entry(name, public[name]) for name in ORDER), _tree(exceptions))).removeprefix("\n")


def _entry(name: str, what: Any) -> str:
    if isinstance(what, EnumMeta):
        members = ", ".join(f"`{member.name}`" for member in what)
        return f"### {name}\n\n{_paragraph(inspect.getdoc(what) or '')}\n\nMembers: {members}.\n"
    methods = "".join(f"\n#### {name}.{each}\n\n{_described(each, getattr(what, each))}" for each in METHODS.get(name, ()))
    return f"### {name}\n\n{_described(name, what)}{methods}"


def _described(name: str, what: Any) -> str:
    """The signature of a function, and the sections of the docstring."""
    is_shown = not isinstance(what, type) or what is diffcheck.Check
    signature = f"```python\n{name}{_signature(what)}\n```\n\n" if is_shown else ""
    return signature + "\n".join(_sections(inspect.getdoc(what) or ""))


def _signature(what: Any) -> str:
    """The arguments without their types, which the docstring explains, one line if it fits."""
    arguments = list(inspect.signature(what).parameters.values())
    words = [str(each.replace(annotation=inspect.Parameter.empty)) for each in arguments if each.name != "self"]
    keyword = next((i for i, each in enumerate(arguments) if each.kind is inspect.Parameter.KEYWORD_ONLY), None)
    if keyword is not None:
        words.insert(keyword - (arguments[0].name == "self"), "*")
    text = re.sub(r"<function \S* at \w+>", "…", ", ".join(words))
    return f"({text})" if len(text) < 100 else f"(\n    {text.replace(', ', f',{chr(10)}    ')},\n)"


def _sections(document: str) -> Iterator[str]:
    """Paragraphs; lists of arguments as bullets, examples as code."""
    for block in re.split(r"\n\n(?=\S)", document):
        title, _, body = block.partition(":\n")
        if body.startswith("    ") and title.isalpha():
            yield f"{_section(title, inspect.cleandoc(body))}\n"
        else:
            yield f"{_paragraph(block)}\n"


def _section(title: str, body: str) -> str:
    if title == "Example":
        return f"```pycon\n{body}\n```"
    heading = {"Args": "Arguments"}.get(title, title)
    items = re.split(r"\n(?=\w+: )", body)
    if not re.match(r"\w+: ", body):
        return f"{heading}: {_paragraph(body)}"
    return f"{heading}:\n\n" + "\n".join(f"- `{name}`: {_paragraph(text)}" for name, _, text in (item.partition(": ") for item in items))


def _paragraph(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _tree(exceptions: dict[str, type[Exception]]) -> str:
    """The exceptions, each under the one that it is a kind of."""
    lines = []
    for name in exceptions:
        lineage = [each.__name__ for each in reversed(exceptions[name].__mro__) if each.__name__ in exceptions]
        lines.append((lineage, f"{'  ' * (len(lineage) - 1)}- `{name}`: {_paragraph(inspect.getdoc(exceptions[name]) or '')}\n"))
    return "### Exceptions\n\n" + "".join(line for _, line in sorted(lines))
