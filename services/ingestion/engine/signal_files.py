"""Signal files as delivered: readable, with the columns of the contract, and which meters.

Whether a consumer is known is attribution's to say: it has the tenants.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.columnar import open_session
from shared.faults import BadInput
from shared.tabular import Column, SourceFile, open_source_file, open_text

REQUIRED: Final = ("meter", "start", "consumer", "quantity")


@dataclass(frozen=True)
class SignalFiles:
    """`content_hash` is over the bytes of the files, whatever their order."""

    parts: tuple[Path, ...]
    meters: tuple[str, ...]
    row_count: int
    content_hash: str


def check_signals(files: Sequence[Path], *, scratch_dir: Path, memory_limit_mb: int) -> SignalFiles:
    """Raises BadInput for a file that can't be read or lacks a column."""
    meters: set[str] = set()
    row_count = 0
    with open_session(scratch_dir=scratch_dir, memory_limit_mb=memory_limit_mb) as session:
        for path in files:
            file = open_source_file(path)
            if file.format == "csv":
                with open_text(path) as text:  # reads to the end: the checksum of a gzip is there
                    while text.read(1 << 20):
                        pass
            columns = {name: _required(file, name) for name in REQUIRED}
            rows = session.execute(
                f"SELECT {columns['meter'].reference}, count(*)"  # noqa: S608 - quoted there
                f" FROM {file.scan} GROUP BY 1"
            ).fetchall()
            meters.update(str(name) for name, _ in rows if name is not None)
            row_count += sum(count for _, count in rows)
    digests = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)
    return SignalFiles(
        parts=tuple(files),
        meters=tuple(sorted(meters)),
        row_count=row_count,
        content_hash=hashlib.sha256("\n".join(digests).encode()).hexdigest(),
    )


def _required(file: SourceFile, name: str) -> Column:
    column = file.find(name)
    if column is None:
        raise BadInput(
            "the column is missing.",
            file=file.path.name,
            field=name,
            remedy=f"Signals have the columns {', '.join(REQUIRED)}.",
        )
    return column
