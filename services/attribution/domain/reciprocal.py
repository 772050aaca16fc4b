"""Pools that use each other, solved at once: the reciprocal method of cost accounting.

A pool's cost goes to tenants and to other pools, whose cost goes on in the same way. With P the
shares that pools have of each other, r what is left of each pool for tenants, the money of pool u
ends by the tenants' weights of pool v in the share T[u, v], T = (I - P)^-1 diag(r). Each pool's own
cost is split along its row of T, so that no cost is grossed up and its origin stays known
(docs/reference/allocation.md).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=tuple[object, ...])

ROUTE_BITS = 60
"""Routes are whole multiples of 2^-60: 10 billion dollars of 10^-10 fit beside them in 127 bits."""
_DIGITS = 60
_Row = dict[Node, Decimal]


@dataclass(frozen=True)
class Use(Generic[Node]):
    """What a pool is split by: the weights of the pools among its consumers, and all weights."""

    pools: Mapping[Node, int]
    total: int


class ClosedLoop(Exception):
    """Pools that use each other and no tenant."""

    def __init__(self, nodes: Sequence[tuple[object, ...]]) -> None:
        super().__init__(f"{nodes}")
        self.nodes = nodes


def routes(uses: Mapping[Node, Use[Node]]) -> dict[Node, dict[Node, int]]:
    """Where each pool's cost is split in the end, in multiples of 2^-60 that sum to 1.

    A pool that is used and is no key of `uses` is an end. Raises ClosedLoop.
    """
    _refuse_closed_loops(uses)
    with localcontext(prec=_DIGITS):
        passed: dict[Node, _Row[Node]] = {}
        ends: dict[Node, _Row[Node]] = {}
        users: defaultdict[Node, set[Node]] = defaultdict(set)
        for node, use in uses.items():
            shares = {to: Decimal(weight) / use.total for to, weight in use.pools.items()}
            passed[node] = {to: share for to, share in shares.items() if to in uses}
            ends[node] = {to: share for to, share in shares.items() if to not in uses}
            left = use.total - sum(use.pools.values())
            if left:
                ends[node][node] = Decimal(left) / use.total
            for to in passed[node]:
                users[to].add(node)
        for node in sorted(uses, key=repr):
            _eliminate(node, passed, ends, users)
        return {node: _whole(shares_of_node) for node, shares_of_node in ends.items()}


def _eliminate(
    node: Node,
    passed: dict[Node, _Row[Node]],
    ends: dict[Node, _Row[Node]],
    users: dict[Node, set[Node]],
) -> None:
    """After it nobody passes anything to `node` any more.

    What comes back to the node itself is left out and the rest made whole, as Grassmann, Taksar and
    Heyman do for Markov chains: nothing is ever subtracted, so no digit is lost however nearly
    closed a loop is.
    """
    passed[node].pop(node, None)
    total = sum(passed[node].values()) + sum(ends[node].values())
    for row in (passed[node], ends[node]):
        for to in row:
            row[to] /= total
    for other in sorted(users.pop(node, set()) - {node}, key=repr):
        share = passed[other].pop(node)
        for target, source in ((passed[other], passed[node]), (ends[other], ends[node])):
            for to, part in source.items():
                target[to] = target.get(to, Decimal(0)) + share * part
        for to in passed[node]:
            users.setdefault(to, set()).add(other)


def _whole(shares: _Row[Node]) -> dict[Node, int]:
    """By largest remainder, ties by name."""
    one = 1 << ROUTE_BITS
    total = sum(shares.values())
    scaled = {node: share * one / total for node, share in shares.items()}
    parts = {node: int(value.to_integral_value(ROUND_FLOOR)) for node, value in scaled.items()}
    left = one - sum(parts.values())
    if not 0 <= left <= len(parts):
        raise ArithmeticError(f"routes are {left} of 2^-{ROUTE_BITS} short")
    by_remainder = sorted(scaled, key=lambda node: (parts[node] - scaled[node], repr(node)))
    for node in by_remainder[:left]:
        parts[node] += 1
    return {node: part for node, part in parts.items() if part}


def _refuse_closed_loops(uses: Mapping[Node, Use[Node]]) -> None:
    used_by: defaultdict[Node, list[Node]] = defaultdict(list)
    reached = {node for node, use in uses.items() if sum(use.pools.values()) < use.total}
    for node, use in uses.items():
        for to in use.pools:
            used_by[to].append(node)
            if to not in uses:
                reached.add(to)
    waiting = list(reached)
    while waiting:
        for node in used_by[waiting.pop()]:
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    closed = sorted(uses.keys() - reached, key=repr)
    if closed:
        raise ClosedLoop(closed)
