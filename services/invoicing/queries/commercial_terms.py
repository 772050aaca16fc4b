"""What customers are billed by, as JSON has it: of the rows in force, and of a file."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.invoicing.domain.terms_reach import Terms
from services.invoicing.models import Contract, Customer, Plan
from shared.configuration import Configuration
from shared.configuration.plan_versions import plan_versions

_OF_CUSTOMER = ("name", "email", "address", "purchase_order", "seller")
# What a contract has of them it says; terms of before there were any are the same without.
_OPTIONAL: Final = ("key", "later", "true_up", "fx", "grants", "tax")


def terms_in_force() -> Terms:
    terms: dict[str, dict[str, Any]] = {
        customer.customer_id: {
            "customer": {name: getattr(customer, name) for name in _OF_CUSTOMER},
            "contracts": [],
        }
        for customer in Customer.objects.filter(is_active=True).order_by("customer_id")
    }
    active = Contract.objects.filter(is_active=True, customer__is_active=True)
    contracts = list(active.select_related("plan"))
    named = {later["plan"] for one in contracts for later in one.later_plans}
    plans = Plan.objects.in_bulk(sorted(named))
    for one in contracts:
        terms[one.customer_id]["contracts"].append(
            _without_empty(
                {
                    "key": one.key,
                    "plan": one.plan.key,
                    "tenants": one.tenants,
                    "starts_on": str(one.starts_on),
                    "ends_on": None if one.ends_on is None else str(one.ends_on),
                    "currency": one.currency,
                    "disclosure": one.disclosure,
                    "days_until_due": one.days_until_due,
                    "components": one.plan.components,
                    "later": [
                        {"from": later["from"], "components": plans[later["plan"]].components}
                        for later in one.later_plans
                    ],
                    "true_up": one.true_up,
                    "fx": one.fx,
                    "grants": one.grants,
                    "tax": one.tax,
                }
            )
        )
    return _in_order(terms)


def terms_of(configuration: Configuration) -> Terms:
    """As they are in force once the file is; each plan by the versions that contracts go by."""
    seller = seller_fields(configuration)
    terms: dict[str, dict[str, Any]] = {}
    for customer in configuration.customers:
        contracts = [
            _contract(one, plan_versions(configuration.plans, one)) for one in customer.contracts
        ]
        terms[customer.key] = {
            "customer": customer_fields(customer, seller),
            "contracts": contracts,
        }
    return _in_order(terms)


def customer_fields(customer: Any, seller: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": customer.name,
        "email": customer.email,
        "address": dict(customer.address or {}),
        "purchase_order": customer.purchase_order or "",
        "seller": dict(seller),
    }


def seller_fields(configuration: Configuration) -> dict[str, Any]:
    return configuration.seller.model_dump(mode="json") if configuration.seller else {}


def components_of(plan: Any) -> list[dict[str, Any]]:
    return [
        component.model_dump(mode="json", exclude_defaults=True, by_alias=True)
        for component in plan.components
    ]


def contract_policies(contract: Any) -> dict[str, Any]:
    """What it says of corrections, rate, credits and tax, and no default of ours."""
    written = contract.model_dump(mode="json", exclude_none=True)
    empty: dict[str, Any] = {"true_up": {}, "fx": {}, "grants": [], "tax": {}}
    return {name: written.get(name, nothing) for name, nothing in empty.items()}


def _contract(contract: Any, versions: Sequence[Any]) -> dict[str, Any]:
    plan, *later = versions
    return _without_empty(
        {
            "key": contract.key,
            "plan": plan.key,
            "tenants": list(contract.tenants),
            "starts_on": str(contract.from_),
            "ends_on": None if contract.to is None else str(contract.to),
            "currency": contract.currency or plan.currency,
            "disclosure": str(contract.disclosure),
            "days_until_due": contract.days_until_due,
            "components": components_of(plan),
            "later": [{"from": str(one.from_), "components": components_of(one)} for one in later],
            **contract_policies(contract),
        }
    )


def _without_empty(contract: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in contract.items() if value or name not in _OPTIONAL}


def _in_order(terms: Mapping[str, dict[str, Any]]) -> Terms:
    """Where a file or a database has them says nothing."""
    for one in terms.values():
        one["contracts"].sort(key=lambda contract: (contract["starts_on"], contract["tenants"]))
    return dict(sorted(terms.items()))
