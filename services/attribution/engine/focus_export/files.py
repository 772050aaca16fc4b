"""The table `focus` of a session as files, with metadata that say what they hold."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.attribution.engine.output.outputs import ROW_GROUP_SIZE
from shared.columnar import Session, literal, open_session, write_parquet
from shared.configuration.models import Configuration
from shared.periods import Month


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


def write_focus_files(session: Session, out_dir: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    """`focus.parquet`, `focus.csv` and `metadata.json`, whose content is given back."""
    out_dir.mkdir(parents=True, exist_ok=True)
    query = "SELECT * FROM focus"
    write_parquet(session, query, out_dir / "focus.parquet", row_group_size=ROW_GROUP_SIZE)
    session.execute(
        f"COPY ({query}) TO {literal(str(out_dir / 'focus.csv'))}"
        " (FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')"
    )
    described = session.execute("DESCRIBE focus").fetchall()
    metadata = {
        "FocusVersion": "1.3",
        "DataGenerator": "trueback",
        **said,
        "RowCount": session.execute("SELECT count(*) FROM focus").fetchall()[0][0],
        "Columns": [{"ColumnName": row[0], "DataType": row[1]} for row in described],
    }
    text = json.dumps(metadata, indent=2, ensure_ascii=False)
    (out_dir / "metadata.json").write_text(text + "\n", encoding="utf-8")
    return metadata


def filled(text: str, values: Mapping[str, str]) -> str:
    """SQL with its `{names}` replaced; values are SQL themselves, texts by literal()."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
