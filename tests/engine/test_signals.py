import gzip
import json
from decimal import Decimal

import duckdb
import pytest

from shared.faults import BadInput
from tests.bills import RULESET, amounts, focus_line, notes_of, run_of, write_signals
from tests.normalised_bills import write_normalised

POOLED = RULESET + "pools: [{name: nat, when: {usage_type: ['*']}, drivers: [{signal: bytes}]}]\n"


@pytest.fixture
def bill(tmp_path):
    return write_normalised(tmp_path / "bill", [focus_line(cost="4")])


def event(**changes):
    return json.dumps(
        {
            "specversion": "1.0",
            "id": "1",
            "source": "nat-collector",
            "type": "bytes",
            "subject": "acme",
            "time": "2026-10-03T04:30:00Z",
            "data": {"quantity": "1.5", "unit": "By"},
        }
        | changes
    )


def write_events(work, rows):
    """All of one id and source."""
    path = work / "s.csv"
    head = "meter,start,consumer,quantity,end,unit,source,id"
    path.write_text("\n".join([head, *(f"{row},gw,e1" for row in rows)]) + "\n")
    return path


class TestSignals:
    def test_as_cloud_events_are_read(self, tmp_path, bill):
        path = tmp_path / "signals.jsonl"
        path.write_text(
            "\n".join([event(), event(id="2", subject="globex", data={"value": 0.5})]) + "\n"
        )
        assert amounts(run_of(bill, tmp_path, POOLED, [path])) == {
            "acme": 3,
            "globex": 1,
        }

    def test_as_parquet_are_read(self, tmp_path, bill):
        path = tmp_path / "signals.parquet"
        with duckdb.connect() as session:
            session.execute(
                "COPY (SELECT 'bytes' AS meter, TIMESTAMP '2026-10-03 04:00:00' AS start,"
                f" 'acme-corp' AS consumer, 0.1::DOUBLE AS quantity) TO '{path}' (FORMAT parquet)"
            )
        found = run_of(bill, tmp_path, POOLED, [path])
        assert amounts(found) == {"acme": 4}
        assert found.usage[0].quantity == Decimal("0.1")

    @pytest.mark.parametrize(
        "header",
        [
            "\ufeffMeter,Start,Consumer,Quantity",
            "METER,start ,Consumer, quantity",
            "_meter,START,consumer,Quantity",
        ],
    )
    def test_with_names_in_other_case_or_signs_are_read(self, tmp_path, bill, header):
        path = tmp_path / "s.csv"
        path.write_text(f"{header}\nbytes,2026-10-03T04:00:00Z,acme,1\n")
        assert amounts(run_of(bill, tmp_path, POOLED, [path])) == {"acme": 4}

    def test_have_the_column_of_the_very_name_before_one_like_it(self, tmp_path, bill):
        path = tmp_path / "s.csv"
        path.write_text(
            "meter,start,consumer,Consumer,quantity\nbytes,2026-10-03T04:00:00Z,acme,globex,1\n"
        )
        assert amounts(run_of(bill, tmp_path, POOLED, [path])) == {"acme": 4}

    def test_with_two_columns_like_one_are_refused(self, tmp_path, bill):
        path = tmp_path / "s.csv"
        path.write_text(
            "meter,start,CONSUMER,Consumer,quantity\nbytes,2026-10-03T04:00:00Z,acme,globex,1\n"
        )
        with pytest.raises(BadInput, match="field CONSUMER: the column is there twice"):
            run_of(bill, tmp_path, POOLED, [path])

    def test_of_a_whole_folder_are_read(self, tmp_path, bill):
        folder = tmp_path / "signals"
        folder.mkdir()
        write_signals(folder / "a.csv", "bytes 2026-10-03T04:00:00Z acme 1")
        write_signals(folder / "b.csv", "bytes 2026-10-03T04:00:00Z globex 1")
        (folder / "c.csv").mkdir()
        assert amounts(run_of(bill, tmp_path, POOLED, [folder])) == {"acme": 2, "globex": 2}

    def test_delivered_twice_count_once_by_source_and_id(self, tmp_path, bill):
        path = tmp_path / "signals.jsonl"
        other = event(subject="globex", source="elsewhere")
        path.write_text(f"{event()}\n{event()}\n{event()}\n{other}" + "\n")
        found = run_of(bill, tmp_path, POOLED, [path])
        assert amounts(found) == {"acme": 2, "globex": 2}
        assert found.usage[0].quantity == Decimal("1.5")

    def test_without_an_id_all_count(self, tmp_path, bill):
        row = "bytes 2026-10-03T04:00:00Z acme 1"
        path = write_signals(tmp_path / "s.csv", row, row)
        assert run_of(bill, tmp_path, POOLED, [path]).usage[0].quantity == 2

    def test_whose_id_stands_for_two_events_are_refused(self, tmp_path, bill):
        path = tmp_path / "signals.jsonl"
        path.write_text("\n".join([event(), event(subject="globex")]) + "\n")
        with pytest.raises(BadInput, match="two different events"):
            run_of(bill, tmp_path, POOLED, [path])

    @pytest.mark.parametrize(
        ("rows", "counted"),
        [
            (
                [
                    "bytes,2026-10-03T04:00:00Z,acme,1,,B",
                    "bytes,2026-10-03T04:00:00+00:00,acme,1.0,,",
                ],
                1,
            ),
            (
                ["bytes,2026-10-03T06:00:00+02:00,acme,1e0,,B", "bytes,2026-10-03 04:00,acme,1,,B"],
                1,
            ),
            (["bytes,2026-10-03T04:00:00Z,acme,1,,", "bytes,2026-10-03T04:00:00Z,ACME,1.000,,"], 1),
        ],
    )
    def test_written_differently_are_one(self, tmp_path, bill, rows, counted):
        path = write_events(tmp_path, rows)
        assert run_of(bill, tmp_path, POOLED, [path]).usage[0].quantity == counted

    @pytest.mark.parametrize(
        ("other", "field", "first", "second"),
        [
            ("calls,2026-10-03T04:00:00Z,acme,1,,", "meter", "bytes", "calls"),
            (
                "bytes,2026-10-03T04:00:01Z,acme,1,,",
                "start",
                "2026-10-03T04:00:00Z",
                "2026-10-03T04:00:01Z",
            ),
            ("bytes,2026-10-03T04:00:00Z,globex,1,,", "consumer", "acme", "globex"),
            ("bytes,2026-10-03T04:00:00Z,acme,1.01,,", "quantity", "1", "1.01"),
            (
                "bytes,2026-10-03T04:00:00Z,acme,1,2026-10-03T05:00:00Z,",
                "end",
                "2026-10-03T04:30:00Z",
                "2026-10-03T05:00:00Z",
            ),
            ("bytes,2026-10-03T04:00:00Z,acme,1,,kB", "unit", "B", "kB"),
        ],
    )
    def test_that_differ_are_named_with_both_rows_and_the_field(
        self, tmp_path, bill, other, field, first, second
    ):
        one = "bytes,2026-10-03T04:00:00Z,acme,1,2026-10-03T04:30:00Z,B"
        with pytest.raises(BadInput) as refused:
            run_of(bill, tmp_path, POOLED, [write_events(tmp_path, [one, one, other])])
        assert (refused.value.row, refused.value.field) == (3, field)
        assert f"{field} is {second!r} here and {first!r} in row 1 of s.csv" in str(refused.value)

    def test_in_two_units_are_refused(self, tmp_path, bill):
        path = tmp_path / "signals.jsonl"
        other = event(id="2", data={"quantity": 1, "unit": "GB"})
        path.write_text(f"{event()}\n{other}" + "\n")
        with pytest.raises(BadInput, match=r"signals\.jsonl, row 2, field unit: .*By, GB"):
            run_of(bill, tmp_path, POOLED, [path])


