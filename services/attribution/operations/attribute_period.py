"""A job: the period's newest inputs become a run; a proven one becomes current."""

import logging
import shutil
from dataclasses import replace

from django.conf import settings

from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine import engine_digest
from services.attribution.engine.inputs.misspelt_labels import misspelt_labels
from services.attribution.models import Run
from services.attribution.operations.activate_run import activate_run
from services.attribution.operations.compute_run import compute_run
from services.attribution.operations.record_run import record_failed_run, record_run
from services.attribution.queries.run_inputs import RunInputs, inputs_of_period
from shared.configuration import parse_configuration
from shared.faults import ProofFailed
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake
from shared.periods import Month

logger = logging.getLogger(__name__)


def attribute_period(*, period: str) -> None:
    """Same inputs, same run: done before, it is only made current again."""
    with as_ops():
        inputs = inputs_of_period(period)
        if inputs is None:
            return
        known = Run.objects.filter(
            period=period, input_digest=inputs.digest, state=Run.State.PROVEN
        ).first()
        if known is not None:
            if not known.is_current:
                activate_run(known)
            return
    _attribute(inputs, Month.parse(period), new_id("run"))


def _attribute(inputs: RunInputs, period: Month, run_id: str) -> None:
    lake, folders = Lake(settings.ENVIRONMENT), RunFolders.below(settings.ENVIRONMENT.scratch_dir)
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
    lake.publish_tree(folders.prepared, _prepared_uri(folder_uri))
    with as_ops():
        run = record_run(inputs, attributed, folders, folder_uri)
        newest = inputs_of_period(str(period))
        if newest is not None and newest.digest == inputs.digest:
            activate_run(run)
        else:
            # Newer inputs came meanwhile, and have a job of their own.
            logger.warning("run %s of %s is overtaken by newer inputs", run_id, period)


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
