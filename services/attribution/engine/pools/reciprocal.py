"""Pools that use other pools: which may, and where each cell's money ends (reciprocal method)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from services.attribution.domain.driver_levels import pool_uses
from services.attribution.domain.reciprocal import ClosedLoop, Use, routes
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.tables import SPAN, create_table
from shared.columnar import Session
from shared.configuration.drivers import GRAINS, Grain
from shared.configuration.models import Configuration
from shared.faults import BadInput
from shared.sql.scripts import Row, records, run_script, script_query

_BUCKET_COLUMNS: Final = {
    "pool": "VARCHAR",
    "grain": SPAN,
    "bucket": "TIMESTAMP",
    "bucket_end": "TIMESTAMP",
}
_ROUTE_COLUMNS: Final = {
    **_BUCKET_COLUMNS,
    "route": "VARCHAR",
    "via": "VARCHAR",
    "via_grain": SPAN,
    "via_bucket": "TIMESTAMP",
    "via_bucket_end": "TIMESTAMP",
    "weight": "HUGEINT",
}
Bucket = tuple[str, int, Any, Any]
"""Pool, place of the grain among all (so that the finer comes first), start and end."""


def find_uses(session: Session, config: Configuration, scratch_dir: Path) -> None:
    """`uses`: pairs of a pool and another that it may use."""
    pools_by_meter: defaultdict[str, set[str]] = defaultdict(set)
    for meter, consumer in run_script(session, __package__, "pools_as_consumers.sql").fetchall():
        pools_by_meter[meter].add(consumer)
    create_table(
        session,
        "uses",
        {"pool": "VARCHAR", "used": "VARCHAR"},
        pool_uses(config, pools_by_meter),
        scratch_dir=scratch_dir,
    )


@dataclass
class ReciprocalPools:
    session: Session
    ruleset: str
    """The name of its file, for a fault."""
    scratch_dir: Path
    _given_up: list[tuple[Any, ...]] = field(default_factory=list)

    def split(self, *, has_uses: bool) -> None:
        """From `candidates` to `items`: whole cells, and those of pools that use pools by route.

        Where pools use each other and no tenant, the signal says nothing that money could follow:
        those of them that have a next driver go by it. Raises BadInput where none has.
        """
        self._choose()
        rows = self._routes() if has_uses else []
        create_table(self.session, "routes", _ROUTE_COLUMNS, rows, scratch_dir=self.scratch_dir)
        if rows:
            run_script(self.session, __package__, "route_weights.sql")
            split_weights(
                self.session,
                weights="route_weights",
                parts="route_parts",
                scratch_dir=self.scratch_dir,
            )
        parts = script_query(__package__, "routed_cells.sql" if rows else "whole_cells.sql")
        run_script(self.session, __package__, "items.sql", {"parts": parts})

    def _choose(self) -> None:
        """The first driver of each bucket that has not been given up."""
        create_table(
            self.session,
            "levels_given_up",
            {**_BUCKET_COLUMNS, "level": "INTEGER"},
            self._given_up,
            scratch_dir=self.scratch_dir,
        )
        run_script(self.session, __package__, "choose.sql")

    def _fall_back(self, nodes: Sequence[tuple[Any, ...]]) -> bool:
        """Whether any of the buckets has a next driver; it is chosen then."""
        create_table(
            self.session,
            "closed_buckets",
            _BUCKET_COLUMNS,
            [(pool, GRAINS[grain], *times) for pool, grain, *times in nodes],
            scratch_dir=self.scratch_dir,
        )
        levels = run_script(self.session, __package__, "levels_to_give_up.sql").fetchall()
        self._given_up += levels
        if levels:
            self._choose()
        return bool(levels)

    def _routes(self) -> list[tuple[object, ...]]:
        run_script(self.session, __package__, "used_buckets.sql")
        while True:
            try:
                return self._open_routes()
            except ClosedLoop as loop:
                if not self._fall_back(loop.nodes):
                    raise _closed(loop.nodes, self.ruleset) from loop

    def _open_routes(self) -> list[tuple[object, ...]]:
        """A row per route of a bucket's money; none for buckets that tenants alone consume."""
        uses: defaultdict[Bucket, dict[Bucket, int]] = defaultdict(dict)
        totals: dict[Bucket, int] = {}
        result = run_script(self.session, __package__, "used_shares.sql")
        for row in records(result):
            node, used = _node_of(row, "by_"), _node_of(row, "")
            uses[node][used] = int(row["weight"])
            totals[node] = int(row["total"])
        ends_of = routes({node: Use(pools, totals[node]) for node, pools in uses.items()})
        vias = sorted({via for ends in ends_of.values() for via in ends})
        # Numbered in their order, since a name decides who gets a quantum that is left over.
        numbers = {via: f"{number:09d}" for number, via in enumerate(vias)}
        return [
            (*_named(node), numbers[via], *_named(via), weight)
            for node, ends in ends_of.items()
            for via, weight in ends.items()
        ]


def _node_of(row: Row, prefix: str) -> Bucket:
    pool, grain, start, end = (
        row[prefix + name] for name in ("pool", "grain", "bucket", "bucket_end")
    )
    return pool, GRAINS.index(grain), start, end


def _named(bucket: Bucket) -> tuple[str, Grain, Any, Any]:
    pool, grain, start, end = bucket
    return pool, GRAINS[grain], start, end


def _closed(nodes: Sequence[tuple[Any, ...]], ruleset: str) -> BadInput:
    _, grain, bucket, end = nodes[0]
    names = sorted({str(node[0]) for node in nodes if node[1:] == (grain, bucket, end)})
    when = {
        "hour": f"in the hour {bucket:%Y-%m-%d %H:%M}",
        "day": f"on {bucket:%Y-%m-%d}",
        "period": "in the period",
    }
    return BadInput(
        f"the pools {', '.join(names)} use each other and no tenant"
        f" {when[GRAINS[grain]]}: their cost has nowhere to go.",
        file=ruleset,
        field="pools",
        remedy="Give a tenant's use of one of them, or a driver that reaches tenants.",
    )
