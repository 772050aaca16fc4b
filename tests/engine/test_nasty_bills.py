"""Bills as nobody would make them up, by their numbers in the facts about AWS's bills.

Of 1 to 4 the engine sees a part only; that a source is looked at twice, that an older manifest
comes later, that an object is missing or is replaced while it is read (4, which is between S3 and
us alone) is shown in `tests/ingestion/test_collect.py`.
"""

import datetime as dt
import gzip
import json
import os
import random
from decimal import Decimal

import pytest

from services.attribution.engine import statement_days
from services.ingestion.engine import find_delivery
from shared.exact import EXACT, exact_sum
from shared.faults import BadInput
from tests.bills import (
    OCTOBER,
    RULESET,
    amounts,
    cur_line,
    focus_line,
    legacy_line,
    rows_of,
    run_of,
    snapshot_of,
    write_cur,
    write_delivery,
    write_focus,
    write_legacy,
    write_legacy_delivery,
    write_manifest,
)

PART = "bill/data/BILLING_PERIOD=2026-10/bill-{:05d}.snappy.parquet"


def legacy(cost=1.0, **more):
    return legacy_line(cur_line(cost)) | more


def fault_of(bill, work):
    with pytest.raises(BadInput) as raised:
        snapshot_of(bill, work)
    assert raised.value.exit_code == 4
    assert raised.value.file
    assert not list(work.glob("snapshot/part-*"))
    return raised.value


def test_01_the_same_delivery_twice_has_the_same_content(tmp_path):
    hashes = {
        snapshot_of(
            write_delivery(tmp_path / name, [[cur_line(1)], [cur_line(2)]], execution=name),
            tmp_path / name / "work",
        ).content_hash
        for name in ("first", "second")
    }
    assert len(hashes) == 1


def test_01_a_second_export_of_the_same_bill_is_never_added(tmp_path):
    write_legacy_delivery(tmp_path, [[legacy()]])
    write_delivery(tmp_path, [[cur_line()]], export="other")
    assert "several exports" in fault_of(tmp_path, tmp_path / "work").message


def test_02_of_manifests_out_of_order_the_newest_by_time_counts(tmp_path):
    for at, name in ((9, "zz-first-by-name-and-newest"), (5, "aa")):
        write_delivery(tmp_path, [[cur_line(at)]], execution=name)
        manifest = tmp_path / f"bill/metadata/BILLING_PERIOD=2026-10/{name}/bill-Manifest.json"
        os.utime(manifest, (at, at))
    assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 9


def test_03_a_missing_object_is_named_and_nothing_is_taken(tmp_path):
    write_legacy_delivery(tmp_path, [[legacy()], [legacy()]])
    next(tmp_path.rglob("*00002.csv.gz")).unlink()
    assert fault_of(tmp_path, tmp_path / "work").file.endswith("bill-00002.csv.gz")


def test_05_a_stale_chunk_is_not_read(tmp_path):
    write_legacy_delivery(tmp_path, [[legacy(1)], [legacy(2)], [legacy(99)]])
    write_legacy_delivery(tmp_path, [[legacy(1)], [legacy(2)]])
    assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 3


def test_06_a_gzip_with_a_flipped_bit_never_gives_wrong_sums(tmp_path):
    chance = random.Random(6)  # noqa: S311 - a seed makes the same flips each time
    path = write_legacy(
        tmp_path / "bill.csv.gz",
        [legacy(n, **{"lineItem/ResourceId": f"i-{n}"}) for n in range(80)],
    )
    content, good = path.read_bytes(), snapshot_of(path, tmp_path).content_hash
    refused = 0
    for _ in range(60):
        at = chance.randrange(10, len(content))
        flipped = bytearray(content)
        flipped[at] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        try:
            assert snapshot_of(path, tmp_path).content_hash == good
        except BadInput:
            refused += 1
    assert refused > 50


