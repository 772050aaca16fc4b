"""Who sells, who buys, and under which plan."""

from typing import Any, Final

SELLER: Final[dict[str, Any]] = {
    "key": "larkfield",
    "name": "Larkfield Analytics, Inc.",
    "address": {
        "line1": "1420 Fifth Avenue, Suite 2200",
        "city": "Seattle",
        "state": "WA",
        "country": "US",
        "postal_code": "98101",
    },
    "tax_id": "91-4418207",
}


def _plan(
    key: str, name: str, *, percent: str = "", fee: str = "", fee_name: str = "Platform fee"
) -> dict[str, Any]:
    components: list[dict[str, str]] = []
    if percent:
        components.append({"kind": "cost_plus", "name": "Cloud usage", "percent": percent})
    if fee:
        components.append({"kind": "flat_fee", "name": fee_name, "amount": fee})
    return {"key": key, "name": name, "version": 1, "currency": "USD", "components": components}


PLANS: Final = (
    _plan("enterprise", "Enterprise", percent="32", fee="1800.00"),
    _plan("growth", "Growth", percent="45", fee="450.00"),
    _plan("starter", "Starter", percent="60", fee="79.00"),
    _plan("flat-2024", "Flat 2024", fee="6900.00"),
    # A plan has no component for a year: the annual price is billed by the month.
    _plan(
        "annual",
        "Annual",
        fee="3150.00",
        fee_name="One twelfth of the annual price of 37,800.00",
    ),
)


def _customer(
    key: str,
    name: str,
    place: tuple[str, str, str, str],
    plan: str,
    *tenants: str,
    disclosure: str = "closed",
    days: int = 30,
    purchase_order: str = "",
    true_up: dict[str, Any] | None = None,
) -> dict[str, Any]:
    line1, city, state, postal_code = place
    corrections = {"true_up": true_up} if true_up else {}
    customer: dict[str, Any] = {
        "key": key,
        "name": name,
        "email": f"accounts@{key}.example",
        "address": {
            "line1": line1,
            "city": city,
            "state": state,
            "country": "US",
            "postal_code": postal_code,
        },
        "contracts": [
            {
                "plan": plan,
                "tenants": list(tenants),
                "disclosure": disclosure,
                "days_until_due": days,
                **corrections,
            }
        ],
    }
    if purchase_order:
        customer["purchase_order"] = purchase_order
    return customer


# Marlow & Finch is on trial and has no contract: its revenue is unknown, not zero.
CUSTOMERS: Final = (
    _customer(
        "acme",
        "Acme Robotics, Inc.",
        ("600 Foundry Street", "Pittsburgh", "PA", "15222"),
        "enterprise",
        "acme",
        disclosure="open_book",
        purchase_order="PO-88213",
        true_up={"up": "next_invoice", "auto_approve_below": "500.00"},
    ),
    _customer(
        "globex",
        "Globex Logistics LLC",
        ("75 Harbor Drive", "Long Beach", "CA", "90802"),
        "flat-2024",
        "globex",
        purchase_order="4500091187",
    ),
    _customer(
        "initech",
        "Initech Payroll, Inc.",
        ("4120 Freidrich Lane", "Austin", "TX", "78744"),
        "enterprise",
        "initech",
        disclosure="open_book",
        days=45,
    ),
    _customer(
        "northfold",
        "Northfold Group, Inc.",
        ("200 Commerce Court", "Minneapolis", "MN", "55402"),
        "growth",
        "borealis",
        "kestrel",
        purchase_order="NF-2026-031",
    ),
    _customer(
        "cardinal",
        "Cardinal Freight Co.",
        ("18 Depot Road", "Omaha", "NE", "68102"),
        "annual",
        "cardinal",
    ),
    _customer(
        "eastgate",
        "Eastgate Retail Holdings",
        ("930 Market Square", "Columbus", "OH", "43215"),
        "growth",
        "eastgate",
        days=14,
    ),
    _customer(
        "halcyon",
        "Halcyon Travel, Inc.",
        ("51 Bay Street", "Portland", "ME", "04101"),
        "growth",
        "halcyon",
    ),
    _customer(
        "dunmore",
        "Dunmore Foods LLC",
        ("7 Mill Lane", "Des Moines", "IA", "50309"),
        "starter",
        "dunmore",
    ),
    _customer(
        "fennec",
        "Fennec Games, Inc.",
        ("388 Pearl Street", "Boulder", "CO", "80302"),
        "starter",
        "fennec",
        true_up={"up": "supplementary"},
    ),
    _customer(
        "juniper",
        "Juniper Lane Studio",
        ("26 Orchard Way", "Asheville", "NC", "28801"),
        "starter",
        "juniper",
    ),
)
