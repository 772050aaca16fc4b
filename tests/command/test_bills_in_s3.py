from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from services.command.s3 import download_delivery
from services.ingestion.engine import find_delivery
from shared.faults import BadInput
from tests.bills import (
    OCTOBER,
    cur_line,
    focus_line,
    legacy_line,
    snapshot_of,
    write_delivery,
    write_focus,
    write_legacy_delivery,
)

BUCKET = "bills"


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def upload(client, root: Path, prefix: str) -> None:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            client.upload_file(str(path), BUCKET, f"{prefix}{path.relative_to(root).as_posix()}")


class TestABillInS3:
    def test_is_fetched_by_its_manifest_and_nothing_else_is(self, bucket, tmp_path):
        write_delivery(tmp_path / "local", [[cur_line(1)], [cur_line(2)]])
        write_delivery(tmp_path / "local", [[cur_line(9)]], period="2026-09")
        upload(bucket, tmp_path / "local", "exports/")
        root = download_delivery(f"s3://{BUCKET}/exports", period=OCTOBER, into=tmp_path / "in")
        fetched = sorted(path.name for path in root.rglob("*") if path.is_file())
        assert fetched == [
            "bill-00001.snappy.parquet",
            "bill-00002.snappy.parquet",
            "bill-Manifest.json",
        ]
        assert len(find_delivery(root, period=OCTOBER).files) == 2

    def test_of_a_legacy_cur_that_keeps_its_versions_is_the_newest(self, bucket, tmp_path):
        for cost, assembly in ((1, "older"), (2, "newer")):
            write_legacy_delivery(
                tmp_path / "local", [[legacy_line(cur_line(cost))] * 2], assembly=assembly
            )
        upload(bucket, tmp_path / "local", "a/b/")
        root = download_delivery(f"s3://{BUCKET}/a", period=OCTOBER, into=tmp_path / "in")
        assert len([path for path in root.rglob("*") if path.is_file()]) == 2
        assert snapshot_of(root, tmp_path / "work").billed_total == 4

    def test_may_be_one_object(self, bucket, tmp_path):
        path = write_focus(tmp_path / "focus.csv", [focus_line()])
        bucket.upload_file(str(path), BUCKET, "x/focus.csv")
        uri = f"s3://{BUCKET}/x/focus.csv"
        root = download_delivery(uri, period=OCTOBER, into=tmp_path / "in")
        assert len(find_delivery(root, period=OCTOBER).files) == 1

    def test_whose_manifest_names_an_absent_object_is_a_fault(self, bucket, tmp_path):
        write_delivery(tmp_path / "local", [[cur_line(1)]])
        next((tmp_path / "local").rglob("*.parquet")).unlink()
        upload(bucket, tmp_path / "local", "")
        with pytest.raises(BadInput, match="not there"):
            download_delivery(f"s3://{BUCKET}", period=OCTOBER, into=tmp_path / "in")

    def test_without_a_manifest_is_a_fault(self, bucket, tmp_path):
        with pytest.raises(BadInput, match="no manifest"):
            download_delivery(f"s3://{BUCKET}/x", period=OCTOBER, into=tmp_path / "in")

    def test_in_a_bucket_that_is_not_there_is_a_fault(self, bucket, tmp_path):
        with pytest.raises(BadInput, match="NoSuchBucket"):
            download_delivery("s3://nowhere/x", period=OCTOBER, into=tmp_path / "in")
