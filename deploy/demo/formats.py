"""The same bill in the other formats, attributed without a server: the same bytes must come out."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from deploy.demo.checks import delivered_runs, untrue
from deploy.demo.delivery import EXPORT_BUCKET, SEED
from deploy.demo.line import Stack, last_full_month
from deploy.local.api_client import ApiClient
from deploy.local.lake import connect
from deploy.local.waiting import Patience
from deploy.sample_company.months import SampleMonth, delivered_months
from deploy.sample_company.write import FOCUS, LEGACY, Sample, write_sample
from services.attribution.engine import Exchange, MovedLines, Run, attribute, set_apart
from services.ingestion.engine import find_delivery, normalise
from shared.configuration import load_configuration
from shared.lake.storage import Storage
from shared.periods import Month

_ALLOCATIONS: Final = "allocations.parquet"
_SOURCE: Final = "aws"
_MEMORY_MB: Final = 512


def compare_formats(
    stack: Stack, *, anchor: Month | None = None, say: Callable[[str], None]
) -> list[str]:
    """A sentence per wrong amount and per file that differs from what the services made.

    What they attributed as CUR 2.0 is attributed as FOCUS 1.2 and legacy CUR here, every delivery
    of the sample, as `trueback attribute` does it.
    """
    servers = stack.servers
    key_file = servers.credentials.signing_key_file
    client = ApiClient(servers.service_url, key_file, patience=Patience(say=say))
    with closing(client), closing(connect(servers)) as storage:
        runs = list(delivered_runs(client, delivered_months(anchor or last_full_month())))
        with tempfile.TemporaryDirectory(prefix="formats-", dir=servers.home.data) as work:
            return list(_compare(runs, storage, Path(work), say))


def _compare(
    runs: Iterable[tuple[SampleMonth, Mapping[str, Any]]],
    storage: Storage,
    work: Path,
    say: Callable[[str], None],
) -> Iterator[str]:
    late: dict[str, Sequence[MovedLines]] = {}
    for month, run in runs:
        say(f"writes and attributes {month} in other formats")
        sample = write_sample(
            root=work / "sample",
            month=month,
            seed=SEED,
            bucket=EXPORT_BUCKET,
            formats=[FOCUS, LEGACY],
        )
        expected = storage.read(f"{run['folder_uri']}/{_ALLOCATIONS}")
        for name in sample.bills:
            shutil.rmtree(work / "attributed", ignore_errors=True)
            attributed, moved_out = _attribute(
                sample,
                name,
                work / "attributed",
                run_id=run["run_id"],
                source=_SOURCE,
                moved_in=late.get(name, ()) if month.has_late_line else (),
                moved_dir=work / "late" / name,
            )
            if moved_out:
                late[name] = [replace(lines, period=str(month)) for lines in moved_out]
            findings = untrue(
                sample.truth, ((row.tenant, row.amount) for row in attributed.statements)
            )
            yield from (f"{month} as {name}: {finding}" for finding in findings)
            if (work / "attributed/run" / _ALLOCATIONS).read_bytes() != expected:
                yield f"{month} as {name}: allocations differ from those of CUR 2.0"


def attribute_format(
    sample: Sample, name: str, work: Path, *, run_id: str | None = None, source: str = "bill"
) -> Run:
    """The run's files are then in `work/run`."""
    run, _ = _attribute(
        sample, name, work, run_id=run_id, source=source, moved_in=(), moved_dir=work / "moved"
    )
    return run


def _attribute(
    sample: Sample,
    name: str,
    work: Path,
    *,
    run_id: str | None,
    source: str,
    moved_in: Sequence[MovedLines],
    moved_dir: Path,
) -> tuple[Run, Sequence[MovedLines]]:
    """With the lines that its bill has of the anchor, which are in `moved_dir` then."""
    month, period = sample.month, sample.period
    snapshot = normalise(
        find_delivery(sample.bills[name], period=period),
        period=period,
        out_dir=work / "snapshot",
        scratch_dir=work / "scratch",
        memory_limit_mb=_MEMORY_MB,
        source=source,
    )
    own = set_apart(
        snapshot.parts,
        period=period,
        months=[month.anchor] if month.has_late_line and not month.is_over else [],
        out_dir=moved_dir,
        scratch_dir=work / "scratch",
        memory_limit_mb=_MEMORY_MB,
    )
    run = attribute(
        snapshot_parts=[*own.parts, *(lines.path for lines in moved_in)],
        raw_totals=snapshot.raw_totals,
        config=load_configuration(sample.configuration),
        signals=[sample.signals],
        workloads=[sample.workloads],
        period=period,
        out_dir=work / "run",
        scratch_dir=work / "scratch",
        run_id=run_id,
        memory_limit_mb=_MEMORY_MB,
        exchange=Exchange(tuple(moved_in), own.moved_out),
    )
    return run, own.moved_out
