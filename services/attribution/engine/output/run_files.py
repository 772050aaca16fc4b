"""What came out of a run, written, read back and proven."""

from collections.abc import Sequence
from pathlib import Path

from services.attribution.domain.proof import prove
from services.attribution.engine.output.findings import proof_failed
from services.attribution.engine.output.outputs import Outputs, write_proof, write_tables
from services.attribution.engine.result import Exchange, Run
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.contracts.raw_totals import RawTotal
from shared.findings import Finding
from shared.periods import Month
from shared.sql.expressions import Sql


def write_run(
    session: Session,
    config: Configuration,
    period: Month,
    *,
    run_id: str,
    raw_totals: Sequence[RawTotal],
    findings: Sequence[Finding],
    moved: Sql,
    out_dir: Path,
    exchange: Exchange,
) -> Run:
    """Raises ProofFailed, and leaves nothing but `proof.json`, where the parts are not the bill."""
    out_dir.mkdir(parents=True, exist_ok=True)
    outputs = Outputs(session, out_dir)
    moved_in, moved_out = (
        outputs.exchanged(lines, config.cost) for lines in (exchange.moved_in, exchange.moved_out)
    )
    outputs.write_allocations(
        {
            "period": str(period),
            "cost_measure": config.cost,
            "currency": config.currency,
            "run": run_id,
        }
    )
    outputs.read_back()
    proof = prove(
        period=str(period),
        currency=config.currency,
        cost_measure=config.cost,
        raw_totals=raw_totals,
        out_by_recipient=outputs.by_recipient(),
        out_by_group=outputs.by_group(),
        moved_by_group=outputs.moved(moved),
        moved_in=moved_in,
        moved_out=moved_out,
    )
    write_proof(out_dir, proof)
    if not proof.holds:
        outputs.discard_allocations()
        raise proof_failed(proof)
    run = Run(
        run_id=run_id,
        period=str(period),
        proof=proof,
        statements=outputs.statements(),
        usage=outputs.usage(),
        unallocated=outputs.unallocated(),
        coverage=outputs.coverage(),
        findings=tuple(findings),
        exchange=exchange,
    )
    write_tables(out_dir, run.statements, run.usage, run.unallocated)
    return run
