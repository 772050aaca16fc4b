"""The file of control totals that ingestion leaves beside a snapshot, at its `raw_totals_uri`."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self


@dataclass(frozen=True)
class RawTotal:
    """A control total of the raw files, per source, account, service and charge category.

    `*_exact` is the sum as written, unrounded; the other the sum of lines rounded once to 1e-10.
    """

    source: str
    account: str
    service: str
    charge_category: str
    billed: Decimal
    effective: Decimal
    billed_exact: Decimal
    effective_exact: Decimal

    def to_json(self) -> dict[str, str]:
        return {
            name: f"{value:f}" if isinstance(value, Decimal) else value
            for name, value in self.__dict__.items()
        }

    @classmethod
    def from_json(cls, content: dict[str, str]) -> Self:
        return cls(
            source=content["source"],
            account=content["account"],
            service=content["service"],
            charge_category=content["charge_category"],
            billed=Decimal(content["billed"]),
            effective=Decimal(content["effective"]),
            billed_exact=Decimal(content["billed_exact"]),
            effective_exact=Decimal(content["effective_exact"]),
        )
