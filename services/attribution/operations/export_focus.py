from django.conf import settings

from services.attribution.engine.focus_export import FocusExport
from services.attribution.models import Run
from services.attribution.operations.ask import keep_answer
from services.attribution.queries.local_inputs import fetch_inputs
from services.attribution.queries.run_inputs import inputs_of_run
from shared.configuration import parse_configuration
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.periods import Month


def export_focus(*, answer_id: str, run_id: str) -> None:
    """A job: the run's charges in the names of FOCUS, kept beside its allocations."""
    with as_ops():
        run = Run.objects.get(run_id=run_id)
        inputs = inputs_of_run(run)
    files, scratch = fetch_inputs(inputs), settings.ENVIRONMENT.scratch_dir
    metadata = FocusExport(
        config=parse_configuration(inputs.ruleset.content),
        period=Month.parse(run.period),
        snapshot_parts=files.snapshot_parts,
        signals=files.signals,
        workloads=files.workloads,
        scratch_dir=scratch / "spill",
        run_id=run_id,
        memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
    ).write(scratch / "focus")
    written = sorted((scratch / "focus").iterdir())
    uris = Lake(settings.ENVIRONMENT).publish(written, f"{run.folder_uri}/focus")
    answer = {
        "files": {path.name: uri for path, uri in zip(written, uris, strict=True)},
        "metadata": metadata,
    }
    keep_answer(answer, kind="export_focus", answer_id=answer_id)
