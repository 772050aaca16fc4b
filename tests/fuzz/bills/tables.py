"""Small bills as tables of text, and the files and folders in which each format is delivered.

Nothing here is shared with what reads bills: the forms are those of docs/reference/aws-bills.md.
"""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Mapping, Sequence
from csv import writer as csv_writer  # noqa: TID251 - an input, as others write it
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - others' files, not the lake's

MONTH: Final = "2026-10"
NEXT_MONTH: Final = "2026-11"
_TENANTS: Final = ("acme", "ACME", "Globex", "globex ", "acme-corp", "nobody", "")
_ACCOUNTS: Final = ("000000000002", "222222222222", "012345678901")
FOCUS: Final = {
    "cost": "BilledCost",
    "effective": "EffectiveCost",
    "currency": "BillingCurrency",
    "month": "BillingPeriodStart",
    "month_end": "BillingPeriodEnd",
    "start": "ChargePeriodStart",
    "end": "ChargePeriodEnd",
    "category": "ChargeCategory",
    "service": "ServiceName",
    "group": "ServiceCategory",
    "payer": "BillingAccountId",
    "account": "SubAccountId",
    "resource": "ResourceId",
    "usage_type": "SkuMeter",
    "tags": "Tags",
}
CUR: Final = {
    "cost": "line_item_unblended_cost",
    "currency": "line_item_currency_code",
    "month": "bill_billing_period_start_date",
    "month_end": "bill_billing_period_end_date",
    "start": "line_item_usage_start_date",
    "end": "line_item_usage_end_date",
    "category": "line_item_line_item_type",
    "service": "line_item_product_code",
    "payer": "bill_payer_account_id",
    "payer_name": "bill_payer_account_name",
    "account": "line_item_usage_account_id",
    "resource": "line_item_resource_id",
    "usage_type": "line_item_usage_type",
    "operation": "line_item_operation",
    "description": "line_item_line_item_description",
    "quantity": "line_item_usage_amount",
    "tags": "resource_tags",
}
LEGACY: Final = {
    "cost": "lineItem/UnblendedCost",
    "currency": "lineItem/CurrencyCode",
    "month": "bill/BillingPeriodStartDate",
    "month_end": "bill/BillingPeriodEndDate",
    "start": "lineItem/UsageStartDate",
    "end": "lineItem/UsageEndDate",
    "category": "lineItem/LineItemType",
    "service": "lineItem/ProductCode",
    "payer": "bill/PayerAccountId",
    "account": "lineItem/UsageAccountId",
    "resource": "lineItem/ResourceId",
    "usage_type": "lineItem/UsageType",
    "operation": "lineItem/Operation",
    "description": "lineItem/LineItemDescription",
    "quantity": "lineItem/UsageAmount",
    "customer": "resourceTags/user:customer",
}


@dataclass
class Table:
    header: list[str]
    rows: list[list[str]]

    def column(self, name: str) -> int:
        return self.header.index(name)


@dataclass(frozen=True)
class Format:
    name: str
    names: Mapping[str, str]
    """Of the columns, by what they hold."""
    suffix: str
    layout: str = "file"
    """`file` alone, or in a folder as `exports` or the `legacy` report have it."""
    changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        return {**self.names, **self.changes}

    @property
    def is_parquet(self) -> bool:
        return self.suffix == ".parquet"


_FOCUS_1_0: Final = {"usage_type": "x_UsageType"}
_ATHENA: Final = {
    what: name for what, name in CUR.items() if what not in ("payer_name", "tags")
} | {"customer": "resource_tags_user_customer"}
FORMATS: Final = (
    Format("FOCUS 1.2, CSV", FOCUS, ".csv"),
    Format("FOCUS 1.2, zip", FOCUS, ".csv.zip"),
    Format("FOCUS 1.2, Parquet", FOCUS, ".parquet"),
    Format("FOCUS 1.2, export", FOCUS, ".csv.gz", "exports"),
    Format("FOCUS 1.0, gz", FOCUS, ".csv.gz", changes=_FOCUS_1_0),
    Format("FOCUS 1.0, Parquet export", FOCUS, ".parquet", "exports", changes=_FOCUS_1_0),
    Format("CUR 2.0, CSV export", CUR, ".csv.gz", "exports"),
    Format("CUR 2.0, Parquet export", CUR, ".parquet", "exports"),
    Format("CUR 2.0, CSV", CUR, ".csv"),
    Format("legacy CUR, report", LEGACY, ".csv.gz", "legacy"),
    Format("legacy CUR, zip", LEGACY, ".csv.zip"),
    Format("legacy CUR, Parquet", _ATHENA, ".parquet"),
)


def random_table(chance: random.Random, form: Format) -> Table:
    header = list(form.columns.values())
    chance.shuffle(header)
    what_of = {name: what for what, name in form.columns.items()}
    rows = []
    for _ in range(chance.randint(1, 8)):
        line = _line(chance, form)
        rows.append([line[what_of[name]] for name in header])
    return Table(header, rows)


