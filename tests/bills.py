"""Small bills, rulesets and signals for tests, in the words of a bill."""

import csv
import gzip
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from services.attribution.engine import Run, attribute
from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.inputs.needed_columns import check_readable
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import Configuration, parse_configuration
from shared.findings import Finding
from shared.periods import Month
from tests.normalised_bills import NormalisedBill

OCTOBER = Month(2026, 10)

FOCUS_LINE = {
    "BilledCost": "1",
    "EffectiveCost": "1",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-03T04:00:00Z",
    "ChargePeriodEnd": "2026-10-03T05:00:00Z",
    "ChargeCategory": "Usage",
    "ServiceName": "Amazon EC2",
    "ServiceCategory": "Compute",
    "BillingAccountId": "000000000001",
    "SubAccountId": "000000000002",
    "RegionId": "us-east-1",
    "ResourceId": "i-1",
    "SkuMeter": "BoxUsage",
    "Tags": "",
}

CUR_TYPES = {
    "bill_billing_period_start_date": "TIMESTAMP",
    "bill_billing_period_end_date": "TIMESTAMP",
    "bill_payer_account_id": "VARCHAR",
    "bill_payer_account_name": "VARCHAR",
    "line_item_usage_account_id": "VARCHAR",
    "line_item_currency_code": "VARCHAR",
    "line_item_line_item_type": "VARCHAR",
    "line_item_usage_start_date": "TIMESTAMP",
    "line_item_usage_end_date": "TIMESTAMP",
    "line_item_product_code": "VARCHAR",
    "line_item_usage_type": "VARCHAR",
    "line_item_resource_id": "VARCHAR",
    "line_item_operation": "VARCHAR",
    "line_item_line_item_description": "VARCHAR",
    "line_item_unblended_cost": "DOUBLE",
    "line_item_usage_amount": "DOUBLE",
    "savings_plan_savings_plan_a_r_n": "VARCHAR",
    "savings_plan_savings_plan_effective_cost": "DOUBLE",
    "savings_plan_total_commitment_to_date": "DOUBLE",
    "savings_plan_used_commitment": "DOUBLE",
    "reservation_reservation_a_r_n": "VARCHAR",
    "reservation_effective_cost": "DOUBLE",
    "reservation_unused_recurring_fee": "DOUBLE",
    "reservation_unused_amortized_upfront_fee_for_billing_period": "DOUBLE",
    "split_line_item_parent_resource_id": "VARCHAR",
    "split_line_item_split_cost": "DOUBLE",
    "split_line_item_unused_cost": "DOUBLE",
    "product": "MAP(VARCHAR, VARCHAR)",
    "resource_tags": "MAP(VARCHAR, VARCHAR)",
}

CUR_LINE = {
    "bill_billing_period_start_date": "2026-10-01 00:00:00",
    "bill_billing_period_end_date": "2026-11-01 00:00:00",
    "bill_payer_account_id": "000000000001",
    "line_item_usage_account_id": "000000000002",
    "line_item_currency_code": "USD",
    "line_item_line_item_type": "Usage",
    "line_item_usage_start_date": "2026-10-03 04:00:00",
    "line_item_usage_end_date": "2026-10-03 05:00:00",
    "line_item_product_code": "AmazonEC2",
    "line_item_usage_type": "BoxUsage:m5.large",
    "line_item_resource_id": "i-1",
    "line_item_unblended_cost": 1.0,
    "line_item_usage_amount": 1.0,
    "product": {"product_name": "Amazon Elastic Compute Cloud"},
}

_LEGACY_CATEGORIES = {
    "bill_": "bill",
    "line_item_": "lineItem",
    "split_line_item_": "splitLineItem",
    "savings_plan_": "savingsPlan",
    "reservation_": "reservation",
    "product_": "product",
    "pricing_": "pricing",
}
_ONLY_CUR_2 = ("bill_payer_account_name", "product", "resource_tags")

RULESET = """
version: 1
currency: USD
tenants: [{key: acme, aliases: [acme-corp, "ACME Inc*"]}, {key: globex}]
labels: {tenant: ["tag:customer"]}
"""
_FILE = "FROM read_parquet($path, hive_partitioning = false)"


def focus_line(**changes: Any) -> dict[str, Any]:
    tags = changes.pop("tags", None)
    line = FOCUS_LINE | changes
    if "cost" in line:
        line["BilledCost"] = line["EffectiveCost"] = line.pop("cost")
    return line | ({"Tags": json.dumps(tags, ensure_ascii=False)} if tags else {})


