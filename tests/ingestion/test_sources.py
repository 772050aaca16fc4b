"""Sources: an address is tried before it is taken; they are changed, paused, retired; folders."""

import logging
import os
from datetime import timedelta

import pytest

from services.ingestion.domain.addresses import BadAddress, parse_address
from services.ingestion.gateways.readable import readable
from services.ingestion.models import Delivery, Source
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from services.ingestion.queries.address_trial import _refuse
from shared.audit.entries import audit_entries
from shared.auth.actors import Actor
from shared.faults import BadInput
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from shared.outside.lake import source_target
from shared.vocabulary.sources import AddressFault
from tests.bills import cur_line, write_cur
from tests.ingestion.deliveries import collect, current, deliver
from tests.tokens import client_of

OLIVIA = Actor("olivia", "operator_admin")


@pytest.fixture(autouse=True)
def nothing_missed_before():
    source_target()._failures = 0


def post(path, body=None, *, actor=OLIVIA):
    return client_of(actor).post(f"/api/v1/{path}", body or {}, content_type="application/json")


def refusal(uri, *, kind="bill", **more):
    answer = post("sources", {"key": "new", "kind": kind, "uri": uri, **more})
    assert answer.status_code == 400, answer.content
    return answer.json()


def with_settings(settings, **changed):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changed)


@pytest.fixture
def export(storage, work, transactional_db):
    """A prefix with a delivery of one month in it."""
    prefix = f"s3://aws-export/{uuid7().hex}/exports/"
    deliver(storage, Source(key="aws", kind="bill", uri=prefix), work / "e", cur_line(1.0))
    return prefix


class TestAnAddress:
    def test_is_taken_with_what_lies_there(self, export):
        seen = post("addresses/try", {"uri": export}).json()
        assert (seen["months"], seen["has_more"]) == (["2026-10"], False)
        assert post("sources", {"key": "aws", "kind": "bill", "uri": export}).status_code == 201

    def test_with_a_typo_is_told_at_once_with_the_nearest(self, export):
        for wrong in (export.replace("exports", "exprots"), export.replace("exports", "Exports")):
            told = refusal(wrong)
            assert told["reason"] == {"code": "empty_prefix", "nearest": export}
            assert f"Did you mean {export}" in told["detail"]
        with as_ops():
            assert not Source.objects.exists()

    def test_of_a_bucket_with_a_typo_is_told_with_the_nearest(self, export):
        told = refusal(export.replace("aws-export", "aws-exprot"))
        assert told["reason"]["code"] in {"access_denied", "no_such_bucket"}
        assert told["reason"]["nearest"] == export

    def test_that_is_not_in_the_storage_names_the_endpoint_that_was_asked(self, export, settings):
        told = refusal("s3://a-bucket-of-aws/exports/")
        assert settings.ENVIRONMENT.s3_endpoint_url in told["detail"]
        assert "which is asked in place of AWS" in told["detail"]
        assert "A bucket of AWS is not read from there" in told["detail"]
        assert "bucket's policy" not in told["detail"]

    @pytest.mark.parametrize(
        ("endpoint", "named"),
        [
            (None, ""),
            ("https://s3.eu-central-1.amazonaws.com", ""),
            (
                "https://me:secret@s3.example:9000",  # pragma: allowlist secret
                "https://s3.example:9000",
            ),
        ],
    )
    def test_names_no_endpoint_of_aws_and_no_password(self, settings, endpoint, named):
        with_settings(settings, s3_endpoint_url=endpoint)
        address = parse_address("s3://bucket/x/", key="new", readable=readable())
        with pytest.raises(BadAddress) as refused:
            _refuse(AddressFault.ACCESS_DENIED, address, text="")
        assert named in str(refused.value)
        assert ("in place of AWS" in str(refused.value)) == bool(named)
        assert ("bucket's policy" in str(refused.value)) != bool(named)
        assert "secret" not in str(refused.value)

    def test_of_the_data_alone_is_told_of_the_folder_above(self, export):
        told = refusal(f"{export}bill/data/")
        assert told["reason"] == {"code": "no_delivery", "nearest": f"{export}bill/"}

    def test_of_another_kind_is_told_what_is_wanted(self, export, storage):
        storage.write(b"x", f"{export}other/signals.csv")
        assert "period=2026-10/" in refusal(f"{export}other/", kind="signals")["detail"]

    def test_may_be_empty_where_somebody_says_so(self, export):
        place = {"key": "new", "kind": "bill", "uri": "s3://aws-export/to-come/"}
        assert refusal(place["uri"])["reason"]["code"] == "empty_prefix"
        assert post("sources", {**place, "awaits_first_delivery": True}).status_code == 201

    def test_is_in_a_bucket_that_may_be_read(self, export, settings):
        with_settings(settings, source_buckets="aws-export-2, *-bills")
        told = refusal(export)
        assert told["reason"]["code"] == "bucket_not_allowed"
        assert "TRUEBACK_SOURCE_BUCKETS" in told["detail"]
        with_settings(settings, source_buckets="aws-*")
        assert post("sources", {"key": "aws", "kind": "bill", "uri": export}).status_code == 201

    def test_where_the_storage_does_not_answer_is_told_so(self, export, settings):
        with_settings(settings, s3_endpoint_url="http://127.0.0.1:9")
        assert refusal(export)["reason"]["code"] == "no_storage"

    def test_is_read_by_one_source(self, export):
        assert post("sources", {"key": "one", "kind": "bill", "uri": export}).status_code == 201
        assert "source one already reads" in refusal(export)["detail"]
        assert post("sources/one/retire", {"reason": "moved"}).status_code == 200
        assert post("sources", {"key": "two", "kind": "bill", "uri": export}).status_code == 201