class Test07Truncation:
    @pytest.mark.parametrize("cut", [1, 8, 9, 200])
    def test_07_a_truncated_gzip_is_refused(self, tmp_path, cut):
        path = write_legacy(tmp_path / "bill.csv.gz", [legacy(n) for n in range(500)])
        path.write_bytes(path.read_bytes()[:-cut])
        assert "gzip is cut or corrupt" in fault_of(path, tmp_path).message

    def test_07_a_plain_csv_cut_at_a_line_is_not_taken_from_a_manifest(self, tmp_path):
        write_focus(tmp_path / "bill/data/BILLING_PERIOD=2026-10/b.csv", [focus_line()] * 2)
        write_manifest(tmp_path, ["s3://b/bill/data/BILLING_PERIOD=2026-10/b.csv"])
        assert "no checksum" in fault_of(tmp_path, tmp_path / "work").message

    def test_07_a_plain_csv_alone_is_taken_with_a_word_about_it(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line()])
        assert [each.kind for each in snapshot_of(path, tmp_path).findings] == ["no-checksum"]

    def test_07_a_plain_csv_cut_within_a_line_is_refused(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line()] * 2)
        path.write_text(path.read_text()[:-30])
        assert fault_of(path, tmp_path).row == 2


class Test08Emptiness:
    @pytest.mark.parametrize("name", ["bill.csv", "bill.csv.gz", "bill.csv.zip", "bill.parquet"])
    def test_08_an_object_of_no_bytes_is_refused(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"")
        assert "no content" in fault_of(tmp_path / name, tmp_path).message

    def test_08_a_gzip_of_nothing_is_refused(self, tmp_path):
        (tmp_path / "bill.csv.gz").write_bytes(gzip.compress(b""))
        fault_of(tmp_path / "bill.csv.gz", tmp_path)

    def test_08_a_part_of_a_header_alone_beside_full_ones_is_legal(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(3)], [legacy(4)]])
        write_legacy(next(tmp_path.rglob("*00002.csv.gz")), [], header=list(legacy()))
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 3

    def test_08_a_delivery_of_headers_alone_is_refused(self, tmp_path):
        write_legacy_delivery(tmp_path, [[legacy(3)]])
        write_legacy(next(tmp_path.rglob("*00001.csv.gz")), [], header=list(legacy()))
        assert "no line" in fault_of(tmp_path, tmp_path / "work").message


def test_09_a_gzip_of_several_members_is_read_whole(tmp_path):
    text = write_legacy(tmp_path / "plain.csv", [legacy(n) for n in range(50)]).read_bytes()
    path = tmp_path / "bill.csv.gz"
    path.write_bytes(
        b"".join(gzip.compress(text[at : at + 700]) for at in range(0, len(text), 700))
    )
    assert snapshot_of(path, tmp_path).row_count == 50


class Test10Drift:
    def test_10_columns_that_come_go_and_change_places_are_read_by_name(self, tmp_path):
        reserved = legacy_line(
            cur_line(
                0.0,
                type="DiscountedUsage",
                reservation_reservation_a_r_n="arn:ri/1",
                reservation_effective_cost=0.25,
            )
        )
        tagged = legacy(2) | {"resourceTags/user:team": "a"}
        parts = [[legacy(1)], [dict(reversed(reserved.items()))], [tagged]]
        write_legacy_delivery(tmp_path, parts)
        snapshot = snapshot_of(tmp_path, tmp_path / "work")
        assert (snapshot.billed_total, snapshot.effective_total) == (3, Decimal("3.25"))
        rows = [rows_of(part, "SELECT Tags FROM rows")[0][0] for part in snapshot.parts]
        assert rows == [{}, {}, {"team": "a"}]
        notes = [each.message for each in snapshot.findings if each.kind == "uneven-files"]
        assert len(notes) == 3
        assert "00001.csv.gz lacks columns" in notes[0]
        assert "resourceTags/user:team. Its lines (1) are without them." in notes[0]

    @pytest.mark.parametrize("name", ["lineItem/UnblendedCost", "lineItem/LineItemType"])
    def test_10_a_required_column_that_vanished_is_named_with_its_file(self, tmp_path, name):
        write_legacy_delivery(tmp_path, [[legacy(1)], [legacy(2)]])
        line = {key: value for key, value in legacy(2).items() if key != name}
        write_legacy(next(tmp_path.rglob("*00002.csv.gz")), [line])
        fault = fault_of(tmp_path, tmp_path / "work")
        assert (fault.field, fault.file[-11:]) == (name, "0002.csv.gz")


