"""FOCUS's Billing Period dataset beside a bill: whether the month is closed, and no more."""

from datetime import UTC, datetime

import duckdb
import pytest

from services.ingestion.engine import find_delivery
from services.ingestion.engine.billing_periods import BillingPeriod, read_billing_periods
from shared.columnar import open_session
from shared.faults import BadInput
from shared.vocabulary.billing_periods import BillingPeriodStatus
from tests.bills import OCTOBER, cur_line, focus_line, snapshot_of, write_delivery, write_focus

HEADER = (
    "BillingPeriodStart,BillingPeriodEnd,BillingPeriodStatus,BillingPeriodCreated,"
    "BillingPeriodLastUpdated,InvoiceIssuerName\n"
)
CLOSED = "2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,Closed,,2026-11-05T08:30:00Z,AWS\n"
OPEN = "2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,Open,,2026-11-05T08:30:00Z,AWS\n"
AT = datetime(2026, 11, 5, 8, 30, tzinfo=UTC)


def write_periods(path, *rows, header=HEADER):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + "".join(rows))
    return path


def read(tmp_path, *paths):
    with open_session(scratch_dir=tmp_path, memory_limit_mb=128) as session:
        return read_billing_periods(session, paths)


def noted(snapshot, kind="billing-period"):
    return [each.message for each in snapshot.findings if each.kind == kind]


class TestTheDataset:
    def test_says_of_each_month_whether_it_is_closed(self, tmp_path):
        path = write_periods(tmp_path / "billing-period.csv", CLOSED, OPEN, ",,,,,\n")
        assert read(tmp_path, path) == {
            OCTOBER: BillingPeriod(OCTOBER, BillingPeriodStatus.CLOSED, AT),
            OCTOBER.following: BillingPeriod(OCTOBER.following, BillingPeriodStatus.OPEN, AT),
        }

    def test_of_several_issuers_and_files_is_open_while_one_of_them_is(self, tmp_path):
        later = CLOSED.replace("Closed", " OPEN ").replace("-05T", "-06T")
        paths = [
            write_periods(tmp_path / f"{at}" / "billing-period.csv", row)
            for at, row in enumerate([CLOSED, later, CLOSED.replace("2026-11-05T08:30:00Z", "")])
        ]
        said = read(tmp_path, *paths)[OCTOBER]
        assert said == BillingPeriod(OCTOBER, BillingPeriodStatus.OPEN, AT.replace(day=6))

    def test_as_parquet_is_read_with_its_types(self, tmp_path):
        path = tmp_path / "billing-period.parquet"
        with duckdb.connect() as session:
            session.sql(
                "SELECT TIMESTAMPTZ '2026-10-01 00:00:00+00' AS billingperiodstart, "
                "'Closed' AS billingperiodstatus, NULL::TIMESTAMP AS billingperiodlastupdated"
            ).write_parquet(str(path))
        assert read(tmp_path, path) == {
            OCTOBER: BillingPeriod(OCTOBER, BillingPeriodStatus.CLOSED, None)
        }

    @pytest.mark.parametrize(
        ("row", "field", "words"),
        [
            (CLOSED.replace("Closed", "Final"), "BillingPeriodStatus", "row 2 has 'Final'"),
            (CLOSED.replace("Closed", ""), "BillingPeriodStatus", "Open or Closed"),
            (CLOSED.replace("Closed", "unknown"), "BillingPeriodStatus", "Open or Closed"),
            (CLOSED.replace("10-01T", "10-02T"), "BillingPeriodStart", "first moment of a month"),
            (CLOSED.replace("2026-10-01T00:00:00Z", "10/1/26"), "BillingPeriodStart", "'10/1/26'"),
            (CLOSED.replace("08:30", "25:30"), "BillingPeriodLastUpdated", "a time such as"),
        ],
    )
    def test_with_a_row_that_can_not_be_read_is_refused_by_it(self, tmp_path, row, field, words):
        with pytest.raises(BadInput) as raised:
            read(tmp_path, write_periods(tmp_path / "billing-period.csv", OPEN, row))
        assert (raised.value.field, words in raised.value.message) == (field, True)
        assert raised.value.file.endswith("billing-period.csv")

    @pytest.mark.parametrize(
        ("header", "words"),
        [
            ("BillingPeriodStatus\n", "missing"),
            ("BillingPeriodStart,BillingPeriodStatus,BillingPeriodSTATUS\n", "twice"),
            ("BilledCost,BillingPeriodStart\n", "as its name says"),
        ],
    )
    def test_with_other_columns_is_refused(self, tmp_path, header, words):
        path = write_periods(tmp_path / "billing-period.csv", header=header)
        with pytest.raises(BadInput, match=words):
            read(tmp_path, path)

    def test_that_is_damaged_is_refused(self, tmp_path):
        path = tmp_path / "billing-period.csv"
        path.write_bytes(HEADER.encode() + b'"2026-10-01\xff')
        with pytest.raises(BadInput):
            read(tmp_path, path)


