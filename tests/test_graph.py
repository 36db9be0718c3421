"""The graph: equal nodes are one, it is topologically ordered and pruned; text becomes a graph, and what is too large is refused."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import within
from strategies import expressions

from diffcheck.errors import ExpressionError
from diffcheck.graph import limits
from diffcheck.graph.build import inline, meaning, read
from diffcheck.graph.functions import FUNCTIONS, ROWS, Function
from diffcheck.graph.graph import (
    Apply,
    Call,
    Constant,
    Definition,
    Graph,
    GraphBuilder,
    Variable,
    arguments_of,
    evaluate,
    evaluate_nodes,
    join,
    subgraph,
)

TWO = Constant(Fraction(2))


def flat(text: str) -> Graph:
    return read(text).target.flat


def written(text: str) -> Graph:
    return read(text).target.written


class Exact:
    """The algebra of rationals, for operators only."""

    def constant(self, value: Fraction) -> Fraction:
        return value

    def apply(self, function: Function, arguments: Sequence[Fraction]) -> Fraction:
        a, *rest = arguments
        match function.name:
            case "add":
                return a + rest[0]
            case "subtract":
                return a - rest[0]
            case "multiply":
                return a * rest[0]
            case "divide":
                return a / rest[0]
            case "negate":
                return -a
            case "integer_power":
                return a ** int(rest[0])
        raise NotImplementedError(function.name)

    def call(self, definition: Definition, order: int, arguments: Sequence[Fraction]) -> Fraction:
        assert order == 0
        return evaluate(definition.written, self, dict(zip(definition.parameters, arguments, strict=True)))


# Invariants


def test_a_node_uses_earlier_nodes_only() -> None:
    with pytest.raises(ValueError, match="node 1 uses a node that comes after it"):
        Graph((TWO, Apply("negate", (1,))), 1)


@pytest.mark.parametrize("output", [-1, 1])
def test_the_output_is_a_node(output: int) -> None:
    with pytest.raises(ValueError, match="is not one of 1 nodes"):
        Graph((TWO,), output)


def test_equal_nodes_are_one() -> None:
    builder = GraphBuilder()
    x, two = builder.variable("x"), builder.constant(Fraction(2))
    assert builder.apply("multiply", (x, two)) == builder.apply(FUNCTIONS["multiply"], (x, two))
    assert builder.apply("multiply", (two, x)) != builder.apply("multiply", (x, two))
    assert len(builder.nodes) == 4


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("(x + 1)*(x + 1)", 4),
        ("sin(x) + sin(x)^2", 5),
        ("2.0*x + 2*x", 4),
        ("0.5*x + 1/2*x", 8),  # 1/2 is a division of two literals
        ("0*x", 3),
        ("x", 1),
    ],
)
def test_what_is_written_twice_is_computed_once(text: str, nodes: int) -> None:
    assert len(flat(text).nodes) == nodes


@given(expressions())
def test_a_graph_from_text_is_in_order_pruned_and_without_duplicates(text: str) -> None:
    try:
        graph = flat(text)
    except ExpressionError:
        return
    used = {argument for node in graph.nodes for argument in arguments_of(node)} | {graph.output}
    assert used == set(range(len(graph.nodes)))
    assert len(set(graph.nodes)) == len(graph.nodes)
    assert len(graph.spans) == len(graph.nodes)


def test_nothing_is_folded_or_simplified() -> None:
    assert flat("x/x").functions == {"divide"}
    assert flat("0*sin(x)").functions == {"multiply", "sin"}
    assert Constant(Fraction(1, 10)) in flat("0.1*x").nodes
    assert flat("1/10*x").functions == {"divide", "multiply"}
    assert flat("x^2").functions == {"integer_power"}
    assert flat("x^2.0").functions == {"power"}


def test_a_subgraph_holds_what_computes_its_output() -> None:
    graph = Graph((Variable("x"), TWO, Apply("sin", (0,)), Apply("negate", (0,))), 3)
    assert subgraph(graph, 3).nodes == (Variable("x"), Apply("negate", (0,)))
    assert subgraph(graph, 1).nodes == (TWO,)
    assert subgraph(graph, 1).variables == ()
    untouched = Graph((Variable("x"), Apply("sin", (0,))), 1)
    assert subgraph(untouched, 1) is untouched
    inner = Graph((Variable("x"), Apply("sin", (0,))), 0)
    assert subgraph(inner, 1).output == 1


def test_joined_graphs_share_what_they_have_in_common() -> None:
    graphs = [flat("x*(x*y)"), flat("x*y + y"), flat("2")]
    joined, outputs = join(graphs)
    assert len(joined.nodes) == len(set(joined.nodes)) == 6
    point = {"x": Fraction(1, 2), "y": Fraction(3)}
    values = evaluate_nodes(joined, Exact(), point)
    assert [values[i] for i in outputs] == [evaluate(graph, Exact(), point) for graph in graphs]


def test_use_counts_count_the_output_too() -> None:
    assert flat("(x + 1)*(x + 1)").use_counts == (1, 1, 2, 1)


def test_spans_are_where_a_node_was_first_written() -> None:
    text = "sin(x) + cos(x)"
    graph = flat(text)
    places = {node.function: span for node, span in zip(graph.nodes, graph.spans, strict=True) if isinstance(node, Apply)}
    assert text[places["sin"].start : places["sin"].end] == "sin(x)"
    assert text[places["cos"].start : places["cos"].end] == "cos(x)"
    assert text[places["add"].start : places["add"].end] == text


def test_evaluation_gives_every_node_its_value() -> None:
    graph = flat("(x + 1)^2/x")
    assert evaluate_nodes(graph, Exact(), {"x": Fraction(3)})[-1] == Fraction(16, 3)
    with pytest.raises(KeyError):
        evaluate(graph, Exact(), {"y": Fraction(3)})


def test_a_deep_graph_is_walked_without_recursion() -> None:
    graph = flat("x" + "+x" * 4000)
    assert evaluate(graph, Exact(), {"x": Fraction(1)}) == 4001


# Definitions


def test_calls_stay_shared_as_written_and_are_replaced_when_flat() -> None:
    problem = read("f(x) = x^2 + 1; f(f(f(x)))")
    assert sum(isinstance(node, Call) for node in problem.target.written.nodes) == 3
    assert not any(isinstance(node, Call) for node in problem.target.flat.nodes)
    assert evaluate(problem.target.flat, Exact(), {"x": Fraction(1)}) == 26


def test_written_and_flat_are_the_same_function() -> None:
    target = read("f(x) = 4*x*(1 - x); g(x, y) = f(x)*y - f(f(y)); g(x^2, 3) + f@4(x)").target
    for x in (Fraction(1, 3), Fraction(5, 7)):
        assert evaluate(target.written, Exact(), {"x": x}) == evaluate(target.flat, Exact(), {"x": x})


def test_a_thousand_calls_cost_a_thousand_times_the_body() -> None:
    assert len(flat("f(x) = 4*x*(1 - x); f@1000(x)").nodes) <= 1000 * 3 + 3
    assert len(written("f(x) = 4*x*(1 - x); f@1000(x)").nodes) == 1001


def test_free_variables_of_a_definition_become_parameters_behind_its_own() -> None:
    problem = read("f(x) = a*x + b; g(x) = f(x)^2; g(t)")
    by_name = {definition.name: definition for definition in problem.definitions}
    assert by_name["f"].parameters == ("x", "a", "b")
    assert by_name["f"].arity == 1
    assert by_name["g"].parameters == ("x", "a", "b")
    assert set(problem.variables) == {"t", "a", "b"}


def test_a_free_variable_is_not_captured_by_a_parameter() -> None:
    with pytest.raises(ExpressionError, match="uses the variable 'a', which is a parameter here"):
        read("f(x) = a*x; g(a) = f(a); g(x)")


def test_the_target_is_the_expression_or_the_last_definition_or_the_one_that_is_named() -> None:
    assert read("f(x) = x; g(x) = x^2").target.name == "g"
    assert read("f(x) = x; g(x) = x^2", of="f").target.name == "f"
    assert read("f(x) = x; f(x)^2").target.name == ""
    with pytest.raises(ExpressionError, match="no definition 'h'"):
        read("f(x) = x; f(x)", of="h")


@pytest.mark.parametrize(("text", "order"), [("f(x) = x^3; f'(x)", 1), ("f(x) = x^3; f''(x)", 2), ("sin'(x)", 1)])
def test_a_prime_stays_a_call_of_that_order(text: str, order: int) -> None:
    orders = [node.order for node in flat(text).nodes if isinstance(node, Call)]
    assert orders == [order]


def test_a_prime_needs_one_variable() -> None:
    with pytest.raises(ExpressionError, match="Only functions of one variable are composed, iterated or primed"):
        read("f(x, y) = x*y; f'(x, y)")


def test_functions_inside_derivative_calls_are_known() -> None:
    assert "floor" in flat("f(x) = floor(x); f'(x) + 1").functions


def test_inlining_a_graph_without_calls_changes_nothing() -> None:
    graph = flat("x^2")
    assert inline(graph, AssertionError) is graph


@pytest.mark.parametrize("row", [row for row in ROWS if row.meaning], ids=lambda row: row.name)
def test_a_meaning_is_a_graph_in_the_parameters_of_its_row(row: Function) -> None:
    assert set(meaning(row.name).variables) <= set(row.names)


def test_arguments_left_out_have_their_defaults() -> None:
    assert Constant(Fraction(1, 100)) in flat("leaky_relu(x)").nodes
    assert Constant(Fraction(1, 5)) in flat("leaky_relu(x, 0.2)").nodes


# Kinds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sin(x < 1)", "this is a condition, not a number"),
        ("x < 1", "this is a condition, not a number"),
        ("where(x, 1, 2)", "a condition is needed here"),
        ("not x", "a condition is needed here"),
        ("(x < 1) + 1", "this is a condition, not a number"),
        ("sni(x)", "unknown function 'sni'"),
        ("sin(x, y)", "sin does not take 2 arguments"),
        ("where(x > 0, 1)", "where needs 3 arguments, not 2"),
    ],
)
def test_numbers_and_conditions_are_told_apart(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read(text)
    assert message in caught.value.message


# Limits

TOO_LARGE = {
    "9**9**9": "this constant is too large to compute",
    "9**9**9**9": "this constant is too large to compute",
    "factorial(10^7)": "this constant is too large to compute",
    "gamma(1e300)": "this constant is too large to compute",
    "exp(1e5)": "this constant is too large to compute",
    "exp(exp(20))": "this constant is too large to compute",
    "2^(2^30)": "this constant is too large to compute",
    "10^-100000": "this constant is too large to compute",
    "x^1000001": "the exponent is too large",
    "f(x) = x + 1; f@200000(x)": "more than 200,000 operations",
    "f(x) = x*(1 - x); g(x) = f@500(x); h(x) = g@500(x); h(x)": "more than 200,000 operations",
}


@pytest.mark.parametrize("text", TOO_LARGE)
def test_what_is_too_large_is_refused_at_once(text: str) -> None:
    with within(5):
        with pytest.raises(ExpressionError) as caught:
            read(text)
        assert TOO_LARGE[text] in caught.value.message


@pytest.mark.parametrize("text", ["1e9999999", "1e-9999999", "0x1p9999999", "1." + "0" * 2000])
def test_a_literal_that_is_too_long_is_refused_before_it_is_built(text: str) -> None:
    with within(5), pytest.raises(ExpressionError):
        read(f"x*{text}")


@pytest.mark.parametrize(
    "text", ["9^9^3*x", "factorial(3000)*x", "x^1000000", "exp(2e4)*x", "2^-30000*x", "1e9999*x", "0^5*x", "x*exp(-1e5*x)"]
)
def test_what_is_large_but_can_be_computed_is_read(text: str) -> None:
    assert flat(text).variables == ("x",)


@given(st.fractions(max_denominator=10**40))
def test_the_magnitude_of_a_literal_is_its_own(value: Fraction) -> None:
    magnitude = limits.of_rational(value)
    assert magnitude.value == float(value)
    assert not magnitude.too_large


@pytest.mark.parametrize(
    ("function", "arguments", "log10"),
    [
        ("power", (10, 400), 400),
        ("power", (Fraction(1, 10), 400), -400),
        ("multiply", (10**300, 10**300), 600),
        ("divide", (1, 10**300), -300),
        ("exp", (1000,), 434.29),
        ("gamma", (1000,), 2564.6),
        ("factorial", (1000,), 2567.6),
        ("exp2", (1000,), 301.03),
    ],
)
def test_magnitudes_of_constants_are_estimated(function: str, arguments: tuple[int, ...], log10: float) -> None:
    found = limits.of_application(FUNCTIONS[function].growth, [limits.of_rational(Fraction(argument)) for argument in arguments])
    assert found is not None
    assert found.log10 == pytest.approx(log10, rel=1e-3)
