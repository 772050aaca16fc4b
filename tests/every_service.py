"""What must hold in each service; every suite imports it and runs it on its own database."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from shared.audit.counts import COUNTS
from shared.audit.declared import declared
from shared.audit.entries import audit_entries, write_entry
from shared.auth.actors import Actor
from shared.contracts.contract import Contract
from shared.contracts.routes import CONTRACTS, SERVICES
from shared.contracts.versions import VERSION_MAX, VERSION_STEP_MAX
from shared.health.trouble import ITEMS_MAX
from shared.identifiers import uuid7
from shared.isolation.audit import isolation_faults
from shared.isolation.roles import become_owner, role_name
from shared.isolation.scope import as_ops
from shared.jobs.table import jobs
from shared.messaging.broker import Broker
from shared.messaging.consumer.inbox import inbox_failures
from shared.messaging.consumer.receive import receive, refused_messages
from shared.messaging.envelope import Envelope
from shared.messaging.producer.outbox import outbox
from shared.runtime.schema import api_schema
from shared.runtime.service import fact_handlers, insert_only_tables
from shared.vocabulary.audit import AuditAction
from tests.absurd_facts import absurd_facts, largest_facts
from tests.access_matrix import routed_views
from tests.audit_attacks import entries, floods_the_log, is_read_by_others, leaves_no_trace
from tests.hostile_requests import answers, json_bodies
from tests.http_servers import in_process
from tests.tokens import client_of, token_of


def switch_off(table: str) -> None:
    """The negative control of the isolation tests: this must make them fail."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        become_owner(connection)
        cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} DISABLE ROW LEVEL SECURITY")
        cursor.execute("RESET ROLE")


class TestIsolationOfTheDatabase:
    def test_no_table_view_or_role_shows_rows_to_the_wrong_subject(self, as_staff):
        assert isolation_faults(insert_only=insert_only_tables()) == []

    def test_the_audit_finds_a_table_whose_row_security_is_off(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "select relname from pg_class where relrowsecurity order by relname limit 1"
            )
            found = cursor.fetchone()
        if found is None:
            return
        switch_off(found[0])
        faults = isolation_faults(insert_only=insert_only_tables())
        assert [fault for fault in faults if fault.startswith(found[0])]

    def test_the_login_has_no_rights_of_its_own(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "select rolsuper, rolbypassrls, rolinherit from pg_roles"
                " where rolname = current_user"
            )
            assert cursor.fetchone() == (False, False, False)


class TestHostileRequests:
    """No request, however made, is a fault of the service, or gets a page where data is served."""

    def answers(self) -> Iterator[tuple[str, Any]]:
        return answers(client_of(Actor("ada", "operator_admin")), json_bodies())

    def is_fine(self, answer: Any) -> bool:
        is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
        return answer.status_code < 400 or (answer.status_code < 500 and is_problem)

    def test_are_refused_with_a_problem_document(self, db):
        wrong = [
            f"{request}: {answer.status_code}, {answer.headers.get('Content-Type')}"
            for request, answer in self.answers()
            if not self.is_fine(answer)
        ]
        assert not wrong, "\n".join(wrong[:20])


ADA = Actor("ada", "operator_admin")
OTHERS = (
    Actor("vic", "operator_viewer"),
    Actor("clara", "billing_clerk"),
    Actor("ann", "customer_admin", "acme"),
)


class TestSchema:
    """Of the services that have an API; it is made of what the views declare."""

    def test_has_every_route_with_every_method_that_somebody_may_use(self):
        described = api_schema()["paths"]
        for route, view in routed_views(get_resolver().url_patterns):
            if not route.startswith(("api/", "webhooks/")):
                continue
            path = "/" + re.sub(r"<str:(\w+)>", r"{\1}", route)
            roles = getattr(view.view_class, "roles", {})
            assert set(described[path]) >= {method.lower() for method in roles}, path

    def test_is_valid_and_nothing_of_it_was_guessed(self):
        GENERATOR_STATS.reset()
        schema = api_schema.__wrapped__()
        validate_schema(schema)
        assert not GENERATOR_STATS

    def test_says_of_each_answer_that_is_no_success_that_it_is_a_problem_document(self):
        for path, methods in api_schema()["paths"].items():
            for method, operation in methods.items():
                problem = operation["responses"]["default"]["content"]
                assert list(problem) == ["application/problem+json"], (method, path)

    @pytest.mark.parametrize("accept", ["text/html", "application/vnd.oai.openapi", "x", "*/*;q=x"])
    def test_is_answered_as_json_whatever_is_wanted(self, db, client, accept):
        answer = client.get("/api/v1/schema", headers={"Accept": accept, "Authorization": "x"})
        assert answer.status_code in {200, 406}
        assert json.loads(answer.content)


