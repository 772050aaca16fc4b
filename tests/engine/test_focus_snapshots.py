import gzip
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from shared.faults import BadInput, printable
from tests.bills import FOCUS_LINE, columns_of, focus_line, rows_of, snapshot_of, write_focus
from tests.examples import examples

QUIRKS = '''\
BilledCost,EffectiveCost,ListCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,\
ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,ServiceCategory,BillingAccountId,\
SubAccountId,ResourceId,Tags
0.12345678905,0.12345678904,NULL,USD,2026-10-01 00:00:00,2026-11-01 00:00:00,\
2026-10-01 00:00:00,2026-10-01 01:00:00,Usage,Amazon EC2,Compute,000000000001,012345678901,NULL,\
"{""customer"":""acme"",""n"":5,""on"":true,"" org"":""x"",""org"":""y"",""empty"":""""}"
1.2E-9,4e-11,null,USD,2026-10-01 00:00:00,2026-11-01 00:00:00,\
2026-10-01 01:00:00,2026-10-01 02:00:00,Usage,NULL,NULL,000000000001,NULL,,NULL
-2.6137,-2.6137,,USD,2026-10-01 00:00:00,2026-11-01 00:00:00,\
2026-10-02 00:00:00,2026-10-03 00:00:00,Credit,Amazon EC2,Compute,000000000001,null,,
'''


@pytest.fixture(scope="module")
def quirks(tmp_path_factory):
    path = tmp_path_factory.mktemp("quirks") / "bill.csv"
    path.write_text(QUIRKS)
    return snapshot_of(path, path.parent)


class TestAFocusCsvWithQuirks:
    def test_is_rounded_once_half_up_and_keeps_what_rounding_took(self, quirks):
        assert quirks.billed_total == Decimal("-2.4902432097")
        assert quirks.billed_quantisation == Decimal("-5e-11")
        assert quirks.effective_total == Decimal("-2.4902432110")
        assert quirks.effective_quantisation == Decimal("8e-11")
        assert (quirks.row_count, quirks.currency, quirks.source_format) == (3, "USD", "FOCUS 1.0")

    def test_reads_the_word_null_as_nothing(self, quirks):
        rows = rows_of(
            quirks.parts[0],
            "SELECT ListCost, ResourceId, SubAccountId, x_Account, ServiceCategory FROM rows"
            " ORDER BY x_LineId",
        )
        assert rows[1] == (None, None, None, "000000000001", "Other")
        assert rows[0][2:4] == ("012345678901", "012345678901")

    def test_reads_times_without_a_zone_as_utc(self, quirks):
        rows = rows_of(quirks.parts[0], "SELECT min(ChargePeriodStart)::VARCHAR FROM rows")
        assert rows == [("2026-10-01 00:00:00",)]

    def test_keeps_scalar_tags_and_leaves_empty_ones_out(self, quirks):
        tags = rows_of(quirks.parts[0], "SELECT Tags FROM rows WHERE x_LineId = '0:1'")[0][0]
        assert tags == {"customer": "acme", "n": "5", "on": "true", " org": "x", "org": "y"}

    def test_reports_keys_that_look_alike(self, quirks):
        [clash] = [each for each in quirks.findings if each.kind == "tag-clash"]
        assert "' org', 'org'" in clash.message

    def test_reports_what_no_line_says(self, quirks):
        kinds = [each.kind for each in quirks.findings if each.kind.startswith("no-")]
        assert kinds == ["no-service", "no-resource", "no-usage-type", "no-checksum"]

    def test_numbers_its_lines_by_file_and_row(self, quirks):
        assert sorted(rows_of(quirks.parts[0], "SELECT x_LineId FROM rows")) == [
            ("0:1",),
            ("0:2",),
            ("0:3",),
        ]


