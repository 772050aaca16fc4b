"""FOCUS as AWS Data Exports lays it out: parts in either format, and a manifest."""

import json

import duckdb
import pytest

from services.ingestion.engine import find_delivery
from services.ingestion.engine.layouts import Kind
from tests.bills import OCTOBER, focus_line, snapshot_of, write_focus

# The types that AWS writes (docs/reference/aws-bills.md).
AWS_TYPES = {
    "BilledCost": "DOUBLE",
    "EffectiveCost": "DOUBLE",
    "BillingPeriodStart": "TIMESTAMP_MS",
    "BillingPeriodEnd": "TIMESTAMP_MS",
    "ChargePeriodStart": "TIMESTAMP_MS",
    "ChargePeriodEnd": "TIMESTAMP_MS",
    "Tags": "MAP(VARCHAR, VARCHAR)",
}
LINES = [
    focus_line(cost="0.1", tags={"customer": "acme"}),
    focus_line(cost="-2.5", ChargeCategory="Credit", tags={"customer": "東京"}),
    focus_line(cost="0.0000000012"),
]


def write_parquet(path, lines):
    text = write_focus(path.with_suffix(".csv"), lines)
    listed = ", ".join(
        f"CAST(CAST({name} AS JSON) AS {type_}) AS {name}"
        if type_.startswith("MAP")
        else f"CAST({name} AS {type_}) AS {name}"
        for name, type_ in AWS_TYPES.items()
    )
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        rows = session.read_csv(str(text), all_varchar=True)
        rows.project(f"* REPLACE ({listed})").write_parquet(str(path))
    text.unlink()
    return path


def deliver(root, parts, *, partition, ending, execution=""):
    writers = {"csv.gz": write_focus, "snappy.parquet": write_parquet}
    places = []
    for at, lines in enumerate(parts, start=1):
        folder = "/".join(filter(None, ["focus/data", partition, execution]))
        places.append(f"{folder}/focus-{at:05d}.{ending}")
        writers[ending](root / places[-1], lines)
    path = root / f"focus/metadata/{partition}/{execution}/focus-Manifest.json"
    path.parent.mkdir(parents=True)
    keys = [f"s3://bucket/exports/{place}" for place in places]
    path.write_text(json.dumps({"executionId": "e-9", "dataFiles": keys}))
    return root


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    return snapshot_of(write_focus(folder / "bill.csv.gz", LINES), folder)


@pytest.mark.parametrize("ending", ["csv.gz", "snappy.parquet"])
@pytest.mark.parametrize("partition", ["billing_period=2026-10", "BILLING_PERIOD=2026-10"])
def test_is_the_bill_that_one_file_would_be(tmp_path, alone, partition, ending):
    root = deliver(tmp_path / "s3", [LINES[:2], LINES[2:]], partition=partition, ending=ending)
    delivery = find_delivery(root, period=OCTOBER)
    assert (delivery.kind, delivery.execution_id) == (Kind.FOCUS_1_2, "e-9")
    snapshot = snapshot_of(root, tmp_path / "work")
    assert (snapshot.content_hash, snapshot.raw_totals) == (alone.content_hash, alone.raw_totals)


def test_in_the_layout_that_keeps_versions_is_the_newest(tmp_path):
    uuid = "3695a728-d559-40bd-ac30-ffc97b552489"
    for day in (3, 2):
        deliver(
            tmp_path / "s3",
            [[focus_line(cost=str(day))]],
            partition="billing_period=2026-10",
            ending="snappy.parquet",
            execution=f"2026-11-0{day}T20:16:37.306Z-{uuid}",
        )
    assert snapshot_of(tmp_path / "s3", tmp_path / "work").billed_total == 3


def test_of_1_0_is_told_from_1_2(tmp_path):
    lines = [{name: value for name, value in line.items() if name != "SkuMeter"} for line in LINES]
    root = deliver(tmp_path, [lines], partition="billing_period=2026-10", ending="snappy.parquet")
    assert find_delivery(root, period=OCTOBER).kind is Kind.FOCUS_1_0
