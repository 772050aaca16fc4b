"""Whether a contract's month, or the days of its tenants, were drafted or billed already."""

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from services.invoicing.models import Contract, Invoice, InvoiceLine, TrueUpTenant
from services.invoicing.queries.contract_terms import contract_terms
from shared.periods import Month
from shared.vocabulary.invoice_states import State
from shared.vocabulary.line_kinds import WHOLE_COST_KINDS


def was_drafted(contract: Contract, period: str) -> bool:
    """It, or one that had its tenants then; also where the draft was discarded."""
    lines = InvoiceLine.objects.filter(invoice__period=period, tenant__in=contract.tenants)
    return lines.exists() or Invoice.objects.filter(contract=contract, period=period).exists()


def is_billed_by_another(contract: Contract, month: Month) -> bool:
    """A live invoice of the month has cost of its tenants and days, under another contract.

    A contract whose tenants or first day were changed is another one; no day is billed twice. A
    line of steps is on the cost of all tenants of its contract.
    """
    start, end = contract_terms(contract, month).days_within(month)
    return (
        InvoiceLine.objects.filter(
            Q(tenant__in=contract.tenants)
            | Q(kind__in=WHOLE_COST_KINDS, invoice__costs__has_any_keys=list(contract.tenants)),
            invoice__period=str(month),
            cost__isnull=False,
            service_start__lt=end,
            service_end__gt=start,
        )
        .exclude(invoice__contract=contract)
        .exclude(invoice__state=State.VOID)
        .exists()
    )


def has_account(contract: Contract, month: Month) -> bool:
    """A day of its tenants is in an account already: what changes is a correction of that one."""
    start, end = contract_terms(contract, month).days_within(month)
    return TrueUpTenant.objects.filter(
        tenant__in=contract.tenants, days__overlap=DateRange(start, end)
    ).exists()
