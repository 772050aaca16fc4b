"""Ingestion's control totals of a bill's raw files, as it left them in the lake."""

import json
from dataclasses import dataclass
from decimal import Decimal

from shared.lake.lake import Lake


@dataclass(frozen=True)
class RawControlTotal:
    """Per source, account, service and charge category; `*_exact` is unrounded."""

    source: str
    account: str
    service: str
    charge_category: str
    billed: Decimal
    effective: Decimal
    billed_exact: Decimal
    effective_exact: Decimal


def control_totals(lake: Lake, uri: str) -> list[RawControlTotal]:
    return [
        RawControlTotal(
            source=item["source"],
            account=item["account"],
            service=item["service"],
            charge_category=item["charge_category"],
            billed=Decimal(item["billed"]),
            effective=Decimal(item["effective"]),
            billed_exact=Decimal(item["billed_exact"]),
            effective_exact=Decimal(item["effective_exact"]),
        )
        for item in json.loads(lake.storage.read(uri))
    ]
