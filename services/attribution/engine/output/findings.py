"""What a run shows that a person should know, and the fault of one that does not prove itself."""

from collections.abc import Iterator

from services.attribution.domain.proof import Proof, plain
from shared.columnar import Session
from shared.faults import ProofFailed
from shared.findings import Finding
from shared.money import from_quanta
from shared.sql.expressions import Sql
from shared.sql.scripts import run_script


def pools_that_overlap(session: Session, costs: Sql, currency: str) -> Iterator[Finding]:
    """What one pool took and others would have, too; `costs` has the quanta of the bill by key."""
    rows = run_script(session, __package__, "several_pools.sql", {"costs": costs}).fetchall()
    for pool, others, quanta in rows:
        amount = plain(from_quanta(quanta))
        yield Finding(
            "several-pools",
            f"{amount} {currency} went to the pool {pool!r}, but would also match {others}.",
        )


def proof_failed(proof: Proof) -> ProofFailed:
    worst = [
        f"{group.account}/{group.service}/{group.charge_category}: bill {plain(group.bill)},"
        f" out {plain(group.out)}"
        for group in proof.unproven[:3]
    ]
    return ProofFailed(
        f"what came out differs from the bill by {plain(proof.difference)} {proof.currency}"
        f" ({'; '.join(worst)}).",
        file="proof.json",
        remedy="Nothing was published; report this with the proof.",
    )
