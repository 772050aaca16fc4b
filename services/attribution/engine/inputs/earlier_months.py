"""Lines of a bill that belong to earlier months: kept apart, and attributed with those.

A provider corrects a month that is done in a later bill, by lines with the old charge period. A
line whose charge period lies in one of the given months is none of this bill's cost; it keeps all
of its columns, so that the other month's run reads it as a line of its own (decision 27).
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.engine.bill_columns import types_of_columns
from services.attribution.engine.result import MovedLines
from shared.columnar import Session, open_session
from shared.periods import Month
from shared.sql.expressions import (
    Sql,
    call,
    cast,
    identifier,
    listed_values,
    literal,
    number,
    parquet_scan,
    timestamp,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query


@dataclass(frozen=True)
class SetApart:
    """The bill's own lines, and those of earlier months by month and source."""

    parts: tuple[Path, ...]
    moved_out: tuple[MovedLines, ...] = ()


def set_apart(
    parts: Sequence[Path],
    *,
    period: Month,
    months: Collection[Month],
    out_dir: Path,
    scratch_dir: Path,
    memory_limit_mb: int = 1024,
) -> SetApart:
    """What belongs to `months` goes into files of `out_dir`; files without such lines stay.

    Parts that are written anew lie below `scratch_dir` until the run is done.
    """
    if not months:
        return SetApart(tuple(parts))
    own_dir = scratch_dir / "own"
    for folder in (own_dir, out_dir):
        folder.mkdir(parents=True, exist_ok=True)
    with open_session(scratch_dir=own_dir, memory_limit_mb=memory_limit_mb) as session:
        division = _Division(session, period, sorted(months))
        divided = division.files(parts)
        return SetApart(
            tuple(
                division.own(part, own_dir / f"own-{at:05d}.parquet") if part in divided else part
                for at, part in enumerate(parts)
            ),
            tuple(division.moved([part for part in parts if part in divided], out_dir)),
        )


@dataclass(frozen=True)
class _Division:
    session: Session
    period: Month
    months: Sequence[Month]

    def files(self, parts: Sequence[Path]) -> set[Path]:
        names = {"lines": self._with_months(parquet_scan(parts, rows=True))}
        return {Path(name) for (name,) in self._run("files_to_divide.sql", names).fetchall()}

    def own(self, part: Path, to: Path) -> Path:
        names = {"lines": self._with_months(parquet_scan([part]))}
        write_parquet(self.session, script_query(__package__, "own_lines.sql", names), to)
        return to

    def moved(self, parts: Sequence[Path], out_dir: Path) -> Iterator[MovedLines]:
        if not parts:
            return
        scan = parquet_scan(parts)
        lines = self._with_months(scan)
        # Neither the delivery nor the place in it is content: the same lines have the same hash.
        texts = listed_values(
            call("coalesce", cast(identifier(name), "VARCHAR"), call("chr", number(0)))
            for name in sorted(types_of_columns(self.session, scan))
            if name not in ("x_LineId", "x_Source")
        )
        sums = self._run("lines_to_move.sql", {"lines": lines, "texts": texts}).fetchall()
        for at, (month, source, count, billed, effective, *hashes) in enumerate(sums):
            path = out_dir / f"moved-out-{at:03d}.parquet"
            names = {"lines": lines, "month": literal(month), "source": literal(source)}
            write_parquet(self.session, script_query(__package__, "moved_lines.sql", names), path)
            content = "|".join(map(str, (count, *hashes, billed, effective)))
            yield MovedLines(
                period=month,
                source=source,
                path=path,
                content_hash=hashlib.sha256(content.encode()).hexdigest(),
                line_count=count,
                billed=billed,
                effective=effective,
            )

    def _with_months(self, lines: Sql) -> Sql:
        names = {
            "lines": lines,
            "before": timestamp(self.period.start),
            "months": listed_values(literal(str(month)) for month in self.months),
        }
        return script_query(__package__, "earlier_months.sql", names)

    def _run(self, script: str, names: Mapping[str, Sql]) -> Session:
        return run_script(self.session, __package__, script, names)
