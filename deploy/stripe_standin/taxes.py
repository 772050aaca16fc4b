"""Tax that the caller computed: `tax_amounts` of lines, and the rates Stripe makes of them.

A rate that is made so is archived at once, used again by the same data, and named by no caller but
on a credit note line, where it must be one of the invoice line's own.
"""

import json
from decimal import Decimal
from typing import Any, Final

from deploy.stripe_standin.errors import invalid
from deploy.stripe_standin.store import Body, Store, new_identifier

_PERCENTAGE_MAX: Final = 100
_PERCENTAGE_DECIMALS: Final = 4
_TAXES: Final = (
    "SELECT tax.value FROM object, json_each(object.body, '$.taxes') AS tax "
    "WHERE object.parent = ? AND object.kind = 'line_item' ORDER BY object.position"
)


def taxes_of(store: Store, tax_amounts: Any) -> list[Body]:
    """`tax_amounts` of an invoice line as its `taxes`; an empty string is none."""
    return [
        tax(
            amount=given["amount"],
            rate=_rate(store, given["tax_rate_data"]),
            taxable=given["taxable_amount"],
            inclusive=given["tax_rate_data"]["inclusive"],
            reason=given.get("taxability_reason", "not_available"),
        )
        for given in tax_amounts or []
    ]


def tax(*, amount: int, rate: str, taxable: int, inclusive: bool, reason: str) -> Body:
    return {
        "amount": amount,
        "tax_behavior": "inclusive" if inclusive else "exclusive",
        "tax_rate_details": {"tax_rate": rate},
        "taxability_reason": reason,
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def rate_of(tax_of_line: Body) -> str:
    return str(tax_of_line["tax_rate_details"]["tax_rate"])


def exclusive(taxes: list[Body]) -> int:
    return sum(one["amount"] for one in taxes if one["tax_behavior"] == "exclusive")


def inclusive(taxes: list[Body]) -> int:
    return sum(one["amount"] for one in taxes if one["tax_behavior"] == "inclusive")


def invoice_taxes(store: Store, invoice: str) -> list[Body]:
    return total_taxes([json.loads(row["value"]) for row in store.execute(_TAXES, invoice)])


def total_taxes(taxes: list[Body]) -> list[Body]:
    """One entry per rate, behaviour and reason, in the order in which they come."""
    totals: dict[tuple[str, str, str], Body] = {}
    for one in taxes:
        key = rate_of(one), one["tax_behavior"], one["taxability_reason"]
        if key in totals:
            for name in ("amount", "taxable_amount"):
                totals[key][name] += one[name]
        else:
            totals[key] = {**one}
    return list(totals.values())


def _rate(store: Store, data: Body) -> str:
    percentage = Decimal(str(data["percentage"]))
    is_in_range = 0 <= percentage <= _PERCENTAGE_MAX
    if not is_in_range or percentage != round(percentage, _PERCENTAGE_DECIMALS):
        raise invalid(
            "The percentage of a tax rate is between 0 and 100, with at most 4 decimal places: "
            f"{percentage}.",
            param="lines",
        )
    key = json.dumps(data, sort_keys=True)
    statement = "SELECT id FROM object WHERE kind = 'tax_rate' AND parent = ?"
    known = store.execute(statement, key)
    if known:
        return str(known[0]["id"])
    rate = {
        "id": new_identifier("txr"),
        "object": "tax_rate",
        "active": False,
        "created": store.now(),
        "livemode": False,
        **data,
        "percentage": float(data["percentage"]),
    }
    store.add(rate, parent=key)
    return str(rate["id"])
