"""What the ledger says that accounts carry: the balance of `true_up`, by account."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from services.invoicing.models import CreditNote, LedgerEntry, TrueUpAccount


def ledger_balances(accounts: Iterable[TrueUpAccount]) -> dict[str, Decimal]:
    """Of what an account's settlements, notes and debits have booked; see `book_entries`."""
    ids = {account.account_id for account in accounts}
    customers = {account.customer_id for account in accounts}
    notes = dict(CreditNote.objects.filter(account__in=ids).values_list("note_id", "account_id"))
    balances: dict[str, Decimal] = defaultdict(Decimal)
    entries = LedgerEntry.objects.filter(customer_id__in=customers, account="true_up")
    for document, amount in entries.values_list("document", "amount"):
        of_whom, _, event = document.partition(":")
        of = event.partition(":")[2] or notes.get(of_whom, of_whom)
        if of in ids:
            balances[of] += amount
    return balances
