"""What each account of a month was billed, is to be billed, and is corrected by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum

from services.invoicing.domain.credit_note_request import InvoiceAtStripe, settle
from services.invoicing.domain.settlement import Account
from services.invoicing.domain.true_up_terms import TrueUpTerms
from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    CreditNoteLine,
    Debit,
    InvoiceLine,
    TrueUpAccount,
)
from services.invoicing.queries.account_documents import account_of, documents_of
from services.invoicing.queries.account_ledger import ledger_balances
from services.invoicing.queries.account_terms import read_target, read_terms
from services.invoicing.queries.grant_draws import read_draws
from services.invoicing.queries.reissues import account_choices
from shared.exact import shortened
from shared.money import Money
from shared.vocabulary.corrections import DebitState
from shared.vocabulary.invoice_states import STATES_TO_PAY, State, StripeStatus

_PLACES = ("remaining", "balance", "refund", "out_of_band")


def read_corrections(period: str) -> list[dict[str, Any]]:
    """By customer and contract; amounts are decimals as text, before tax."""
    closed = ClosedPeriod.objects.filter(period=period).first()
    accounts = list(
        TrueUpAccount.objects.select_related("customer", "invoice")
        .defer("costs", "invoice__frozen", "invoice__costs")
        .filter(period=period)
        .order_by("customer_id", "contract_id")
    )
    documents, balances = documents_of(accounts), ledger_balances(accounts)
    notes, debits = _notes(period, accounts), _debits(period)
    given = _credited_lines(period)
    draws = read_draws(accounts)
    left = _left_to_pay([note for mine in notes.values() for note in mine])
    rows = []
    for account in accounts:
        terms = read_terms(account.terms).true_up
        made = [
            *(_note(note, terms, given[note.pk], left) for note in notes[account.pk]),
            *(_debit(debit) for debit in debits[account.pk]),
        ]
        billed = account_of(account, read_target(account), documents[account.pk])
        more = {"ledger": str(shortened(balances[account.pk])), "grants": draws[account.pk]}
        rows.append(_row(account, closed, terms, billed, made) | more)
    return rows


def read_close(period: str) -> dict[str, Any] | None:
    """The newest close of a month, and of how many accounts it is not settled yet.

    `bill` is what all tenants cost by it, `bill_before` by the one before: None where that is not
    known.
    """
    closed = ClosedPeriod.objects.filter(period=period).first()
    if closed is None:
        return None
    accounts = TrueUpAccount.objects.filter(period=period)
    unsettled = accounts.filter(close_number__lt=closed.number).count()
    return {
        "number": closed.number,
        "causes": closed.causes,
        "closed_by": closed.closed_by,
        "closed_at": closed.closed_at.isoformat(),
        "currency": closed.currency,
        "bill": closed.totals.get(str(closed.number)),
        "bill_before": closed.totals.get(str(closed.number - 1)),
        "unsettled": unsettled,
    }


def _row(
    account: TrueUpAccount,
    closed: ClosedPeriod | None,
    terms: TrueUpTerms,
    given: Account,
    documents: list[dict[str, Any]],
) -> dict[str, Any]:
    carried = given.target_minor - given.billed_minor - account.waived_minor
    amounts = {
        "base": account.base_minor,
        "target": given.target_minor,
        "billed": given.billed_minor,
        "carried": carried,
        "waived": account.waived_minor,
        "threshold": terms.threshold_minor,
    }
    return {
        "account": account.account_id,
        "period": account.period,
        "customer": account.customer_id,
        "customer_name": account.customer.name,
        "contract": account.contract_id,
        "invoice": account.invoice.number if account.invoice is not None else "",
        "invoice_id": account.invoice_id or "",
        "currency": account.currency,
        **{name: _text(minor, account.currency) for name, minor in amounts.items()},
        "waived_why": account.waived_why,
        "cause": ", ".join(closed.causes) if closed is not None else "",
        "close": account.close_number,
        "state": account.state,
        "stopped_for": account.stopped_for,
        "choices": sorted(account_choices(account)),
        "terms": account.terms,
        "statements_uri": closed.statements_uri if closed is not None else "",
        "documents": documents,
    }


def _note(
    note: CreditNote, terms: TrueUpTerms, lines: list[dict[str, str]], left: Mapping[str, int]
) -> dict[str, Any]:
    settled = note.settlement or {}
    return {
        "kind": "credit_note",
        "note_kind": note.kind,
        "given_for": note.given_for,
        "document": note.note_id,
        "version": note.version,
        "close": note.close_number,
        "causes": note.causes,
        "number": note.number,
        "corrects": note.invoice.number,
        "corrects_id": note.invoice_id,
        "on_period": "",
        "on_kind": "",
        "net": _text(note.net_minor, note.currency),
        "tax": _text(note.tax_minor, note.currency),
        "state": note.state,
        "parked_for": note.parked_for,
        "lines": lines,
        "detail": _detail(note.detail, note.currency),
        **{name: _text(settled.get(name, 0), note.currency) for name in _PLACES},
        "refund_failed": _text(note.refund_failed_minor, note.currency),
        "expected": _expected(note, terms, left) if note.settlement is None else None,
    }


def _expected(note: CreditNote, terms: TrueUpTerms, left: Mapping[str, int]) -> dict[str, str]:
    """Where it would go now; what was paid in part, or can't be refunded, Stripe alone knows."""
    is_open = note.invoice.state in STATES_TO_PAY
    there = InvoiceAtStripe(
        status=StripeStatus.OPEN if is_open else StripeStatus.PAID,
        remaining_minor=left[note.invoice_id] if is_open else 0,
        paid_minor=0,
        refundable_minor=note.net_minor + note.tax_minor,
        off_stripe_minor=0,
        tax_rates={},
    )
    parts = asdict(settle(note.net_minor + note.tax_minor, there, terms.down_paid))
    return {name: _text(parts[f"{name}_minor"], note.currency) for name in _PLACES}


