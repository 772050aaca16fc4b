"""What each account of a month was billed, is to be billed, and is corrected by."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q

from services.invoicing.domain.settlement import Account
from services.invoicing.models import ClosedPeriod, CreditNote, Debit, TrueUpAccount
from services.invoicing.queries.account_documents import read_account
from services.invoicing.queries.account_ledger import ledger_balances
from services.invoicing.queries.account_terms import read_target
from shared.exact import shortened
from shared.money import Money
from shared.vocabulary.corrections import DebitState
from shared.vocabulary.invoice_states import State


def read_corrections(period: str) -> list[dict[str, Any]]:
    """By customer and contract; amounts are decimals as text, before tax."""
    closed = ClosedPeriod.objects.filter(period=period).first()
    accounts = (
        TrueUpAccount.objects.select_related("customer", "contract", "invoice")
        .filter(period=period)
        .order_by("customer_id", "contract_id")
    )
    notes, debits, balances = _notes(period), _debits(period), ledger_balances(accounts)
    return [
        _row(account, closed, notes[account.pk], debits[account.pk])
        | {"ledger": str(shortened(balances[account.pk]))}
        for account in accounts
    ]


def _row(
    account: TrueUpAccount,
    closed: ClosedPeriod | None,
    notes: Iterable[CreditNote],
    debits: Iterable[Debit],
) -> dict[str, Any]:
    given: Account = read_account(account, read_target(account))
    carried = given.target_minor - given.billed_minor - account.waived_minor
    amounts = {
        "base": account.base_minor,
        "target": given.target_minor,
        "billed": given.billed_minor,
        "carried": carried,
        "waived": account.waived_minor,
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
        "terms": account.terms,
        "statements_uri": closed.statements_uri if closed is not None else "",
        "documents": [
            *(_note(note) for note in notes),
            *(_debit(debit) for debit in debits),
        ],
    }


def _note(note: CreditNote) -> dict[str, Any]:
    settled = note.settlement or {}
    return {
        "kind": "credit_note",
        "document": note.note_id,
        "version": note.version,
        "number": note.number,
        "corrects": note.invoice.number,
        "net": _text(note.net_minor, note.currency),
        "tax": _text(note.tax_minor, note.currency),
        "state": note.state,
        "parked_for": note.parked_for,
        "detail": _detail(note.detail, note.currency),
        **{
            name: _text(settled.get(name, 0), note.currency)
            for name in ("remaining", "balance", "refund", "out_of_band")
        },
        "refund_failed": _text(note.refund_failed_minor, note.currency),
    }


def _debit(debit: Debit) -> dict[str, Any]:
    """Without an invoice it waits for the next one."""
    account, on = debit.account, debit.invoice
    zero = _text(0, account.currency)
    return {
        "kind": "debit",
        "document": on.invoice_id if on is not None else debit.debit_id,
        "version": on.version if on is not None else 1,
        "number": on.number if on is not None else "",
        "corrects": account.invoice.number if account.invoice is not None else "",
        "net": _text(debit.amount_minor, account.currency),
        "tax": zero,
        "state": on.state if on is not None else debit.state,
        "parked_for": on.parked_for or [] if on is not None else [],
        "detail": _detail(debit.detail, account.currency),
        "remaining": zero,
        "balance": zero,
        "refund": zero,
        "out_of_band": zero,
        "refund_failed": zero,
    }


def _detail(detail: Iterable[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    return [
        {
            **line,
            "charged": _text(line["charged"], currency),
            "corrected": _text(line["corrected"], currency),
        }
        for line in detail
    ]


def _notes(period: str) -> dict[str, list[CreditNote]]:
    by_account: dict[str, list[CreditNote]] = defaultdict(list)
    notes = CreditNote.objects.select_related("invoice").filter(account__period=period)
    for note in notes.exclude(state=State.VOID, number="").order_by("note_id"):
        by_account[note.account_id or ""].append(note)
    return by_account


def _debits(period: str) -> dict[str, list[Debit]]:
    by_account: dict[str, list[Debit]] = defaultdict(list)
    debits = Debit.objects.select_related("invoice", "account__invoice").filter(
        ~Q(state=DebitState.DISCARDED), account__period=period
    )
    for debit in debits.order_by("debit_id"):
        by_account[debit.account_id].append(debit)
    return by_account


def _text(minor: int, currency: str) -> str:
    amount: Decimal = Money.from_minor(minor, currency).amount
    return str(amount)
