"""The bill was restated after the close: each invoice says by how much, and nothing is edited.

Drafts say it before anybody approves them: whoever has looked at an older version looks again.
"""

from collections import defaultdict
from decimal import Decimal

from services.invoicing.domain.account_terms import AccountTerms, target_of
from services.invoicing.domain.grants import Reach, available, reach_of
from services.invoicing.domain.true_up_terms import policy_of
from services.invoicing.models import (
    ClosedPeriod,
    Contract,
    Invoice,
    StatementRevision,
    TrueUpAccount,
)
from services.invoicing.queries.account_documents import read_account
from services.invoicing.queries.account_terms import (
    cost_derived_lines,
    costs_of,
    read_costs,
    read_target,
    read_terms,
    terms_now,
)
from services.invoicing.queries.grants import read_balances
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.statement_costs import revised_costs
from shared.contracts.attribution import StatementRevised
from shared.contracts.invoicing import INVOICE_RESTATED
from shared.contracts.versions import is_newer
from shared.messaging.producer.emit import emit
from shared.periods import Month
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import UNISSUED_STATES, State


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
        .filter(
            period=fact.period, kind=InvoiceKind.STANDARD, contract__tenants__contains=[fact.tenant]
        )
        .exclude(state=State.VOID)
    ):
        measure_restatement(invoice)


def measure_restatement(invoice: Invoice) -> None:
    """By how much the cost-derived lines would differ; fees and the like are not restated.

    What has been corrected of them since counts as billed. Of a month this is said by its standard
    invoice: another one only charges more of it.
    """
    if invoice.kind != InvoiceKind.STANDARD:
        return
    restated_by_minor = _restated_by(invoice)
    if restated_by_minor == (invoice.restated_by_minor or 0):
        return
    Invoice.objects.filter(pk=invoice.pk).update(
        restated_by_minor=restated_by_minor, version=invoice.version + 1
    )
    invoice.refresh_from_db()
    emit(INVOICE_RESTATED, invoice_fact(invoice))


def _restated_by(invoice: Invoice) -> int:
    """Priced anew: a tenant's newest cost, else what was settled last, or the invoice rests on.

    By the terms that it was issued by, where it was. What stands in for a voided invoice is drafted
    anew by its account.
    """
    if invoice.reissues_id and invoice.state in UNISSUED_STATES:
        return 0
    month = Month.parse(invoice.period)
    account = TrueUpAccount.objects.filter(invoice=invoice).first()
    if account is None:
        contract = Contract.objects.select_related("plan").get(pk=invoice.contract_id)
        terms, costs = terms_now(contract, month), costs_of(invoice)
        billed = sum(line.amount_minor for line in cost_derived_lines(invoice))
    else:
        terms, costs = read_terms(account.terms), read_costs(account.costs)
        given = read_account(account, read_target(account))
        billed = given.billed_minor + account.waived_minor
    revised = revised_costs(invoice.period, terms.prices.tenants)
    balances = read_balances(terms.grants, invoice.contract_id, invoice.period)
    grants = available(balances, Reach.FREE if account is None else _reach(account, terms))
    target = target_of(terms, month, {**costs, **revised}, grants)
    # What is below zero is on no document.
    return max(target.minor, 0) - billed if account is None else target.minor - billed


def _reach(account: TrueUpAccount, terms: AccountTerms) -> Reach:
    """As a settlement on the newest close would have it."""
    closed = ClosedPeriod.objects.filter(period=account.period).first() if terms.grants else None
    if closed is None:
        return Reach.FREE
    policy = policy_of(terms.true_up, Month.parse(account.period), account.currency)
    return reach_of(AccountState(account.state), policy, closed.day)


def _costs(fact: StatementRevised) -> dict[str, str]:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for line in fact.lines:
        costs[line.charge_group] += line.amount
    return {group: str(amount) for group, amount in costs.items()}
