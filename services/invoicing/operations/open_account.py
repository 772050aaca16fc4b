"""From here on a month is priced by the terms that it was invoiced by, whatever changes later.

docs/reference/true-up.md, "Accounts".
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q, QuerySet

from services.invoicing.domain.account_terms import AccountTerms, Costs, Target, target_of
from services.invoicing.domain.grants import Reach, available
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.models import (
    ClosedPeriod,
    Contract,
    CreditNote,
    Invoice,
    TrueUpAccount,
    TrueUpTenant,
)
from services.invoicing.operations.move_account import move_account
from services.invoicing.queries.account_terms import (
    cost_derived_lines,
    costs_of,
    row_key,
    terms_now,
    write_costs,
    write_lines,
    write_terms,
)
from services.invoicing.queries.grants import read_balances
from services.invoicing.queries.line_taxes import terms_of
from shared.contracts.invoicing import CAUSE, Cause
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.account_states import AccountState, StopCode
from shared.vocabulary.corrections import WaivedWhy
from shared.vocabulary.invoice_states import FINISHED_STATES, State


def open_account(invoice: Invoice, *, now: datetime) -> TrueUpAccount:
    """Of the month of a standard invoice that is about to be issued; under the lock of its period.

    One that Stripe had finalised before has its account. The database refuses a day of a tenant
    that another account has.
    """
    known = TrueUpAccount.objects.filter(invoice=invoice).first()
    terms = terms_now(invoice.contract, Month.parse(invoice.period))
    # By what it says, whatever the contract says since it was drafted.
    own = invoice.lines.filter(account=None).order_by("position").first()
    terms = replace(terms, tax=None if own is None else terms_of(own))
    return known or _create(
        invoice.contract,
        invoice.period,
        terms=terms,
        costs=costs_of(invoice),
        target=_invoiced(invoice, terms),
        now=now,
        invoice=invoice,
    )


def open_empty_account(
    contract: Contract, closed: ClosedPeriod, *, costs: Costs, now: datetime
) -> None:
    """Of a month closed with nothing to invoice: whatever comes later is a correction.

    It may have cost below zero, which is on no document.
    """
    month = Month.parse(closed.period)
    terms = terms_now(contract, month)
    drawn = available(read_balances(terms.grants, contract.pk, closed.period), Reach.NO_RISE)
    target = target_of(terms, month, costs, drawn)
    _create(contract, closed.period, terms=terms, costs=costs, target=target, now=now, invoice=None)


def drop_account(invoice: Invoice) -> None:
    """Stripe has not taken the invoice: nothing of the month is billed, and no term is frozen.

    Not that of an invoice that stands in for another: its terms are frozen.
    """
    TrueUpAccount.objects.filter(invoice=invoice).delete()


def stop_accounts(voided: Invoice, now: datetime) -> None:
    """Of all its lines: what was voided by hand is charged by nobody, until a person says so."""
    cause = Cause(StopCode.VOIDED_BY_HAND, {"number": voided.number})
    of_lines = voided.lines.exclude(account=None).values("account")
    of_invoice = TrueUpAccount.objects.filter(Q(invoice=voided) | Q(pk__in=of_lines))
    for account in of_invoice.select_for_update().order_by("account_id"):
        _stop(account, cause, now)


def stop_account(account: TrueUpAccount, voided: CreditNote, now: datetime) -> None:
    """What was given back is billed again, and whoever voided the note knows why."""
    if account.state == AccountState.OPEN:
        _stop(account, Cause(StopCode.NOTE_VOIDED, {"number": voided.number}), now)


def _stop(account: TrueUpAccount, cause: Cause, now: datetime) -> None:
    move_account(
        account,
        AccountState.STOPPED,
        actor="stripe",
        cause=cause,
        now=now,
        stopped_for=CAUSE.dump_python(cause, mode="json"),
    )


def open_missing_accounts() -> None:
    """A job, once: of what an earlier release has issued.

    Where the terms of today don't price the invoice's own costs at its lines, nobody can say what
    it was priced by: that account is stopped, and a person decides.
    """
    with as_ops():
        missing = list(without_account().order_by("issued_at").values_list("invoice_id", flat=True))
    for invoice_id in missing:
        with as_ops():
            period = Invoice.objects.values_list("period", flat=True).get(pk=invoice_id)
            ClosedPeriod.objects.select_for_update().filter(period=period).first()
            invoice = without_account().filter(pk=invoice_id).first()
            if invoice is not None:
                _stop_unless_repriced(open_account(invoice, now=datetime.now(UTC)), invoice)


def without_account() -> QuerySet[Invoice]:
    """Issued or being issued, of a month that has no account; of several the one that is not void.

    A month whose invoices are all void has an account too: what was voided must not be billed again
    by itself.
    """
    of_month = TrueUpAccount.objects.filter(
        contract=OuterRef("contract"), period=OuterRef("period")
    )
    live = Invoice.objects.filter(
        contract=OuterRef("contract"), period=OuterRef("period"), state__in=FINISHED_STATES
    ).exclude(state=State.VOID)
    newer = Invoice.objects.filter(
        contract=OuterRef("contract"),
        period=OuterRef("period"),
        state=State.VOID,
        issued_at__gt=OuterRef("issued_at"),
    ).exclude(number="")
    return (
        Invoice.objects.filter(state__in=FINISHED_STATES)
        .filter(~Q(state=State.VOID) | (~Q(number="") & ~Exists(live) & ~Exists(newer)))
        .filter(~Exists(of_month))
    )


def _stop_unless_repriced(account: TrueUpAccount, invoice: Invoice) -> None:
    cause = _why_stopped(invoice)
    if cause is not None:
        account.state = AccountState.STOPPED
        account.stopped_for = CAUSE.dump_python(cause, mode="json")
        account.save(update_fields=["state", "stopped_for"])


def _why_stopped(invoice: Invoice) -> Cause | None:
    if invoice.state == State.VOID:
        return Cause(StopCode.VOIDED_BY_HAND, {"number": invoice.number})
    if any(line.amount_minor < 0 for line in cost_derived_lines(invoice)):
        return Cause(StopCode.NEGATIVE_LINE)
    month = Month.parse(invoice.period)
    terms = terms_now(invoice.contract, month)
    if target_of(terms, month, costs_of(invoice)).lines != _lines(invoice):
        return Cause(StopCode.OTHER_TERMS, {"plan": f"{terms.plan} v{terms.plan_version}"})
    return None


def _create(
    contract: Contract,
    period: str,
    *,
    terms: AccountTerms,
    costs: Costs,
    target: Target,
    now: datetime,
    invoice: Invoice | None,
) -> TrueUpAccount:
    closed = ClosedPeriod.objects.filter(period=period).first()
    billed = sum(target.lines.values())
    below_zero = Money.from_minor(target.below_zero_minor, contract.currency).amount
    account = TrueUpAccount.objects.create(
        account_id=new_id("acc"),
        customer_id=contract.customer_id,
        contract=contract,
        period=period,
        invoice=invoice,
        seller=contract.customer.seller.get("key"),
        currency=contract.currency,
        terms=write_terms(terms),
        base_minor=billed,
        agreed_minor=billed,
        agreed_exact=target.exact - below_zero,
        costs=write_costs(costs),
        target_lines=write_lines(target.lines),
        target_exact=target.exact,
        below_zero_minor=target.below_zero_minor,
        waived_minor=target.below_zero_minor,
        waived_why=WaivedWhy.BELOW_ZERO if target.below_zero_minor else "",
        target_run=invoice.run_id if invoice is not None else getattr(closed, "run_id", ""),
        close_number=closed.number if closed is not None else 1,
        opened_at=now,
    )
    start, end = terms.prices.days_within(Month.parse(period))
    TrueUpTenant.objects.bulk_create(
        TrueUpTenant(account=account, tenant=tenant, days=DateRange(start, end))
        for tenant in terms.prices.tenants
    )
    return account


def _invoiced(invoice: Invoice, terms: AccountTerms) -> Target:
    """What is below zero is on no line of it, so it is priced once more."""
    priced = target_of(terms, Month.parse(invoice.period), costs_of(invoice))
    below_zero = Money.from_minor(priced.below_zero_minor, invoice.currency).amount
    lines = cost_derived_lines(invoice)
    return Target(
        lines=_lines(invoice),
        below_zero_minor=priced.below_zero_minor,
        exact=sum((line.exact_amount for line in lines), below_zero),
    )


def _lines(invoice: Invoice) -> dict[LineKey, int]:
    lines: Counter[LineKey] = Counter()
    for line in cost_derived_lines(invoice):
        lines[row_key(line)] += line.amount_minor
    return {key: minor for key, minor in lines.items() if minor}
