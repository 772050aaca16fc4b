"""Parts of pools: by which weights each cell was split, and which signals they rest on."""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from services.attribution.domain.evidence import Evidence, Share, SignalRow, SignalRows
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.exact import shortened
from shared.sql.scripts import Row, records, run_script
from shared.vocabulary.recipients import POOL

Name = TypeVar("Name", bound=Hashable)
Bucket = tuple[str, str, dt.datetime, dt.datetime]
"""Pool, grain, start and end: what a driver splits at once."""


@dataclass(frozen=True)
class PoolEvidence:
    session: Session
    config: Configuration
    scratch_dir: Path
    rows_max: int

    def of(self, cells: Mapping[str, Evidence]) -> Iterator[tuple[Row, Evidence]]:
        """Each row of `explained_parts`, with what was got of its cell and why."""
        for row in self._rows:
            evidence = cells[f"cell {row['cell']}"]
            via = _bucket_of(row, "via", "via_")
            routes = self._routes.get(_bucket_of(row))
            if routes is not None:
                evidence = _share(evidence, POOL + via[0], routes, via)
            if row["level"] is not None:
                weights, signals = self._weights[via], self._signals[via]
                evidence = _share(evidence, row["driver"], weights, row["tenant"], signals)
            yield row, evidence

    @cached_property
    def _rows(self) -> list[Row]:
        return records(run_script(self.session, __package__, "parts_of_pools.sql"))

    @cached_property
    def _weights(self) -> Mapping[Bucket, Mapping[str, int]]:
        """Who took part in the buckets that split the parts; other pools left out."""
        rows = records(run_script(self.session, __package__, "weights_of_buckets.sql"))
        return _by_bucket((row, row["recipient"]) for row in rows)

    @cached_property
    def _routes(self) -> Mapping[Bucket, Mapping[Bucket, int]]:
        """Where the money of cells ends whose pools are used by pools."""
        rows = records(run_script(self.session, __package__, "routes_of_buckets.sql"))
        return _by_bucket((row, _bucket_of(row, "via", "via_")) for row in rows)

    @cached_property
    def _signals(self) -> Mapping[Bucket, tuple[SignalRows, ...]]:
        create_table(
            self.session,
            "meters",
            {"pool": "VARCHAR", "level": "INTEGER", "meter": "VARCHAR", "is_control": "BOOLEAN"},
            [
                (pool.name, level, meter, is_control)
                for pool in self.config.pools
                for level, driver in enumerate(pool.drivers)
                for meters, is_control in ((driver.meters, False), (driver.controls, True))
                for meter in meters
            ],
            scratch_dir=self.scratch_dir,
        )
        result = run_script(
            self.session,
            __package__,
            "explained_signals.sql",
            values={"rows_max": self.rows_max},
        )
        signals: defaultdict[Bucket, tuple[SignalRows, ...]] = defaultdict(tuple)
        for row in records(result):
            signals[_bucket_of(row)] += (
                SignalRows(
                    row["meter"],
                    row["count"],
                    shortened(row["quantity"]),
                    row["unit"],
                    tuple(
                        SignalRow(**each | {"quantity": shortened(each["quantity"])})
                        for each in row["largest"] or ()
                    ),
                ),
            )
        return signals


def _bucket_of(row: Row, pool: str = "pool", prefix: str = "") -> Bucket:
    """Beside the pool, by the names of its columns with this prefix."""
    grain, start, end = (row[prefix + name] for name in ("grain", "bucket", "bucket_end"))
    return row[pool], grain, start, end


def _by_bucket(rows: Iterable[tuple[Row, Name]]) -> Mapping[Bucket, Mapping[Name, int]]:
    weights: defaultdict[Bucket, dict[Name, int]] = defaultdict(dict)
    for row, name in rows:
        weights[_bucket_of(row)][name] = row["weight"]
    return weights


def _share(
    of: Evidence,
    by: str,
    weights: Mapping[Name, int],
    own: Name,
    signals: tuple[SignalRows, ...] = (),
) -> Share:
    return Share(of, by, tuple(weights.values()), list(weights).index(own), signals)