class TestASource:
    @pytest.fixture
    def aws(self, export):
        with as_ops():
            return register_source(key="aws", kind="bill", uri=export, created_by="olivia")

    def test_is_paused_and_resumed(self, aws, work):
        answer = post("sources/aws/pause", {"reason": "the export is rebuilt"})
        assert (answer.json()["state"], answer.json()["changed_by"]) == ("paused", "olivia")
        assert collect(work) == []
        assert post("sources/aws/look").json()["reason"]["code"] == "source_not_active"
        assert post("sources/aws/resume", {"reason": "done"}).json()["state"] == "active"
        assert len(collect(work)) == 1

    def test_is_retired_for_good_and_its_deliveries_stay(self, aws, work):
        collect(work)
        assert post("sources/aws/retire", {"reason": "moved"}).json()["state"] == "retired"
        for act in ("pause", "resume", "retire"):
            answer = post(f"sources/aws/{act}", {"reason": "x"})
            assert answer.json()["reason"] == {"code": "source_retired"}
        assert "source aws is retired" in refusal(aws.uri, key="aws")["detail"]
        with as_ops():
            assert Delivery.objects.get().state == Delivery.State.COLLECTED
            done = audit_entries().objects.filter(outcome="done")
            actions = list(done.values_list("action", "details"))
        assert actions == [("source.retired", {"reason": "moved"})]
        assert client_of(OLIVIA).delete("/api/v1/sources/aws").status_code == 403

    def test_is_read_elsewhere_once_the_new_address_was_tried(self, aws, work, storage):
        elsewhere = aws.uri.replace("exports", "moved")
        change = {"uri": elsewhere, "reason": "the export has moved"}
        assert post("sources/aws/address", change).json()["reason"]["code"] == "empty_prefix"
        deliver(storage, Source(key="aws", kind="bill", uri=elsewhere), work / "m", cur_line(3.0))
        assert post("sources/aws/address", change).json()["uri"] == elsewhere
        collect(work)
        assert str(current().billed_total) == "3.0000000000"
        with as_ops():
            entry = audit_entries().objects.get(action="source.changed", outcome="done")
        assert (entry.details["from"], entry.details["to"]) == (aws.uri, elsewhere)

    @pytest.mark.parametrize("act", ["pause", "resume", "retire", "address", "look"])
    def test_is_changed_by_an_administrator_alone(self, aws, act):
        given = {"reason": "x", "uri": aws.uri}
        for role in ("operator_viewer", "operator_analyst", "billing_approver", "customer_admin"):
            actor = Actor("vic", role, "acme" if role == "customer_admin" else "")
            assert post(f"sources/aws/{act}", given, actor=actor).status_code in {403, 404}
        assert post(f"sources/nobody/{act}", given).status_code == 404


class TestASourceThatFails:
    def test_is_logged_once_and_looked_at_less_and_less_often(
        self, transactional_db, caplog, settings
    ):
        with_settings(settings, beat_seconds=2)
        with as_ops():
            register_source(key="lost", kind="bill", uri="s3://no-such/x/", created_by="olivia")
        pauses = []
        with caplog.at_level(logging.INFO, logger="services.ingestion"):
            for _ in range(12):
                find_deliveries()
                with as_ops():
                    lost = Source.objects.get()
                    pauses.append(lost.next_look_at - lost.looked_at)
                    Source.objects.update(next_look_at=None)
        assert [pause.total_seconds() for pause in pauses[:4]] == [2, 4, 8, 16]
        assert pauses[-1] == timedelta(minutes=15)
        assert lost.failure_count == 12
        assert len(caplog.records) == 1
        assert "Traceback" not in caplog.text

    def test_is_not_looked_at_before_its_time_unless_a_person_wants(self, transactional_db):
        with as_ops():
            register_source(key="lost", kind="bill", uri="s3://no-such/x/", created_by="olivia")
        find_deliveries()
        find_deliveries()
        with as_ops():
            assert Source.objects.get().failure_count == 1
        assert post("sources/lost/look").status_code == 200
        find_deliveries()
        with as_ops():
            assert Source.objects.get().failure_count == 2

    def test_keeps_no_other_from_being_looked_at(self, export, work):
        with as_ops():
            register_source(key="a-lost", kind="bill", uri="s3://no-such/x/", created_by="olivia")
            register_source(key="aws", kind="bill", uri=export, created_by="olivia")
        assert len(collect(work)) == 1


