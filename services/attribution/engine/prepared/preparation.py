"""Preparation: a bill's lines once, into facts by key, as far as the ruleset looks; signals once.

Everything that a run needs of a bill is then a few small tables, by day; the hours of keys lie
beside them for what is split by the hour. A part is kept under a name made of its own content and
of what the ruleset looks at, so what is there already is not read again (decision 8).
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from services.attribution.engine.bill_columns import check_currency, has_split_costs
from services.attribution.engine.claims.bill_lines import view_lines
from services.attribution.engine.claims.key_columns import KeyColumns
from services.attribution.engine.inputs.reference_tables import create_reference_tables
from services.attribution.engine.inputs.signals import SignalTables
from services.attribution.engine.inputs.smoothing import smooth_commitments
from services.attribution.engine.prepared.group_lines import group_lines
from services.attribution.engine.tables import create_types
from services.attribution.engine.version import engine_digest
from shared.columnar import Session, open_session
from shared.configuration.models import Configuration
from shared.digests import sha256_of, sha256_of_texts
from shared.periods import Month
from shared.sql.expressions import Sql, number, ordered, parquet_scan, union_all
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query

# By file, the table that is written to it and the columns it is put in order by.
_OF_A_PART: Final = {
    "keys": ordered("part_keys", "kid"),
    "hours": ordered("part_hours", "kid", "started_at", "ended_at"),
    "days": ordered("part_days", "day", "kid"),
    "fingerprints": ordered("part_fingerprints", "day"),
}
_OF_A_BILL: Final = {
    "keys": ordered("bill_keys", "kid"),
    "key_numbers": ordered("key_numbers", "part", "part_kid"),
    "days": ordered("bill_days", "day", "kid"),
    "fingerprints": ordered("bill_fingerprints", "day"),
    "moved": ordered("moved_costs", "source", "account", "service", "charge_category"),
}

_COPIES: Final = ordered("copied_files", "file")


@dataclass(frozen=True)
class PreparedInputs:
    """Folders of Parquet files: `_OF_A_BILL`, `_OF_A_PART`, and of signals `usage` and `copies`."""

    bill: Path
    parts: tuple[Path, ...]
    signals: Path
    signal_files: tuple[Path, ...] = ()
    """As they were given: `copies` are numbered by them."""

    def scan(self, table: str) -> Sql:
        return parquet_scan([self.bill / f"{table}.parquet"])

    @property
    def hours(self) -> Sql:
        """Of all parts, each with its `part` as `key_numbers` counts them."""
        return scan_parts(self.parts, "hours")

    @property
    def usage(self) -> Sql:
        return parquet_scan([self.signals / "usage.parquet"])

    @property
    def copies(self) -> Sql:
        return parquet_scan([self.signals / "copies.parquet"])


def scan_parts(parts: Sequence[Path], table: str) -> Sql:
    """The rows of a table of each part, with the part's number."""
    return union_all(
        script_query(
            __package__,
            "rows_of_part.sql",
            {"number": number(at), "rows": parquet_scan([part / f"{table}.parquet"])},
        )
        for at, part in enumerate(parts)
    )


def prepare(
    *,
    snapshot_parts: Sequence[Path],
    signals: Sequence[Path],
    config: Configuration,
    period: Month,
    prepared_dir: Path,
    scratch_dir: Path,
    memory_limit_mb: int = 1024,
) -> PreparedInputs | None:
    """Takes from `prepared_dir` what is there, and leaves there what is of use and nothing else.

    None for a bill with split cost rows: what they divide by the hour is read as it is.
    Raises BadConfiguration for a bill in another currency, BadInput for a signal with a fault.
    """
    work_dir = scratch_dir / "prepare"
    shutil.rmtree(work_dir, ignore_errors=True)
    try:
        with open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session:
            create_types(session)
            if has_split_costs(session, parquet_scan(snapshot_parts)):
                return None
            snapshot_parts = smooth_commitments(session, config, snapshot_parts, work_dir)
            making = _Preparation(session, config, period, prepared_dir, work_dir)
            usage = making.usage(signals)
            bill, parts = making.bill(snapshot_parts)
            _remove_others(prepared_dir, {bill, usage, *parts})
            return PreparedInputs(bill, parts, usage, making.signal_files(signals))
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


