"""Write the bill as AWS delivers it: CUR 2.0 in Parquet parts, and the manifest last."""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - plays AWS, the other side of the lake

from deploy.sample import meters
from deploy.sample.lines import Line
from deploy.sample.tenants import ACCOUNT_NAMES, PAYER
from shared.periods import Month

EXPORT: Final = "larkfield-cur2"
PREFIX: Final = "exports"
PARTS: Final = 3
_TEXT: Final = pa.string()
_DOUBLE: Final = pa.float64()
_TIME: Final = pa.timestamp("ms")
_TEXTS: Final = pa.map_(_TEXT, _TEXT)
_INVOICE: Final = "1904472613"
_MARKETPLACE_INVOICE: Final = "2688310457"
_PLAN_ARN: Final = f"arn:aws:savingsplans::{PAYER}:savingsplan/2f1a6c84-5b0e-4d7c-9a35-7e1b8c2d4f60"


def _dollars(units: int) -> float:
    """The double nearest to the decimal: its shortest decimal is the amount again."""
    return float(Decimal(units).scaleb(-10))


def _rate(line: Line) -> str:
    if line.meter.rate == "0":
        return format(Decimal(line.units).scaleb(-10).normalize(), "f")
    return line.meter.rate


def _identity(index: int, line: Line) -> str:
    digest = hashlib.sha256(f"{index}|{line.resource}|{line.start}|{line.units}".encode()).digest()
    return base64.b32encode(digest).decode().lower().rstrip("=")


def _interval(line: Line) -> str:
    return f"{line.start:%Y-%m-%dT%H:%M:%SZ}/{line.end:%Y-%m-%dT%H:%M:%SZ}"


def _product(line: Line) -> dict[str, str]:
    product = {"product_name": line.meter.product[1], "region": meters.REGION}
    if line.meter.instance_type:
        product["vcpu"] = "8" if "xlarge" in line.meter.instance_type else "2"
    return product


def _sku(line: Line) -> str:
    digest = hashlib.sha256(line.meter.usage_type.encode()).digest()
    return base64.b32encode(digest).decode()[:16]


def _usage(line: Line) -> bool:
    return line.line_type in {"Usage", "SavingsPlanCoveredUsage"}


def _location(line: Line) -> str:
    return "US West (Oregon)" if line.meter.operation else ""


_Column = tuple[str, pa.DataType, Callable[[int, Line], Any]]


def _columns(period: Month) -> Sequence[_Column]:
    return (
        *_bill_columns(period),
        *_line_item_columns(),
        *_pricing_columns(),
        *_product_columns(),
        *_commitment_columns(),
        ("resource_tags", _TEXTS, lambda _, line: list(line.tags.items())),
    )


def _bill_columns(period: Month) -> Sequence[_Column]:
    start, end = period.start.replace(tzinfo=None), period.end.replace(tzinfo=None)
    return (
        ("bill_bill_type", _TEXT, lambda _, _line: "Anniversary"),
        (
            "bill_billing_entity",
            _TEXT,
            lambda _, line: "AWS Marketplace" if line.marketplace else "AWS",
        ),
        ("bill_billing_period_end_date", _TIME, lambda *_: end),
        ("bill_billing_period_start_date", _TIME, lambda *_: start),
        (
            "bill_invoice_id",
            _TEXT,
            lambda _, line: _MARKETPLACE_INVOICE if line.marketplace else _INVOICE,
        ),
        ("bill_invoicing_entity", _TEXT, lambda *_: "Amazon Web Services, Inc."),
        ("bill_payer_account_id", _TEXT, lambda *_: PAYER),
        ("bill_payer_account_name", _TEXT, lambda *_: ACCOUNT_NAMES[PAYER]),
        ("cost_category", _TEXTS, lambda *_: []),
        ("discount", pa.map_(_TEXT, _DOUBLE), lambda *_: []),
        ("identity_line_item_id", _TEXT, _identity),
        ("identity_time_interval", _TEXT, lambda _, line: _interval(line)),
    )


