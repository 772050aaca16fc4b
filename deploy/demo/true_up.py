"""What the sample's restated months were corrected by, and whether all books agree on it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from deploy.demo.checks import OLIVIA, stored_at_stripe
from deploy.local.api_client import ApiClient
from deploy.local.lake import connect
from deploy.local.servers import Servers
from deploy.true_up_checker import differences
from shared.exact import shortened
from shared.money import currency_exponent
from shared.vocabulary.invoice_states import StripeStatus

_CREDIT_NOTE: Final = "credit_note"
Amounts = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True)
class TrueUp:
    """Of all accounts of some months; amounts are in the bill's currency, as all contracts are."""

    credit_notes: int
    debits: int
    difference: Decimal
    waived: Decimal
    ledger_difference: Decimal
    statement_differences: int

    def figures(self) -> dict[str, Any]:
        return {
            "true_up_documents": self.credit_notes + self.debits,
            "credit_notes": self.credit_notes,
            "debits": self.debits,
            "true_up_difference": str(shortened(self.difference)),
            "waived": str(shortened(self.waived)),
            "ledger_difference": str(shortened(self.ledger_difference)),
            "statement_differences": self.statement_differences,
        }


def look_at_true_up(client: ApiClient, servers: Servers, accounts: Iterable[Any]) -> TrueUp:
    """`accounts` are those of the API's corrections."""
    rows = list(accounts)
    documents = [document for row in rows for document in row["documents"]]
    notes = sum(document["kind"] == _CREDIT_NOTE for document in documents)
    due, on_credit = _at_stripe(servers)
    return TrueUp(
        credit_notes=notes,
        debits=len(documents) - notes,
        difference=_sum(map(abs, account_differences(servers, rows))),
        waived=_sum(Decimal(row["waived"]) for row in rows),
        ledger_difference=_ledger_difference(client, rows, due, on_credit),
        statement_differences=len(list(_wrong_statements(client, due, on_credit))),
    )


def account_differences(servers: Servers, rows: Sequence[Mapping[str, Any]]) -> list[Decimal]:
    """Of each row of GET /api/v1/corrections, in their order; 0 where all is right."""
    with closing(connect(servers)) as storage:
        return differences(
            rows,
            read=lambda uri: storage.read(uri).decode(),
            control=lambda name: {name: stored_at_stripe(servers, name)},
        )


def _ledger_difference(
    client: ApiClient, rows: Iterable[Any], due: Amounts, on_credit: Amounts
) -> Decimal:
    """What a customer owes and has on credit is Stripe's, and `true_up` what its months carry."""
    answer = client.call(OLIVIA, "invoicing", "GET", "/api/v1/ledger")
    booked: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(dict)
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in answer["data"]:
        whose = row["customer"], row["currency"]
        booked[row["account"]][whose] = Decimal(row["balance"])
        sums[whose] += Decimal(row["balance"])
    carried: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        carried[row["customer"], row["currency"]] += Decimal(row["carried"])
    return (
        _off(booked["true_up"], carried)
        + _off(booked["receivable"], due)
        + _off(booked["customer_credit"], {whose: -amount for whose, amount in on_credit.items()})
        + _off(sums, {})
        + len(answer["unbalanced"])
    )


def _wrong_statements(client: ApiClient, due: Amounts, on_credit: Amounts) -> Iterator[str]:
    """Customers whose statement of account doesn't end with what Stripe says of them."""
    customers = client.call(OLIVIA, "invoicing", "GET", "/api/v1/customers")["data"]
    for customer in (known["customer"] for known in customers):
        path = f"/api/v1/customers/{customer}/account"
        statements = client.call(OLIVIA, "invoicing", "GET", path)["data"]
        ends = {(customer, one["currency"]): Decimal(one["closing"]) for one in statements}
        wanted = {
            whose: due.get(whose, Decimal(0)) - on_credit.get(whose, Decimal(0))
            for whose in (due.keys() | on_credit.keys())
            if whose[0] == customer
        }
        if _off(ends, wanted):
            yield customer


def _at_stripe(servers: Servers) -> tuple[Amounts, Amounts]:
    """By customer and currency: what is left to pay, and what is on its balance there."""
    due: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    on_credit: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    customers = stored_at_stripe(servers, "customers")
    ours = {one["id"]: one["metadata"].get("trueback_customer", one["id"]) for one in customers}
    for invoice in stored_at_stripe(servers, "invoices"):
        if invoice["status"] == StripeStatus.OPEN.value:
            currency = invoice["currency"].upper()
            left = _money(invoice["amount_remaining"], currency)
            due[ours[invoice["customer"]], currency] += left
    for customer in customers:
        if customer["balance"]:
            currency = customer["currency"].upper()
            on_credit[ours[customer["id"]], currency] -= _money(customer["balance"], currency)
    return due, on_credit


def _off(actual: Amounts, wanted: Amounts) -> Decimal:
    return _sum(
        abs(actual.get(whose, Decimal(0)) - wanted.get(whose, Decimal(0)))
        for whose in actual.keys() | wanted.keys()
    )


def _money(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-currency_exponent(currency))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
