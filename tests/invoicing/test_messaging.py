"""The acknowledged outbox, on a real PostgreSQL and a real broker."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.functions import Now

from services.invoicing.config.celery import app
from services.invoicing.models import ClosedPeriod, Inbox, InboxFailures, Outbox
from services.invoicing.operations.record_close import record_close
from shared.contracts.attribution import PERIOD_CLOSED
from shared.contracts.invoicing import CUSTOMER_CONTRACTED, REVENUE_RECORDED
from shared.contracts.superseded.period_closed import PERIOD_CLOSED_V1
from shared.contracts.versions import VERSION_MAX, VERSION_STEP_MAX
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from shared.messaging.broker import Broker
from shared.messaging.consumer.receive import FAILURES_MAX, receive
from shared.messaging.envelope import Envelope, ForgedEnvelope
from shared.messaging.producer.dead_letters import dead_letters, replay
from shared.messaging.producer.emit import emit
from shared.messaging.producer.relay import Relay
from shared.messaging.producer.retire import retire
from tests.every_service import Sent
from tests.service_stack import running_servers


@pytest.fixture
def broker():
    client = redis.Redis.from_url(running_servers().redis_url)
    client.flushall()
    yield client
    client.flushall()
    client.close()


def closed(period: str = "2026-10", version: int = 1) -> dict[str, Any]:
    payload = {**PERIOD_CLOSED.dump(PERIOD_CLOSED.example), "period": period, "version": version}
    return {
        "id": str(uuid7()),
        "topic": PERIOD_CLOSED.name,
        "subject": "",
        "payload": json.dumps(payload),
    }


def envelope(*items: dict[str, Any]) -> dict[str, Any]:
    keys = settings.ENVIRONMENT.bus_keys()
    return Envelope("attribution", "invoicing", "facts", items).sealed(keys)


HANDLERS = {PERIOD_CLOSED.name: record_close}


@contextmanager
def a_lock_of_another(number: int) -> Iterator[None]:
    with psycopg.connect(settings.ENVIRONMENT.database_ops_url) as other:
        other.execute("select pg_advisory_lock(%s)", [number])
        yield


class TestEmit:
    def test_outside_a_transaction_is_refused(self, transactional_db):
        with pytest.raises(RuntimeError, match="in the transaction that makes it true"):
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)

    def test_of_another_services_fact_is_refused(self, as_staff):
        with pytest.raises(ValueError, match="told by attribution alone"):
            emit(PERIOD_CLOSED, PERIOD_CLOSED.example)

    def test_writes_a_row_for_each_consumer(self, as_staff):
        emit(REVENUE_RECORDED, REVENUE_RECORDED.example)
        message = Outbox.objects.get()
        assert (message.dest, message.subject) == ("attribution", "acme")
        assert message.payload["amount"] == "1939.60"


class TestRelay:
    def test_sends_what_is_due_once_and_leases_it(self, transactional_db, broker):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
        relay = Relay(Broker(app))
        assert relay.run_once() == 1
        assert relay.run_once() == 0
        assert broker.llen("tb:portal.events") == 1
        with as_ops():
            message = Outbox.objects.get()
        assert (message.attempts, message.acked_at) == (1, None)

    def test_sends_again_at_once_after_the_broker_was_emptied(self, transactional_db, broker):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
        relay = Relay(Broker(app))
        relay.run_once()
        broker.flushall()
        assert relay.run_once() == 1
        assert broker.llen("tb:portal.events") == 1

    def test_leaves_what_is_acknowledged_alone(self, transactional_db, broker):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            message_id = str(Outbox.objects.get().message_id)
        keys = settings.ENVIRONMENT.bus_keys()
        items = [{"id": message_id, "error": ""}]
        retire(Envelope("portal", "invoicing", "acks", items).sealed(keys))
        assert Relay(Broker(app)).run_once() == 0

    def test_never_gives_a_fact_up_because_its_consumer_is_away(self, transactional_db, broker):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            Outbox.objects.update(attempts=1000)
        assert Relay(Broker(app)).run_once() == 1

    def test_sends_a_refused_fact_again_when_it_is_replayed(self, transactional_db, broker):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            Outbox.objects.update(dead_at=Now(), last_error="KeyError: plan")
        assert Relay(Broker(app)).run_once() == 0
        with as_ops():
            assert [message.last_error for message in dead_letters()] == ["KeyError: plan"]
            assert replay(topic=CUSTOMER_CONTRACTED.name) == 1
        assert Relay(Broker(app)).run_once() == 1

    def test_is_not_held_up_by_another_consumer_that_is_down(
        self, transactional_db, broker, monkeypatch
    ):
        monkeypatch.setattr("shared.messaging.producer.relay.IN_FLIGHT_MAX", 2)
        with as_ops():
            for _ in range(4):
                emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
        relay = Relay(Broker(app))
        assert relay.run_once() == 4
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            emit(REVENUE_RECORDED, REVENUE_RECORDED.example)
        assert relay.run_once() == 1
        assert (broker.llen("tb:attribution.events"), broker.llen("tb:portal.events")) == (1, 1)

    def test_the_services_user_of_the_broker_can_neither_flush_nor_look_around(self, broker):
        client = redis.Redis.from_url(running_servers().broker_url("invoicing"))
        for command in (["FLUSHALL"], ["KEYS", "*"], ["CONFIG", "GET", "*"]):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command)
        for read in (client.lpop, client.rpop):
            with pytest.raises(redis.exceptions.NoPermissionError):
                read("tb:attribution.acks")
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.lrange("tb:portal.events", 0, -1)
        client.close()


class TestReceive:
    def test_does_a_message_once_however_often_it_comes(self, transactional_db):
        sent, item = Sent(), closed()
        receive(sent, HANDLERS, envelope(item))
        with as_ops():
            ClosedPeriod.objects.update(closed_by="nobody")
        receive(sent, HANDLERS, envelope(item, item))
        with as_ops():
            assert ClosedPeriod.objects.get().closed_by == "nobody"
            assert Inbox.objects.count() == 1
        assert [item["error"] for item in sent.items] == ["", "", ""]

    def test_a_message_that_fails_takes_no_other_with_it(self, transactional_db):
        def broken(_fact: object) -> None:
            ClosedPeriod.objects.create(
                **{
                    **dict.fromkeys(("run_id", "statements_uri", "closed_by"), "x"),
                    "period": "half",
                    "version": 1,
                    "run_version": 1,
                    "currency": "USD",
                    "unallocated_share": 0,
                    "closed_at": PERIOD_CLOSED.example.closed_at,
                }
            )
            raise ZeroDivisionError

        sent, good, bad = Sent(), closed(), closed("2026-09")
        calls = {"2026-09": broken, "2026-10": record_close}
        receive(
            sent, {PERIOD_CLOSED.name: lambda fact: calls[fact.period](fact)}, envelope(bad, good)
        )
        with as_ops():
            assert list(ClosedPeriod.objects.values_list("period", flat=True)) == ["2026-10"]
            assert InboxFailures.objects.get().attempts == 1
        assert [item["id"] for item in sent.items] == [good["id"]]

    def test_a_constraint_that_is_judged_late_fails_its_message_alone(self, transactional_db):
        def orphan(_fact: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "insert into invoicing_transition (customer_id, invoice_id, sequence,"
                    " from_state, to_state, actor, reason, at, previous_seal, seal)"
                    " values ('acme', 'inv_none', 1, '', 'draft', 'x', '', now(), '', '')"
                )

        sent, good, bad = Sent(), closed(), closed("2026-09")
        calls = {"2026-09": orphan, "2026-10": record_close}
        handlers = {PERIOD_CLOSED.name: lambda fact: calls[fact.period](fact)}
        receive(sent, handlers, envelope(bad, good))
        with as_ops():
            assert InboxFailures.objects.get().attempts == 1
        assert [item["id"] for item in sent.items] == [good["id"]]

    def test_tells_the_producer_after_the_last_failure(self, transactional_db):
        def broken(_fact: object) -> None:
            raise ZeroDivisionError("no such tenant")

        sent, item = Sent(), closed()
        for _ in range(FAILURES_MAX):
            receive(sent, {PERIOD_CLOSED.name: broken}, envelope(item))
        assert sent.items == [{"id": item["id"], "error": "ZeroDivisionError: no such tenant"}]

    @pytest.mark.parametrize(
        "limit", ["set local statement_timeout = 50", "set local lock_timeout = 50"]
    )
    def test_counts_a_limit_of_the_database_against_the_message_alone(
        self, transactional_db, limit
    ):
        """A statement that is ended or a lock that is not given, such as in a deadlock."""
        sent, good, slow = Sent(), closed(), closed("2026-09")

        def handle(fact: object) -> None:
            if fact.period == "2026-10":
                record_close(fact)
                return
            with connection.cursor() as cursor:
                cursor.execute(limit)
                cursor.execute("select pg_advisory_xact_lock(4711)")

        with a_lock_of_another(4711):
            receive(sent, {PERIOD_CLOSED.name: handle}, envelope(slow, good))
        with as_ops():
            assert InboxFailures.objects.get().message_id == uuid.UUID(slow["id"])
        assert [item["id"] for item in sent.items] == [good["id"]]

    def test_a_database_that_fails_is_no_fault_of_the_message(self, transactional_db):
        def away(_fact: object) -> None:
            raise OperationalError("the server closed the connection")

        sent = Sent()
        with pytest.raises(OperationalError):
            receive(sent, {PERIOD_CLOSED.name: away}, envelope(closed()))
        with as_ops():
            assert not InboxFailures.objects.exists()
            assert not Inbox.objects.exists()
        assert sent.calls == []

    @pytest.mark.parametrize(
        "odd",
        [
            {},
            {"id": "no id", "topic": "x", "subject": "", "payload": "{}"},
            {**closed(), "topic": "x" * 101},
            {**closed(), "payload": None},
            {**closed(), "subject": "\x00"},
            {**closed(), "subject": "\ud800"},
            {**closed(), "topic": "\udfff"},
            {**closed(), "topic": "a\x00"},
            {**closed(), "topic": ["x"]},
            {**closed(), "payload": json.dumps({"period": "\x00"})},
            {**closed(), "payload": '{"period": "\ud800"}'},
            {**closed(), "payload": json.dumps({"period": "\ud800"})},
            {**closed(), "payload": json.dumps({"\ud800": 1, "period": 1})},
        ],
    )
    def test_what_is_no_message_takes_no_other_with_it(self, transactional_db, odd):
        sent, good = Sent(), closed()
        receive(sent, HANDLERS, envelope(odd, good))
        assert [item["id"] for item in sent.items if not item["error"]] == [good["id"]]
        with as_ops():
            assert ClosedPeriod.objects.count() == 1

    def test_a_run_out_of_reach_can_not_be_closed_on(self, transactional_db):
        """No later run would exceed it, and no restatement park the drafts."""
        payload = {**json.loads(closed()["payload"]), "run_version": VERSION_STEP_MAX + 1}
        sent = Sent()
        receive(sent, HANDLERS, envelope({**closed(), "payload": json.dumps(payload)}))
        assert [item["error"].partition(":")[0] for item in sent.items] == ["ImplausibleVersion"]
        with as_ops():
            assert not ClosedPeriod.objects.exists()

    def test_what_is_refused_is_listed(self, transactional_db, capsys):
        item = {**closed(version=VERSION_MAX + 1)}
        receive(Sent(), HANDLERS, envelope(item))
        call_command("bus_dead_letters")
        assert capsys.readouterr().out.startswith(
            f"{item['id']} attribution.period_closed.v2 from attribution: ImplausibleVersion: "
        )

    def test_a_forged_envelope_changes_nothing_and_is_not_acknowledged(self, transactional_db):
        forged = envelope(closed())
        forged["items"][0]["payload"] = forged["items"][0]["payload"].replace("2026-10", "2026-11")
        sent = Sent()
        receive(sent, HANDLERS, forged)
        with as_ops():
            assert not ClosedPeriod.objects.exists()
        assert sent.calls == []

    def test_a_higher_version_that_came_first_is_kept(self, transactional_db):
        receive(Sent(), HANDLERS, envelope(closed(version=2), closed(version=1)))
        with as_ops():
            assert ClosedPeriod.objects.get().version == 2


class TestAMessageOfAnotherVersion:
    """Each side is named, and nothing wrong is taken."""

    def of(self, topic: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {**closed(), "topic": topic, "payload": json.dumps(payload)}

    def failure(self, item: dict[str, Any], handlers: dict[str, Any] = HANDLERS) -> str:
        sent = Sent()
        receive(sent, handlers, envelope(item))
        with as_ops():
            assert not ClosedPeriod.objects.exists()
            assert not Inbox.objects.exists()
            error = InboxFailures.objects.get().error
        assert sent.items == []
        return error

    def test_of_the_one_before_is_taken_as_the_newest(self, transactional_db):
        v1 = PERIOD_CLOSED_V1
        receive(Sent(), HANDLERS, envelope(self.of(v1.name, v1.dump(v1.example))))
        with as_ops():
            assert ClosedPeriod.objects.get().run_id == v1.example.run_id

    def test_that_says_it_is_of_the_newest_and_is_not_is_named(self, transactional_db):
        payload = PERIOD_CLOSED_V1.dump(PERIOD_CLOSED_V1.example)
        error = self.failure(self.of(PERIOD_CLOSED.name, payload))
        assert error.startswith("ValidationError")
        assert "overrides.0" in error

    def test_that_says_it_is_of_the_one_before_and_is_not_is_named(self, transactional_db):
        payload = PERIOD_CLOSED.dump(PERIOD_CLOSED.example)
        error = self.failure(self.of(PERIOD_CLOSED_V1.name, payload))
        assert error.startswith("ValidationError")
        assert "overrides.0" in error

    def test_whose_text_is_not_as_it_was_written_then_is_named(self, transactional_db):
        payload = PERIOD_CLOSED_V1.dump(PERIOD_CLOSED_V1.example)
        error = self.failure(self.of(PERIOD_CLOSED_V1.name, {**payload, "overrides": ["because"]}))
        assert error == "ValueError: 'because' is not 'check: reason (olivia)'"

    def test_of_a_later_release_is_named_with_those_that_are_taken(self, transactional_db):
        item = self.of("attribution.period_closed.v3", PERIOD_CLOSED.dump(PERIOD_CLOSED.example))
        assert self.failure(item) == (
            "UnknownVersion: invoicing does not take attribution.period_closed.v3: this release of"
            " it takes attribution.period_closed.v1, attribution.period_closed.v2."
        )

    def test_is_named_by_a_consumer_that_has_no_handler_for_it(self, transactional_db):
        item = self.of(PERIOD_CLOSED.name, PERIOD_CLOSED.dump(PERIOD_CLOSED.example))
        older = {PERIOD_CLOSED_V1.name: record_close}
        assert self.failure(item, older) == (
            "UnknownVersion: invoicing does not take attribution.period_closed.v2: this release of"
            " it takes attribution.period_closed.v1."
        )

    def test_of_an_unknown_name_is_named(self, transactional_db):
        assert "takes nothing of that name" in self.failure(self.of("attribution.moon.v1", {}))

    def test_is_not_sent_of_the_one_before(self, as_staff, settings):
        settings.SERVICE_NAME = "attribution"
        with pytest.raises(ValueError, match=r"not sent any more: send .*period_closed\.v2"):
            emit(PERIOD_CLOSED_V1, PERIOD_CLOSED_V1.example)


class TestEnvelope:
    def test_for_another_service_is_refused(self):
        keys = settings.ENVIRONMENT.bus_keys()
        with pytest.raises(ForgedEnvelope):
            Envelope.opened(envelope(closed()), keys, at="portal", kind="facts")

    @pytest.mark.parametrize("items", [None, 1, [1], ["x"]])
    def test_of_no_form_is_refused(self, items):
        data = {**envelope(closed()), "items": items}
        with pytest.raises(ForgedEnvelope):
            Envelope.opened(data, settings.ENVIRONMENT.bus_keys(), at="invoicing", kind="facts")

    def test_is_taken_by_each_key_while_one_follows_another_and_signed_by_the_last(self):
        old, new = b"o" * 32, b"n" * 32
        pair = "attribution>invoicing"
        sent = Envelope("attribution", "invoicing", "facts", [])

        def is_taken(by, keys):
            try:
                Envelope.opened(sent.sealed({pair: by}), {pair: keys}, at="invoicing", kind="facts")
            except ForgedEnvelope:
                return False
            return True

        steps = ([old], [new, old], [old, new], [new])
        for before, after in pairwise(steps):
            assert is_taken(before, after)
            assert is_taken(after, before)
        assert not is_taken([old], [new])
        assert not is_taken([b""], [old, new])
        with pytest.raises(ForgedEnvelope, match="no key"):
            sent.sealed({pair: []})

    def test_of_a_pair_without_a_key_can_not_be_made(self):
        with pytest.raises(ForgedEnvelope, match="no key for invoicing>nobody"):
            Envelope("invoicing", "nobody", "facts", []).sealed(settings.ENVIRONMENT.bus_keys())


class TestAcknowledge:
    def test_only_the_consumer_itself_can_retire_its_messages(self, transactional_db):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            message_id = str(Outbox.objects.get().message_id)
        items = [{"id": message_id, "error": ""}]
        keys = settings.ENVIRONMENT.bus_keys()
        retire(Envelope("attribution", "invoicing", "acks", items).sealed(keys))
        with as_ops():
            assert Outbox.objects.get().acked_at is None

    def test_of_anothers_message_is_seen(self, transactional_db, caplog):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            message_id = str(Outbox.objects.get().message_id)
        items = [{"id": message_id, "error": "give it up"}]
        keys = settings.ENVIRONMENT.bus_keys()
        retire(Envelope("attribution", "invoicing", "acks", items).sealed(keys))
        assert f"attribution acknowledges {message_id}, which is for portal" in caplog.text
        with as_ops():
            assert not dead_letters().exists()

    def test_that_is_none_takes_no_other_with_it(self, transactional_db):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            message_id = str(Outbox.objects.get().message_id)
        odd = [{"id": "no id", "error": ""}, {"id": message_id}, {"id": 1, "error": "\x00"}]
        items = [*odd, {"id": message_id, "error": ""}]
        keys = settings.ENVIRONMENT.bus_keys()
        retire(Envelope("portal", "invoicing", "acks", items).sealed(keys))
        with as_ops():
            assert Outbox.objects.get().acked_at is not None

    @pytest.mark.parametrize(
        ("error", "kept"),
        [("KeyError: plan", "KeyError: plan"), ("no \x00 \ud800", r"no \x00 \ud800")],
    )
    def test_a_refusal_makes_a_dead_letter_with_the_error(self, transactional_db, error, kept):
        with as_ops():
            emit(CUSTOMER_CONTRACTED, CUSTOMER_CONTRACTED.example)
            message_id = str(Outbox.objects.get().message_id)
        items = [{"id": message_id, "error": error}]
        keys = settings.ENVIRONMENT.bus_keys()
        retire(Envelope("portal", "invoicing", "acks", items).sealed(keys))
        with as_ops():
            assert dead_letters().get().last_error == kept


def test_the_connection_has_no_rights_between_scopes(transactional_db):
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("select count(*) from invoicing_outbox")