class TestACsv:
    def test_with_a_spreadsheets_dates_is_read_in_the_order_that_fits_the_period(self, tmp_path):
        dates = {
            "BillingPeriodStart": "10/1/2026 0:00",
            "BillingPeriodEnd": "11/1/2026 0:00",
            "ChargePeriodStart": "10/3/2026 4:00",
            "ChargePeriodEnd": "10/3/2026 5:00",
        }
        line = focus_line(**dates)
        snapshot = snapshot_of(write_focus(tmp_path / "a.csv", [line]), tmp_path / "a")
        plain = snapshot_of(write_focus(tmp_path / "b.csv", [focus_line()]), tmp_path / "b")
        assert snapshot.content_hash == plain.content_hash
        assert [each.kind for each in snapshot.findings].count("day-order") == 4

    def test_with_dates_in_both_orders_is_refused(self, tmp_path):
        lines = [focus_line(ChargePeriodStart=day) for day in ("10/3/2026", "3/10/2026")]
        with pytest.raises(BadInput, match="which number is the day"):
            snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)

    def test_with_line_ends_of_windows_and_newlines_in_values_is_read_whole(self, tmp_path):
        path = write_focus(
            tmp_path / "bill.csv",
            [focus_line(ResourceId="a\nb", cost="1"), focus_line(ServiceName='x "y", z')],
        )
        text = path.read_bytes().replace(b"\n", b"\r\n").replace(b"a\r\nb", b"a\nb")
        path.write_bytes(text)
        snapshot = snapshot_of(path, tmp_path)
        assert (snapshot.row_count, snapshot.billed_total) == (2, 2)

    def test_gzipped_in_several_members_is_read_whole(self, tmp_path):
        text = write_focus(tmp_path / "plain.csv", [focus_line()] * 4).read_bytes()
        path = tmp_path / "bill.csv.gz"
        path.write_bytes(gzip.compress(text[:300]) + gzip.compress(text[300:]))
        assert snapshot_of(path, tmp_path).row_count == 4

    def test_of_several_periods_gives_the_one_asked_for_and_says_so(self, tmp_path):
        november = {"BillingPeriodStart": "2026-11-01T00:00:00Z"}
        path = write_focus(tmp_path / "bill.csv", [focus_line(), focus_line(**november)])
        snapshot = snapshot_of(path, tmp_path)
        assert (snapshot.row_count, snapshot.findings[0].kind) == (1, "other-period")

    def test_with_a_charge_of_an_earlier_month_keeps_it(self, tmp_path):
        path = write_focus(
            tmp_path / "bill.csv", [focus_line(ChargePeriodStart="2026-09-30T23:00:00Z")]
        )
        snapshot = snapshot_of(path, tmp_path)
        assert (snapshot.row_count, snapshot.earlier_months) == (1, ("2026-09",))

    def test_names_the_earlier_months_that_it_has_lines_of_the_newest_first(self, tmp_path):
        days = ["2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01", "2026-11-01"]
        days += ["2021-10-01", "2021-09-30"]
        lines = [focus_line(ChargePeriodStart=f"{day}T23:00:00Z") for day in days]
        snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
        assert snapshot.earlier_months == ("2026-09", "2026-08", "2021-10")

    def test_with_equal_lines_keeps_both(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line(), focus_line()])
        assert snapshot_of(path, tmp_path).billed_total == 2

    def test_has_the_same_content_hash_in_any_order_and_division(self, tmp_path):
        lines = [focus_line(cost=str(n), tags={"b": "1", "a": str(n)}) for n in range(9)]
        hashes = {
            snapshot_of(write_focus(tmp_path / f"bill{name}", order), tmp_path).content_hash
            for name, order in ((".csv", lines), (".csv.gz", lines[::-1]))
        }
        assert len(hashes) == 1
        other = write_focus(tmp_path / "other.csv", [*lines[1:], focus_line(cost="10")])
        assert snapshot_of(other, tmp_path).content_hash not in hashes


