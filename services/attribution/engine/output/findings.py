"""What a run shows that a person should know, and the fault of one that does not prove itself."""

from collections.abc import Iterator
from typing import Final

from services.attribution.domain.near_tenants import NearTenants
from services.attribution.domain.proof import Proof, plain
from services.attribution.domain.tenants import TenantDirectory
from shared.characters import shown
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.faults import ProofFailed
from shared.findings import Finding
from shared.money import from_quanta
from shared.periods import Month
from shared.sql.expressions import Sql, number
from shared.sql.scripts import run_script

_UNKNOWN_VALUES_MAX: Final = 50
"""By amount: whoever has more of them has another label in mind."""


def pools_that_overlap(session: Session, costs: Sql, currency: str) -> Iterator[Finding]:
    """What one pool took and others would have, too; `costs` has the quanta of the bill by key."""
    rows = run_script(session, __package__, "several_pools.sql", {"costs": costs}).fetchall()
    for pool, others, quanta in rows:
        amount = plain(from_quanta(quanta))
        yield Finding(
            "several-pools",
            f"{amount} {currency} went to the pool {pool!r}, but would also match {others}.",
        )


def late_corrections(
    session: Session, costs: Sql, config: Configuration, period: Month
) -> Iterator[Finding]:
    """What belongs to an earlier month and is cost of this one, with its money."""
    rows = run_script(session, __package__, "late_costs.sql", {"costs": costs}).fetchall()
    for month, quanta in rows:
        amount = f"{plain(from_quanta(quanta))} {config.currency}"
        if month == str(period):
            yield Finding(
                "late-costs",
                f"{amount} of corrections say no earlier month: they are cost of {period}, the"
                " month of their bill.",
            )
        else:
            yield Finding(
                "late-costs",
                f"{amount} of {month} are cost of {period}, the month of their bill: theirs has no"
                " run that could take them, or ended too long before.",
            )


def unknown_values(session: Session, costs: Sql, config: Configuration) -> Iterator[Finding]:
    """Labels' values that no tenant has: whose they were taken for, or whose they may be."""
    directory, near = TenantDirectory(config), NearTenants(config)
    names = {"costs": costs, "values_max": number(_UNKNOWN_VALUES_MAX)}
    rows = run_script(session, __package__, "unknown_values.sql", names).fetchall()
    for kind, recipient, value, quanta in rows:
        amount = f"{plain(from_quanta(quanta))} {config.currency}"
        if kind == "tenant":
            yield Finding(
                "alike-value",
                f"{amount} of the label `{shown(value)}` went to the tenant `{recipient}`, whose"
                " key or alias it looks like: they differ in characters that can't be seen, in"
                " blanks or in width. Correct it where it is written, or add it to `aliases`.",
            )
        elif (key := directory.key_of(value)) is not None:
            yield Finding(
                "inactive-tenant",
                f"{amount} of the label `{shown(value)}` are unmapped: the tenant `{key}` is not"
                " active on their days. Change `active`, or who they belong to.",
            )
        elif keys := near.of(value):
            same = " and ".join(f"`{key}`" for key in keys)
            yield Finding(
                "near-value",
                f"{amount} of the label `{shown(value)}` are unmapped: it is nearly the same as"
                f" {same}. If it is the same tenant, add it to the tenant's `aliases`.",
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