def write_focus(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    names = dict.fromkeys(name for line in lines for name in line) or FOCUS_LINE
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(names), lineterminator="\n")  # noqa: TID251 - an input
        writer.writeheader()
        writer.writerows(lines)
    return path


def cur_line(cost: float = 1.0, **changes: Any) -> dict[str, Any]:
    tags = changes.pop("tags", None)
    named = {"type": "line_item_line_item_type", "usage_type": "line_item_usage_type"}
    line = CUR_LINE | {named.get(name, name): value for name, value in changes.items()}
    line["line_item_unblended_cost"] = cost
    return line | ({"resource_tags": {f"user_{k}": v for k, v in tags.items()}} if tags else {})


def write_cur(
    path: Path,
    lines: Sequence[Mapping[str, Any]],
    *,
    without: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=".jsonl")
    os.close(handle)
    written = Path(name)
    written.write_text("".join(json.dumps(line) + "\n" for line in lines))
    columns = {
        name: type_ for name, type_ in (CUR_TYPES | (types or {})).items() if name not in without
    }
    with duckdb.connect() as session:
        rows = session.read_json(str(written), format="newline_delimited", columns=columns)
        rows.write_parquet(str(path))
    written.unlink()
    return path


def write_delivery(
    root: Path,
    parts: Sequence[Sequence[Mapping[str, Any]]],
    *,
    period: str = "2026-10",
    export: str = "bill",
    execution: str = "",
) -> Path:
    """A CUR 2.0 delivery as AWS lays it out; with `execution` in the create-new layout."""
    partition = f"BILLING_PERIOD={period}" + (f"/{execution}" if execution else "")
    keys = []
    for at, lines in enumerate(parts, start=1):
        place = f"{export}/data/{partition}/{export}-{at:05d}.snappy.parquet"
        write_cur(root / place, lines)
        keys.append(f"s3://bucket/exports/{place}")
    write_manifest(root, keys, period=period, export=export, execution=execution)
    return root


def legacy_name(name: str) -> str:
    """`line_item_unblended_cost` as a legacy CUR writes it: `lineItem/UnblendedCost`."""
    prefix = next(prefix for prefix in _LEGACY_CATEGORIES if name.startswith(prefix))
    words = re.sub(r"_([a-z])", lambda found: found[1].upper(), name.removeprefix(prefix))
    lower = prefix in ("product_", "pricing_") and name != "product_product_name"
    return f"{_LEGACY_CATEGORIES[prefix]}/{words if lower else words[0].upper() + words[1:]}"


