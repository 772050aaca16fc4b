from pathlib import Path

from django.conf import settings

from services.attribution.engine import Run, attribute
from services.attribution.queries.local_inputs import fetch_inputs
from services.attribution.queries.run_inputs import RunInputs
from shared.configuration import Configuration, parse_configuration
from shared.periods import Month


def compute_run(
    inputs: RunInputs,
    period: Month,
    run_id: str,
    *,
    config: Configuration | None = None,
    prepared_dir: Path | None = None,
) -> tuple[Run, Path]:
    """The run and its output folder in the scratch folder, by the inputs' ruleset or `config`.

    Nothing is recorded. What an earlier run left in `prepared_dir` is taken from there; without
    one, all is computed. Raises what the engine raises.
    """
    files, scratch = fetch_inputs(inputs), settings.ENVIRONMENT.scratch_dir
    run = attribute(
        snapshot_parts=files.snapshot_parts,
        raw_totals=files.raw_totals,
        config=config or parse_configuration(inputs.ruleset.content),
        signals=files.signals,
        workloads=files.workloads,
        period=period,
        out_dir=scratch / "out",
        scratch_dir=scratch / "spill",
        prepared_dir=prepared_dir,
        run_id=run_id,
        memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
    )
    return run, scratch / "out"