def _line_item_columns() -> Sequence[_Column]:
    return (
        ("line_item_availability_zone", _TEXT, lambda _, line: line.zone),
        ("line_item_blended_cost", _DOUBLE, lambda _, line: _dollars(line.units)),
        ("line_item_blended_rate", _TEXT, lambda _, line: _rate(line)),
        ("line_item_currency_code", _TEXT, lambda *_: "USD"),
        (
            "line_item_legal_entity",
            _TEXT,
            lambda _, line: "Observely LLC" if line.marketplace else "Amazon Web Services, Inc.",
        ),
        (
            "line_item_line_item_description",
            _TEXT,
            lambda _, line: line.description or line.meter.description,
        ),
        ("line_item_line_item_type", _TEXT, lambda _, line: line.line_type),
        ("line_item_operation", _TEXT, lambda _, line: line.meter.operation),
        ("line_item_product_code", _TEXT, lambda _, line: line.meter.product[0]),
        ("line_item_resource_id", _TEXT, lambda _, line: line.resource),
        (
            "line_item_tax_type",
            _TEXT,
            lambda _, line: "USSalesTax" if line.line_type == "Tax" else "",
        ),
        ("line_item_unblended_cost", _DOUBLE, lambda _, line: _dollars(line.units)),
        ("line_item_unblended_rate", _TEXT, lambda _, line: _rate(line)),
        ("line_item_usage_account_id", _TEXT, lambda _, line: line.account),
        ("line_item_usage_account_name", _TEXT, lambda _, line: ACCOUNT_NAMES[line.account]),
        ("line_item_usage_amount", _DOUBLE, lambda _, line: line.usage_micro / 1_000_000),
        ("line_item_usage_end_date", _TIME, lambda _, line: line.end.replace(tzinfo=None)),
        ("line_item_usage_start_date", _TIME, lambda _, line: line.start.replace(tzinfo=None)),
        ("line_item_usage_type", _TEXT, lambda _, line: line.meter.usage_type),
    )


def _pricing_columns() -> Sequence[_Column]:
    return (
        ("pricing_currency", _TEXT, lambda *_: "USD"),
        (
            "pricing_public_on_demand_cost",
            _DOUBLE,
            lambda _, line: _dollars(line.units) if _usage(line) else 0.0,
        ),
        (
            "pricing_public_on_demand_rate",
            _TEXT,
            lambda _, line: _rate(line) if _usage(line) else "",
        ),
        ("pricing_purchase_option", _TEXT, lambda *_: ""),
        (
            "pricing_rate_code",
            _TEXT,
            lambda _, line: f"{_sku(line)}.JRTCKXETXF.6YS6EN2CT7" if _usage(line) else "",
        ),
        ("pricing_rate_id", _TEXT, lambda *_: ""),
        ("pricing_term", _TEXT, lambda _, line: "OnDemand" if _usage(line) else ""),
        ("pricing_unit", _TEXT, lambda _, line: line.meter.unit if _usage(line) else ""),
    )


def _product_columns() -> Sequence[_Column]:
    return (
        ("product", _TEXTS, lambda _, line: list(_product(line).items())),
        ("product_instance_family", _TEXT, lambda *_: ""),
        ("product_instance_type", _TEXT, lambda _, line: line.meter.instance_type),
        ("product_location", _TEXT, lambda _, line: _location(line)),
        ("product_operation", _TEXT, lambda _, line: line.meter.operation),
        ("product_product_family", _TEXT, lambda _, line: line.meter.family),
        (
            "product_region_code",
            _TEXT,
            lambda _, line: meters.REGION if line.meter.operation else "",
        ),
        ("product_servicecode", _TEXT, lambda _, line: line.meter.product[2]),
        ("product_sku", _TEXT, lambda _, line: _sku(line)),
        ("product_usagetype", _TEXT, lambda _, line: line.meter.usage_type),
    )


def _on_plan(text: str) -> Callable[[int, Line], str]:
    return lambda _, line: text if line.is_of_plan else ""