class Test11TypeDrift:
    TEXT = {"line_item_unblended_cost": "VARCHAR"}

    def test_11_a_cost_as_text_in_one_part_is_read_as_the_number_it_says(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(0.1)], [cur_line(2)]])
        write_cur(tmp_path / PART.format(2), [cur_line("0.2")], types=self.TEXT)
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == Decimal("0.3")

    def test_11_a_cost_that_is_no_number_is_named_with_file_and_row(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(2)]])
        write_cur(tmp_path / PART.format(2), [cur_line("1"), cur_line("1,5")], types=self.TEXT)
        fault = fault_of(tmp_path, tmp_path / "work")
        assert (fault.row, fault.field) == (2, "line_item_unblended_cost")
        assert fault.file.endswith("bill-00002.snappy.parquet")


@pytest.mark.parametrize(
    "order", [("user:Customer", "user:customer"), ("user:customer", "user:Customer")]
)
def test_12_tag_keys_that_differ_in_case_are_two_keys_in_either_order(tmp_path, order):
    values = {"user:Customer": "globex", "user:customer": "acme"}
    line = legacy() | {f"resourceTags/{key}": values[key] for key in order}
    path = write_legacy(tmp_path / "bill.csv.gz", [line])
    assert amounts(run_of(path, tmp_path)) == {"acme": 1}
    capital = (
        'version: 1\ncurrency: USD\ntenants: [{key: globex}]\nlabels: {tenant: ["tag:Customer"]}'
    )
    assert amounts(run_of(path, tmp_path, capital)) == {"globex": 1}
    assert [each.kind for each in snapshot_of(path, tmp_path).findings] == ["tag-clash"]


class Test23MonthBoundary:
    @pytest.mark.parametrize("start", ["2026-10-31T23:00:00Z", "2026-11-01T01:00:00+02:00"])
    def test_23_the_last_hour_belongs_to_the_month_it_starts_in(self, tmp_path, start):
        end = {"ChargePeriodEnd": "2026-11-01T00:00:00Z"}
        path = write_focus(tmp_path / "bill.csv.gz", [focus_line(ChargePeriodStart=start, **end)])
        run_of(path, tmp_path)
        days = statement_days(tmp_path / "run", scratch_dir=tmp_path / "scratch")
        assert [each.day for each in days] == [dt.date(2026, 10, 31)]

    def test_23_a_charge_of_september_in_octobers_bill_counts_in_october(self, tmp_path):
        path = write_focus(
            tmp_path / "bill.csv.gz", [focus_line(ChargePeriodStart="2026-09-30T23:00:00Z")]
        )
        assert run_of(path, tmp_path).proof.bill_total == 1

    def test_23_times_do_not_depend_on_the_machines_zone(self, tmp_path, monkeypatch):
        monkeypatch.setenv("TZ", "America/New_York")
        path = write_legacy(tmp_path / "bill.csv.gz", [legacy()])
        start = {("2026-10-03 04:00:00",)}
        query = "SELECT CAST(ChargePeriodStart AS VARCHAR) FROM rows"
        assert set(rows_of(snapshot_of(path, tmp_path).parts[0], query)) == start


def test_24_several_currencies_are_never_added(tmp_path):
    path = write_legacy(
        tmp_path / "b.csv.gz", [legacy(), legacy(**{"lineItem/CurrencyCode": "INR"})]
    )
    assert "INR, USD" in fault_of(path, tmp_path).message


class Test25ZeroCost:
    def test_25_lines_of_no_cost_are_kept(self, tmp_path):
        lines = [legacy(0, **{"lineItem/UsageAmount": "5"}), legacy(1)]
        snapshot = snapshot_of(write_legacy(tmp_path / "bill.csv.gz", lines), tmp_path)
        assert (snapshot.row_count, snapshot.billed_total) == (2, 1)

    def test_25_a_bill_of_nothing_is_split_without_a_division_by_zero(self, tmp_path):
        path = write_focus(tmp_path / "b.csv.gz", [focus_line(cost="0", SkuMeter="Nat")] * 2)
        pool = "{name: nat, when: {usage_type: [Nat]}, drivers: [{proportional: direct}]}"
        assert run_of(path, tmp_path, f"{RULESET}pools: [{pool}]\n").proof.bill_total == 0


