"""The drivers of each pool in their order: level 0 is asked first, the next one is its fallback."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from shared.configuration.drivers import Driver, Grain, Scope
from shared.configuration.models import Configuration, Pool
from shared.vocabulary.recipients import POOL


class Level(NamedTuple):
    pool: Pool
    number: int
    driver: Driver

    @property
    def scope(self) -> str:
        """Names the costs that the driver looks at; '' are the direct costs of all lines."""
        return "" if self.driver.scope is None else f"{self.number}/{self.pool.name}"

    @property
    def label(self) -> str:
        """How allocations name the driver; one that stands in for a silent one is marked."""
        return f"fallback:{self.driver.label}" if self.number else self.driver.label

    @property
    def grain(self) -> Grain:
        return self.driver.grain(self.pool.per)

    @property
    def reads_hourly_costs(self) -> bool:
        return self.pool.per == "hour" and self.grain == "hour" and self.driver.reads_costs


def levels(config: Configuration) -> Iterator[Level]:
    for pool in config.pools:
        yield from levels_of(pool)


def levels_of(pool: Pool) -> Iterator[Level]:
    for number, driver in enumerate(pool.drivers):
        yield Level(pool, number, driver)


def driver_scopes(config: Configuration) -> dict[str, Scope]:
    """Of the drivers that do not look at the direct costs of all lines."""
    return {
        level.scope: level.driver.scope
        for level in levels(config)
        if level.driver.scope is not None
    }


def meters_before_hourly_costs(pool: Pool) -> list[tuple[str, Grain]] | None:
    """The meters, with their grain, asked before the first driver that looks at hourly costs.

    None for a pool that has no such driver. Blends are left out: they need all of their meters.
    """
    before: list[tuple[str, Grain]] = []
    for level in levels_of(pool):
        if level.reads_hourly_costs:
            return before
        if len(level.driver.meters) == 1:
            before.append((level.driver.meters[0], level.grain))
    return None


def pool_uses(
    config: Configuration, pools_by_meter: Mapping[str, Iterable[str]]
) -> list[tuple[str, str]]:
    """Pairs of a pool and another that it may use, in their order.

    `pools_by_meter` are the consumers `pool:<name>` of each meter.
    """
    everyone = {POOL + pool.name for pool in config.pools}
    pairs = set()
    for level in levels(config):
        driver = level.driver
        consumers = {key for key in driver.consumers if key.startswith(POOL)}
        consumers.update(*(pools_by_meter.get(meter, ()) for meter in driver.meters))
        if driver.scope is not None and driver.scope.counts_all:
            consumers |= everyone
        pairs |= {(level.pool.name, key.removeprefix(POOL)) for key in consumers}
    return sorted(pair for pair in pairs if pair[0] != pair[1])
