"""What a contract says of its corrections, its exchange rate, its credits and its tax."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from shared.configuration.entry import Entry, Exact, Key, Name, NotNegative
from shared.vocabulary.true_up import DownPaid, GrantKind, TaxCategory, Up

# Longer than any statute of limitations on a bill.
_MONTHS_MAX: Final = 120
_NOTICE_DAYS_MAX: Final = 365

Months = Annotated[int, Field(ge=0, le=_MONTHS_MAX)]


class TrueUp(Entry):
    """What is None holds as the currency's default (`true_up_terms` of invoicing)."""

    up: Up | None = None
    down_paid: DownPaid | None = None
    threshold: NotNegative | None = None
    charge_within_months: Months | None = None
    credit_within_months: Months | None = None
    charge_max_percent: NotNegative | None = None
    notice_days: Annotated[int, Field(ge=0, le=_NOTICE_DAYS_MAX)] | None = None
    auto_approve_below: NotNegative | None = None


class ExchangeRate(Entry):
    """`rate` is units of the contract's currency for one of the bill's."""

    rate: Annotated[Exact, Field(gt=0)]
    source: Name
    date: dt.date


class Grant(Entry):
    """A credit that lowers what the month's cost asks for, until it is used up or `expires`."""

    key: Key
    amount: Annotated[Exact, Field(gt=0)]
    expires: dt.date | None = None
    kind: GrantKind


class Tax(Entry):
    """`place` is the country of supply, or a part of it: DE, US-WA."""

    category: TaxCategory
    percent: Annotated[NotNegative, Field(le=100, decimal_places=4)] = Decimal(0)
    place: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]

    @model_validator(mode="after")
    def _rate_of_its_category(self) -> Self:
        if (self.category == TaxCategory.STANDARD) != (self.percent > 0):
            raise ValueError(
                "a category of tax other than `standard` has no `percent`, and `standard` has one"
            )
        return self