def test_26_tiny_amounts_sum_the_same_however_the_bill_is_divided(tmp_path):
    chance = random.Random(26)  # noqa: S311 - a seed makes the same bill each time
    costs = [repr(chance.uniform(0, 1) * 10 ** chance.randint(-9, 3)) for _ in range(400)]
    rounded = sum(Decimal(cost).quantize(Decimal("1e-10"), "ROUND_HALF_UP") for cost in costs)
    for count in (1, 2, 7):
        root = tmp_path / str(count)
        parts = [[legacy(cost) for cost in costs[at::count]] for at in range(count)]
        write_legacy_delivery(root, parts)
        snapshot = snapshot_of(root, root / "work")
        assert snapshot.billed_total == rounded
        exact = EXACT.add(snapshot.billed_total, snapshot.billed_quantisation)
        assert exact == exact_sum(map(Decimal, costs))


class Test27AccountIds:
    def test_27_leading_zeros_stay(self, tmp_path):
        line = legacy(**{"lineItem/UsageAccountId": "000000000042"})
        snapshot = snapshot_of(write_legacy(tmp_path / "bill.csv.gz", [line]), tmp_path)
        assert rows_of(snapshot.parts[0], "SELECT SubAccountId FROM rows") == [("000000000042",)]

    def test_27_accounts_written_as_numbers_get_their_zeros_back(self, tmp_path):
        types = {"line_item_usage_account_id": "BIGINT"}
        line = cur_line(1, line_item_usage_account_id=42)
        snapshot = snapshot_of(write_cur(tmp_path / "b.parquet", [line], types=types), tmp_path)
        assert rows_of(snapshot.parts[0], "SELECT SubAccountId FROM rows") == [("000000000042",)]
        assert snapshot.raw_totals[0].account == "000000000042"


class Test28Literals:
    @pytest.mark.parametrize("word", ["", "NULL", "null"])
    def test_28_words_for_nothing_are_nothing(self, tmp_path, word):
        line = legacy(**{"lineItem/ResourceId": word, "lineItem/UsageAccountId": word})
        snapshot = snapshot_of(write_legacy(tmp_path / "bill.csv.gz", [line]), tmp_path)
        rows = rows_of(snapshot.parts[0], "SELECT ResourceId, SubAccountId, x_Account FROM rows")
        assert rows == [(None, None, "000000000001")]

    @pytest.mark.parametrize("word", ["NaN", "nan", "inf", "None", "N/A", "-"])
    def test_28_a_cost_of_a_word_is_refused(self, tmp_path, word):
        path = write_legacy(tmp_path / "bill.csv.gz", [legacy(1), legacy(word)])
        fault = fault_of(path, tmp_path)
        assert (fault.row, fault.field) == (2, "lineItem/UnblendedCost")

    def test_28_a_cost_with_an_exponent_is_read(self, tmp_path):
        path = write_legacy(tmp_path / "bill.csv.gz", [legacy("1.2E-9")])
        assert snapshot_of(path, tmp_path).billed_total == Decimal("1.2e-9")

    def test_28_a_tag_that_says_null_is_a_tag(self, tmp_path):
        line = legacy() | {"resourceTags/user:customer": "null"}
        snapshot = snapshot_of(write_legacy(tmp_path / "bill.csv.gz", [line]), tmp_path)
        assert rows_of(snapshot.parts[0], "SELECT Tags FROM rows") == [({"customer": "null"},)]


def test_29_lines_that_are_alike_are_all_kept(tmp_path):
    write_legacy_delivery(tmp_path, [[legacy(), legacy()], [legacy()]])
    snapshot = snapshot_of(tmp_path, tmp_path / "work")
    assert (snapshot.row_count, snapshot.billed_total) == (3, 3)


def test_the_manifest_of_a_legacy_cur_says_what_a_delivery_is(tmp_path):
    write_legacy_delivery(tmp_path, [[legacy()]], assembly="3695a728")
    content = json.loads(next(tmp_path.rglob("bill-Manifest.json")).read_text())
    assert find_delivery(tmp_path, period=OCTOBER).execution_id == content["assemblyId"]
