from decimal import Decimal

from services.invoicing.domain.pricing import ContractTerms
from services.invoicing.models import Contract, Plan
from shared.periods import Month


def contract_terms(contract: Contract, month: Month) -> ContractTerms:
    """What pricing a month needs of a contract and its plan, which is read with it."""
    return terms_under(contract, plan_in_force(contract, month))


def plan_in_force(contract: Contract, month: Month) -> Plan:
    """The version of the month's first day under the contract."""
    plan_id, _ = contract.plan_in(month)
    return contract.plan if plan_id == contract.plan_id else Plan.objects.get(pk=plan_id)


def terms_under(contract: Contract, plan: Plan) -> ContractTerms:
    return ContractTerms(
        tenants=contract.tenants,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        currency=contract.currency,
        components=plan.components,
        tenant_names=contract.tenant_names,
        rate=Decimal(contract.fx["rate"]) if contract.fx else Decimal(1),
    )


def has_rate(contract: Contract, bill_currency: str) -> bool:
    """Between the bill's currency and its own; the same needs none."""
    return (contract.currency == bill_currency) == (not contract.fx)
