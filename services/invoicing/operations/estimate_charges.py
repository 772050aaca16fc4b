"""A job: what each customer would be charged for a period, until it is closed on a later run."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from services.invoicing.domain.grants import available
from services.invoicing.domain.pricing import PricedLine, price
from services.invoicing.models import ClosedPeriod, Contract, Customer
from services.invoicing.operations.record_close import park_restated
from services.invoicing.queries.contract_terms import contract_terms, has_rate
from services.invoicing.queries.grants import grants_of_month, read_balances
from services.invoicing.queries.statement_costs import Costs, statement_costs
from shared.contracts.attribution import PeriodAttributed
from shared.contracts.invoicing import CHARGES_ESTIMATED, ChargesEstimated, EstimatedLine
from shared.isolation.scope import as_ops
from shared.jobs.work import request_job
from shared.lake.lake import Lake
from shared.messaging.producer.emit import emit_all
from shared.money import Money
from shared.periods import Month

logger = logging.getLogger(__name__)


def record_attribution(fact: PeriodAttributed) -> None:
    """Drafts of a closed period are parked; until then the charges so far are asked for."""
    park_restated(fact)
    if is_after_close(fact.period, fact.version):
        return
    request_job(
        kind="estimate_charges",
        key=fact.period,
        payload={
            "period": fact.period,
            "version": fact.version,
            "currency": fact.currency,
            "statements_uri": fact.statements_uri,
            "attributed_at": fact.attributed_at.isoformat(),
        },
    )


def estimate_charges(
    *, period: str, version: int, currency: str, statements_uri: str, attributed_at: str
) -> None:
    """Nothing is kept here: a fact per customer; the consumer keeps the highest version.

    A customer that would be charged nothing is told so, active or not: an older run may have told
    it of a charge.
    """
    costs = statement_costs(Lake(settings.ENVIRONMENT), statements_uri, currency=currency)
    with as_ops():
        if is_after_close(period, version):
            return
        emit_all(
            CHARGES_ESTIMATED,
            (
                _estimate(customer, charges, period, version, attributed_at)
                for customer, charges in _priced(Month.parse(period), currency, costs).items()
            ),
        )


def is_after_close(period: str, version: int) -> bool:
    """Whether the run restates a closed period, which credit and debit notes are for.

    The run that the period was closed on is estimated, however soon the close came: customers see
    an estimate until their invoice is issued, and that may take days.
    """
    return ClosedPeriod.objects.filter(period=period, run_version__lt=version).exists()


@dataclass
class _Charges:
    """Of a customer, in one currency: nothing is added up across currencies."""

    currency: str
    lines: list[PricedLine] = field(default_factory=list)


def _estimate(
    customer: str, charges: _Charges, period: str, version: int, attributed_at: str
) -> ChargesEstimated:
    amounts = [Money.from_minor(line.minor, charges.currency).amount for line in charges.lines]
    return ChargesEstimated(
        customer=customer,
        period=period,
        version=version,
        currency=charges.currency,
        total=sum(amounts, Decimal(0)),
        lines=[
            EstimatedLine(line.description, amount)
            for line, amount in zip(charges.lines, amounts, strict=True)
        ],
        attributed_at=datetime.fromisoformat(attributed_at),
    )


def _priced(month: Month, currency: str, costs: Costs) -> dict[str, _Charges]:
    """Of every customer there has been, of its contracts that have a rate to the bill's currency.

    Of contracts in several currencies those in the first one's.
    """
    known = Customer.objects.order_by("customer_id").values_list("customer_id", flat=True)
    priced = {customer_id: _Charges(currency) for customer_id in known}
    for contract in (
        Contract.objects.select_related("plan")
        .filter(is_active=True)
        .order_by("customer_id", "starts_on", "contract_id")
    ):
        charges = priced[contract.customer_id]
        is_first = not charges.lines
        if not has_rate(contract, currency) or not (
            is_first or contract.currency == charges.currency
        ):
            logger.warning("%s is not estimated: in %s", contract, contract.currency)
            continue
        charges.currency = contract.currency
        balances = read_balances(grants_of_month(contract, month), contract.pk, str(month))
        terms = contract_terms(contract, month)
        charges.lines += price(terms, month, costs, available(balances)).lines
    return priced
