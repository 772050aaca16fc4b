"""Pools that use other pools: which buckets that asks for, and where each cell's money ends."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.attribution.domain.reciprocal import ClosedLoop, Use, routes
from services.attribution.engine.tables import create_table, run_sql
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.faults import BadInput
from shared.vocabulary.recipients import POOL

_ROUTE_COLUMNS: Final = {
    "pool": "VARCHAR",
    "grain": "INTEGER",
    "bucket": "TIMESTAMP",
    "way": "VARCHAR",
    "via": "VARCHAR",
    "via_grain": "INTEGER",
    "via_bucket": "TIMESTAMP",
    "weight": "HUGEINT",
}
Bucket = tuple[str, int, Any]
"""Pool, grain and start: what a driver splits at once."""


@dataclass(frozen=True)
class MutualPools:
    session: Session
    config: Configuration
    scratch_dir: Path

    def extend_buckets(self) -> None:
        """A bucket of a pool asks for the buckets of the pools it may use, and these for theirs.

        They have the coarser grain of the two, so that a month's cost goes by a month's use.
        """
        create_table(
            self.session,
            "uses",
            {"pool": "VARCHAR", "used": "VARCHAR"},
            self.uses(),
            scratch_dir=self.scratch_dir,
        )
        count = -1
        while count != (count := self._bucket_count()):
            run_sql(self.session, __package__, "used_buckets.sql")

    def split(self) -> bool:
        """Whether any cell's money goes through another pool: then `items` replaces the cells.

        Where pools use each other and no tenant, the signal says nothing that money could follow:
        those of them that have a next driver go by it. Raises BadInput where none has.
        """
        while True:
            try:
                found = self._routes()
                break
            except ClosedLoop as loop:
                if not self._fall_back(loop.nodes):
                    raise _closed(loop.nodes) from loop
        create_table(
            self.session,
            "routes",
            _ROUTE_COLUMNS,
            found,
            scratch_dir=self.scratch_dir,
        )
        if not found:
            return False
        run_sql(self.session, __package__, "routed.sql")
        return True

    def _fall_back(self, nodes: Sequence[tuple[Any, ...]]) -> bool:
        """Whether any of the buckets has a next driver; it is chosen then."""
        create_table(
            self.session,
            "closed",
            {"pool": "VARCHAR", "grain": "INTEGER", "bucket": "TIMESTAMP"},
            nodes,
            scratch_dir=self.scratch_dir,
        )
        before = self._candidate_count()
        run_sql(self.session, __package__, "fall_back.sql")
        if self._candidate_count() == before:
            return False
        run_sql(self.session, __package__, "choose.sql")
        return True

    def _candidate_count(self) -> int:
        return int(self.session.execute("SELECT count(*) FROM candidates").fetchall()[0][0])

    def uses(self) -> Sequence[tuple[str, str]]:
        """Pairs of a pool and another that it may use."""
        by_meter: defaultdict[str, set[str]] = defaultdict(set)
        rows = self.session.execute(
            "SELECT DISTINCT meter, tenant FROM usage WHERE starts_with(tenant, 'pool:')"
        )
        for meter, consumer in rows.fetchall():
            by_meter[meter].add(consumer)
        pairs = set()
        for pool in self.config.pools:
            for driver in pool.drivers:
                consumers = {key for key in driver.consumers if key.startswith(POOL)}
                consumers.update(*(by_meter[meter] for meter in driver.meters))
                if driver.scope is not None and driver.scope.counts_all:
                    consumers.update(POOL + other.name for other in self.config.pools)
                pairs |= {(pool.name, key.removeprefix(POOL)) for key in consumers}
        return sorted(pair for pair in pairs if pair[0] != pair[1])

    def _bucket_count(self) -> int:
        return int(self.session.execute("SELECT count(*) FROM buckets").fetchall()[0][0])

    def _routes(self) -> list[tuple[object, ...]]:
        """A row per way of a bucket's money; none for buckets whose consumers are tenants alone."""
        uses: defaultdict[Bucket, dict[Bucket, int]] = defaultdict(dict)
        totals: dict[Bucket, int] = {}
        rows = self.session.execute(
            "SELECT shares.pool, shares.grain, shares.bucket, shares.total, used.pool, used.grain,"
            " used.bucket, shares.weight FROM shares JOIN used_bucket AS used"
            " ON used.by_pool = shares.pool AND used.by_grain = shares.grain"
            " AND used.by_bucket = shares.bucket AND shares.recipient = 'pool:' || used.pool"
        )
        for pool, grain, bucket, total, *used, weight in rows.fetchall():
            node = (pool, grain, bucket)
            uses[node][used[0], used[1], used[2]] = int(weight)
            totals[node] = int(total)
        found = routes({node: Use(pools, totals[node]) for node, pools in uses.items()})
        vias = sorted({via for ends in found.values() for via in ends})
        ways = {via: f"{number:09d}" for number, via in enumerate(vias)}
        return [
            (*node, ways[via], *via, weight)
            for node, ends in found.items()
            for via, weight in ends.items()
        ]


def _closed(nodes: Sequence[tuple[Any, ...]]) -> BadInput:
    _, grain, bucket = nodes[0]
    names = sorted({str(node[0]) for node in nodes if node[1:] == (grain, bucket)})
    when = {1: f"in the hour {bucket:%Y-%m-%d %H:%M}", 2: f"on {bucket:%Y-%m-%d}"}
    return BadInput(
        f"the pools {', '.join(names)} use each other and no tenant"
        f" {when.get(grain, 'in the period')}: their cost has nowhere to go.",
        field="pools",
        remedy="Give a tenant's use of one of them, or a driver that reaches tenants.",
    )
