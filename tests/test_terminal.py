"""Reports on terminals: nothing is cut off at any width, and nothing is glued to the progress bar."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

import mpmath
import pytest
from command_line import FAIL, PASS, diffcheck, process
from screen import on_a_terminal, shown

import diffcheck as library
from diffcheck.checks.expression import Check
from diffcheck.checks.interval import check_interval
from diffcheck.enclosure import Enclosure
from diffcheck.results import Findings, IntervalReport
from diffcheck.views import console, functions, interval, notebook
from diffcheck.views.layout import console_for
from diffcheck.views.numerals import enclosure_text

WIDTHS = (40, 60, 80, 100, 200)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=WIDTHS, name="width")
def width_fixture(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", str(request.param))
    monkeypatch.setenv("TERM", "xterm")
    return int(request.param)


def on_screen(report: Findings) -> list[str]:
    stream = Terminal()
    console.show_report(console_for(stream, "never"), report, latex=False)
    return stream.getvalue().splitlines()


REPORTS = {
    "readme": ("exp(x)", 2),
    "long values": ("exp(x)*y", "x=-123.45678901234567,y=-1.2345678901234567e-300"),
    "kink": ("relu(x)*y", "x=0,y=2"),
    "thirds": ("max(x/3, 0)", 0),
    "nonfinite": ("x^2/(1 - cos(x))", 1e-9),
    "unstable": ("(-b + sqrt(b^2 - 4*c))/2", "b=1e8,c=1"),
    "not defined": ("log(x)", -1),
    "unknown": ("sin(x)/x", 0),
    "lines": ("exp(x)*y", "x=linspace(0,1,7),y=0.1234567890123456"),
    "many variables": ("a*b + c*d + p*q + r*s", "a=1,b=2,c=3,d=0.1234567890123456,p=5,q=6,r=7,s=8"),
    "many variables and points": ("a*b + c*d + p*q + r*s", "a=linspace(0,1,6),b=2,c=3,d=4,p=5,q=6,r=7,s=0.1234567890123456"),
}


@cache
def report_of(expression: str, at: object) -> Findings:
    return library.check(expression, at)


@pytest.mark.parametrize("name", REPORTS)
def test_no_verdict_no_engine_and_no_value_is_cut(name: str, width: int) -> None:
    report = report_of(*REPORTS[name])
    lines = on_screen(report)
    text = " ".join(" ".join(lines).split())
    assert "…" not in text
    assert [line for line in lines if line != line.rstrip()] == []
    by_point = len({tuple(sample.point.items()) for sample in report.samples}) <= console.IN_FULL
    for sample in report.samples:
        for value in sample.point.values():
            assert console.number_text(value) in text
        for result in sample.results if by_point else ():
            for wanted in (result.title, result.verdict.value, console.number_text(result.value), console.ulps_text(result.ulps)):
                assert re.search(rf"(?<!\S){re.escape(wanted)}(?!\S)", text), wanted
    formulas = ("read as:", "df/d", "  (", "  x^2")
    assert [line for line in lines if len(line) > width and not line.startswith(formulas)] == []


MANY = "+".join(f"a{k}*b{k}" for k in range(12)), "--at", ",".join(f"a{k}={k}/7,b{k}={k + 1}/3" for k in range(12))


def test_of_many_right_derivatives_the_worst_have_a_line_each_and_the_others_one_together() -> None:
    """24 derivatives are 20 lines and one, and the point is not written out; --all shows what all of them are by each engine."""
    brief, whole = diffcheck("check", *MANY), diffcheck("check", *MANY, "--all")
    assert (brief.code, whole.code) == (PASS, PASS)
    assert brief.stdout.splitlines()[-1] == whole.stdout.splitlines()[-1] == "✓ 72 derivative values: 72 right."
    assert len(re.findall(r"^df/d\w+ +\S+( +✓ 0\.00){3}$", brief.stdout, re.MULTILINE)) == console.LINES
    assert "\n4 more derivatives are right, with errors of at most 0.00 ulps (--format json gives all).\n" in brief.stdout
    assert "(18 more; --format json gives all): f = " in brief.stdout
    assert len(brief.stdout.splitlines()) < 50
    assert whole.stdout.count("proved (Arb)") == 24
    assert "…" not in whole.stdout


def test_of_many_derivatives_those_that_are_not_right_are_shown_with_their_values() -> None:
    said = diffcheck("check", MANY[0].replace("a0*b0", "where(a0 == 0, 0, a0) + b0"), *MANY[1:])
    assert said.code == FAIL
    section = r"^df/da0 +proved \(Arb\) +1 +smooth\n +SymPy +0 +4\.5e\+15   ✗ wrong\n +JAX forward +0 +4\.5e\+15   ✗ wrong$"
    assert re.search(section, said.stdout, re.MULTILINE)
    assert said.stdout.count("proved (Arb)") == 2  # a heading, and the section


@pytest.mark.parametrize(("expression", "order"), [("sin(x)^3*exp(-x^2)*log(1 + x^2)", 2), ("exp(sin(x)^2)*log(1 + x^2)", 3)])
def test_long_formulas_take_a_few_lines_unless_all_is_asked_for(expression: str, order: int) -> None:
    """A closed form, and chained definitions."""
    report = library.check(expression, 1, order=order)
    brief, whole = io.StringIO(), io.StringIO()
    console.show_header(console_for(brief, "never"), report.header, latex=False)
    console.show_header(console_for(whole, "never"), report.header, latex=False, extent=console.ALL)
    assert sum(1 + len(line) // 80 for line in brief.getvalue().splitlines()[1:-1]) <= 12
    assert "--format json gives all" in brief.getvalue()
    assert all(line in whole.getvalue() for line in report.header.derivatives[0].text.splitlines())


def test_the_radius_gives_way_first_and_then_digits() -> None:
    def value(width: int) -> str:
        stream = Terminal()
        view = console_for(stream, "never")
        view.width = width
        console.show_samples(view, report.header, report.samples)
        return next(line for line in stream.getvalue().splitlines() if "proved" in line)

    report = report_of("exp(x)", 2)
    assert "7.3890560989306502272 ± 4e-20" in value(200)
    assert re.search(r"7\.3890560989306502272 +smooth", value(76))
    assert re.search(r"7\.38905609893065 +smooth", value(70))


@pytest.mark.parametrize(("slope", "at"), [("exp", "0.5"), ("exp", "-700"), ("cos", "1e22")])
def test_a_number_lies_within_the_radius_that_is_shown_next_to_it(slope: str, at: str) -> None:
    """The numbers of proved rows, with the true ones from mpmath: the radius is that of the number as it is shown."""
    with mpmath.workdps(80):
        true = getattr(mpmath, slope)(mpmath.mpf(at))
        (shown,) = re.findall(
            r"proved \(Arb\) +(\S+) ± (\S+)", diffcheck("check", {"cos": "sin"}.get(slope, slope) + "(x)", "--at", at).stdout
        )
        assert abs(mpmath.mpf(shown[0]) - true) <= mpmath.mpf(shown[1]) < 1e-18 * abs(true)


@pytest.mark.parametrize(
    ("midpoint", "radius", "text"),
    [
        ("1.23456789", "0.00012", "1.2346 ± 2e-4"),
        ("-999.9996", "0.001", "-1000 ± 2e-3"),
        ("2", "1.2", "2 ± 2e+0"),
        ("0.1", "0", "0.1"),
        ("1e-30", "2.1e-30", "0 ± 4e-30"),
    ],
)
def test_digits_below_the_radius_are_not_shown_and_the_radius_is_rounded_up(midpoint: str, radius: str, text: str) -> None:
    assert enclosure_text(Enclosure(Decimal(midpoint), Decimal(radius))) == text


@pytest.mark.parametrize("word", ["reverse mode", "Hessian", "linear", "unstable"])
def test_explanations_fill_the_terminal_and_their_examples_stay_as_they_are(word: str, tmp_path: Path) -> None:
    code, written = on_a_terminal(["explain", *word.split()], tmp_path, columns=60)
    piped = diffcheck("explain", *word.split()).stdout
    assert code == PASS
    assert " ".join(written.split()) == " ".join(piped.split())
    assert [line for line in written.splitlines() if len(line) > 60 and not line.startswith("    ")] == []
    assert {line.rstrip() for line in piped.splitlines() if line.startswith("    ")} <= {line.rstrip() for line in written.splitlines()}


@pytest.mark.parametrize("expression", ["x^2/(1 - cos(x))", "relu(x)"])
def test_sentences_wrap_at_words_with_an_indent(expression: str, width: int) -> None:
    lines = on_screen(report_of(expression, 1e-9 if "cos" in expression else 0))
    first = next(i for i, line in enumerate(lines) if line.startswith(("  JAX forward", "  JAX reverse", "  SymPy")))
    assert len(lines[first]) <= width
    if width <= 80:
        assert re.match(r"    \S", lines[first + 1])


def test_an_interval_fits(width: int) -> None:
    stream = Terminal()
    interval.show(console_for(stream, "never"), _on_interval(), latex=False)
    lines = stream.getvalue().splitlines()
    assert "…" not in stream.getvalue()
    assert [line for line in lines[2:] if len(line) > width] == []
    assert "-1.0000000000000002" in stream.getvalue()


@cache
def _on_interval() -> IntervalReport:
    return check_interval(Check("max(x^2, 2x + 3)", compiled=False), -2.0, 4.0, 10)


def test_no_function_s_name_is_cut(width: int) -> None:
    stream = Terminal()
    functions.show(console_for(stream, "never"))
    lines = stream.getvalue().splitlines()
    assert not re.search(r"[A-Za-z_(]…", stream.getvalue())
    assert [line for line in lines if len(line) > width] == []
    for name in ("elliptic_piinc(n,", "leaky_relu(x,", "hard_sigmoid(x)"):
        assert name in stream.getvalue()


def test_a_pipe_gets_a_line_for_a_line_without_blanks_at_its_end() -> None:
    for arguments in (["check", "relu(x)*y", "--at", "x=0,y=2"], ["check", "max(x^2, 1)", "--interval", "0,2"], ["functions"]):
        lines = diffcheck(*arguments).stdout.splitlines()
        assert [line for line in lines if line != line.rstrip()] == []
    assert max(map(len, lines)) > 100


# Progress

CASES = (
    {"id": "naive quadratic", "expr": "(-b + sqrt(b^2 - 4*c))/2", "points": [{"b": 1e8, "c": 1}]},
    {"id": "unreadable", "expr": "2*sni(x)", "points": [{"x": 1}]},
    {"id": "wrong", "expr": "exp(-x^2)", "points": [{"x": 1}], "expected": [{"var": "x", "expr": "2x*exp(-x^2)"}]},
    {"id": "right", "expr": "x^2", "points": [{"x": 1}]},
    {"id": "zero", "expr": "sqrt(x)", "points": [{"x": 0}]},
)


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_results_stand_above_the_progress_bar(format: str, tmp_path: Path) -> None:
    (tmp_path / "suite.jsonl").write_text("".join(json.dumps(case) + "\n" for case in CASES))
    code, written = on_a_terminal(["run", "suite.jsonl", "--format", format], tmp_path)
    assert code == FAIL
    assert re.search("checking .*━", written)
    screen = "\n".join(shown(written))
    assert "━" not in screen
    if format == "text":
        starts = [line for line in screen.splitlines() if line and not line.startswith(" ")]
        assert [start.split(":")[0] for start in starts] == [
            "✗ naive quadratic", "? unreadable", "✗ wrong", "! zero", "5 cases at 4 points"
        ]  # fmt: skip
        assert screen.splitlines()[0].startswith("✗ naive quadratic: d/db at b = 1e+08, c = 1: SymPy,")
    else:
        piped = process(["run", "suite.jsonl", "--format", "jsonl"], tmp_path).stdout
        assert screen.replace("\n", "").startswith(piped.replace("\n", "")[:500])


def test_nothing_is_said_of_no_cases() -> None:
    from diffcheck.records import Summary
    from diffcheck.views.suite import in_words

    assert in_words(Summary()) == "no case was checked"


# Notebooks


def test_a_notebook_shows_a_report_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel, Rich shows by itself what is printed to a console that it takes for one of a notebook."""
    displayed: list[object] = []
    shell = type("ZMQInteractiveShell", (), {})
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr("rich.jupyter.display", lambda *arguments: displayed.append(arguments))
    monkeypatch.setattr("builtins.get_ipython", shell, raising=False)
    report = report_of("x^2/(1 - cos(x))", 1e-9)
    page, text = notebook.html(report), str(report)
    assert displayed == []
    assert "JAX reverse" in page
    assert "JAX reverse" in text
    visible = re.sub("<[^>]*>", "", page)
    assert max(map(len, visible.splitlines())) <= notebook.WIDTH + 10
