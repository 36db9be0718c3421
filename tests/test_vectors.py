"""Vectors and matrices in the text: what their entries are, and what is refused, with a caret at what is wrong."""

from __future__ import annotations

import re

import pytest

from diffcheck.errors import ExpressionError
from diffcheck.graph.build import read
from diffcheck.graph.text import Infix, one_line
from diffcheck.language.reading import read_back

READ = [
    ("[x*y, sin(x) + y]", ["x*y", "sin(x) + y"]),
    ("2[x, y]/3 - [1, z]", ["2*x/3 - 1", "2*y/3 - z"]),
    ("[[a, b], [c, d]]", ["a", "b", "c", "d"]),
    ("F(x, y) = [x*y, x]; F(x, y)[1]", ["x"]),
    ("F(x, y) = [x*y, x]; F[0](x, 2)", ["x*2"]),
    ("F(x, y) = [x*y, x]; F@2", ["x*y*x", "x*y"]),
    ("F(x, y) = [x*y, x]; F(F(x, y))", ["x*y*x", "x*y"]),
    ("v = [x, y]; v[1] + sum(v)", ["y + (x + y)"]),
    ("velocity = [x, y]; 2velocity[0]", ["2*x"]),
    ("dot([x, y], [a, b])", ["x*a + y*b"]),
    ("norm([x, y])", ["sqrt(x*x + y*y)"]),
    ("det([[a, b], [c, d]])", ["a*d - b*c"]),
    ("norm(x, y) = x + y; norm(x, 1)", ["x + 1"]),
    ("sum*2 + det", ["sum*2 + det"]),
    ("where(x > 0, [x, 1], [1, x])[0]", None),
]


@pytest.mark.parametrize(("text", "entries"), READ)
def test_entries_are_expressions(text: str, entries: list[str] | None) -> None:
    if entries is None:
        with pytest.raises(ExpressionError):
            read(text)
        return
    problem = read(text)
    assert [one_line(result.flat, Infix()) for result in problem.results] == entries
    again = read(read_back(problem.program))
    assert [one_line(result.flat, Infix()) for result in again.results] == entries


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("prod(x_i, i=1..3)", "x_1*x_2*x_3"),
        ("sum(x_k^k, k=2..3) + 1", "x_2^2 + x_3^3 + 1"),
        ("prod(sum(a_i_j, j=1..2), i=1..2)", "(a_1_1 + a_1_2)*(a_2_1 + a_2_2)"),
        ("sum(2k, k=1..2) + x_1_k", "2*1 + 2*2 + x_1_k"),
        ("sin(xi)*prod(y_i, i=1..1)", "sin(xi)*y_1"),
        ("f(x) = sum(x^k/k!, k=0…2); f@2(x)", "f(x) = x^0/0! + x^1/1! + x^2/2!; f@2(x)"),
        ("[sum(i x, i=1..2), sum([x, y])]", "[1x + 2x, x + y]"),
    ],
)
def test_sums_and_products_over_an_index_are_written_out(text: str, written: str) -> None:
    assert [result.flat.nodes for result in read(text).results] == [result.flat.nodes for result in read(written).results]


def test_a_vector_that_is_chosen_keeps_its_name() -> None:
    assert [(read("v = [x, y]; v[0]", of).shown_name, read("v = [x, y]; v[0]", of).labels) for of in ("v", None)] == [
        ("v", ("[0]", "[1]")),
        ("f", ("",)),
    ]
    assert read("F(x) = [[x, 1], [1, x]]; F[0](x)", "F").shown_name == "F"
    assert read("v = [x, y]; v[0]", "v").entry(1).shown_name == "v[1]"


def test_an_entry_that_is_missing_is_counted_in_what_it_is_an_entry_of() -> None:
    fixes = {"[x, y][2]": "It is a vector of 2 entries; entries are counted from 0.", "[[x, y], [y, x]][2]": "rows are counted from 0."}
    for text, fix in fixes.items():
        with pytest.raises(ExpressionError, match=re.escape(fix)):
            read(text)
    with pytest.raises(ExpressionError, match=r"row 2 a vector of 1 entry\."):
        read("[[x, y], [y]]")


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("[x*y, x]", "[x*y, x][0]"),
        ("F(x, y) = [x*y, x]; F@2", "F@2(x, y)[0]"),
        ("F(x, y) = [x*y, x]", "F(x, y)[0]"),
        ("v = [x, y]; 2v + v", "((2*v) + v)[0]"),
        ("[[x, y], [y, x]]", "[[x, y], [y, x]][0][0]"),
    ],
)
def test_where_a_number_is_needed_an_entry_is_offered_that_can_be_read(text: str, entry: str) -> None:
    problem = read(text)
    with pytest.raises(ExpressionError, match="and one number is needed here") as refused:
        _ = problem.number
    assert refused.value.fix == f"Choose an entry: {entry}."
    definitions = text.rpartition(";")[0] or (text if "=" in text else "")
    assert read(f"{definitions}; {entry}" if definitions else entry).number.flat.nodes == problem.results[0].flat.nodes


def test_entries_are_labelled_by_their_places() -> None:
    assert read("[x, y]").labels == ("[0]", "[1]")
    assert read("[[x, y], [y, x]]").labels == ("[0,0]", "[0,1]", "[1,0]", "[1,1]")
    assert read("x + y").labels == ("",)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("[[a, b], [c]]", "the rows of a matrix have different lengths", "[[a, b], [c]]"),
        ("x + [x, y]^2", "this is a vector, not a number", "[x, y]^2"),
        ("[x, y]*[x, y]", "a product of two vectors can be several things", "[x, y]*[x, y]"),
        ("[x, y] + [x, y, 1]", "a vector of 2 entries and a vector of 3 entries do not fit", "[x, y] + [x, y, 1]"),
        ("v = [x, y]; v[2]", "there is no entry 2", "v[2]"),
        ("[[x, y], [y, x]][2]", "there is no entry 2", "[[x, y], [y, x]][2]"),
        ("x[0]", "this is a number, and has no entries", "x[0]"),
        ("v = [x, y]; v[x]", "an entry of a vector is chosen by a whole number", "[x]"),
        ("1 + dot([x, y], x)", "dot takes 2 vectors", "dot([x, y], x)"),
        ("det([[x, y], [1, 2], [3, 4]])", "det takes a square matrix", "det([[x, y], [1, 2], [3, 4]])"),
        ("F(x, y) = [x, y]; F(x)", "F does not take 1 argument", "F"),
        ("f(x) = x; f[0](x)", "f is not a vector", "f[0]"),
        ("[x + 1]^2", "'[' does not group", "["),
        ("sum(x_i, i=3..1)", "the range 3..1 is empty", "3..1"),
        ("sum(x_i, i=1..n)", "1..n is no range of whole numbers", "1..n"),
        ("sum(x, i=1..99999999)", "1..99999999 is no range of whole numbers", "1..99999999"),
        ("x + sum(x_i, 1..3)", "this does not say what is added, or multiplied, over which index", "sum(x_i, 1..3)"),
        ("x^1..3", "a range stands only behind the index of a sum or a product", "1..3"),
        ("2sum(x_i + sni(i), i=1..3)", "unknown function 'sni'", "sni"),
        (
            "sum(sum(x, i=1..99), j=1..99)",
            "this has more than the limit of 10,000 nodes when it is written out",
            "sum(sum(x, i=1..99), j=1..99)",
        ),
        ("[x, y", "the closing bracket is missing for this '['", "["),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        read(text)
    assert refused.value.message == message
    assert refused.value.text[refused.value.start : refused.value.end] == place
