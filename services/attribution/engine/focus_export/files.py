"""A table of charges as files, with metadata that describe them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.columnar import Session, open_session
from shared.configuration.models import Configuration
from shared.periods import Month
from shared.sql.expressions import identifier, literal
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script


@dataclass(frozen=True)
class FocusInputs:
    """What a run is made of. Without a `run_id` it is named as `attribute` names one."""

    config: Configuration
    period: Month
    snapshot_parts: Sequence[Path]
    signals: Sequence[Path]
    workloads: Sequence[Path]
    scratch_dir: Path
    run_id: str | None = None
    memory_limit_mb: int = 1024

    @property
    def work_dir(self) -> Path:
        return self.scratch_dir / "focus"

    def open(self) -> AbstractContextManager[Session]:
        return open_session(scratch_dir=self.work_dir, memory_limit_mb=self.memory_limit_mb)


def write_focus_files(
    session: Session, table: str, out_dir: Path, about: Mapping[str, Any]
) -> dict[str, Any]:
    """`focus.parquet`, `focus.csv` and `metadata.json`, whose content is given back."""
    out_dir.mkdir(parents=True, exist_ok=True)
    rows = {"rows": identifier(table)}
    write_parquet(session, rows["rows"], out_dir / "focus.parquet")
    csv = {"path": literal(str(out_dir / "focus.csv"))}
    run_script(session, __package__, "copy_to_csv.sql", rows | csv)
    columns = run_script(session, __package__, "describe.sql", rows).fetchall()
    metadata = {
        "FocusVersion": "1.3",
        "DataGenerator": "trueback",
        **about,
        "RowCount": run_script(session, __package__, "count.sql", rows).fetchall()[0][0],
        "Columns": [{"ColumnName": row[0], "DataType": row[1]} for row in columns],
    }
    text = json.dumps(metadata, indent=2, ensure_ascii=False)
    (out_dir / "metadata.json").write_text(text + "\n", encoding="utf-8")
    return metadata
