"""Which objects are a delivery, and of which month."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from services.ingestion.domain.delivery_layout import (
    bill_deliveries,
    billing_period_files,
    bills_without_manifest,
    check_delivery_size,
    files_of_no_month,
    is_of_period,
    key_of,
    loose_files,
    plain_deliveries,
    safe_relative_path,
)
from shared.faults import BadInput
from shared.input_limits import DELIVERY_BYTES_MAX, FILES_MAX

THEN = datetime(2026, 11, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Thing:
    uri: str
    etag: str = "e"
    size_bytes: int = 1
    modified_at: datetime = THEN


def months(*uris):
    return [found.period for found in bill_deliveries([Thing(uri) for uri in uris])]


class TestABillingPeriodDataset:
    @pytest.mark.parametrize(
        "name",
        [
            "billing-period.csv",
            "focus_billing_periods_2026-10.csv.gz",
            "FOCUS Billing Period Dataset 1.4.parquet",
            "metadata/BILLING_PERIOD=2026-10/BillingPeriod-00001.parquet",
        ],
    )
    def test_is_known_by_its_name_and_is_no_bill(self, name):
        things = [Thing(f"s3://b/x/{name}"), Thing("s3://b/x/2026-10.csv")]
        assert billing_period_files(things) == things[:1]
        assert [one.file_count for one in bills_without_manifest(things)] == [1]
        assert files_of_no_month(things) == []

    @pytest.mark.parametrize(
        "name",
        [
            "aws-billing-period-2026-10.csv",
            "BILLING_PERIOD=2026-10/bill-00001.parquet",
            "billing_period=2026-10.csv/part.csv",
            "billing-period.json",
            "billing-period",
            "periods.csv",
        ],
    )
    def test_is_nothing_else(self, name):
        assert billing_period_files([Thing(f"s3://b/x/{name}")]) == []

    def test_without_content_is_not_there(self):
        assert billing_period_files([Thing("s3://b/billing-period.csv", size_bytes=0)]) == []


class TestABill:
    @pytest.mark.parametrize(
        "uri",
        [
            "s3://b/x/cur2/metadata/BILLING_PERIOD=2026-10/cur2-Manifest.json",
            "s3://b/x/focus/metadata/billing_period=2026-10/focus-Manifest.json",
            "s3://b/cur/20261001-20261101/cur-Manifest.json",
            "s3://b/x/cur/20261001-20261101/cur-manifest.json",
        ],
    )
    def test_is_found_by_its_manifest(self, uri):
        assert months(uri) == ["2026-10"]

    @pytest.mark.parametrize(
        "uri",
        [
            "s3://b/x/cur2/data/BILLING_PERIOD=2026-10/cur2-00001.snappy.parquet",
            "s3://b/cur/20261001-20261101/cur-RedshiftManifest.json",
            "s3://b/cur/20261001-20261101/cur-QuickSightManifest.json",
            "s3://b/cur/20261001-20261101/0f3a/cur-Manifest.json",
            "s3://b/cur/cur-Manifest.json",
            "s3://b/cur/20261301-20270101/cur-Manifest.json",
            "s3://b/cur/99991201-00000101/cur-Manifest.json",
            "s3://b/x/metadata/BILLING_PERIOD=2026-13/x-Manifest.json",
            "s3://b/x/metadata/BILLING_PERIOD=0000-01/x-Manifest.json",
        ],
    )
    def test_is_nothing_else(self, uri):
        assert months(uri) == []

    def test_is_another_version_when_its_manifest_was_written_again(self):
        uri = "s3://b/x/metadata/BILLING_PERIOD=2026-10/x-Manifest.json"
        later = datetime(2026, 11, 4, tzinfo=UTC)
        (first,) = bill_deliveries([Thing(uri)])
        (second,) = bill_deliveries([Thing(uri, modified_at=later)])
        assert first.fingerprint != second.fingerprint


class TestSignals:
    def test_are_all_files_of_a_month_as_they_are(self):
        files = [Thing(f"s3://b/u/period=2026-10/{name}.csv") for name in "ab"]
        (found,) = plain_deliveries(files)
        (turned,) = plain_deliveries(files[::-1])
        assert found.fingerprint == turned.fingerprint
        (fewer,) = plain_deliveries(files[:1])
        assert fewer.fingerprint != found.fingerprint

    def test_that_are_put_back_as_they_were_are_a_new_delivery(self):
        uri = "s3://b/u/period=2026-10/a.csv"
        (first,) = plain_deliveries([Thing(uri)])
        (again,) = plain_deliveries([Thing(uri, modified_at=datetime(2026, 11, 4, tzinfo=UTC))])
        assert first.fingerprint != again.fingerprint

    def test_of_no_month_are_none(self):
        assert list(plain_deliveries([Thing("s3://b/u/a.csv")])) == []


@pytest.mark.parametrize(
    ("uri", "is_it"),
    [
        ("s3://b/u/period=2026-10/a.csv", True),
        ("s3://b/u/period=2026-11/a.csv", False),
        ("s3://b/u/a.csv", False),
    ],
)
def test_a_file_is_of_the_month_in_its_address(uri, is_it):
    assert is_of_period(uri, "2026-10") == is_it


class TestAKey:
    @pytest.mark.parametrize("key", ["../x", "a/../../x", "", "/"])
    def test_that_would_leave_the_folder_is_refused(self, key):
        with pytest.raises(BadInput):
            safe_relative_path(key)

    def test_may_hold_colons_and_start_with_a_slash(self):
        assert (
            str(safe_relative_path("/a/2024-05-18T20:16:37Z-x/b")) == "a/2024-05-18T20:16:37Z-x/b"
        )


class TestADeliveryThatIsTooLarge:
    def test_by_its_files_is_refused(self):
        with pytest.raises(BadInput, match="more than 10,000 files"):
            check_delivery_size([Thing("s3://b/x")] * (FILES_MAX + 1), file="s3://b/manifest")

    def test_by_its_bytes_is_refused(self):
        items = [Thing("s3://b/x", size_bytes=DELIVERY_BYTES_MAX), Thing("s3://b/y")]
        with pytest.raises(BadInput, match="bytes"):
            check_delivery_size(items, file="s3://b/manifest")

    def test_is_one_beyond_the_limit(self):
        items = [Thing("s3://b/x", size_bytes=DELIVERY_BYTES_MAX)]
        check_delivery_size(items, file="s3://b/manifest")


def test_a_name_that_no_folder_could_hold_is_refused():
    with pytest.raises(BadInput, match="longer than"):
        safe_relative_path(f"exports/{'x' * 300}.parquet")


MANIFEST = "s3://b/x/metadata/BILLING_PERIOD=2026-10/x-Manifest.json"


class TestAMonthWithoutManifest:
    @pytest.mark.parametrize(
        ("uri", "month"),
        [
            ("s3://b/x/data/BILLING_PERIOD=2026-10/x-1.parquet", "2026-10"),
            ("s3://b/cur/20261001-20261101/0f3a/cur-1.csv.gz", "2026-10"),
            ("s3://b-2025-01/x/bill-2026-10.csv", "2026-10"),
            ("s3://b/x/2026-10/part1.csv.zip", "2026-10"),
            ("file:///srv/bills/2026-10.CSV", "2026-10"),
            ("s3://b/2026-09/restated-2026-10.zip", "2026-10"),
            ("s3://b/x/BILLING_PERIOD=2026-13/x.csv", ""),
            ("s3://b/x/2026-09_2026-10.csv", ""),
            ("s3://b/x/12026-10.csv", ""),
            ("s3://b/x/2026-13.csv", ""),
            ("s3://b-2026-10/bill.csv", ""),
        ],
    )
    def test_is_known_by_the_one_month_in_its_names(self, uri, month):
        things = [Thing(uri)]
        assert [one.period for one in bills_without_manifest(things)] == ([month] if month else [])
        assert files_of_no_month(things) == ([] if month else things)

    def test_is_all_of_its_files_and_no_others(self):
        of_month = [Thing(f"s3://b/x/2026-10/{n}.csv") for n in (1, 2)]
        others = [
            Thing("s3://b/x/2026-10/readme.txt"),
            Thing("s3://b/x/2026-10/empty.csv", size_bytes=0),
        ]
        (found,) = bills_without_manifest([*of_month, *others])
        assert (found.file_count, found.is_as_aws_writes) == (2, False)
        assert loose_files([*of_month, *others], "2026-10") == of_month

    def test_is_none_where_it_has_a_manifest(self):
        data = Thing("s3://b/x/data/BILLING_PERIOD=2026-10/x-1.parquet")
        assert list(bills_without_manifest([data, Thing(MANIFEST)])) == []
        (found,) = bills_without_manifest([data])
        assert found.is_as_aws_writes

    def test_changes_with_each_of_its_files(self):
        one = [Thing("s3://b/2026-10.csv")]
        two = [Thing("s3://b/2026-10.csv", etag="other")]
        (first,), (second,) = map(bills_without_manifest, (one, two))
        assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("uri", "key"), [("s3://b/x/y.csv", "x/y.csv"), ("file:///srv/y.csv", "srv/y.csv")]
)
def test_a_key_is_what_follows_the_bucket(uri, key):
    assert key_of(uri) == key
