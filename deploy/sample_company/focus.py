"""A delivery as FOCUS 1.2 with AWS's own columns: Parquet parts, and the manifest last.

Negations of the Savings Plan are not told, since what it covers is billed nothing; what of a
commitment went unused is a line of its own beside its fee.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from deploy.sample_company import meters
from deploy.sample_company.cur2 import (
    PLAN_ARN,
    RESERVATION_ARN,
    dollars,
    invoice_of,
    is_usage,
    kind_of,
    list_quanta,
    location,
    rate,
    sku,
)
from deploy.sample_company.exports import ByRow, deliver_export, read_by_kind, tables_of
from deploy.sample_company.lines import Line
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import ACCOUNT_NAMES, PAYER

EXPORT: Final = "larkfield-focus"
_TEXT: Final = pa.string()
_NUMBER: Final = pa.float64()
_TIME: Final = pa.timestamp("ms")
_TEXTS: Final = pa.map_(_TEXT, _TEXT)
_ARNS: Final = {"plan": PLAN_ARN, "reservation": RESERVATION_ARN, "": None}
_PURCHASES: Final = frozenset({"Fee", "RIFee", "SavingsPlanRecurringFee"})
_COVERED: Final = frozenset({"SavingsPlanCoveredUsage", "DiscountedUsage"})
_ABSENT: Final = (
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountName",
    "ResourceName",
    "ResourceType",
    "ServiceSubcategory",
    "SkuPriceDetails",
    "x_Discounts",
)
_ABSENT_NUMBERS: Final = (
    "CommitmentDiscountQuantity",
    "ContractedUnitPrice",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
)


class Row(NamedTuple):
    line: Line
    is_unused: bool

    @property
    def category(self) -> str:
        if self.line.line_type in _PURCHASES and not self.is_unused:
            return "Purchase"
        return self.line.line_type if self.line.line_type in {"Tax", "Credit"} else "Usage"

    @property
    def billed_quanta(self) -> int:
        is_nothing = self.is_unused or self.line.line_type in _COVERED
        return 0 if is_nothing else self.line.quanta

    @property
    def effective_quanta(self) -> int:
        is_fee = self.line.is_fee_of_commitment and not self.is_unused
        return 0 if is_fee else self.line.amortised_quanta

    @property
    def list_quanta(self) -> int:
        return 0 if self.is_unused else list_quanta(self.line)

    @property
    def resource(self) -> str | None:
        if self.line.is_fee_of_commitment:
            return _ARNS[self.line.commitment]
        return self.line.resource or None

    @property
    def is_measured(self) -> bool:
        return not self.is_unused and is_usage(self.line)

    @property
    def status(self) -> str | None:
        if self.is_unused:
            return "Unused"
        return "Used" if self.line.line_type in _COVERED else None


def _rows(lines: Sequence[Line]) -> Iterator[Row]:
    for line in lines:
        if line.line_type == "SavingsPlanNegation":
            continue
        yield Row(line, is_unused=False)
        if line.is_fee_of_commitment:
            yield Row(line, is_unused=True)


_Column = tuple[str, pa.DataType, Callable[[Row], Any]]


def _fixed(**values: str) -> Iterator[_Column]:
    for name, value in values.items():
        yield name, _TEXT, lambda _, value=value: value  # type: ignore[misc]


def _columns(month: SampleMonth) -> Iterator[_Column]:
    yield from _fixed(
        BillingAccountId=PAYER,
        BillingAccountName=ACCOUNT_NAMES[PAYER],
        BillingAccountType="Payer Account",
        BillingCurrency="USD",
        InvoiceIssuerName="Amazon Web Services, Inc.",
        PricingCurrency="USD",
        ProviderName="AWS",
        SubAccountType="Linked Account",
    )
    yield from ((name, _TEXT, lambda _: None) for name in _ABSENT)
    yield from ((name, _NUMBER, lambda _: None) for name in _ABSENT_NUMBERS)
    yield from _time_columns(month)
    yield from _money_columns()
    yield from _charge_columns(month)
    yield from _commitment_columns()
    yield from _product_columns()


def _time_columns(month: SampleMonth) -> Iterator[_Column]:
    billing = month.month
    start, end = billing.start.replace(tzinfo=None), billing.end.replace(tzinfo=None)
    yield "BillingPeriodStart", _TIME, lambda _: start
    yield "BillingPeriodEnd", _TIME, lambda _: end


def _money_columns() -> Iterator[_Column]:
    yield "BilledCost", _NUMBER, lambda row: dollars(row.billed_quanta)
    yield "EffectiveCost", _NUMBER, lambda row: dollars(row.effective_quanta)
    yield "ListCost", _NUMBER, lambda row: dollars(row.list_quanta)
    yield "ContractedCost", _NUMBER, lambda row: dollars(row.list_quanta)
    yield (
        "ListUnitPrice",
        _NUMBER,
        lambda row: float(rate(row.line)) if row.is_measured else None,
    )
    for name in ("PricingQuantity", "ConsumedQuantity"):
        yield (
            name,
            _NUMBER,
            lambda row: row.line.usage_micro / 1_000_000 if row.is_measured else None,
        )
    for name in ("PricingUnit", "ConsumedUnit"):
        yield name, _TEXT, lambda row: row.line.meter.unit if row.is_measured else None


def _charge_columns(month: SampleMonth) -> Iterator[_Column]:
    yield "ChargeCategory", _TEXT, lambda row: row.category
    yield (
        "ChargeClass",
        _TEXT,
        lambda row: "Correction" if row.line.line_type == "Refund" else None,
    )
    yield (
        "ChargeDescription",
        _TEXT,
        lambda row: row.line.description or row.line.meter.description,
    )
    yield "ChargeFrequency", _TEXT, _frequency
    yield "InvoiceId", _TEXT, lambda row: invoice_of(row.line, month) or None
    yield "PublisherName", _TEXT, _publisher
    yield "SubAccountId", _TEXT, lambda row: row.line.account
    yield "SubAccountName", _TEXT, lambda row: ACCOUNT_NAMES[row.line.account]


def _frequency(row: Row) -> str:
    if row.line.is_fee_of_commitment and not row.is_unused:
        return "Recurring"
    return "One-Time" if row.line.line_type == "Fee" else "Usage-Based"


def _publisher(row: Row) -> str:
    return "Observely LLC" if row.line.marketplace else "Amazon Web Services, Inc."


def _pricing_category(row: Row) -> str | None:
    if row.line.line_type in {"Tax", "Credit"}:
        return None
    return "Committed" if row.line.line_type in _COVERED else "Standard"


def _commitment_columns() -> Iterator[_Column]:
    categories = {"plan": "Spend", "reservation": "Usage", "": None}
    types = {"plan": "Savings Plan", "reservation": "Reserved Instance", "": None}
    measured_in = {"plan": "USD", "reservation": "Hours", "": None}
    yield "CommitmentDiscountCategory", _TEXT, lambda row: categories[row.line.commitment]
    yield "CommitmentDiscountId", _TEXT, lambda row: _ARNS[row.line.commitment]
    yield "CommitmentDiscountStatus", _TEXT, lambda row: row.status
    yield "CommitmentDiscountType", _TEXT, lambda row: types[row.line.commitment]
    yield "CommitmentDiscountUnit", _TEXT, lambda row: measured_in[row.line.commitment]
    yield "PricingCategory", _TEXT, _pricing_category


def _product_columns() -> Iterator[_Column]:
    yield "AvailabilityZone", _TEXT, lambda row: row.line.zone or None
    yield "RegionId", _TEXT, lambda row: meters.REGION if row.line.meter.operation else None
    yield "RegionName", _TEXT, lambda row: location(row.line) or None
    yield "ServiceCategory", _TEXT, lambda row: row.line.meter.product[3]
    yield "ServiceName", _TEXT, lambda row: row.line.meter.product[1]
    yield "SkuId", _TEXT, lambda row: sku(row.line)
    yield "SkuMeter", _TEXT, lambda row: row.line.meter.usage_type
    yield (
        "SkuPriceId",
        _TEXT,
        lambda row: f"{sku(row.line)}.JRTCKXETXF.6YS6EN2CT7" if row.is_measured else None,
    )
    yield "x_Operation", _TEXT, lambda row: row.line.meter.operation or None
    yield (
        "x_ServiceCode",
        _TEXT,
        lambda row: row.line.meter.product[2] or row.line.meter.product[0],
    )


def _own_columns() -> Iterator[_Column]:
    """What differs between rows of one kind; tags are listed once per resource."""
    tags: dict[int, list[tuple[str, str]]] = {}

    def list_tags(row: Row) -> list[tuple[str, str]]:
        listed = tags.get(id(row.line.tags))
        if listed is None:
            listed = [(key.removeprefix("user:"), value) for key, value in row.line.tags.items()]
            tags[id(row.line.tags)] = listed
        return listed

    yield "ChargePeriodStart", _TIME, lambda row: row.line.start.replace(tzinfo=None)
    yield "ChargePeriodEnd", _TIME, lambda row: row.line.end.replace(tzinfo=None)
    yield "ResourceId", _TEXT, lambda row: row.resource
    yield "Tags", _TEXTS, list_tags


def _kind(row: Row) -> tuple[object, ...]:
    return (row.is_unused, *kind_of(row.line))


def deliver(lines: Sequence[Line], *, root: Path, month: SampleMonth, bucket: str) -> Path:
    """Parts, then the manifest that commits them; answers the manifest's path."""
    rows = list(_rows(lines))
    shared, own = list(_columns(month)), list(_own_columns())
    values = read_by_kind(rows, _kind, shared)
    values |= {name: ByRow([read(row) for row in rows]) for name, _, read in own}
    kinds = {name: kind for name, kind, _ in [*shared, *own]}
    names = sorted(kinds, key=lambda name: (name.startswith("x_"), name))
    schema = pa.schema([(name, kinds[name]) for name in names])
    tables = tables_of(values, schema, len(rows))
    return deliver_export(EXPORT, tables, root=root, month=month, bucket=bucket)
