"""Usage signals: CSV, Parquet or CloudEvents JSON lines into one checked table, `usage_rows`.

Refused, with file, row and field: a consumer nobody knows, a quantity that is negative or no
number, a time outside the period, an id that stands for two different events. `(source, id)`
dedupes. Quantities are kept to 18 decimals (half-up). Dedup key: CloudEvents 1.0.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.attribution.domain.tenants import TenantDirectory
from services.attribution.engine.inputs.input_rows import (
    QUANTITY_TYPE,
    InputRows,
    input_files,
    missing_columns,
    refused_row,
)
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.faults import BadInput
from shared.numbers import no_number
from shared.packed_text import open_text
from shared.periods import Month
from shared.readable import refused_if_unreadable
from shared.sql.expressions import Sql, identifier, timestamp
from shared.sql.scripts import run_script
from shared.tabular import open_rows_file, with_names
from shared.vocabulary.meters import meter_name
from shared.vocabulary.recipients import POOL

_REQUIRED = ("meter", "start", "consumer", "quantity")
_COLUMNS = (*_REQUIRED, "end", "unit", "source", "id")
_BATCH = 10_000
_REMEDY = "Write the signals again; none was taken."
_ENDINGS = (".csv", ".csv.gz", ".parquet", ".jsonl", ".ndjson", ".json", ".json.gz", ".jsonl.gz")


@dataclass(frozen=True)
class SignalTables:
    session: Session
    config: Configuration
    period: Month
    scratch_dir: Path

    def load(self, paths: Sequence[Path]) -> None:
        """Makes `usage_rows`: each signal once, by file and row, with its hour, tenant and weight.

        And `copied_files`, of what counts twice because it is in two files.
        `tenant` is a consumer that is a pool, too, written `pool:<name>`.
        """
        with refused_if_unreadable(", ".join(map(str, paths)), remedy=_REMEDY):
            self._load(paths)

    def _load(self, paths: Sequence[Path]) -> None:
        files = self.files(paths)
        if not files:
            run_script(self.session, __package__, "no_signals.sql")
            run_script(self.session, __package__, "no_copied_files.sql")
            return
        self._rows.create()
        for at, path in enumerate(files):
            self._read(at, path)
        self._rows.read_other_times()
        self._name_meters()
        self._check(files)
        self._resolve_consumers(files)
        self._check_ids(files)
        run_script(
            self.session,
            __package__,
            "copied_files.sql" if len(files) > 1 else "no_copied_files.sql",
        )
        run_script(self.session, __package__, "usage_rows.sql")
        self._check_units(files)
        self._check_sums()

    def files(self, paths: Sequence[Path]) -> list[Path]:
        return input_files(
            paths, endings=_ENDINGS, what="signal", remedy="Give CSV, Parquet or JSON lines."
        )

    @property
    def _rows(self) -> InputRows:
        return InputRows(
            self.session,
            "signals",
            columns=_COLUMNS,
            times=("start", "end"),
            period=self.period,
            what="signal",
            scratch_dir=self.scratch_dir,
        )

    def _read(self, at: int, path: Path) -> None:
        if path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json")):
            self._rows.insert_texts(at, ((row, *values) for row, values in _cloud_events(path)))
            return
        file = with_names(open_rows_file(path), _COLUMNS)
        if missing := [name for name in _REQUIRED if file.find(name) is None]:
            remedy = f"Signals have the columns {', '.join(_REQUIRED)}."
            raise missing_columns(file, missing, remedy=remedy)
        self._rows.insert(at, file)

    def _name_meters(self) -> None:
        """As drivers name them, without what nobody sees."""
        rows = run_script(self.session, __package__, "written_meters.sql").fetchall()
        for (written,) in rows:
            if (name := meter_name(written)) != written:
                values = {"name": name, "written": written}
                run_script(self.session, __package__, "name_meters.sql", values=values)

    def _check(self, files: Sequence[Path]) -> None:
        fault = run_script(
            self.session,
            __package__,
            "signal_faults.sql",
            {
                "no_quantity": no_number(identifier("quantity"), QUANTITY_TYPE),
                "period_start": timestamp(self.period.start),
                "period_end": timestamp(self.period.end),
            },
            {"period": str(self.period)},
        ).fetchone()
        if fault is not None:
            raise refused_row(files, fault, taken="signal")

    def _check_ids(self, files: Sequence[Path]) -> None:
        if run_script(self.session, __package__, "any_signal_with_id.sql").fetchone() is None:
            return
        clash = run_script(self.session, __package__, "signal_id_clashes.sql").fetchone()
        if clash is not None:
            first_file, first_row, file, row, event_id, field, first_value, value = clash
            raise BadInput(
                f"the id {event_id!r} stands for two different events: {field} is {value!r} here"
                f" and {first_value!r} in row {first_row} of {files[first_file].name}.",
                file=str(files[file]),
                row=row,
                field=field,
                remedy="An event's id is unique within its source; send a correction as a new one.",
            )

    def _resolve_consumers(self, files: Sequence[Path]) -> None:
        create_table(
            self.session,
            "consumers",
            {"consumer": "VARCHAR", "tenant": "VARCHAR"},
            self._known_consumers(files),
            scratch_dir=self.scratch_dir,
        )

    def _known_consumers(self, files: Sequence[Path]) -> Iterator[tuple[str, str]]:
        """Each with its tenant or pool; there may be millions of names, where an alias has `*`."""
        directory = TenantDirectory(self.config)
        pools = {POOL + pool.name for pool in self.config.pools}
        result = run_script(self.session, __package__, "signal_consumers.sql")
        while batch := result.fetchmany(_BATCH):
            for consumer, file, row in batch:
                key = consumer if consumer in pools else directory.key_of(consumer)
                if key is None:
                    raise _unknown_consumer(self.config, consumer, str(files[file]), row)
                yield consumer, key

    def _check_units(self, files: Sequence[Path]) -> None:
        mixed = run_script(self.session, __package__, "meters_of_mixed_units.sql").fetchone()
        if mixed is not None:
            meter, listed, file, row = mixed
            raise BadInput(
                f"the meter {meter!r} comes in several units: {listed}.",
                file=str(files[file]),
                row=row,
                field="unit",
                remedy="A meter has one unit; convert the quantities.",
            )

    def _check_sums(self) -> None:
        beyond = run_script(self.session, __package__, "meters_beyond_sum.sql").fetchone()
        if beyond is not None:
            raise BadInput(
                f"the quantities of the meter {beyond[0]!r} have more than 20 digits together.",
                remedy="Give them in a larger unit.",
            )


def use_signals(session: Session, rows: Sql | None = None) -> None:
    """Makes `usage` of `usage_rows`, or of the same rows as they were prepared."""
    run_script(
        session,
        __package__,
        "usage.sql",
        {"rows": identifier("usage_rows") if rows is None else rows},
    )


def _unknown_consumer(config: Configuration, consumer: str, file: str, row: int) -> BadInput:
    if consumer.startswith(POOL):
        known = ", ".join(pool.name for pool in config.pools)
        return BadInput(
            f"no pool is named {consumer.removeprefix(POOL)!r}.",
            file=file,
            row=row,
            field="consumer",
            remedy=f"The pools of {config.file} are {known}." if known else "There are no pools.",
        )
    return BadInput(
        f"nobody is known as {consumer!r}.",
        file=file,
        row=row,
        field="consumer",
        remedy=f"Add the tenant or an alias to {config.file}, or correct the signal.",
    )


def _cloud_events(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    with open_text(path) as text:
        for row, line in enumerate(text, start=1):
            if line.strip():
                yield row, _event_values(line, str(path), row)


def _event_values(line: str, file: str, row: int) -> Sequence[str]:
    try:
        event = json.loads(line, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}.", file=file, row=row) from error
    if not isinstance(event, Mapping):
        raise BadInput("an event is a JSON object.", file=file, row=row)
    data: Mapping[str, Any] = event["data"] if isinstance(event.get("data"), Mapping) else {}
    values = {
        "meter": event.get("type"),
        "start": event.get("time"),
        "consumer": event.get("subject"),
        "source": event.get("source"),
        "id": event.get("id"),
        "quantity": data.get("quantity", data.get("value")),
        "end": data.get("end"),
        "unit": data.get("unit"),
    }
    plain = {name: event.get(name) for name in _COLUMNS if name in event}
    merged = {**plain, **{name: value for name, value in values.items() if value is not None}}
    return ["" if merged.get(name) is None else str(merged[name]) for name in _COLUMNS]