class TestAFolder:
    @pytest.fixture
    def root(self, work, settings, transactional_db):
        root = work / "bills"
        (root / "aws").mkdir(parents=True)
        with_settings(settings, source_root=root)
        return root

    def test_is_none_by_default(self, work, transactional_db):
        told = refusal(f"file://{work}")
        assert told["reason"]["code"] == "outside_the_root"
        assert "TRUEBACK_SOURCE_ROOT" in told["detail"]

    def test_below_the_root_is_a_source(self, root, work):
        write_cur(root / "aws" / "2026-10.parquet", [cur_line(2.0)])
        uri = f"file://{root}/aws"
        assert post("sources", {"key": "disk", "kind": "bill", "uri": uri}).status_code == 201
        collect(work)
        assert str(current().billed_total) == "2.0000000000"

    def test_with_a_fault_names_the_file_by_its_whole_path(self, root, work):
        (root / "aws" / "2026-10.csv").write_text("a,b\n1,2\n")
        with as_ops():
            register_source(key="disk", kind="bill", uri=f"file://{root}/aws/", created_by="olivia")
        with pytest.raises(BadInput):
            collect(work)
        with as_ops():
            assert Delivery.objects.get().error.startswith(f"{root}/aws/2026-10.csv: not a bill")

    def test_with_a_typo_is_told_with_the_nearest(self, root):
        told = refusal(f"{root}/asw/")
        assert told["reason"] == {"code": "no_such_folder", "nearest": f"file://{root}/aws/"}

    @pytest.mark.parametrize(
        "uri", ["/etc", "{root}/../etc/", "{root}", "file:///{root}/aws/../.."]
    )
    def test_outside_the_root_is_refused(self, root, uri):
        assert refusal(uri.format(root=root))["reason"]["code"] == "outside_the_root"

    def test_that_is_closed_is_told_without_a_word_of_buckets(self, root):
        address = parse_address(f"file://{root}/aws/", key="new", readable=readable())
        with pytest.raises(BadAddress, match="Let the user that ingestion runs as read the folder"):
            _refuse(AddressFault.ACCESS_DENIED, address, text="")

    def test_that_is_a_link_is_not_followed(self, root, work):
        secret = work / "secret"
        write_cur(secret / "2026-10.parquet", [cur_line(9.0)])
        (root / "link").symlink_to(secret)
        assert refusal(f"{root}/link")["reason"]["code"] == "no_such_folder"
        (root / "aws" / "2026-10.parquet").symlink_to(secret / "2026-10.parquet")
        (root / "aws" / "inner").symlink_to(secret)
        os.mkfifo(root / "aws" / "2026-10.csv")
        assert refusal(f"{root}/aws")["reason"]["code"] == "empty_prefix"

    def test_whose_file_becomes_a_link_before_it_is_read_is_refused(self, root, work):
        file = write_cur(root / "aws" / "2026-10.parquet", [cur_line(2.0)])
        with as_ops():
            register_source(key="disk", kind="bill", uri=f"{root}/aws", created_by="olivia")
        find_deliveries()
        secret = write_cur(work / "secret.parquet", [cur_line(9.0)])
        file.unlink()
        file.symlink_to(secret)
        collect(work)
        with as_ops():
            assert Delivery.objects.get().state == Delivery.State.OVERTAKEN

    def test_is_read_whole_while_it_is_being_written(self, root, work, settings):
        """What has just been changed is waited for."""
        with_settings(settings, settle_seconds=300)
        file = write_cur(root / "aws" / "2026-10.parquet", [cur_line(2.0)])
        with as_ops():
            register_source(key="disk", kind="bill", uri=f"{root}/aws", created_by="olivia")
        assert collect(work) == []
        with as_ops():
            assert Delivery.objects.get().state == Delivery.State.WAITING
        os.utime(file, (1_790_000_000, 1_790_000_000))
        collect(work)
        assert str(current().billed_total) == "2.0000000000"

    def test_that_has_gone_is_shown_until_it_is_back(self, root):
        with as_ops():
            register_source(key="disk", kind="bill", uri=f"{root}/aws", created_by="olivia")
        (root / "aws").rename(root / "away")
        find_deliveries()
        with as_ops():
            assert Source.objects.get().failure_code == "no_such_folder"
