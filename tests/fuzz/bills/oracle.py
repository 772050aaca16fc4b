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
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq  # noqa: TID251 - others' files, not the lake's

from tests.fuzz.bills.tables import CUR, FOCUS, LEGACY, MONTH

OWNERS: Final = {"acme": "acme", "acme-corp": "acme", "globex": "globex"}
NOBODY: Final = "nobody"
_BYTES_MAX: Final = 4_000_000
"""More than any delivery here has but for bombs, of which some are within the limits."""
_BOMB_BYTES: Final = 100_000_000
_BOMB_ROWS: Final = 10_000_000
_CHUNK_BYTES: Final = 1 << 20
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_MONTH: Final = re.compile(r"(2026-1[0-2])-01([T ]00:00(:00(\.0+)?)?)?( ?(Z|UTC|\+00:?00))?")
_DECLARED: Final = re.compile(r"(\d{4})(\d{2})\d{2}T\d{6}\.\d+Z")
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
        files = _files_of(bill)
        rows = [row for path in files for row in _rows_of(path)]
        owners: dict[str, Decimal] = {}
        for row in rows:
            owner, cost = _owner(row), _cost(row)
            _check(row, has_manifest=bill.is_dir())
            owners[owner] = _CONTEXT.add(owners.get(owner, Decimal(0)), cost)
        currencies = {_of(row, "currency") for row in rows}
    except MustRefuse as fault:
        return Answer(refusal=str(fault))
    except Open:
        return Answer()
    if len({str(each).upper() for each in currencies}) > 1:
        return Answer(refusal="several currencies")
    return Answer({name: amount for name, amount in owners.items() if amount}, rows=len(rows))


def _files_of(bill: Path) -> list[Path]:
    if bill.is_file():
        return [bill]
    found = [path for path in bill.rglob("*anifest.json") if "Redshift" not in path.name]
    manifests = [
        (path, content) for path in found if _month_of(path, content := _json(path)) == MONTH
    ]
    if not found:
        # A month that was copied by hand may come without: a bill of one file is whole then.
        raise Open
    if not manifests:
        raise MustRefuse("no manifest of the month")
    if len({path.name for path, _ in manifests}) > 1:
        raise MustRefuse("manifests of several exports")
    content = _newest(manifests)
    keys = content.get("dataFiles", content.get("reportKeys"))
    if not isinstance(keys, list) or not keys:
        raise MustRefuse("the manifest lists no files")
    paths = [bill / str(key).removeprefix("s3://bucket/") for key in keys]
    for key, path in zip(keys, paths, strict=True):
        if path.is_file() and ".." not in path.parts:
            continue
        if any(place.as_posix().endswith(_tail(str(key))) for place in bill.rglob("*")):
            raise Open  # a prefix of the bucket may be cut off
        raise MustRefuse(f"{key} is not there")
    if len(set(paths)) != len(paths):
        raise MustRefuse("the manifest lists a file twice")
    return paths


def _tail(key: str) -> str:
    """From the month's folder on, which is of one month alone."""
    month = re.search(r"/(BILLING_PERIOD=\d{4}-\d{2}|\d{8}-\d{8})/.*", key)
    return month[0] if month else f"/{key}"


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as fault:
        raise MustRefuse("a manifest can't be read") from fault
    if not isinstance(content, Mapping):
        raise MustRefuse("a manifest is no object")
    return content


def _month_of(path: Path, content: Mapping[str, Any]) -> str:
    """As a report says of itself; of Data Exports as its folder is named."""
    if (period := content.get("billingPeriod")) is not None:
        declared = _DECLARED.fullmatch(
            str(period.get("start") if isinstance(period, Mapping) else "")
        )
        if declared is None:
            raise Open
        return f"{declared[1]}-{declared[2]}"
    folder = re.search(r"BILLING_PERIOD=(\d{4}-\d{2})", str(path))
    if folder is None:
        raise Open
    return folder[1]


def _newest(manifests: Sequence[tuple[Path, Mapping[str, Any]]]) -> Mapping[str, Any]:
    """A report has the newest one's above the folders of its versions; exports sort by time."""
    _, content = min(manifests, key=lambda each: (len(each[0].parts), _backwards(str(each[0]))))
    return content


def _backwards(text: str) -> list[int]:
    return [-ord(sign) for sign in text]


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
                return _bounded(file)
        if path.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
                if len(names) != 1:
                    raise MustRefuse("a zip of no bill, or of several")
                with archive.open(names[0]) as file:
                    return _bounded(file)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, ValueError,
            RuntimeError, struct.error) as fault:  # fmt: skip
        raise MustRefuse("can't be unpacked") from fault
    return content


def _bounded(file: IO[bytes]) -> bytes:
    """To its end, where a checksum stands; a bomb is counted and not kept."""
    content = file.read(_BYTES_MAX + 1)
    if len(content) <= _BYTES_MAX:
        file.read()
        return content
    count = len(content)
    while count <= _BOMB_BYTES and (chunk := file.read(_CHUNK_BYTES)):
        count += len(chunk)
    if count > _BOMB_BYTES:
        raise MustRefuse("unpacks to more than a bill has")
    raise Open


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
        metadata = pq.read_metadata(path)
        if metadata.num_rows > _BOMB_ROWS:
            raise MustRefuse("has more rows than a file may")
        groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > _BYTES_MAX:
            raise Open
        # As its pages have it, where a value that comes again is a number.
        table = pq.read_table(path, read_dictionary=metadata.schema.names)
        if any(_longest(column) * table.num_rows > _BYTES_MAX for column in table.columns):
            raise Open
        rows = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as fault:
        # Arrow checks more than the format needs.
        raise Open from fault
    _check_header(list(rows[0]) if rows else [])
    yield from rows


def _longest(column: pa.ChunkedArray) -> int:
    """Bytes of the longest text in a dictionary of a column; 0 of other columns."""
    if not pa.types.is_dictionary(column.type):
        return 0
    lengths = [pc.max(pc.binary_length(chunk.dictionary)).as_py() for chunk in column.chunks]
    return max((length or 0 for length in lengths), default=0)


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


def _check(row: Row, *, has_manifest: bool) -> None:
    """What the month, the currency and the kind of a line are said by."""
    month = _MONTH.fullmatch(str(_of(row, "month") or "").strip())
    if month is not None and month[1] != MONTH and has_manifest:
        raise MustRefuse(f"a line of {month[1]}")
    if month is None or month[1] != MONTH:
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
    if {"AllocatedTags", "Tags"} & row.keys():
        own, host = (_of_object(row.get(name), ("customer",)) for name in ("AllocatedTags", "Tags"))
        return own if own and own.strip() else host
    if "resource_tags" in row:
        return _of_object(row["resource_tags"], _CUR_KEYS)
    return None


def _of_object(cell: Any, keys: Sequence[str]) -> str | None:
    """Keys are compared without blanks around them; one in another case is another key in FOCUS."""
    if isinstance(cell, list):  # a map of Parquet
        pairs = cell
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
