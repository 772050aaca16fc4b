"""A customer gets nothing of another customer's, on any route that exists."""

import pytest
from django.db import IntegrityError, connection

from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.access_matrix import leaks
from tests.api_schema import unfit_answers
from tests.every_service import switch_off
from tests.invoicing.scenarios import make_customer, make_invoice
from tests.tokens import client_of

ANN = Actor("ann", "customer_admin", "acme")
MARKS = ("Foreign & Sons", "Foreign \\u0026 Sons", "ap@foreign.example", "FOREIGN-0001")
PUBLIC = frozenset({"webhooks/stripe"})
SCOPED_TABLES = (
    "invoicing_customer",
    "invoicing_contract",
    "invoicing_invoice",
    "invoicing_invoiceline",
    "invoicing_transition",
    "invoicing_ledgerentry",
    "invoicing_creditnote",
    "invoicing_creditnoteline",
    "invoicing_grant",
    "invoicing_grantdraw",
)


@pytest.fixture
def invoices(db):
    with as_ops():
        mine = make_invoice(make_customer("acme"), number="ACME-0001", state=State.ISSUED)
        foreign = make_invoice(
            make_customer("foreign", name="Foreign & Sons"),
            number="FOREIGN-0001",
            state=State.ISSUED,
        )
    return mine, foreign


def foreign_values(invoice):
    return {
        "<str:invoice_id>": invoice.invoice_id,
        "<str:action>": "submit",
        "<str:note_id>": "cn_1",
        "<str:debit_id>": "deb_1",
        "<str:customer_id>": invoice.customer_id,
        "<str:account_id>": "acc_1",
        "<str:period>": invoice.period,
        "<str:message_id>": "message_1",
        "<str:job_id>": "job_1",
        "<str:proposal_id>": "proposal_1",
    }


class TestACustomersToken:
    def test_gets_404_for_every_other_customers_object_on_every_route(self, invoices):
        _, foreign = invoices
        assert leaks(client_of(ANN), foreign_values(foreign), marks=MARKS, public=PUBLIC) == []

    def test_the_matrix_fails_when_row_security_is_off(self, invoices):
        _, foreign = invoices
        for table in SCOPED_TABLES:
            switch_off(table)
        assert leaks(client_of(ANN), foreign_values(foreign), marks=MARKS, public=PUBLIC)

    def test_sees_its_own_invoice_without_what_is_for_staff(self, invoices):
        mine, _ = invoices
        answer = client_of(ANN).get(f"/api/v2/invoices/{mine.invoice_id}")
        assert answer.status_code == 200
        shown = answer.json()
        assert shown["number"] == "ACME-0001"
        assert not {"parked_reasons", "history", "actions", "run_id"} & shown.keys()
        assert all("cost" not in line and "basis" not in line for line in shown["lines"])
        assert "costs" not in shown

    def test_sees_cost_where_the_contract_is_open_book(self, db):
        with as_ops():
            invoice = make_invoice(
                make_customer("acme", disclosure="open_book"), number="A-1", state=State.ISSUED
            )
        shown = client_of(ANN).get(f"/api/v2/invoices/{invoice.invoice_id}").json()
        assert shown["lines"][0]["cost"] == "101.1676666667"

    @pytest.mark.parametrize("version", [1, 2])
    def test_sees_what_was_priced_where_the_contract_is_open_book_alone(self, db, version):
        with as_ops():
            for key, disclosure in (("acme", "open_book"), ("globex", "closed")):
                make_invoice(
                    make_customer(key, disclosure=disclosure),
                    number=f"{key}-1",
                    state=State.ISSUED,
                    costs={key: {"Compute": "101.1676666667", "Support": "-5", "DNS": "0"}},
                )
        [shown] = client_of(ANN).get(f"/api/v{version}/invoices").json()["data"]
        assert shown["costs"] == {"Compute": "101.1676666667", "Support": "-5.0000000000"}
        closed = client_of(Actor("gus", "customer_admin", "globex"))
        [shown] = closed.get(f"/api/v{version}/invoices").json()["data"]
        assert "costs" not in shown
        assert "101.16" not in str(shown)

    def test_does_not_see_its_own_draft(self, db):
        with as_ops():
            draft = make_invoice(make_customer("acme"))
        assert client_of(ANN).get(f"/api/v2/invoices/{draft.invoice_id}").status_code == 404
        assert client_of(ANN).get("/api/v2/invoices").json()["data"] == []

    @pytest.mark.parametrize("state", ["draft", "in_review", "approved", "issuing", "parked"])
    def test_does_not_see_what_has_a_number_and_is_not_issued(self, db, state):
        with as_ops():
            numbered = make_invoice(make_customer("acme"), number="A-1", state=state)
        path = f"/api/v2/invoices/{numbered.invoice_id}"
        assert client_of(ANN).get(path).status_code == 404
        assert client_of(ANN).get(f"{path}/pdf").status_code == 404
        assert client_of(ANN).get("/api/v2/invoices").json()["data"] == []

    def test_can_do_nothing_even_to_its_own(self, invoices):
        mine, _ = invoices
        answer = client_of(ANN).post(
            f"/api/v2/invoices/{mine.invoice_id}/actions/approve",
            {"version": 1},
            content_type="application/json",
        )
        assert answer.status_code == 404


class TestAnAnswer:
    @pytest.mark.parametrize("actor", [ANN, Actor("olivia", "operator_admin")], ids=str)
    def test_is_as_the_schema_says(self, invoices, actor):
        mine, _ = invoices
        assert unfit_answers(client_of(actor), foreign_values(mine)) == []


class TestAToken:
    def test_for_another_service_is_refused(self, invoices):
        client = client_of(ANN, audience="attribution")
        assert client.get("/api/v2/invoices").status_code == 401

    def test_is_needed(self, invoices, client):
        assert client.get("/api/v2/invoices").status_code == 401

    def test_that_was_changed_is_refused(self, invoices, client):
        answer = client.get("/api/v2/invoices", headers={"Authorization": "Bearer x.y.z"})
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"

    def test_of_a_viewer_can_not_approve(self, db):
        with as_ops():
            invoice = make_invoice(make_customer("acme"))
        answer = client_of(Actor("vic", "operator_viewer")).post(
            f"/api/v2/invoices/{invoice.invoice_id}/actions/submit",
            {"version": 1},
            content_type="application/json",
        )
        assert answer.status_code == 403


class TestTheDatabase:
    def test_refuses_a_line_under_another_customers_invoice(self, invoices):
        _, foreign = invoices
        with (  # noqa: PT012 - the constraint is deferred
            pytest.raises(IntegrityError, match="same_subject"),
            as_ops(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                "insert into invoicing_invoiceline"
                " (customer_id, invoice_id, position, description,"
                " kind, tenant, amount_minor, exact_amount, charge_group, basis,"
                " service_start, service_end)"
                " values ('acme', %s, 9, 'x', 'x', 'x', 1, 1, '', '', '2026-10-01', '2026-11-01')",
                [foreign.invoice_id],
            )
            cursor.execute("set constraints all immediate")
