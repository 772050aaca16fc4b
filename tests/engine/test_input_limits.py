"""What a file says of itself takes no memory and no time: bills, signals and workloads alike."""

import gzip
import json
import zipfile

import duckdb
import pytest

from services.attribution.engine.pods.workload_checks import CAPACITIES, TAKEN
from services.ingestion.engine.layouts import Kind
from services.ingestion.engine.plain_files import SIGNALS, WORKLOADS, check_files
from services.ingestion.engine.raw_totals import RawTally
from shared.columnar import MemoryLimitReached, open_session
from shared.configuration.loading import load_configuration
from shared.faults import BadConfiguration, BadInput
from shared.tabular import open_source_file
from tests.bills import (
    FOCUS_LINE,
    OCTOBER,
    cur_line,
    focus_line,
    run_of,
    snapshot_of,
    write_cur,
    write_focus,
    write_manifest,
)
from tests.normalised_bills import write_normalised

BILL = ",".join(FOCUS_LINE)
SIGNAL = "meter,start,consumer,quantity"
WORKLOAD = ",".join(("cluster,start,node,provider_id,namespace,pod", *TAKEN, *CAPACITIES))
MEGABYTE = 1_000_000
# 100 MB are allowed to whatever is packed, however well it is.
HUGE = 102
A_RECORD = "a record has more than|well-formed|read to its end"


def row(header):
    """Of as many values, of which the last is long."""
    return "," * header.count(",") + "x" * (MEGABYTE - 1_000) + "\n"


def packed(header, part, times):
    """As many members of a gzip as are wanted, packed once."""
    return gzip.compress(f"{header}\n".encode()) + gzip.compress(part.encode()) * times


HOSTILE = {
    "which unpacks to a hundred times its size and more": (row, HUGE, "unpacked it has more"),
    "of a line that never ends": (lambda _: "x" * MEGABYTE, HUGE, "a line has more than 1,000,000"),
    "of a record that never ends": (lambda _: '"x\n",' * 10_000, HUGE, A_RECORD),
    "of a value that never ends": (lambda _: '"' + "x\n" * 999_999, 2, A_RECORD),
}


def as_bill(path, work):
    snapshot_of(path, work)


def as_signals(path, work):
    run_of(write_normalised(work / "bill", [focus_line()]), work, signals=[path])


def as_workloads(path, work):
    run_of(write_normalised(work / "bill", [focus_line()]), work, workloads=[path])


def as_delivered_signals(path, work):
    check_files([path], SIGNALS, scratch_dir=work, memory_limit_mb=256)


def as_delivered_workloads(path, work):
    check_files([path], WORKLOADS, scratch_dir=work, memory_limit_mb=256)


READERS = {
    "a bill": (as_bill, BILL),
    "signals": (as_signals, SIGNAL),
    "workloads": (as_workloads, WORKLOAD),
    "delivered signals": (as_delivered_signals, SIGNAL),
    "delivered workloads": (as_delivered_workloads, WORKLOAD),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_a_gzip_is_refused(tmp_path, reader, name):
    read, header = READERS[reader]
    part, times, message = HOSTILE[name]
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(packed(header, part(header), times))
    with pytest.raises(BadInput, match=message):
        read(path, tmp_path)


@pytest.mark.parametrize("reader", READERS)
def test_more_columns_than_any_bill_has_are_refused(tmp_path, reader):
    read, header = READERS[reader]
    path = tmp_path / "rows.csv.gz"
    more = "".join(f",c{at}" for at in range(2_000))
    path.write_bytes(gzip.compress(f"{header}{more}\n".encode()))
    with pytest.raises(BadInput, match="more than 2,000 columns"):
        read(path, tmp_path)


@pytest.mark.parametrize("header", [b"x" * 2 * MEGABYTE, b'"' + b"x\n" * MEGABYTE])
def test_a_header_that_never_ends_is_refused(tmp_path, header):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(header))
    with pytest.raises(BadInput, match="more than 1,000,000 bytes"):
        open_source_file(path)


@pytest.mark.parametrize(
    ("part", "times", "message"),
    [
        (b" " * MEGABYTE, 2, "a line has more"),
        (b" " * (MEGABYTE - 1) + b"\n", HUGE, "unpacked it has more"),
    ],
)
def test_events_within_a_gzip_are_refused(tmp_path, part, times, message):
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(gzip.compress(part) * times)
    with pytest.raises(BadInput, match=message):
        as_signals(path, tmp_path)


