"""How Data Exports lays a delivery out: parts that are overwritten, and the manifest last."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - plays AWS, the other side of the lake

from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import PAYER

PREFIX: Final = "exports"
PARTS: Final = 3
Item = TypeVar("Item")


@dataclass(frozen=True)
class ByKind:
    """A column whose value is the same for all rows of a kind; `kinds` has each row's place."""

    values: Sequence[Any]
    kinds: pa.Array

    def __getitem__(self, part: slice) -> "ByKind":
        return ByKind(self.values, self.kinds[part])

    def to_array(self, type_: pa.DataType) -> pa.Array:
        return pa.array(self.values, type=type_).take(self.kinds)

    def each(self, convert: Callable[[Any], Item]) -> list[Item]:
        """For every row; converted once a kind."""
        converted = [convert(value) for value in self.values]
        return [converted[kind] for kind in self.kinds.to_pylist()]


@dataclass(frozen=True)
class ByRow:
    values: Sequence[Any]

    def __getitem__(self, part: slice) -> "ByRow":
        return ByRow(self.values[part])

    def to_array(self, type_: pa.DataType) -> pa.Array:
        """Maps are converted once for each that there is."""
        if not pa.types.is_map(type_):
            return pa.array(self.values, type=type_)
        places: dict[int, int] = {}
        distinct: list[Any] = []
        indices: list[int] = []
        for value in self.values:
            place = places.setdefault(id(value), len(distinct))
            if place == len(distinct):
                distinct.append(value)
            indices.append(place)
        return pa.array(distinct, type=type_).take(pa.array(indices))

    def each(self, convert: Callable[[Any], Item]) -> list[Item]:
        return [convert(value) for value in self.values]


Column = ByKind | ByRow


def read_by_kind(
    items: Iterable[Item],
    key: Callable[[Item], object],
    columns: Sequence[tuple[str, pa.DataType, Callable[[Item], Any]]],
) -> dict[str, Column]:
    """There are few kinds and many rows."""
    places: dict[object, int] = {}
    firsts: list[Item] = []
    rows = []
    for item in items:
        place = places.setdefault(key(item), len(firsts))
        if place == len(firsts):
            firsts.append(item)
        rows.append(place)
    kinds = pa.array(rows, type=pa.int32())
    return {name: ByKind([read(item) for item in firsts], kinds) for name, _, read in columns}


def slices(count: int) -> list[slice]:
    """The parts of a delivery."""
    size = -(-count // PARTS)
    return [slice(part * size, (part + 1) * size) for part in range(PARTS)]


def tables_of(values: Mapping[str, Column], schema: pa.Schema, count: int) -> list[pa.Table]:
    """A table for each part of `count` rows."""
    return [
        pa.Table.from_arrays(
            [values[column.name][part].to_array(column.type) for column in schema], schema=schema
        )
        for part in slices(count)
    ]


def deliver_export(
    export: str, tables: Sequence[pa.Table], *, root: Path, month: SampleMonth, bucket: str
) -> Path:
    """As Data Exports lays it out in overwrite mode."""
    partition = f"BILLING_PERIOD={month}"
    data = root / PREFIX / export / "data" / partition
    metadata = root / PREFIX / export / "metadata" / partition
    data.mkdir(parents=True, exist_ok=True)
    metadata.mkdir(parents=True, exist_ok=True)
    urls = []
    for part, table in enumerate(tables, start=1):
        path = data / f"{export}-{part:05d}.snappy.parquet"
        pq.write_table(table, path, compression="snappy")
        urls.append(f"s3://{bucket}/{path.relative_to(root).as_posix()}")
    manifest = metadata / f"{export}-Manifest.json"
    content = _manifest(export, month, urls, tables[0].schema)
    manifest.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return manifest


def execution_of(export: str, month: SampleMonth) -> str:
    """The id of a delivery: another one for what restates it, or has more lines."""
    late = "|late" if month.has_late_line else ""
    identity = f"{export}|{month}|{month.is_restated}{late}"
    return str(uuid.UUID(hashlib.sha256(identity.encode()).hexdigest()[:32]))


def _manifest(
    export: str, month: SampleMonth, urls: list[str], schema: pa.Schema
) -> dict[str, object]:
    account = f"arn:aws:bcm-data-exports:us-east-1:{PAYER}"
    billing = month.month
    return {
        "exportArn": f"{account}:export/{export}",
        "exportName": export,
        "executionId": execution_of(export, month),
        "contentType": "Parquet",
        "compression": "PARQUET",
        "billingPeriod": {
            "start": f"{billing.start:%Y%m%dT%H%M%S}.000Z",
            "end": f"{billing.end:%Y%m%dT%H%M%S}.000Z",
        },
        "columns": [{"name": column.name, "type": str(column.type)} for column in schema],
        "dataFiles": urls,
    }
