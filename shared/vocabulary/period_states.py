"""The stages of a billing month."""

from enum import StrEnum


class PeriodState(StrEnum):
    """`reopened` is closed by a person and restated by AWS since; it stays closed."""

    OPEN = "open"
    SETTLING = "settling"
    CLOSED = "closed"
    REOPENED = "reopened"
