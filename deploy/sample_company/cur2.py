"""A delivery as CUR 2.0: Parquet parts that are overwritten each time, and the manifest last."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from deploy.sample_company import meters
from deploy.sample_company.exports import ByRow, Column, deliver_export, read_by_kind, tables_of
from deploy.sample_company.lines import Line
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import ACCOUNT_NAMES, PAYER, PRODUCTION

EXPORT: Final = "larkfield-cur2"
_TEXT: Final = pa.string()
_DOUBLE: Final = pa.float64()
_TIME: Final = pa.timestamp("ms")
_TEXTS: Final = pa.map_(_TEXT, _TEXT)
_INVOICE: Final = 1904472613
_MARKETPLACE_INVOICE: Final = 2688310457
PLAN_ARN: Final = f"arn:aws:savingsplans::{PAYER}:savingsplan/2f1a6c84-5b0e-4d7c-9a35-7e1b8c2d4f60"
RESERVATION_ARN: Final = (
    f"arn:aws:ec2:{meters.REGION}:{PRODUCTION}:reserved-instances/"
    "6c1f0e52-93b7-4f4e-8d0a-b2a7715e9c38"
)

Values = Mapping[str, Column]


@lru_cache(maxsize=200_000)
def dollars(quanta: int) -> float:
    """The double nearest to the decimal: its shortest decimal is the amount again."""
    return float(Decimal(quanta).scaleb(-10))


def rate(line: Line) -> str:
    if line.meter.rate == "0":
        return format(Decimal(line.quanta).scaleb(-10).normalize(), "f")
    return line.meter.rate


def _identity(index: int, line: Line) -> str:
    identity = f"{index}|{line.resource}|{line.hour}|{line.quanta}"
    return hashlib.sha256(identity.encode()).hexdigest()[:52]


def _interval(line: Line) -> str:
    return f"{_instant(line.start)}/{_instant(line.end)}"


@lru_cache(maxsize=2_000)
def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _product(line: Line) -> dict[str, str]:
    product = {"product_name": line.meter.product[1], "region": meters.REGION}
    if line.meter.instance_type:
        product["vcpu"] = "8" if "xlarge" in line.meter.instance_type else "2"
    return product


def sku(line: Line) -> str:
    return _sku(line.meter.usage_type)


@lru_cache(maxsize=1_000)
def _sku(usage_type: str) -> str:
    digest = hashlib.sha256(usage_type.encode()).digest()
    return base64.b32encode(digest).decode()[:16]


def is_usage(line: Line) -> bool:
    return line.line_type in {"Usage", "SavingsPlanCoveredUsage", "DiscountedUsage"}


def list_quanta(line: Line) -> int:
    """What the usage would have cost on demand, in 10^-10 US dollars."""
    if line.line_type == "DiscountedUsage":
        return line.usage_micro * line.meter.rate_in_ten_thousandths
    return line.quanta


def invoice_of(line: Line, month: SampleMonth) -> str:
    """Empty until the month is over, since nothing of it has been invoiced."""
    first = _MARKETPLACE_INVOICE if line.marketplace else _INVOICE
    return str(first + month.offset) if month.is_over else ""


@lru_cache(maxsize=1_000)
def tag_key(written: str) -> str:
    """AWS's rule for what CUR 2.0 makes of a tag key."""
    spaced = re.sub(r"(?<!^)(?=[A-Z])", "_", written).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", spaced)).strip("_")


def term_of(line: Line) -> str:
    if not is_usage(line):
        return ""
    return "Reserved" if line.commitment == "reservation" else "OnDemand"


def location(line: Line) -> str:
    return "US West (Oregon)" if line.meter.operation else ""


_Column = tuple[str, pa.DataType, Callable[[Line], Any]]


def _columns(month: SampleMonth) -> Sequence[_Column]:
    return (
        *_bill_columns(month),
        *_line_item_columns(),
        *_pricing_columns(),
        *_product_columns(),
        *_commitment_columns(),
    )


