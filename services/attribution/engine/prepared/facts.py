"""From a bill to `keys`, `claims` and `facts`: of its prepared days and hours, or straight.

Prepared facts come by the day; by the hour come those of pools and, on days on which a pool may be
split by what others cost in an hour, those of all. Straight from a snapshot all come by the hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.driver_levels import meters_before_hourly_costs
from services.attribution.engine.bill_columns import check_currency
from services.attribution.engine.claims.bill_lines import view_lines
from services.attribution.engine.claims.claimed_keys import ClaimedKeys, use_lines
from services.attribution.engine.claims.key_columns import KeyColumns
from services.attribution.engine.prepared.group_lines import group_lines
from services.attribution.engine.prepared.kept_results import KeptResults, take_nothing_kept
from services.attribution.engine.prepared.preparation import PreparedInputs
from services.attribution.engine.tables import SPAN, create_table
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.sql.expressions import FALSE, TRUE, Sql, identifier, no_rows, parquet_scan
from shared.sql.scripts import run_script, script_query


def load_lines(
    session: Session,
    keys: KeyColumns,
    parts: Sequence[Path],
    *,
    has_split_rows: bool = False,
    scratch_dir: Path,
) -> None:
    """Straight from a snapshot: `line_keys`, `line_claims` and `line_facts`, each by its hour."""
    lines = parquet_scan(parts)
    sanitised = check_currency(session, lines, keys.config)
    view_lines(
        session,
        keys,
        lines,
        sanitised=sanitised,
        has_split_rows=has_split_rows,
        scratch_dir=scratch_dir,
    )
    group_lines(session, keys.names)
    run_script(session, __package__, "part.sql", {"names": keys.names})
    _load_keys(session, keys, identifier("part_keys"), scratch_dir)
    take_nothing_kept(session)
    run_script(session, __package__, "line_facts.sql", {"facts": identifier("part_hours")})


@dataclass(frozen=True)
class PreparedFacts:
    session: Session
    config: Configuration
    scratch_dir: Path
    prepared: PreparedInputs

    def load(self, keys: KeyColumns, kept: KeptResults) -> None:
        """Of the days that are stale since `kept` was left."""
        kept.find_stale_days(self.prepared)
        _load_keys(self.session, keys, self.prepared.scan("keys"), self.scratch_dir)
        self._load_facts()
        use_lines(self.session)
        if not kept.is_of_use():
            self._load_facts()

    def _load_facts(self) -> None:
        """Those of the days in `stale_days`."""
        self._load_hours(
            self.prepared.hours, of_pools=TRUE, days="stale_days", table="pool_line_hours"
        )
        hours = self.prepared.hours if self._find_hourly_days() else no_rows(self.prepared.hours)
        self._load_hours(hours, of_pools=FALSE, days="hourly_days", table="other_line_hours")
        run_script(self.session, __package__, "line_hours.sql")
        days = {"days": self.prepared.scan("days")}
        facts = script_query(__package__, "hours_and_days.sql", days)
        run_script(self.session, __package__, "line_facts.sql", {"facts": facts})

    def _load_hours(self, hours: Sql, *, of_pools: Sql, days: str, table: str) -> None:
        """By key and hour, of the keys that pools took or that others did, on these days."""
        run_script(
            self.session,
            __package__,
            "hours.sql",
            {
                "table": identifier(table),
                "hours": hours,
                "key_numbers": self.prepared.scan("key_numbers"),
                "of_pools": of_pools,
                "days": identifier(days),
            },
        )

    def _find_hourly_days(self) -> bool:
        """Whether there are `hourly_days`: a pool may be split by direct costs of the hour.

        All, where a pool's use of another may make any bucket fall back.
        """
        before = {
            pool.name: meters
            for pool in self.config.pools
            if (meters := meters_before_hourly_costs(pool)) is not None
        }
        create_table(
            self.session,
            "pools_by_hourly_costs",
            {"pool": "VARCHAR"},
            [(pool,) for pool in before],
            scratch_dir=self.scratch_dir,
        )
        create_table(
            self.session,
            "meters_before",
            {"pool": "VARCHAR", "meter": "VARCHAR", "grain": SPAN},
            [(pool, *meter) for pool, meters in before.items() for meter in meters],
            scratch_dir=self.scratch_dir,
        )
        run_script(self.session, __package__, "hourly_days.sql")
        return run_script(self.session, __package__, "any_hourly_day.sql").fetchone() is not None


def _load_keys(session: Session, keys: KeyColumns, rows: Sql, scratch_dir: Path) -> None:
    run_script(session, __package__, "line_keys.sql", {"names": keys.names, "rows": rows})
    ClaimedKeys(session, keys, scratch_dir).claim_lines()
