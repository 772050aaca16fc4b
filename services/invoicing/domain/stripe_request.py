"""What Stripe is asked for: pure, so that a retry asks for exactly the same."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from services.invoicing.domain.tax import TAXABILITY, TaxTerms
from shared.contracts.invoicing import Difference
from shared.exact import shortened

# Stripe: `add_lines` takes at most 250 lines, and a line at most 500 characters of description.
LINES_PER_CALL: Final = 250
DESCRIPTION_MAX: Final = 500
# Stripe cuts nothing by itself: a longer custom field is refused.
CUSTOM_FIELD_MAX: Final = 140


@dataclass(frozen=True)
class RequestLine:
    """`service_start <= day < service_end`, in UTC: what the line is charged for.

    `account_id` is of the month whose cost it is derived from; a fee has none. `tax` is None where
    none is ours.
    """

    position: int
    description: str
    amount_minor: int
    service_start: date
    service_end: date
    account_id: str = ""
    tax_minor: int = 0
    tax: TaxTerms | None = None


def customer_request(
    *, customer_id: str, name: str, email: str, address: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "name": name,
        "email": email,
        "address": {
            part: address[part]
            for part in ("line1", "line2", "city", "state", "postal_code", "country")
            if address.get(part)
        },
        "metadata": {"trueback_customer": customer_id},
    }


def draft_request(
    *,
    stripe_customer_id: str,
    invoice_id: str,
    currency: str,
    period: str,
    days_until_due: int,
    purchase_order: str,
    digest: str,
) -> dict[str, Any]:
    """A draft that never finalises by itself and takes no pending items along."""
    request: dict[str, Any] = {
        "customer": stripe_customer_id,
        "auto_advance": False,
        "collection_method": "send_invoice",
        "days_until_due": days_until_due,
        "currency": currency.lower(),
        "pending_invoice_items_behavior": "exclude",
        "description": f"Cloud usage {period}",
        "metadata": {
            "trueback_invoice": invoice_id,
            "trueback_period": period,
            "trueback_digest": digest,
        },
    }
    if purchase_order:
        request["custom_fields"] = [
            {"name": "Purchase order", "value": purchase_order[:CUSTOM_FIELD_MAX]}
        ]
    return request


def line_requests(lines: Sequence[RequestLine]) -> Iterator[dict[str, Any]]:
    """Whole amounts in minor units, so that our rounding decides; 250 lines a call.

    Each line has its own service dates: a year's fee is of its year, not of the invoice's month.
    """
    for start in range(0, len(lines), LINES_PER_CALL):
        yield {
            "lines": [
                {
                    "amount": line.amount_minor,
                    "description": line.description[:DESCRIPTION_MAX],
                    "period": {
                        "start": _midnight(line.service_start),
                        "end": _midnight(line.service_end),
                    },
                    "metadata": _metadata(line),
                    **_tax(line),
                }
                for line in lines[start : start + LINES_PER_CALL]
            ]
        }


def _tax(line: RequestLine) -> dict[str, Any]:
    """Stripe makes a rate of its data, and adds the amount as it is, also one of 0."""
    if line.tax is None:
        return {}
    country, _, part = line.tax.place.partition("-")
    rate = {
        "display_name": "Tax",
        "percentage": str(shortened(line.tax.percent)),
        "inclusive": False,
        "country": country,
        "description": line.tax.category,
        **({"state": part} if part else {}),
    }
    tax = {
        "amount": line.tax_minor,
        "taxable_amount": line.amount_minor,
        "taxability_reason": TAXABILITY[line.tax.category],
        "tax_rate_data": rate,
    }
    return {"tax_amounts": [tax]}


def _metadata(line: RequestLine) -> dict[str, str]:
    """By it anyone can tell at Stripe alone what was billed for a month's cost."""
    account = {"trueback_account": line.account_id} if line.account_id else {}
    return {"trueback_line": str(line.position), **account}


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), tzinfo=UTC).timestamp())


def inequalities(
    lines: Sequence[RequestLine],
    *,
    currency: str,
    total_minor: int,
    at_stripe: Mapping[str, int],
    stripe_currency: str,
    stripe_total_minor: int,
    taxes_at_stripe: Mapping[str, int] | None = None,
) -> list[Difference]:
    """Where Stripe's draft is not ours, line by line; finalised only if there is nothing.

    `at_stripe` is the amount per `trueback_line`, `taxes_at_stripe` its tax.
    """
    wanted = {str(line.position): line.amount_minor for line in lines}
    taxes, there = {str(line.position): line.tax_minor for line in lines}, taxes_at_stripe or {}
    compared: list[tuple[str, object, object]] = [
        *(
            (f"line {position}", wanted.get(position), at_stripe.get(position))
            for position in sorted(wanted.keys() | at_stripe.keys())
        ),
        *(
            (f"tax of line {position}", taxes.get(position, 0), there.get(position, 0))
            for position in sorted(taxes.keys() | there.keys())
        ),
        ("currency", currency, stripe_currency),
        ("total", total_minor, stripe_total_minor),
    ]
    return [
        Difference(of, _text(here), _text(there)) for of, here, there in compared if here != there
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
