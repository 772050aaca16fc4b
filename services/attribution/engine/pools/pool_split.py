"""Splits the pools' cells: each driver proposes weights, the first that has any is taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.attribution.domain.driver_levels import Level, levels
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.pools.reciprocal import ReciprocalPools
from services.attribution.engine.tables import SPAN, create_table
from shared.columnar import Session
from shared.configuration.drivers import GRAINS, Grain
from shared.configuration.models import Configuration
from shared.exact import whole_weights
from shared.faults import BadConfiguration, BadInput
from shared.sql.expressions import Sql, identifier
from shared.sql.scripts import run_script, script_query

_DRIVER_INPUTS: Final = {
    "metered_usage": "metered_usage.sql",
    "metered_costs": "metered_costs.sql",
}
"""By a table that drivers may read, the script that makes it; others are there already."""


@dataclass(frozen=True)
class PoolSplit:
    session: Session
    config: Configuration
    scratch_dir: Path

    def create_pool_tables(self) -> None:
        """`pools`, `drivers` and `named_weights`, before lines are claimed."""
        self._create(
            "pools",
            {"pool": "VARCHAR", "grain": SPAN},
            [(pool.name, pool.per) for pool in self.config.pools],
        )
        self._create(
            "drivers",
            {
                **dict.fromkeys(("pool", "method", "driver", "scope"), "VARCHAR"),
                "level": "INTEGER",
                "grain": SPAN,
            },
            [
                (
                    *(level.pool.name, level.driver.method, level.label),
                    *(level.scope, level.number, level.grain),
                )
                for level in levels(self.config)
            ],
        )
        self._create(
            "named_weights",
            {"pool": "VARCHAR", "level": "INTEGER", "recipient": "VARCHAR", "weight": "HUGEINT"},
            list(self._named_weights()),
        )

    def split(self) -> None:
        """From the claimed facts to `whole_keys`, and to `pooled_amounts`, the parts of pools."""
        self._run("whole_keys.sql")
        if self._find_cells():
            self._split_cells()
        else:
            self._check_meters(part_max=1)
            self._run("no_cells.sql")

    def _find_cells(self) -> bool:
        """Whether there are any: where none are, to plan their split takes longer than all else."""
        if not self.config.pools:
            return False
        count = self._run("cells.sql", {"pool_facts": facts_of_pools()}).fetchall()[0][0]
        return bool(count > 0)

    def _split_cells(self) -> None:
        has_uses = self._run("any_use.sql").fetchone() is not None
        reached = "reached_buckets.sql" if has_uses else "own_buckets.sql"
        self._run("buckets.sql", {"reached": script_query(__package__, reached)})
        self._run("driver_buckets.sql")
        self._check_meters(part_max=self._run("largest_part.sql").fetchall()[0][0])
        with_buckets = set(self._run("pools_with_buckets.sql").fetchall())
        self._propose([each for each in levels(self.config) if (each.pool.name,) in with_buckets])
        pools = ReciprocalPools(self.session, self.config.file, self.scratch_dir)
        pools.split(has_uses=has_uses)
        self._run("item_weights.sql")
        split_weights(
            self.session, weights="item_weights", parts="item_parts", scratch_dir=self.scratch_dir
        )
        self._run("divided_by_day.sql", {"divided": _divided()})
        self._run("pooled_amounts.sql", {"pooled": _pooled(parts=identifier("divided_by_day"))})

    def _propose(self, proposing: Sequence[Level]) -> None:
        """`candidates`, each level by the driver's own query, `drivers/<query>.sql`."""
        read = {table for level in proposing for table in level.driver.reads}
        for table, script in _DRIVER_INPUTS.items():
            if table in read:
                self._run(script)
        self._run("candidates.sql")
        for level in proposing:
            query = script_query(f"{__package__}.drivers", f"{level.driver.query}.sql")
            run_script(
                self.session,
                __package__,
                "propose.sql",
                {"proposed": query},
                {
                    "pool": level.pool.name,
                    "level": level.number,
                    **level.driver.parameters(),
                },
            )

    def _check_meters(self, *, part_max: int) -> None:
        meters = self._meters()
        for level in levels(self.config):
            _check_meters(level, meters, part_max, self.config.file)

    def _meters(self) -> "dict[str, _Meter]":
        rows = self._run("meters.sql").fetchall()
        return {meter: _Meter(*columns) for meter, *columns in rows}

    def _named_weights(self) -> Iterator[tuple[str, int, str, int]]:
        tenants = [tenant.key for tenant in self.config.tenants]
        for level in levels(self.config):
            weights = whole_weights(level.driver.named_weights(tenants))
            for consumer, weight in weights.items():
                yield level.pool.name, level.number, consumer, weight

    def _run(self, script: str, names: Mapping[str, Sql] | None = None) -> Session:
        return run_script(self.session, __package__, script, names)

    def _create(self, name: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)


def facts_of_pools() -> Sql:
    """A query of the facts that go to pools, each with the bucket that splits it."""
    return script_query(__package__, "pool_facts.sql")


def parts_of_pools() -> Sql:
    """A query of the parts as results, by item; `pooled_amounts` has those of a day as one."""
    return _pooled(parts=_divided())


def _pooled(*, parts: Sql) -> Sql:
    return script_query(__package__, "pooled.sql", {"parts": parts})


def _divided() -> Sql:
    return script_query(__package__, "divided.sql")


@dataclass(frozen=True)
class _Meter:
    coarsest: Grain
    weight: float
    scale: int


def _check_meters(level: Level, meters: Mapping[str, _Meter], part_max: int, ruleset: str) -> None:
    """The signals are no coarser than the driver looks, and their sum fits the arithmetic.

    `part_max` is the most that a quantity is taken by for a line's part of an hour or day.
    """
    driver = level.driver
    read = {name: meters[name] for name in (*driver.meters, *driver.controls) if name in meters}
    scale_max = max((meter.scale for meter in read.values()), default=0)
    for name, meter in sorted(read.items()):
        if GRAINS.index(meter.coarsest) > GRAINS.index(level.grain):
            raise BadConfiguration(
                f"the pool {level.pool.name!r} is split per {level.grain}, but the signal"
                f" {name!r} comes per {meter.coarsest}.",
                file=ruleset,
                field=f"pools.{level.pool.name}.per",
                remedy=f"Write `per: {meter.coarsest}`.",
            )
        if meter.weight * part_max * 10.0 ** (scale_max - meter.scale) > 10.0**driver.digits_max:
            raise BadInput(
                f"the signals' quantities of {name!r} have more than {driver.digits_max} digits"
                " together.",
                remedy="Give them in a larger unit or with fewer decimals.",
            )
