from collections.abc import Mapping

from django.conf import settings

from services.attribution.domain.evidence_json import selection_of
from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine.explain import NothingToExplain
from services.attribution.engine.focus_export import export_focus as write_focus
from services.attribution.engine.focus_export.files import FocusInputs
from services.attribution.models import Run
from services.attribution.operations.ask import keep_answer
from services.attribution.queries.local_inputs import fetch_inputs
from services.attribution.queries.run_inputs import inputs_of_run
from shared.configuration import parse_configuration
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake
from shared.periods import Month


def export_focus(*, answer_id: str, run_id: str, selection: Mapping[str, str]) -> None:
    """A job: the run's charges in the names of FOCUS, kept beside its allocations.

    With a tenant in `selection`, what of each bill line went to it.
    """
    with as_ops():
        run = Run.objects.get(run_id=run_id)
        inputs = inputs_of_run(run)
    folders = RunFolders.below(settings.ENVIRONMENT.scratch_dir)
    period = Month.parse(run.period)
    config = parse_configuration(inputs.ruleset.content)
    files = fetch_inputs(inputs, period, folders, config)
    given = FocusInputs(
        config=config,
        period=period,
        snapshot_parts=files.snapshot_parts,
        signals=files.signals,
        workloads=files.workloads,
        scratch_dir=folders.spill,
        run_id=run_id,
        memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
    )
    try:
        metadata = write_focus(given, folders.focus, selection_of(selection) if selection else None)
    except NothingToExplain as nothing:
        keep_answer({"nothing": str(nothing)}, kind="export_focus", answer_id=answer_id)
        return
    written = sorted((folders.focus).iterdir())
    require_lease()
    uris = Lake(settings.ENVIRONMENT).publish(written, f"{run.folder_uri}/focus/{answer_id}")
    by_name = {path.name: uri for path, uri in zip(written, uris, strict=True)}
    keep_answer({"files": by_name, "metadata": metadata}, kind="export_focus", answer_id=answer_id)
