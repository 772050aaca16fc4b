"""Signals that count for nothing, or for something else than whoever wrote them may have meant."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final

from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.findings import Finding
from shared.sql.expressions import Sql
from shared.sql.scripts import run_script
from shared.vocabulary.meters import is_nearly
from shared.vocabulary.recipients import POOL

_FINDINGS_MAX: Final = 20
_CONSUMERS_MAX: Final = 3


def signal_notes(session: Session, config: Configuration) -> Iterator[Finding]:
    """Of `usage`, whether it was read now or prepared earlier."""
    yield from islice(_of_meters(session, config), _FINDINGS_MAX)
    yield from islice(_of_controls(session, config), _FINDINGS_MAX)


def copied_files(session: Session, files: Sequence[Path], rows: Sql) -> Iterator[Finding]:
    """`rows` are those of the table `copied_files`, whose numbers are places in `files`."""
    copies = run_script(session, __package__, "listed_copies.sql", {"rows": rows}).fetchall()
    for place, first, count in copies[:_FINDINGS_MAX]:
        copy, original = files[place], files[first]
        names = (copy.name, original.name)
        if copy.name == original.name:
            names = (str(copy), str(original))
        yield Finding(
            "copied-signals",
            f"The signals of {names[0]} ({_rows(count)}) are the same as those of {names[1]}, and"
            " count in both. Leave one out if it is a copy; with `source` and `id` an event counts"
            " once.",
        )
    if len(copies) > _FINDINGS_MAX:
        more = len(copies) - _FINDINGS_MAX
        yield Finding("more", f"{more} more files of signals are the same as another one.")


def _of_meters(session: Session, config: Configuration) -> Iterator[Finding]:
    rows = run_script(session, __package__, "used_meters.sql").fetchall()
    drivers = [driver for pool in config.pools for driver in pool.drivers]
    asked = {meter for driver in drivers for meter in (*driver.meters, *driver.controls)}
    used = {meter for meter, *_ in rows}
    for meter, count, quantity, unit, bare_count, bare_quantity in rows:
        near = sorted(each for each in asked & used if is_nearly(meter, each))
        if meter not in asked and near:
            yield Finding(
                "near-meter",
                f"Signals with a quantity of {_written(quantity)} ({_rows(count)}) have the meter"
                f" `{meter}`, which no driver reads: it is nearly `{near[0]}`, which one does. If"
                " it is the same meter, write it the same way.",
            )
        if bare_count:
            yield Finding(
                "missing-unit",
                f"Signals with a quantity of {_written(bare_quantity)} ({_rows(bare_count)}) have"
                f" no unit, and others of the meter `{meter}` have {unit!r}: they were added as if"
                " they were of the same unit.",
            )


def _of_controls(session: Session, config: Configuration) -> Iterator[Finding]:
    """A control counts for the pool that it is the total of, and for nobody else."""
    read = {meter for pool in config.pools for driver in pool.drivers for meter in driver.meters}
    pools: dict[str, list[str]] = defaultdict(list)
    for pool in config.pools:
        for driver in pool.drivers:
            for meter in driver.controls:
                pools[meter].append(pool.name)
    meters = sorted(set(pools) - read)
    if not meters:
        return
    rows = run_script(
        session, __package__, "consumers_of_meters.sql", values={"meters": meters}
    ).fetchall()
    for meter in meters:
        meant = {POOL + name for name in pools[meter]}
        others = [row for row in rows if row[0] == meter and row[1] not in meant]
        if others:
            consumers = ", ".join(f"`{tenant}`" for _, tenant, _, _ in others[:_CONSUMERS_MAX])
            more = len(others) - _CONSUMERS_MAX
            consumers += f" and {more} more" if more > 0 else ""
            yield Finding(
                "stray-control",
                f"Signals of the control meter `{meter}` with a quantity of"
                f" {_written(sum(row[3] for row in others))}"
                f" ({_rows(sum(row[2] for row in others))}) count for nothing: their"
                f" consumer is {consumers}, and that of a control is"
                f" {' or '.join(f'`{each}`' for each in sorted(meant))}.",
            )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _written(quantity: Decimal) -> str:
    """With its own decimals, and none of the column's."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
