"""Deliveries in a real S3: what is taken, what is refused, and what stays current."""

import contextlib
import json
import re
import time
from datetime import UTC, datetime

import pytest

from services.ingestion.domain.addresses import BadAddress
from services.ingestion.models import (
    Delivery,
    Job,
    Outbox,
    Signals,
    Snapshot,
    Source,
    Workloads,
)
from services.ingestion.operations.collect_files import collect_files
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from shared.columnar import DiskFull, MemoryLimitReached
from shared.contracts.ingestion import (
    SIGNALS_PUBLISHED,
    SNAPSHOT_PUBLISHED,
    WORKLOADS_PUBLISHED,
)
from shared.faults import BadConfiguration, BadInput
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from tests.bills import (
    cur_line,
    legacy_line,
    write_cur,
    write_legacy_delivery,
    write_signals,
)
from tests.ingestion.deliveries import collect, current, deliver, files_of_at_most

PERIOD = "2026-10"


@pytest.mark.usefixtures("instances_of_their_own")
class TestADelivery:
    def test_becomes_the_current_snapshot_and_is_told_in_the_same_transaction(
        self, storage, source, work
    ):
        deliver(storage, source, work / "a", cur_line(1.5), cur_line(2.25))
        collect(work)
        snapshot = current()
        assert (snapshot.row_count, str(snapshot.billed_total)) == (2, "3.7500000000")
        with as_ops():
            told = Outbox.objects.filter(topic=SNAPSHOT_PUBLISHED.name)
            assert sorted(told.values_list("dest", flat=True)) == ["attribution", "portal"]
            assert told[0].payload["effective_total"] == "3.7500000000"
        for uri in [*snapshot.part_uris, snapshot.raw_totals_uri]:
            assert storage.read(uri)

    def test_is_collected_once_however_often_it_is_looked_at(self, storage, source, work):
        deliver(storage, source, work / "a", cur_line(1.0))
        find_deliveries()
        find_deliveries()
        with as_ops():
            assert Delivery.objects.count() == 1
            assert Job.objects.count() == 1

    def test_without_its_manifest_is_not_there_yet(self, storage, source, work, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"settle_seconds": 300})
        deliver(storage, source, work / "a", cur_line(1.0), manifest=False)
        assert collect(work) == []

    def test_that_says_the_same_again_changes_nothing(self, storage, source, work):
        deliver(storage, source, work / "a", cur_line(1.0), cur_line(2.0))
        collect(work)
        deliver(storage, source, work / "b", cur_line(2.0), cur_line(1.0), parts=2)
        (second,) = collect(work)
        with as_ops():
            second.refresh_from_db()
            assert second.state == Delivery.State.UNCHANGED
            assert Snapshot.objects.count() == 1

    def test_that_restates_replaces_and_the_old_one_stays(self, storage, source, work):
        deliver(storage, source, work / "a", cur_line(1.0))
        collect(work)
        deliver(storage, source, work / "b", cur_line(1.25))
        collect(work)
        with as_ops():
            versions = Snapshot.objects.order_by("version").values_list("version", "is_current")
            assert list(versions) == [(1, False), (2, True)]
        assert str(current().billed_total) == "1.2500000000"

    def test_that_is_older_but_processed_later_is_kept_and_not_current(self, storage, source, work):
        deliver(storage, source, work / "a", cur_line(1.0))
        collect(work)
        with as_ops():
            Snapshot.objects.update(delivered_at=datetime(2099, 1, 1, tzinfo=UTC))
        deliver(storage, source, work / "b", cur_line(2.0))
        collect(work)
        with as_ops():
            assert Snapshot.objects.count() == 2
            assert Outbox.objects.filter(dest="attribution").count() == 1
        assert str(current().billed_total) == "1.0000000000"


