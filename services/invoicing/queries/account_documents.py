"""An account as its documents have it: what was billed, what was given back, and what room is."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Q, QuerySet, Sum

from services.invoicing.domain.account_terms import Target, is_cost_derived
from services.invoicing.domain.settlement import Account, BilledLine, Document
from services.invoicing.models import (
    Contract,
    CreditNote,
    CreditNoteLine,
    Debit,
    InvoiceLine,
    TrueUpAccount,
)
from services.invoicing.queries.account_terms import row_key
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import DEBIT_OPEN, NOTE_COUNTS, DebitState, NoteKind
from shared.vocabulary.invoice_states import FINISHED_STATES, State

# What Stripe has, or is being asked for. A voided document bills nothing, nor do its notes.
BILLS = FINISHED_STATES - {State.VOID}


def read_account(account: TrueUpAccount, target: Target, pending_minor: int = 0) -> Account:
    return account_of(account, target, read_documents(account), pending_minor)


def account_of(
    account: TrueUpAccount,
    target: Target,
    documents: Sequence[Document],
    pending_minor: int = 0,
) -> Account:
    return Account(
        target=target.lines,
        below_zero_minor=target.below_zero_minor,
        base_minor=account.base_minor,
        documents=documents,
        state=AccountState(account.state),
        pending_minor=pending_minor,
    )


def read_documents(account: TrueUpAccount) -> list[Document]:
    """From the oldest to the newest; lines of fees and of other accounts are left out."""
    return documents_of([account])[account.pk]


def documents_of(accounts: Sequence[TrueUpAccount]) -> dict[str, list[Document]]:
    """By account, each as `read_documents`, in three statements for a whole month."""
    first = {one.invoice_id: one.pk for one in accounts if one.invoice_id is not None}
    lines: dict[str, dict[str, list[InvoiceLine]]] = {one.pk: defaultdict(list) for one in accounts}
    of_these = Q(account__in=[*lines]) | Q(invoice__in=[*first], account=None)
    for line in (
        InvoiceLine.objects.filter(of_these, invoice__state__in=BILLS)
        .select_related("invoice")
        .defer("invoice__frozen", "invoice__costs")
        .order_by("invoice__issued_at", "invoice_id", "position")
    ):
        if is_cost_derived(line.kind):
            lines[line.account_id or first[line.invoice_id]][line.invoice_id].append(line)
    invoice_ids = sorted({invoice_id for mine in lines.values() for invoice_id in mine})
    given = _given(invoice_ids)
    rest = _rest(invoice_ids)
    return {
        account_id: [
            Document(
                document_id=invoice_id,
                lines=[_billed(line, given[line.pk]) for line in of_invoice],
                rest_minor=of_invoice[0].invoice.total_minor - rest[invoice_id],
            )
            for invoice_id, of_invoice in mine.items()
        ]
        for account_id, mine in lines.items()
    }


def accounts_on(invoice_id: str) -> QuerySet[TrueUpAccount]:
    """The month that the invoice is the first of, and the earlier ones that it charges for."""
    of_lines = InvoiceLine.objects.filter(invoice=invoice_id).exclude(account=None)
    return TrueUpAccount.objects.filter(
        Q(invoice=invoice_id) | Q(pk__in=of_lines.values("account"))
    )


def unissued_notes(account: TrueUpAccount) -> list[CreditNote]:
    waiting = CreditNote.objects.filter(account=account, kind=NoteKind.TRUE_UP)
    return list(waiting.exclude(state__in=[State.ISSUED, State.VOID]).order_by("note_id"))


def open_debit(account: TrueUpAccount) -> Debit | None:
    return (
        Debit.objects.select_related("invoice")
        .filter(account=account, state__in=DEBIT_OPEN)
        .first()
    )


def waiting_debits(contract: Contract, period: str) -> list[Debit]:
    """Of the contract's earlier months: its next standard invoice is what they wait for."""
    free = Debit.objects.filter(state=DebitState.WAITING, is_judged=True, parked_for=[])
    return list(
        free.select_related("account", "account__invoice")
        .filter(account__contract=contract, account__period__lt=period)
        .order_by("account__period", "debit_id")
    )


def contracts_unjudged(period: str) -> set[str]:
    """Those with a debit of an earlier month of which it isn't known yet whether it is held."""
    unjudged = Debit.objects.filter(
        state=DebitState.WAITING, is_judged=False, account__period__lt=period
    )
    return set(unjudged.values_list("account__contract", flat=True))


def is_issuing(account: TrueUpAccount) -> bool:
    """Stripe is being asked for a correction of it: until that is known, nothing else is made."""
    debit = open_debit(account)
    placed_on = debit.invoice if debit is not None else None
    if placed_on is not None and (placed_on.state in BILLS or placed_on.stripe_invoice_id):
        return True
    return any(note.state == State.ISSUING for note in unissued_notes(account))


def _billed(line: InvoiceLine, given: Mapping[str, int]) -> BilledLine:
    corrected = given.get(NoteKind.TRUE_UP, 0)
    return BilledLine(
        position=line.position,
        key=row_key(line),
        amount_minor=line.amount_minor,
        corrected_minor=corrected,
        other_minor=sum(given.values()) - corrected,
    )


def _given(invoice_ids: list[str]) -> dict[int, Counter[str]]:
    """By line and kind of note."""
    given: dict[int, Counter[str]] = defaultdict(Counter)
    sums = (
        CreditNoteLine.objects.filter(
            invoice_line__invoice__in=invoice_ids, note__state__in=NOTE_COUNTS
        )
        .values_list("invoice_line", "note__kind")
        .annotate(sum=Sum("amount_minor"))
    )
    for line, kind, amount in sums:
        given[line][kind] += amount
    return given


def _rest(invoice_ids: list[str]) -> Counter[str]:
    """Net of all notes on an invoice, of every kind and account."""
    sums = (
        CreditNote.objects.filter(invoice__in=invoice_ids, state__in=NOTE_COUNTS)
        .values_list("invoice")
        .annotate(sum=Sum("net_minor"))
    )
    return Counter(dict(sums))
