"""FOCUS's Billing Period dataset beside a source's bill: a fact when it says something new."""

import pytest

from services.ingestion.models import BillingPeriodReport, Delivery, Outbox
from services.ingestion.operations.find_deliveries import find_deliveries
from shared.contracts.ingestion import BILLING_PERIOD_REPORTED
from shared.isolation.scope import as_ops
from tests.bills import cur_line
from tests.ingestion.deliveries import collect, current, deliver

HEADER = "BillingPeriodStart,BillingPeriodStatus,BillingPeriodLastUpdated,InvoiceIssuerName\n"
OCTOBER = "2026-10-01T00:00:00Z,{},2026-11-05T08:30:00Z,AWS\n"
SEPTEMBER = "2026-09-01T00:00:00Z,Closed,,AWS\n"


@pytest.fixture
def put_periods(storage, source, work):
    def put(*rows, name="focus-billing-period.csv", header=HEADER):
        path = work / "periods" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(header + "".join(rows))
        uri = f"{source.uri}{name}"
        storage.put(path, uri)
        find_deliveries()
        return uri

    return put


def reported():
    with as_ops():
        facts = [row.payload for row in Outbox.objects.filter(topic=BILLING_PERIOD_REPORTED.name)]
    return sorted((fact["period"], fact["version"], fact["status"]) for fact in facts)


def fault_of(source):
    with as_ops():
        source.refresh_from_db()
    return source.seen["billing_periods_fault"]


def test_is_reported_month_by_month_and_is_no_delivery(put_periods, source):
    put_periods(SEPTEMBER, OCTOBER.format("Open"))
    assert reported() == [("2026-09", 1, "closed"), ("2026-10", 1, "open")]
    find_deliveries()
    with as_ops():
        assert not Delivery.objects.exists()
        [fact] = Outbox.objects.filter(payload__period="2026-10")
    assert fact.payload["last_updated"] == "2026-11-05T08:30:00Z"
    assert (fault_of(source), source.seen["unread"]) == ("", 0)


def test_is_reported_again_where_it_says_something_new(put_periods):
    put_periods(SEPTEMBER, OCTOBER.format("Open"))
    put_periods(SEPTEMBER, OCTOBER.format("Closed"))
    assert reported() == [
        ("2026-09", 1, "closed"),
        ("2026-10", 1, "open"),
        ("2026-10", 2, "closed"),
    ]


def test_a_month_that_it_has_no_row_of_any_more_is_unknown(put_periods):
    put_periods(OCTOBER.format("Open"))
    put_periods(SEPTEMBER)
    assert reported() == [
        ("2026-09", 1, "closed"),
        ("2026-10", 1, "open"),
        ("2026-10", 2, "unknown"),
    ]


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        ([OCTOBER.format("Finished")], HEADER, "row 1 has 'Finished'"),
        ([], "BilledCost,BillingPeriodStart\n", "as its name says"),
        (["x" * (1 << 20)], HEADER, "more than 1,048,576 bytes"),
    ],
)
def test_with_a_fault_is_named_once_and_what_was_reported_stays(
    put_periods, source, rows, header, words
):
    put_periods(OCTOBER.format("Open"))
    put_periods(*rows, header=header)
    assert words in fault_of(source)
    find_deliveries()
    assert words in fault_of(source)
    assert reported() == [("2026-10", 1, "open")]
    put_periods(OCTOBER.format("Closed"))
    assert fault_of(source) == ""


def test_of_many_files_is_refused(put_periods, source):
    for number in range(13):
        put_periods(SEPTEMBER, name=f"billing-period-{number}.csv")
    assert "more than 12 files" in fault_of(source)


def test_the_bill_beside_it_is_taken_as_ever(put_periods, storage, source, work):
    put_periods(OCTOBER.format("Open"))
    deliver(storage, source, work / "a", cur_line(2.0))
    collect(work)
    assert str(current().billed_total) == "2.0000000000"
    with as_ops():
        assert BillingPeriodReport.objects.get().status == "open"
