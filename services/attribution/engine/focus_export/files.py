"""A table of charges as files, with metadata that describe them."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.columnar import Session, open_session
from shared.configuration.models import Configuration
from shared.csv_files import FORMULA
from shared.periods import Month
from shared.sql.expressions import Sql, identifier, listed, literal
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query

_NO_TEXTS: Final = ("DECIMAL", "TIMESTAMP")


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
    described = run_script(session, __package__, "describe.sql", rows).fetchall()
    types = {row[0]: row[1] for row in described}
    cells = {name: _cell(identifier(name), type_) for name, type_ in types.items()}
    written = script_query(__package__, "csv_cells.sql", rows | {"cells": listed(cells)})
    csv = {"rows": written, "path": literal(str(out_dir / "focus.csv"))}
    run_script(session, __package__, "copy_to_csv.sql", csv)
    metadata = {
        "FocusVersion": "1.3",
        "DataGenerator": "trueback",
        **about,
        "RowCount": run_script(session, __package__, "count.sql", rows).fetchall()[0][0],
        "Columns": [{"ColumnName": name, "DataType": type_} for name, type_ in types.items()],
    }
    text = json.dumps(metadata, indent=2, ensure_ascii=False)
    (out_dir / "metadata.json").write_text(text + "\n", encoding="utf-8")
    return metadata


def _cell(column: Sql, type_: str) -> Sql:
    """Amounts and times stay what they are, also negative ones; all else is text, or fails."""
    if type_.startswith(_NO_TEXTS):
        return column
    names = {"text": column, "formula": literal(f"^{FORMULA}")}
    return script_query(__package__, "escaped_text.sql", names)
