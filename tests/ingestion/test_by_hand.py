"""Months that people copy, and what they may do with a delivery that waits or was refused."""

import base64
import contextlib
import hashlib

import pytest

from services.ingestion.models import Delivery, Outbox, Snapshot
from services.ingestion.operations.collect_files import collect_files
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from shared.audit.entries import audit_entries
from shared.auth.actors import Actor
from shared.contracts.ingestion import DELIVERY_QUARANTINED, SNAPSHOT_PUBLISHED
from shared.faults import BadInput
from shared.isolation.scope import as_ops
from tests.bills import cur_line, write_cur, write_delivery
from tests.ingestion.deliveries import collect, current, deliver
from tests.tokens import client_of

OLIVIA = Actor("olivia", "operator_admin")


def post(path, body, *, actor=OLIVIA):
    return client_of(actor).post(f"/api/v1/{path}", body, content_type="application/json")


def delivery_of(**fields):
    with as_ops():
        return Delivery.objects.get(**fields)


def settled_after(settings, seconds):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"settle_seconds": seconds})


def written(folder, *lines, parts=1):
    """The files of a month: data first, its manifest last."""
    write_delivery(folder, [lines[start::parts] for start in range(parts)])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return sorted(files, key=lambda path: path.name.endswith("Manifest.json"))


class TestAMonthCopiedByHand:
    def test_comes_in_whole_whatever_is_copied_first(self, storage, source, work, settings):
        settled_after(settings, 300)
        folder = work / "a"
        *data, manifest = written(folder, cur_line(1.0), cur_line(2.0), cur_line(4.0), parts=3)
        for path in (manifest, *data[:2]):
            storage.put(path, f"{source.uri}{path.relative_to(folder)}")
        assert collect(work) == []
        waiting = delivery_of()
        assert (waiting.state, waiting.fault_code) == ("waiting", "incomplete")
        assert "1 of 3 files that the manifest lists are not there" in waiting.error
        storage.put(data[2], f"{source.uri}{data[2].relative_to(folder)}")
        settled_after(settings, 0)
        collect(work)
        assert str(current().billed_total) == "7.0000000000"
        with as_ops():
            assert Delivery.objects.count() == 1
            assert not Outbox.objects.filter(topic=DELIVERY_QUARANTINED.name).exists()

    def test_that_stays_in_part_is_refused_and_taken_by_itself_when_the_rest_comes(
        self, storage, source, work
    ):
        folder = work / "a"
        *data, manifest = written(folder, cur_line(1.0), cur_line(2.0), parts=2)
        for path in (data[0], manifest):
            storage.put(path, f"{source.uri}{path.relative_to(folder)}")
        assert collect(work) == []
        assert delivery_of().state == Delivery.State.QUARANTINED
        storage.put(data[1], f"{source.uri}{data[1].relative_to(folder)}")
        collect(work)
        assert delivery_of().state == Delivery.State.COLLECTED
        assert str(current().billed_total) == "3.0000000000"

    def test_is_overtaken_by_a_newer_manifest_while_it_waits(self, storage, source, work, settings):
        settled_after(settings, 300)
        deliver(storage, source, work / "a", cur_line(1.0), manifest=False)
        *_, manifest = written(work / "b", cur_line(2.0), cur_line(3.0), parts=2)
        place = f"{source.uri}{manifest.relative_to(work / 'b')}"
        storage.put(manifest, place)
        find_deliveries()
        deliver(storage, source, work / "c", cur_line(5.0))
        collect(work)
        with as_ops():
            states = sorted(Delivery.objects.values_list("state", flat=True))
        assert states == ["collected", "overtaken"]
        assert str(current().billed_total) == "5.0000000000"

    @pytest.mark.parametrize("place", ["2026-10.parquet", "by-hand/2026-10/bill.parquet"])
    def test_without_manifest_is_taken_where_it_is_one_file(self, storage, source, work, place):
        storage.put(write_cur(work / "x.parquet", [cur_line(1.5)]), source.uri + place)
        collect(work)
        assert (current().period, str(current().billed_total)) == ("2026-10", "1.5000000000")

    def test_without_manifest_in_several_files_is_a_persons_to_accept(self, storage, source, work):
        for number in (1, 2):
            path = write_cur(work / f"{number}.parquet", [cur_line(number)])
            storage.put(path, f"{source.uri}2026-10/{number}.parquet")
        assert collect(work) == []
        refused = delivery_of()
        assert (refused.state, refused.fault_code) == ("quarantined", "no_manifest")
        answer = post(f"deliveries/{refused.delivery_id}/accept", {"reason": "I copied both"})
        assert answer.json()["state"] == "found"
        collect(work)
        assert str(current().billed_total) == "3.0000000000"
        assert "olivia has accepted it" in current().findings[0]
        shown = client_of(OLIVIA).get(f"/api/v1/deliveries/{refused.delivery_id}").json()
        assert shown["findings"] == current().findings
        with as_ops():
            entry = audit_entries().objects.get(action="delivery.accepted")
        assert (entry.actor, entry.object_id) == ("olivia", refused.delivery_id)
        assert entry.details == {"fault": "no_manifest", "reason": "I copied both"}

    def test_of_which_a_file_says_no_month_is_named_and_not_guessed(self, storage, source, work):
        storage.put(write_cur(work / "x.parquet", [cur_line(1.0)]), f"{source.uri}bill.parquet")
        assert collect(work) == []
        with as_ops():
            source.refresh_from_db()
        assert source.seen["unread"] == 1
        assert source.seen["unread_example"].endswith("/bill.parquet")