class TestAFileThatIsThereTwice:
    ROWS = ("bytes 2026-10-03T04:00:00Z acme 1", "bytes 2026-10-03T04:30:00Z acme 0.5")

    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "signals"
        folder.mkdir()
        write_signals(folder / "acme.csv", *self.ROWS)
        write_signals(folder / "globex.csv", "bytes 2026-10-03T04:00:00Z globex 1.5")
        return folder

    @pytest.mark.parametrize("is_prepared", [False, True])
    def test_is_noted_with_both_names(self, tmp_path, bill, folder, is_prepared):
        (folder / "acme (1).csv").write_bytes((folder / "acme.csv").read_bytes())
        found = run_of(bill, tmp_path, POOLED, [folder], is_prepared=is_prepared)
        (note,) = notes_of(found)
        assert note.message.startswith(
            "The signals of acme.csv (2 rows) are the same as those of acme (1).csv, "
        )

    def test_is_noted_in_another_form_and_order(self, tmp_path, bill, folder):
        rows = [row.replace(" 1", " 1.0").replace("T04", " 04") for row in reversed(self.ROWS)]
        text = "\n".join(
            row.replace(" acme ", ",acme,").replace("bytes ", "bytes,") for row in rows
        )
        packed = gzip.compress(f"meter,start,consumer,quantity\n{text}\n".encode())
        (folder / "other.csv.gz").write_bytes(packed)
        (note,) = notes_of(run_of(bill, tmp_path, POOLED, [folder]))
        assert "other.csv.gz (2 rows) are the same as those of acme.csv" in note.message

    def test_is_not_where_ids_tell_that_it_is_one(self, tmp_path, bill, folder):
        for name in ("a.jsonl", "b.jsonl"):
            (folder / name).write_text(event(data={"quantity": "1.5"}) + "\n")
        assert notes_of(run_of(bill, tmp_path, POOLED, [folder])) == []

    def test_is_not_where_a_row_differs(self, tmp_path, bill, folder):
        write_signals(folder / "acme (1).csv", self.ROWS[0], self.ROWS[1].replace("0.5", "0.6"))
        assert notes_of(run_of(bill, tmp_path, POOLED, [folder])) == []


