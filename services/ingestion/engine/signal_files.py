"""Signal files as delivered: readable, with the columns of the contract, and which meters.

Whether a consumer is known is attribution's to say: it has the tenants.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.columnar import identifier, open_session
from shared.faults import BadInput
from shared.tabular import open_source_file, open_text

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
            missing = [name for name in REQUIRED if file.find(name) is None]
            if missing:
                raise BadInput(
                    "the column is missing.",
                    file=path.name,
                    field=missing[0],
                    remedy=f"Signals have the columns {', '.join(REQUIRED)}.",
                )
            meter = identifier("meter")
            rows = session.execute(
                f"SELECT {meter}, count(*) FROM {file.scan} GROUP BY 1"  # noqa: S608 - quoted
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