def _bill_columns(month: SampleMonth) -> Sequence[_Column]:
    billing = month.month
    start, end = billing.start.replace(tzinfo=None), billing.end.replace(tzinfo=None)
    return (
        ("bill_bill_type", _TEXT, lambda _: "Anniversary"),
        (
            "bill_billing_entity",
            _TEXT,
            lambda line: "AWS Marketplace" if line.marketplace else "AWS",
        ),
        ("bill_billing_period_end_date", _TIME, lambda _: end),
        ("bill_billing_period_start_date", _TIME, lambda _: start),
        ("bill_invoice_id", _TEXT, lambda line: invoice_of(line, month)),
        ("bill_invoicing_entity", _TEXT, lambda _: "Amazon Web Services, Inc."),
        ("bill_payer_account_id", _TEXT, lambda _: PAYER),
        ("bill_payer_account_name", _TEXT, lambda _: ACCOUNT_NAMES[PAYER]),
        ("cost_category", _TEXTS, lambda _: []),
        ("discount", pa.map_(_TEXT, _DOUBLE), lambda _: []),
    )


def _line_item_columns() -> Sequence[_Column]:
    return (
        ("line_item_availability_zone", _TEXT, lambda line: line.zone),
        ("line_item_blended_cost", _DOUBLE, lambda line: dollars(line.quanta)),
        ("line_item_blended_rate", _TEXT, rate),
        ("line_item_currency_code", _TEXT, lambda _: "USD"),
        (
            "line_item_legal_entity",
            _TEXT,
            lambda line: "Observely LLC" if line.marketplace else "Amazon Web Services, Inc.",
        ),
        (
            "line_item_line_item_description",
            _TEXT,
            lambda line: line.description or line.meter.description,
        ),
        ("line_item_line_item_type", _TEXT, lambda line: line.line_type),
        ("line_item_operation", _TEXT, lambda line: line.meter.operation),
        ("line_item_product_code", _TEXT, lambda line: line.meter.product[0]),
        (
            "line_item_tax_type",
            _TEXT,
            lambda line: "USSalesTax" if line.line_type == "Tax" else "",
        ),
        ("line_item_unblended_cost", _DOUBLE, lambda line: dollars(line.quanta)),
        ("line_item_unblended_rate", _TEXT, rate),
        ("line_item_usage_account_id", _TEXT, lambda line: line.account),
        ("line_item_usage_account_name", _TEXT, lambda line: ACCOUNT_NAMES[line.account]),
        ("line_item_usage_amount", _DOUBLE, lambda line: line.usage_micro / 1_000_000),
        ("line_item_usage_type", _TEXT, lambda line: line.meter.usage_type),
    )


def _pricing_columns() -> Sequence[_Column]:
    return (
        ("pricing_currency", _TEXT, lambda _: "USD"),
        (
            "pricing_public_on_demand_cost",
            _DOUBLE,
            lambda line: dollars(list_quanta(line)) if is_usage(line) else 0.0,
        ),
        (
            "pricing_public_on_demand_rate",
            _TEXT,
            lambda line: rate(line) if is_usage(line) else "",
        ),
        ("pricing_purchase_option", _TEXT, lambda _: ""),
        (
            "pricing_rate_code",
            _TEXT,
            lambda line: f"{sku(line)}.JRTCKXETXF.6YS6EN2CT7" if is_usage(line) else "",
        ),
        ("pricing_rate_id", _TEXT, lambda _: ""),
        ("pricing_term", _TEXT, term_of),
        ("pricing_unit", _TEXT, lambda line: line.meter.unit if is_usage(line) else ""),
    )


def _product_columns() -> Sequence[_Column]:
    return (
        ("product", _TEXTS, lambda line: list(_product(line).items())),
        ("product_instance_family", _TEXT, lambda _: ""),
        ("product_instance_type", _TEXT, lambda line: line.meter.instance_type),
        ("product_location", _TEXT, location),
        ("product_operation", _TEXT, lambda line: line.meter.operation),
        ("product_product_family", _TEXT, lambda line: line.meter.family),
        (
            "product_region_code",
            _TEXT,
            lambda line: meters.REGION if line.meter.operation else "",
        ),
        ("product_servicecode", _TEXT, lambda line: line.meter.product[2]),
        ("product_sku", _TEXT, sku),
        ("product_usagetype", _TEXT, lambda line: line.meter.usage_type),
    )


