import hashlib
import json
from collections import defaultdict
from datetime import date
from typing import Any

from services.invoicing.models import Contract, Customer, Plan
from shared.configuration import Configuration, parse_configuration
from shared.contracts.invoicing import CUSTOMER_CONTRACTED, CustomerContracted
from shared.faults import BadConfiguration
from shared.messaging.producer.emit import emit
from shared.vocabulary.disclosure import Disclosure


def apply_plans(*, content: str) -> str:
    """Take plans, customers and contracts from `trueback.yaml`, whole; returns its digest.

    The same content twice changes nothing; what it does not name any more bills nothing. A plan
    version that is in use is never edited, and no tenant is billed twice: raises BadConfiguration.
    """
    configuration = parse_configuration(content)
    _refuse_double_billing(configuration)
    for plan in configuration.plans:
        _apply_plan(plan, configuration)
    for customer in configuration.customers:
        _apply_customer(customer, configuration)
    named = [customer.key for customer in configuration.customers]
    Customer.objects.exclude(customer_id__in=named).update(is_active=False)
    Contract.objects.exclude(customer_id__in=named).update(is_active=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _refuse_double_billing(configuration: Configuration) -> None:
    """No day of a tenant is under two contracts, whoever's they are."""
    seen: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    for customer in configuration.customers:
        for contract in customer.contracts:
            start, end = contract.from_, contract.to or date.max
            for tenant in contract.tenants:
                for other, other_start, other_end in seen[tenant]:
                    if start < other_end and other_start < end:
                        raise BadConfiguration(
                            f"tenant {tenant} is under two contracts at once, of {other} and of"
                            f" {customer.key}.",
                            file=configuration.file,
                            field=f"customers.{customer.key}.contracts",
                            remedy="End one where the other starts, or take the tenant out.",
                        )
                seen[tenant].append((customer.key, start, end))


def _apply_plan(plan: Any, configuration: Configuration) -> None:
    wanted = {
        "name": plan.name,
        "currency": plan.currency,
        "components": [
            component.model_dump(mode="json", exclude_defaults=True)
            for component in plan.components
        ],
    }
    known, is_new = Plan.objects.get_or_create(
        key=plan.key,
        version=plan.version,
        defaults={"plan_id": f"{plan.key}@{plan.version}", **wanted},
    )
    if not is_new and known.components != wanted["components"]:
        raise BadConfiguration(
            f"plan {plan.key} version {plan.version} is in use with other components.",
            file=configuration.file,
            field=f"plans.{plan.key}",
            remedy="Give the changed plan a new version.",
        )


def _apply_customer(customer: Any, configuration: Configuration) -> None:
    seller = configuration.seller.model_dump(mode="json") if configuration.seller else {}
    wanted = {
        "name": customer.name,
        "email": customer.email,
        "address": dict(customer.address or {}),
        "purchase_order": customer.purchase_order or "",
        "seller": seller,
        "is_active": True,
    }
    known, is_new = Customer.objects.select_for_update().get_or_create(
        customer_id=customer.key, defaults=wanted
    )
    changed = [name for name, value in wanted.items() if getattr(known, name) != value]
    for name in changed:
        setattr(known, name, wanted[name])
    contracts = [_apply_contract(known, contract, configuration) for contract in customer.contracts]
    kept = [contract.contract_id for contract, _ in contracts]
    ended = known.contracts.exclude(contract_id__in=kept).filter(is_active=True)
    is_other = bool(ended.update(is_active=False)) or any(other for _, other in contracts)
    if not (is_new or changed or is_other):
        return
    known.version += 1
    known.save()
    latest = max((contract for contract, _ in contracts), key=_start, default=None)
    emit(
        CUSTOMER_CONTRACTED,
        CustomerContracted(
            customer=known.customer_id,
            name=known.name,
            email=known.email,
            tenants=latest.tenants if latest else [],
            plan=latest.plan_name if latest else "",
            disclosure=latest.disclosure if latest else Disclosure.CLOSED,
            version=known.version,
        ),
    )


def _start(contract: Contract) -> date:
    return contract.starts_on


def _apply_contract(
    customer: Customer, contract: Any, configuration: Configuration
) -> tuple[Contract, bool]:
    version = max(plan.version for plan in configuration.plans if plan.key == contract.plan)
    plan = Plan.objects.get(key=contract.plan, version=version)
    fields = {
        "plan": plan,
        "plan_name": plan.name,
        "tenants": list(contract.tenants),
        "tenant_names": {
            tenant.key: tenant.name or tenant.key
            for tenant in configuration.tenants
            if tenant.key in contract.tenants
        },
        "starts_on": contract.from_,
        "ends_on": contract.to,
        "currency": contract.currency or plan.currency,
        "disclosure": contract.disclosure,
        "days_until_due": contract.days_until_due,
        "is_active": True,
    }
    identity = json.dumps([customer.customer_id, str(contract.from_), sorted(contract.tenants)])
    contract_id = f"con_{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
    known = Contract.objects.filter(contract_id=contract_id).first()
    if known is not None and all(getattr(known, name) == value for name, value in fields.items()):
        return known, False
    applied, _ = Contract.objects.update_or_create(
        contract_id=contract_id, defaults={"customer": customer, **fields}
    )
    return applied, True
