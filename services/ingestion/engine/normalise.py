"""A delivery becomes a snapshot: FOCUS 1.2 columns and ours in Parquet parts, one per file or more.

All or nothing: every file is read to its end and checked before the first part is written, and a
fault leaves the output folder empty. Amounts are rounded once, half-up, to 1e-10.
"""

import hashlib
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from services.ingestion.engine import commitments
from services.ingestion.engine.commitments import Commitments
from services.ingestion.engine.delivery import Delivery
from services.ingestion.engine.earlier_months import earlier_months
from services.ingestion.engine.findings import (
    ListedValues,
    corrected_lines,
    find_beside,
    find_findings,
    find_left_out,
    order_finding,
    uneven_files,
    unreadable_finding,
    values_of_lists,
)
from services.ingestion.engine.focus_columns import COLUMNS, type_of
from services.ingestion.engine.layouts import Kind, layout_of
from services.ingestion.engine.raw_totals import RawTally
from services.ingestion.engine.row_checks import CheckedFile, check_columns, check_rows
from services.ingestion.engine.service_categories import CATEGORY_OF
from services.ingestion.engine.snapshot import Snapshot
from services.ingestion.engine.staging import (
    MONEY_TYPE,
    WIDE_MONEY_TYPE,
    Staging,
)
from services.ingestion.engine.tag_sets import create_tag_sets
from shared.columnar import Session, open_session
from shared.contracts.raw_totals import RawTotal
from shared.exact import EXACT, exact_sum
from shared.faults import BadInput, ProofFailed
from shared.findings import Finding
from shared.periods import Month
from shared.readable import refused_if_unreadable
from shared.sql.expressions import (
    FALSE,
    TRUE,
    Sql,
    call,
    cast,
    identifier,
    joined,
    listed,
    listed_values,
    literal,
    number,
    parquet_scan,
    qualified,
    timestamp,
    type_name,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query
from shared.tabular import SourceFile

# The tag sets of so many rows are held at once, which are all different in the worst bill.
_PART_ROWS: Final = 100_000
# A group of the raw totals takes about 1 kB of Python's memory, which is beside DuckDB's.
_GROUPS_PER_MB: Final = 500
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
# Enough decimals to subtract before rounding, and enough digits for the largest amounts.
_EXACT_TYPE: Final = {MONEY_TYPE: "DECIMAL(38,28)", WIDE_MONEY_TYPE: "DECIMAL(38,20)"}
# Each with the columns of a file that it names.
_LINES_OF_FOCUS: Final = ("focus_lines.sql", ("AllocatedTags", "x_CostCategories", "Tags"))
_LINES_OF_CUR: Final = (
    "cur_lines.sql",
    (
        *("resource_tags", "cost_category", "tags", "flat_tags"),
        *("product", "product_product_name"),
    ),
)
_REPORT_IT: Final = "Nothing was published; report this with the delivery's columns."


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
    money_type: str = MONEY_TYPE
    commitments: Commitments = field(init=False)

    def __post_init__(self) -> None:
        self.commitments = Commitments(self.session)

    @property
    def kind(self) -> Kind:
        return self.delivery.kind

    def run(self) -> Snapshot:
        self._create_tables()
        tally = RawTally(
            kind=self.kind,
            period=self.period,
            source=self.source,
            groups_max=self.memory_limit_mb * _GROUPS_PER_MB,
        )
        files: list[CheckedFile] = []
        for index, file in enumerate(self.delivery.sources):
            with refused_if_unreadable(file.path):
                files.append(self._check(index, file, tally))
        currency = self._check_whole(tally)
        self.commitments.settle(tally)
        parts: list[Path] = []
        if any(file.has_wide_amounts for file in files):
            self.money_type = WIDE_MONEY_TYPE
        for index, checked in enumerate(files):
            with refused_if_unreadable(self.delivery.sources[index].path):
                parts.extend(self._write(index, checked))
        return self._snapshot(parts, tally, currency, files)

    def _create_tables(self) -> None:
        codes, categories = zip(*sorted(CATEGORY_OF.items()), strict=True)
        values = {"codes": list(codes), "categories": list(categories)}
        run_script(self.session, __package__, "service_categories.sql", values=values)
        self.commitments.create_tables()

    def _check(self, index: int, file: SourceFile, tally: RawTally) -> CheckedFile:
        """The file as it is to be read.

        Of a CSV raw totals come first: reading it through Python is what checks it.

        Of Parquet the values come first: raw totals are by groups of them, so none may be too long.
        """
        if self.delivery.manifest and _is_unchecked(file):
            raise BadInput(
                "a plain CSV has no checksum, so nothing would show that it was cut.",
                file=str(file.path),
                remedy="Deliver it as csv.gz or Parquet, as AWS does.",
            )
        check_columns(file, self.kind)
        is_csv = file.format == "csv"
        raw_count = tally.add_file(self.session, file) if is_csv else 0
        file_dir = self.work_dir / str(len(list(self.work_dir.iterdir())))
        file_dir.mkdir()
        staging = Staging(self.session, file, self.kind, raw_count, file_dir)
        checked = check_rows(staging, self.period)
        if not is_csv:
            raw_count = tally.add_file(self.session, file)
        _check_readers(file, checked.row_count, raw_count, tally)
        if not self.kind.is_focus:
            every_row = range(1, checked.row_count + 1)
            lines = self._lines(index, checked, every_row, only=commitments.COLUMNS)
            self.commitments.add_lines(lines)
        return checked

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

    def _lines(
        self, index: int, file: CheckedFile, rows: range, only: Collection[str] | None = None
    ) -> Sql:
        """A query and no view: to create one takes as long as to plan the query that reads it.

        With `only`, nothing but these columns, the tags and the product's name is surely there.
        """
        layout = layout_of(self.kind)
        script, read = _LINES_OF_FOCUS if self.kind.is_focus else _LINES_OF_CUR
        if only is not None:
            only = {*only, *read, layout.billing_period}
        names = {
            "staged": file.rows(only),
            "file": number(index),
            "billing_period": identifier(layout.billing_period),
            "started_at": timestamp(self.period.start),
            "first_row": number(rows.start),
            "last_row": number(rows.stop - 1),
        }
        return script_query(__package__, script, names)

    def _write(self, index: int, file: CheckedFile) -> Iterator[Path]:
        """One part, or more of a long file: the tag sets of the rows of one are held at once."""
        end = file.row_count + 1
        for at, start in enumerate(range(1, max(2, end), _PART_ROWS)):
            rows = range(start, min(start + _PART_ROWS, end))
            place = self.delivery.sources[index].path
            tags = self._lines(index, file, rows, only=())
            create_tag_sets(self.session, tags, self.kind, path=place)
            name = f"part-{index:05d}" if at == 0 else f"part-{index:05d}-{at:05d}"
            mapped = self._mapped(self._lines(index, file, rows))
            yield self._write_part(index, mapped, self.out_dir / f"{name}.parquet")

    def _write_part(self, index: int, mapped: Sql, path: Path) -> Path:
        names = {"columns": listed(dict(self._final_columns(index))), "mapped": mapped}
        write_parquet(self.session, script_query(__package__, "snapshot_lines.sql", names), path)
        return path

    def _mapped(self, lines: Sql) -> Sql:
        names = {"lines": lines, "money": type_name(self.money_type)}
        if self.kind.is_focus:
            return script_query(__package__, "focus.sql", names)
        names["exact"] = type_name(_EXACT_TYPE[self.money_type])
        names["is_net"] = TRUE if self.commitments.is_net else FALSE
        return script_query(__package__, "cur.sql", names)

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
        for name in COLUMNS:
            value = own.get(name, qualified("mapped", name))
            yield name, cast(value, type_of(name, money=self.money_type))

    def _snapshot(
        self,
        parts: Sequence[Path],
        tally: RawTally,
        currency: str,
        files: Sequence[CheckedFile],
    ) -> Snapshot:
        lines = parquet_scan(parts)
        # Neither the delivery nor the place in it is content: the same lines have the same hash.
        texts = listed_values(
            call("coalesce", cast(identifier(name), "VARCHAR"), call("chr", number(0)))
            for name in COLUMNS
            if name not in ("x_LineId", "x_Source")
        )
        row_count, billed, effective, unknown_count, lower, upper = self._run(
            "snapshot_totals.sql", {"texts": texts, "lines": lines}
        ).fetchall()[0]
        if unknown_count != tally.unknown_count:
            raise ProofFailed(
                f"the effective cost of {unknown_count} normalised lines is not known, and of"
                f" {tally.unknown_count} lines of the raw files.",
                remedy=_REPORT_IT,
            )
        raw_totals = tally.totals()
        listed = values_of_lists(self.session, lines, file=str(self.delivery.place))
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
            findings=tuple(self._findings(lines, tally, files, listed)),
            corrected=corrected_lines(listed),
            earlier_months=earlier_months(self.session, lines, self.period),
            unreadable=tuple(each for file in files for each in file.unreadable),
        )

    def _findings(
        self,
        lines: Sql,
        tally: RawTally,
        files: Sequence[CheckedFile],
        listed: Sequence[ListedValues],
    ) -> Iterator[Finding]:
        yield from find_beside(self.session, self.delivery.beside, self.period)
        for checked in files:
            yield from map(unreadable_finding, checked.unreadable)
            yield from map(order_finding, checked.ordered_dates)
        yield from uneven_files(files)
        place = str(self.delivery.place)
        yield from find_findings(self.session, lines, listed, file=place, files=files)
        yield from self.commitments.findings()
        yield from find_left_out(tally)
        for file in filter(_is_unchecked, self.delivery.sources):
            yield Finding(
                "no-checksum",
                f"{file.path.name} is a plain CSV: nothing would show that it was cut at a line.",
            )

    def _run(self, script: str, names: Mapping[str, Sql] | None = None) -> Session:
        return run_script(self.session, __package__, script, names)


def _is_unchecked(file: SourceFile) -> bool:
    return file.format == "csv" and file.compression == "none"


def _quantisation(totals: Sequence[RawTotal], kept: Decimal, measure: str) -> Decimal:
    """The raw total minus what is kept; also the proof that normalising lost no line."""
    exact = exact_sum(getattr(total, f"{measure}_exact") for total in totals)
    rounded = exact_sum(getattr(total, measure) for total in totals)
    if rounded != kept:
        raise ProofFailed(
            f"the normalised lines sum to {kept}, the raw files to {rounded} ({measure}).",
            remedy=_REPORT_IT,
        )
    return EXACT.subtract(exact, kept)


def _check_readers(file: SourceFile, count: int, raw_count: int, tally: RawTally) -> None:
    if count == raw_count and not tally.unreadable_count:
        return
    raise ProofFailed(
        f"{file.path}: DuckDB reads {count} rows of it, Python {raw_count}, of which it can't read"
        f" {tally.unreadable_count}.",
        remedy=_REPORT_IT,
    )
