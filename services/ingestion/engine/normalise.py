"""A delivery becomes a snapshot: FOCUS 1.2 columns and ours in Parquet parts, one per file or more.

All or nothing: every file is read to its end and checked before the first part is written, and a
fault leaves the output folder empty. Amounts are rounded once, half-up, to 1e-10.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from services.ingestion.engine.delivery import Delivery
from services.ingestion.engine.findings import find_findings
from services.ingestion.engine.focus_columns import COLUMNS, type_of
from services.ingestion.engine.layouts import Kind, Type, layout_of
from services.ingestion.engine.raw_totals import RawTally
from services.ingestion.engine.service_categories import CATEGORY_OF
from services.ingestion.engine.snapshot import Snapshot
from services.ingestion.engine.staging import check_rows, label_of, readable, stage
from shared.column_types import ColumnKind, check_column_type
from shared.columnar import Session, open_session
from shared.contracts.raw_totals import RawTotal
from shared.exact import EXACT, exact_sum
from shared.faults import BadInput, ProofFailed
from shared.findings import Finding
from shared.periods import Month
from shared.readable import refused_if_unreadable
from shared.sql.expressions import (
    Sql,
    call,
    cast,
    identifier,
    joined,
    listed,
    listed_values,
    literal,
    null,
    number,
    parquet_scan,
    qualified,
    timestamp,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query
from shared.tabular import SourceFile

# The tag sets of so many rows are held at once, which are all different in the worst bill.
_PART_ROWS: Final = 100_000
# A group of the raw totals takes about 1 kB of Python's memory, which is beside DuckDB's.
_GROUPS_PER_MB: Final = 500
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_KIND_OF: Final[Mapping[Type, ColumnKind]] = {
    "text": "text",
    "money": "number",
    "quantity": "number",
    "time": "time",
    "json": "map",
}


def normalise(
    delivery: Delivery,
    *,
    period: Month,
    out_dir: Path,
    scratch_dir: Path,
    memory_limit_mb: int = 1024,
    source: str = "bill",
) -> Snapshot:
    """Writes `part-NNNNN.parquet` into `out_dir`; `source` names the bill in proofs.

    Raises BadInput for a file that can't be taken, ProofFailed where the snapshot does not tie to
    the raw files.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    _remove_parts(out_dir)
    work_dir = scratch_dir / "normalise"
    shutil.rmtree(work_dir, ignore_errors=True)
    work_dir.mkdir(parents=True)
    try:
        with (
            refused_if_unreadable(delivery.place),
            open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session,
        ):
            return _Normalisation(
                session, delivery, period, out_dir, work_dir, source, memory_limit_mb
            ).run()
    except BaseException:
        _remove_parts(out_dir)
        raise
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


def _remove_parts(out_dir: Path) -> None:
    for part in out_dir.glob("part-*.parquet"):
        part.unlink()


