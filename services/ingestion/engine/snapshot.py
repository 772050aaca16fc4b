"""What a normalisation gives: files, totals and findings, as plain values that JSON can carry."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from shared.contracts.raw_totals import RawTotal
from shared.contracts.unreadable import Unreadable
from shared.findings import Finding


@dataclass(frozen=True)
class Snapshot:
    period: str
    source: str
    source_format: str
    execution_id: str
    currency: str
    row_count: int
    raw_row_count: int
    billed_total: Decimal
    effective_total: Decimal
    billed_quantisation: Decimal
    """What rounding each line to 1e-10 took off: the raw files' total minus `billed_total`."""
    effective_quantisation: Decimal
    content_hash: str
    """SHA-256 over the content, whatever the order of lines and their division into files."""
    parts: tuple[Path, ...]
    raw_totals: tuple[RawTotal, ...]
    findings: tuple[Finding, ...]
    unreadable: tuple[Unreadable, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            **{name: _plain(value) for name, value in self.__dict__.items()},
            "row_count": self.row_count,
            "raw_row_count": self.raw_row_count,
            "parts": [str(part) for part in self.parts],
            "raw_totals": [total.to_json() for total in self.raw_totals],
            "findings": [finding.__dict__.copy() for finding in self.findings],
            "unreadable": [asdict(unreadable) for unreadable in self.unreadable],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        amounts = (
            "billed_total",
            "effective_total",
            "billed_quantisation",
            "effective_quantisation",
        )
        return cls(
            **{
                **content,
                **{name: Decimal(content[name]) for name in amounts},
                "parts": tuple(Path(part) for part in content["parts"]),
                "raw_totals": tuple(RawTotal.from_json(each) for each in content["raw_totals"]),
                "findings": tuple(Finding(**each) for each in content["findings"]),
                "unreadable": tuple(map(Unreadable.from_json, content["unreadable"])),
            }
        )


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
