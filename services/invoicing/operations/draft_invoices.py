"""A job: a draft per customer under contract for a closed period; drafted twice is once.

On the run that the period was closed on; only what a person has discarded is drafted anew on the
newest cost. Once the period is closed again, what is not issued gives way to a draft on that close.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, groupby
from operator import attrgetter

from django.conf import settings
from django.db.models import F, Q, QuerySet

from services.invoicing.domain.grants import available
from services.invoicing.domain.guardrails import Limits, parking_reasons
from services.invoicing.domain.pricing import Price, PricedLine, covers_whole_month, price
from services.invoicing.domain.tax import tax_terms
from services.invoicing.models import (
    ClosedPeriod,
    Contract,
    Debit,
    Invoice,
    InvoiceLine,
    StatementRevision,
)
from services.invoicing.operations.correct_account import debit_lines
from services.invoicing.operations.draw_grants import draw_grants, lock_grants
from services.invoicing.operations.give_way import ACTOR, close_cause, give_way
from services.invoicing.operations.move_invoice import held_for, record_transition
from services.invoicing.operations.open_account import open_empty_account
from services.invoicing.operations.record_close import RESTATED, is_restated
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.operations.record_revision import measure_restatement
from services.invoicing.operations.settle_again import settle_month
from services.invoicing.operations.tax_lines import put_taxes, tax_columns
from services.invoicing.queries.account_documents import contracts_unjudged, waiting_debits
from services.invoicing.queries.account_terms import read_lines, write_costs
from services.invoicing.queries.contract_terms import contract_terms, has_rate
from services.invoicing.queries.drafted_before import (
    has_account,
    is_billed_by_another,
    was_drafted,
)
from services.invoicing.queries.grants import grants_of_month, read_balances
from services.invoicing.queries.statement_costs import (
    Costs,
    revised_costs,
    statement_costs,
    sum_of,
)
from shared.contracts.bases import BASIS
from shared.contracts.invoicing import Cause
from shared.contracts.superseded.invoice_words import written_basis
from shared.faults import BadConfiguration
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.corrections import DebitState
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import ISSUED_STATES, UNISSUED_STATES, State

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Basis:
    """The costs that a draft is made of, the run they are from, and why it is drafted."""

    costs: Costs
    run_id: str
    run_version: int
    cause: Cause


def draft_invoices(*, period: str) -> None:
    """A contract with a fault holds up no other; raises BadConfiguration that names them all."""
    now = datetime.now(UTC)
    with as_ops():
        closed = ClosedPeriod.objects.get(period=period)
        # One that has been replaced since may have a draft, which a later close makes anew.
        unissued = Invoice.objects.filter(
            period=period, kind=InvoiceKind.STANDARD, state__in=UNISSUED_STATES
        )
        contracts = list(
            Contract.objects.select_related("customer", "plan")
            .filter(Q(is_active=True) | Q(pk__in=unissued.values("contract")))
            .order_by("customer_id", "-is_active", "starts_on", "contract_id")
        )
        # Drafted once an earlier month's settlement is through, which the reminder asks for.
        unjudged = contracts_unjudged(period)
    costs = statement_costs(
        Lake(settings.ENVIRONMENT), closed.statements_uri, currency=closed.currency
    )
    faults = [
        f"the contract of {contract.customer_id} for {', '.join(contract.tenants)} is in"
        f" {contract.currency}, the bill in {closed.currency}"
        for contract in contracts
        if not has_rate(contract, closed.currency)
    ]
    billable = (
        contract
        for contract in contracts
        if has_rate(contract, closed.currency) and contract.pk not in unjudged
    )
    for _customer, of_customer in groupby(billable, attrgetter("customer_id")):
        with as_ops():
            locked = ClosedPeriod.objects.select_for_update().get(period=period)
            if locked.version != closed.version:
                return  # closed anew meanwhile: that close has a job of its own
            _draft_all(list(of_customer), closed, costs, now)
    if faults:
        raise BadConfiguration(
            f"{period}: {'; '.join(faults)}.",
            remedy="Give the contract an `fx` with its rate where the two differ, and none else.",
        )
    if unjudged:
        return
    with as_ops():
        totals = {**closed.totals, str(closed.number): str(sum_of(costs))}
        ClosedPeriod.objects.filter(period=period, version=closed.version).update(
            is_drafted=True, totals=totals
        )
        if closed.number > 1:
            settle_month(period)


def _draft_all(
    contracts: Sequence[Contract], closed: ClosedPeriod, costs: Costs, now: datetime
) -> None:
    """Of one customer: all make room before any is drafted, those in force first."""
    gave_way = {contract.pk for contract in contracts if give_way(contract, closed, now)}
    for contract in contracts:
        if contract.is_active or contract.pk in gave_way:
            _draft(contract, closed, costs, now)


def _draft(contract: Contract, closed: ClosedPeriod, costs: Costs, now: datetime) -> None:
    month = Month.parse(closed.period)
    terms = contract_terms(contract, month)
    start, end = terms.days_within(month)
    if start >= end or has_account(contract, month) or is_billed_by_another(contract, month):
        return
    if _live(contract, closed.period).filter(contract=contract).exists():
        return
    basis = _basis(contract, closed, costs)
    grants = grants_of_month(contract, month)
    lock_grants(grants)
    balances = read_balances(grants, contract.pk, closed.period)
    priced = price(terms, month, basis.costs, available(balances))
    draw_grants(contract, closed.period, priced.drawn_minor, of=grants, day=closed.day)
    if not priced.lines:
        open_empty_account(contract, closed, costs=_costs_under(contract, basis), now=now)
        return
    causes = parking_reasons(
        total=Money.from_minor(priced.total_minor, contract.currency),
        below_zero=Money.from_minor(priced.below_zero_minor, contract.currency),
        line_count=len(priced.lines),
        earlier_totals_minor=_earlier_totals(contract, closed.period),
        unallocated_share=closed.unallocated_share,
        covers_whole_month=covers_whole_month(terms, month),
        limits=Limits(
            above_median_times=settings.ENVIRONMENT.park_above_median_times,
            unallocated_share=settings.ENVIRONMENT.park_unallocated_share,
        ),
    )
    if closed.number > 1 and not was_drafted(contract, closed.period):
        causes.append(Cause(CauseCode.NOT_INVOICED_BEFORE, {"period": closed.period}))
    if is_restated(closed.period, basis.run_version):
        causes.append(RESTATED)
    _create(contract, closed.period, basis, priced, causes, now)


def _costs_under(contract: Contract, basis: _Basis) -> Costs:
    return {tenant: basis.costs[tenant] for tenant in contract.tenants if tenant in basis.costs}


def _basis(contract: Contract, closed: ClosedPeriod, costs: Costs) -> _Basis:
    """The closed run's statements, or those revised since where a draft of theirs was discarded."""
    discarded = Invoice.objects.filter(
        contract=contract,
        period=closed.period,
        kind=InvoiceKind.STANDARD,
        state=State.VOID,
        number="",
    )
    newest = (
        StatementRevision.objects.filter(period=closed.period, version__gt=closed.run_version)
        .order_by("-version")
        .first()
    )
    if newest is None or not discarded.exists():
        return _Basis(costs, closed.run_id, closed.run_version, close_cause(closed))
    return _Basis(
        {**costs, **revised_costs(closed.period, contract.tenants)},
        newest.run_id,
        newest.version,
        Cause(CauseCode.DRAFTED_ANEW),
    )