@dataclass
class _Normalisation:
    session: Session
    delivery: Delivery
    period: Month
    out_dir: Path
    work_dir: Path
    source: str
    memory_limit_mb: int

    @property
    def kind(self) -> Kind:
        return self.delivery.kind

    @property
    def _lines(self) -> str:
        return "focus_lines" if self.kind.is_focus else "cur_lines"

    @property
    def _mapped(self) -> str:
        return "focus_mapped" if self.kind.is_focus else "cur_mapped"

    def run(self) -> Snapshot:
        self._create_tables()
        tally = RawTally(
            kind=self.kind,
            period=self.period,
            source=self.source,
            groups_max=self.memory_limit_mb * _GROUPS_PER_MB,
        )
        files = []
        for file in self.delivery.sources:
            with refused_if_unreadable(file.path):
                files.append(self._check(file, tally))
        currency = self._check_whole(tally)
        self._run("balanced_savings_plans.sql")
        parts: list[Path] = []
        for index, (file, row_count) in enumerate(files):
            with refused_if_unreadable(self.delivery.sources[index].path):
                parts.extend(self._write(index, file, row_count))
        return self._snapshot(parts, tally, currency)

    def _create_tables(self) -> None:
        codes, categories = zip(*sorted(CATEGORY_OF.items()), strict=True)
        values = {"codes": list(codes), "categories": list(categories)}
        run_script(self.session, __package__, "service_categories.sql", values=values)
        self._run("savings_plan_groups.sql")

    def _check(self, file: SourceFile, tally: RawTally) -> tuple[SourceFile, int]:
        """The readable file and its number of rows.

        Of a CSV raw totals come first: reading it through Python is what checks it.

        Of Parquet the values come first: raw totals are by groups of them, so none may be too long.
        """
        if self.delivery.manifest and _is_unchecked(file):
            raise BadInput(
                "a plain CSV has no checksum, so nothing would show that it was cut.",
                file=str(file.path),
                remedy="Deliver it as csv.gz or Parquet, as AWS does.",
            )
        _check_columns(file, self.kind)
        is_csv = file.format == "csv"
        raw_count = tally.add_file(self.session, file) if is_csv else 0
        file_dir = self.work_dir / str(len(list(self.work_dir.iterdir())))
        file_dir.mkdir()
        staged = readable(self.session, file, self.kind, scratch_dir=file_dir)
        stage(self.session, staged, self.kind)
        count = check_rows(self.session, file, self.kind)
        if not is_csv:
            raw_count = tally.add_file(self.session, file)
        if count != raw_count or tally.unreadable_count:
            raise BadInput(
                f"two readers disagree on it: {raw_count} rows and {count} rows.",
                file=str(file.path),
                remedy="The file is damaged; fetch it again.",
            )
        self._view_lines(range(1, count + 1))
        if not self.kind.is_focus:
            self._run("savings_plans.sql")
        return staged, count

    def _check_whole(self, tally: RawTally) -> str:
        place = str(self.delivery.place)
        if tally.other_months and (self.delivery.manifest or not tally.row_count):
            listed = ", ".join(f"{month} ({n} rows)" for month, n in tally.other_months.items())
            raise BadInput(
                f"it holds lines of another billing period than {self.period}: {listed}.",
                file=place,
                field=layout_of(self.kind).billing_period,
                remedy="Choose that --period, or sync the right partition.",
            )
        if not tally.row_count:
            raise BadInput(
                "it holds no line.", file=place, remedy="Wait for the next delivery of the bill."
            )
        if len(tally.currencies) > 1:
            raise BadInput(
                f"several currencies are mixed: {', '.join(sorted(tally.currencies))}.",
                file=place,
                field=layout_of(self.kind).currency,
                remedy="Export one billing currency at a time; currencies are never added.",
            )
        currency = next(iter(tally.currencies))
        if not _CURRENCY.fullmatch(currency):
            raise BadInput(
                f"{currency[:80]!r} is no currency.",
                file=place,
                field=layout_of(self.kind).currency,
                remedy="A currency is written by its three letters, such as USD (ISO 4217).",
            )
        return currency

    def _view_lines(self, rows: range) -> None:
        names = {
            "billing_period": identifier(layout_of(self.kind).billing_period),
            "started_at": timestamp(self.period.start),
            "first_row": number(rows.start),
            "last_row": number(rows.stop - 1),
        }
        self._run("focus_lines.sql" if self.kind.is_focus else "cur_lines.sql", names)

    def _write(self, index: int, file: SourceFile, row_count: int) -> Iterator[Path]:
        """One part, or more of a long file: the tag sets of the rows of one are held at once."""
        stage(self.session, file, self.kind)
        for at, start in enumerate(range(1, max(2, row_count + 1), _PART_ROWS)):
            self._view_lines(range(start, start + _PART_ROWS))
            name = f"part-{index:05d}" if at == 0 else f"part-{index:05d}-{at:05d}"
            yield self._write_part(index, self.out_dir / f"{name}.parquet")

    def _write_part(self, index: int, path: Path) -> Path:
        self._run("tags.sql", {"lines": identifier(self._lines)})
        self._run("focus.sql" if self.kind.is_focus else "cur.sql")
        names = {
            "columns": listed(dict(self._final_columns(index))),
            "mapped": identifier(self._mapped),
        }
        write_parquet(self.session, script_query(__package__, "snapshot_lines.sql", names), path)
        return path

    def _final_columns(self, index: int) -> Iterator[tuple[str, Sql]]:
        category = qualified("mapped", "ServiceCategory")
        own = {
            "x_LineId": joined(
                literal(f"{index}:"), cast(identifier("row"), "VARCHAR"), identifier("line_suffix")
            ),
            "x_Source": literal(self.source),
            "x_SourceFormat": literal(str(self.kind)),
            "ServiceCategory": call("coalesce", category, literal("Other")),
        }
        described = self._run(
            "describe_mapped.sql", {"mapped": identifier(self._mapped)}
        ).fetchall()
        mapped = {row[0].lower(): qualified("mapped", row[0]) for row in described}
        for name in COLUMNS:
            value = own.get(name) or mapped.get(name.lower()) or null("VARCHAR")
            yield name, cast(value, type_of(name))

    def _snapshot(self, parts: Sequence[Path], tally: RawTally, currency: str) -> Snapshot:
        lines = parquet_scan(parts)
        # Neither the delivery nor the place in it is content: the same lines have the same hash.
        texts = listed_values(
            call("coalesce", cast(identifier(name), "VARCHAR"), call("chr", number(0)))
            for name in COLUMNS
            if name not in ("x_LineId", "x_Source")
        )
        row_count, billed, effective, lower, upper = self._run(
            "snapshot_totals.sql", {"texts": texts, "lines": lines}
        ).fetchall()[0]
        raw_totals = tally.totals()
        content = f"{row_count}|{lower}|{upper}|{billed}|{effective}"
        return Snapshot(
            period=str(self.period),
            source=self.source,
            source_format=str(self.kind),
            execution_id=self.delivery.execution_id,
            currency=currency,
            row_count=row_count,
            raw_row_count=tally.row_count,
            billed_total=billed,
            effective_total=effective,
            billed_quantisation=_quantisation(raw_totals, billed, "billed"),
            effective_quantisation=_quantisation(raw_totals, effective, "effective"),
            content_hash=hashlib.sha256(content.encode()).hexdigest(),
            parts=tuple(parts),
            raw_totals=raw_totals,
            findings=tuple(self._findings(lines, tally)),
        )

    def _findings(self, lines: Sql, tally: RawTally) -> Iterator[Finding]:
        yield from find_findings(self.session, lines, file=str(self.delivery.place))
        for month, count in sorted(tally.other_months.items()):
            yield Finding("other-period", f"{count} rows of {month} were left out.")
        if tally.restated:
            yield Finding(
                "split-cost-amounts",
                f"Split cost rows were billed {tally.restated.normalize(EXACT):f} of their own;"
                " it restates their instances and was left out.",
            )
        for file in filter(_is_unchecked, self.delivery.sources):
            yield Finding(
                "no-checksum",
                f"{file.path.name} is a plain CSV: nothing would show that it was cut at a line.",
            )

    def _run(self, script: str, names: Mapping[str, Sql] | None = None) -> Session:
        return run_script(self.session, __package__, script, names)


def _is_unchecked(file: SourceFile) -> bool:
    return file.format == "csv" and file.compression == "none"


def _check_columns(file: SourceFile, kind: Kind) -> None:
    layout = layout_of(kind)
    names = [column.name for column in (*file.columns, *file.derived)]
    for name in layout.required:
        if name not in names:
            raise BadInput(
                f"the column is missing, without which {kind} can't be read.",
                file=str(file.path),
                field=label_of(file, kind, name),
                remedy="Add it to the export's query, or sync the right file.",
            )
    for name in layout.columns:
        column = file.find(name)
        if column is not None:
            check_column_type(file, column, _KIND_OF[layout.columns[name]])


def _quantisation(totals: Sequence[RawTotal], kept: Decimal, measure: str) -> Decimal:
    """The raw total minus what is kept; also the proof that normalising lost no line."""
    exact = exact_sum(getattr(total, f"{measure}_exact") for total in totals)
    rounded = exact_sum(getattr(total, measure) for total in totals)
    if rounded != kept:
        raise ProofFailed(
            f"the normalised lines sum to {kept}, the raw files to {rounded} ({measure}).",
            remedy="Nothing was published; report this with the delivery's columns.",
        )
    return EXACT.subtract(exact, kept)
