"""Small bills as tables of text, and the formats that they are written in.

Nothing here is shared with what reads bills: the forms are those of docs/reference/aws-bills.md.
"""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Mapping, Sequence
from csv import writer as csv_writer  # noqa: TID251 - an input, as others write it
from dataclasses import dataclass
from typing import Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - others' files, not the lake's

MONTH: Final = "2026-10"
NEXT_MONTH: Final = "2026-11"
_MONTH_AFTER: Final = {MONTH: NEXT_MONTH, NEXT_MONTH: "2026-12"}
_TENANTS: Final = ("acme", "ACME", "Globex", "globex ", "acme-corp", "nobody", "")
_ACCOUNTS: Final = ("000000000002", "222222222222", "012345678901")
_ORDER_CHANGES: Final = 0.15
"""In so many bills the columns stand in an order of their own."""
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
_ATHENA: Final = {
    what: name for what, name in CUR.items() if what not in ("payer_name", "tags")
} | {"customer": "resource_tags_user_customer"}
_FOCUS_1_0: Final = FOCUS | {"usage_type": "x_UsageType"}
_FOCUS_1_3: Final = FOCUS | {"provider": "ServiceProviderName", "allocated": "AllocatedTags"}
_FOCUS_1_4: Final = _FOCUS_1_3 | {"detail": "InvoiceDetailId"}

Layout = Literal["file", "exports", "legacy"]
"""A file alone, or in a folder as Data Exports or the legacy report have it."""


@dataclass
class Table:
    header: list[str]
    rows: list[list[str]]

    def column(self, name: str) -> int:
        return self.header.index(name)


@dataclass(frozen=True)
class Format:
    name: str
    columns: Mapping[str, str]
    """Their names, by what they hold."""
    suffix: str
    layout: Layout

    @property
    def is_parquet(self) -> bool:
        return self.suffix == ".parquet"

    @property
    def is_packed(self) -> bool:
        return self.suffix != ".csv"

    @property
    def has_manifest(self) -> bool:
        return self.layout != "file"


_Shapes = tuple[tuple[str, Layout], ...]
_CSV: Final[_Shapes] = (
    *((".csv", "file"), (".csv.gz", "file"), (".csv.zip", "file"), (".csv.gz", "exports")),
)
_PARQUET: Final[_Shapes] = ((".parquet", "file"), (".parquet", "exports"))
_REPORT: Final[_Shapes] = (
    *((".csv", "file"), (".csv.zip", "file"), (".csv.gz", "legacy"), (".csv.zip", "legacy")),
)
_ATHENA_REPORT: Final[_Shapes] = ((".parquet", "file"), (".parquet", "legacy"))
FORMATS: Final[Mapping[str, tuple[Format, ...]]] = {
    name: tuple(Format(name, columns, suffix, layout) for suffix, layout in shapes)
    for name, columns, shapes in (
        ("FOCUS 1.0 CSV", _FOCUS_1_0, _CSV),
        ("FOCUS 1.0 Parquet", _FOCUS_1_0, _PARQUET),
        ("FOCUS 1.2 CSV", FOCUS, _CSV),
        ("FOCUS 1.2 Parquet", FOCUS, _PARQUET),
        ("FOCUS 1.3 CSV", _FOCUS_1_3, _CSV),
        ("FOCUS 1.3 Parquet", _FOCUS_1_3, _PARQUET),
        ("FOCUS 1.4 CSV", _FOCUS_1_4, _CSV),
        ("CUR 2.0 CSV", CUR, _CSV),
        ("CUR 2.0 Parquet", CUR, _PARQUET),
        ("legacy CUR CSV", LEGACY, _REPORT),
        ("legacy CUR Parquet", _ATHENA, _ATHENA_REPORT),
    )
}
"""By name, each with the ways in which it comes."""


def random_table(chance: random.Random, form: Format, month: str = MONTH) -> Table:
    header = list(form.columns.values())
    if chance.random() < _ORDER_CHANGES:
        chance.shuffle(header)
    what_of = {name: what for what, name in form.columns.items()}
    rows = []
    for _ in range(chance.randint(1, 8)):
        line = _line(chance, form, month)
        rows.append([line[what_of[name]] for name in header])
    return Table(header, rows)


def _line(chance: random.Random, form: Format, month: str) -> dict[str, str]:
    is_focus = "effective" in form.columns
    day, hour = chance.randint(1, 27), chance.randint(0, 22)
    sign = chance.choice(("", "", "", "-"))
    cost = f"{sign}{chance.randint(0, 500)}.{chance.randint(0, 9999):04}"
    tenant = chance.choice(_TENANTS)
    tags, allocated = _tags(tenant, is_focus=is_focus), ""
    if "allocated" in form.columns and chance.random() < 0.5:
        # The workload's own tags count before those of its host.
        tags, allocated = _tags(chance.choice(_TENANTS), is_focus=True), tags
    return {
        "cost": cost,
        "effective": cost,
        "currency": "USD",
        "month": f"{month}-01T00:00:00Z",
        "month_end": f"{_MONTH_AFTER[month]}-01T00:00:00Z",
        "start": f"{month}-{day:02}T{hour:02}:00:00Z",
        "end": f"{month}-{day:02}T{hour + 1:02}:00:00Z",
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
        "provider": "AWS",
        "detail": "d-1",
        "tags": tags,
        "allocated": allocated,
        "customer": tenant,
    }


def _tags(tenant: str, *, is_focus: bool) -> str:
    prefix = "" if is_focus else "user_"
    tags = {f"{prefix}customer": tenant, f"{prefix}env": "prod"}
    return json.dumps(tags) if tenant else ""


def encoded(table: Table, form: Format) -> bytes:
    """The bytes of the one data file, packed as the format packs it."""
    if form.is_parquet:
        return parquet_bytes(pa.table(arrays_of(table, form)))
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
    return zipped({"report/bill.csv": content}) if form.suffix.endswith(".zip") else content


def zipped(members: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 1)
    return file.getvalue()


def arrays_of(table: Table, form: Format) -> dict[str, pa.Array]:
    """All texts, but for the map of tags of a CUR 2.0. Raises ValueError for tags that are none."""
    arrays: dict[str, pa.Array] = {}
    of_map = form.columns.get("tags") == CUR["tags"]
    for at, name in enumerate(table.header):
        cells: Sequence[str | None] = [row[at] or None for row in table.rows]
        if of_map and name == CUR["tags"]:
            maps = [list(json.loads(cell).items()) if cell else [] for cell in cells]
            arrays[name] = pa.array(maps, pa.map_(pa.string(), pa.string()))
        else:
            arrays[name] = pa.array(cells, pa.string())
    return arrays


def parquet_bytes(table: pa.Table, **options: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, **{"compression": "snappy", **options})
    return file.getvalue()
