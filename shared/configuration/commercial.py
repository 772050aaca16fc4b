"""Plans, customers with their contracts, and the seller: read by invoicing, checked here."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from shared.configuration.components import Component
from shared.configuration.corrections import ExchangeRate, Grant, Tax, TrueUp
from shared.configuration.entry import Currency, Entry, Key, Line, Name, Words, one_line

Address = Mapping[Line, Words]


class Plan(Entry):
    key: Key
    name: Name
    version: int = Field(default=1, ge=1, le=1_000_000)
    currency: Currency
    from_: dt.date | None = Field(default=None, alias="from")
    components: tuple[Component, ...] = Field(min_length=1)

    @field_validator("from_")
    @classmethod
    def _of_a_month(cls, day: dt.date | None) -> dt.date | None:
        if day is not None and day.day != 1:
            raise ValueError("a version of a plan holds from the first day of a month")
        return day


class Contract(Entry):
    """Binds tenants to a plan, from the day `from` up to, not including, the day `to`.

    `key` is what it is known by, whatever its tenants, days and plan.
    """

    key: Key | None = None
    plan: Key
    tenants: tuple[Key, ...] = Field(min_length=1)
    from_: dt.date = Field(alias="from")
    to: dt.date | None = None
    disclosure: Literal["closed", "open_book"] = "closed"
    days_until_due: int = Field(default=30, ge=0, le=365)
    currency: Currency | None = None
    true_up: TrueUp | None = None
    fx: ExchangeRate | None = None
    grants: tuple[Grant, ...] = ()
    tax: Tax | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.to is not None and self.from_ >= self.to:
            raise ValueError("a contract's `from` is before its `to`")
        return self


class Customer(Entry):
    key: Key
    name: Name
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$"), AfterValidator(one_line)]
    address: Address | None = None
    purchase_order: Name | None = None
    contracts: tuple[Contract, ...] = ()


class Seller(Entry):
    key: Key
    name: Name
    address: Address | None = None
    tax_id: Name | None = None
