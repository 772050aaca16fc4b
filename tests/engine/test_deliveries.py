import json
import os

import pytest

from services.ingestion.engine import find_delivery
from services.ingestion.engine.layouts import Kind
from shared.faults import BadInput
from shared.periods import Month
from tests.bills import (
    OCTOBER,
    cur_line,
    focus_line,
    snapshot_of,
    write_cur,
    write_delivery,
    write_focus,
    write_manifest,
)


def fault_of(root, period=OCTOBER):
    with pytest.raises(BadInput) as raised:
        find_delivery(root, period=period)
    assert raised.value.exit_code == 4
    return raised.value


class TestAManifest:
    def test_is_obeyed_and_a_stale_chunk_left_beside_is_not_read(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(2)]])
        stale = tmp_path / "bill/data/BILLING_PERIOD=2026-10/bill-00003.snappy.parquet"
        write_cur(stale, [cur_line(99)])
        delivery = find_delivery(tmp_path, period=OCTOBER)
        assert [path.name for path in delivery.files] == [
            "bill-00001.snappy.parquet",
            "bill-00002.snappy.parquet",
        ]
        assert (delivery.kind, delivery.execution_id) == (Kind.CUR_2, "e-1")

    @pytest.mark.parametrize("depth", ["", "bill", "bill/../bill"])
    def test_is_found_in_a_synced_bucket_and_in_a_synced_prefix(self, tmp_path, depth):
        write_delivery(tmp_path, [[cur_line(1)]])
        assert len(find_delivery(tmp_path / depth, period=OCTOBER).files) == 1

    def test_is_found_where_the_synced_folder_has_leading_folders_of_its_own(self, tmp_path):
        write_delivery(tmp_path / "mine" / "2026", [[cur_line(1)]])
        assert len(find_delivery(tmp_path, period=OCTOBER).files) == 1

    def test_of_the_newest_execution_counts_in_the_create_new_layout(self, tmp_path):
        uuid = "3695a728-d559-40bd-ac30-ffc97b552489"
        old, new = (f"2026-11-0{day}T20:16:37.306Z-{uuid}" for day in (2, 3))
        write_delivery(tmp_path, [[cur_line(5)]], execution=new)
        write_delivery(tmp_path, [[cur_line(4)]], execution=old)
        assert find_delivery(tmp_path, period=OCTOBER).execution_id == new

    def test_of_the_newest_writing_counts_in_the_overwrite_layout(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(5)]])
        copy = tmp_path / "bill/metadata/BILLING_PERIOD=2026-10/older/bill-Manifest.json"
        copy.parent.mkdir()
        copy.write_text(json.dumps({"assemblyId": "old", "reportKeys": ["gone.csv"]}))
        os.utime(copy, (1, 1))
        assert find_delivery(tmp_path, period=OCTOBER).execution_id == "e-1"

    def test_with_a_lower_case_partition_key_is_read(self, tmp_path):
        write_cur(tmp_path / "x/data/billing_period=2026-10/x-1.parquet", [cur_line(1)])
        path = tmp_path / "x/metadata/billing_period=2026-10/x-Manifest.json"
        path.parent.mkdir(parents=True)
        keys = ["x/data/BILLING_PERIOD=2026-10/x-1.parquet"]
        path.write_text(json.dumps({"assemblyId": "a", "reportKeys": keys}))
        assert find_delivery(tmp_path, period=OCTOBER).execution_id == "a"

    def test_that_names_an_absent_object_is_a_fault_that_names_it(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(2)]])
        (tmp_path / "bill/data/BILLING_PERIOD=2026-10/bill-00002.snappy.parquet").unlink()
        fault = fault_of(tmp_path)
        assert fault.file.endswith("bill-00002.snappy.parquet")
        assert "Sync it again" in fault.remedy

    def test_never_takes_another_months_file_of_the_same_name(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)]], period="2026-09")
        write_manifest(
            tmp_path, ["s3://b/bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"]
        )
        assert "not there" in fault_of(tmp_path).message

    def test_that_lists_a_file_twice_is_refused(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)]])
        key = "bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"
        write_manifest(tmp_path, [key, f"s3://bucket/{key}"])
        assert "twice" in fault_of(tmp_path).message

    def test_in_a_folder_with_signs_of_patterns_in_its_name_is_read(self, tmp_path):
        root = tmp_path / "a[1]*b?'c d"
        write_delivery(root, [[cur_line(1)]])
        assert snapshot_of(root, tmp_path / "work [2]").row_count == 1

    def test_of_another_month_only_is_a_fault_that_says_which(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)]], period="2026-09")
        assert "2026-09" in fault_of(tmp_path).message

    def test_of_two_exports_under_one_root_is_refused(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)]], export="one")
        write_delivery(tmp_path, [[cur_line(1)]], export="two")
        assert "one, two" in fault_of(tmp_path).message

    @pytest.mark.parametrize("content", ["{", "[]", "{}", '{"dataFiles": []}'])
    def test_that_is_damaged_or_empty_is_a_fault(self, tmp_path, content):
        path = write_manifest(tmp_path, [])
        path.write_text(content)
        assert fault_of(tmp_path).file == str(path)


