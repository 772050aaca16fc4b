"""The bill was restated after the close: each invoice says by how much, and nothing is edited.

Drafts say it before anybody approves them: whoever has looked at an older version looks again.
"""

from collections import defaultdict
from decimal import Decimal

from services.invoicing.domain.account_terms import target_of
from services.invoicing.models import (
    ClosedPeriod,
    Contract,
    Invoice,
    StatementRevision,
    TrueUpAccount,
)
from services.invoicing.queries.account_terms import (
    cost_derived_lines,
    costs_of,
    read_terms,
    terms_now,
)
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.statement_costs import revised_costs
from shared.contracts.attribution import StatementRevised
from shared.contracts.invoicing import INVOICE_RESTATED
from shared.contracts.versions import is_newer
from shared.messaging.producer.emit import emit
from shared.periods import Month
from shared.vocabulary.invoice_states import State


def record_revision(fact: StatementRevised) -> None:
    """Keep the newest cost of a tenant and measure its invoices against it."""
    known, is_new = StatementRevision.objects.select_for_update().get_or_create(
        period=fact.period,
        tenant=fact.tenant,
        defaults={"version": fact.version, "run_id": fact.run_id, "costs": _costs(fact)},
    )
    is_newest = is_newer(fact.version, than=None if is_new else known.version)
    if not is_new:
        if not is_newest:
            return
        known.version, known.run_id, known.costs = fact.version, fact.run_id, _costs(fact)
        known.save()
    # What is drafted at the same time waits for this, and then finds the revision by itself.
    ClosedPeriod.objects.select_for_update().filter(period=fact.period).first()
    for invoice in (
        Invoice.objects.select_for_update(of=("self",))
        .filter(period=fact.period, contract__tenants__contains=[fact.tenant])
        .exclude(state=State.VOID)
    ):
        measure_restatement(invoice)


def measure_restatement(invoice: Invoice) -> None:
    """By how much the cost-derived lines would differ; fees and the like are not restated."""
    restated_by_minor = _newest_minor(invoice) - sum(
        line.amount_minor for line in cost_derived_lines(invoice)
    )
    if restated_by_minor == (invoice.restated_by_minor or 0):
        return
    Invoice.objects.filter(pk=invoice.pk).update(
        restated_by_minor=restated_by_minor, version=invoice.version + 1
    )
    invoice.refresh_from_db()
    emit(INVOICE_RESTATED, invoice_fact(invoice))


def _newest_minor(invoice: Invoice) -> int:
    """Priced anew: a tenant's newest cost, else what the invoice rests on.

    By the terms that it was issued by, where it was.
    """
    month = Month.parse(invoice.period)
    account = TrueUpAccount.objects.filter(invoice=invoice).first()
    if account is not None:
        terms = read_terms(account.terms)
    else:
        contract = Contract.objects.select_related("plan").get(pk=invoice.contract_id)
        terms = terms_now(contract, month)
    revised = revised_costs(invoice.period, terms.prices.tenants)
    return sum(target_of(terms, month, {**costs_of(invoice), **revised}).lines.values())


def _costs(fact: StatementRevised) -> dict[str, str]:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for line in fact.lines:
        costs[line.charge_group] += line.amount
    return {group: str(amount) for group, amount in costs.items()}
