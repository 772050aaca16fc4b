"""Which columns of a snapshot a ruleset needs: a bill where one of them is not known is refused.

Ingestion takes a bill with values that it can't read where no line's owner or amount hangs on them
(docs/reference/bad-input.md); here the ruleset says what does.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from services.attribution.domain.driver_levels import driver_scopes
from services.attribution.domain.unread_values import refused
from shared.configuration.models import Configuration, Selector
from shared.contracts.unreadable import Unreadable

_OF_SELECTORS: Final = {
    "region": ("RegionId",),
    "service": ("ServiceName", "x_ServiceCode"),
    "usage_type": ("SkuMeter", "x_UsageType"),
    "resource": ("ResourceId",),
    "commitment": ("CommitmentDiscountStatus",),
    "seller": ("PublisherName",),
    "publisher": ("PublisherName",),
    "invoice_issuer": ("InvoiceIssuerName",),
    "billing_entity": ("x_BillingEntity",),
}
_OF_SPLIT_ROWS: Final = (
    *("x_SplitParentResourceId", "x_SplitUsage", "x_SplitUsageRatio", "x_SplitCost"),
    *("x_UnusedCost", "x_ReservedUsage", "x_ActualUsage"),
)


def check_readable(
    unreadable: Sequence[Unreadable], config: Configuration, *, has_workloads: bool
) -> None:
    """Raises BadInput for the first value that the ruleset needs and that could not be read."""
    why = dict(_needed(config, has_workloads=has_workloads))
    for unread in unreadable:
        if unread.column in why:
            raise refused(unread, why[unread.column], remedy=_remedy(unread.column))


def _remedy(column: str) -> str:
    correct = "Correct the column where the file is made"
    if column == "EffectiveCost":
        return f"{correct}, or write `cost: BilledCost`."
    return f"{correct}, or take out what asks for it."


def _needed(config: Configuration, *, has_workloads: bool) -> Iterator[tuple[str, str]]:
    """By column, what of the ruleset needs it."""
    for place, selector in _selectors(config):
        for name, columns in _OF_SELECTORS.items():
            if getattr(selector, name):
                yield from ((column, f"`{place}.when.{name}`") for column in columns)
    if has_workloads:
        yield "ResourceId", "the split by workloads"
    yield from ((column, "the split of split cost rows") for column in _OF_SPLIT_ROWS)
    if config.pools or has_workloads:
        yield "ChargePeriodEnd", "a split by the time that a line has"
    if config.commitments != "as_billed":
        yield "ConsumedQuantity", "`commitments: smoothed`"
    yield config.cost, f"`cost: {config.cost}`"


def _selectors(config: Configuration) -> Iterator[tuple[str, Selector]]:
    yield from ((f"rules.{rule.name}", rule.when) for rule in config.rules)
    yield from ((f"pools.{pool.name}", pool.when) for pool in config.pools if pool.when)
    for name, scope in driver_scopes(config).items():
        if scope.lines:
            yield f"pools.{name}", scope.lines
