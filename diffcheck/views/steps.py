"""A derivation, shown rule by rule: as text, LaTeX, Markdown, JSON, or a page with MathML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from html import escape
from importlib.resources import files
from string import Template

from diffcheck.errors import UnsupportedError
from diffcheck.printable import printable
from diffcheck.views.json_ import SCHEMA_VERSION
from diffcheck.workings import Formula, WorkedDerivation, WorkedStep

INDENT = "    "
AGAIN = "as above"


def written(derivations: Sequence[WorkedDerivation], format: str) -> str:
    """The derivations in the format of this name."""
    return FORMATS[format](derivations)


def _events(steps: Sequence[WorkedStep]) -> Iterator[tuple[WorkedStep, bool]]:
    """Each step as it begins (True) and, after the steps within it, as it ends (False)."""
    waiting: list[WorkedStep] = []
    for step in steps:
        while waiting and waiting[-1].depth >= step.depth:
            yield waiting.pop(), False
        yield step, True
        waiting.append(step)
    while waiting:
        yield waiting.pop(), False


def _is_short(step: WorkedStep) -> bool:
    """Whether a step has no steps within it to wait for."""
    return step.opened == step.after or step.is_repeated


# Text


def _text(derivations: Sequence[WorkedDerivation]) -> str:
    return "\n".join("".join(f"{line}\n" for line in _lines(each)) for each in derivations)


def _lines(derivation: WorkedDerivation) -> Iterator[str]:
    yield f"{derivation.name}: {derivation.function.text}"
    yield ""
    for step, begins in _events(derivation.steps):
        indent = INDENT * step.depth
        if begins and _is_short(step):
            yield f"{indent}{step.asked.text} = {step.after.text}"
            yield f"{indent}  {_rule(step)}"
        elif begins:
            yield f"{indent}{step.asked.text}"
            yield f"{indent}  {_rule(step)}"
            yield f"{indent}  = {step.opened.text}"
        elif not _is_short(step):
            yield f"{indent}  = {step.after.text}"
    if derivation.steps:
        yield ""
    if derivation.is_chained:
        yield from derivation.simplified.text.splitlines()
    else:
        yield f"{derivation.symbol.text} = {derivation.simplified.text}"
    yield _checked(derivation)


def _rule(step: WorkedStep) -> str:
    return f"{step.rule}: {AGAIN if step.is_repeated else step.law.text}"


def _checked(derivation: WorkedDerivation) -> str:
    """How many steps were checked, and where."""
    points = list(dict.fromkeys(", ".join(f"{name} = {x:g}" for name, x in step.point.items()) for step in derivation.steps))
    points = points or [", ".join(f"{name} = {x:g}" for name, x in derivation.point.items())]
    count = len(derivation.steps)
    what = f"all {count} steps and the last line are" if count > 1 else "the step and the last line are" if count else "it is"
    return f"({what} checked: proved derivatives at {' and '.join(points)})"


# LaTeX and Markdown


def _latex_of(derivation: WorkedDerivation) -> str:
    lines = []
    for step, begins in _events(derivation.steps):
        quads = r"\quad " * (2 * step.depth)
        said = rf"&& \text{{{_latex_rule(step)}}}"
        if begins and _is_short(step):
            lines.append(rf"&{quads}{step.asked.latex} = {step.after.latex} {said}")
        elif begins:
            lines.append(rf"&{quads}{step.asked.latex} = {step.opened.latex} {said}")
        elif not _is_short(step):
            lines.append(rf"&{quads}\quad = {step.after.latex}")
    lines.append(rf"&{derivation.symbol.latex} = {derivation.simplified.latex}")
    body = " \\\\\n".join(f"  {line}" for line in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _latex_rule(step: WorkedStep) -> str:
    return (
        f"{step.rule}, {AGAIN}".replace("_", r"\_") if step.is_repeated else rf"{step.rule.replace('_', chr(92) + '_')}, ${step.law.latex}$"
    )


def _markdown_of(derivation: WorkedDerivation) -> str:
    lines = [f"**{printable(derivation.name)}** = ${derivation.function.latex}$", ""]
    for step, begins in _events(derivation.steps):
        indent = INDENT * step.depth
        law = AGAIN if step.is_repeated else f"${step.law.latex}$"
        if begins:
            right = step.after if _is_short(step) else step.opened
            lines.append(f"{indent}- ${step.asked.latex} = {right.latex}$ ({step.rule}: {law})")
        elif not _is_short(step):
            lines.append(f"{indent}  - so it is ${step.after.latex}$")
    lines += ["", f"${derivation.symbol.latex} = {derivation.simplified.latex}$", "", _checked(derivation), ""]
    return "\n".join(lines)


# A page


def _page(derivations: Sequence[WorkedDerivation]) -> str:
    page = Template(files("diffcheck.views").joinpath("steps.html").read_text(encoding="utf-8"))
    title = escape("Derivative of " + "; ".join(dict.fromkeys(each.function.text for each in derivations)))
    return page.substitute(title=title, derivations="\n".join(map(_article, derivations)))


def _article(derivation: WorkedDerivation) -> str:
    parts = [f"<article>\n<h2>{escape(derivation.name)} = {_mathml(derivation.function)}</h2>\n<ol>"]
    for step, begins in _events(derivation.steps):
        right = step.after if _is_short(step) else step.opened
        law = AGAIN if step.is_repeated else _mathml(step.law)
        if begins:
            left = step.asked
            equation = Formula(f"{left.text} = {right.text}", f"{left.latex} = {right.latex}")
            parts.append(f'<li>{_mathml(equation)}<p class="rule">{escape(step.rule)}: {law}</p>')
            parts.append("" if _is_short(step) else "<ol>")
        else:
            so = Formula(f"= {step.after.text}", f"= {step.after.latex}")
            parts.append("</li>" if _is_short(step) else f"</ol>{_mathml(so)}</li>")
    last = Formula(f"{derivation.symbol.text} = {derivation.simplified.text}", f"{derivation.symbol.latex} = {derivation.simplified.latex}")
    parts.append(f'</ol>\n<p class="result">{_mathml(last)}</p>\n<p class="checked">{escape(_checked(derivation))}</p>\n</article>')
    return "\n".join(filter(None, parts))


def _mathml(formula: Formula) -> str:
    """A formula as MathML, with its text for whoever cannot see it."""
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        missing = f"the page needs latex2mathml, which is not installed: {error}; install diffcheck-ad[html]"
        raise UnsupportedError(missing) from error
    found: str = convert(formula.latex)
    return found.replace("<math ", f'<math aria-label="{escape(printable(formula.text), quote=True)}" ', 1)


# JSON


def _json(derivations: Sequence[WorkedDerivation]) -> str:
    data = {"schema_version": SCHEMA_VERSION, "derivations": [asdict(each) for each in derivations]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[WorkedDerivation]], str]] = {
    "text": _text,
    "latex": lambda derivations: "\n".join(map(_latex_of, derivations)),
    "markdown": lambda derivations: "\n".join(map(_markdown_of, derivations)),
    "html": _page,
    "json": _json,
}