class TestARefusedDelivery:
    @pytest.fixture
    def refused(self, storage, source, work):
        deliver(storage, source, work / "good", cur_line(1.0))
        collect(work)
        with as_ops():  # S3 tells times by the second
            Snapshot.objects.update(delivered_at="2026-11-01T00:00Z")
        deliver(storage, source, work / "bad", cur_line(float("nan")))
        with contextlib.suppress(BadInput):
            collect(work)
        return delivery_of(state="quarantined")

    def test_can_not_be_accepted_where_its_content_can_not_be_judged(self, refused):
        answer = post(f"deliveries/{refused.delivery_id}/accept", {"reason": "it will do"})
        assert answer.status_code == 409
        assert answer.json()["reason"] == {"code": "not_acceptable", "fault": "bad_content"}
        assert delivery_of(pk=refused.pk).state == Delivery.State.QUARANTINED

    @pytest.mark.parametrize("act", ["retry", "accept"])
    @pytest.mark.parametrize("reason", ["", None, "x" * 501])
    def test_is_decided_with_a_reason(self, refused, act, reason):
        assert (
            post(f"deliveries/{refused.delivery_id}/{act}", {"reason": reason}).status_code == 400
        )

    @pytest.mark.parametrize("role", ["operator_viewer", "operator_analyst", "billing_clerk"])
    def test_is_decided_by_an_administrator_alone(self, refused, role):
        for act in ("retry", "accept"):
            answer = post(
                f"deliveries/{refused.delivery_id}/{act}", {"reason": "x"}, actor=Actor("vic", role)
            )
            assert answer.status_code == 403

    def test_is_read_once_more_and_what_was_current_stays_until_then(self, refused, work):
        before = current().snapshot_id
        answer = post(f"deliveries/{refused.delivery_id}/retry", {"reason": "the reader is mended"})
        assert (answer.json()["state"], answer.json()["error"]) == ("found", "")
        assert current().snapshot_id == before
        with pytest.raises(BadInput):
            collect(work)
        assert delivery_of(pk=refused.pk).state == Delivery.State.QUARANTINED
        assert current().snapshot_id == before
        assert post(f"deliveries/{refused.delivery_id}/retry", {"reason": "x"}).status_code == 200
        again = post(f"deliveries/{refused.delivery_id}/retry", {"reason": "x"})
        assert (again.status_code, again.json()["reason"]["code"]) == (409, "not_open")

    def test_gives_its_place_to_a_file_given_by_hand(self, refused, work):
        before = current().snapshot_id
        content = write_cur(work / "mended.parquet", [cur_line(8.0)]).read_bytes()
        given = give(content, replaces=refused.delivery_id, part_bytes=1000)
        assert given["replaces"] == refused.delivery_id
        assert current().snapshot_id == before
        collect(work)
        assert str(current().billed_total) == "8.0000000000"
        assert current().findings[0] == "mended.parquet was given by hand by olivia: asked AWS"
        shown = client_of(OLIVIA).get(f"/api/v1/deliveries/{refused.delivery_id}").json()
        assert shown["replaced_by"] == [given["delivery_id"]]
        with as_ops():
            entry = audit_entries().objects.get(action="file.given", outcome="done")
        assert entry.object_id == given["delivery_id"]
        assert (entry.details["reason"], entry.details["size_bytes"]) == ("asked AWS", len(content))

    def test_is_made_good_also_by_a_file_that_says_what_is_current_already(self, refused, work):
        """Attribution waits for a newer good one, and is told of one."""
        content = write_cur(work / "same.parquet", [cur_line(1.0)]).read_bytes()
        give(content, name="same.parquet", replaces=refused.delivery_id)
        collect(work)
        with as_ops():
            told = Outbox.objects.filter(topic=SNAPSHOT_PUBLISHED.name, dest="attribution")
            assert [fact.payload["version"] for fact in told.order_by("payload__version")] == [1, 2]