def _of(commitment: str, text: str) -> Callable[[Line], str]:
    return lambda line: text if line.commitment == commitment else ""


def _effective(line: Line, line_type: str) -> float:
    return dollars(line.amortised_quanta) if line.line_type == line_type else 0.0


def _commitment_columns() -> Sequence[_Column]:
    """One Savings Plan and one reservation: texts are empty and amounts zero elsewhere."""
    fee = "SavingsPlanRecurringFee"
    plan_texts = {
        "savings_plan_offering_type": "ComputeSavingsPlans",
        "savings_plan_payment_option": "No Upfront",
        "savings_plan_purchase_term": "1yr",
        "savings_plan_savings_plan_a_r_n": PLAN_ARN,
    }
    return (
        ("reservation_reservation_a_r_n", _TEXT, _of("reservation", RESERVATION_ARN)),
        (
            "reservation_effective_cost",
            _DOUBLE,
            lambda line: _effective(line, "DiscountedUsage"),
        ),
        (
            "reservation_unused_amortized_upfront_fee_for_billing_period",
            _DOUBLE,
            lambda _: 0.0,
        ),
        ("reservation_unused_recurring_fee", _DOUBLE, lambda line: _effective(line, "RIFee")),
        *((name, _TEXT, _of("plan", text)) for name, text in plan_texts.items()),
        (
            "savings_plan_savings_plan_effective_cost",
            _DOUBLE,
            lambda line: _effective(line, "SavingsPlanCoveredUsage"),
        ),
        (
            "savings_plan_total_commitment_to_date",
            _DOUBLE,
            lambda line: dollars(line.quanta) if line.line_type == fee else 0.0,
        ),
        (
            "savings_plan_used_commitment",
            _DOUBLE,
            lambda line: dollars(line.used_quanta) if line.line_type == fee else 0.0,
        ),
    )


def _own_columns() -> Mapping[str, tuple[pa.DataType, Callable[[int, Line], Any]]]:
    """What differs between lines of one kind; tags are listed once per resource."""
    tags: dict[int, list[tuple[str, str]]] = {}

    def list_tags(_: int, line: Line) -> list[tuple[str, str]]:
        listed = tags.get(id(line.tags))
        if listed is None:
            listed = [(tag_key(key), value) for key, value in line.tags.items()]
            tags[id(line.tags)] = listed
        return listed

    return {
        "identity_line_item_id": (_TEXT, _identity),
        "identity_time_interval": (_TEXT, lambda _, line: _interval(line)),
        "line_item_resource_id": (_TEXT, lambda _, line: line.resource),
        "line_item_usage_end_date": (_TIME, lambda _, line: line.end.replace(tzinfo=None)),
        "line_item_usage_start_date": (_TIME, lambda _, line: line.start.replace(tzinfo=None)),
        "resource_tags": (_TEXTS, list_tags),
    }


def kind_of(line: Line) -> tuple[object, ...]:
    return (
        *(id(line.meter), line.line_type, line.commitment, line.marketplace, line.account),
        *(line.zone, line.description, line.quanta, line.usage_micro),
        *(line.effective_quanta, line.used_quanta),
    )


def read_values(lines: Sequence[Line], month: SampleMonth) -> Values:
    values = read_by_kind(lines, kind_of, _columns(month))
    for name, (_, read_own) in _own_columns().items():
        values[name] = ByRow([read_own(index, line) for index, line in enumerate(lines)])
    return dict(sorted(values.items()))


def _schema(month: SampleMonth) -> pa.Schema:
    own = [(name, kind) for name, (kind, _) in _own_columns().items()]
    return pa.schema(
        sorted([*((name, kind) for name, kind, _ in _columns(month)), *own], key=lambda one: one[0])
    )


def deliver(values: Values, *, count: int, root: Path, month: SampleMonth, bucket: str) -> Path:
    """Parts, then the manifest that commits them; answers the manifest's path."""
    tables = tables_of(values, _schema(month), count)
    return deliver_export(EXPORT, tables, root=root, month=month, bucket=bucket)
