"""The tables `tenants` and `period`, which signals and pools are held against."""

import datetime as dt
from pathlib import Path

from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.periods import Month


def create_reference_tables(
    session: Session, config: Configuration, period: Month, scratch_dir: Path
) -> None:
    create_table(
        session,
        "tenants",
        {"tenant": "VARCHAR", "active_from": "DATE", "active_to": "DATE"},
        [
            (tenant.key, tenant.active and tenant.active.from_, tenant.active and tenant.active.to)
            for tenant in config.tenants
        ],
        scratch_dir=scratch_dir,
    )
    create_table(
        session,
        "period",
        {"started_at": "TIMESTAMP", "ended_at": "TIMESTAMP"},
        [(_without_zone(period.start), _without_zone(period.end))],
        scratch_dir=scratch_dir,
    )


def _without_zone(moment: dt.datetime) -> str:
    """DuckDB's TIMESTAMP has no time zone; all of ours are UTC."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")
