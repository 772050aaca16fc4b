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

from services.attribution.domain.driver_levels import levels
from services.attribution.engine.prepared.preparation import PreparedInputs, write_folder
from services.attribution.engine.version import engine_digest
from shared.columnar import Session
from shared.configuration import ruleset_digest
from shared.configuration.models import Configuration
from shared.digests import sha256_of_texts
from shared.periods import Month
from shared.sql.expressions import ordered, parquet_scan
from shared.sql.scripts import run_script, script_query

_TABLES: Final = ("fingerprints", "lines", "amounts", "pool_hours")


@dataclass(frozen=True)
class KeptResults:
    """In a folder of `home` that is named by ruleset, period and engine; None keeps nothing."""

    session: Session
    config: Configuration
    period: Month
    home: Path | None

    def find_stale_days(self, prepared: PreparedInputs) -> None:
        """`stale_days` to compute, and of the others `kept_lines`, `_amounts` and `_pool_hours`."""
        run_script(
            self.session,
            __package__,
            "day_fingerprints.sql",
            {"of_bill": prepared.scan("fingerprints")},
        )
        take_nothing_kept(self.session)
        if self.folder is not None and self.folder.exists():
            kept = {name: parquet_scan([self.folder / f"{name}.parquet"]) for name in _TABLES}
            run_script(self.session, __package__, "kept_days.sql", kept)
        run_script(self.session, __package__, "stale_days.sql")

    def is_of_use(self) -> bool:
        """False, and all days are stale, where a pool has a line that is longer than a day."""
        if run_script(self.session, __package__, "long_pool_lines.sql").fetchone() is None:
            return True
        take_nothing_kept(self.session)
        run_script(self.session, __package__, "stale_days.sql")
        return False

    def keep(self) -> None:
        """In place of what was there; nothing, where a result rests on more than its day."""
        if self.home is None:
            return
        for folder in self.home.glob("results-*"):
            shutil.rmtree(folder)
        is_long = run_script(self.session, __package__, "long_buckets.sql").fetchone()
        if self.folder is not None and is_long is None:
            write_folder(
                self.session,
                self.folder,
                {
                    "fingerprints": ordered("day_fingerprints", "day"),
                    "lines": ordered("result_lines", "line"),
                    "amounts": script_query(__package__, "amounts_to_keep.sql"),
                    "pool_hours": ordered("pool_hours", "pool", "grain", "day"),
                },
            )

    @cached_property
    def folder(self) -> Path | None:
        grains = {level.grain for level in levels(self.config)}
        grains |= {pool.per for pool in self.config.pools}
        if self.home is None or "period" in grains:
            return None
        made_of = (engine_digest(), ruleset_digest(self.config), str(self.period))
        return self.home / f"results-{sha256_of_texts(*made_of)}"


def take_nothing_kept(session: Session) -> None:
    """Neither is any day stale: of a bill that is not prepared none is known, and none needed."""
    run_script(session, __package__, "nothing_kept.sql")
