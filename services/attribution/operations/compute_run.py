from django.conf import settings

from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine import Run, attribute
from services.attribution.queries.local_inputs import fetch_inputs
from services.attribution.queries.run_inputs import RunInputs
from shared.configuration import Configuration, parse_configuration
from shared.contracts.unreadable import Unreadable
from shared.periods import Month


def compute_run(
    inputs: RunInputs,
    period: Month,
    run_id: str,
    folders: RunFolders,
    *,
    config: Configuration | None = None,
    takes_prepared: bool = False,
) -> Run:
    """The run, its files in `folders.out`, by the inputs' ruleset or `config`.

    Nothing is recorded. With `takes_prepared`, what an earlier run left in `folders.prepared` is
    taken from there; else all is computed. Raises what the engine raises.
    """
    ruleset = parse_configuration(inputs.ruleset.content)
    if config is not None:
        # What the run exchanged with other months stays so: one of them alone can't change it.
        ruleset = config.model_copy(update={"corrections": ruleset.corrections})
    files = fetch_inputs(inputs, period, folders, ruleset)
    with files.named_by_uri():
        return attribute(
            snapshot_parts=files.snapshot_parts,
            raw_totals=files.raw_totals,
            config=ruleset,
            signals=files.signals,
            workloads=files.workloads,
            period=period,
            out_dir=folders.out,
            scratch_dir=folders.spill,
            prepared_dir=folders.prepared if takes_prepared else None,
            run_id=run_id,
            memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
            unreadable=[
                Unreadable.from_json(each)
                for snapshot in inputs.snapshots
                for each in snapshot.unreadable
            ],
            exchange=files.exchange,
        )
