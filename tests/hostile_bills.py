"""Bills that nobody should send, each a file or folder that `find_delivery` is given.

What they have in common: a reader of some library raises for them what it raises for a mistake of
the program, or takes them without a word. Each is to be refused by its file.
"""

import gzip
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.bills import (
    cur_line,
    focus_line,
    legacy_line,
    write_cur,
    write_delivery,
    write_focus,
    write_legacy,
    write_manifest,
)

_START = "bill_billing_period_start_date"


def _cur(**types: str) -> Callable[[Path], Path]:
    """A CUR 2.0 whose columns of these names have no value and these types."""

    def write(folder: Path) -> Path:
        return write_cur(folder / "bill.parquet", [cur_line() | dict.fromkeys(types)], types=types)

    return write


def _started(value: str | None, type_: str = "VARCHAR") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        lines = [cur_line(), cur_line(**{_START: value})]
        return write_cur(folder / "bill.parquet", lines, types={_START: type_})

    return write


def _focus(**fields: str) -> Callable[[Path], Path]:
    return lambda folder: write_focus(folder / "bill.csv.gz", [focus_line(**fields)])


def _manifest(**content: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        write_delivery(folder, [[cur_line()]])
        path = next(folder.rglob("*Manifest.json"))
        path.write_text(json.dumps({**json.loads(path.read_text()), **content}))
        return folder

    return write


def _raw_manifest(text: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        write_manifest(folder, ["s3://b/bill.parquet"]).write_text(text)
        return folder

    return write


def _header(header: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = write_focus(folder / "bill.csv.gz", [focus_line()])
        rows = gzip.decompress(path.read_bytes()).decode().split("\n", 1)
        path.write_bytes(gzip.compress(f"{header}{rows[0]}\n{rows[1]}".encode()))
        return path

    return write


def _zip_that_lies(folder: Path) -> Path:
    """Its directory says that the file is packed by a method that nobody has."""
    path = write_legacy(folder / "bill.csv.zip", [legacy_line(cur_line())])
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8 : directory + 10] = b"\x00\x00"
    content[directory + 42 : directory + 46] = b"\xff\xff\xff\x7f"
    path.write_bytes(content)
    return path


def _zip_that_begins_before_itself(folder: Path) -> Path:
    """Its last record says of the directory that it lies one byte further on."""
    path = write_legacy(folder / "bill.csv.zip", [legacy_line(cur_line())])
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x05\x06") + 16
    place = int.from_bytes(content[at : at + 4], "little")
    content[at : at + 4] = (place + 1).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def _nested_product(folder: Path) -> Path:
    depth = 100_000
    line = cur_line(product='{"product_name":' + "[" * depth + "]" * depth + "}")
    return write_focus(folder / "bill.csv.gz", [line])


def _footer_that_lies(folder: Path) -> Path:
    path = write_cur(folder / "bill.parquet", [cur_line()])
    content = bytearray(path.read_bytes())
    content[-8:-4] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def _text_of_bytes(folder: Path) -> Path:
    path = folder / "bill.csv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"BilledCost,EffectiveCost\n\xff\xfe,1\n"))
    return path


def _currency(folder: Path) -> Path:
    return write_cur(folder / "bill.parquet", [cur_line(line_item_currency_code="USDX")])


def _zip_of_nothing(folder: Path) -> Path:
    path = folder / "bill.csv.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("read.me", "nothing")
    return path


def _zip_of_two(folder: Path) -> Path:
    path = write_legacy(folder / "bill.csv.zip", [legacy_line(cur_line())])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("report/bill-2.csv", archive.read("report/bill.csv"))
    return path


HOSTILE_BILLS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "a start that is empty": _started(""),
    "a start that is null": _started(None, "TIMESTAMP"),
    "a start without end": _started("infinity"),
    "a start before Christ": _started("0044-03-15 (BC) 00:00:00"),
    "a start of year 99999": _started("99999-01-01"),
    "a charge that never starts": _focus(ChargePeriodStart="infinity"),
    "a charge at the end of time": _focus(ChargePeriodStart="294247-01-10T04:00:54Z"),
    "a charge before there were computers": _focus(ChargePeriodStart="1600-01-01T00:00:00Z"),
    "a FOCUS start that is empty": _focus(BillingPeriodStart=""),
    "a usage type of bytes": _cur(line_item_usage_type="BLOB"),
    "a service that is a struct": _cur(line_item_product_code="STRUCT(a VARCHAR)"),
    "tags that are a list": _cur(resource_tags="VARCHAR[]"),
    "tags of lists": _cur(resource_tags="MAP(VARCHAR, VARCHAR[])"),
    "tags of structs": _cur(resource_tags="STRUCT(a STRUCT(b VARCHAR))"),
    "a cost that is a list": _cur(line_item_unblended_cost="DOUBLE[]"),
    "a currency of four letters": _currency,
    "no service at all": _focus(ServiceName=""),
    "a manifest of month 13": _manifest(dataFiles=["s3://b/data/BILLING_PERIOD=2026-13/a.parquet"]),
    "a manifest of year 9999": _manifest(billingPeriod={"start": "99991201T000000.000Z"}),
    "a manifest of a file that no text can name": _manifest(dataFiles=["s3://b/\ud800\0"]),
    "a manifest that nests": _raw_manifest("[" * 100_000),
    "a manifest of a long number": _raw_manifest("1" * 5_000),
    "a manifest of a file that is a number": _manifest(dataFiles=[1]),
    "a header with a quote too much": _header('"a"b,'),
    "a zip whose directory lies": _zip_that_lies,
    "a zip that begins before itself": _zip_that_begins_before_itself,
    "a zip without a bill": _zip_of_nothing,
    "a zip of two bills": _zip_of_two,
    "a footer that lies": _footer_that_lies,
    "a text that is none": _text_of_bytes,
}

SURPRISING_BILLS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "a charge that never ends": _focus(ChargePeriodEnd="infinity"),
    "a resource id of no type": _cur(line_item_resource_id='"NULL"'),
    "a resource id that is a list": _cur(line_item_resource_id="VARCHAR[]"),
    "an account that is a double": _cur(line_item_usage_account_id="DOUBLE"),
    "a time that is a number": _cur(line_item_usage_end_date="BIGINT"),
    "a product that nests": _nested_product,
    "a category with an escape": _focus(ServiceCategory="Compute\x1b[2J"),
    "a category with a NUL": _focus(ServiceCategory="Compute\x00"),
    "a category that is longer than a name": _focus(ServiceCategory="x" * 201),
    "no account at all": _focus(SubAccountId="", BillingAccountId=""),
}
"""Taken all the same: no owner and no amount hangs on what can't be read, or it is restored."""
