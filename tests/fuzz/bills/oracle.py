"""Whose a delivery's amounts are, read by Python's own libraries and by no code of the product.

An answer is what the documented forms say (docs/reference/aws-bills.md, bad-input.md): the amounts
by owner, or that it must be refused, or neither, where the documents leave it open. Whatever is
read may be refused all the same: what counts is that nothing is taken for what it is not.
"""

import csv
import gzip
import io
import json
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - others' files, not the lake's

from tests.fuzz.bills.tables import CUR, FOCUS, LEGACY, MONTH

OWNERS: Final = {"acme": "acme", "acme-corp": "acme", "globex": "globex"}
NOBODY: Final = "nobody"
_BYTES_MAX: Final = 4_000_000
"""More than any delivery here has: what unpacks to more is a bomb."""
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_MONTH: Final = re.compile(rf"{MONTH}-01([T ]00:00(:00(\.0+)?)?)?( ?(Z|UTC|\+00:?00))?")
_CONTEXT: Final = Context(prec=200, rounding=ROUND_HALF_UP)
_QUANTUM: Final = Decimal("1E-10")
_CUR_KEYS: Final = ("user_customer", "customer", "user:customer")
_NULLS: Final = ("", "NULL", "null")
_AMOUNT_MAX: Final = Decimal(10) ** 15


class MustRefuse(Exception):
    """By the documents nobody may take this."""


class Open(Exception):
    """The documents don't say what this is."""


@dataclass(frozen=True)
class Answer:
    """`owners` is None where it must be refused (`refusal` says why) or nothing is known."""

    owners: Mapping[str, Decimal] | None = None
    refusal: str = ""
    rows: int = 0


Row = dict[str, Any]


def read(bill: Path) -> Answer:
    try:
        rows = [row for path in _files_of(bill) for row in _rows_of(path)]
        owners: dict[str, Decimal] = {}
        for row in rows:
            owner, cost = _owner(row), _cost(row)
            _check(row)
            owners[owner] = _CONTEXT.add(owners.get(owner, Decimal(0)), cost)
        currencies = {_of(row, "currency") for row in rows}
    except MustRefuse as fault:
        return Answer(refusal=str(fault))
    except Open:
        return Answer()
    if len({str(each).upper() for each in currencies}) > 1:
        return Answer(refusal="several currencies")
    return Answer({name: amount for name, amount in owners.items() if amount}, rows=len(rows))


def _files_of(bill: Path) -> Iterator[Path]:
    if bill.is_file():
        yield bill
        return
    manifests = [path for path in bill.rglob("*-Manifest.json") if _is_of_the_month(path)]
    if not manifests:
        # A month that was copied by hand may come without: all of its files are its bill then.
        raise Open
    if len(manifests) != 1:
        raise MustRefuse(f"{len(manifests)} manifests of the month")
    try:
        manifest = json.loads(manifests[0].read_bytes())
        keys = manifest["dataFiles"] if "dataFiles" in manifest else manifest["reportKeys"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise MustRefuse("the manifest can't be read") from fault
    if not isinstance(keys, list) or not keys or len(set(map(str, keys))) != len(keys):
        raise MustRefuse("the manifest lists no files, or one twice")
    for key in keys:
        path = bill / str(key).removeprefix("s3://bucket/")
        if ".." in path.parts or not path.is_file():
            raise MustRefuse(f"{key} is not there")
        yield path


def _is_of_the_month(path: Path) -> bool:
    return f"BILLING_PERIOD={MONTH}" in str(path) or "20261001-20261101" in str(path)


def _rows_of(path: Path) -> Iterator[Row]:
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    lines = list(_csv_rows(_unpacked(path)))
    if not lines:
        raise MustRefuse("no header")
    header, *rest = lines
    _check_header(header)
    for line in rest:
        if len(line) != len(header):
            raise MustRefuse("a row has other cells than the header")
        yield dict(zip(header, line, strict=True))


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    try:
        if path.suffix == ".gz":
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(_BYTES_MAX + 1)
                if len(content) <= _BYTES_MAX:
                    file.read()
        elif path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [name for name in archive.namelist() if name.endswith(".csv")]
                if len(names) != 1:
                    raise MustRefuse("a zip of no bill, or of several")  # noqa: TRY301
                with archive.open(names[0]) as file:
                    content = file.read(_BYTES_MAX + 1)
    except MustRefuse:
        raise
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, ValueError,
            RuntimeError) as fault:  # fmt: skip
        raise MustRefuse("can't be unpacked") from fault
    if len(content) > _BYTES_MAX:
        raise MustRefuse("unpacks to more than a bill has")
    return content