def _line(chance: random.Random, form: Format) -> dict[str, str]:
    is_focus = "effective" in form.names
    day, hour = chance.randint(1, 27), chance.randint(0, 22)
    cost = (
        f"{chance.choice(('', '', '', '-'))}{chance.randint(0, 500)}.{chance.randint(0, 9999):04}"
    )
    tenant = chance.choice(_TENANTS)
    key = "customer" if is_focus else "user_customer"
    tags = json.dumps({key: tenant, "env" if is_focus else "user_env": "prod"}) if tenant else ""
    return {
        "cost": cost,
        "effective": cost,
        "currency": "USD",
        "month": f"{MONTH}-01T00:00:00Z",
        "month_end": f"{NEXT_MONTH}-01T00:00:00Z",
        "start": f"{MONTH}-{day:02}T{hour:02}:00:00Z",
        "end": f"{MONTH}-{day:02}T{hour + 1:02}:00:00Z",
        "category": chance.choice(("Usage", "Usage", "Tax", "Credit")),
        "service": chance.choice(("AmazonEC2", "AmazonS3", 'Ünïcode, "quoted"')),
        "group": chance.choice(("Compute", "Storage", "Other")),
        "payer": "000000000001",
        "payer_name": "Payer",
        "account": chance.choice(_ACCOUNTS),
        "resource": f"i-{chance.randint(0, 99):017x}",
        "usage_type": chance.choice(("BoxUsage:m5.large", "TimedStorage-ByteHrs")),
        "operation": "RunInstances",
        "description": "",
        "quantity": "1",
        "tags": tags,
        "customer": tenant,
    }


def encoded(table: Table, form: Format) -> bytes:
    """The bytes of the one data file, packed as the format packs it."""
    if form.is_parquet:
        return _parquet(table, form)
    return packed(csv_text(table).encode(), form)


def csv_text(table: Table, *, delimiter: str = ",", line_end: str = "\n") -> str:
    text = io.StringIO(newline="")
    writer = csv_writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue()


def packed(content: bytes, form: Format) -> bytes:
    if form.suffix.endswith(".gz"):
        return gzip.compress(content, 1, mtime=0)
    if form.suffix.endswith(".zip"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("report/bill.csv"), content, zipfile.ZIP_DEFLATED)
        return file.getvalue()
    return content


def _parquet(table: Table, form: Format) -> bytes:
    arrays: dict[str, pa.Array] = {}
    of_map = form.columns.get("tags") == CUR["tags"]
    for at, name in enumerate(table.header):
        cells: Sequence[str | None] = [row[at] or None for row in table.rows]
        if of_map and name == CUR["tags"]:
            maps = [list(json.loads(cell).items()) if cell else [] for cell in cells]
            arrays[name] = pa.array(maps, pa.map_(pa.string(), pa.string()))
        else:
            arrays[name] = pa.array(cells, pa.string())
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file, compression="snappy")
    return file.getvalue()


def deliver(root: Path, form: Format, parts: Sequence[bytes]) -> Path:
    """What `--bill` is given; `parts` are the data files."""
    place = {"file": _file, "exports": _exports, "legacy": _legacy}[form.layout]
    return place(root, form, parts)


def _file(root: Path, form: Format, parts: Sequence[bytes]) -> Path:
    path = root / f"bill{form.suffix}"
    path.write_bytes(parts[0])
    return path


def _exports(root: Path, form: Format, parts: Sequence[bytes]) -> Path:
    keys = []
    for at, content in enumerate(parts, start=1):
        keys.append(f"bill/data/BILLING_PERIOD={MONTH}/bill-{at:05}{form.suffix}")
        _write(root / keys[-1], content)
    manifest = {"executionId": "e-1", "dataFiles": [f"s3://bucket/{key}" for key in keys]}
    name = root / f"bill/metadata/BILLING_PERIOD={MONTH}/bill-Manifest.json"
    _write(name, json.dumps(manifest).encode())
    return root


def _legacy(root: Path, form: Format, parts: Sequence[bytes]) -> Path:
    folder = "cur/bill/20261001-20261101"
    keys = []
    for at, content in enumerate(parts, start=1):
        keys.append(f"{folder}/bill-{at:05}{form.suffix}")
        _write(root / keys[-1], content)
    columns = [name.split("/", 1) for name in form.columns.values()]
    manifest = {
        "assemblyId": "a-1",
        "columns": [{"category": category, "name": name} for category, name in columns],
        "billingPeriod": {"start": "20261001T000000.000Z", "end": "20261101T000000.000Z"},
        "bucket": "bucket",
        "reportName": "bill",
        "reportKeys": keys,
    }
    _write(root / folder / "bill-Manifest.json", json.dumps(manifest).encode())
    return root


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
