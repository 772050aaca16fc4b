"""The files and folders in which each format is delivered, with their manifests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.fuzz.bills.tables import MONTH, NEXT_MONTH, Format

_RANGES: Final = {MONTH: "20261001-20261101", NEXT_MONTH: "20261101-20261201"}


def deliver(
    root: Path, form: Format, parts: Sequence[bytes], month: str = MONTH, version: str = ""
) -> Path:
    """What `--bill` is given; `parts` are the data files.

    With a `version` in the layout that keeps each version of a month beside the others.
    """
    if form.layout == "file":
        path = root / f"bill{form.suffix}"
        path.write_bytes(parts[0])
        return path
    is_report = form.layout == "legacy"
    folder = (_report_data if is_report else _export_data)(form, month)
    keys = []
    for at, content in enumerate(parts, start=1):
        keys.append("/".join(filter(None, (folder, version, f"bill-{at:05}{form.suffix}"))))
        _write(root / keys[-1], content)
    content = _report(form, month, version, keys) if is_report else _export(version, keys)
    for place in {manifest_of(form, month), manifest_of(form, month, version)}:
        if is_report or version in place:
            _write(root / place, json.dumps(content).encode())
    return root


def manifest_of(form: Format, month: str = MONTH, version: str = "") -> str:
    """Its place in the folder. Of a report the newest version's lies above those of all."""
    if form.layout == "legacy":
        folder = f"cur/bill/{_RANGES[month]}"
    else:
        folder = f"bill/metadata/BILLING_PERIOD={month}"
    return "/".join(filter(None, (folder, version, "bill-Manifest.json")))


def _report_data(form: Format, month: str) -> str:
    if form.is_parquet:
        year, _, number = month.partition("-")
        return f"cur/bill/bill/year={year}/month={int(number)}"
    return f"cur/bill/{_RANGES[month]}"


def _export_data(_form: Format, month: str) -> str:
    return f"bill/data/BILLING_PERIOD={month}"


def _report(form: Format, month: str, version: str, keys: Sequence[str]) -> Mapping[str, Any]:
    start, end = _RANGES[month].split("-")
    columns = [name.rpartition("/") for name in form.columns.values()]
    return {
        "assemblyId": version or "a-1",
        "columns": [{"category": category, "name": name} for category, _, name in columns],
        "billingPeriod": {"start": f"{start}T000000.000Z", "end": f"{end}T000000.000Z"},
        "bucket": "bucket",
        "reportName": "bill",
        "reportKeys": keys,
    }


def _export(version: str, keys: Sequence[str]) -> Mapping[str, Any]:
    files = [f"s3://bucket/{key}" for key in keys]
    return {"executionId": version or "e-1", "dataFiles": files}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
