"""`when`: which bill lines a rule or a pool takes.

All keys given must match; of the values of one key any. Values are shell patterns (`*`, `?`,
`[...]`) and keep their case, as the provider's own names do; those of FOCUS's closed lists don't.
"""

import datetime as dt
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.configuration.entry import Entry
from shared.vocabulary.focus_lists import CHARGE_CATEGORIES, COMMITMENT_STATUSES


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]


def _of_list(listed: tuple[str, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The values that they mean as the list has them, and patterns with wildcards themselves."""
    meant: dict[str, None] = {}
    for pattern in patterns:
        values = [each for each in listed if fnmatchcase(each.casefold(), pattern.casefold())]
        if not values:
            raise ValueError(f"`{pattern}` is none of FOCUS's {', '.join(listed)}")
        exact = [each for each in listed if each.casefold() == pattern.casefold()]
        meant |= dict.fromkeys(exact or [pattern, *values])
    return tuple(meant)


ChargeCategories = Annotated[Patterns, AfterValidator(partial(_of_list, CHARGE_CATEGORIES))]
CommitmentStatuses = Annotated[Patterns, AfterValidator(partial(_of_list, COMMITMENT_STATUSES))]


class Dates(Entry):
    """Half-open: `from` belongs to it, `to` does not; by the day the charge starts, in UTC."""

    from_: dt.date | None = Field(default=None, alias="from")
    to: dt.date | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise ValueError("`from` is before `to`; the day `to` itself does not belong to it")
        return self

    def __contains__(self, day: dt.date) -> bool:
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day < self.to)


class KubernetesSelector(Entry):
    cluster: Patterns | None = None
    namespace: Patterns | None = None
    labels: Mapping[str, Patterns] = Field(default_factory=dict)


class Selector(Entry):
    account: Patterns | None = None
    service: Patterns | None = None
    resource: Patterns | None = None
    region: Patterns | None = None
    usage_type: Patterns | None = None
    charge_category: ChargeCategories | None = None
    commitment: CommitmentStatuses | None = None
    """FOCUS' CommitmentDiscountStatus: Used or Unused."""
    seller: Patterns | None = None
    """A CUR's legal entity, which is FOCUS's PublisherName."""
    publisher: Patterns | None = None
    """The same by FOCUS's word."""
    invoice_issuer: Patterns | None = None
    billing_entity: Patterns | None = None
    """Of a CUR: AWS, or AWS Marketplace."""
    tags: Mapping[str, Patterns] = Field(default_factory=dict)
    k8s: KubernetesSelector | None = None
    dates: Dates | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError('`when` names nothing; to take every line write {service: ["*"]}')
        return self