def test_an_event_that_nests_without_end_is_refused(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("[" * 900_000)
    with pytest.raises(BadInput, match="not JSON"):
        as_signals(path, tmp_path)


def test_a_zip_of_very_many_members_is_refused_by_the_size_of_its_directory(tmp_path):
    path = tmp_path / "bill.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for at in range(6_000):
            archive.writestr(f"{at:0>150}.csv", "")
    with pytest.raises(BadInput, match="directory of the zip"):
        open_source_file(path)


def test_a_zip_is_taken_of_a_bill_alone(tmp_path):
    path = tmp_path / "signals.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("signals.csv", f"{SIGNAL}\n")
    for read in (as_signals, as_delivered_signals):
        with pytest.raises(BadInput, match="a zip is taken of a bill alone"):
            read(path, tmp_path)


class TestParquet:
    def test_of_more_rows_than_its_bytes_could_hold_is_refused(self, tmp_path):
        path = tmp_path / "bill.parquet"
        with duckdb.connect() as session:
            session.sql("SELECT 'a' AS meter FROM range(11_000_000)").write_parquet(str(path))
        with pytest.raises(BadInput, match="more than 10,000,000 rows"):
            open_source_file(path)

    def test_of_a_value_longer_than_a_line_is_refused_by_row_and_column(self, tmp_path):
        long = cur_line(line_item_resource_id="x" * (MEGABYTE + 1))
        path = write_cur(tmp_path / "bill.parquet", [cur_line(), long])
        with pytest.raises(BadInput, match=r"row 2, field line_item_resource_id.*1,000,000 bytes"):
            as_bill(path, tmp_path)


class TestAManifest:
    def test_of_too_many_files_is_refused(self, tmp_path):
        write_manifest(tmp_path, [f"s3://b/{at}.parquet" for at in range(10_001)])
        with pytest.raises(BadInput, match="more than 10,000 files"):
            as_bill(tmp_path, tmp_path / "work")

    def test_of_too_many_bytes_is_not_read(self, tmp_path):
        with write_manifest(tmp_path, ["s3://b/x.parquet"]).open("ab") as file:
            file.truncate(17 * MEGABYTE)
        with pytest.raises(BadInput, match="the manifest has more than"):
            as_bill(tmp_path, tmp_path / "work")


def test_a_ruleset_of_too_many_bytes_is_not_read(tmp_path):
    path = tmp_path / "trueback.yaml"
    with path.open("wb") as file:
        file.truncate(9 * MEGABYTE)
    with pytest.raises(BadConfiguration, match="more than 8,388,608 bytes"):
        load_configuration(path)


class TestMemory:
    def test_of_control_totals_is_bounded_and_the_setting_is_named(self, tmp_path):
        path = write_focus(tmp_path / "b.csv.gz", [focus_line(ServiceName=n) for n in "ab"])
        tally = RawTally(kind=Kind.FOCUS_1_0, period=OCTOBER, source="bill", groups_max=1)
        with (
            open_session(scratch_dir=tmp_path, memory_limit_mb=128) as session,
            pytest.raises(MemoryLimitReached, match="field TRUEBACK_MEMORY_LIMIT_MB"),
        ):
            tally.add_file(session, open_source_file(path))

    def test_that_is_not_enough_is_no_fault_of_the_input(self, tmp_path):
        with (
            pytest.raises(MemoryLimitReached, match="--memory-mb"),
            open_session(scratch_dir=tmp_path, memory_limit_mb=128) as session,
        ):
            session.execute("SELECT list(range) FROM range(100_000_000)")

    def test_is_not_kept_of_many_currencies(self, tmp_path):
        lines = [focus_line(BillingCurrency=f"C{at}") for at in range(50)]
        path = write_focus(tmp_path / "b.csv.gz", lines)
        with pytest.raises(BadInput, match="several currencies") as refused:
            as_bill(path, tmp_path)
        assert len(refused.value.message) < 200


def test_a_manifest_is_json_of_any_width(tmp_path):
    """Keys beside those that are read count for nothing."""
    path = write_manifest(tmp_path, ["s3://b/x.parquet"])
    path.write_text(json.dumps(json.loads(path.read_text()) | {"more": ["x"] * 100_000}))
    with pytest.raises(BadInput, match="it is not there"):
        as_bill(tmp_path, tmp_path / "work")
