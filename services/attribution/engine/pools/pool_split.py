"""Splits the pools' cells: each driver proposes weights, the first that has any is taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.driver_levels import Level, levels
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.pools.reciprocal import ReciprocalPools
from services.attribution.engine.tables import SPAN, create_table
from shared.columnar import Session
from shared.configuration.drivers import GRAINS, Grain
from shared.configuration.models import Configuration
from shared.exact import whole_weights
from shared.faults import BadConfiguration, BadInput
from shared.sql.expressions import identifier
from shared.sql.scripts import run_script, script_query


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
        """From the claimed facts to `pooled_by_day`, the parts of pools."""
        run_script(self.session, __package__, "direct.sql")
        run_script(self.session, __package__, "buckets.sql")
        run_script(self.session, __package__, "driver_inputs.sql")
        run_script(self.session, __package__, "candidates.sql")
        meters = self._meters()
        part_max = run_script(self.session, __package__, "largest_part.sql").fetchall()[0][0]
        with_buckets = set(
            run_script(self.session, __package__, "pools_with_buckets.sql").fetchall()
        )
        for level in levels(self.config):
            _check_meters(level, meters, part_max, self.config.file)
            if (level.pool.name,) in with_buckets:
                self._propose(level)
        ReciprocalPools(self.session, self.config.file, self.scratch_dir).split()
        run_script(self.session, __package__, "item_weights.sql")
        split_weights(
            self.session, weights="item_weights", parts="item_parts", scratch_dir=self.scratch_dir
        )
        run_script(self.session, __package__, "divided.sql")
        self._describe_parts(parts="divided", described="pooled")
        self._describe_parts(parts="divided_by_day", described="pooled_by_day")

    def _describe_parts(self, *, parts: str, described: str) -> None:
        names = {"parts": identifier(parts), "described": identifier(described)}
        run_script(self.session, __package__, "pooled.sql", names)

    def _propose(self, level: Level) -> None:
        """By the driver's own query, `drivers/<query>.sql`."""
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

    def _meters(self) -> "dict[str, _Meter]":
        rows = run_script(self.session, __package__, "meters.sql").fetchall()
        return {meter: _Meter(*columns) for meter, *columns in rows}

    def _named_weights(self) -> Iterator[tuple[str, int, str, int]]:
        tenants = [tenant.key for tenant in self.config.tenants]
        for level in levels(self.config):
            weights = whole_weights(level.driver.named_weights(tenants))
            for consumer, weight in weights.items():
                yield level.pool.name, level.number, consumer, weight

    def _create(self, name: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)


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
