"""Terms, costs and target of an account, as its row holds them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from pydantic import TypeAdapter

from services.invoicing.domain.account_terms import (
    AccountTerms,
    Costs,
    Target,
    is_cost_derived,
)
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.domain.tax import tax_terms
from services.invoicing.domain.true_up_terms import true_up_terms
from services.invoicing.models import Contract, Invoice, InvoiceLine, TrueUpAccount
from services.invoicing.queries.contract_terms import plan_in_force, terms_under
from services.invoicing.queries.grants import grants_of_month
from shared.contracts.superseded.invoice_words import component_of
from shared.periods import Month

_TERMS: Final[TypeAdapter[AccountTerms]] = TypeAdapter(AccountTerms)
_COSTS: Final = TypeAdapter(dict[str, dict[str, Decimal]])
_LINES: Final[TypeAdapter[list[tuple[LineKey, int]]]] = TypeAdapter(list[tuple[LineKey, int]])


def terms_now(contract: Contract, month: Month) -> AccountTerms:
    """What the contract and its plan say of the month at this moment."""
    plan = plan_in_force(contract, month)
    return AccountTerms(
        plan=plan.key,
        plan_version=plan.version,
        prices=terms_under(contract, plan),
        true_up=true_up_terms(contract.true_up, contract.currency),
        grants=grants_of_month(contract, month),
        tax=tax_terms(contract.tax),
    )


def write_terms(terms: AccountTerms) -> dict[str, Any]:
    written: dict[str, Any] = _TERMS.dump_python(terms, mode="json")
    return written


def read_terms(written: Mapping[str, Any]) -> AccountTerms:
    return _TERMS.validate_python(written)


def write_costs(costs: Costs) -> dict[str, Any]:
    return {
        tenant: {group: str(amount) for group, amount in groups.items()}
        for tenant, groups in costs.items()
    }


def read_costs(written: Mapping[str, Any]) -> Costs:
    return _COSTS.validate_python(written)


def write_lines(lines: Mapping[LineKey, int]) -> list[Any]:
    written: list[Any] = _LINES.dump_python(sorted(lines.items()), mode="json")
    return written


def read_lines(written: list[Any]) -> dict[LineKey, int]:
    return dict(_LINES.validate_python(written))


def read_target(account: TrueUpAccount) -> Target:
    """By the newest settlement."""
    return Target(
        lines=read_lines(account.target_lines),
        below_zero_minor=account.below_zero_minor,
        exact=account.target_exact,
    )


def costs_of(invoice: Invoice) -> Costs:
    """What an invoice is priced on; an earlier release kept it with the lines alone."""
    if invoice.costs is not None:
        return read_costs(invoice.costs)
    costs: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for line in invoice.lines.all():
        if line.cost is not None:
            costs[line.tenant][line.charge_group] = line.cost
    return costs


def cost_derived_lines(invoice: Invoice) -> Iterator[InvoiceLine]:
    """Of the invoice's own month: what it corrects of others is theirs."""
    own = invoice.lines.filter(account=None).order_by("position")
    return (line for line in own if is_cost_derived(line.kind))


def row_key(line: InvoiceLine) -> LineKey:
    """What the line is in every run of its month; an earlier release named no component."""
    return LineKey(
        component=line.component or component_of(line.description),
        tenant=line.tenant,
        charge_group=line.charge_group,
        start=line.service_start,
        end=line.service_end,
    )
