from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from services.invoicing.domain.states import ACTIONS, Action, refusal
from services.invoicing.domain.tax import TaxTerms
from services.invoicing.models import (
    CreditNote,
    Debit,
    Invoice,
    InvoiceLine,
    Transition,
)
from services.invoicing.queries.invoice_terms import invoice_terms
from services.invoicing.queries.line_taxes import terms_of
from shared.contracts.bases import BASIS, Adjusted, Basis
from shared.contracts.invoice_corrections import (
    ChangedLine,
    Charge,
    Credit,
    CreditedLine,
    TaxGroup,
)
from shared.contracts.invoicing import (
    CAUSE,
    CAUSES,
    ActionFact,
    Cause,
    InvoiceFact,
    InvoiceLineFact,
    TransitionFact,
)
from shared.contracts.superseded.invoice_words import component_of, read_basis, read_cause
from shared.exact import EXACT, HALF_UP
from shared.money import QUANTUM, Money
from shared.vocabulary.corrections import DebitState
from shared.vocabulary.invoice_states import ISSUED_STATES, State
from shared.vocabulary.price_changes import PriceChange


def invoice_fact(invoice: Invoice, *, with_charges: bool = True) -> InvoiceFact:
    """`charges` are read of accounts, which a customer's scope may not."""
    terms, lines = invoice_terms(invoice), _lines(invoice)
    log = list(Transition.objects.filter(invoice=invoice).order_by("sequence"))
    previous, restated_by = invoice.previous_total_minor, invoice.restated_by_minor
    return InvoiceFact(
        invoice_id=invoice.invoice_id,
        customer=invoice.customer_id,
        customer_name=terms.buyer["name"],
        period=invoice.period,
        version=invoice.version,
        state=invoice.state,
        currency=invoice.currency,
        total=_amount(invoice.total_minor, invoice.currency),
        tax=None if invoice.tax_minor is None else _amount(invoice.tax_minor, invoice.currency),
        taxes=tax_groups(
            [(line, line.amount_minor, line.tax_minor or 0) for line in invoice.lines.all()]
            if invoice.tax_minor is not None
            else [],
            invoice.currency,
        ),
        lines=lines,
        plan=terms.plan,
        disclosure=terms.disclosure,
        seller=_flat(terms.seller),
        buyer=_flat(terms.buyer),
        run_id=invoice.run_id,
        drafted_at=invoice.drafted_at,
        number=invoice.number,
        issued_at=invoice.issued_at,
        due_at=invoice.due_at,
        paid_at=invoice.paid_at,
        stripe_invoice_id=invoice.stripe_invoice_id or "",
        stripe_status=invoice.stripe_status,
        hosted_invoice_url=invoice.hosted_invoice_url,
        previous_total=None if previous is None else _amount(previous, invoice.currency),
        restated_by=None if restated_by is None else _amount(restated_by, invoice.currency),
        parked_reasons=parked_for(invoice),
        history=[
            TransitionFact(item.from_state, item.to_state, item.actor, _cause(item), item.at)
            for item in log
        ],
        actions=[
            ActionFact(
                name=action.name,
                roles=list(action.roles),
                refused=refusal(action, state=State(invoice.state)),
                not_by=others_only(invoice, action, log),
                needs_reason=action.needs_reason,
            )
            for action in ACTIONS.values()
        ],
        days_until_due=terms.days_until_due,
        kind=invoice.kind,
        credits=[note_fact(note) for note in _issued_notes(invoice)],
        charges=[_charge(debit) for debit in _debits(invoice)] if with_charges else [],
        costs=_costs(invoice, lines),
    )


def others_only(invoice: Invoice, action: Action, log: list[Transition]) -> list[str]:
    """Who may not do the action, having done the step before it (four eyes).

    Nobody where the amount is small enough for one person to approve.
    """
    total = Money.from_minor(invoice.total_minor, invoice.currency).amount
    if action.name == "approve" and abs(total) <= settings.ENVIRONMENT.second_person_above:
        return []
    state = action.needs_other_than
    return [item.actor for item in log if state is not None and item.to_state == state][-1:]


def issued_invoices() -> QuerySet[Invoice]:
    """What customers may see of those in their scope; drafts are the operator's business."""
    return Invoice.objects.filter(state__in=ISSUED_STATES).exclude(number="")


def _lines(invoice: Invoice) -> list[InvoiceLineFact]:
    return [
        InvoiceLineFact(
            position=line.position,
            description=line.description,
            kind=line.kind,
            quantity=None,
            unit_amount=None,
            amount=_amount(line.amount_minor, invoice.currency),
            service_start=line.service_start,
            service_end=line.service_end,
            tenant=line.tenant,
            basis=_basis(line),
            cost=line.cost,
            charge_group=line.charge_group,
            component=line.component or component_of(line.description),
        )
        for line in invoice.lines.order_by("position")
    ]