class TestAMeter:
    @pytest.mark.parametrize(
        "written", ["bytes ", "\t bytes", "by\u200btes", "bytes\ufeff", "\xa0bytes"]
    )
    def test_is_named_without_what_nobody_sees(self, tmp_path, bill, written):
        path = tmp_path / "s.csv"
        rows = ["bytes,2026-10-03T04:00:00Z,acme,1", f"{written},2026-10-03T04:00:00Z,globex,3"]
        path.write_text("\n".join(["meter,start,consumer,quantity", *rows]) + "\n")
        found = run_of(bill, tmp_path, POOLED, [path])
        assert amounts(found) == {"acme": 1, "globex": 3}
        assert {each.meter for each in found.usage} == {"bytes"}
        assert notes_of(found) == []

    def test_of_a_driver_is_named_so_too(self, tmp_path, bill):
        path = write_signals(tmp_path / "s.csv", "bytes 2026-10-03T04:00:00Z acme 1")
        ruleset = POOLED.replace("signal: bytes", 'signal: "by\\u200btes"')
        assert amounts(run_of(bill, tmp_path, ruleset, [path])) == {"acme": 4}

    def test_of_nothing_to_see_is_missing(self, tmp_path, bill):
        path = write_signals(tmp_path / "s.csv", "\u200b 2026-10-03T04:00:00Z acme 1")
        with pytest.raises(BadInput, match=r"row 1, field meter: is missing"):
            run_of(bill, tmp_path, POOLED, [path])

    @pytest.mark.parametrize("written", ["BYTES", "Bytes", "by-tes", "by_tes", "\uff42ytes"])
    @pytest.mark.parametrize("is_prepared", [False, True])
    def test_that_is_nearly_one_that_is_read_is_noted(self, tmp_path, bill, written, is_prepared):
        path = write_signals(
            tmp_path / "s.csv",
            "bytes 2026-10-03T04:00:00Z acme 1",
            f"{written} 2026-10-03T04:00:00Z globex 1",
            f"{written} 2026-10-03T05:00:00Z globex 2.5",
        )
        found = run_of(bill, tmp_path, POOLED, [path], is_prepared=is_prepared)
        assert amounts(found) == {"acme": 4}
        (note,) = notes_of(found)
        assert note.message.startswith("Signals with a quantity of 3.5 (2 rows) ")
        assert f"`{written}`, which no driver reads: it is nearly `bytes`" in note.message

    def test_that_is_another_one_is_not(self, tmp_path, bill):
        rows = [
            f"{meter} 2026-10-03T04:00:00Z acme 1" for meter in ("bytes", "requests", "bytes_2")
        ]
        path = write_signals(tmp_path / "s.csv", *rows)
        assert notes_of(run_of(bill, tmp_path, POOLED, [path])) == []

    def test_with_a_unit_on_some_rows_alone_is_noted(self, tmp_path, bill):
        path = tmp_path / "s.csv"
        path.write_text(
            "meter,start,consumer,quantity,unit\n"
            "bytes,2026-10-03T04:00:00Z,acme,1,GB\nbytes,2026-10-03T04:00:00Z,globex,3,\n"
        )
        (note,) = notes_of(run_of(bill, tmp_path, POOLED, [path]))
        assert note.message.startswith("Signals with a quantity of 3 (1 row) have no unit")
        assert "`bytes` have 'GB'" in note.message


class TestAControlMeter:
    RULESET = POOLED.replace("signal: bytes", "signal: bytes, control: total")
    USED = ("bytes 2026-10-03T04:00:00Z acme 1", "bytes 2026-10-03T04:00:00Z globex 1")

    @pytest.mark.parametrize("is_prepared", [False, True])
    def test_of_a_tenant_counts_for_nothing_and_is_noted(self, tmp_path, bill, is_prepared):
        control = "total 2026-10-03T04:00:00Z acme 8"
        path = write_signals(tmp_path / "s.csv", *self.USED, control)
        found = run_of(bill, tmp_path, self.RULESET, [path], is_prepared=is_prepared)
        assert amounts(found) == {"acme": 2, "globex": 2}
        (note,) = notes_of(found)
        assert "meter `total` with a quantity of 8 (1 row) count for nothing" in note.message
        assert "consumer is `acme`, and that of a control is `pool:nat`." in note.message

    def test_of_its_pool_is_not(self, tmp_path, bill):
        control = "total 2026-10-03T04:00:00Z pool:nat 4"
        path = write_signals(tmp_path / "s.csv", *self.USED, control)
        assert notes_of(run_of(bill, tmp_path, self.RULESET, [path])) == []