class TestABadDelivery:
    @pytest.fixture
    def before(self, storage, source, work):
        deliver(storage, source, work / "good", cur_line(1.0))
        collect(work)
        return current().snapshot_id

    def refused(self, work, before, match):
        """By its job, or before there is one."""
        with contextlib.suppress(BadInput):
            collect(work)
        with as_ops():
            delivery = Delivery.objects.get(state=Delivery.State.QUARANTINED)
            assert re.search(match, delivery.error)
            assert Snapshot.objects.get(is_current=True).snapshot_id == before
            assert Snapshot.objects.count() == 1
        return delivery

    def test_with_an_object_missing_names_it(self, storage, source, work, before):
        manifest = deliver(storage, source, work / "b", cur_line(2.0))
        content = json.loads(manifest.read_text())
        key = "dataFiles" if "dataFiles" in content else "reportKeys"
        content[key].append(content[key][0].replace("00001", "00009"))
        manifest.write_text(json.dumps(content))
        storage.put(manifest, f"{source.uri}{manifest.relative_to(work / 'b')}")
        delivery = self.refused(work, before, "not there")
        assert "00009" in delivery.error

    def test_with_a_truncated_part_names_it(self, storage, source, work, before):
        folder = work / "b"
        manifest = deliver(storage, source, folder, cur_line(2.0), manifest=False)
        part = next(path for path in folder.rglob("*.parquet"))
        storage.write(part.read_bytes()[:-40], f"{source.uri}{part.relative_to(folder)}")
        storage.put(manifest, f"{source.uri}{manifest.relative_to(folder)}")
        delivery = self.refused(work, before, "Parquet|parquet|footer|truncated|can't be read")
        assert part.name in delivery.error

    def test_with_a_part_newer_than_its_manifest_waits_for_the_next(
        self, storage, source, work, before
    ):
        folder = work / "b"
        deliver(storage, source, folder, cur_line(2.0))
        time.sleep(1.1)
        part = write_cur(work / "late.parquet", [cur_line(3.0)])
        listed = next(path for path in folder.rglob("*.parquet"))
        storage.put(part, f"{source.uri}{listed.relative_to(folder)}")
        self.refused(work, before, "newer than the manifest")

    def test_with_an_amount_that_is_no_number_is_refused_whole(self, storage, source, work, before):
        deliver(storage, source, work / "b", cur_line(2.0), cur_line(float("nan")))
        self.refused(work, before, "nan|NaN|no number")


class TestSignals:
    def test_are_published_as_one_set_with_their_meters(self, storage, work, transactional_db):
        prefix = f"s3://aws-export/{uuid7().hex}/"
        with as_ops():
            register_source(key="usage", kind="signals", uri=prefix, created_by="olivia")
        path = write_signals(work / "s.csv", "bytes 2026-10-03T04:00:00Z acme 5")
        storage.put(path, f"{prefix}period={PERIOD}/s.csv")
        find_deliveries()
        with as_ops():
            delivery = Delivery.objects.get()
        collect_files(delivery_id=delivery.delivery_id)
        with as_ops():
            assert Signals.objects.get().meters == ["bytes"]
            assert Outbox.objects.get().topic == SIGNALS_PUBLISHED.name

    def test_without_a_column_are_refused_with_its_name(self, storage, work, transactional_db):
        prefix = f"s3://aws-export/{uuid7().hex}/"
        with as_ops():
            register_source(key="usage", kind="signals", uri=prefix, created_by="olivia")
        storage.write(
            b"meter,start,quantity\nbytes,2026-10-03T04:00:00Z,5\n",
            f"{prefix}period={PERIOD}/s.csv",
        )
        find_deliveries()
        with as_ops():
            delivery = Delivery.objects.get()
        with pytest.raises(BadInput, match="field consumer"):
            collect_files(delivery_id=delivery.delivery_id)


class TestWorkloads:
    FILE = f"period={PERIOD}/pods.csv"

    @pytest.fixture
    def prefix(self, work, transactional_db):
        prefix = f"s3://aws-export/{uuid7().hex}/"
        with as_ops():
            register_source(key="clusters", kind="workloads", uri=prefix, created_by="olivia")
        return prefix

    def collected(self):
        find_deliveries()
        with as_ops():
            assert Job.objects.get().kind == "collect_workloads"
            delivery = Delivery.objects.get()
        collect_files(delivery_id=delivery.delivery_id)

    def test_are_published_as_one_set_with_their_clusters(self, storage, prefix):
        rows = b"prod,2026-10-03T04:00:00Z,\nstaging,2026-10-03T04:00:00Z,web\n"
        storage.write(b"cluster,start,pod\n" + rows, prefix + self.FILE)
        self.collected()
        with as_ops():
            assert Workloads.objects.get().clusters == ["prod", "staging"]
            told = Outbox.objects.get()
        assert (told.topic, told.payload["row_count"]) == (WORKLOADS_PUBLISHED.name, 2)
        assert "/workloads/source=clusters/" in told.payload["part_uris"][0]

    def test_without_a_cluster_are_refused(self, storage, prefix):
        storage.write(b"start,pod\n2026-10-03T04:00:00Z,web\n", prefix + self.FILE)
        with pytest.raises(BadInput, match="field cluster"):
            self.collected()


