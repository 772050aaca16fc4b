"""What arrives from queues and clocks; each line is one call of an operation."""

from collections.abc import Callable, Mapping
from typing import Any

from services.portal.operations.record_facts import (
    record_bill,
    record_close,
    record_customer,
    record_invoice,
    record_margin,
    record_period,
)
from shared.contracts import attribution, ingestion, invoicing
from shared.jobs.work import JobHandler

_INVOICE_FACTS = (
    invoicing.INVOICE_DRAFTED,
    invoicing.INVOICE_PARKED,
    invoicing.INVOICE_REVIEWED,
    invoicing.INVOICE_APPROVED,
    invoicing.INVOICE_ISSUING_STARTED,
    invoicing.INVOICE_ISSUED,
    invoicing.INVOICE_PAID,
    invoicing.INVOICE_OVERDUE,
    invoicing.INVOICE_VOIDED,
    invoicing.INVOICE_WRITTEN_OFF,
)

HANDLERS: Mapping[str, Callable[[Any], None]] = {
    ingestion.SNAPSHOT_PUBLISHED.name: record_bill,
    attribution.PERIOD_ATTRIBUTED.name: record_period,
    attribution.PERIOD_CLOSED.name: record_close,
    attribution.MARGIN_MEASURED.name: record_margin,
    invoicing.CUSTOMER_CONTRACTED.name: record_customer,
    **{contract.name: record_invoice for contract in _INVOICE_FACTS},
}

POKES: Mapping[str, Callable[[], None]] = {}

JOBS: Mapping[str, JobHandler] = {}
