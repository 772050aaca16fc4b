# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""From prepared inputs to a run's `usage`, `keys`, `claims` and `facts`.

Facts come by the day; by the hour come those of pools and, on days on which a pool may be split by
what others cost in an hour, those of all.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.engine.claims.key_dictionary import KeyDictionary
from services.attribution.engine.pools.pool_split import GRAINS
from services.attribution.engine.pools.reciprocal import MutualPools
from services.attribution.engine.prepared.preparation import PreparedInputs
from services.attribution.engine.tables import create_table, run_sql, sql_text
from shared.columnar import Session
from shared.configuration.drivers.signal import SignalDriver
from shared.configuration.models import Configuration, Pool

_READS_DIRECT_COSTS = re.compile(r"\bdirect\b")


@dataclass(frozen=True)
class PreparedFacts:
    session: Session
    config: Configuration
    scratch_dir: Path
    prepared: PreparedInputs

    def load_usage(self) -> None:
        self.session.execute(
            "CREATE TEMP TABLE usage AS SELECT * REPLACE (CAST(weight AS HUGEINT) AS weight)"
            f" FROM {self.prepared.usage}"
        )

    def load_keys(self) -> None:
        """And `claims`."""
        self.session.execute(
            f"CREATE TEMP TABLE keys AS SELECT * FROM {self.prepared.scan('keys')}"
        )
        KeyDictionary(self.session, self.config, self.scratch_dir).claim()

    def load_facts(self) -> None:
        """Those of the days in `due_days`."""
        self.session.execute(
            "CREATE OR REPLACE TEMP TABLE hourly"
            " (kid BIGINT, hour TIMESTAMP, span INTEGER, units HUGEINT)"
        )
        self._add_hours("claims.kind = 'pool'", days="due_days")
        if self._find_asked_days():
            self._add_hours("claims.kind <> 'pool'", days="asked_days")
        days = self.prepared.scan("days")
        self.session.execute(sql_text(__package__, "prepared_facts.sql").replace("{days}", days))

    def _find_asked_days(self) -> bool:
        """`asked_days`: all, where a pool's use of another may make any bucket fall back."""
        pools = [pool for pool in self.config.pools if _by_hourly_costs(pool) is not None]
        if not pools:
            return False
        if MutualPools(self.session, self.config, self.scratch_dir).uses():
            self.session.execute(
                "CREATE OR REPLACE TEMP TABLE asked_days AS SELECT day FROM due_days"
            )
            return True
        self._create("by_hourly_costs", {"pool": "VARCHAR"}, [(pool.name,) for pool in pools])
        types = {"pool": "VARCHAR", "meter": "VARCHAR", "grain": "INTEGER"}
        self._create("meters_before", types, [each for pool in pools for each in _before(pool)])
        run_sql(self.session, __package__, "asked_days.sql")
        return bool(self.session.execute("SELECT count(*) FROM asked_days").fetchall()[0][0])

    def _add_hours(self, claimed: str, *, days: str) -> None:
        """To `hourly`, of the keys of which this is true, on the days of this table."""
        self.session.execute(
            "CREATE OR REPLACE TEMP TABLE asked_numbers AS SELECT numbers.part, numbers.part_kid,"
            f" numbers.kid FROM {self.prepared.scan('key_numbers')} AS numbers"
            f" JOIN claims ON claims.kid = numbers.kid WHERE {claimed}"
        )
        query = sql_text(__package__, "asked_hours.sql").replace("{days}", days)
        for part, hours in enumerate(self.prepared.hours):
            self.session.execute(query.replace("{hours}", hours), {"part": part})

    def _create(self, name: str, types: dict[str, str], rows: Sequence[Sequence[object]]) -> None:
        create_table(self.session, name, types, rows, scratch_dir=self.scratch_dir)


def _by_hourly_costs(pool: Pool) -> int | None:
    """The place in the pool's chain of the first driver that looks at direct costs by the hour."""
    for level, driver in enumerate(pool.drivers):
        is_hourly = pool.per == "hour" and driver.grain(pool.per) == "hour"
        if is_hourly and _READS_DIRECT_COSTS.search(driver.weights_sql):
            return level
    return None


def _before(pool: Pool) -> Iterator[tuple[str, str, int]]:
    """The meters that stand before it; one that is heard in its time has a say for certain."""
    for driver in pool.drivers[: _by_hourly_costs(pool)]:
        if isinstance(driver, SignalDriver):
            yield pool.name, driver.signal, GRAINS[driver.grain(pool.per)]