class TestASource:
    def test_is_registered_once(self, source):
        with as_ops():
            register_source(key="aws", kind="bill", uri=source.uri, created_by="clara")
            assert Source.objects.count() == 1

    def test_can_not_point_elsewhere_under_the_same_key(self, source):
        with as_ops(), pytest.raises(BadConfiguration, match="never mixed"):
            register_source(key="aws", kind="bill", uri="s3://other/", created_by="clara")

    @pytest.mark.parametrize(
        "uri",
        [
            "s3://trueback-lake",
            "s3://trueback-lake/",
            "s3://trueback-lake/bills/",
            "s3://trueback-lake/allocations",
        ],
    )
    def test_is_not_our_own_lake(self, transactional_db, settings, uri):
        environment = settings.ENVIRONMENT
        settings.ENVIRONMENT = environment.model_copy(update={"lake_uri": "s3://trueback-lake"})
        with as_ops(), pytest.raises(BadAddress, match="in the lake"):
            register_source(key="lake", kind="bill", uri=uri, created_by="olivia")

    def test_may_lie_beside_a_lake_that_is_a_part_of_its_bucket(self, transactional_db, settings):
        environment = settings.ENVIRONMENT
        settings.ENVIRONMENT = environment.model_copy(update={"lake_uri": "s3://shared/trueback"})
        with as_ops():
            register_source(key="aws", kind="bill", uri="s3://shared/exports", created_by="olivia")
            register_source(key="b", kind="bill", uri="s3://shared/trueback-2", created_by="olivia")
            with pytest.raises(BadAddress, match="in the lake"):
                register_source(key="c", kind="bill", uri="s3://shared", created_by="olivia")

    def test_is_an_s3_address(self, transactional_db):
        with as_ops(), pytest.raises(BadInput, match="not an s3:// address"):
            register_source(key="aws", kind="bill", uri="/etc/passwd", created_by="clara")

    @pytest.mark.parametrize("uri", ["s3://", "s3:///exports/", "s3://a b/c", "s3://UPPER/x"])
    def test_is_in_a_bucket(self, transactional_db, uri):
        with as_ops(), pytest.raises(BadInput, match="not the name of a bucket"):
            register_source(key="aws", kind="bill", uri=uri, created_by="clara")


@pytest.mark.usefixtures("instances_of_their_own")
class TestALegacyDelivery:
    @pytest.fixture(autouse=True)
    def memory(self, work, settings):
        """A CSV with long lines takes a buffer of a quarter of a gigabyte."""
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"memory_limit_mb": 1024})

    @pytest.mark.parametrize("assembly", ["", "0f3a9c"])
    def test_is_collected_once_in_either_layout(self, storage, source, work, assembly):
        folder = work / "legacy"
        lines = [[legacy_line(cur_line(1.5))], [legacy_line(cur_line(2.25))]]
        write_legacy_delivery(folder, lines, assembly=assembly)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: path.name.endswith("Manifest.json")):
            storage.put(path, f"{source.uri}{path.relative_to(folder)}")
        collect(work)
        assert str(current().billed_total) == "3.7500000000"
        with as_ops():
            assert Delivery.objects.count() == 1

    def test_that_does_not_fit_into_memory_is_no_fault_of_the_delivery(
        self, storage, source, work, settings
    ):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"memory_limit_mb": 8})
        self.deliver_legacy(storage, source, work)
        with pytest.raises(MemoryLimitReached, match="field TRUEBACK_MEMORY_LIMIT_MB"):
            collect(work)
        with as_ops():
            assert Delivery.objects.get().state == Delivery.State.FOUND

    def test_that_finds_the_disk_full_is_no_fault_of_the_delivery(self, storage, source, work):
        self.deliver_legacy(storage, source, work)
        with pytest.raises(DiskFull, match="field TRUEBACK_SCRATCH_DIR"), files_of_at_most(4096):
            collect(work)
        with as_ops():
            assert Delivery.objects.get().state == Delivery.State.FOUND
        collect(work)
        with as_ops():
            assert Delivery.objects.get().state == Delivery.State.COLLECTED

    def deliver_legacy(self, storage, source, work):
        folder = work / "legacy"
        write_legacy_delivery(folder, [[legacy_line(cur_line(1.5))]])
        for path in sorted(folder.rglob("*"), key=lambda path: path.name.endswith("Manifest.json")):
            if path.is_file():
                storage.put(path, f"{source.uri}{path.relative_to(folder)}")
