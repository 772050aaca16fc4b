# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""Usage signals: CSV, Parquet or CloudEvents JSON lines into one checked table, `usage`.

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
from services.attribution.engine.inputs.input_rows import InputRows, input_files, refused_row
from services.attribution.engine.tables import create_table, run_sql
from shared.columnar import Session, identifier, literal
from shared.configuration.models import Configuration
from shared.faults import BadInput
from shared.periods import Month
from shared.tabular import open_source_file, open_text
from shared.vocabulary.recipients import POOL

_REQUIRED = ("meter", "start", "consumer", "quantity")
_COLUMNS = (*_REQUIRED, "end", "unit", "source", "id")
_ENDINGS = (".csv", ".csv.gz", ".parquet", ".jsonl", ".ndjson", ".json", ".json.gz", ".jsonl.gz")


@dataclass(frozen=True)
class SignalTables:
    session: Session
    config: Configuration
    period: Month
    scratch_dir: Path

    def load(self, paths: Sequence[Path]) -> None:
        """Creates `usage`: each signal once, by file and row, with its hour, tenant and weight.

        `tenant` is a consumer that is a pool, too, written `pool:<name>`.
        """
        self._rows.create()
        files = self.files(paths)
        for at, path in enumerate(files):
            self._read(at, path)
        self._check(files)
        self._resolve_consumers(files)
        run_sql(self.session, __package__, "usage.sql")
        self._check_units()

    def files(self, paths: Sequence[Path]) -> list[Path]:
        return input_files(
            paths, endings=_ENDINGS, what="signal", remedy="Give CSV, Parquet or JSON lines."
        )

    @property
    def _rows(self) -> InputRows:
        return InputRows(self.session, "signals", _COLUMNS, "signal")

    def _read(self, at: int, path: Path) -> None:
        if path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json")):
            rows = ((at, row, *values) for row, values in _cloud_events(path))
            types = {"file": "INTEGER", "row": "BIGINT"} | dict.fromkeys(_COLUMNS, "VARCHAR")
            create_table(self.session, "events", types, rows, scratch_dir=self.scratch_dir)
            empty = ", ".join(f"nullif({identifier(name)}, '')" for name in _COLUMNS)
            self.session.execute(f"INSERT INTO signals SELECT file, row, {empty} FROM events")
            return
        file = open_source_file(path)
        for name in _REQUIRED:
            if file.find(name) is None:
                raise BadInput(
                    "the column is missing.",
                    file=str(path),
                    field=name,
                    remedy=f"Signals have the columns {', '.join(_REQUIRED)}.",
                )
        self._rows.insert(at, file)

    def _check(self, files: Sequence[Path]) -> None:
        start, end = (
            f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (self.period.start, self.period.end)
        )
        found = self.session.execute(
            "SELECT file, row, fault FROM (SELECT *, CASE"
            " WHEN coalesce(meter, '') = '' THEN 'meter:is missing'"
            " WHEN coalesce(consumer, '') = '' THEN 'consumer:is missing'"
            " WHEN quantity IS NULL THEN 'quantity:is missing'"
            " WHEN try_cast(quantity AS DECIMAL(38,18)) IS NULL OR contains(quantity, '_')"
            " THEN 'quantity:' || quantity || ' is no number'"
            " WHEN CAST(quantity AS DECIMAL(38,18)) < 0"
            " THEN 'quantity:' || quantity || ' is negative'"
            " WHEN try_cast(start AS TIMESTAMPTZ) IS NULL"
            " THEN 'start:' || coalesce(start, '') || ' is no time'"
            f" WHEN CAST(start AS TIMESTAMPTZ) < TIMESTAMPTZ {literal(start + '+00')}"
            f" OR CAST(start AS TIMESTAMPTZ) >= TIMESTAMPTZ {literal(end + '+00')}"
            f" THEN 'start:' || start || {literal(f' is outside {self.period}')}"
            ' WHEN "end" IS NOT NULL AND try_cast("end" AS TIMESTAMPTZ) IS NULL'
            " THEN 'end:' || \"end\" || ' is no time'"
            ' WHEN CAST("end" AS TIMESTAMPTZ) < CAST(start AS TIMESTAMPTZ)'
            " THEN 'end:' || \"end\" || ' is before the start'"
            " END AS fault FROM signals) WHERE fault IS NOT NULL ORDER BY file, row LIMIT 1"
        ).fetchone()
        if found is not None:
            raise refused_row(files, found, taken="signal")
        self._check_ids(files)

    def _check_ids(self, files: Sequence[Path]) -> None:
        found = self.session.execute(
            "SELECT min((file, row)), id FROM signals WHERE id IS NOT NULL"
            " GROUP BY source, id HAVING count(DISTINCT (meter, start, consumer, quantity)) > 1"
            " ORDER BY ALL LIMIT 1"
        ).fetchone()
        if found is not None:
            file, row = found[0].values() if isinstance(found[0], dict) else found[0]
            raise BadInput(
                f"the id {found[1]!r} stands for two different events.",
                file=str(files[file]),
                row=row,
                field="id",
                remedy="An event's id is unique within its source; send a correction as a new one.",
            )

    def _resolve_consumers(self, files: Sequence[Path]) -> None:
        directory = TenantDirectory(self.config.tenants)
        pools = {POOL + pool.name for pool in self.config.pools}
        rows = self.session.execute(
            "SELECT consumer, min(file * 1000000000000 + row) FROM signals"
            " GROUP BY consumer ORDER BY 2"
        ).fetchall()
        known = []
        for consumer, place in rows:
            key = consumer if consumer in pools else directory.key_of(consumer)
            if key is None:
                file, row = divmod(place, 1_000_000_000_000)
                raise _unknown_consumer(self.config, consumer, str(files[file]), row)
            known.append((consumer, key))
        create_table(
            self.session,
            "consumers",
            {"consumer": "VARCHAR", "tenant": "VARCHAR"},
            known,
            scratch_dir=self.scratch_dir,
        )

    def _check_units(self) -> None:
        found = self.session.execute(
            "SELECT meter, string_agg(DISTINCT unit, ', ' ORDER BY unit) FROM usage"
            " WHERE unit <> '' GROUP BY meter HAVING count(DISTINCT unit) > 1"
            " ORDER BY meter LIMIT 1"
        ).fetchone()
        if found is not None:
            raise BadInput(
                f"the meter {found[0]!r} comes in several units: {found[1]}.",
                field="unit",
                remedy="A meter has one unit; convert the quantities.",
            )


def _unknown_consumer(config: Configuration, consumer: str, file: str, row: int) -> BadInput:
    if consumer.startswith(POOL):
        known = ", ".join(pool.name for pool in config.pools)
        return BadInput(
            f"no pool is named {consumer.removeprefix(POOL)!r}.",
            file=file,
            row=row,
            field="consumer",
            remedy=f"The pools of trueback.yaml are {known}." if known else "There are no pools.",
        )
    return BadInput(
        f"nobody is known as {consumer!r}.",
        file=file,
        row=row,
        field="consumer",
        remedy="Add the tenant or an alias to trueback.yaml, or correct the signal.",
    )


def _cloud_events(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    with open_text(path) as text:
        for row, line in enumerate(text, start=1):
            if line.strip():
                yield row, _event_values(line, str(path), row)


def _event_values(line: str, file: str, row: int) -> Sequence[str]:
    try:
        event = json.loads(line, parse_float=str, parse_int=str)
    except ValueError as error:
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