class TestAuditLog:
    """Who did what: no view can forget it, and nobody changes it."""

    def test_has_a_declaration_of_every_route(self):
        """What of it is written, or why nothing is."""
        routed = routed_views(get_resolver().url_patterns)
        assert [route for route, view in routed if declared(view, "GET") is None] == []

    @pytest.mark.parametrize(
        ("role", "statement"),
        [
            ("ops", "update {table} set actor = ''"),
            ("ops", "delete from {table}"),
            ("app", "select * from {table}"),
            ("app", "insert into {table} (actor) values ('')"),
            ("app", "update {table} set actor = ''"),
        ],
    )
    def test_gives_nobody_a_right_to_change_it(self, db, role, statement):
        with pytest.raises(DatabaseError, match="permission denied"):
            self.run(role, statement)

    def test_can_not_be_changed_by_its_owner_either(self, db):
        with as_ops():
            write_entry(AuditAction.SIGNED_OUT, actor=ADA)
        with pytest.raises(DatabaseError, match="never changed"):
            self.run("owner", "delete from {table}")

    def run(self, role, statement):
        table = connection.ops.quote_name(audit_entries()._meta.db_table)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local role {connection.ops.quote_name(role_name(role))}")
            cursor.execute(statement.format(table=table))


class TestAuditApi:
    """Of the services that have an API; it is attacked over HTTP."""

    @pytest.fixture
    def http(self, db):
        COUNTS.forget()  # what other tests were refused in this minute
        with in_process(address="203.0.113.7") as client:
            yield client

    def test_is_read_by_administrators_alone(self, http):
        assert is_read_by_others(http, {each.role: token_of(each) for each in OTHERS}) == []

    @pytest.mark.parametrize("actor", OTHERS, ids=str)
    def test_shows_who_was_refused(self, http, actor):
        attack = {"token": token_of(actor), "method": "GET", "path": "/api/v1/audit"}
        assert leaves_no_trace(http, admin=token_of(ADA), **attack) == []
        entry = entries(http, token_of(ADA), actor=actor.name)[0]
        assert (entry["role"], entry["address"]) == (actor.role, "203.0.113.7")

    def test_is_not_filled_by_tokens_of_nobody(self, http):
        assert floods_the_log(http, admin=token_of(ADA)) == []

    def test_says_who_has_read_it_where_that_is_asked(self, http):
        entries(http, token_of(ADA))
        assert entries(http, token_of(ADA)) == []
        assert [entry["actor"] for entry in entries(http, token_of(ADA), action="audit.read")]

    def test_goes_back_from_key_to_key(self, http):
        with as_ops():
            for number in range(5):
                write_entry(AuditAction.SIGNED_OUT, actor=ADA, object_id=str(number))
        seen, before = [], ""
        while before is not None:
            page = http.get(
                f"/api/v1/audit?limit=2&action=session.ended{before and f'&before={before}'}",
                headers={"Authorization": f"Bearer {token_of(ADA)}"},
            ).json()
            seen += [entry["object_id"] for entry in page["data"]]
            before = page["next"]
        assert seen == ["4", "3", "2", "1", "0"]


