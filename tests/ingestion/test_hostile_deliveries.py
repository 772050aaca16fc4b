"""Deliveries that nobody should send are quarantined by their reason, and tried no second time."""

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from services.ingestion.handlers import JOBS
from services.ingestion.models import Delivery, Job, Outbox, Signals, Snapshot
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from shared.contracts.ingestion import DELIVERY_QUARANTINED, SIGNALS_PUBLISHED, SNAPSHOT_PUBLISHED
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from shared.jobs import work as jobs
from tests.bills import cur_line, write_manifest
from tests.hostile_bills import HOSTILE_BILLS
from tests.ingestion.deliveries import collect, current
from tests.ingestion.deliveries import deliver as deliver_lines

PERIOD = "2026-10"
LEASE = "00000000-0000-4000-8000-000000000001"
# Each of another reader: of texts, of Parquet's types, of manifests, of archives.
SOME = [
    "a start that is empty",
    "a usage type of bytes",
    "tags that are a list",
    "a currency of four letters",
    "a manifest of month 13",
    "a manifest of a file that no text can name",
    "a manifest that nests",
    "a header with a quote too much",
    "a zip whose directory lies",
]


def deliver(storage, source, folder, name):
    bill = HOSTILE_BILLS[name](folder)
    if bill.is_file():
        place = bill.relative_to(folder)
        write_manifest(folder, [f"{source.uri}{place}"])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in sorted(files, key=lambda path: path.name.endswith("Manifest.json")):
        storage.put(path, f"{source.uri}{path.relative_to(folder)}")


def run_job():
    """As a runner does: a fault ends the job, any other error comes out here.

    None where what was found was refused before there was a job.
    """
    find_deliveries()
    with as_ops():
        job = Job.objects.filter(state="queued").first()
        if job is None:
            return None
        until = datetime.now(UTC) + timedelta(minutes=1)
        Job.objects.filter(pk=job.pk).update(
            state="running", lease=LEASE, attempts=1, next_at=until
        )
    jobs.work(str(job.job_id), LEASE, JOBS)
    with as_ops():
        job.refresh_from_db()
    return job


def was_quarantined():
    with as_ops():
        delivery = Delivery.objects.get()
        topics = set(Outbox.objects.values_list("topic", flat=True))
    assert topics == {DELIVERY_QUARANTINED.name}
    return delivery.state == Delivery.State.QUARANTINED and delivery.error


@pytest.mark.parametrize("name", SOME)
def test_a_hostile_bill_is_quarantined_at_the_first_try(storage, source, work, name):
    deliver(storage, source, work / "bill", name)
    job = run_job()
    assert job is None or job.state == Job.State.FAILED
    assert was_quarantined()
    with as_ops():
        assert Snapshot.objects.count() == 0


@pytest.fixture
def usage(work, transactional_db):
    with as_ops():
        return register_source(
            key="usage", kind="signals", uri=f"s3://aws-export/{uuid7().hex}/", created_by="olivia"
        )


HEADER = b"meter,start,consumer,quantity\n"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("s.csv", HEADER + b'bytes,2026-10-03T04:00:00Z,"acme,5\n', "read to its end"),
        ("s.csv", b"meter,start,consumer,quantity\nbytes,x\n", "read to its end"),
        ("s.csv", b"\x1f\x8b" + bytes(60), "cut or corrupt"),
        ("s.csv.zip", b"PK\x03\x04" + bytes(60), "cut or corrupt"),
        ("s.csv", b"meter,start,consumer,quantity\n\xff,1,2,3\n", "not UTF-8"),
    ],
)
def test_hostile_signals_are_quarantined_at_the_first_try(storage, usage, name, content, reason):
    storage.write(content, f"{usage.uri}period={PERIOD}/{name}")
    assert run_job().state == Job.State.FAILED
    assert reason in was_quarantined()


