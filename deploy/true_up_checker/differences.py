"""By how much each account of a month is off: 0 of every one where nothing is wrong."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from deploy.true_up_checker.billed import billed_at_stripe
from deploy.true_up_checker.currencies import decimals_of, from_minor
from deploy.true_up_checker.prices import Costs, price
from shared.csv_files import read_rows

# The text of a file of the lake, by its address.
Read = Callable[[str], str]
# What the stand-in answers to GET /_control/<name>.
Control = Callable[[str], Mapping[str, Any]]


def differences(
    rows: Iterable[Mapping[str, Any]], *, read: Read, control: Control
) -> list[Decimal]:
    """Of each row of GET /api/v1/corrections, in their order.

    The target, by the newest close's statements and the account's frozen terms, less what Stripe
    has billed for it, what is waived, and what the ledger says is carried. Where a row's first
    invoice is on its way to Stripe it is what that will bill.
    """
    billed = billed_at_stripe(
        control("invoices")["invoices"], control("credit_notes")["credit_notes"]
    ).by_account
    costs_of = cache(lambda uri: statement_costs(read(uri)))
    return [_difference(row, costs_of(row["statements_uri"]), billed) for row in rows]


def _difference(row: Mapping[str, Any], costs: Costs, billed: Mapping[str, int]) -> Decimal:
    currency = row["currency"]
    step = Decimal(10) ** decimals_of(currency)
    drawn = {one["grant"]: int(Decimal(one["drawn"]) * step) for one in row.get("grants", ())}
    target = price(row["terms"]["prices"], row["period"], costs, drawn).target
    known = from_minor(target - billed.get(row["account"], 0), currency)
    return known - Decimal(row["waived"]) - Decimal(row["ledger"]) or Decimal(0)


def statement_costs(text: str) -> Costs:
    """Of a run's statements.csv."""
    costs: defaultdict[str, defaultdict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for row in read_rows(text):
        costs[row["tenant"]][row["charge_group"]] += Fraction(row["amount"])
    return {tenant: dict(groups) for tenant, groups in costs.items()}
