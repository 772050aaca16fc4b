"""A customer's account, in its states."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from services.portal.pages.account import AccountDays, AccountPage
from services.portal.pages.page import CustomerName
from services.portal.queries.account_page import currency_accounts

# When, what, which document, its number and month, by how much, and what is owed then.
_ENTRIES: Final = (
    ("2026-10-03", "issued", "invoice", "LF-2026-0118", "2026-09", "2190.40", "2190.4"),
    ("2026-10-19", "paid", "invoice", "LF-2026-0118", "2026-09", "-2190.40", "0"),
    ("2026-11-03", "issued", "invoice", "LF-2026-0134", "2026-10", "2311.69", "2311.69"),
    ("2026-11-12", "issued", "credit_note", "LF-2026-0134-CN-01", "2026-10", "-60.3", "2251.39"),
    ("2026-11-20", "paid", "invoice", "LF-2026-0134", "2026-10", "-2251.39", "0"),
    ("2026-11-23", "issued", "credit_note", "LF-2026-0134-CN-02", "2026-10", "-200", "-200"),
)


def _given(currency: str = "USD", **changed: Any) -> dict[str, Any]:
    names = ("at", "event", "kind", "number", "period", "amount", "balance")
    entries = [dict(zip(names, entry, strict=True)) for entry in _ENTRIES]
    return {
        "currency": currency,
        "opening": "0",
        "closing": "-200",
        "due": "0",
        "on_credit": "200",
        "entries": [
            {**entry, "at": f"{entry['at']}T08:00:00+00:00", "document": "acme"}
            for entry in entries
        ],
        **changed,
    }


def page(*given: dict[str, Any], is_staff: bool = False) -> AccountPage:
    return AccountPage(
        customer=CustomerName("Acme GmbH"),
        customer_key="acme" if is_staff else "",
        is_staff=is_staff,
        days=AccountDays(),
        asked="",
        accounts=currency_accounts(given or [_given()]),
    )


def of_some_days() -> AccountPage:
    shown = page(_given(opening="2190.4", due="2251.39", closing="2251.39", on_credit="0"))
    days = AccountDays(date(2026, 10, 1), date(2026, 11, 30))
    return replace(shown, days=days, asked="?from=2026-10-01&to=2026-11-30")


CUSTOMERS_PAGES: Final[dict[str, Callable[[], AccountPage]]] = {
    "account.html": page,
    "account-some-days.html": of_some_days,
    "account-nothing.html": lambda: replace(page(), accounts=()),
    "account-no-days.html": lambda: replace(
        page(),
        days=AccountDays(problem="Write days such as 2026-11-30. All of the account is below."),
    ),
    "account-silent.html": lambda: replace(
        page(),
        accounts=(),
        silent="The invoicing service, which has the account, does not answer.",
    ),
}
STAFFS_PAGES: Final[dict[str, Callable[[], AccountPage]]] = {
    "account-acme.html": lambda: page(is_staff=True),
    "account-currencies.html": lambda: page(_given("EUR"), _given(), is_staff=True),
}
