"""Splits the pools' cells: each driver proposes weights, the first that has any is taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from services.attribution.engine.money_kernel import split_weighed
from services.attribution.engine.mutual_pools import MutualPools
from services.attribution.engine.tables import create_table, run_sql, sql_text
from shared.columnar import Session
from shared.configuration.drivers import (
    Driver,
    EvenDriver,
    ProportionalDriver,
    SignalDriver,
    WeightsDriver,
)
from shared.configuration.models import Configuration, Pool
from shared.faults import BadConfiguration, BadInput

GRAINS = {"hour": 1, "day": 2, "period": 3}
_METHODS = {
    SignalDriver: "pool-signal",
    ProportionalDriver: "pool-proportional",
    EvenDriver: "pool-even",
    WeightsDriver: "pool-weights",
}
_MOST_WEIGHT = 10.0**37
"""Weights of one bucket must sum within 127 bits."""


@dataclass(frozen=True)
class PoolSplit:
    session: Session
    config: Configuration
    scratch_dir: Path

    def create_pool_tables(self) -> None:
        """`pools`, `drivers` and `fixed_weights`, before lines are claimed."""
        pools = self.config.pools
        self._create(
            "pools",
            {"pool": "VARCHAR", "grain": "INTEGER"},
            [(pool.name, GRAINS[pool.per]) for pool in pools],
        )
        self._create(
            "drivers",
            {"pool": "VARCHAR", "level": "INTEGER", "method": "VARCHAR", "driver": "VARCHAR"},
            [
                (pool.name, level, _METHODS[type(driver)], driver_label(driver, level))
                for pool in pools
                for level, driver in enumerate(pool.drivers)
            ],
        )
        self._create(
            "fixed_weights",
            {"pool": "VARCHAR", "level": "INTEGER", "tenant": "VARCHAR", "weight": "HUGEINT"},
            list(self._fixed_weights()),
        )

    def split(self) -> None:
        """From `cells` to their parts in `results`."""
        mutual = MutualPools(self.session, self.config, self.scratch_dir)
        mutual.extend_buckets()
        for pool in self.config.pools:
            for level, driver in enumerate(pool.drivers):
                self._propose(pool, level, driver)
        run_sql(self.session, "choose.sql")
        if mutual.split():
            split_weighed(self.session, self.scratch_dir)
            run_sql(self.session, "routed_items.sql")
        run_sql(self.session, "weighed.sql")
        split_weighed(self.session, self.scratch_dir)
        run_sql(self.session, "pooled.sql")

    def _propose(self, pool: Pool, level: int, driver: Driver) -> None:
        values: dict[str, object] = {"pool": pool.name, "level": level}
        match driver:
            case SignalDriver(signal=meter):
                self._check_signal(pool, driver)
                values |= {"meter": meter, "grain": GRAINS[driver.per or pool.per]}
                name = "signal_driver.sql"
            case ProportionalDriver():
                values["grain"] = GRAINS[driver.per or pool.per]
                name = "proportional_driver.sql"
            case _:
                name = "fixed_driver.sql"
        self.session.execute(sql_text(name), values)

    def _check_signal(self, pool: Pool, driver: SignalDriver) -> None:
        grain = GRAINS[driver.per or pool.per]
        row = self.session.execute(
            "SELECT max(span), sum(CAST(weight AS DOUBLE)) FROM usage WHERE meter = $1",
            [driver.signal],
        ).fetchone()
        span, weight = row or (None, None)
        if span is not None and span > grain:
            coarse = next(name for name, number in GRAINS.items() if number == span)
            raise BadConfiguration(
                f"the pool {pool.name!r} is split per {driver.per or pool.per}, but the signal"
                f" {driver.signal!r} comes per {coarse}.",
                field=f"pools.{pool.name}.per",
                remedy=f"Write `per: {coarse}`.",
            )
        if weight is not None and weight > _MOST_WEIGHT:
            raise BadInput(
                f"the quantities of {driver.signal!r} have more than 37 digits together.",
                field="quantity",
                remedy="Give them in a larger unit or with fewer decimals.",
            )

    def _fixed_weights(self) -> Iterator[tuple[str, int, str, int]]:
        for pool in self.config.pools:
            for level, driver in enumerate(pool.drivers):
                if isinstance(driver, EvenDriver):
                    for tenant in self.config.tenants:
                        yield pool.name, level, tenant.key, 1
                elif isinstance(driver, WeightsDriver):
                    for key, weight in whole_weights(dict(driver.weights)).items():
                        yield pool.name, level, key, weight

    def _create(self, name: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)


def driver_label(driver: Driver, level: int) -> str:
    """How allocations name it; one that stands in for a silent one is marked."""
    return f"fallback:{driver.label}" if level else driver.label


def whole_weights(weights: dict[str, Decimal]) -> dict[str, int]:
    """The same proportions in whole numbers, exactly."""
    pairs = {key: weight.as_integer_ratio() for key, weight in weights.items()}
    product = 1
    for _, denominator in pairs.values():
        product *= denominator // _gcd(product, denominator)
    return {key: numerator * (product // below) for key, (numerator, below) in pairs.items()}


def _gcd(left: int, right: int) -> int:
    while right:
        left, right = right, left % right
    return left
