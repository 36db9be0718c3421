"""The docstrings of what is public say what it takes, gives and raises, and their examples are true."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from enum import EnumMeta
from typing import Any

import pytest

import diffcheck
from diffcheck.engines.certified import certify, rounding_bound
from diffcheck.engines.differences import estimate
from diffcheck.judgement.verdict import judge

PUBLIC = {name: getattr(diffcheck, name) for name in diffcheck.__all__ if name != "__version__"}
FUNCTIONS = {"check": diffcheck.check, "assert_derivative": diffcheck.assert_derivative, "Report.plot": diffcheck.Report.plot}
MATHEMATICS = {"certify": certify, "judge": judge, "rounding_bound": rounding_bound, "estimate": estimate}


def section(document: str, title: str) -> str:
    return document.partition(f"\n{title}:\n")[2].partition("\n\n")[0]


def named_in(document: str, title: str) -> list[str]:
    return re.findall(r"^    (\w+): ", section(document, title), re.MULTILINE)


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_has_a_docstring_of_its_own(name: str) -> None:
    assert inspect.getdoc(PUBLIC[name]) != inspect.getdoc(PUBLIC[name].__mro__[1] if isinstance(PUBLIC[name], type) else object)
    assert len(PUBLIC[name].__doc__) > 20


@pytest.mark.parametrize("name", FUNCTIONS | MATHEMATICS)
def test_every_argument_is_described_in_its_order(name: str) -> None:
    function: Callable[..., Any] = (FUNCTIONS | MATHEMATICS)[name]
    arguments = [each for each in inspect.signature(function).parameters if each != "self"]
    assert named_in(inspect.getdoc(function) or "", "Args") == arguments


@pytest.mark.parametrize("name", MATHEMATICS)
def test_mathematics_names_its_source(name: str) -> None:
    document = inspect.getdoc(MATHEMATICS[name]) or ""
    assert section(document, "Returns")
    assert re.search(r"[A-Z]\w+ (19|20)\d\d", section(document, "Source"))


@pytest.mark.parametrize("name", ["Report", "Sample", "Claim"])
def test_every_field_of_a_result_is_described(name: str) -> None:
    kind = PUBLIC[name]
    document = inspect.getdoc(kind) or ""
    private = {"text", "of", "jacobians", "status_reason"}  # what a Report keeps to draw pictures; told with the status
    assert set(named_in(document, "Attributes")) >= {field for field in kind.__dataclass_fields__ if field not in private}


@pytest.mark.parametrize("name", [name for name, kind in PUBLIC.items() if not isinstance(kind, EnumMeta)])
def test_the_examples_of_docstrings_are_true(name: str) -> None:
    finder, runner = doctest.DocTestFinder(recurse=True), doctest.DocTestRunner()
    for example in finder.find(PUBLIC[name], name, module=False, globs={}):
        runner.run(example)
    assert runner.failures == 0


def test_check_has_an_example_that_was_run() -> None:
    (example,) = doctest.DocTestFinder().find(diffcheck.check, "check", module=False, globs={})
    assert len(example.examples) >= 3
