# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
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

from services.attribution.engine.claims.key_dictionary import KeyDictionary
from services.attribution.engine.inputs.reference_tables import create_registers
from services.attribution.engine.inputs.signals import SignalTables
from services.attribution.engine.inputs.smoothing import smooth_commitments
from services.attribution.engine.inputs.split_costs import find_split_costs
from services.attribution.engine.tables import sql_text
from services.attribution.engine.version import engine_digest
from shared.columnar import Session, open_session, parquet_scan, write_parquet
from shared.configuration.models import Configuration
from shared.digests import sha256_of, sha256_of_texts
from shared.periods import Month

_ROW_GROUP_SIZE = 122_880
# Files, with the tables they are written from and their order.
_OF_A_PART = {
    "keys": "part_keys ORDER BY kid",
    "hours": "part_hours ORDER BY kid, hour",
    "days": "part_days ORDER BY day, kid",
    "prints": "part_prints ORDER BY day",
}
_OF_A_BILL = {
    "keys": "keys ORDER BY kid",
    "key_numbers": "key_numbers ORDER BY part, part_kid",
    "days": "days ORDER BY day, kid",
    "prints": "prints ORDER BY day",
}
# HUGEINT has no type of its own in Parquet.
_USAGE = "SELECT * EXCLUDE (file, row) REPLACE (CAST(weight AS DECIMAL(38,0)) AS weight) FROM usage"


@dataclass(frozen=True)
class PreparedInputs:
    """Of a bill `keys`, `key_numbers`, `days`, `prints`, and hours by part; of signals `usage`."""

    bill: Path
    parts: tuple[Path, ...]
    signals: Path

    def scan(self, table: str) -> str:
        return parquet_scan([self.bill / f"{table}.parquet"])

    @property
    def hours(self) -> Iterator[str]:
        """A scan per part, in the order of `key_numbers.part`."""
        return (parquet_scan([part / "hours.parquet"]) for part in self.parts)

    @property
    def usage(self) -> str:
        return parquet_scan([self.signals / "usage.parquet"])


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
            if find_split_costs(session, parquet_scan(snapshot_parts)) is not None:
                return None
            if config.commitments == "smoothed":
                snapshot_parts = smooth_commitments(session, snapshot_parts, work_dir)
            making = _Preparation(session, config, period, prepared_dir, work_dir)
            usage = making.usage(signals)
            bill, parts = making.bill(snapshot_parts)
            _remove_others(prepared_dir, {bill, usage, *parts})
            return PreparedInputs(bill, parts, usage)
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
        """Signals as `signals.load` leaves them: by file, tenants, pools and period."""
        tables = SignalTables(self.session, self.config, self.period, self.work_dir)
        known = repr((self.config.tenants, [pool.name for pool in self.config.pools]))
        contents = (sha256_of(path) for path in tables.files(paths))
        folder = self._folder("usage", known, str(self.period), *contents)
        if not folder.exists():
            create_registers(self.session, self.config, self.period, self.work_dir)
            tables.load(paths)
            write_folder(
                self.session,
                folder,
                {"usage": f"({_USAGE}) ORDER BY meter, hour, tenant, quantity"},
            )
        return folder

    def bill(self, snapshot_parts: Sequence[Path]) -> tuple[Path, tuple[Path, ...]]:
        sanitised = self._keys.check(snapshot_parts)
        with ThreadPoolExecutor() as threads:
            digests = threads.map(sha256_of, snapshot_parts)
        parts = sorted(
            self._part(path, digest, sanitised=sanitised)
            for path, digest in zip(snapshot_parts, digests, strict=True)
        )
        folder = self._folder("bill", *(part.name for part in parts))
        if not folder.exists():
            self._merge(parts)
            write_folder(self.session, folder, _OF_A_BILL)
        return folder, tuple(parts)

    def _part(self, path: Path, digest: str, *, sanitised: bool) -> Path:
        columns = self._keys.columns(sanitised=sanitised)
        asked = repr((self.config.cost, columns, self._keys.patterns))
        folder = self._folder("part", digest, asked)
        if not folder.exists():
            self._keys.view_lines([path], sanitised=sanitised)
            self.session.execute(self._sql("prepared_part.sql"))
            write_folder(self.session, folder, _OF_A_PART)
        return folder

    def _merge(self, parts: Sequence[Path]) -> None:
        for table in ("keys", "days", "prints"):
            scans = (
                f"SELECT {at} AS part, * FROM {parquet_scan([part / f'{table}.parquet'])}"
                for at, part in enumerate(parts)
            )
            self.session.execute(
                f"CREATE TEMP VIEW {table}_of_parts AS {' UNION ALL '.join(scans)}"
            )
        self.session.execute(self._sql("prepared_bill.sql"))

    @cached_property
    def _keys(self) -> KeyDictionary:
        return KeyDictionary(self.session, self.config, self.work_dir)

    def _sql(self, name: str) -> str:
        return sql_text(__package__, name).replace("{names}", self._keys.names)

    def _folder(self, what: str, *made_of: str) -> Path:
        digest = sha256_of_texts(engine_digest(), *made_of)
        return self.prepared_dir / f"{what}-{digest}"


def write_folder(session: Session, folder: Path, tables: Mapping[str, str]) -> None:
    """A Parquet file per table, all or none."""
    fresh = folder.with_name(f".{folder.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, table in tables.items():
        path = fresh / f"{name}.parquet"
        write_parquet(session, f"SELECT * FROM {table}", path, row_group_size=_ROW_GROUP_SIZE)
    fresh.rename(folder)
