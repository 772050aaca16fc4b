# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""The output folder of a run, with the columns of the design's section 8.

`allocations.parquet` carries `source` and `charge_category` beyond these, so that the proof is
summed from the very rows that are handed on. Rows are sorted by all their columns and written by
one thread in row groups of one size: the same inputs give the same bytes.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.attribution.domain.proof import Group, Proof, plain
from services.attribution.engine.result import (
    Coverage,
    PoolCoverage,
    Statement,
    StatementDay,
    Unallocated,
    Usage,
)
from services.attribution.engine.tables import run_sql, sql_text
from shared.columnar import Session, open_session, parquet_scan, write_parquet
from shared.exact import shortened

ROW_GROUP_SIZE = 122_880
_READING_MEMORY_MB = 256
_TEXTS = (
    *("period", "tenant", "charge_group", "service", "account", "region", "method", "rule"),
    *("driver", "cost_measure", "currency", "run", "source", "charge_category"),
)


def sum_results(session: Session) -> None:
    """What came out by day, in `results`."""
    run_sql(session, __package__, "results.sql")


@dataclass(frozen=True)
class Outputs:
    session: Session
    out_dir: Path

    def write_allocations(self) -> None:
        """From the results and the constants in the table `run`."""
        for name in _TEXTS:
            self.session.execute(
                f"CREATE TYPE said_{name} AS ENUM"
                f" (SELECT DISTINCT {name} FROM result_lines CROSS JOIN run ORDER BY {name})"
            )
        texts = ", ".join(f"CAST({name} AS said_{name}) AS {name}" for name in _TEXTS)
        self.session.execute(sql_text(__package__, "said.sql").replace("{texts}", texts))
        run_sql(self.session, __package__, "allocations.sql")
        self.session.execute("SET threads = 1")
        write_parquet(
            self.session,
            "FROM allocations",
            self.out_dir / "allocations.parquet",
            row_group_size=ROW_GROUP_SIZE,
        )
        self.session.execute("RESET threads")

    def read_back(self) -> None:
        """`handed_on`: the sums of the rows as they were written, for all that is said of them."""
        scan = parquet_scan([self.out_dir / "allocations.parquet"])
        self.session.execute(sql_text(__package__, "handed_on.sql").replace("{scan}", scan))

    def by_recipient(self) -> dict[str, Decimal]:
        rows = self._rows(
            "SELECT tenant, sum(amount) FROM handed_on GROUP BY tenant ORDER BY tenant"
        )
        return {str(tenant): amount for tenant, amount in rows}

    def by_group(self) -> dict[Group, Decimal]:
        rows = self._rows(
            "SELECT source, account, service, charge_category, sum(amount) FROM handed_on"
            " GROUP BY ALL"
        )
        return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}

    def statements(self) -> tuple[Statement, ...]:
        rows = self._rows(
            "SELECT tenant, charge_group, method, cost_measure, sum(amount), currency"
            " FROM handed_on GROUP BY ALL ORDER BY ALL"
        )
        return tuple(Statement(*row) for row in rows)

    def usage(self) -> tuple[Usage, ...]:
        rows = self._rows(
            "SELECT tenant, meter, sum(quantity), max(unit) FROM usage"
            " WHERE NOT starts_with(tenant, 'pool:')"
            " GROUP BY tenant, meter ORDER BY tenant, meter"
        )
        return tuple(
            Usage(tenant, meter, shortened(sum_), unit) for tenant, meter, sum_, unit in rows
        )

    def unallocated(self) -> tuple[Unallocated, ...]:
        rows = self._rows(
            "SELECT reason, service, account, tag_key, tag_value,"
            " CAST(CAST(sum(units) AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))"
            " AS DECIMAL(38,10)) FROM results WHERE reason <> '' GROUP BY ALL ORDER BY ALL"
        )
        return tuple(Unallocated(*row) for row in rows)

    def coverage(self) -> Coverage:
        methods = self._rows(
            "SELECT method, sum(amount) FROM handed_on GROUP BY method ORDER BY method"
        )
        pools = self._rows(sql_text(__package__, "pool_coverage.sql"))
        return Coverage(
            by_method={str(method): amount for method, amount in methods},
            by_fallback=sum((row[3] for row in pools), Decimal(0)),
            pools=tuple(PoolCoverage(*row) for row in pools),
        )

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.session.execute(query).fetchall()


def statement_days(out_dir: Path, *, scratch_dir: Path) -> Iterator[StatementDay]:
    """Of a run's folder: far more rows than statements, for those that want them."""
    scan = parquet_scan([out_dir / "allocations.parquet"])
    with open_session(scratch_dir=scratch_dir, memory_limit_mb=_READING_MEMORY_MB) as session:
        result = session.execute(
            f"SELECT tenant, day, charge_group, sum(amount) FROM {scan} GROUP BY ALL ORDER BY ALL"
        )
        while rows := result.fetchmany(10_000):
            yield from (StatementDay(*row) for row in rows)


def results_digest(session: Session) -> str:
    """Of the table `results`, whatever the order of its rows."""
    return "|".join(
        map(str, session.execute(sql_text(__package__, "results_digest.sql")).fetchall()[0])
    )


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


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(
                [plain(value) if isinstance(value, Decimal) else value for value in row]
            )