def _csv_rows(content: bytes) -> Iterator[Sequence[str]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Open
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as fault:
        raise MustRefuse("not UTF-8") from fault
    if "\0" in text:
        raise Open
    try:
        lines = csv.reader(io.StringIO(text, newline=""), strict=True)  # noqa: TID251 - others' file
        yield from [line for line in lines if line]
    except csv.Error as fault:
        # Backslashes as escapes, mixed line ends: others may know what was meant.
        raise Open from fault


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        rows = pq.read_table(path).to_pylist(maps_as_pydicts="strict")
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as fault:
        # Arrow checks more than the format needs.
        raise Open from fault
    _check_header(list(rows[0]) if rows else [])
    yield from rows


def _check_header(header: Sequence[str]) -> None:
    if len(set(header)) != len(header):
        raise MustRefuse("a column stands there twice")
    if len({name.lower() for name in header}) != len(header):
        raise Open
    names = set(header)
    if not any({form["cost"], form["start"], form["currency"], form["category"]} <= names
               for form in (FOCUS, CUR, LEGACY)):  # fmt: skip
        raise Open


def _of(row: Row, what: str) -> Any:
    for form in (FOCUS, CUR, LEGACY):
        if form["cost"] in row:
            return row.get(form.get(what, ""))
    raise Open


def _cost(row: Row) -> Decimal:
    cell = _of(row, "cost")
    text = "" if cell is None else str(cell).strip()
    if text in _NULLS or not _NUMBER.fullmatch(text):
        raise MustRefuse(f"the cost {text!r}")
    cost = _CONTEXT.create_decimal(text)
    if abs(cost) > _AMOUNT_MAX:
        raise MustRefuse(f"the cost {text!r}")
    return cost.quantize(_QUANTUM, context=_CONTEXT)


def _check(row: Row) -> None:
    """What the month, the currency and the kind of a line are said by."""
    month = str(_of(row, "month") or "").strip()
    if not _MONTH.fullmatch(month):
        raise Open
    if str(_of(row, "currency") or "").strip().upper() != "USD":
        raise Open
    if str(_of(row, "category") or "") not in ("Usage", "Tax", "Credit"):
        # Others are not the cost that stands beside them, as a plan's or a reservation's.
        raise Open


def _owner(row: Row) -> str:
    """By the tag; whoever is nobody's is put together, however he is named."""
    value = _tag(row)
    if value is None:
        return NOBODY
    folded = unicodedata.normalize("NFC", value).strip().casefold()
    return OWNERS.get(folded, NOBODY)


def _tag(row: Row) -> str | None:
    for name in ("resourceTags/user:customer", "resource_tags_user_customer"):
        if name in row:
            return None if row[name] in (None, "NULL", "null") else str(row[name])
    if "Tags" in row:
        return _of_object(row["Tags"], ("customer",))
    if "resource_tags" in row:
        return _of_object(row["resource_tags"], _CUR_KEYS)
    return None


def _of_object(cell: Any, keys: Sequence[str]) -> str | None:
    """Keys are compared without blanks around them; one in another case is another key in FOCUS."""
    if isinstance(cell, Mapping):
        pairs = list(cell.items())
    elif cell is None or str(cell).strip() in _NULLS:
        return None
    else:
        pairs = _pairs(str(cell))
    values = [value for name, value in pairs if name.strip() in keys]
    others = [name for name, _ in pairs if name.strip().casefold() in keys]
    if len({str(value) for value in values}) > 1:
        raise MustRefuse("a tag's key stands there twice")
    if len(others) > len(values) or any(not isinstance(value, str | None) for value in values):
        raise Open
    return values[0] if values else None


def _pairs(text: str) -> list[tuple[str, Any]]:
    try:
        pairs = json.loads(text, object_pairs_hook=_Object)
    except (ValueError, RecursionError) as fault:
        # What Spark or Python print of a map may be known for what it is, and is never an owner's.
        raise MustRefuse("tags that are no JSON") from fault
    if not isinstance(pairs, _Object):
        raise MustRefuse("tags that are no object")
    return list(pairs)


class _Object(list[tuple[str, Any]]):
    """Told apart from a list of JSON."""