BAD = [
    ({"BilledCost": "abc"}, "BilledCost", "no number"),
    ({"BilledCost": ""}, "BilledCost", "missing"),
    ({"BilledCost": "NaN"}, "BilledCost", "leave the cell empty"),
    ({"BilledCost": "1_000"}, "BilledCost", "separator of thousands"),
    ({"BilledCost": "1,234,567.50"}, "BilledCost", "separator of thousands"),
    ({"BilledCost": "12,5O"}, "BilledCost", "no number. Export it without a format"),
    ({"BilledCost": "1_0"}, "BilledCost", "no number. Export it without a format"),
    ({"BilledCost": "3e+4."}, "BilledCost", "no number"),
    ({"BilledCost": "1,5"}, "BilledCost", "comma as decimal sign"),
    ({"BilledCost": "$10,000.00 "}, "BilledCost", "sign of currency"),
    ({"BilledCost": "(5.00)"}, "BilledCost", "below zero in brackets"),
    ({"BilledCost": "1000000000000001"}, "BilledCost", "more than 1,000,000,000,000,000"),
    ({"BilledCost": "1" * 500}, "BilledCost", "too many digits"),
    ({"BilledCost": "1e999999999999"}, "BilledCost", "too many digits"),
    ({"ChargePeriodStart": "yesterday"}, "ChargePeriodStart", "not a time"),
    ({"ChargePeriodStart": "10/3/26"}, "ChargePeriodStart", "two digits for the year"),
    ({"ChargePeriodStart": "1790812800"}, "ChargePeriodStart", "since 1970"),
    ({"BillingPeriodStart": ""}, "BillingPeriodStart", "missing"),
    ({"BillingCurrency": "NULL"}, "BillingCurrency", "missing"),
    ({"SubAccountId": "2.2E+11"}, "SubAccountId", "lost digits"),
    ({"Tags": "{customer: acme}"}, "Tags", "It is no JSON"),
    ({"Tags": "{'customer': 'acme'}"}, "Tags", "Python prints"),
    ({"Tags": "{customer=acme}"}, "Tags", "Athena or Spark prints"),
    ({"Tags": '["acme"]'}, "Tags", "another kind"),
    ({"Tags": '{"a": "1", "a": "2"}'}, "Tags", "twice, as '1' and '2'"),
    ({"AllocatedTags": "acme"}, "AllocatedTags", "It is no JSON"),
]
UNREADABLE = [
    ({"EffectiveCost": ""}, "EffectiveCost", "EffectiveCost"),
    ({"EffectiveCost": "NaN"}, "EffectiveCost", "EffectiveCost"),
    ({"EffectiveCost": "1e20"}, "EffectiveCost", "EffectiveCost"),
    ({"ListCost": "x"}, "ListCost", "ListCost"),
    ({"PricingQuantity": "many"}, "PricingQuantity", "PricingQuantity"),
    ({"ConsumedQuantity": "N/A"}, "ConsumedQuantity", "ConsumedQuantity"),
    ({"BillingPeriodEnd": "11/01/26 0:00"}, "BillingPeriodEnd", "BillingPeriodEnd"),
    ({"ChargePeriodEnd": "infinity"}, "ChargePeriodEnd", "ChargePeriodEnd"),
    ({"ServiceCategory": "Com\npute"}, "ServiceCategory", "ServiceCategory"),
]


class TestABadRow:
    @pytest.mark.parametrize(("values", "field", "said"), BAD)
    def test_is_named_by_file_row_and_field_and_nothing_is_written(
        self, tmp_path, values, field, said
    ):
        path = write_focus(tmp_path / "bill.csv", [focus_line(), focus_line(**values)])
        with pytest.raises(BadInput) as raised:
            snapshot_of(path, tmp_path)
        fault = raised.value
        assert (fault.file, fault.row, fault.field) == (str(path), 2, field)
        assert said in fault.message
        assert not list((tmp_path / "snapshot").iterdir())

    def test_names_all_columns_with_a_fault_and_counts_their_rows(self, tmp_path):
        bad = focus_line(BilledCost="1,5", ChargePeriodStart="10/3/26")
        path = write_focus(tmp_path / "bill.csv", [focus_line(), bad, bad])
        with pytest.raises(BadInput) as raised:
            snapshot_of(path, tmp_path)
        message = raised.value.message
        assert "2 rows have that. Also row 2, field ChargePeriodStart: not a time" in message

    @pytest.mark.parametrize(("values", "field", "column"), UNREADABLE)
    def test_of_a_column_that_no_owner_hangs_on_is_null_and_counted(
        self, tmp_path, values, field, column
    ):
        lines = [focus_line(), focus_line(**values), focus_line(**values)]
        snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
        assert [
            (each.column, each.field, each.row, each.value, each.row_count)
            for each in snapshot.unreadable
        ] == [(column, field, 2, printable(values[field]), 2)]
        assert [each.kind for each in snapshot.findings].count("unreadable") == 1
        assert snapshot.billed_total == 3
        values = columns_of(snapshot.parts[0], column)[1:]
        assert values == [("Other" if column == "ServiceCategory" else None,)] * 2

    def test_with_another_currency_is_refused(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line(), focus_line(BillingCurrency="INR")])
        with pytest.raises(BadInput, match="INR, USD"):
            snapshot_of(path, tmp_path)

    def test_with_too_few_values_is_named(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line()])
        path.write_text(path.read_text() + "1,2,3\n")
        with pytest.raises(BadInput, match="row 2"):
            snapshot_of(path, tmp_path)


