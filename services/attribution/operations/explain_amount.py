from collections.abc import Mapping

from django.conf import settings

from services.attribution.domain.evidence import Explanation, Provenance, Selection
from services.attribution.domain.evidence_json import selection_of, to_json
from services.attribution.domain.proof import plain
from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine.explain import NothingToExplain, explain
from services.attribution.models import Run, StatementLine
from services.attribution.operations.ask import keep_answer
from services.attribution.queries.local_inputs import fetch_inputs
from services.attribution.queries.run_inputs import RunInputs, inputs_of_run
from shared.configuration import parse_configuration
from shared.faults import ProofFailed
from shared.isolation.scope import as_ops
from shared.money import from_quanta
from shared.periods import Month


def explain_amount(
    *, answer_id: str, run_id: str, selection: Mapping[str, str], rows_max: int
) -> None:
    """A job: what the run was made of is split again, and the evidence is kept as the answer."""
    with as_ops():
        run = Run.objects.get(run_id=run_id)
        inputs = inputs_of_run(run)
    folders = RunFolders.below(settings.ENVIRONMENT.scratch_dir)
    period = Month.parse(run.period)
    config = parse_configuration(inputs.ruleset.content)
    files = fetch_inputs(inputs, period, folders, config)
    try:
        explanation = explain(
            snapshot_parts=files.snapshot_parts,
            config=config,
            signals=files.signals,
            workloads=files.workloads,
            period=period,
            selection=selection_of(selection),
            scratch_dir=folders.spill,
            provenance=_provenance(run_id, inputs),
            rows_max=rows_max,
            memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
        )
    except NothingToExplain as nothing:
        answer = {"nothing": str(nothing)}
    else:
        with as_ops():
            _check_as_kept(run, explanation)
        answer = to_json(explanation)
    keep_answer(answer, kind="explain_amount", answer_id=answer_id)


def _check_as_kept(run: Run, explanation: Explanation) -> None:
    """What is explained is the statement that was given; a part of a line has no such amount."""
    asked = explanation.selection
    if asked != Selection(asked.tenant, asked.charge_group, asked.method):
        return
    kept = {
        (line.charge_group, line.method): line.amount
        for line in StatementLine.objects.filter(
            tenant_id=asked.tenant, statement__run_id=run.run_id
        )
    }
    for line in explanation.lines:
        amount = from_quanta(line.quanta)
        if kept.get((line.charge_group, line.method), amount) != amount:
            raise ProofFailed(
                f"{line.charge_group} by {line.method} is {plain(amount)} now, and was"
                f" {plain(kept[line.charge_group, line.method])} in {run.run_id}.",
                remedy="Replay the run: it says whether it comes out as it did.",
            )


def _provenance(run_id: str, inputs: RunInputs) -> Provenance:
    return Provenance(
        run_id=run_id,
        ruleset=f"{inputs.ruleset.digest} (version {inputs.ruleset.version})",
        snapshots=tuple(item.set_id for item in inputs.snapshots),
        signals=tuple(item.set_id for item in inputs.signals),
        workloads=tuple(item.set_id for item in inputs.workloads),
    )
