"""A delivery as legacy CUR: csv.gz parts in a folder of its own each time, listed by a manifest.

The manifest also lies beside these folders, where the newest delivery's replaces it.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from deploy.sample_company.cur2 import Values
from deploy.sample_company.exports import Column, execution_of, slices
from deploy.sample_company.lines import Line
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import PAYER

REPORT: Final = "larkfield-hourly"
PREFIX: Final = "cur"
_CATEGORIES: Final = {
    "bill_": "bill",
    "identity_": "identity",
    "line_item_": "lineItem",
    "pricing_": "pricing",
    "product_": "product",
    "reservation_": "reservation",
    "savings_plan_": "savingsPlan",
}
_LOWER: Final = ("pricing_public", "pricing_purchase", "pricing_term", "pricing_unit", "product_")
_ONLY_CUR_2: Final = frozenset(
    {
        "bill_payer_account_name",
        "cost_category",
        "discount",
        "line_item_usage_account_name",
        "product",
        "resource_tags",
    }
)
_OF_PRODUCT: Final = {"product_name": "ProductName", "region": "region", "vcpu": "vcpu"}
_COMPRESSION: Final = 1


def column_name(name: str) -> str:
    """`line_item_usage_amount` of CUR 2.0 is `lineItem/UsageAmount`."""
    prefix = next(prefix for prefix in _CATEGORIES if name.startswith(prefix))
    words = re.sub(r"_([a-z])", lambda match: match[1].upper(), name.removeprefix(prefix))
    if not name.startswith(_LOWER):
        words = words[0].upper() + words[1:]
    return f"{_CATEGORIES[prefix]}/{words}"


@lru_cache(maxsize=200_000)
def _number(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=2_000)
def _time(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"


def _texts(column: Column) -> Sequence[str]:
    writers: dict[type, Callable[[Any], str]] = {float: _number, datetime: _time, str: str}
    return column.each(writers[type(column.values[0])])


def _columns(values: Values, lines: Sequence[Line]) -> Iterator[tuple[str, Sequence[str]]]:
    for name, column in values.items():
        if name not in _ONLY_CUR_2:
            yield column_name(name), _texts(column)
    products = values["product"].each(dict)
    for key, written in _OF_PRODUCT.items():
        yield f"product/{written}", [product.get(key, "") for product in products]
    for key in sorted({key for line in lines for key in line.tags}):
        yield f"resourceTags/{key}", [line.tags.get(key, "") for line in lines]


def deliver(
    values: Values, lines: Sequence[Line], *, root: Path, month: SampleMonth, bucket: str
) -> Path:
    """Answers the path of the manifest that lies beside the deliveries."""
    columns = dict(_columns(values, lines))
    assembly = execution_of(REPORT, month)
    billing = month.month
    span = f"{billing.start:%Y%m%d}-{billing.end:%Y%m%d}"
    folder = root / PREFIX / REPORT / span
    (folder / assembly).mkdir(parents=True, exist_ok=True)
    keys = []
    for number, part in enumerate(slices(len(lines)), start=1):
        path = folder / assembly / f"{REPORT}-{number:05d}.csv.gz"
        path.write_bytes(_compressed(columns, part))
        keys.append(path.relative_to(root).as_posix())
    content = json.dumps(_manifest(month, assembly, list(columns), keys, bucket), indent=2) + "\n"
    for place in (folder / assembly, folder):
        (place / f"{REPORT}-Manifest.json").write_text(content, encoding="utf-8")
    return folder / f"{REPORT}-Manifest.json"


def _compressed(columns: dict[str, Sequence[str]], part: slice) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")  # noqa: TID251 - AWS's bill, as AWS writes it
    writer.writerow(columns)
    writer.writerows(zip(*(column[part] for column in columns.values()), strict=True))
    return gzip.compress(text.getvalue().encode(), _COMPRESSION, mtime=0)


def _manifest(
    month: SampleMonth, assembly: str, columns: list[str], keys: list[str], bucket: str
) -> dict[str, object]:
    billing = month.month
    return {
        "assemblyId": assembly,
        "account": PAYER,
        "columns": [
            {"category": category, "name": name}
            for category, name in (column.split("/", 1) for column in columns)
        ],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": execution_of(REPORT, SampleMonth(anchor=month.anchor)),
        "reportName": REPORT,
        "billingPeriod": {
            "start": f"{billing.start:%Y%m%dT%H%M%S}.000Z",
            "end": f"{billing.end:%Y%m%dT%H%M%S}.000Z",
        },
        "bucket": bucket,
        "reportKeys": keys,
    }
