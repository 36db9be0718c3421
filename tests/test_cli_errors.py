"""Wrong input on the command line: one error, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import PASS, USAGE, Ended, diffcheck
from measured import within

CARET = [
    ("sni(x)", "unknown function 'sni'", "^^^", "Did you mean 'sin'?"),
    ("1/2x", "a '/' is followed by an implied product", "^^^^", "(1/2)*x or 1/(2*x)"),
    ("sin^-1(x)", "'sin^-1' is ambiguous", "^^^^^^", "asin(x)"),
    ("2*(x+1", "the closing bracket is missing", "^", "')'"),
    ("x+1)", "", "^", ""),
    ("max x", "functions need parentheses", "^^^", ""),
    ("sin x/2", "where the argument of sin ends", "^^^^^^^", "Write sin(x/2) or sin(x)/2."),
    ("sinx", "'sinx' is one name here", "^^^^", "Write sin(x)."),
    ("2xe^x", "'xe' is one name here", "^^", "Write 2x*e^x."),
    ("max(x,[1])", "'[' does not group", "^", "Only round brackets group"),
    ("x[bold]", "an entry of a vector is chosen by a whole number", "^^^^^^", ""),
    ("x^9**9**9", "too large", "^", "10^±10,000"),
    ("9**9**9 + x", "too large to compute", "^^^^^^^", "10^±10,000"),
    ("factorial(10^7) x", "too large to compute", "^", "10^±10,000"),
    ("1e999999999 x", "exponent is beyond the limit", "^", ""),
    ("x + ", "", "^", ""),
    ("f(x) = f(x); f(x)", "'f' is defined by itself", "^", ""),
    ("", "the text is empty", "^", "Write an expression"),
    ("x\ny z (", "line 2, column", "^", ""),
    ("__import__('os').system('true')", "", "^", ""),
]


@pytest.mark.parametrize(("text", "what", "caret", "fix"), CARET)
def test_an_expression_that_cannot_be_read_is_shown_with_a_caret(text: str, what: str, caret: str, fix: str) -> None:
    for subcommand in (["check", text, "--at", "1"], ["derive", text]):
        ended = diffcheck(*subcommand)
        _assert_one_error(ended)
        first, excerpt, carets, *rest = ended.stderr.splitlines()
        assert what in first
        assert re.fullmatch(rf" +{re.escape(caret)}\^*", carets)
        assert excerpt.strip() in text
        assert fix in "\n".join(rest)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("(" * 10_000 + "x" + ")" * 10_000, "nested deeper than the limit of 500"),
        ("x+" * 40_000 + "x", "longer than the limit of 64 KiB"),
        ("+".join(["x"] * 11_000), "10,000"),
        ("1" * 2_000 + "x", "2,000 digits"),
        ("x" * 200, "100 characters"),
        ("f(x) = x + 1; f@1000001(x)", "1,000,000"),
    ],
)
def test_what_is_too_large_is_refused_quickly(text: str, what: str) -> None:
    with within(5):
        ended = diffcheck("check", "-", "--at", "1", stdin=text)
        _assert_one_error(ended)
        assert what in ended.stderr
        assert max(map(len, ended.stderr.splitlines())) <= 140


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["x", "--at", "two"], "'two' is not a number"),
        (["x", "--at", "nan"], "'nan' is not a number"),
        (["x", "--at", "1e400"], "out of the range of float64"),
        (["x", "--at", "9" * 5_000], "is not a number"),
        (["x", "--at", "__import__('os')"], "is not a number"),
        (["x", "--at", "[red]1[/red]"], "'[red]1[/red]' is not a number"),
        (["x", "--at", "linspace(0,1,0)"], "is not a range"),
        (["x", "--at", "linspace(0,1,10^9)"], "is not a range"),
        (["x", "--at", "x=1,x=2"], "given twice"),
        (["x", "--at", "x=1,y=2"], "no variable 'y'"),
        (["x y", "--at", "x=1"], "no value for y"),
        (["x y", "--at", "1"], "which variable"),
        (["xy", "--at", "x=1,y=2"], "xy is one name: for a product write x*y."),
        (["ax^2 + b", "--at", "x=1,a=2,b=3"], "ax is one name: for a product write a*x."),
        (["E^x", "--at", "1"], "Euler's number is e"),
        (["x^i", "--at", "x=1"], "real numbers only"),
        (["x y", "--at", "x=linspace(0,1,2),y=linspace(0,1,3)"], "different lengths"),
        (["x"], "no point is given"),
        (["x", "--at", "1", "--points", "points.csv"], "both --at and --points"),
        (["x", "--points", "missing.csv"], "cannot read missing.csv"),
        (["x", "--at", "1", "--wrt", "y"], "no variable 'y'"),
        (["x", "--at", "1", "--of", "g"], "no definition 'g'"),
        (["f(x) = x; f(x)", "--at", "1", "--of", "g"], "no definition 'g'"),
        (["x", "--at", "1", "--claim", "2y"], "the claim uses 'y'"),
        (["x", "--at", "1", "--claim", "sni(x)"], "unknown function 'sni'"),
        (["x", "--at", "1", "--claim", "1", "--claim", "1"], "claims"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_error(arguments: list[str], what: str) -> None:
    ended = diffcheck("check", *arguments)
    _assert_one_error(ended)
    assert what in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "check x --at 1 --format yaml",
            "'--format': 'yaml' is not one of 'text', 'json', 'jsonl', 'junit', 'github', 'sarif', 'html'.\n",
        ),
        ("run x.toml --format jso", "'html'. Did you mean 'json'?\n"),
        (
            "derive x --format latx",
            "'--format': 'latx' is not one of 'text', 'latex', 'python', 'jax', 'json', 'markdown', 'html'. Did you mean 'latex'?\n",
        ),
        (
            "check x --at 1 --dtype float",
            "'--dtype': 'float' is not one of 'float64', 'float32', 'bfloat16', 'float16'. Did you mean 'float64'?\n",
        ),
        ("plot x --samples many", "'--samples': Input should be a valid integer"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_told_in_the_users_terms(arguments: str, said: str) -> None:
    ended = diffcheck(*arguments.split())
    assert (ended.code, ended.stdout, said in ended.stderr, "Value error" in ended.stderr) == (USAGE, "", True, False), ended.stderr


@pytest.mark.parametrize("arguments", ["check", "check x y --at 1", "check x --bogus", "check x --format yaml", "chekc x", "run"])
def test_wrong_usage_is_told_without_a_traceback(arguments: str) -> None:
    ended = diffcheck(*arguments.split())
    assert ended.code == USAGE
    assert ended.stdout == ""
    assert "Error: " in ended.stderr
    assert "--help" in ended.stderr
    assert "Value error" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "files", "what"),
    [
        (["x^2", "+", "3x", "+", "2", "--at", "2"], [], "Put it in quotes: 'x^2 + 3x + 2'"),
        (["x^2", "2"], [], "For a point write --at 2."),
        (["x y", "x=1,y=2"], [], "For a point write --at x=1,y=2."),
        (["x12", "--at", "2"], ["x12"], "'x12' is a file here"),
        (["x12", "xyz2", "--at", "2"], ["x12", "xyz2"], "names of files for a formula with a *"),
    ],
)
def test_what_a_shell_makes_of_a_formula_without_quotes_is_told(
    arguments: list[str], files: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in files:
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    ended = diffcheck("check", *arguments)
    assert ended.code == USAGE
    assert ended.stdout == ""
    assert what in " ".join(ended.stderr.split())


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        ("x\n", "holds no points"),
        ("y\n1\n", "points.csv:1: there is no column x, but one for y"),
        ("x\n1\ntwo\n", "points.csv:3: 'two' is not a number"),
        ("x\n1,2\n", "points.csv:2: 2 cells"),
        ("a;x\n1;2\n", "points.csv:1: no value for x; the columns are separated by ;"),
        ("a,b\n1,2\n", "points.csv:1: no value for x; the columns are a, b"),
        ("x\n \n1\n", "points.csv:2: a cell is empty"),
    ],
)
def test_a_file_of_points_that_cannot_be_used_is_one_error(content: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(content)
    ended = diffcheck("check", "x", "--points", str(tmp_path / "points.csv"))
    _assert_one_error(ended)
    assert what in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["x", "--at", "1", "-o", "x.gif"], ".png"),
        (["x", "--at", "1", "-o", "x.png", "--range", "1"], "is not an interval"),
        (["x", "--at", "1", "-o", "x.png", "--range", "4,-4"], "range"),
        (["x", "--at", "9", "-o", "x.png", "--range", "-4,4"], "9"),
        (["x", "--at", "1", "-o", "x.png", "--samples", "1"], "1 is not a number of points"),
        (["x*y", "-o", "x.png"], "needs to know where y is"),
    ],
)
def test_what_cannot_be_drawn_is_one_error(arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = diffcheck("plot", *arguments)
    _assert_one_error(ended)
    assert what in ended.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("formula", ["sin(x)", "3x^2", "x"])
def test_a_formula_without_quotes_in_a_suite_is_told(formula: str, tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text(f"[[case]]\nexpr = {formula}\nat = 0\n")
    ended = diffcheck("run", str(tmp_path / "suite.toml"))
    _assert_one_error(ended)
    assert f'Put quotes around a formula: expr = "{formula}".' in ended.stderr


def _assert_one_error(ended: Ended) -> None:
    assert ended.code == USAGE
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("error: ") == 1
    assert "Traceback" not in ended.stderr


def test_an_option_that_is_mistyped_is_named_before_anything_else() -> None:
    ended = diffcheck("check", "x^2", "--att", "2")
    assert (ended.code, "No such option: --att" in ended.stderr, "formula" in ended.stderr) == (USAGE, True, False)


def test_a_function_of_jax_is_for_another_command() -> None:
    ended = diffcheck("check", "mine.py:f", "--at", "2")
    assert (ended.code, "diffcheck check-jax mine.py:f" in ended.stderr) == (USAGE, True)


def test_trace_takes_a_function(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import jax.numpy as jnp\ndef f(x):\n    return jnp.sin(x)\n", encoding="utf-8")
    assert diffcheck("trace", f"{file}:f", "--at", "2").code == PASS


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x^2", "--at", "3"], "Did you mean: diffcheck check 'x^2' --at 3"),
        (["sin(x)"], "Did you mean: diffcheck check 'sin(x)' --at 2"),
        (["chek", "x"], "Did you mean 'check'"),
        (["check", "x^2", "-at", "2"], "two hyphens: --at"),
        (["check-jax", "jax.nn.relu", "--at", "2"], "Did you mean jax.nn:relu?"),
        (["check-jax", "jnp.sin", "--at", "2"], "Did you mean jax.numpy:sin?"),
        (["check-jax", "jnp:sin", "--at", "2"], "Did you mean jax.numpy?"),
        (["check-jax", "x^2", "--at", "2"], "Expressions are for `diffcheck check`."),
        (["check-jax", "mien:fact", "--at", "2"], "Did you mean mine?"),
        (["check-jax", "mien.py:fact", "--at", "2"], "Did you mean mine.py?"),
        (["check-jax", "mine.py:fact", "--at", "[]"], "'[]' is an empty array"),
        (["check", "x", "--at", "[]"], "a number is missing"),
        (["cost", "x*y", "--wrt", "x x"], "'x x' is a derivative of higher order"),
    ],
)
def test_what_is_nearly_right_is_answered_with_what_is_meant(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("def fact(x):\n    return x**3\n")
    monkeypatch.chdir(tmp_path)
    ended = diffcheck(*words)
    assert (ended.code, said in ended.stderr) == (USAGE, True), ended.stderr


@pytest.mark.parametrize("words", [[], ["check"], ["check-jax"]])
def test_help_is_a_word_too(words: list[str]) -> None:
    asked, typed = diffcheck("help", *words), diffcheck(*words, "--help")
    assert (asked.code, asked.stdout) == (PASS, typed.stdout)
