"""The refusal of a bill of which a value is not known that something needs."""

from shared.contracts.unreadable import Unreadable
from shared.faults import BadInput


def refused(unread: Unreadable, why: str, *, remedy: str) -> BadInput:
    """`why` is what needs the column."""
    rows = "1 row" if unread.row_count == 1 else f"{unread.row_count} rows"
    fault = f"{unread.value!r} can't be read" if unread.value else "the value is missing"
    return BadInput(
        f"{fault}, in {rows}, and {why} needs {unread.column}.",
        file=unread.file,
        row=unread.row,
        field=unread.field,
        remedy=remedy,
    )