class TestABadFile:
    def test_whose_gzip_is_cut_is_refused(self, tmp_path):
        path = write_focus(
            tmp_path / "bill.csv.gz", [focus_line(ResourceId=f"i-{n}") for n in range(500)]
        )
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(BadInput, match="cut or corrupt"):
            snapshot_of(path, tmp_path)

    @pytest.mark.parametrize("bit", range(8))
    def test_whose_checksum_is_wrong_is_refused(self, tmp_path, bit):
        path = write_focus(tmp_path / "bill.csv.gz", [focus_line()])
        content = bytearray(path.read_bytes())
        content[-8] ^= 1 << bit
        path.write_bytes(content)
        with pytest.raises(BadInput, match="corrupt"):
            snapshot_of(path, tmp_path)

    def test_of_a_header_alone_is_refused(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [])
        with pytest.raises(BadInput, match="no line"):
            snapshot_of(path, tmp_path)

    @pytest.mark.parametrize("name", ["BilledCost", "ChargeCategory", "ServiceName"])
    def test_without_a_required_column_is_refused(self, tmp_path, name):
        line = {key: value for key, value in FOCUS_LINE.items() if key != name}
        path = write_focus(tmp_path / "bill.csv", [line])
        with pytest.raises(BadInput) as raised:
            snapshot_of(path, tmp_path)
        assert (raised.value.field, raised.value.file) == (name, str(path))

    def test_without_several_required_columns_names_them_all(self, tmp_path):
        without = ("BillingCurrency", "ServiceName", "ChargeCategory")
        line = {key: value for key, value in FOCUS_LINE.items() if key not in without}
        path = write_focus(tmp_path / "bill.csv", [line])
        with pytest.raises(BadInput, match="BillingCurrency, ChargeCategory, ServiceName"):
            snapshot_of(path, tmp_path)

    def test_whose_header_never_closes_its_quote_is_refused(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line()])
        path.write_text('"' + path.read_text())
        with pytest.raises(BadInput):
            snapshot_of(path, tmp_path)

    def test_with_a_column_twice_is_refused(self, tmp_path):
        path = write_focus(tmp_path / "bill.csv", [focus_line()])
        path.write_text(path.read_text().replace("RegionId", "BilledCost"))
        with pytest.raises(BadInput, match="twice"):
            snapshot_of(path, tmp_path)

    def test_without_an_optional_column_has_nulls_there(self, tmp_path):
        line = {key: value for key, value in FOCUS_LINE.items() if key != "RegionId"}
        snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", [line]), tmp_path)
        assert rows_of(snapshot.parts[0], "SELECT RegionId FROM rows") == [(None,)]


class TestAmounts:
    @given(
        st.lists(
            st.one_of(
                st.decimals(-1000, 1000, places=13),
                st.floats(-1e6, 1e6, allow_nan=False).map(repr).map(Decimal),
                st.floats(-1e-8, 1e-8, allow_nan=False).map(repr).map(Decimal),
            ),
            min_size=1,
            max_size=20,
        )
    )
    @examples(1 / 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_are_rounded_as_python_would(self, tmp_path, costs):
        lines = [focus_line(BilledCost=str(cost), EffectiveCost=f"{cost:.30f}") for cost in costs]
        snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
        expected = sum(cost.quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP) for cost in costs)
        assert snapshot.billed_total == expected
        assert abs(snapshot.billed_quantisation) <= len(costs) * Decimal("5e-11")


def test_lines_that_end_before_they_start_are_noted(tmp_path):
    turned = {"ChargePeriodEnd": "2026-10-03T03:00:00Z", "cost": "2.5"}
    once = {"ChargePeriodEnd": "2026-10-03T04:00:00Z"}
    lines = [focus_line(), focus_line(**once), focus_line(**turned), focus_line(**turned)]
    snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
    [note] = [each.message for each in snapshot.findings if each.kind == "ends-before-start"]
    assert note == (
        "2 lines end before the time of the start (billed 5.0000000000), first in row 3 of"
        " bill.csv: only the start counts."
    )
    plain = snapshot_of(write_focus(tmp_path / "plain.csv", lines[:2]), tmp_path / "plain")
    assert "ends-before-start" not in [each.kind for each in plain.findings]