def _remove_others(prepared_dir: Path, used: Collection[Path]) -> None:
    for kind in ("bill", "part", "usage"):
        for folder in prepared_dir.glob(f"{kind}-*"):
            if folder not in used:
                shutil.rmtree(folder)


@contextmanager
def kept_or_scratch(prepared_dir: Path | None, scratch_dir: Path) -> Iterator[Path]:
    """Where to prepare to: where it stays, or a folder that goes away."""
    if prepared_dir is not None:
        yield prepared_dir
        return
    home = scratch_dir / "prepared"
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True)
class _Preparation:
    session: Session
    config: Configuration
    period: Month
    prepared_dir: Path
    work_dir: Path

    def usage(self, paths: Sequence[Path]) -> Path:
        """Signals as they are checked: by file, tenants, pools and period."""
        tables = SignalTables(self.session, self.config, self.period, self.work_dir)
        known = repr((self.config.tenants, [pool.name for pool in self.config.pools]))
        contents = (sha256_of(path) for path in tables.files(paths))
        folder = self._folder("usage", known, str(self.period), *contents)
        if not folder.exists():
            create_reference_tables(self.session, self.config, self.period, self.work_dir)
            tables.load(paths)
            rows = script_query(__package__, "prepared_usage.sql")
            write_folder(self.session, folder, {"usage": rows, "copies": _COPIES})
        return folder

    def signal_files(self, paths: Sequence[Path]) -> tuple[Path, ...]:
        return tuple(
            SignalTables(self.session, self.config, self.period, self.work_dir).files(paths)
        )

    def bill(self, snapshot_parts: Sequence[Path]) -> tuple[Path, tuple[Path, ...]]:
        sanitised = check_currency(self.session, parquet_scan(snapshot_parts), self.config)
        with ThreadPoolExecutor() as threads:
            digests = threads.map(sha256_of, snapshot_parts)
        parts = sorted(
            self._part(path, digest, sanitised=sanitised)
            for path, digest in zip(snapshot_parts, digests, strict=True)
        )
        moved = run_script(self.session, __package__, "moved_costs.sql").fetchall()
        folder = self._folder("bill", *(part.name for part in parts), repr(moved))
        if not folder.exists():
            self._merge(parts)
            write_folder(self.session, folder, _OF_A_BILL)
        return folder, tuple(parts)

    def _part(self, path: Path, digest: str, *, sanitised: bool) -> Path:
        columns = self._keys.columns(sanitised=sanitised)
        asked = repr((self.config.cost, columns, self._keys.patterns))
        folder = self._folder("part", digest, asked)
        if not folder.exists():
            view_lines(
                self.session,
                self._keys,
                parquet_scan([path]),
                sanitised=sanitised,
                scratch_dir=self.work_dir,
            )
            group_lines(self.session, self._keys.names)
            run_script(self.session, __package__, "part.sql", {"names": self._keys.names})
            run_script(self.session, __package__, "part_days.sql")
            write_folder(self.session, folder, _OF_A_PART)
        return folder

    def _merge(self, parts: Sequence[Path]) -> None:
        run_script(
            self.session,
            __package__,
            "bill.sql",
            {
                "names": self._keys.names,
                "keys_of_parts": scan_parts(parts, "keys"),
                "days_of_parts": scan_parts(parts, "days"),
                "fingerprints_of_parts": scan_parts(parts, "fingerprints"),
            },
        )

    @cached_property
    def _keys(self) -> KeyColumns:
        return KeyColumns(self.config, self.period)

    def _folder(self, what: str, *made_of: str) -> Path:
        digest = sha256_of_texts(engine_digest(), *made_of)
        return self.prepared_dir / f"{what}-{digest}"


def write_folder(session: Session, folder: Path, tables: Mapping[str, Sql]) -> None:
    """A Parquet file per table, all or none."""
    fresh = folder.with_name(f".{folder.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, rows in tables.items():
        write_parquet(session, rows, fresh / f"{name}.parquet")
    fresh.rename(folder)