class TestHealthApi:
    """Of the services that have an API: what is stuck is shown until it is not any more."""

    def shown(self, actor=ADA):
        return client_of(actor).get("/api/v1/health")

    def kinds(self):
        return [
            (item["kind"], item["code"], item["subject"]) for item in self.shown().json()["data"]
        ]

    def post(self, path, actor=ADA):
        return client_of(actor).post(f"/api/v1/health/{path}")

    def test_is_empty_where_all_is_well(self, db):
        answer = self.shown().json()
        assert answer["data"] == []
        assert answer["looked_at"]

    def test_is_for_analysts_and_administrators(self, db):
        ana = Actor("ana", "operator_analyst")
        assert self.shown(ana).status_code == 200
        assert [self.shown(actor).status_code for actor in OTHERS] == [403, 403, 404]
        for path in (f"messages/{uuid7()}/replay", f"jobs/{uuid7()}/retry"):
            statuses = [self.post(path, actor).status_code for actor in (ADA, ana, *OTHERS)]
            assert statuses == [404, 403, 403, 403, 404]
        assert self.post("messages/x/replay").status_code == 404

    def test_shows_a_dead_letter_until_it_is_sent_again(self, db):
        with as_ops():
            letter = outbox().objects.create(
                dest="portal",
                topic="a.fact.v1",
                payload={},
                dead_at=Now(),
                attempts=8,
                last_error="Refused: https://s3/x?X-Amz-Signature=abc",
            )
        name = str(letter.message_id)
        assert self.kinds() == [("dead_letter", "refused_by_consumer", name)]
        [item] = self.shown().json()["data"]
        assert item["figures"]["topic"] == "a.fact.v1"
        assert "Signature=abc" not in item["figures"]["text"]
        assert self.post(f"messages/{name}/replay").status_code == 200
        assert self.kinds() == []
        with as_ops():
            letter.refresh_from_db()
            assert (letter.dead_at, letter.attempts) == (None, 0)
            assert audit_entries().objects.get(action=AuditAction.MESSAGE_REPLAYED).actor == "ada"
        assert self.post(f"messages/{name}/replay").status_code == 404

    def test_shows_what_was_refused_here(self, db):
        with as_ops():
            refused = inbox_failures().objects.create(
                message_id=uuid7(), source="ingestion", topic="a.fact.v1", attempts=8, error="no"
            )
        assert self.kinds() == [("refused_message", "refused_here", str(refused.message_id))]

    @pytest.mark.parametrize(
        ("next_in_minutes", "attempts", "code"),
        [(-60, 0, "not_sent"), (5, 9, "not_acknowledged")],
    )
    def test_shows_facts_that_nobody_acknowledges(self, db, next_in_minutes, attempts, code):
        now = datetime.now(UTC)
        with as_ops():
            fact = {"dest": "portal", "topic": "a.fact.v1", "payload": {}}
            outbox().objects.create(**fact)
            outbox().objects.create(
                **fact,
                created_at=now - timedelta(hours=1),
                next_at=now + timedelta(minutes=next_in_minutes),
                attempts=attempts,
            )
        assert self.kinds() == [("unacknowledged_facts", code, "portal")]

    def make_job(self, **fields):
        with as_ops():
            return jobs().objects.create(
                **{"kind": "some_kind", "key": "k", "payload": {"rerun": True, "x": 1}, **fields}
            )

    def test_shows_a_failed_job_until_another_makes_it_good(self, db):
        job = self.make_job(state="failed", finished_at=Now(), error="no")
        self.make_job(state="failed", finished_at=Now(), requested_by="ana")  # who was answered
        assert self.kinds() == [("failed_job", "gave_up", str(job.job_id))]
        assert self.post(f"jobs/{job.job_id}/retry").status_code == 200
        with as_ops():
            again = jobs().objects.get(state="queued")
            assert again.payload == {"x": 1}
            again.state, again.finished_at = "done", datetime.now(UTC) + timedelta(seconds=1)
            again.save()
        assert self.kinds() == []
        assert self.post(f"jobs/{again.job_id}/retry").status_code == 404

    def test_shows_a_job_that_is_tried_again_and_again(self, db):
        job = self.make_job(attempts=4, next_at=datetime.now(UTC) + timedelta(minutes=1))
        assert self.kinds() == [("repeated_job", "tried_again", str(job.job_id))]

    def test_shows_jobs_that_no_runner_takes(self, db):
        now = datetime.now(UTC)
        self.make_job(next_at=now - timedelta(minutes=30))
        assert self.kinds() == [("waiting_jobs", "no_runner", "some_kind")]
        self.make_job(key="l", state="running", next_at=now + timedelta(seconds=15))
        assert self.kinds() == []  # it waits behind one that runs

    def test_is_bounded(self, db):
        for number in range(ITEMS_MAX + 5):
            self.make_job(key=str(number), state="failed", finished_at=Now())
        assert len(self.kinds()) == ITEMS_MAX


