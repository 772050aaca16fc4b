"""What a spreadsheet makes of a CSV: which cells it would evaluate, whoever wrote them."""

import csv
import io
import re

# Spelled anew, not taken from the product: OWASP's list, and NUL of ASVS 1.2.10.
EVALUATED = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(/\d+)?")


def evaluated_cells(text: str) -> list[str]:
    """Cells that start as a formula does and are no number. Any line end ends a row, as there."""
    rows = csv.reader(io.StringIO(text, newline=""))  # noqa: TID251 - as somebody else reads it
    return [
        cell
        for row in rows
        for cell in row
        if cell.startswith(EVALUATED) and not NUMBER.fullmatch(cell)
    ]
