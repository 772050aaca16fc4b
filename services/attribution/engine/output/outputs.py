"""The output folder of a run, with the columns of `docs/reference/files.md`.

`allocations.parquet` carries `source` and `charge_category` beyond these, so that the proof is
summed from the very rows that others read. Rows are sorted by all their columns and written by
one thread in row groups of one size: the same inputs give the same bytes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from services.attribution.domain.proof import Group, Proof, bare_zero
from services.attribution.engine.result import (
    Coverage,
    MovedLines,
    PoolCoverage,
    Statement,
    StatementDay,
    Unallocated,
    Usage,
)
from shared.columnar import Session, open_session
from shared.csv_files import Cell, write_rows
from shared.exact import shortened
from shared.faults import BadInput
from shared.sql.expressions import (
    Sql,
    cast,
    identifier,
    listed,
    listed_values,
    literal,
    parquet_scan,
    union_all,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query

_READING_MEMORY_MB: Final = 256
_BATCH: Final = 10_000
_TEXTS: Final = (
    *("tenant", "charge_group", "service", "account", "region", "method", "rule", "driver"),
    *("source", "charge_category"),
)


@dataclass(frozen=True)
class Outputs:
    session: Session
    out_dir: Path

    def write_allocations(self, constants: Mapping[str, str]) -> None:
        """From the results, and columns that have one value in all rows.

        Their texts are types of their own: so Parquet's writer has its dictionaries at once. They
        are read by one query and written as values, which of a few takes a third of the time.
        """
        values: dict[str, list[str]] = {name: [] for name in _TEXTS}
        for name, text in self._texts():
            values[name].append(text)
        values |= {name: [value] for name, value in constants.items()}
        texts = {}
        for name, listed_texts in values.items():
            names = {
                "type": identifier(f"text_of_{name}"),
                "texts": listed_values(map(literal, listed_texts)),
            }
            self._run("text_type.sql", names)
            column = literal(constants[name]) if name in constants else identifier(name)
            texts[name] = cast(column, f"text_of_{name}")
        self._run("allocation_texts.sql", {"texts": listed(texts)})
        self._run("allocations.sql")
        # One thread writes, so that row groups come in one order.
        self.session.execute("SET threads = 1")
        write_parquet(self.session, identifier("allocations"), allocations_file(self.out_dir))
        self.session.execute("RESET threads")

    def _texts(self) -> list[tuple[str, str]]:
        """Each text of `result_lines` with the name of its column, in the order of both."""
        columns = (
            script_query(
                __package__,
                "texts_of_column.sql",
                {"name": literal(name), "column": identifier(name)},
            )
            for name in _TEXTS
        )
        return self._run("texts.sql", {"texts": union_all(columns)}).fetchall()

    def read_back(self) -> None:
        """`written_sums`: of the rows as they were written, for all that is derived from them."""
        self._run("written_sums.sql", {"rows": parquet_scan([allocations_file(self.out_dir)])})

    def discard_allocations(self) -> None:
        allocations_file(self.out_dir).unlink()

    def by_recipient(self) -> dict[str, Decimal]:
        rows = self._rows("sums_by_recipient.sql")
        return {str(tenant): amount for tenant, amount in rows}

    def by_group(self) -> dict[Group, Decimal]:
        rows = self._rows("sums_by_group.sql")
        return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}

    def moved(self, rows: Sql) -> dict[Group, Decimal]:
        """What smoothing over accounts gave to parts of the proof, or took from them."""
        sums = self._run("moved.sql", {"moved": rows}).fetchall()
        return {(row[0], row[1], row[2], row[3]): row[4] for row in sums}

    def exchanged(self, files: Sequence[MovedLines], cost: str) -> dict[str, dict[Group, Decimal]]:
        """By the other month what lines cost that were moved, from the files they lie in."""
        months: dict[str, list[Path]] = {}
        for each in files:
            months.setdefault(each.period, []).append(each.path)
        sums: dict[str, dict[Group, Decimal]] = {}
        for month, paths in months.items():
            names = {"lines": parquet_scan(paths), "cost": identifier(cost)}
            rows = self._run("costs_of_lines.sql", names).fetchall()
            unknown_count = sum(row[5] for row in rows)
            if unknown_count:
                raise _unknown_cost(unknown_count, month, cost, file=str(paths[0]))
            sums[month] = {(row[0], row[1], row[2], row[3]): row[4] for row in rows}
        return sums

    def statements(self) -> tuple[Statement, ...]:
        return tuple(Statement(*row) for row in self._rows("statements.sql"))

    def usage(self) -> tuple[Usage, ...]:
        return tuple(
            Usage(tenant, meter, shortened(quantity), unit)
            for tenant, meter, quantity, unit in self._rows("usage_of_tenants.sql")
        )

    def unallocated(self) -> tuple[Unallocated, ...]:
        return tuple(Unallocated(*row) for row in self._rows("unallocated.sql"))

    def coverage(self) -> Coverage:
        pools = self._rows("pool_coverage.sql")
        return Coverage(
            by_method={str(method): amount for method, amount in self._rows("by_method.sql")},
            by_fallback=sum((row[3] for row in pools), Decimal(0)),
            pools=tuple(PoolCoverage(*row) for row in pools),
        )

    def _rows(self, script: str) -> list[tuple[Any, ...]]:
        return self._run(script).fetchall()

    def _run(self, script: str, names: Mapping[str, Sql] | None = None) -> Session:
        return run_script(self.session, __package__, script, names)


def _unknown_cost(line_count: int, month: str, cost: str, *, file: str) -> BadInput:
    """The other month may go by another cost, and take what this one can't."""
    return BadInput(
        f"{cost} is not known of {line_count} lines that were exchanged with the bill of {month}.",
        file=file,
        field=cost,
        remedy="`corrections: billing_period` leaves lines in their bill.",
    )


def allocations_file(out_dir: Path) -> Path:
    return out_dir / "allocations.parquet"


def statement_days(out_dir: Path, *, scratch_dir: Path) -> Iterator[StatementDay]:
    """Of a run's folder: far more rows than statements, for those that want them."""
    rows = {"rows": parquet_scan([allocations_file(out_dir)])}
    with open_session(scratch_dir=scratch_dir, memory_limit_mb=_READING_MEMORY_MB) as session:
        result = run_script(session, __package__, "statement_days.sql", rows)
        while batch := result.fetchmany(_BATCH):
            yield from (StatementDay(*row) for row in batch)


def write_tables(
    out_dir: Path,
    statements: Sequence[Statement],
    usage: Sequence[Usage],
    unallocated: Sequence[Unallocated],
) -> None:
    _write_csv(
        out_dir / "statements.csv",
        ("tenant", "charge_group", "method", "cost_measure", "amount", "currency"),
        (vars(statement).values() for statement in statements),
    )
    _write_csv(
        out_dir / "usage.csv",
        ("tenant", "meter", "quantity", "unit"),
        (vars(each).values() for each in usage),
    )
    _write_csv(
        out_dir / "unallocated.csv",
        ("reason", "service", "account", "tag_key", "tag_value", "amount"),
        (vars(each).values() for each in unallocated),
    )


def write_proof(out_dir: Path, proof: Proof) -> None:
    text = json.dumps(proof.to_json(), indent=2, ensure_ascii=False)
    (out_dir / "proof.json").write_text(text + "\n", encoding="utf-8")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[Cell]]) -> None:
    cells = (
        [bare_zero(value) if isinstance(value, Decimal) else value for value in row] for row in rows
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, header, cells)