def give(
    content,
    *,
    name="mended.parquet",
    source="aws",
    period="2026-10",
    replaces="",
    part_bytes=1 << 20,
):
    start = {"source": source, "period": period, "file_name": name, "reason": "asked AWS"}
    begun = post("uploads", {**start, "replaces": replaces})
    assert begun.status_code == 201, begun.content
    upload = begun.json()["upload_id"]
    for number, at in enumerate(range(0, len(content), part_bytes), start=1):
        part = base64.b64encode(content[at : at + part_bytes]).decode()
        for _ in range(2):  # a part that is sent again is the same part
            assert post(f"uploads/{upload}/parts/{number}", {"content": part}).status_code == 200
    end = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    done = post(f"uploads/{upload}/finish", end)
    assert done.status_code == 201, done.content
    assert post(f"uploads/{upload}/finish", end).json()["reason"]["code"] == "already_given"
    return done.json()


class TestAFileGivenByHand:
    @pytest.fixture
    def by_hand(self, work, transactional_db):
        with as_ops():
            return register_source(key="hand", kind="bill", uri="upload:", created_by="olivia")

    def test_is_a_source_of_its_own(self, by_hand, work):
        assert by_hand.uri == "upload:hand"
        content = write_cur(work / "b.parquet", [cur_line(2.5)]).read_bytes()
        give(content, source="hand")
        collect(work)
        assert str(current().billed_total) == "2.5000000000"

    def test_of_signals_is_one_too(self, work, transactional_db):
        with as_ops():
            register_source(key="usage", kind="signals", uri="upload:", created_by="olivia")
        content = b"meter,start,consumer,quantity\nbytes,2026-10-03T04:00:00Z,acme,5\n"
        given = give(content, source="usage", name="s.csv")
        collect_files(delivery_id=given["delivery_id"])
        assert delivery_of().state == Delivery.State.COLLECTED

    def test_is_in_the_lake_before_anything_is_done_with_it(self, by_hand, storage, work):
        given = give(b"no bill at all", source="hand", name="x.csv")
        held = delivery_of(pk=given["delivery_id"])
        assert held.state == Delivery.State.FOUND
        assert storage.read(f"{held.upload_uri}/part-00001") == b"no bill at all"
        with pytest.raises(BadInput):
            collect(work)
        with as_ops():
            assert Snapshot.objects.count() == 0

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            ({"file_name": "../../etc/passwd"}, 400),
            ({"file_name": "a\\b\\.csv"}, 400),
            ({"file_name": "bill.exe"}, 400),
            ({"file_name": "x" * 300 + ".csv"}, 400),
            ({"period": "2026-13"}, 400),
            ({"source": "nobody"}, 400),
            ({"replaces": "dlv_of_another"}, 400),
            ({"reason": ""}, 400),
        ],
    )
    def test_is_refused_before_it_is_sent(self, by_hand, changed, status):
        start = {"source": "hand", "period": "2026-10", "file_name": "a.csv", "reason": "x"}
        assert post("uploads", {**start, **changed}).status_code == status

    def test_has_no_part_that_is_no_base64_or_has_no_place(self, by_hand):
        start = {"source": "hand", "period": "2026-10", "file_name": "a.csv", "reason": "x"}
        upload = post("uploads", start).json()["upload_id"]
        part = base64.b64encode(b"a").decode()
        for path, content in (
            (f"uploads/{upload}/parts/1", "?"),
            (f"uploads/{upload}/parts/0", part),
            (f"uploads/{upload}/parts/501", part),
            (f"uploads/{upload}/parts/x", part),
        ):
            assert post(path, {"content": content}).status_code == 400
        other = Actor("otto", "operator_admin")
        answer = post(f"uploads/{upload}/parts/1", {"content": part}, actor=other)
        assert answer.status_code == 404
        end = {"size_bytes": 2, "sha256": "0" * 64}
        assert post(f"uploads/{upload}/finish", end).status_code == 400

    def test_that_is_not_what_was_sent_is_refused(self, by_hand, work):
        start = {"source": "hand", "period": "2026-10", "file_name": "a.csv", "reason": "x"}
        upload = post("uploads", start).json()["upload_id"]
        part = base64.b64encode(b"a").decode()
        assert post(f"uploads/{upload}/parts/1", {"content": part}).status_code == 200
        post(f"uploads/{upload}/finish", {"size_bytes": 1, "sha256": "0" * 64})
        with pytest.raises(BadInput, match="digest differs"):
            collect(work)
