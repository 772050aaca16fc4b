"""A delivery that a person takes back: it counts no more, and may be read again."""

import contextlib

import pytest

from services.ingestion.models import Delivery, Outbox, Snapshot
from services.ingestion.operations.collect_files import collect_files
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from shared.audit.entries import audit_entries
from shared.contracts.ingestion import SET_WITHDRAWN, SNAPSHOT_PUBLISHED
from shared.faults import BadInput
from shared.isolation.scope import as_ops
from tests.bills import cur_line, write_cur, write_signals
from tests.ingestion.deliveries import collect, deliver
from tests.ingestion.test_by_hand import OLIVIA, delivery_of, post
from tests.tokens import client_of

REASON = {"reason": "the other source delivers it"}
LINES = [cur_line(float(number), line_item_resource_id=f"i-{number}") for number in range(1, 30)]


@pytest.fixture
def other(source, storage, work):
    """A second source, with the first one's lines in part."""
    with as_ops():
        other = register_source(
            key="copy", kind="bill", uri=f"{source.uri[:-1]}-copy/", created_by="olivia"
        )
    deliver(storage, source, work / "a", *LINES)
    storage.put(write_cur(work / "b.parquet", LINES[:10]), f"{other.uri}2026-10.parquet")
    collect(work)
    return other


def withdraw(delivery_id):
    return post(f"deliveries/{delivery_id}/withdraw", REASON)


def facts(contract, source):
    with as_ops():
        rows = Outbox.objects.filter(
            topic=contract.name, dest="attribution", payload__source=source
        )
        return [row.payload for row in rows.order_by("pk")]


def test_two_bills_with_some_of_the_same_lines_have_some_of_the_same_charges(source, other):
    [whole], [part] = (facts(SNAPSHOT_PUBLISHED, key) for key in ("aws", "copy"))
    assert len(whole["charges"]) == len(LINES)
    assert set(part["charges"]) < set(whole["charges"])
    assert len(part["charges"]) == 10


def test_counts_no_more_and_is_told_with_a_version_of_its_own(source, other):
    taken = delivery_of(source="copy")
    answer = withdraw(taken.delivery_id)
    assert answer.json()["state"] == "withdrawn"
    assert answer.json()["taken"]["is_current"] is False
    [fact] = facts(SET_WITHDRAWN, "copy")
    assert (fact["kind"], fact["period"], fact["version"]) == ("bill", "2026-10", 2)
    with as_ops():
        assert not Snapshot.objects.filter(source=other, is_current=True).exists()
        entry = audit_entries().objects.get(action="delivery.withdrawn")
    assert (entry.actor, entry.details) == ("olivia", REASON)


def test_is_not_found_again_and_may_be_read_again(source, other, work):
    taken = delivery_of(source="copy")
    withdraw(taken.delivery_id)
    find_deliveries()
    assert delivery_of(source="copy").state == Delivery.State.WITHDRAWN
    assert post(f"deliveries/{taken.delivery_id}/retry", REASON).json()["state"] == "found"
    collect(work)
    shown = client_of(OLIVIA).get(f"/api/v1/deliveries/{taken.delivery_id}").json()
    assert (shown["state"], shown["taken"]["is_current"]) == ("collected", True)
    assert [fact["version"] for fact in facts(SNAPSHOT_PUBLISHED, "copy")] == [1, 3]


def test_of_which_nothing_counts_is_refused(source, other):
    taken = delivery_of(source="copy")
    withdraw(taken.delivery_id)
    answer = withdraw(taken.delivery_id)
    assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "not_current")


def test_the_only_bill_of_a_month_is_refused(source, other):
    withdraw(delivery_of(source="copy").delivery_id)
    answer = withdraw(delivery_of(source="aws").delivery_id)
    assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "only_bill")
    with as_ops():
        assert Snapshot.objects.get(is_current=True).source_id == "aws"


def test_signals_may_be_withdrawn_alone(source, storage, work):
    with as_ops():
        usage = register_source(
            key="usage", kind="signals", uri=f"{source.uri[:-1]}-usage/", created_by="olivia"
        )
    path = write_signals(work / "s.csv", "nat_bytes 2026-10-03T04:00:00Z acme 3")
    storage.put(path, f"{usage.uri}period=2026-10/s.csv")
    find_deliveries()
    taken = delivery_of(source="usage")
    collect_files(delivery_id=taken.delivery_id)
    assert withdraw(taken.delivery_id).json()["taken"]["billed_total"] is None
    [fact] = facts(SET_WITHDRAWN, "usage")
    assert fact["kind"] == "signals"


def test_what_was_made_good_needs_nobody(source, storage, work):
    deliver(storage, source, work / "bad", cur_line(float("nan")))
    with contextlib.suppress(BadInput):
        collect(work)
    refused = delivery_of(state="quarantined")
    path = f"/api/v1/deliveries/{refused.delivery_id}"
    assert client_of(OLIVIA).get(path).json()["needs_a_person"] is True
    deliver(storage, source, work / "good", cur_line(1.0))
    collect(work)
    assert client_of(OLIVIA).get(path).json()["needs_a_person"] is False
