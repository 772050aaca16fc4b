"""A customer's account: what was issued and paid, in order, and what is left to pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from services.portal.pages.page import CustomerName, Page
from shared.money import Money
from shared.periods import Month


@dataclass(frozen=True)
class AccountEntry:
    """`amount` is what the customer owes more by it, `balance` what it owes then.

    `invoice_id` or `note_id` is of the document that it is about.
    """

    at: datetime
    what: str
    month: Month | None
    amount: Money
    balance: Money
    invoice_id: str
    note_id: str


@dataclass(frozen=True)
class CurrencyAccount:
    currency: str
    opening: Money
    closing: Money
    due: Money
    on_credit: Money
    entries: Sequence[AccountEntry]


@dataclass(frozen=True)
class AccountDays:
    """Both inclusive, in UTC; None: from the beginning, and to now. `problem`: they are none."""

    first: date | None = None
    last: date | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountPage(Page):
    """`silent` says that invoicing does not answer; then `accounts` are not known.

    `is_staff` leads to the pages of staff; `customer_key` is then in its address, else empty.
    """

    template: ClassVar[str] = "portal/customer/account.html"

    customer: CustomerName
    customer_key: str
    is_staff: bool
    days: AccountDays
    asked: str
    accounts: Sequence[CurrencyAccount] = ()
    silent: str = ""
