"""What arrives from queues and clocks; each line is one call of an operation."""

from collections.abc import Callable, Mapping
from typing import Any

from services.portal.operations.record_facts import (
    record_bill,
    record_close,
    record_customer,
    record_estimate,
    record_invoice,
    record_margin,
    record_period,
    record_revision,
)
from shared.contracts import attribution, ingestion, invoicing
from shared.jobs.work import JobHandler

HANDLERS: Mapping[str, Callable[[Any], None]] = {
    ingestion.SNAPSHOT_PUBLISHED.name: record_bill,
    attribution.PERIOD_ATTRIBUTED.name: record_period,
    attribution.PERIOD_CLOSED.name: record_close,
    attribution.MARGIN_MEASURED.name: record_margin,
    attribution.STATEMENT_REVISED.name: record_revision,
    invoicing.CUSTOMER_CONTRACTED.name: record_customer,
    invoicing.CHARGES_ESTIMATED.name: record_estimate,
    **{contract.name: record_invoice for contract in invoicing.INVOICE_FACTS},
}

SCHEDULE: Mapping[str, Callable[[], None]] = {}

JOBS: Mapping[str, JobHandler] = {}
