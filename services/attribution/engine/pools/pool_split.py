"""Splits the pools' cells: each driver proposes weights, the first that has any is taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.engine.largest_remainder import split_weighed
from services.attribution.engine.pools.reciprocal import MutualPools
from services.attribution.engine.tables import create_table, run_sql, sql_text
from shared.columnar import Session
from shared.configuration.drivers import Driver, Scope
from shared.configuration.models import Configuration, Pool
from shared.exact import whole_weights
from shared.faults import BadConfiguration, BadInput

GRAINS = {"hour": 1, "day": 2, "period": 3}


@dataclass(frozen=True)
class PoolSplit:
    session: Session
    config: Configuration
    scratch_dir: Path

    def create_pool_tables(self) -> None:
        """`pools`, `drivers` and `named_weights`, before lines are claimed."""
        pools = self.config.pools
        self._create(
            "pools",
            {"pool": "VARCHAR", "grain": "INTEGER"},
            [(pool.name, GRAINS[pool.per]) for pool in pools],
        )
        self._create(
            "drivers",
            {
                **dict.fromkeys(("pool", "method", "driver", "scope"), "VARCHAR"),
                **dict.fromkeys(("level", "grain"), "INTEGER"),
            },
            [
                (
                    *(pool.name, driver.method, driver_label(driver, level)),
                    *(_scope(pool, level, driver), level, GRAINS[driver.grain(pool.per)]),
                )
                for pool, level, driver in _levels(self.config)
            ],
        )
        self._create(
            "named_weights",
            {"pool": "VARCHAR", "level": "INTEGER", "recipient": "VARCHAR", "weight": "HUGEINT"},
            list(self._named_weights()),
        )

    def split(self) -> None:
        """From claimed facts to the parts of pools."""
        run_sql(self.session, __package__, "direct.sql")
        mutual = MutualPools(self.session, self.config, self.scratch_dir)
        mutual.extend_buckets()
        if driver_scopes(self.config):
            run_sql(self.session, __package__, "scoped_costs.sql")
        run_sql(self.session, __package__, "driver_inputs.sql")
        for pool, level, driver in _levels(self.config):
            self._check_meters(pool, driver)
            self._propose(pool, level, driver)
        run_sql(self.session, __package__, "choose.sql")
        if mutual.split():
            split_weighed(self.session, self.scratch_dir)
            run_sql(self.session, __package__, "routed_items.sql")
        run_sql(self.session, __package__, "weighed.sql")
        split_weighed(self.session, self.scratch_dir)
        run_sql(self.session, __package__, "divided.sql")
        self._say_of_parts()

    def _say_of_parts(self) -> None:
        """The view `pooled` of each part, and the table `pooled_amounts`, by day."""
        said = sql_text(__package__, "pooled.sql")
        self.session.execute(f"CREATE TEMP VIEW pooled AS {said.replace('{divided}', 'divided')}")
        self.session.execute(
            "CREATE TEMP TABLE pooled_amounts AS SELECT * EXCLUDE (item)"  # noqa: S608 - our own text
            f" FROM ({said.replace('{divided}', 'divided_by_day')})"
        )

    def _propose(self, pool: Pool, level: int, driver: Driver) -> None:
        self.session.execute(
            sql_text(__package__, "propose.sql").replace("{weights}", driver.weights_sql),
            {"pool": pool.name, "level": level, **driver.parameters()},
        )

    def _check_meters(self, pool: Pool, driver: Driver) -> None:
        meters = self.session.execute(
            "SELECT meter, max(span), sum(CAST(weight AS DOUBLE)), max(scale), max(unit)"
            " FROM usage WHERE list_contains($1, meter) GROUP BY meter ORDER BY meter",
            [[*driver.meters, *driver.controls]],
        ).fetchall()
        grain = driver.grain(pool.per)
        scale_max = max((scale for *_, scale, _ in meters), default=0)
        for meter, span, weight, scale, _ in meters:
            if span > GRAINS[grain]:
                coarse = next(name for name, number in GRAINS.items() if number == span)
                raise BadConfiguration(
                    f"the pool {pool.name!r} is split per {grain}, but the signal"
                    f" {meter!r} comes per {coarse}.",
                    field=f"pools.{pool.name}.per",
                    remedy=f"Write `per: {coarse}`.",
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
        for pool, level, driver in _levels(self.config):
            for consumer, weight in whole_weights(driver.named_weights(tenants)).items():
                yield pool.name, level, consumer, weight

    def _create(self, name: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)


def driver_scopes(config: Configuration) -> dict[str, Scope]:
    """Of the drivers that do not look at the direct cost of all lines."""
    return {
        _scope(pool, level, driver): driver.scope
        for pool, level, driver in _levels(config)
        if driver.scope is not None
    }


def _scope(pool: Pool, level: int, driver: Driver) -> str:
    return "" if driver.scope is None else f"{level}/{pool.name}"


def _levels(config: Configuration) -> Iterator[tuple[Pool, int, Driver]]:
    for pool in config.pools:
        for level, driver in enumerate(pool.drivers):
            yield pool, level, driver


def driver_label(driver: Driver, level: int) -> str:
    """How allocations name it; one that stands in for a silent one is marked."""
    return f"fallback:{driver.label}" if level else driver.label