class TestABadSignal:
    @pytest.mark.parametrize(
        ("row", "field", "said"),
        [
            ("bytes 2026-10-03T04:00:00Z initech 1", "consumer", "'initech'"),
            ("bytes 2026-10-03T04:00:00Z pool:no 1", "consumer", "no pool is named 'no'"),
            ("bytes 2026-10-03T04:00:00Z acme -1", "quantity", "negative"),
            ("bytes 2026-10-03T04:00:00Z acme NaN", "quantity", "no number"),
            ("bytes 2026-10-03T04:00:00Z acme inf", "quantity", "no number"),
            ("bytes 2026-10-03T04:00:00Z acme many", "quantity", "no number"),
            ("bytes 2026-11-01T00:00:00Z acme 1", "start", "outside 2026-10"),
            ("bytes 2026-09-30T23:59:59Z acme 1", "start", "outside 2026-10"),
            ("bytes today acme 1", "start", "no time"),
        ],
    )
    def test_is_named_by_file_row_and_field(self, tmp_path, bill, row, field, said):
        path = write_signals(tmp_path / "s.csv", "bytes 2026-10-03T04:00:00Z acme 1", row)
        with pytest.raises(BadInput) as raised:
            run_of(bill, tmp_path, POOLED, [path])
        fault = raised.value
        assert (fault.file, fault.row, fault.field) == (str(path), 2, field)
        assert said in fault.message

    @pytest.mark.parametrize("meter", ["bytes", "unread"])
    def test_quantities_beyond_what_can_be_added_are_named_by_their_meter(
        self, tmp_path, bill, meter
    ):
        row = f"{meter} 2026-10-03T04:00:00Z acme {'9' * 20}.{'1' * 18}"
        path = write_signals(tmp_path / "s.csv", row, row)
        with pytest.raises(BadInput, match=f"'{meter}' have more than 20 digits"):
            run_of(bill, tmp_path, POOLED, [path])

    def test_file_with_a_column_twice_is_refused(self, tmp_path, bill):
        path = tmp_path / "s.csv"
        path.write_text("meter,start,consumer,quantity,quantity\nbytes,2026-10-03,acme,1,2\n")
        with pytest.raises(BadInput, match="twice") as raised:
            run_of(bill, tmp_path, POOLED, [path])
        assert raised.value.field == "quantity"

    def test_file_without_a_needed_column_is_named(self, tmp_path, bill):
        path = tmp_path / "s.csv"
        path.write_text("meter,start,consumer\nbytes,2026-10-03T04:00:00Z,acme\n")
        with pytest.raises(BadInput) as raised:
            run_of(bill, tmp_path, POOLED, [path])
        assert raised.value.field == "quantity"

    @pytest.mark.parametrize("ending", ["bytes,2026-10-03T04:00:00Z,acme\n", 'bytes,"\n'])
    def test_file_that_is_damaged_is_refused(self, tmp_path, bill, ending):
        path = write_signals(tmp_path / "s.csv", "bytes 2026-10-03T04:00:00Z acme 1")
        path.write_text(path.read_text() + ending)
        with pytest.raises(BadInput, match="well-formed"):
            run_of(bill, tmp_path, POOLED, [path])

    def test_file_of_mixed_line_ends_is_refused_rather_than_cut(self, tmp_path, bill):
        path = write_signals(tmp_path / "s.csv", "bytes 2026-10-03T04:00:00Z acme 1")
        path.write_bytes(path.read_bytes() + b"bytes,2026-10-03T04:00:00Z,globex,1\r\n")
        with pytest.raises(BadInput, match="well-formed"):
            run_of(bill, tmp_path, POOLED, [path])

    def test_event_that_is_no_json_is_named_by_its_line(self, tmp_path, bill):
        path = tmp_path / "s.jsonl"
        path.write_text(event() + "\n{\n")
        with pytest.raises(BadInput) as raised:
            run_of(bill, tmp_path, POOLED, [path])
        assert raised.value.row == 2

    def test_folder_without_signals_is_refused(self, tmp_path, bill):
        (tmp_path / "empty").mkdir()
        with pytest.raises(BadInput, match="no signal file"):
            run_of(bill, tmp_path, POOLED, [tmp_path / "empty"])
