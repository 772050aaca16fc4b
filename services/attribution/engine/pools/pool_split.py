"""Splits the pools' cells: each driver proposes weights, the first that has any is taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.driver_levels import Level, levels
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.pools.reciprocal import ReciprocalPools
from services.attribution.engine.tables import SPAN, create_table
from shared.columnar import Session
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
        for level in levels(self.config):
            self._check_meters(level)
            self._propose(level)
        ReciprocalPools(self.session, self.scratch_dir).split()
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

    def _check_meters(self, level: Level) -> None:
        """The signals are no coarser than the driver looks, and their sum fits the arithmetic."""
        pool, driver, grain = level.pool, level.driver, level.grain
        meters = run_script(
            self.session,
            __package__,
            "meters.sql",
            values={"meters": [*driver.meters, *driver.controls], "grain": grain},
        ).fetchall()
        scale_max = max((scale for *_, scale in meters), default=0)
        for meter, coarsest, is_coarser, weight, scale in meters:
            if is_coarser:
                raise BadConfiguration(
                    f"the pool {pool.name!r} is split per {grain}, but the signal"
                    f" {meter!r} comes per {coarsest}.",
                    field=f"pools.{pool.name}.per",
                    remedy=f"Write `per: {coarsest}`.",
                )
            if weight * 10.0 ** (scale_max - scale) > 10.0**driver.digits_max:
                raise BadInput(
                    f"the quantities of {meter!r} have more than {driver.digits_max} digits"
                    " together.",
                    field="quantity",
                    remedy="Give them in a larger unit or with fewer decimals.",
                )

    def _named_weights(self) -> Iterator[tuple[str, int, str, int]]:
        tenants = [tenant.key for tenant in self.config.tenants]
        for level in levels(self.config):
            weights = whole_weights(level.driver.named_weights(tenants))
            for consumer, weight in weights.items():
                yield level.pool.name, level.number, consumer, weight

    def _create(self, name: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)
