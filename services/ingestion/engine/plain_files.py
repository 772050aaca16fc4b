"""Signals and workloads as delivered: readable, with the columns of the contract, and of whom.

Whether a consumer is known, or a node billed, is attribution's to say: it has the tenants.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.column_types import check_column_type
from shared.columnar import Session, open_session
from shared.digests import sha256_of
from shared.faults import BadInput, printable
from shared.input_limits import NAMES_MAX, beyond
from shared.packed_text import open_text
from shared.readable import refused_if_unreadable
from shared.sql.expressions import cast
from shared.sql.scripts import run_script
from shared.tabular import Column, SourceFile, open_rows_file, with_names
from shared.vocabulary.meters import meter_name


@dataclass(frozen=True)
class PlainFormat:
    """`named_by`: the column that says of whom a row is."""

    title: str
    required: tuple[str, ...]
    named_by: str


SIGNALS: Final = PlainFormat("Signals", ("meter", "start", "consumer", "quantity"), "meter")
WORKLOADS: Final = PlainFormat("Workloads", ("cluster", "start"), "cluster")


@dataclass(frozen=True)
class PlainFiles:
    """`names` are the meters, or the clusters; `content_hash` is over the bytes, in any order."""

    parts: tuple[Path, ...]
    names: tuple[str, ...]
    row_count: int
    content_hash: str


def check_files(
    files: Sequence[Path], form: PlainFormat, *, scratch_dir: Path, memory_limit_mb: int
) -> PlainFiles:
    """Raises BadInput for a file that can't be read or lacks a column, and where there is none."""
    if not files:
        raise BadInput(
            f"no file of the {form.title.lower()} is there any more.",
            remedy="Deliver them again.",
        )
    names: set[str] = set()
    row_count = 0
    with open_session(scratch_dir=scratch_dir, memory_limit_mb=memory_limit_mb) as session:
        for path in files:
            with refused_if_unreadable(path.name):
                rows = _count_by_name(session, path, form)
            names.update(_name(name, form) for name, _ in rows if name is not None)
            if len(names) > NAMES_MAX:
                what = f"there are more than {{}} {form.named_by}s"
                raise beyond(what, NAMES_MAX, file=path.name, field=form.named_by)
            row_count += sum(count for _, count in rows)
    digests = sorted(sha256_of(path) for path in files)
    return PlainFiles(
        parts=tuple(files),
        names=tuple(sorted(names)),
        row_count=row_count,
        content_hash=hashlib.sha256("\n".join(digests).encode()).hexdigest(),
    )


def _count_by_name(session: Session, path: Path, form: PlainFormat) -> list[tuple[str | None, int]]:
    file = with_names(open_rows_file(path), form.required)
    if file.format == "csv":
        with open_text(path) as text:  # reads to the end: the checksum of a gzip is there
            while text.read(1 << 20):
                pass
    columns = {name: _required(file, name, form) for name in form.required}
    names = {"name": cast(columns[form.named_by].reference, "VARCHAR"), "rows": file.scan}
    counted = run_script(session, __package__, "count_by_name.sql", names).fetchmany(NAMES_MAX + 1)
    if len(counted) > NAMES_MAX:
        what = f"it has more than {{}} {form.named_by}s"
        raise beyond(what, NAMES_MAX, file=path.name, field=form.named_by)
    return counted


def _name(written: str, form: PlainFormat) -> str:
    return printable(meter_name(written) if form is SIGNALS else written)


def _required(file: SourceFile, name: str, form: PlainFormat) -> Column:
    column = file.find(name)
    if column is None:
        raise BadInput(
            "the column is missing.",
            file=file.path.name,
            field=name,
            remedy=f"{form.title} have the columns {', '.join(form.required)}.",
        )
    check_column_type(file, column, "text or map")
    return column
