"""The same bill in the other formats, attributed without a server: the same bytes must come out."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from deploy.demo.checks import delivered_runs, untrue
from deploy.demo.delivery import EXPORT_BUCKET, SEED
from deploy.demo.line import Stack, last_full_month
from deploy.local.api_client import ApiClient
from deploy.local.lake import connect
from deploy.local.waiting import Patience
from deploy.sample_company.months import months_of
from deploy.sample_company.write import FOCUS, LEGACY, Sample, write_sample
from services.attribution.engine import Run, attribute
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
        runs = list(delivered_runs(client, months_of(anchor or last_full_month())))
        with tempfile.TemporaryDirectory(prefix="formats-", dir=servers.home.data) as work:
            return list(_compare(runs, storage, Path(work), say))


def _compare(
    runs: Iterable[tuple[Any, Mapping[str, Any]]],
    storage: Storage,
    work: Path,
    say: Callable[[str], None],
) -> Iterator[str]:
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
            attributed = attribute_format(
                sample, name, work / "attributed", run_id=run["run_id"], source=_SOURCE
            )
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
    snapshot = normalise(
        find_delivery(sample.bills[name], period=sample.period),
        period=sample.period,
        out_dir=work / "snapshot",
        scratch_dir=work / "scratch",
        memory_limit_mb=_MEMORY_MB,
        source=source,
    )
    return attribute(
        snapshot_parts=snapshot.parts,
        raw_totals=snapshot.raw_totals,
        config=load_configuration(sample.configuration),
        signals=[sample.signals],
        workloads=[sample.workloads],
        period=sample.period,
        out_dir=work / "run",
        scratch_dir=work / "scratch",
        run_id=run_id,
        memory_limit_mb=_MEMORY_MB,
    )