def legacy_line(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of `cur_line` in a legacy CUR's words; `user_x` in its tags is `user:x`."""
    legacy = {legacy_name(name): value for name, value in line.items() if name not in _ONLY_CUR_2}
    legacy["product/ProductName"] = (line.get("product") or {}).get("product_name")
    for key, value in (line.get("resource_tags") or {}).items():
        legacy[f"resourceTags/{key.replace('_', ':', 1)}"] = value
    return legacy


def write_legacy(
    path: Path, lines: Sequence[Mapping[str, Any]], *, header: Sequence[str] = ()
) -> Path:
    """Lines of `legacy_line` as `.csv`, `.csv.gz` or `.csv.zip`."""
    names = header or list(dict.fromkeys(name for line in lines for name in line))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")  # noqa: TID251 - an input
    writer.writerow(names)
    writer.writerows([line.get(name) for name in names] for line in lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.getvalue().encode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("report/bill.csv", content)
    else:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def write_legacy_delivery(
    root: Path,
    parts: Sequence[Sequence[Mapping[str, Any]]],
    *,
    period: Month = OCTOBER,
    assembly: str = "",
) -> Path:
    """A legacy CUR as AWS lays it out; with `assembly` in the layout that keeps versions."""
    folder = f"cur/bill/{period.start:%Y%m%d}-{period.end:%Y%m%d}"
    keys = []
    for at, lines in enumerate(parts, start=1):
        keys.append("/".join(filter(None, [folder, assembly, f"bill-{at:05d}.csv.gz"])))
        write_legacy(root / keys[-1], lines)
    columns = dict.fromkeys(name for lines in parts for line in lines for name in line)
    content = {
        "assemblyId": assembly or "a-1",
        "account": "000000000001",
        "columns": [
            {"category": category, "name": name}
            for category, name in (column.split("/", 1) for column in columns)
        ],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": "r-1",
        "reportName": "bill",
        "billingPeriod": {
            "start": f"{period.start:%Y%m%dT%H%M%S.000Z}",
            "end": f"{period.end:%Y%m%dT%H%M%S.000Z}",
        },
        "bucket": "bucket",
        "reportKeys": keys,
    }
    for place in {folder, f"{folder}/{assembly}".rstrip("/")}:
        (root / place / "bill-Manifest.json").write_text(json.dumps(content))
    return root


def write_manifest(
    root: Path,
    keys: Sequence[str],
    *,
    period: str = "2026-10",
    export: str = "bill",
    execution: str = "",
) -> Path:
    partition = f"BILLING_PERIOD={period}" + (f"/{execution}" if execution else "")
    path = root / f"{export}/metadata/{partition}/{export}-Manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"executionId": execution or "e-1", "dataFiles": list(keys)}))
    return path


def snapshot_of(bill: Path, work: Path, period: Month = OCTOBER) -> Snapshot:
    return normalise(
        find_delivery(bill, period=period),
        period=period,
        out_dir=work / "snapshot",
        scratch_dir=work / "scratch",
        memory_limit_mb=512,
    )


def run_of(
    bill: Path | NormalisedBill | Snapshot,
    work: Path,
    ruleset: str | Configuration = RULESET,
    signals: Sequence[Path] = (),
    *,
    workloads: Sequence[Path] = (),
    run_id: str | None = "run-1",
    is_prepared: bool = False,
) -> Run:
    """Of a bill as delivered, which is taken first, or of one that is normalised.

    Straight from its lines, as the product attributes a bill whose lines pods divide: preparing a
    bill of two lines takes as long as splitting it. With `is_prepared` as it attributes all others;
    `tests/engine/test_restated_days.py` holds that both give the same bytes.
    """
    config = parse_configuration(ruleset) if isinstance(ruleset, str) else ruleset
    taken = snapshot_of(bill, work) if isinstance(bill, Path) else bill
    unreadable = taken.unreadable if isinstance(taken, Snapshot) else ()
    if is_prepared:
        return attribute(
            snapshot_parts=taken.parts,
            unreadable=unreadable,
            raw_totals=taken.raw_totals,
            config=config,
            signals=signals,
            workloads=workloads,
            period=OCTOBER,
            out_dir=work / "run",
            scratch_dir=work / "scratch",
            run_id=run_id,
            memory_limit_mb=512,
        )
    check_readable(unreadable, config, has_workloads=bool(workloads))
    with open_attribution(
        config=config, period=OCTOBER, scratch_dir=work / "scratch", memory_limit_mb=512
    ) as attribution:
        findings = attribution.split(taken.parts, signals, workloads)
        return attribution.finish(work / "run", run_id, taken.raw_totals, findings)


def amounts(run: Run) -> dict[str, Decimal]:
    """By tenant and pseudo tenant, without trailing zeros."""
    totals: dict[str, Decimal] = {}
    for each in run.statements:
        totals[each.tenant] = totals.get(each.tenant, Decimal(0)) + each.amount
    return totals


def notes_of(run: Run) -> list[Finding]:
    """But for the tenants that small bills have nothing of."""
    return [each for each in run.findings if each.kind != "unnamed-tenant"]


def write_signals(path: Path, *rows: str) -> Path:
    """Rows such as `bytes 2026-10-03T04:00:00Z acme 5`."""
    lines = [",".join(row.split()) for row in rows]
    path.write_text("\n".join(["meter,start,consumer,quantity", *lines]) + "\n")
    return path


def write_workloads(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Rows of the columns that they have, mappings as JSON."""
    names = dict.fromkeys(name for row in rows for name in row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(names), lineterminator="\n")  # noqa: TID251 - an input
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    name: json.dumps(value, ensure_ascii=False)
                    if isinstance(value, Mapping)
                    else value
                    for name, value in row.items()
                }
            )
    return path


def rows_of(path: Path, query: str = "FROM rows") -> list[tuple[Any, ...]]:
    """What a query of the table `rows` finds: those of the file."""
    return _found(path, f"WITH rows AS ({_FILE}) {query}")


def types_of(path: Path) -> dict[str, str]:
    """By column."""
    return {name: type_ for name, type_, *_ in _found(path, f"DESCRIBE {_FILE}")}


def columns_of(path: Path, columns: str) -> list[tuple[Any, ...]]:
    """Of every row, these columns; sorted."""
    return _found(path, f"SELECT {columns} {_FILE} ORDER BY ALL")


def sums_of(path: Path, columns: str) -> list[tuple[Any, ...]]:
    """Sums by the columns that are none."""
    return _found(path, f"SELECT {columns} {_FILE} GROUP BY ALL")


def _found(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        return session.execute(query, {"path": str(path)}).fetchall()