def _issued_notes(invoice: Invoice) -> QuerySet[CreditNote]:
    return invoice.credit_notes.filter(state=State.ISSUED).order_by("issued_at", "note_id")


def _debits(invoice: Invoice) -> QuerySet[Debit]:
    """What it charges of months that were restated."""
    placed = invoice.debits.select_related("account", "account__invoice")
    return placed.exclude(state=DebitState.DISCARDED).order_by("account__period", "debit_id")


def _charge(debit: Debit) -> Charge:
    account = debit.account
    return Charge(
        period=account.period,
        causes=debit.causes,
        corrects=account.invoice.number if account.invoice is not None else "",
        net=_amount(debit.amount_minor, account.currency),
        changes=_changes(debit.detail, account.currency),
    )


def _changes(detail: list[dict[str, Any]], currency: str) -> list[ChangedLine]:
    """Prices alone; of what a person gives there are none.

    What was made by an earlier release says no description.
    """
    return [
        ChangedLine(
            description=line.get("description")
            or ": ".join(filter(None, (line["component"], line["charge_group"]))),
            charged=_amount(line["charged"], currency),
            corrected=_amount(line["corrected"], currency),
        )
        for line in detail
    ]


def tax_groups(lines: Sequence[tuple[InvoiceLine, int, int]], currency: str) -> list[TaxGroup]:
    """Of lines with their net and tax, by category, rate and place."""
    sums: dict[TaxTerms, list[int]] = {}
    for line, net, tax in lines:
        terms = terms_of(line)
        if terms is not None:
            of_group = sums.setdefault(terms, [0, 0])
            of_group[0] += net
            of_group[1] += tax
    return [
        TaxGroup(
            category=terms.category,
            percent=terms.percent,
            place=terms.place,
            net=_amount(net, currency),
            tax=_amount(tax, currency),
        )
        for terms, (net, tax) in sorted(sums.items())
    ]


def note_fact(note: CreditNote) -> Credit:
    settled = note.settlement or {}
    lines = list(note.lines.select_related("invoice_line").order_by("position"))
    return Credit(
        number=note.number,
        issued_at=note.issued_at or note.drafted_at,
        period=note.period,
        causes=note.causes,
        net=_amount(note.net_minor, note.currency),
        tax=_amount(note.tax_minor, note.currency),
        lines=[
            CreditedLine(line.invoice_line.description, _amount(line.amount_minor, note.currency))
            for line in lines
        ],
        remaining=_amount(settled.get("remaining", 0), note.currency),
        balance=_amount(settled.get("balance", 0), note.currency),
        refund=_amount(settled.get("refund", 0), note.currency),
        out_of_band=_amount(settled.get("out_of_band", 0), note.currency),
        note_id=note.note_id,
        refund_failed=_amount(note.refund_failed_minor, note.currency),
        changes=_changes(note.detail, note.currency),
        taxes=tax_groups(
            [
                (line.invoice_line, line.amount_minor, tax)
                for line, tax in zip(lines, note.line_taxes, strict=True)
            ]
            if note.line_taxes
            else [],
            note.currency,
        ),
    )


def _costs(invoice: Invoice, lines: Sequence[InvoiceLineFact]) -> dict[str, Decimal] | None:
    """By charge group, at the rate that the lines are priced at."""
    if invoice.costs is None or all(line.cost is None for line in lines):
        return None
    rate = next(
        (
            one.value
            for line in lines
            if isinstance(line.basis, Adjusted)
            for one in line.basis.by
            if one.code == PriceChange.RATE and one.value is not None
        ),
        Decimal(1),
    )
    costs: dict[str, Decimal] = {}
    for of_tenant in invoice.costs.values():
        for group, cost in of_tenant.items():
            costs[group] = EXACT.add(costs.get(group, Decimal(0)), Decimal(cost))
    return {
        group: EXACT.multiply(cost, rate).quantize(QUANTUM, context=HALF_UP)
        for group, cost in sorted(costs.items())
        if cost
    }


def parked_for(invoice: Invoice) -> list[Cause]:
    if invoice.parked_for is None:
        return [read_cause(text) for text in invoice.parked_reasons]
    return CAUSES.validate_python(invoice.parked_for)


def _cause(step: Transition) -> Cause:
    return read_cause(step.reason) if step.cause is None else CAUSE.validate_python(step.cause)


def _basis(line: InvoiceLine) -> Basis | None:
    if line.priced_by is None:
        return read_basis(
            line.basis, service_start=line.service_start, service_end=line.service_end
        )
    return BASIS.validate_python(line.priced_by)


def _amount(minor: int, currency: str) -> Decimal:
    return Money.from_minor(minor, currency).amount


def _flat(party: dict[str, object]) -> dict[str, str]:
    """A party's details as text, its address one level up."""
    flat: dict[str, str] = {}
    for name, value in party.items():
        if isinstance(value, dict):
            flat.update({key: str(part) for key, part in value.items() if part})
        elif value:
            flat[name] = str(value)
    return flat