def test_signals_whose_meter_is_a_list_are_quarantined(storage, usage, tmp_path):
    path = tmp_path / "s.parquet"
    with duckdb.connect() as session:
        session.sql(
            "SELECT ['bytes'] AS meter, TIMESTAMP '2026-10-03' AS start, 'acme' AS consumer,"
            " 1 AS quantity"
        ).write_parquet(str(path))
    storage.put(path, f"{usage.uri}period={PERIOD}/s.parquet")
    assert run_job().state == Job.State.FAILED
    assert "field meter: the column has the type VARCHAR[]" in was_quarantined()


def test_a_meter_with_a_nul_is_kept_by_its_code(storage, usage):
    storage.write(HEADER + b"a\x00b,2026-10-03T04:00:00Z,acme,5\n", f"{usage.uri}period={PERIOD}/s")
    assert run_job().state == Job.State.DONE
    with as_ops():
        assert Signals.objects.get().meters == ["a\\x00b"]


@pytest.mark.parametrize("month", ["2026-13", "0000-01", "9999-12", "\uff12\uff10\uff12\uff16-10"])
def test_what_lies_under_no_month_is_no_delivery(storage, source, work, month):
    place = f"metadata/BILLING_PERIOD={month}/bill-Manifest.json"
    storage.write(b"{}", f"{source.uri}{place}")
    find_deliveries()
    with as_ops():
        assert Delivery.objects.count() == 0


def test_an_address_as_long_as_s3_allows_stops_no_source(storage, source, work):
    tail = "/metadata/BILLING_PERIOD=2026-10/bill-Manifest.json"
    key = source.uri.removeprefix("s3://aws-export/")
    middle = "/".join("n" * 200 for _ in range(5))[: 1024 - len(key) - len(tail)]
    storage.write(b"{}", f"{source.uri}{middle}{tail}")
    assert run_job().state == Job.State.FAILED
    assert was_quarantined()


class TestWhatWasThereBefore:
    TAGS = {"customer": "acme", "team": "a"}

    def losses(self):
        with as_ops():
            facts = Outbox.objects.filter(topic=SNAPSHOT_PUBLISHED.name, dest="attribution")
            return [fact.payload["losses"] for fact in facts.order_by("message_id")]

    def test_and_is_gone_is_told_with_the_snapshot(self, storage, source, work):
        deliver_lines(storage, source, work / "a", cur_line(1.0, tags=self.TAGS))
        collect(work)
        deliver_lines(storage, source, work / "b", cur_line(1.0, line_item_resource_id="i-9"))
        collect(work)
        assert self.losses() == [
            [],
            [
                {"kind": "column", "count": 1, "of": 29, "names": ["Tags"]},
                {"kind": "tag_key", "count": 2, "of": 2, "names": ["customer", "team"]},
                {"kind": "resource_id", "count": 1, "of": 1, "names": []},
            ],
        ]
        assert any("tag keys customer, team are gone" in text for text in current().findings)

    def test_stays_gone_however_often_the_same_is_delivered(self, storage, source, work):
        deliver_lines(storage, source, work / "a", cur_line(1.0, tags=self.TAGS))
        collect(work)
        for cost in (2.0, 3.0):
            deliver_lines(storage, source, work / str(cost), cur_line(cost))
            collect(work)
        _, second, third = self.losses()
        assert second == third != []

    def test_and_is_there_again_is_no_loss(self, storage, source, work):
        for at, tags in enumerate([self.TAGS, None, self.TAGS]):
            deliver_lines(storage, source, work / str(at), cur_line(1.0 + at, tags=tags))
            collect(work)
        first, second, third = self.losses()
        assert (first, third) == ([], [])
        assert second

    def test_of_signals_are_meters(self, storage, usage):
        for meters in (b"bytes requests", b"bytes"):
            rows = b"".join(b"%s,2026-10-03T04:00:00Z,acme,5\n" % each for each in meters.split())
            storage.write(HEADER + rows, f"{usage.uri}period={PERIOD}/s.csv")
            run_job()
        with as_ops():
            newest = Outbox.objects.filter(topic=SIGNALS_PUBLISHED.name).order_by("message_id")
            assert newest.last().payload["losses"] == [
                {"kind": "meter", "count": 1, "of": 2, "names": ["requests"]}
            ]
