"""Is what came out what must come out? Checked by the generator's own truth and Stripe's store."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import httpx

from deploy.local.api_client import ANSWER_SECONDS, ApiClient
from deploy.local.servers import Servers
from deploy.sample_company.months import SampleMonth, restated_anchor
from deploy.sample_company.truth import Truth
from shared.auth.actors import Actor
from shared.csv_files import read_rows
from shared.lake.storage import Storage
from shared.money import currency_exponent
from shared.vocabulary.roles import Role

# A cell is split by largest remainder, so that each share is within one quantum of the exact one.
QUANTUM: Final = Fraction(1, 10**10)
OLIVIA: Final = Actor("olivia", Role.OPERATOR_ADMIN)


@dataclass(frozen=True)
class AtStripe:
    count: int
    equal: bool
    differences: Sequence[str]


def delivered_runs(
    client: ApiClient, months: Sequence[SampleMonth]
) -> Iterator[tuple[SampleMonth, Mapping[str, Any]]]:
    """Each delivery with the run that came of it; the anchor's first with that of its first close.

    The restated anchor is last, when the lines that other bills have of it are known.
    """
    for month in months:
        period = client.call(OLIVIA, "attribution", "GET", f"/api/v2/periods/{month}")
        if month.offset == 0:
            first, newest = period["closes"][0]["run"], period["run"]
            yield month, first
        else:
            yield month, period["run"]
    yield restated_anchor(months), newest


def changed_tenants(storage: Storage, before_uri: str, after_uri: str) -> set[str]:
    """Those of whom two runs say another amount of any charge group and method."""
    before, after = (_statement_lines(storage, uri) for uri in (before_uri, after_uri))
    return {tenant for tenant, *_ in before ^ after if ":" not in tenant}


def _statement_lines(storage: Storage, folder_uri: str) -> set[tuple[str, ...]]:
    rows = read_rows(storage.read(f"{folder_uri}/statements.csv").decode())
    return {
        (row["tenant"], row["charge_group"], row["method"], str(Decimal(row["amount"])))
        for row in rows
    }


def compare_with_truth(storage: Storage, folder_uri: str, truth: Truth) -> list[str]:
    """What a run of the product has in the lake against the truth; see `untrue`."""
    statements = storage.read(f"{folder_uri}/statements.csv").decode()
    rows = ((row["tenant"], Decimal(row["amount"])) for row in read_rows(statements))
    return untrue(truth, rows)


def untrue(truth: Truth, rows: Iterable[tuple[str, Decimal]]) -> list[str]:
    """A sentence per recipient whose amount is off by a quantum for each of its cells, or more."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for tenant, amount in rows:
        amounts[tenant] += amount
    findings = []
    for key in sorted(set(truth.amounts) | set(amounts)):
        exact, got = truth.amounts.get(key, Fraction(0)), Fraction(amounts[key])
        if abs(exact - got) >= QUANTUM * max(1, truth.cells.get(key, 1)):
            findings.append(f"{key}: {float(got)} attributed, {float(exact)} true")
    return findings


def stored_at_stripe(servers: Servers, name: str) -> list[Any]:
    """All that the stand-in's store has of invoices, customers or credit notes."""
    answer = httpx.get(
        f"{servers.stripe_url}/_control/{name}",
        headers={"Authorization": f"Bearer {servers.credentials['stripe.api_key']}"},
        timeout=ANSWER_SECONDS,
    )
    stored: list[Any] = answer.raise_for_status().json()[name]
    return stored


def compare_with_stripe(servers: Servers, invoices: Sequence[Mapping[str, Any]]) -> AtStripe:
    """Every invoice at Stripe against ours, by id, number, total, currency and status."""
    at_stripe = {
        item["id"]: _essence(item["number"], item["total"], item["currency"], item["status"])
        for item in stored_at_stripe(servers, "invoices")
    }
    ours = {
        invoice["stripe_invoice_id"]: _essence(
            invoice["number"],
            int(Decimal(invoice["total"]).scaleb(currency_exponent(invoice["currency"]))),
            invoice["currency"].lower(),
            invoice["stripe_status"],
        )
        for invoice in invoices
        if invoice["stripe_invoice_id"]
    }
    differences = [
        f"{key}: {ours.get(key)} here, {at_stripe.get(key)} at Stripe"
        for key in sorted(ours.keys() | at_stripe.keys())
        if ours.get(key) != at_stripe.get(key)
    ]
    return AtStripe(len(at_stripe), not differences, differences)


def _essence(*parts: object) -> tuple[str, ...]:
    return tuple(str(part) for part in parts)
