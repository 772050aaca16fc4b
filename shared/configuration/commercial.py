"""Plans, customers with their contracts, and the seller: read by invoicing, checked here."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.configuration.entry import Currency, Entry, Exact, Key, Line, Name, Words, one_line

Address = Mapping[Line, Words]


class CostPlus(Entry):
    """The attributed cost and `percent` of it on top."""

    kind: Literal["cost_plus"]
    name: Name
    percent: Exact


class FlatFee(Entry):
    """`amount` a month, or a year in advance, in the plan's currency.

    A year is charged with the month in which the contract began, and each year again.
    """

    kind: Literal["flat_fee"]
    name: Name
    amount: Exact
    every: Literal["month", "year"] = "month"


Component = Annotated[CostPlus | FlatFee, Field(discriminator="kind")]


class Plan(Entry):
    key: Key
    name: Name
    version: int = Field(default=1, ge=1, le=1_000_000)
    currency: Currency
    components: tuple[Component, ...] = Field(min_length=1)


class Contract(Entry):
    """Binds tenants to a plan, from the day `from` up to, not including, the day `to`."""

    plan: Key
    tenants: tuple[Key, ...] = Field(min_length=1)
    from_: dt.date = Field(alias="from")
    to: dt.date | None = None
    disclosure: Literal["closed", "open_book"] = "closed"
    days_until_due: int = Field(default=30, ge=0, le=365)
    currency: Currency | None = None

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
