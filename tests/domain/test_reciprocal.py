"""The reciprocal method against a solution of its own kind: exact fractions, by another way."""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.attribution.domain import reciprocal
from services.attribution.domain.reciprocal import ROUTE_BITS, ClosedLoop, Use, routes
from tests.examples import examples

ONE = 1 << ROUTE_BITS
NAMES = [(name,) for name in "abcdef"]


def solve(uses):
    """T = (I - P)^-1 diag(r), column by column, by elimination over fractions."""
    nodes = sorted({*uses, *(to for use in uses.values() for to in use.pools)})
    rows = []
    for node in nodes:
        use = uses.get(node, Use({}, 1))
        passed = [Fraction(use.pools.get(to, 0), use.total) for to in nodes]
        left = 1 - sum(passed)
        rows.append(
            [int(node == to) - share for to, share in zip(nodes, passed, strict=True)]
            + [left if node == to else Fraction(0) for to in nodes]
        )
    for at in range(len(nodes)):
        pivot = next(row for row in range(at, len(nodes)) if rows[row][at])
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for row in range(len(nodes)):
            if row != at and rows[row][at]:
                rows[row] = [
                    value - rows[row][at] * base
                    for value, base in zip(rows[row], rows[at], strict=True)
                ]
    return {
        node: dict(zip(nodes, rows[at][len(nodes) :], strict=True)) for at, node in enumerate(nodes)
    }


weights = st.one_of(st.integers(1, 10**15), st.sampled_from([1, 10**9, 10**24, 10**37]))
graphs = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(
        st.dictionaries(st.sampled_from(NAMES), weights, max_size=6),
        st.one_of(st.just(0), weights),
    ),
    min_size=1,
)


def uses_of(graph):
    return {
        node: Use(pools, sum(pools.values()) + tenants)
        for node, (pools, tenants) in graph.items()
        if pools
    }


class TestRoutes:
    @examples(5 / 2)
    @given(graphs)
    def test_are_those_of_the_exact_solution(self, graph):
        uses = uses_of(graph)
        assume(uses)
        try:
            found = routes(uses)
        except ClosedLoop:
            with pytest.raises(StopIteration):  # the matrix has no inverse
                solve(uses)
            return
        exact = solve(uses)
        for node in uses:
            assert sum(found[node].values()) == ONE
            for end, share in exact[node].items():
                assert abs(Fraction(found[node].get(end, 0), ONE) - share) <= Fraction(2, ONE)

    @given(graphs, st.integers(2, 10**6))
    def test_do_not_depend_on_the_scale_of_weights_or_their_order(self, graph, factor):
        uses = uses_of(graph)
        scaled = {
            node: Use({to: w * factor for to, w in use.pools.items()}, use.total * factor)
            for node, use in reversed(uses.items())
        }
        try:
            assert routes(scaled) == routes(uses)
        except ClosedLoop:
            with pytest.raises(ClosedLoop):
                routes(scaled)

    def test_of_two_that_use_each_other_by_hand(self):
        # a: 1/2 to tenants, 1/2 to b; b: 3/4 to tenants, 1/4 to a. a keeps 1/2 / (1 - 1/8) = 4/7.
        found = routes({("a",): Use({("b",): 1}, 2), ("b",): Use({("a",): 1}, 4)})
        assert abs(found["a",]["a",] * 7 - 4 * ONE) <= 7
        assert found["a",]["a",] + found["a",]["b",] == ONE

    @pytest.mark.parametrize(
        ("count", "weight"), [(6, 10**9), (8, 10**9), (14, 10**4), (3, 10**36)]
    )
    def test_lose_no_digit_where_hardly_anything_leaves_a_nest_of_loops(self, count, weight):
        names = [(f"p{at:02d}",) for at in range(count)]
        uses = {
            name: Use({names[0]: weight, names[(at + 1) % count]: 1}, weight + 2)
            for at, name in enumerate(names)
        }
        found, exact = routes(uses), solve(uses)
        for node in names:
            assert sum(found[node].values()) == ONE
            for end in names:
                assert abs(Fraction(found[node].get(end, 0), ONE) - exact[node][end]) <= Fraction(
                    2, ONE
                )

    def test_end_at_a_pool_that_uses_none(self):
        assert routes({("a",): Use({("b",): 1}, 1)}) == {("a",): {("b",): ONE}}

    def test_name_the_pools_of_a_closed_loop_and_no_others(self):
        uses = {
            ("a",): Use({("b",): 1}, 1),
            ("b",): Use({("a",): 1}, 1),
            ("c",): Use({("a",): 1}, 2),
            ("d",): Use({("c",): 1}, 1),
        }
        with pytest.raises(ClosedLoop) as raised:
            routes(uses)
        assert raised.value.nodes == [("a",), ("b",)]


def test_routes_that_rounding_has_lost_are_refused():
    with decimal.localcontext(decimal.Context(prec=3)), pytest.raises(ArithmeticError):
        reciprocal._whole({"a": Decimal(1), "b": Decimal(2), "c": Decimal(4)})