def _debit(debit: Debit) -> dict[str, Any]:
    """Without an invoice it waits for the next one."""
    account, on = debit.account, debit.invoice
    zero = _text(0, account.currency)
    return {
        "kind": "debit",
        "note_kind": "",
        "given_for": "",
        "document": on.invoice_id if on is not None else debit.debit_id,
        "version": on.version if on is not None else debit.version,
        "close": debit.close_number,
        "causes": debit.causes,
        "number": on.number if on is not None else "",
        "corrects": account.invoice.number if account.invoice is not None else "",
        "corrects_id": account.invoice_id or "",
        "on_period": on.period if on is not None else "",
        "on_kind": on.kind if on is not None else "",
        "net": _text(debit.amount_minor, account.currency),
        "tax": _text(getattr(debit, "tax_minor", None) or 0, account.currency),
        "state": on.state if on is not None else _waiting_state(debit),
        "parked_for": on.parked_for or [] if on is not None else debit.parked_for,
        "lines": [
            {
                "description": " ".join(filter(None, (key["component"], key["charge_group"]))),
                "amount": _text(minor, account.currency),
            }
            for key, minor in debit.lines
        ],
        "detail": _detail(debit.detail, account.currency),
        **dict.fromkeys(_PLACES, zero),
        "refund_failed": zero,
        "expected": None,
    }


def _detail(detail: Iterable[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    return [
        {
            "description": "",
            **line,
            "charged": _text(line["charged"], currency),
            "corrected": _text(line["corrected"], currency),
        }
        for line in detail
    ]


def _of_month(period: str, note: str = "") -> Q:
    """What a person gives is of no account, and shown with that of its invoice's month."""
    given = {f"{note}account": None, f"{note}invoice__period": period}
    return Q(**{f"{note}account__period": period}) | Q(**given)


def _notes(period: str, accounts: Iterable[TrueUpAccount]) -> dict[str, list[CreditNote]]:
    of_contract = {account.contract_id: account.account_id for account in accounts}
    by_account: dict[str, list[CreditNote]] = defaultdict(list)
    notes = CreditNote.objects.select_related("invoice").filter(_of_month(period))
    notes = notes.defer("invoice__frozen", "invoice__costs")
    for note in notes.exclude(state=State.VOID, number="").order_by("note_id"):
        of = note.account_id or of_contract.get(note.invoice.contract_id, "")
        by_account[of].append(note)
    return by_account


def _credited_lines(period: str) -> dict[str, list[dict[str, str]]]:
    """What each note gives back, by the description of the invoice's line."""
    by_note: dict[str, list[dict[str, str]]] = defaultdict(list)
    lines = CreditNoteLine.objects.filter(_of_month(period, "note__"))
    for note_id, currency, description, amount in lines.order_by("note_id", "position").values_list(
        "note_id", "note__currency", "invoice_line__description", "amount_minor"
    ):
        by_note[note_id].append({"description": description, "amount": _text(amount, currency)})
    return by_note


def _left_to_pay(notes: Sequence[CreditNote]) -> dict[str, int]:
    """Of the invoices that notes are of: the total less what notes took off it while open."""
    left = {
        note.invoice_id: note.invoice.total_minor + (note.invoice.tax_minor or 0) for note in notes
    }
    issued = CreditNote.objects.filter(invoice__in=[*left], state=State.ISSUED)
    for invoice_id, settlement in issued.values_list("invoice_id", "settlement"):
        left[invoice_id] -= (settlement or {}).get("remaining", 0)
    return left


def _waiting_state(debit: Debit) -> str:
    """One that is held stays off the next invoice until a person releases it."""
    return State.PARKED if debit.parked_for else debit.state


def _debits(period: str) -> dict[str, list[Debit]]:
    by_account: dict[str, list[Debit]] = defaultdict(list)
    of_debit = InvoiceLine.objects.filter(invoice=OuterRef("invoice"), account=OuterRef("account"))
    sums = of_debit.order_by().values("account").annotate(sum=Sum("tax_minor")).values("sum")
    debits = (
        Debit.objects.select_related("invoice", "account__invoice")
        .filter(~Q(state=DebitState.DISCARDED), account__period=period)
        .annotate(tax_minor=Subquery(sums))
    )
    for debit in debits.order_by("debit_id"):
        by_account[debit.account_id].append(debit)
    return by_account


def _text(minor: int, currency: str) -> str:
    amount: Decimal = Money.from_minor(minor, currency).amount
    return str(amount)
