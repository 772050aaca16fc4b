"""What a run leaves for the next: results by day, each with a fingerprint of all that made it.

Where every pool is split by the hour or the day, a day's results depend on that day's inputs alone.
A restated bill then computes the days whose fingerprint changed, takes the others as they were, and
writes the same bytes as a run that computes all.
"""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from services.attribution.engine.prepared.preparation import PreparedInputs, write_folder
from services.attribution.engine.tables import run_sql, sql_text
from services.attribution.engine.version import engine_digest
from shared.columnar import Session, parquet_scan
from shared.configuration import ruleset_digest
from shared.configuration.models import Configuration
from shared.digests import sha256_of_texts
from shared.periods import Month

_TABLES: Final = {
    "days": "day_prints ORDER BY day",
    "lines": "result_lines ORDER BY line",
    "amounts": "(SELECT * REPLACE (CAST(units AS DECIMAL(38,0)) AS units) FROM amounts)"
    " ORDER BY day, line",
    "pool_hours": "pool_hours ORDER BY pool, grain, day",
}


@dataclass(frozen=True)
class KeptResults:
    """In a folder of `home` that is named by ruleset, period and engine; None keeps nothing."""

    session: Session
    config: Configuration
    period: Month
    home: Path | None

    def find_due_days(self, prepared: PreparedInputs) -> None:
        """`due_days` to compute; of the others `kept_lines`, `kept_amounts`, `kept_pool_hours`."""
        prints = sql_text(__package__, "day_prints.sql").replace(
            "{prints}", prepared.scan("prints")
        )
        self.session.execute(prints)
        if self.folder is None or not self.folder.exists():
            run_sql(self.session, __package__, "all_due.sql")
            return
        query = sql_text(__package__, "kept.sql")
        for name in _TABLES:
            query = query.replace(f"{{{name}}}", parquet_scan([self.folder / f"{name}.parquet"]))
        self.session.execute(query)

    def is_of_use(self) -> bool:
        """False, and all days are due, where a pool has a line that is longer than a day."""
        found = self.session.execute(
            "SELECT 1 FROM facts JOIN claims USING (kid)"
            " WHERE claims.kind = 'pool' AND facts.span = 3 AND EXISTS (SELECT 1 FROM kept_days)"
        ).fetchone()
        if found is None:
            return True
        run_sql(self.session, __package__, "all_due.sql")
        return False

    def keep(self) -> None:
        """In place of what was there; nothing, where a result rests on more than its day."""
        if self.home is None:
            return
        for folder in self.home.glob("results-*"):
            shutil.rmtree(folder)
        is_long = self.session.execute("SELECT 1 FROM buckets WHERE grain = 3 LIMIT 1").fetchone()
        if self.folder is not None and is_long is None:
            write_folder(self.session, self.folder, _TABLES)

    @cached_property
    def folder(self) -> Path | None:
        spans = {
            driver.grain(pool.per) for pool in self.config.pools for driver in pool.drivers
        } | {pool.per for pool in self.config.pools}
        if self.home is None or "period" in spans:
            return None
        made_of = (engine_digest(), ruleset_digest(self.config), str(self.period))
        return self.home / f"results-{sha256_of_texts(*made_of)}"