class Sent(Broker):
    """Keeps what would be published."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def publish(self, *, queue: str, task: str, envelope: dict[str, Any]) -> None:
        self.calls.append((queue, envelope))

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for _, envelope in self.calls for item in envelope["items"]]


def item_of(contract: Contract[Any], **changes: Any) -> dict[str, Any]:
    payload = {**contract.dump(contract.example), **changes}
    return {
        "id": str(uuid7()),
        "topic": contract.name,
        "subject": str(payload[contract.subject]) if contract.subject else "",
        "payload": json.dumps(payload),
    }


def answer_to(*items: dict[str, Any], by: str, kind: Any = "facts") -> Sent:
    """What this service answers to facts that `by` has signed with a key that it does have."""
    pairs = f"{by}>{settings.SERVICE_NAME}", f"{settings.SERVICE_NAME}>{by}"
    keys = {pair: [b"key"] for pair in pairs}
    sent = Sent()
    environment = settings.ENVIRONMENT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(environment), "bus_keys", lambda _self: keys)
        envelope = Envelope(by, settings.SERVICE_NAME, kind, items).sealed(keys)
        receive(sent, fact_handlers(), envelope)
    return sent


def rows_of_facts() -> dict[str, list[Any]]:
    """All that a service keeps, but the books of the bus."""
    from django.apps import apps  # noqa: PLC0415 - after settings are chosen

    with as_ops():
        return {
            model.__name__: list(model.objects.order_by("pk").values())
            for model in apps.get_app_config(settings.SERVICE_NAME).get_models()
            if model.__name__ not in {"Inbox", "InboxFailures", "Job"}
        }


class TestFactsOfOthers:
    """Whoever holds a key of the bus may tell what is theirs, in versions that can be true."""

    def handled(self) -> list[Contract[Any]]:
        return [CONTRACTS[name] for name in sorted(fact_handlers())]

    def refusals(self) -> list[str]:
        with as_ops():
            return [failure.error for failure in refused_messages()]

    def test_are_refused_at_once_where_another_produces_them(self, transactional_db):
        for contract in self.handled():
            for other in set(SERVICES) - {contract.producer, settings.SERVICE_NAME}:
                before, item = rows_of_facts(), item_of(contract)
                sent = answer_to(item, by=other)
                assert rows_of_facts() == before
                assert [(one["id"], one["error"][:11]) for one in sent.items] == [
                    (item["id"], "ForeignFact")
                ]
                assert f"{other} may not tell" in self.refusals()[-1]

    def test_are_no_acknowledgements(self, transactional_db):
        for contract in self.handled():
            before = rows_of_facts()
            sent = answer_to(item_of(contract), by=contract.producer, kind="acks")
            assert (sent.calls, rows_of_facts()) == ([], before)

    def test_are_refused_where_their_version_is_out_of_reach(self, transactional_db):
        for contract in self.handled():
            for field in contract.versions:
                self.deliver_example(contract)
                known = getattr(contract.example, field)
                step = (VERSION_STEP_MAX + 1) * contract.version_unit
                ceiling = (VERSION_MAX + 1) * contract.version_unit
                # Not every consumer keeps a second number, and so it knows none to compare with.
                jumps = (known + step,) if field == "version" else ()
                for absurd in (*jumps, ceiling, 0):
                    before = rows_of_facts()
                    jump = {name: getattr(contract.example, name) + 1 for name in contract.versions}
                    item = item_of(contract, **{**jump, field: absurd})
                    sent = answer_to(item, by=contract.producer)
                    assert rows_of_facts() == before, contract.name
                    assert [one["error"].partition(":")[0] for one in sent.items] == [
                        "ImplausibleVersion"
                    ], (contract.name, absurd)

    def test_are_refused_at_once_where_a_value_is_absurd(self, transactional_db):
        for contract in self.of_each_form():
            self.deliver_example(contract)
            before = rows_of_facts()
            subject = item_of(contract)["subject"]
            facts = [
                (path, {**item_of(contract, **payload), "subject": subject})
                for path, payload in absurd_facts(contract)
            ]
            sent = answer_to(*(item for _, item in facts), by=contract.producer)
            assert rows_of_facts() == before, contract.name
            errors = {one["id"]: one["error"] for one in sent.items}
            for path, item in facts:
                start = f"ImplausibleValue: {contract.name} has a wrong {path.partition('.')[0]}"
                assert errors[item["id"]].startswith(start), (contract.name, path)
            shown = set(self.refusals())
            assert set(errors.values()) - {""} <= shown

    def test_fit_what_keeps_them_where_each_value_is_the_largest(self, transactional_db):
        """Each is newer than the one before, and of a thing of its own where it comes once."""
        for contract in self.of_each_form():
            if contract.successor is not None:
                continue  # a sentence of version 1 is not any text
            items = []
            for number, (path, payload) in enumerate(largest_facts(contract), start=1):
                news: dict[str, Any] = {
                    **dict.fromkeys(contract.versions, number * contract.version_unit),
                    **{name: uuid7().hex for name in payload if name.endswith("_id")},
                }
                news.pop(path, None)
                items.append(item_of(contract, **{**payload, **news}))
            sent = answer_to(*items, by=contract.producer)
            kinds = {one["error"].partition(":")[0] for one in sent.items}
            assert len(sent.items) == len(items), contract.name
            assert kinds <= {"", "ImplausibleVersion"}, (contract.name, kinds)

    def of_each_form(self) -> list[Contract[Any]]:
        """One of those that have the same payload, of the versions that are taken still, too."""
        handled = {contract.name for contract in self.handled()}
        forms = {
            contract.payload: contract
            for contract in CONTRACTS.values()
            if (contract.successor or contract).name in handled
        }
        return list(forms.values())

    def test_are_taken_from_those_who_produce_them(self, transactional_db):
        for contract in self.handled():
            sent = self.deliver_example(contract)
            assert [one["error"] for one in sent.items] == [""], contract.name

    def test_that_count_versions_say_so(self):
        """A contract whose payload has a version names it, so that its jumps are refused."""
        for contract in self.handled():
            has = {name for name in contract.dump(contract.example) if name.endswith("version")}
            assert has - {"schema_version"} == set(contract.versions)

    def deliver_example(self, contract: Contract[Any]) -> Sent:
        return answer_to(item_of(contract), by=contract.producer)
