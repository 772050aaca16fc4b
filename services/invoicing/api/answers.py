"""What the API answers, as its schema shows it; amounts are decimals as text."""

from typing import Any

from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from shared.contracts.invoicing import InvoiceFact, Refusal


@dataclass(frozen=True, kw_only=True)
class Invoice(InvoiceFact):
    """As its reader may see it: a customer gets nothing of runs, steps and actions.

    Of a contract that is not open-book a customer gets no cost of a line, and no basis, either.
    """

    run_id: str = ""


class InvoiceList(TypedDict):
    data: list[Invoice]


class BilledCustomer(TypedDict):
    customer: str
    name: str
    email: str


class CustomerList(TypedDict):
    data: list[BilledCustomer]


class AppliedPlans(TypedDict):
    """`is_changed`: false where these terms were in force already."""

    digest: str
    is_changed: bool


class Issuing(TypedDict):
    refused: Refusal | None


class PriceOfPlan(TypedDict):
    """`terms` are the plan's components as `trueback.yaml` has them, without their names."""

    plan: str
    name: str
    version: int
    is_current: bool
    currency: str
    total: str
    terms: list[dict[str, Any]]


class PriceList(TypedDict):
    data: list[PriceOfPlan]
