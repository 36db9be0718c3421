"""A report in a notebook: the text of the command line as HTML, the closed forms as LaTeX."""

from __future__ import annotations

import io

from rich.console import Console

from diffcheck.results import Findings, leibniz
from diffcheck.views import console as view

WIDTH = 100  # columns of a notebook
CODE = '<pre style="font-family:monospace;line-height:normal;white-space:pre-wrap;overflow-wrap:anywhere">{code}</pre>'


def html(report: Findings) -> str:
    """The report as it is in a terminal, with its colours."""
    # Rich would show in the notebook, by itself, whatever is printed
    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, force_jupyter=False, highlight=False, color_system="standard"
    )
    view.show_report(console, report, latex=False)
    return console.export_html(inline_styles=True, code_format=CODE)


def text(report: Findings) -> str:
    """The report as the command line prints it."""
    stream = io.StringIO()
    view.show_report(view.console_for(stream, "never"), report, latex=False)
    return stream.getvalue()


def latex(report: Findings) -> str | None:
    """The closed forms as displayed equations; None where there is none."""
    forms = [
        f"{_symbol(leibniz(report.header.name + derivative.output, derivative.wrt, derivative.order))} = {derivative.latex}"
        for derivative in report.header.derivatives
        if derivative.latex and not derivative.chained
    ]
    return r"$$\begin{aligned}" + r" \\ ".join(forms) + r"\end{aligned}$$" if forms else None


def _symbol(text: str) -> str:
    above, _, below = text.partition("/")
    return rf"\frac{{{above}}}{{{below}}}".replace("_", r"\_")
