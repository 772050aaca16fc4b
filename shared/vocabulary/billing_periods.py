from enum import StrEnum


class BillingPeriodStatus(StrEnum):
    """What the provider says of a month: FOCUS 1.4, BillingPeriodStatus.

    `open`: its charges may still change; `unknown`: nothing says so any more. A month's own state
    at trueback is `PeriodState`.
    """

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Of a database column."""
        return [(each.value, each.name.capitalize()) for each in cls]
