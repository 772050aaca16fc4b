"""The wiring on one screen: every message, and from it who sends what to whom."""

from typing import Any, Final

from shared.contracts import attribution, ingestion, invoicing
from shared.contracts.contract import Contract, Service
from shared.contracts.superseded.invoices import INVOICE_FACTS_V1
from shared.contracts.superseded.period_closed import PERIOD_CLOSED_V1

SERVICES: Final[tuple[Service, ...]] = ("ingestion", "attribution", "invoicing", "portal")

_ALL: Final[tuple[Contract[Any], ...]] = (
    ingestion.SNAPSHOT_PUBLISHED,
    ingestion.SIGNALS_PUBLISHED,
    ingestion.WORKLOADS_PUBLISHED,
    ingestion.DELIVERY_QUARANTINED,
    ingestion.BILLING_PERIOD_REPORTED,
    ingestion.SET_WITHDRAWN,
    attribution.PERIOD_ATTRIBUTED,
    attribution.PERIOD_CLOSED,
    attribution.MARGIN_MEASURED,
    attribution.STATEMENT_REVISED,
    *invoicing.INVOICE_FACTS,
    invoicing.CUSTOMER_CONTRACTED,
    invoicing.CHARGES_ESTIMATED,
    invoicing.REVENUE_RECORDED,
    # Consumed for one release more.
    PERIOD_CLOSED_V1,
    *INVOICE_FACTS_V1,
)
CONTRACTS: Final = {contract.name: contract for contract in _ALL}


def events_queue(service: str) -> str:
    """Facts for a service arrive here, in envelopes."""
    return f"{service}.events"


def acks_queue(service: str) -> str:
    """Consumers tell the producer here what they have committed, or can't."""
    return f"{service}.acks"


def pairs() -> list[tuple[Service, Service]]:
    """Every (producer, consumer) that talk: each has a signing key of its own."""
    return sorted({(c.producer, consumer) for c in CONTRACTS.values() for consumer in c.consumers})