def _commitment_columns() -> Sequence[_Column]:
    """One Savings Plan and no reservations: texts are empty and amounts zero elsewhere."""
    reservations = (
        "reservation_effective_cost",
        "reservation_unused_amortized_upfront_fee_for_billing_period",
        "reservation_unused_recurring_fee",
    )
    plan_texts = {
        "savings_plan_offering_type": "ComputeSavingsPlans",
        "savings_plan_payment_option": "No Upfront",
        "savings_plan_purchase_term": "1yr",
        "savings_plan_savings_plan_a_r_n": _PLAN_ARN,
    }
    return (
        ("reservation_reservation_a_r_n", _TEXT, lambda *_: ""),
        *((name, _DOUBLE, lambda *_: 0.0) for name in reservations),
        *((name, _TEXT, _on_plan(text)) for name, text in plan_texts.items()),
        (
            "savings_plan_savings_plan_effective_cost",
            _DOUBLE,
            lambda _, line: (
                _dollars(line.effective_units or 0)
                if line.line_type == "SavingsPlanCoveredUsage"
                else 0.0
            ),
        ),
        (
            "savings_plan_total_commitment_to_date",
            _DOUBLE,
            lambda _, line: _dollars(line.units if line.used_units else 0),
        ),
        ("savings_plan_used_commitment", _DOUBLE, lambda _, line: _dollars(line.used_units)),
    )


def _table(lines: Sequence[Line], first: int, period: Month) -> pa.Table:
    columns = _columns(period)
    arrays = [
        pa.array([read(first + index, line) for index, line in enumerate(lines)], type=kind)
        for _, kind, read in columns
    ]
    return pa.Table.from_arrays(arrays, names=[name for name, _, _ in columns])


def deliver(lines: Sequence[Line], *, root: Path, period: Month, bucket: str) -> Path:
    """Parts, then the manifest that commits them; answers the manifest's path."""
    partition = f"BILLING_PERIOD={period}"
    data = root / PREFIX / EXPORT / "data" / partition
    metadata = root / PREFIX / EXPORT / "metadata" / partition
    data.mkdir(parents=True, exist_ok=True)
    metadata.mkdir(parents=True, exist_ok=True)
    size = -(-len(lines) // PARTS)
    urls = []
    for part in range(PARTS):
        path = data / f"{EXPORT}-{part + 1:05d}.snappy.parquet"
        table = _table(lines[part * size : (part + 1) * size], part * size, period)
        pq.write_table(table, path, compression="snappy")
        urls.append(f"s3://{bucket}/{path.relative_to(root).as_posix()}")
    manifest = metadata / f"{EXPORT}-Manifest.json"
    manifest.write_text(json.dumps(_manifest(period, urls), indent=2) + "\n", encoding="utf-8")
    return manifest


def _manifest(period: Month, urls: list[str]) -> dict[str, object]:
    digest = hashlib.sha256("".join(urls).encode()).hexdigest()
    account = f"arn:aws:bcm-data-exports:us-east-1:{PAYER}"
    return {
        "exportArn": f"{account}:export/{EXPORT}",
        "exportName": EXPORT,
        "executionId": str(uuid.UUID(digest[:32])),
        "contentType": "Parquet",
        "compression": "PARQUET",
        "billingPeriod": {
            "start": f"{period.start:%Y%m%dT%H%M%S}.000Z",
            "end": f"{period.end:%Y%m%dT%H%M%S}.000Z",
        },
        "columns": [{"name": name, "type": str(kind)} for name, kind, _ in _columns(period)],
        "dataFiles": urls,
    }


def write_signals(rows: Sequence[dict[str, object]], path: Path) -> None:
    schema = pa.schema(
        [
            ("meter", _TEXT),
            ("start", pa.timestamp("us", tz="UTC")),
            ("consumer", _TEXT),
            ("quantity", pa.decimal128(28, 6)),
            ("unit", _TEXT),
            ("source", _TEXT),
            ("id", _TEXT),
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path, compression="snappy")
