"""What a normalisation gives: files, totals and findings."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from shared.contracts.ingestion import Corrected
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
    corrected: Corrected | None = None
    earlier_months: tuple[str, ...] = ()
    """Months before its own in which charge periods of its lines start, the newest first."""
