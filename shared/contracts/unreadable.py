"""What could not be read of a bill that was taken: its columns that no line's owner hangs on."""

from typing import Any, Self

from pydantic.dataclasses import dataclass

from shared.contracts.fields import Count, Line, Name, Words


@dataclass(frozen=True)
class Unreadable:
    """In `row_count` rows of `file` the column is null in the snapshot, though it had a value.

    `column` is the snapshot's, `field` as the file names it; `row` is the first one, from 1, and
    `value` what stands there, its beginning. A run that needs the column refuses the bill. On lines
    that have nothing of the column `column` is `field` too: nobody needs it there.
    """

    column: Name
    file: Line
    field: Line
    row: Count
    value: Words
    row_count: Count

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        return cls(**content)
