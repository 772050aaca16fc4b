"""What Stripe's store holds of an account: its lines less what true-up has credited of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Body = Mapping[str, Any]

# No document of anybody's: a draft that nobody has seen, and what a person has voided.
_NO_DOCUMENT: Final = frozenset({"draft", "void"})


@dataclass(frozen=True)
class Billed:
    """By account, in minor units and before tax; `stray` is what a note credits of no account."""

    by_account: Mapping[str, int] = field(default_factory=dict)
    stray: int = 0


def billed_at_stripe(invoices: Iterable[Body], credit_notes: Iterable[Body]) -> Billed:
    """As the stand-in's `/_control` has them, with `all_lines`.

    A line says in `trueback_account` whose month it is derived from; a fee says nothing. What a
    person has credited was billed all the same.
    """
    billed: Counter[str] = Counter()
    account_of: dict[str, str] = {}
    live = [one for one in invoices if one["status"] not in _NO_DOCUMENT]
    for invoice in live:
        for line in invoice["all_lines"]:
            account = line["metadata"].get("trueback_account", "")
            account_of[line["id"]] = account
            if account:
                billed[account] += line["amount"]
    stray = 0
    for note in credit_notes:
        if note["status"] == "void" or note["metadata"].get("trueback_kind") != "true_up":
            continue
        for line in note["all_lines"]:
            # One on a voided invoice is void with it.
            account = account_of.get(line["invoice_line_item"])
            if account:
                billed[account] -= line["amount"]
            elif account is not None:
                stray += line["amount"]
    return Billed(dict(billed), stray)
