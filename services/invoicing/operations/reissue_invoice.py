"""What was voided by hand is billed anew: a draft on the newest close, which people approve.

docs/reference/true-up.md, "Accounts that are stopped".
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import count

from django.forms import model_to_dict

from services.invoicing.domain.cost_lines import key_description
from services.invoicing.domain.grants import Reach, available
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.domain.pricing import PricedLine, price
from services.invoicing.domain.settlement import settle
from services.invoicing.domain.true_up_terms import policy_of
from services.invoicing.models import ClosedPeriod, Invoice, InvoiceLine, TrueUpAccount
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.move_account import move_account
from services.invoicing.operations.move_invoice import (
    InvoiceChanged,
    move_invoice,
    record_transition,
)
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.operations.tax_lines import put_taxes, tax_columns
from services.invoicing.queries.account_documents import read_account
from services.invoicing.queries.account_terms import (
    cost_derived_lines,
    read_costs,
    read_target,
    read_terms,
    row_key,
)
from services.invoicing.queries.grants import read_balances
from services.invoicing.queries.reissues import pending_reissue
from shared.contracts.bases import BASIS
from shared.contracts.invoicing import CAUSE, Cause
from shared.contracts.superseded.invoice_words import written_basis
from shared.faults import Fault
from shared.identifiers import new_id
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.account_states import AccountState, StopCode
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State
from shared.vocabulary.line_kinds import FIXED_KINDS, LineKind


class NothingToReissue(Fault):
    """The month has no fee and no cost left that an invoice could ask for."""


def draft_reissue(
    account: TrueUpAccount,
    voided: Invoice,
    closed: ClosedPeriod,
    *,
    actor: str,
    cause: Cause,
    now: datetime,
) -> Invoice:
    """The fees of what was voided, and what the newest close asks for beside other documents.

    The account stays stopped until it is issued. Raises NothingToReissue.
    """
    lines = [*_cost_lines(account, wanted_lines(account, closed)), *_fees(voided)]
    if not lines:
        raise NothingToReissue(
            f"{account.period} has no fee and no cost left to charge.",
            remedy="Let the account go.",
        )
    taxed = tax_columns(read_terms(account.terms).tax)
    for position, line in enumerate(lines, start=1):
        line.position = position
        for name, value in taxed.items():
            setattr(line, name, value)
    invoice = Invoice.objects.create(
        invoice_id=new_id("inv"),
        customer_id=account.customer_id,
        contract=account.contract,
        seller=account.seller,
        period=account.period,
        sequence=_free_sequence(account),
        currency=account.currency,
        total_minor=sum(line.amount_minor for line in lines),
        tax_minor=put_taxes(lines, account.currency),
        exact_total=sum((line.exact_amount for line in lines), Decimal(0)),
        previous_total_minor=voided.previous_total_minor,
        run_id=account.target_run,
        costs=account.costs,
        reissues=voided,
        drafted_at=now,
    )
    for line in lines:
        line.invoice = invoice
    InvoiceLine.objects.bulk_create(lines)
    invoice.refresh_from_db()
    record_transition(invoice, None, actor=actor, cause=cause, now=now)
    record_revenue(invoice, basis=State.DRAFT, sign=1, now=now)
    return invoice


def wanted_lines(account: TrueUpAccount, closed: ClosedPeriod) -> Mapping[LineKey, int]:
    """By the account's own terms and base, as the month's first invoice would charge it now.

    A contract that is never charged more was charged this before.
    """
    given = replace(read_account(account, read_target(account)), state=AccountState.OPEN)
    terms = read_terms(account.terms)
    policy = policy_of(terms.true_up, Month.parse(account.period), account.currency)
    first = replace(policy, may_charge=True, threshold_minor=0)
    return settle(given, first, closed.day).debit


def redraft_reissue(account: TrueUpAccount, closed: ClosedPeriod, now: datetime) -> None:
    """Where a newer close asks for other lines than the draft has, whoever has approved it."""
    draft = pending_reissue(account)
    voided = account.invoice
    if draft is None or voided is None or _is_as_wanted(draft, account, closed):
        return
    figures = {"period": closed.period, "number": str(closed.number)}
    cause = Cause(CauseCode.CORRECTED_ANEW, figures)
    discard_reissue(account, actor=ACTOR, cause=cause, now=now)
    draft_reissue(account, voided, closed, actor=ACTOR, cause=cause, now=now)


def discard_reissue(account: TrueUpAccount, *, actor: str, cause: Cause, now: datetime) -> None:
    draft = pending_reissue(account)
    if draft is not None:
        move_invoice(draft, State.VOID, actor=actor, cause=cause, now=now)
        record_revenue(draft, basis=State.DRAFT, sign=-1, now=now)


def open_reissued(invoice: Invoice, *, actor: str, now: datetime) -> None:
    """It is about to be issued: its account goes on with it. Under the lock of the period.

    Raises InvoiceChanged where the newest close asks for something else.
    """
    account = TrueUpAccount.objects.select_for_update().get(invoice=invoice.reissues_id)
    closed = ClosedPeriod.objects.get(period=account.period)
    if not _is_as_wanted(invoice, account, closed):
        raise InvoiceChanged(
            f"{account.period} was closed again since the invoice was drafted anew.",
            remedy="What is right by that is drafted in a moment.",
        )
    cause = Cause(
        CauseCode.REISSUED, {"number": invoice.reissues.number if invoice.reissues else ""}
    )
    move_account(
        account,
        AccountState.OPEN,
        actor=actor,
        cause=cause,
        now=now,
        stopped_for=None,
        invoice=invoice,
    )


def stop_reissued(invoice: Invoice, *, now: datetime) -> None:
    """Stripe has not taken it: nobody is billed, and a person decides again."""
    voided = invoice.reissues
    account = TrueUpAccount.objects.select_for_update().filter(invoice=invoice).first()
    if account is None or voided is None:
        return
    cause = Cause(StopCode.VOIDED_BY_HAND, {"number": voided.number})
    move_account(
        account,
        AccountState.STOPPED,
        actor=ACTOR,
        cause=cause,
        now=now,
        stopped_for=CAUSE.dump_python(cause, mode="json"),
        invoice=voided,
    )


def lower_base(invoice: Invoice) -> None:
    """The month's first invoice is another now: what may be charged later goes by the lower one."""
    account = TrueUpAccount.objects.get(invoice=invoice)
    billed = read_account(account, read_target(account)).billed_minor
    TrueUpAccount.objects.filter(pk=account.pk).update(base_minor=min(account.base_minor, billed))


