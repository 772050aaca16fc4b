"""What must hold in each service; every suite imports it and runs it on its own database."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from shared.auth.actors import Actor
from shared.contracts.contract import Contract
from shared.contracts.routes import CONTRACTS, SERVICES
from shared.contracts.versions import VERSION_MAX, VERSION_STEP_MAX
from shared.identifiers import uuid7
from shared.isolation.audit import isolation_faults
from shared.isolation.roles import become_owner
from shared.isolation.scope import as_ops
from shared.messaging.broker import Broker
from shared.messaging.consumer.receive import receive, refused_messages
from shared.messaging.envelope import Envelope
from shared.runtime.service import fact_handlers, insert_only_tables
from tests.hostile_requests import answers, json_bodies
from tests.tokens import client_of


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


def answer_to(item: dict[str, Any], *, by: str, kind: Any = "facts") -> Sent:
    """What this service answers to a fact that `by` has signed with a key that it does have."""
    keys = dict.fromkeys((f"{by}>{settings.SERVICE_NAME}", f"{settings.SERVICE_NAME}>{by}"), b"key")
    sent = Sent()
    environment = settings.ENVIRONMENT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(environment), "bus_keys", lambda _self: keys)
        envelope = Envelope(by, settings.SERVICE_NAME, kind, [item]).sealed(keys)
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
