"""Pools that use each other, solved at once: the reciprocal method of cost accounting.

A pool's cost goes to tenants and to other pools, whose cost goes on in the same way. With P the
shares that pools have of each other, r what is left of each pool for tenants, the money of pool u
ends by the tenants' weights of pool v in the share T[u, v], T = (I - P)^-1 diag(r). Each pool's own
cost is split along its row of T, so that no cost is grossed up and its origin stays known
(allocation facts, A.3 item 5).
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
        own = {
            node: Decimal(use.total - sum(use.pools.values())) / use.total
            for node, use in uses.items()
        }
        ends: dict[Node, dict[Node, Decimal]] = {
            node: {node: part} if part else {} for node, part in own.items()
        }
        passed: dict[Node, dict[Node, Decimal]] = {}
        for node, use in uses.items():
            shares = {to: Decimal(weight) / use.total for to, weight in use.pools.items()}
            passed[node] = {to: share for to, share in shares.items() if to in uses}
            for to, share in shares.items():
                if to not in uses:
                    ends[node][to] = share
        for node in sorted(uses, key=repr):
            _substitute(node, passed, ends)
        return {node: _whole(found) for node, found in ends.items()}


def _substitute(
    node: Node,
    passed: dict[Node, dict[Node, Decimal]],
    ends: dict[Node, dict[Node, Decimal]],
) -> None:
    """Gauss-Jordan on sparse rows: after it nobody passes anything to `node` any more."""
    returned = passed[node].pop(node, Decimal(0))
    if returned:
        for row in (passed[node], ends[node]):
            for to in row:
                row[to] /= 1 - returned
    for other, row in passed.items():
        share = row.pop(node, None) if other != node else None
        if share is not None:
            for target, source in ((row, passed[node]), (ends[other], ends[node])):
                for to, part in source.items():
                    target[to] = target.get(to, Decimal(0)) + share * part


def _whole(shares: Mapping[Node, Decimal]) -> dict[Node, int]:
    """By largest remainder, ties by name."""
    one = 1 << ROUTE_BITS
    scaled = {node: share * one for node, share in shares.items()}
    parts = {node: int(value.to_integral_value(ROUND_FLOOR)) for node, value in scaled.items()}
    left = one - sum(parts.values())
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
