from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings

from services.attribution.domain.proof import plain
from services.attribution.domain.run_folders import RunFolders
from services.attribution.domain.what_if import Costs, costs_by_tenant
from services.attribution.models import Run
from services.attribution.operations.ask import keep_answer
from services.attribution.operations.compute_run import compute_run
from services.attribution.queries.run_inputs import inputs_of_run
from shared.configuration import parse_configuration
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.periods import Month


def try_ruleset(*, answer_id: str, content: str, run_ids: Sequence[str]) -> None:
    """A job: what each run would have cost whom by another ruleset; nothing of it is recorded."""
    config = parse_configuration(content)
    answer = {}
    for run_id in run_ids:
        with as_ops():
            run = Run.objects.get(run_id=run_id)
            inputs = inputs_of_run(run)
        folders = RunFolders.below(settings.ENVIRONMENT.scratch_dir)
        tried = compute_run(inputs, Month.parse(run.period), "what_if", folders, config=config)
        after = costs_by_tenant((row.tenant, row.amount) for row in tried.statements)
        answer[run_id] = {"before": _plain(_costs(run)), "after": _plain(after)}
    keep_answer(answer, kind="try_ruleset", answer_id=answer_id)


def _costs(run: Run) -> Costs:
    """As the run's statements have them, with what is no tenant's."""
    text = Lake(settings.ENVIRONMENT).storage.read(f"{run.folder_uri}/statements.csv").decode()
    return costs_by_tenant((row["tenant"], Decimal(row["amount"])) for row in read_rows(text))


def _plain(costs: Costs) -> dict[str, str]:
    return {tenant: plain(amount) for tenant, amount in costs.items()}
