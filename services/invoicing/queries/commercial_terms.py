"""What customers are billed by, as JSON has it: of the rows in force, and of a file."""

from collections.abc import Mapping
from typing import Any

from services.invoicing.domain.terms_reach import Terms
from services.invoicing.models import Contract, Customer
from shared.configuration import Configuration

_OF_CUSTOMER = ("name", "email", "address", "purchase_order", "seller")


def terms_in_force() -> Terms:
    terms: dict[str, dict[str, Any]] = {
        customer.customer_id: {
            "customer": {name: getattr(customer, name) for name in _OF_CUSTOMER},
            "contracts": [],
        }
        for customer in Customer.objects.filter(is_active=True).order_by("customer_id")
    }
    active = Contract.objects.filter(is_active=True, customer__is_active=True)
    for one in active.select_related("plan"):
        terms[one.customer_id]["contracts"].append(
            {
                "plan": one.plan.key,
                "tenants": one.tenants,
                "starts_on": str(one.starts_on),
                "ends_on": None if one.ends_on is None else str(one.ends_on),
                "currency": one.currency,
                "disclosure": one.disclosure,
                "days_until_due": one.days_until_due,
                "components": one.plan.components,
            }
        )
    return _in_order(terms)


def terms_of(configuration: Configuration) -> Terms:
    """As they are in force once the file is; each plan by the newest version that it names."""
    plans = {plan.key: plan for plan in sorted(configuration.plans, key=lambda plan: plan.version)}
    seller = seller_fields(configuration)
    terms: dict[str, dict[str, Any]] = {}
    for customer in configuration.customers:
        contracts = [_contract(one, plans[one.plan]) for one in customer.contracts]
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
        component.model_dump(mode="json", exclude_defaults=True) for component in plan.components
    ]


def _contract(contract: Any, plan: Any) -> dict[str, Any]:
    return {
        "plan": plan.key,
        "tenants": list(contract.tenants),
        "starts_on": str(contract.from_),
        "ends_on": None if contract.to is None else str(contract.to),
        "currency": contract.currency or plan.currency,
        "disclosure": str(contract.disclosure),
        "days_until_due": contract.days_until_due,
        "components": components_of(plan),
    }


def _in_order(terms: Mapping[str, dict[str, Any]]) -> Terms:
    """Where a file or a database has them says nothing."""
    for one in terms.values():
        one["contracts"].sort(key=lambda contract: (contract["starts_on"], contract["tenants"]))
    return dict(sorted(terms.items()))
