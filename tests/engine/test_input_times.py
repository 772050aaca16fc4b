"""Times of signals and workloads are read by the list of forms that bills' are read by."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from services.attribution.engine.inputs.input_rows import InputRows
from shared.columnar import open_session
from shared.csv_files import write_rows
from shared.faults import BadInput
from shared.periods import Month
from shared.tabular import open_rows_file
from shared.times import parse_time
from tests.bills import amounts, focus_line, run_of, write_workloads
from tests.engine.test_signals import POOLED, event
from tests.engine.test_workloads import PODS, node, pod
from tests.normalised_bills import write_normalised
from tests.shared.test_times import NO_TIMES, TIMES

OCTOBER = Month(2026, 10)


@pytest.fixture
def bill(tmp_path):
    return write_normalised(tmp_path / "bill", [focus_line(cost="4")])


def write_texts(path: Path, texts: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, ["meter", "start"], [["bytes", text] for text in texts])
    return path


def times_of(files: Sequence[Path], work: Path) -> list[datetime | None]:
    with open_session(scratch_dir=work, memory_limit_mb=256) as session:
        columns = ("meter", "start")
        rows = InputRows(session, "given", columns, ("start",), OCTOBER, "row", work)
        rows.create()
        for at, path in enumerate(files):
            rows.insert(at, open_rows_file(path))
        rows.read_other_times()
        result = session.execute("SELECT start_utc FROM given ORDER BY file, row")
        return [moment and moment.replace(tzinfo=UTC) for (moment,) in result.fetchall()]


class TestTimes:
    def test_are_taken_in_every_form_of_the_list(self, tmp_path):
        file = write_texts(tmp_path / "rows.csv", list(TIMES))
        assert times_of([file], tmp_path) == list(TIMES.values())

    def test_that_may_mean_something_else_are_none(self, tmp_path):
        file = write_texts(tmp_path / "rows.csv", NO_TIMES)
        assert times_of([file], tmp_path) == [None] * len(NO_TIMES)

    def test_go_by_the_order_of_day_and_month_that_the_period_tells_in_each_file(self, tmp_path):
        american = write_texts(tmp_path / "a.csv", ["10/1/2026 4:00", "10/12/2026"])
        european = write_texts(tmp_path / "b.csv", ["01/10/2026 04:00", "2026-10-03", "12/10/2026"])
        odd = write_texts(tmp_path / "c.csv", ["10/1/2026", "1/10/2026"])
        found = times_of([american, european, odd], tmp_path)
        first, twelfth = datetime(2026, 10, 1, 4, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC)
        third = datetime(2026, 10, 3, tzinfo=UTC)
        assert found == [first, twelfth, first, third, twelfth, None, None]

    def test_of_one_file_are_in_one_order(self, tmp_path):
        file = write_texts(tmp_path / "rows.csv", ["10/1/2026", "13/10/2026"])
        assert times_of([file], tmp_path) == [datetime(2026, 10, 1, tzinfo=UTC), None]

    @pytest.mark.parametrize(
        ("of_type", "text"),
        [
            ("TIMESTAMP '2026-10-03 04:00:00'", "2026-10-03 04:00"),
            ("TIMESTAMP_NS '2026-10-03 04:00:00.123456789'", "2026-10-03 04:00:00.123456"),
            ("TIMESTAMP_S '2026-10-03 04:00:00'", "2026-10-03 04:00"),
            ("TIMESTAMPTZ '2026-10-03 06:00:00+02:00'", "2026-10-03 04:00"),
            ("DATE '2026-10-03'", "2026-10-03"),
            ("TIMESTAMP 'infinity'", ""),
            ("1790812800", ""),
        ],
    )
    def test_of_parquet_come_in_any_unit(self, tmp_path, of_type, text):
        file = tmp_path / "rows.parquet"
        query = f"SELECT 'bytes' AS meter, {of_type} AS start"
        duckdb.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        assert times_of([file], tmp_path) == [parse_time(text)]


class TestASignal:
    def test_is_placed_by_its_time_whatever_its_form(self, tmp_path, bill):
        texts = ["2026-10-03T06:30:00+02:00", "3-Oct-2026 04:15", "10/03/2026 4:00 AM"]
        events = [
            event(id=str(at), subject=subject, time=text, data={"quantity": 1})
            for at, (subject, text) in enumerate(
                zip(["acme", "acme", "globex"], texts, strict=True)
            )
        ]
        path = tmp_path / "signals.jsonl"
        path.write_text("\n".join(events))
        found = amounts(run_of(bill, tmp_path, POOLED, [path]))
        assert found == {"acme": Decimal("2.6666666667"), "globex": Decimal("1.3333333333")}

    def test_of_a_short_date_is_refused_with_what_it_looks_like(self, tmp_path, bill):
        path = tmp_path / "signals.jsonl"
        path.write_text(
            "\n".join([event(), event(id="2", time="10/3/26"), event(id="3", time="x")])
        )
        with pytest.raises(BadInput) as refused:
            run_of(bill, tmp_path, POOLED, [path])
        assert (refused.value.row, refused.value.field) == (2, "start")
        message = str(refused.value)
        assert "10/3/26 is no time. 2 rows have a fault in this field." in message
        assert "two digits for the year" in message

    def test_that_ends_at_no_time_is_refused(self, tmp_path, bill):
        path = tmp_path / "signals.jsonl"
        path.write_text(event(data={"quantity": 1, "end": "infinity"}))
        with pytest.raises(BadInput, match="infinity is no time"):
            run_of(bill, tmp_path, POOLED, [path])

    def test_file_without_columns_names_all_of_them(self, tmp_path, bill):
        path = tmp_path / "signals.csv"
        path.write_text("meter,time,tenant\nbytes,2026-10-03,acme\n")
        with pytest.raises(BadInput) as refused:
            run_of(bill, tmp_path, POOLED, [path])
        assert refused.value.field == "start, consumer, quantity"

    @pytest.mark.parametrize("quantity", ["1_000", "3e+4.", "1,5", "0x10", "NaN"])
    def test_has_a_quantity_that_is_one_number(self, tmp_path, bill, quantity):
        path = tmp_path / "signals.jsonl"
        path.write_text(event(data={"quantity": quantity}))
        with pytest.raises(BadInput, match="is no number"):
            run_of(bill, tmp_path, POOLED, [path])


class TestAWorkload:
    def test_is_placed_by_its_time_whatever_its_form(self, tmp_path):
        bill = write_normalised(tmp_path / "bill", [node("52")])
        rows = [
            pod("a", "acme") | {"start": "2026-10-03 06:00:00 +0200"},
            pod("b", "globex") | {"start": "3 October 2026, 4:00 AM"},
        ]
        path = write_workloads(tmp_path / "workloads.csv", rows)
        plain = write_workloads(tmp_path / "plain.csv", [pod("a", "acme"), pod("b", "globex")])
        found = amounts(run_of(bill, tmp_path, PODS, workloads=[path]))
        assert found == amounts(run_of(bill, tmp_path, PODS, workloads=[plain]))
        assert found["acme"] == found["globex"] > 0

    @pytest.mark.parametrize("text", ["10/3/26", "1790812800", "2026-10-03 04:00:00 PST"])
    def test_of_no_such_time_is_refused(self, tmp_path, text):
        bill = write_normalised(tmp_path / "bill", [node("52")])
        path = write_workloads(tmp_path / "w.csv", [pod("a", "acme") | {"start": text}])
        with pytest.raises(BadInput, match=r"is no time.*Write times as") as refused:
            run_of(bill, tmp_path, PODS, workloads=[path])
        assert (refused.value.row, refused.value.field) == (1, "start")
        assert text in json.dumps(str(refused.value))
