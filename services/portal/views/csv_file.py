"""Tables as CSV (RFC 4180), for a browser to keep."""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.http import HttpResponse

from shared.csv_files import Cell, write_rows


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    write_rows(text, header, rows, line_end="\r\n")
    return text.getvalue()


def as_ratio(ratio: Decimal | None) -> Decimal | None:
    """Of six decimals."""
    return None if ratio is None else Decimal(f"{ratio:.6f}")


def csv_answer(content: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
