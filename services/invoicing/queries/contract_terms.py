from services.invoicing.domain.pricing import ContractTerms
from services.invoicing.models import Contract


def contract_terms(contract: Contract) -> ContractTerms:
    """What pricing needs of a contract and its plan, which is read with it."""
    return ContractTerms(
        tenants=contract.tenants,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        currency=contract.currency,
        components=contract.plan.components,
        tenant_names=contract.tenant_names,
    )