def _is_as_wanted(draft: Invoice, account: TrueUpAccount, closed: ClosedPeriod) -> bool:
    drafted = {row_key(line): line.amount_minor for line in cost_derived_lines(draft)}
    return drafted == dict(wanted_lines(account, closed))


def _cost_lines(account: TrueUpAccount, wanted: Mapping[LineKey, int]) -> Iterator[InvoiceLine]:
    """As the month is priced; where other documents bill a part, the amount is all it says."""
    terms = read_terms(account.terms)
    balances = read_balances(terms.grants, account.contract_id, account.period)
    drawn = available(balances, Reach.NO_RISE)
    priced = price(terms.prices, Month.parse(account.period), read_costs(account.costs), drawn)
    by_key = {_key(line): line for line in priced.lines}
    for key, minor in wanted.items():
        of = by_key.get(key)
        whole = of if of is not None and of.minor == minor else None
        yield InvoiceLine(
            customer_id=account.customer_id,
            description=key_description(key, terms.prices) if of is None else of.description,
            kind=of.kind if of is not None else LineKind.COST_PLUS,
            tenant=key.tenant,
            amount_minor=minor,
            # What rounding took or gave was booked when the account was settled.
            exact_amount=Money.from_minor(minor, account.currency).amount,
            cost=whole.cost if whole is not None else None,
            charge_group=key.charge_group,
            priced_by=BASIS.dump_python(whole.basis, mode="json") if whole is not None else None,
            basis=written_basis(whole.basis) if whole is not None else "",
            component=key.component,
            service_start=key.start,
            service_end=key.end,
        )


def _fees(voided: Invoice) -> Iterator[InvoiceLine]:
    for line in voided.lines.filter(kind__in=FIXED_KINDS, account=None).order_by("position"):
        copied = model_to_dict(line, exclude=["id", "invoice", "position", "account"])
        yield InvoiceLine(**copied)


def _key(line: PricedLine) -> LineKey:
    return LineKey(
        component=line.component,
        tenant=line.tenant,
        charge_group=line.charge_group,
        start=line.service_start,
        end=line.service_end,
    )


def _free_sequence(account: TrueUpAccount) -> int:
    live = Invoice.objects.filter(
        customer_id=account.customer_id,
        period=account.period,
        currency=account.currency,
        kind=InvoiceKind.STANDARD,
    ).exclude(state=State.VOID)
    taken = set(live.values_list("sequence", flat=True))
    return next(number for number in count(1) if number not in taken)
