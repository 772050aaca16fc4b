import json
import os
import zipfile
from decimal import Decimal

import pytest

from services.ingestion.engine import find_delivery
from services.ingestion.engine.layouts import CUR, Kind
from services.ingestion.engine.legacy import _WRITTEN, cur_2_name
from shared.faults import BadInput
from tests.bills import (
    OCTOBER,
    amounts,
    cur_line,
    legacy_line,
    rows_of,
    run_of,
    snapshot_of,
    write_cur,
    write_legacy,
    write_legacy_delivery,
)
from tests.engine.test_cur_2_snapshots import LINES

UNICODE = 'Société Générale, "東京" 🚀'


def legacy(cost=1.0, **changes):
    tags = changes.pop("tags", {})
    return legacy_line(cur_line(cost, **changes)) | {
        f"resourceTags/{key}": value for key, value in tags.items()
    }


def fault_of(root, work):
    with pytest.raises(BadInput) as raised:
        snapshot_of(root, work)
    assert raised.value.exit_code == 4
    return raised.value


TAGGED = [line | {"resource_tags": {"user_customer": "acme"}} for line in LINES]


@pytest.fixture(scope="module")
def cur_2(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cur-2")
    return snapshot_of(write_cur(folder / "bill.parquet", TAGGED), folder)


class TestALegacyCur:
    @pytest.mark.parametrize("name", ["bill.csv", "bill.csv.gz", "bill.csv.zip"])
    def test_is_the_same_bill_as_in_cur_2(self, tmp_path, cur_2, name):
        path = write_legacy(tmp_path / name, [legacy_line(line) for line in TAGGED])
        snapshot = snapshot_of(path, tmp_path / "legacy")
        assert snapshot.source_format == "legacy CUR"
        assert snapshot.raw_totals == cur_2.raw_totals
        columns = "SELECT * EXCLUDE (x_SourceFormat) FROM rows ORDER BY x_LineId"
        assert rows_of(snapshot.parts[0], columns) == rows_of(cur_2.parts[0], columns)

    def test_is_known_by_what_it_holds_and_not_by_its_name(self, tmp_path):
        for name in ("bill.csv.gz", "bill.csv.zip", "bill.csv"):
            path = write_legacy(tmp_path / name, [legacy(3)])
            other = path.rename(tmp_path / "2026-10.gz.csv")
            assert snapshot_of(other, tmp_path).billed_total == 3

    def test_keeps_the_sign_and_case_of_tag_keys(self, tmp_path):
        tags = {"user:app.kubernetes.io/name": "web", "aws:eks:cluster-name": "c", "user:Env": ""}
        snapshot = snapshot_of(write_legacy(tmp_path / "b.csv.gz", [legacy(tags=tags)]), tmp_path)
        kept = {"app.kubernetes.io/name": "web", "aws:eks:cluster-name": "c"}
        assert rows_of(snapshot.parts[0], "SELECT Tags FROM rows") == [(kept,)]

    def test_has_cost_categories_beside_its_tags(self, tmp_path):
        line = legacy() | {"costCategory/Team": "data"}
        snapshot = snapshot_of(write_legacy(tmp_path / "b.csv.gz", [line]), tmp_path)
        assert rows_of(snapshot.parts[0], "SELECT Tags FROM rows") == [
            ({"costCategory/Team": "data"},)
        ]

    def test_from_before_region_codes_has_its_regions(self, tmp_path):
        newer = legacy() | {"product/regionCode": "eu-west-1", "product/region": ""}
        older = legacy() | {"product/region": "eu-west-1"}
        for name, line in (("newer", newer), ("older", older)):
            snapshot = snapshot_of(write_legacy(tmp_path / f"{name}.csv", [line]), tmp_path / name)
            assert rows_of(snapshot.parts[0], "SELECT RegionId FROM rows") == [("eu-west-1",)]

    def test_names_a_bad_value_by_its_own_name_of_the_column(self, tmp_path):
        path = write_legacy(tmp_path / "bill.csv.gz", [legacy(), legacy("x")])
        fault = fault_of(path, tmp_path)
        assert (fault.row, fault.field) == (2, "lineItem/UnblendedCost")

    def test_names_an_absent_column_by_its_own_name(self, tmp_path):
        line = {name: v for name, v in legacy().items() if name != "lineItem/CurrencyCode"}
        path = write_legacy(tmp_path / "bill.csv.gz", [line])
        fault = fault_of(path, tmp_path)
        assert (fault.file, fault.field) == (str(path), "lineItem/CurrencyCode")

    def test_with_one_tag_column_twice_is_refused(self, tmp_path):
        line = legacy(tags={"user:customer": "acme"})
        path = write_legacy(
            tmp_path / "b.csv", [line], header=[*line, "resourceTags/user:customer"]
        )
        assert fault_of(path, tmp_path).field == "resourceTags/user:customer"

    def test_can_name_every_column_it_must_have(self):
        assert set(CUR.required) <= {cur_2_name(written) for written in _WRITTEN}


class TestALegacyCurInParquet:
    def test_is_known_by_its_flat_tags_and_rules_find_them_by_their_own_names(self, tmp_path):
        types = {
            "resource_tags_user_customer": "VARCHAR",
            "product_product_name": "VARCHAR",
        }
        lines = [cur_line(2.0, resource_tags_user_customer="acme", product_product_name="EC2")]
        absent = ["bill_payer_account_name", "product", "resource_tags"]
        path = write_cur(tmp_path / "b.parquet", lines, types=types, without=absent)
        assert find_delivery(path, period=OCTOBER).kind is Kind.CUR_LEGACY_PARQUET
        ruleset = "version: 1\ncurrency: USD\ntenants: [{key: acme}]\n"
        run = run_of(path, tmp_path, ruleset + 'labels: {tenant: ["tag:Customer"]}\n')
        assert amounts(run) == {"acme": 2}
        assert run.proof.per[0].service == "EC2"

    def test_in_athenas_layout_is_found_through_its_manifest(self, tmp_path):
        key = "cur/bill/bill/year=2026/month=10/bill-00001.snappy.parquet"
        types = {"product_product_name": "VARCHAR"}
        absent = ["bill_payer_account_name", "product", "resource_tags"]
        write_cur(tmp_path / "mine" / key, [cur_line()], types=types, without=absent)
        write_cur(tmp_path / "mine" / key.replace("=10", "=9"), [cur_line(9)], types=types)
        manifest = tmp_path / "mine/cur/bill/20261001-20261101/bill-Manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.write_text(json.dumps({"assemblyId": "a", "reportKeys": [key]}))
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 1


class TestALegacyDelivery:
    def test_of_three_parts_in_the_layout_that_keeps_versions_is_read_whole(self, tmp_path):
        parts = [[legacy(1)], [legacy(2, tags={"user:team": "a"})], [legacy(4)]]
        write_legacy_delivery(tmp_path, parts, assembly="3695a728-d559-40bd")
        delivery = find_delivery(tmp_path, period=OCTOBER)
        assert (delivery.execution_id, len(delivery.files)) == ("3695a728-d559-40bd", 3)
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 7

    def test_in_the_layout_that_overwrites_is_read_without_what_was_left_over(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(1)], [legacy(2)], [legacy(4)]])
        write_legacy_delivery(tmp_path, [[legacy(1)], [legacy(2)]])
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 3

    @pytest.mark.parametrize("depth", ["cur/bill", "cur/bill/20261001-20261101"])
    def test_is_found_in_a_synced_prefix(self, tmp_path, depth):
        write_legacy_delivery(tmp_path, [[legacy(1)]], assembly="new")
        assert snapshot_of(tmp_path / depth, tmp_path / "work").billed_total == 1

    def test_is_the_one_the_manifest_beside_the_versions_names_whatever_the_times(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(1)]], assembly="first")
        write_legacy_delivery(tmp_path, [[legacy(2)]], assembly="second")
        for at, path in enumerate(sorted(tmp_path.rglob("*-Manifest.json"), reverse=True)):
            os.utime(path, (at, at))
        assert find_delivery(tmp_path, period=OCTOBER).execution_id == "second"

    def test_is_the_newest_version_where_only_versions_were_synced(self, tmp_path):
        for at, name in enumerate(("b-older", "a-newer")):
            write_legacy_delivery(tmp_path, [[legacy(at)]], assembly=name)
            manifest = tmp_path / f"cur/bill/20261001-20261101/{name}/bill-Manifest.json"
            os.utime(manifest, (at + 1, at + 1))
        (tmp_path / "cur/bill/20261001-20261101/bill-Manifest.json").unlink()
        assert find_delivery(tmp_path, period=OCTOBER).execution_id == "a-newer"

    def test_has_its_month_from_the_manifest(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(1)]])
        folder = tmp_path / "cur/bill/20261001-20261101"
        folder.rename(tmp_path / "cur/bill/mine")
        with pytest.raises(BadInput, match="2026-10"):
            find_delivery(tmp_path, period=OCTOBER.following)

    def test_is_not_taken_by_the_manifests_for_other_readers(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(1)]])
        folder = tmp_path / "cur/bill/20261001-20261101"
        (folder / "bill-RedshiftManifest.json").write_text('{"entries": []}')
        (folder / "bill-QuickSightManifest.json").write_text("[]")
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 1

    def test_with_a_foreign_format_among_its_parts_is_refused(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(1)], [legacy(2)]])
        second = next(tmp_path.rglob("*00002.csv.gz"))
        write_cur(second, [cur_line(2)])
        assert "different kinds" in fault_of(tmp_path, tmp_path / "work").message