class TestBesideABill:
    def test_without_manifest_the_bill_is_found_among_focus_own_datasets(self, tmp_path):
        bill = write_focus(tmp_path / "cost-and-usage.csv", [focus_line()])
        write_periods(tmp_path / "periods.csv", CLOSED)
        write_periods(tmp_path / "invoices.csv", header="InvoiceDetailId,InvoiceIssueStatus\n")
        delivery = find_delivery(tmp_path, period=OCTOBER)
        assert delivery.files == (bill,)
        snapshot = snapshot_of(tmp_path, tmp_path / "work")
        assert noted(snapshot) == [
            "By FOCUS's Billing Period dataset 2026-10 is closed (2026-11-05 08:30 UTC)."
        ]
        assert noted(snapshot, "not-read") == [
            "invoices.csv is FOCUS's Invoice Detail dataset; it is not read."
        ]

    def test_it_changes_nothing_of_the_bill(self, tmp_path):
        write_focus(tmp_path / "with" / "bill.csv", [focus_line()])
        alone = snapshot_of(tmp_path / "with", tmp_path / "a")
        write_periods(tmp_path / "with" / "periods.csv", CLOSED)
        beside = snapshot_of(tmp_path / "with", tmp_path / "b")
        assert beside.content_hash == alone.content_hash

    def test_of_a_manifest_is_known_by_its_name(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)]])
        write_periods(tmp_path / "bill" / "focus-billing-period.csv", OPEN, CLOSED)
        assert noted(snapshot_of(tmp_path, tmp_path / "work"))

    @pytest.mark.parametrize("is_of_manifest", [True, False])
    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("focus-billing-period.csv.gz", b"no gzip", "as its name says"),
            ("focus-billing-period.csv.gz", b"\x1f\x8b\x08 cut", "is cut or corrupt"),
            ("focus_billing_periods_2026-10.csv", b"", "no content"),
            ("billing-period.parquet", b"PAR1 cut", "cut or corrupt"),
            ("billing-period.csv", b"BillingPeriodStart,Status\n", "as its name says"),
            ("billing-period.csv", b"BilledCost,EffectiveCost\n1,1\n", "as its name says"),
        ],
    )
    def test_that_is_damaged_or_misnamed_is_a_finding(
        self, tmp_path, name, content, words, is_of_manifest
    ):
        if is_of_manifest:
            write_delivery(tmp_path / "in", [[cur_line(1)]])
        else:
            write_focus(tmp_path / "in" / "a.csv", [focus_line()])
        (tmp_path / "in" / name).write_bytes(content)
        snapshot = snapshot_of(tmp_path / "in", tmp_path / "work")
        assert snapshot.billed_total == 1
        [message] = noted(snapshot)
        assert words in message
        assert message.startswith("Whether the provider has closed 2026-10: ")

    def test_two_bills_without_manifest_stay_refused(self, tmp_path):
        for name in ("a.csv", "b.csv"):
            write_focus(tmp_path / name, [focus_line()])
        write_periods(tmp_path / "periods.csv", CLOSED)
        with pytest.raises(BadInput, match="3 data files"):
            find_delivery(tmp_path, period=OCTOBER)

    def test_without_a_bill_it_is_refused_by_what_it_is(self, tmp_path):
        write_periods(tmp_path / "periods.csv", CLOSED)
        with pytest.raises(BadInput, match="it is FOCUS's Billing Period dataset"):
            find_delivery(tmp_path, period=OCTOBER)

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (CLOSED.replace("Closed", "Open"), "is still open (2026-11-05 08:30 UTC): its charges"),
            (OPEN, "does not say whether 2026-10 is closed"),
            (CLOSED.replace("Closed", "Done"), "row 1 has 'Done', which is not Open or Closed"),
        ],
    )
    def test_that_does_not_say_it_is_a_finding_and_the_bill_is_taken(self, tmp_path, row, words):
        write_focus(tmp_path / "bill.csv", [focus_line()])
        write_periods(tmp_path / "periods.csv", row)
        [message] = noted(snapshot_of(tmp_path, tmp_path / "work"))
        assert words in message


def test_lines_that_correct_earlier_charges_are_counted_with_their_money(tmp_path):
    lines = [
        focus_line(cost="10"),
        focus_line(cost="-2.5", ChargeClass="Correction"),
        focus_line(cost="1", ChargeClass="correction", ChargeCategory="Credit"),
    ]
    snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path / "work")
    assert snapshot.corrected is not None
    assert (snapshot.corrected.line_count, str(snapshot.corrected.billed)) == (2, "-1.5000000000")
    [message] = noted(snapshot, "corrections")
    assert message.startswith("2 lines (billed -1.5000000000, effective -1.5")
    plain = snapshot_of(write_focus(tmp_path / "plain.csv", lines[:1]), tmp_path / "other")
    assert (plain.corrected, noted(plain, "corrections")) == (None, [])
