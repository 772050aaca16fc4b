"""Tables as CSV (RFC 4180), with no cell of text that a spreadsheet evaluates."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from django.http import HttpResponse

# A spreadsheet takes text that starts so for a formula (OWASP, CSV injection).
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def as_text(value: str | None) -> str:
    """A cell that no spreadsheet evaluates; amounts are numbers and don't come here."""
    text = value or ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def as_ratio(ratio: Decimal | None) -> str:
    return "" if ratio is None else f"{ratio:.6f}"


def csv_answer(content: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
