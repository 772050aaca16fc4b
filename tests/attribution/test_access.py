"""Cost is for the operator's people: a customer is not even told that these routes exist."""

from decimal import Decimal

import pytest

from services.attribution.models import Run, Statement, Tenant
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops, as_subject
from tests.access_matrix import leaks
from tests.api_schema import unfit_answers
from tests.every_service import switch_off
from tests.tokens import client_of, subject_of

ANN = Actor("ann", "customer_admin", "acme")
FOREIGN = {
    "<str:period>": "2026-10",
    "<str:tenant>": "foreign",
    "<str:run_id>": "run_1",
    "<str:message_id>": "message_1",
    "<str:job_id>": "job_1",
    "<str:proposal_id>": "proposal_1",
    "<str:question_id>": "question_1",
}
MARKS = ("Foreign & Sons", "4242.4242")


@pytest.fixture
def statements(db):
    with as_ops():
        Run.objects.create(
            run_id="run_1",
            period="2026-10",
            version=1,
            state="proven",
            is_current=True,
            input_digest="d",
            ruleset_digest="r",
            snapshot_ids=[],
            signal_set_ids=[],
            cost_measure="EffectiveCost",
        )
        for tenant, name, cost in (
            ("acme", "Acme", "1"),
            ("foreign", "Foreign & Sons", "4242.4242"),
        ):
            Tenant.objects.create(tenant_id=tenant, name=name)
            Statement.objects.create(
                statement_id=f"stm_{tenant}",
                tenant_id=tenant,
                period="2026-10",
                run_id="run_1",
                currency="USD",
                cost=Decimal(cost),
                direct_cost=Decimal(cost),
                shared_cost=0,
            )


class TestACustomersToken:
    def test_gets_404_on_every_route(self, statements):
        assert leaks(client_of(ANN), FOREIGN, marks=MARKS, public=frozenset()) == []


class TestTheOperatorsToken:
    def test_gets_answers_as_the_schema_says(self, statements):
        values = {**FOREIGN, "<str:tenant>": "foreign"}
        assert unfit_answers(client_of(Actor("olivia", "operator_admin")), values) == []

    def test_sees_a_tenants_cost(self, statements):
        client = client_of(Actor("olivia", "operator_viewer"))
        answer = client.get("/api/v1/periods/2026-10/statements/foreign")
        assert answer.json()["cost"] == "4242.4242000000"

    def test_of_a_viewer_can_neither_close_nor_change_the_ruleset(self, statements):
        client = client_of(Actor("vic", "operator_viewer"))
        for method, path in (("post", "/api/v1/periods/2026-10/close"), ("put", "/api/v1/ruleset")):
            answer = getattr(client, method)(path, {}, content_type="application/json")
            assert answer.status_code == 403


class TestAScope:
    def test_shows_one_tenants_rows_alone(self, statements):
        with as_subject(subject_of("acme")):
            assert [row.tenant_id for row in Statement.objects.all()] == ["acme"]
            assert [row.tenant_id for row in Tenant.objects.all()] == ["acme"]

    def test_shows_all_when_row_security_is_off(self, statements):
        switch_off("attribution_statement")
        with as_subject(subject_of("acme")):
            assert Statement.objects.count() == 2

    def test_inside_another_is_left_as_it_was(self, statements):
        with as_subject(subject_of("acme")):
            with as_subject(subject_of("foreign")):
                assert Statement.objects.get().tenant_id == "foreign"
            assert Statement.objects.get().tenant_id == "acme"

    def test_without_a_subject_can_not_be_opened(self, db):
        with pytest.raises(ValueError, match="would see nothing"), as_subject(""):
            pass