class TestAFile:
    @pytest.mark.parametrize("name", ["bill.csv", "bill.csv.gz"])
    def test_of_focus_is_taken_alone(self, tmp_path, name):
        write_focus(tmp_path / name, [focus_line()])
        assert find_delivery(tmp_path / name, period=OCTOBER).kind is Kind.FOCUS_1_2
        assert find_delivery(tmp_path, period=OCTOBER).manifest is None

    def test_of_cur_2_in_parquet_is_taken_alone(self, tmp_path):
        path = write_cur(tmp_path / "bill.parquet", [cur_line(1)])
        assert find_delivery(path, period=OCTOBER).kind is Kind.CUR_2

    def test_without_the_columns_of_1_2_is_focus_1_0(self, tmp_path):
        line = focus_line()
        del line["SkuMeter"]
        path = write_focus(tmp_path / "bill.csv", [line])
        assert find_delivery(path, period=OCTOBER).kind is Kind.FOCUS_1_0

    def test_beside_others_without_a_manifest_is_refused(self, tmp_path):
        write_focus(tmp_path / "a.csv", [focus_line()])
        write_focus(tmp_path / "b.csv", [focus_line()])
        assert "2 data files" in fault_of(tmp_path).message

    def test_that_is_missing_is_named(self, tmp_path):
        assert "no such file" in fault_of(tmp_path / "nothing").message

    def test_of_no_bytes_is_refused(self, tmp_path):
        (tmp_path / "bill.csv").write_bytes(b"")
        assert "no content" in fault_of(tmp_path / "bill.csv").message

    def test_of_something_else_is_refused(self, tmp_path):
        (tmp_path / "bill.csv").write_text("name,age\nme,5\n")
        assert "not a bill" in fault_of(tmp_path / "bill.csv").message

    def test_of_a_picture_is_refused(self, tmp_path):
        (tmp_path / "bill.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff")
        assert fault_of(tmp_path / "bill.csv").file.endswith("bill.csv")

    def test_of_parquet_cut_in_the_middle_is_refused(self, tmp_path):
        path = write_cur(tmp_path / "bill.parquet", [cur_line(1)] * 50)
        path.write_bytes(path.read_bytes()[:-100])
        assert "cut or corrupt" in fault_of(path).message


class TestParts:
    def test_of_different_kinds_are_refused(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)]])
        place = "bill/data/BILLING_PERIOD=2026-10/foreign.csv"
        write_focus(tmp_path / place, [focus_line()])
        first = "bill/data/BILLING_PERIOD=2026-10/bill-00001.snappy.parquet"
        write_manifest(tmp_path, [first, place])
        assert "foreign.csv is FOCUS" in fault_of(tmp_path).message

    def test_of_another_billing_period_are_refused_with_a_manifest(self, tmp_path):
        september = {"bill_billing_period_start_date": "2026-09-01 00:00:00"}
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(1, **september)]])
        with pytest.raises(BadInput, match="2026-09") as raised:
            snapshot_of(tmp_path, tmp_path / "work")
        assert raised.value.field == "bill_billing_period_start_date"

    def test_of_another_period_than_asked_name_the_one_found(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line()])
        with pytest.raises(BadInput, match="2026-10"):
            snapshot_of(path, tmp_path / "work", Month(2026, 9))