def _create(
    contract: Contract,
    period: str,
    basis: _Basis,
    priced: Price,
    causes: list[Cause],
    now: datetime,
) -> None:
    """Insert the invoice of a contract that has no live one; under the lock of the closed period.

    A customer's second contract has the next free sequence number. Behind it all stands the unique
    index, which raises where anything else is about to bill twice.
    """
    earlier = _earlier_totals(contract, period)
    taken = {known.sequence for known in _live(contract, period)}
    debits = waiting_debits(contract, period)
    carried = [line for debit in debits for line in debit_lines(debit, read_lines(debit.lines))]
    lines = _lines(contract, priced.lines, carried)
    invoice = Invoice.objects.create(
        invoice_id=new_id("inv"),
        customer=contract.customer,
        contract=contract,
        seller=contract.customer.seller.get("key"),
        period=period,
        sequence=next(number for number in count(1) if number not in taken),
        currency=contract.currency,
        total_minor=priced.total_minor + sum(one.amount_minor for one in carried),
        tax_minor=put_taxes(lines, contract.currency),
        exact_total=sum((line.exact for line in priced.lines), Decimal(0))
        + sum((one.exact_amount for one in carried), Decimal(0)),
        previous_total_minor=earlier[-1] if earlier else None,
        run_id=basis.run_id,
        costs=write_costs(_costs_under(contract, basis)),
        state=State.PARKED if causes else State.DRAFT,
        parked_from=State.DRAFT if causes else "",
        **held_for(causes),
        drafted_at=now,
    )
    for line in lines:
        line.invoice = invoice
    InvoiceLine.objects.bulk_create(lines)
    Debit.objects.filter(pk__in=[debit.pk for debit in debits]).update(
        state=DebitState.PLACED, invoice=invoice
    )
    invoice.refresh_from_db()
    record_transition(
        invoice,
        None,
        actor=ACTOR,
        cause=basis.cause,
        now=now,
    )
    record_revenue(invoice, basis=State.DRAFT, sign=1, now=now)
    measure_restatement(invoice)


def _live(contract: Contract, period: str) -> QuerySet[Invoice]:
    """Standard invoices of its customer's month."""
    standard = Invoice.objects.filter(
        customer_id=contract.customer_id, period=period, kind=InvoiceKind.STANDARD
    )
    return standard.exclude(state=State.VOID)


def _lines(
    contract: Contract, lines: Sequence[PricedLine], carried: Sequence[InvoiceLine]
) -> list[InvoiceLine]:
    """Those of the month, and below them what is `carried` from earlier ones."""
    taxed = tax_columns(tax_terms(contract.tax))
    made = [
        InvoiceLine(
            customer_id=contract.customer_id,
            position=position,
            description=line.description,
            kind=line.kind,
            tenant=line.tenant,
            amount_minor=line.minor,
            exact_amount=line.exact,
            cost=line.cost,
            charge_group=line.charge_group,
            priced_by=BASIS.dump_python(line.basis, mode="json"),
            basis=written_basis(line.basis),
            component=line.component,
            service_start=line.service_start,
            service_end=line.service_end,
            **taxed,
        )
        for position, line in enumerate(lines, start=1)
    ]
    for position, line in enumerate(carried, start=len(lines) + 1):
        line.position = position
    return [*made, *carried]


def _earlier_totals(contract: Contract, period: str) -> list[int]:
    """Totals of this contract's issued invoices of the six periods before, oldest first."""
    totals = (
        Invoice.objects.filter(
            contract=contract,
            kind=InvoiceKind.STANDARD,
            currency=contract.currency,
            period__lt=period,
            state__in=ISSUED_STATES - {State.VOID},
        )
        .order_by(F("period").desc())
        .values_list("total_minor", flat=True)[:6]
    )
    return list(reversed(totals))
