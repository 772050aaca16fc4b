"""A job: the period's newest inputs become a run; a proven one becomes current."""

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings

from services.attribution.domain.earlier_months import MovedOut, changed_months
from services.attribution.domain.proof import plain
from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine import MovedLines, engine_digest
from services.attribution.engine.inputs.misspelt_labels import misspelt_labels
from services.attribution.models import Period, Run
from services.attribution.operations.activate_run import activate_run, request_attribution
from services.attribution.operations.compute_run import compute_run
from services.attribution.operations.record_run import record_failed_run, record_run
from services.attribution.queries.run_inputs import RunInputs, inputs_of_period
from shared.configuration import parse_configuration
from shared.faults import Fault, ProofFailed
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake
from shared.periods import Month

logger = logging.getLogger(__name__)


def attribute_period(*, period: str) -> None:
    """Same inputs, same run: done before, it is only made current again.

    A bill may have lines of earlier months. Where these are others than the current run's, the runs
    of those months are made as well, and all of them become current in one transaction.
    """
    runs: dict[str, _Made] = {}
    waiting = {period}
    while waiting:
        # The newest first: lines go back in time alone, so each is made once, of all that it gets.
        month = max(waiting)
        waiting.remove(month)
        try:
            made = _run_of(month, {each: one.run for each, one in runs.items()})
        except Fault as fault:
            if month != period:
                fault.remedy = _remedy_of_other(fault.remedy, month, period)
            raise
        if made is not None:
            runs[month] = made
            waiting |= _months_that_change(made.run)
    with as_ops():
        if all(_is_newest(month, runs) for month in sorted(runs)):
            for month in sorted(runs, reverse=True):
                if not runs[month].run.is_current:
                    activate_run(runs[month].run)
            return
    # Newer inputs came meanwhile. Those of the period itself have a job of their own.
    logger.warning("the runs of %s are overtaken by newer inputs", ", ".join(sorted(runs)))
    if len(runs) > 1:
        with as_ops():
            request_attribution(period)


def _remedy_of_other(remedy: str, month: str, period: str) -> str:
    """Whoever waits for one month's run is told that it is another's fault."""
    return (
        f"{remedy} It is of {month}: the bill of {period} has lines of it, or had, so neither is"
        " attributed before both are. `corrections: billing_period` leaves lines in their bill."
    ).lstrip()


@dataclass(frozen=True)
class _Made:
    """A proven run, and the digest of the newest inputs when it was made."""

    run: Run
    digest: str


def _run_of(period: str, fresh: Mapping[str, Run]) -> _Made | None:
    with as_ops():
        inputs = inputs_of_period(period, fresh)
        if inputs is None:
            return None
        known = Run.objects.filter(
            period=period, input_digest=inputs.digest, state=Run.State.PROVEN
        ).first()
    run = known or _attribute(inputs, Month.parse(period), new_id("run"))
    return _Made(run, inputs.digest)


def _months_that_change(run: Run) -> set[str]:
    with as_ops():
        current = Run.objects.filter(period=run.period, is_current=True).first()
    before = current.moved_out if current is not None else []
    return changed_months(map(MovedOut.from_json, before), map(MovedOut.from_json, run.moved_out))


def _is_newest(period: str, runs: Mapping[str, _Made]) -> bool:
    """Under the period's lock, so that nobody who gives it lines becomes current meanwhile."""
    Period.objects.select_for_update().filter(period=period).first()
    inputs = inputs_of_period(period, {month: made.run for month, made in runs.items()})
    return inputs is not None and inputs.digest == runs[period].digest


def _attribute(inputs: RunInputs, period: Month, run_id: str) -> Run:
    """A run that is recorded, and not yet current."""
    lake = Lake(settings.ENVIRONMENT)
    root = settings.ENVIRONMENT.scratch_dir / str(period)
    folders = RunFolders.below(root)
    _fetch_prepared(lake, str(period), folders)
    try:
        attributed = compute_run(inputs, period, run_id, folders, takes_prepared=True)
    except ProofFailed as fault:
        with as_ops():
            record_failed_run(inputs, str(period), run_id, error=str(fault))
        raise
    absent = misspelt_labels(
        attributed,
        snapshot_parts=sorted(folders.bill.rglob("*.parquet")),
        config=parse_configuration(inputs.ruleset.content),
        scratch_dir=folders.spill,
        memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
    )
    attributed = replace(attributed, findings=(*absent, *attributed.findings))
    folder_uri = lake.run_folder(period=str(period), run_id=run_id)
    require_lease()
    lake.publish(sorted(folders.out.iterdir()), folder_uri)
    moved_out = _publish_moved(lake, attributed.exchange.moved_out, folder_uri)
    lake.publish_tree(folders.prepared, _prepared_uri(folder_uri))
    with as_ops():
        run = record_run(inputs, attributed, folders, folder_uri, moved_out)
    # A bill may change many months, and each may be as large: the next has the room of this one.
    shutil.rmtree(root)
    return run


def _publish_moved(lake: Lake, moved_out: Sequence[MovedLines], folder_uri: str) -> list[MovedOut]:
    require_lease()
    uris = lake.publish([each.path for each in moved_out], folder_uri)
    return [
        MovedOut(
            period=each.period,
            source=each.source,
            uri=uri,
            content_hash=each.content_hash,
            line_count=each.line_count,
            billed=plain(each.billed),
            effective=plain(each.effective),
        )
        for each, uri in zip(moved_out, uris, strict=True)
    ]


def _fetch_prepared(lake: Lake, period: str, folders: RunFolders) -> None:
    """What the current run left, so that inputs and days that are as they were cost nothing.

    Nothing, after a run whose proof failed, or of another engine: so the next one computes all.
    """
    shutil.rmtree(folders.prepared, ignore_errors=True)
    with as_ops():
        latest = Run.objects.filter(period=period).order_by("version").last()
        current = Run.objects.filter(period=period, is_current=True).first()
    if current is None or latest is None or latest.state != Run.State.PROVEN:
        return
    if current.engine_digest != engine_digest():
        logger.warning(
            "what %s left is of the engine %s, not of this one: all days of %s are computed",
            current.run_id,
            current.engine_digest[:12] or "before engines were recorded",
            period,
        )
        return
    lake.fetch_tree(_prepared_uri(current.folder_uri), folders.prepared)


def _prepared_uri(folder_uri: str) -> str:
    return f"{folder_uri}/prepared"
