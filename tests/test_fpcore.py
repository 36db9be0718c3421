"""FPCore files: what a core becomes, where its points lie, and what is said of one that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffcheck.errors import SuiteError
from diffcheck.graph.build import read
from diffcheck.records import Conclusion, Record, Summary
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.fpcore import read_fpcore
from diffcheck.suites.runner import run
from diffcheck.suites.suite import read_suite

FILE = Path("suite.fpcore")


def core(body: str, arguments: str = "x y", properties: str = "") -> Case | Unreadable:
    (case,) = read_fpcore(f"; a comment\n(FPCore ({arguments}) {properties}\n {body})".encode(), FILE)
    return case


def text(body: str, arguments: str = "x y", properties: str = "") -> str:
    case = core(body, arguments, properties)
    assert isinstance(case, Case), case
    read(case.text)  # it is a text of the language
    return case.text


TEXTS = (
    ("(+ x 1)", "(x + 1)"),
    ("(- x)", "(-x)"),
    ("(* x y 2.5)", "(x * y * 2.5)"),
    ("(- (/ 1 3) 1e-3)", "((1 / 3) - 1e-3)"),
    ("(+ x -0.5)", "(x + (-0.5))"),
    ("(* x 1/3)", "(x * (1/3))"),
    ("(* x 0x1.8p1)", "(x * (3))"),
    ("(pow x 2)", "(x^2)"),
    ("(fma x y PI)", "(x*y + pi)"),
    ("(sqrt (fabs x))", "sqrt(abs(x))"),
    ("(if (and (< 0 x 1) (not (== x y))) x (sin y))", "where(((0 < x and x < 1) and (not (x == y))), x, sin(y))"),
    ("(let ((t (* x x))) (+ t t))", "t_1(x) = (x * x); (t_1(x) + t_1(x))"),
    ("(let ((x y) (y x)) (- x y))", "(y - x)"),
    ("(let* ((a (+ x 1)) (b (* a y))) (/ b a))", "a_1(x) = (x + 1); b_2(x, y) = (a_1(x) * y); (b_2(x, y) / a_1(x))"),
    ("(! :fpbench-note 1 (+ x 1))", "(x + 1)"),
    ("[+ x 1]", "(x + 1)"),
    ("(let ((a (+ 1 1))) (* x a))", "a_1(t) = (1 + 1); (x * a_1(0))"),
    ("(trunc (+ x 1))", "t_1(x) = (x + 1); (sign(t_1(x))*floor(abs(t_1(x))))"),
)


@pytest.mark.parametrize(("body", "expected"), TEXTS)
def test_a_core_becomes_a_text(body: str, expected: str) -> None:
    assert text(body) == expected


def test_names_that_the_language_has_no_place_for_are_replaced() -> None:
    assert text("(+ (* e eps*) (- sin pi))", "e eps* sin pi") == "((e_ * eps_) + (sin_ - pi_))"


PRECONDITIONS = (
    ("", {"x": ("-100.0", "100.0")}, ""),
    (":pre (<= 0 x 1)", {"x": ("0.0", "1.0")}, "(0 <= x and x <= 1)"),
    (":pre (and (< 1/2 x) (>= 20 x))", {"x": ("0.5", "20.0")}, "(1/2) < x"),
    (":pre (> x 3)", {"x": ("3.0", "103.0")}, "(x > 3)"),
    (":pre (> 0 x)", {"x": ("-100.0", "0.0")}, "(0 > x)"),
    (":pre (!= x 1)", {"x": ("-100.0", "100.0")}, "(x != 1)"),
)


@pytest.mark.parametrize(("pre", "domain", "condition"), PRECONDITIONS)
def test_a_precondition_becomes_a_domain(pre: str, domain: dict[str, tuple[str, str]], condition: str) -> None:
    case = core("(sin x)", "x", pre)
    assert isinstance(case, Case)
    assert case.sampling is not None
    assert case.sampling.domain == domain
    assert condition in case.sampling.where


def records(path: Path, content: str) -> list[Record]:
    path.write_text(content)
    return list(run(read_suite(path)))


def test_points_meet_the_precondition(tmp_path: Path) -> None:
    found = records(tmp_path / "suite.fpcore", '(FPCore (x y) :name "between" :pre (and (< 0 x y) (< y 2)) (log (- y x)))')
    points = [record.sample.point for record in found if record.sample]
    assert len(points) == 20
    assert all(0 < point["x"] < point["y"] < 2 for point in points)
    summary = Summary()
    summary.add(found)
    assert (summary.conclusion, found[0].id) == (Conclusion.PASSED, "between")


def test_binary32_is_checked_as_float32(tmp_path: Path) -> None:
    found = records(tmp_path / "suite.fpcore", "(FPCore (x) :precision binary32 (* x 0.1))")
    assert {record.sample.outcome.value for record in found if record.sample} == {"pass"}
    case = core("x", "x", ":precision binary32")
    assert isinstance(case, Case)
    assert case.dtype == "float32"


UNSUPPORTED = (
    ("(while (< x 3) ((i 0 (+ i 1))) i)", "", "suite.fpcore:3: 'while' is not supported: the language has no loops"),
    ("\n(isnan x)", "", "suite.fpcore:4: 'isnan' with 1 arguments is not supported"),
    ("(+ x z)", "", "suite.fpcore:3: 'z' is neither a number nor a variable"),
    ("(+ x NAN)", "", "'NAN' is neither"),
    ("(! :precision binary32 (+ x 1))", "", "a precision within an expression"),
    ("x", ":precision binary80", "suite.fpcore:2: only the precisions binary32 and binary64"),
    ("(let (x) x)", "", "a binding is written (name value)"),
    ("(let)", "", "'let' wants bindings and a body"),
    ("()", "", "'this' with 0 arguments"),
    ("(- " * 300 + "x" + ")" * 300, "", "nested deeper than 200"),
    ("x", ":pre (< 1e400 x)", "suite.fpcore:2: '1e400' is not a number within the range of floats"),
    ("x", ":pre (< 1e99999999 x)", "not a number within the range of floats"),
    ("x", ":pre (< 1/0 x)", "'1/0' is not a number within the range of floats"),
    ("x", f":pre (< {'9' * 6000} x)", "is not a number within the range of floats"),
    ("(+ x 0x..)", "", "suite.fpcore:3: '0x..' is neither a number nor"),
    ("(+ x 0x1p9999)", "", "'0x1p9999' is not a number within the range of floats"),
    ("x", f':name "{"n" * 5000}"', "a name has at most 1,000 letters"),
    ("(+ " + "x " * 100_000 + ")", "", "is longer than 64 KiB"),
)


@pytest.mark.parametrize(("body", "properties", "message"), UNSUPPORTED)
def test_what_is_not_supported_is_said_with_its_line(body: str, properties: str, message: str) -> None:
    case = core(body, properties=properties)
    assert isinstance(case, Unreadable)
    assert message in case.message


def test_one_core_that_is_not_supported_leaves_the_others() -> None:
    loop, good = read_fpcore(b"(FPCore (x) (while TRUE () x))\n(FPCore good (x) x)", FILE)
    assert isinstance(loop, Unreadable)
    assert (good.id, good.line) == ("core 2", 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"(FPCore (x) (+ x 1)", "suite.fpcore:1: the closing bracket is missing"),
        (b"(FPCore (x)\n x))", "suite.fpcore:2: a closing bracket too many"),
        (b"\xff", "not a text in UTF-8"),
    ],
)
def test_what_is_no_list_of_expressions_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(SuiteError, match="suite.fpcore") as caught:
        read_fpcore(content, FILE)
    assert message in str(caught.value)


def test_an_empty_file_is_never_a_pass(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="nothing to check"):
        records(tmp_path / "suite.fpcore", "; nothing\n")