class TestIssue:
    def test_two_keys_that_differ_in_case_and_a_tenant_in_accents_and_kanji(self, tmp_path):
        name = UNICODE
        parts = [
            [legacy(1, tags={"user:Customer": "globex", "user:customer": name})],
            [legacy(2, tags={"user:customer": "acme", "user:Customer": "initech"})],
            [legacy(4, tags={"user:Customer": "acme"}), legacy(8, tags={"user:customer": name})],
        ]
        write_legacy_delivery(tmp_path, parts, assembly="3695a728")
        ruleset = json.dumps(
            {
                "version": 1,
                "currency": "USD",
                "tenants": [{"key": "acme"}, {"key": "socgen", "aliases": [name]}],
                "labels": {"tenant": ["tag:customer"]},
            },
            ensure_ascii=False,
        )
        run = run_of(tmp_path, tmp_path / "work", ruleset)
        assert amounts(run) == {"socgen": 9, "acme": 2, "unallocated": 4}
        clash = snapshot_of(tmp_path, tmp_path / "work").findings[0]
        assert (clash.kind, "'Customer', 'customer'" in clash.message) == ("tag-clash", True)


class TestAZip:
    def test_is_read_by_its_only_csv_whatever_else_is_in_it(self, tmp_path):
        text = write_legacy(tmp_path / "plain.csv", [legacy(3)]).read_text()
        path = tmp_path / "bill.csv.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("readme.txt", "hello")
            archive.writestr("../../evil/one.csv", text)
            archive.writestr("__MACOSX/evil/._one.csv", "of macOS")
        assert snapshot_of(path, tmp_path / "work").billed_total == 3
        assert not (tmp_path.parent / "evil").exists()

    def test_of_several_csv_is_refused_rather_than_read_in_part(self, tmp_path):
        path = write_legacy(tmp_path / "bill.csv.zip", [legacy(3)])
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("two.csv", archive.read("report/bill.csv"))
        fault = fault_of(path, tmp_path)
        assert (fault.message, fault.field) == ("2 .csv are in the zip.", "two.csv")

    def test_without_a_csv_is_refused(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "bill.zip", "w") as archive:
            archive.writestr("readme.txt", "hello")
        assert "no .csv" in fault_of(tmp_path / "bill.zip", tmp_path).message

    def test_that_would_fill_the_disk_is_refused_before_it_is_unpacked(self, tmp_path):
        path = tmp_path / "bill.csv.zip"
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("bill.csv", "w") as member,
        ):
            for _ in range(120):
                member.write(b"0" * 1_000_000)
        assert "120,000,000 bytes" in fault_of(path, tmp_path).message

    @pytest.mark.parametrize("cut", [5, 60])
    def test_that_is_cut_is_refused(self, tmp_path, cut):
        path = write_legacy(tmp_path / "bill.csv.zip", [legacy(n) for n in range(300)])
        path.write_bytes(path.read_bytes()[:-cut])
        assert "zip is cut or corrupt" in fault_of(path, tmp_path).message

    def test_whose_checksum_is_wrong_is_refused(self, tmp_path):
        path = write_legacy(tmp_path / "bill.csv.zip", [legacy(n) for n in range(300)])
        with zipfile.ZipFile(path) as archive:
            checksum = archive.infolist()[0].CRC.to_bytes(4, "little")
        path.write_bytes(path.read_bytes().replace(checksum, b"\x00\x00\x00\x01"))
        assert "zip is cut or corrupt" in fault_of(path, tmp_path).message


def test_the_amounts_are_read_as_written_and_rounded_once(tmp_path):
    lines = [legacy("0.123456789051"), legacy("1.2E-9"), legacy("-4e-11")]
    snapshot = snapshot_of(write_legacy(tmp_path / "bill.csv.gz", lines), tmp_path)
    assert snapshot.billed_total == Decimal("0.1234567903")
    assert snapshot.billed_total + snapshot.billed_quantisation == Decimal("0.123456790211")
