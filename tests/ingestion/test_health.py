"""Sources that can't be listed and deliveries that were refused are shown until they are mended."""

import pytest
from django.db.models.functions import Now

from services.ingestion.domain.addresses import Address
from services.ingestion.models import Delivery, Job, Source
from services.ingestion.operations.change_source import change_address
from services.ingestion.operations.find_deliveries import find_deliveries
from services.ingestion.operations.register_source import register_source
from shared.auth.actors import Actor
from shared.faults import BadInput
from shared.isolation.scope import as_ops
from tests.bills import cur_line
from tests.ingestion.deliveries import collect, deliver
from tests.tokens import client_of


def shown():
    answer = client_of(Actor("ana", "operator_analyst")).get("/api/v1/health")
    return [(item["kind"], item["code"], item["subject"]) for item in answer.json()["data"]]


class TestASource:
    def test_that_can_not_be_listed_is_shown_since_the_first_time(self, transactional_db):
        with as_ops():
            register_source(key="lost", kind="bill", uri="s3://no-such/x/", created_by="olivia")
        find_deliveries()
        assert shown() == [("unreadable_source", "access_denied", "lost")]
        with as_ops():
            since = Source.objects.get().failing_since
        find_deliveries()
        with as_ops():
            assert Source.objects.get().failing_since == since
            address = Address("s3://", "s3://aws-export/none/")
            change_address(key="lost", address=address, reason="a typo", by="olivia")
        find_deliveries()
        assert shown() == []
        with as_ops():
            assert (Source.objects.get().failing_since, Source.objects.get().failure) == (None, "")


class TestAQuarantinedDelivery:
    def test_is_shown_until_a_newer_one_comes_and_its_job_never(self, storage, source, work):
        deliver(storage, source, work / "a", cur_line(float("nan")))
        with pytest.raises(BadInput):
            collect(work)
        with as_ops():
            refused = Delivery.objects.get()
            Job.objects.filter(key=refused.delivery_id).update(state="failed", finished_at=Now())
        assert refused.state == Delivery.State.QUARANTINED
        assert shown() == [("quarantined_delivery", "bad_content", refused.delivery_id)]
        deliver(storage, source, work / "b", cur_line(1.0))
        with as_ops():  # S3 tells times by the second
            Delivery.objects.update(delivered_at="2026-10-01T00:00Z")
        collect(work)
        assert shown() == []
