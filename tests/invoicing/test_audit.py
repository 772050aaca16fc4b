"""What invoicing writes down of who did what."""

import pytest

from services.invoicing.models import Audit, Invoice
from shared.audit.counts import COUNTS
from shared.audit.origin import request_origin
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.invoice_states import State
from tests.audit_attacks import entries, leaves_no_trace
from tests.http_servers import in_process
from tests.invoicing.scenarios import make_customer, make_invoice
from tests.tokens import client_of, token_of

ADA = Actor("ada", "operator_admin")
ANN = Actor("ann", "customer_admin", "acme")
CLARA = Actor("clara", "billing_clerk")


@pytest.fixture(autouse=True)
def counts():
    COUNTS.forget()


@pytest.fixture
def invoices(db):
    with as_ops():
        mine = make_invoice(make_customer("acme"), number="ACME-0001", state=State.ISSUED)
        foreign = make_invoice(make_customer("foreign"))
    return mine, foreign


def written(**wanted):
    with as_ops():
        rows = Audit.objects.filter(**wanted).order_by("id")
        return [(row.actor, row.action, row.object_id, row.outcome, row.reason) for row in rows]


class TestADocument:
    @pytest.mark.parametrize("actor", [ANN, CLARA], ids=str)
    def test_that_is_read_has_an_entry_of_its_reader(self, invoices, actor):
        mine, _ = invoices
        assert client_of(actor).get(f"/api/v1/invoices/{mine.invoice_id}/pdf").status_code == 200
        assert written() == [(actor.name, "document.read", mine.invoice_id, "done", "")]

    def test_of_somebody_else_has_an_entry_of_who_asked(self, invoices):
        _, foreign = invoices
        client_of(ANN).get(f"/api/v1/invoices/{foreign.invoice_id}/pdf")
        assert written() == [("ann", "document.read", foreign.invoice_id, "refused", "not_found")]

    def test_is_read_from_where_the_person_is_and_not_from_the_portal(self, invoices):
        mine, _ = invoices
        with request_origin("203.0.113.9"):
            client = client_of(ANN)
        client.get(f"/api/v1/invoices/{mine.invoice_id}/pdf", REMOTE_ADDR="10.0.0.1")
        with as_ops():
            entry = Audit.objects.get()
        assert (entry.address, len(entry.request_id)) == ("203.0.113.9", 32)


class TestAnAction:
    def act(self, actor, invoice, action, version=1):
        return client_of(actor).post(
            f"/api/v2/invoices/{invoice.invoice_id}/actions/{action}",
            {"version": version},
            content_type="application/json",
        )

    def test_has_an_entry_of_who_did_it(self, invoices):
        _, foreign = invoices
        assert self.act(CLARA, foreign, "submit").status_code == 200
        with as_ops():
            entry = Audit.objects.get()
        assert (entry.actor, entry.object_id, entry.details) == (
            "clara",
            foreign.invoice_id,
            {"action": "submit"},
        )

    def test_that_is_refused_has_one_of_why(self, invoices):
        _, foreign = invoices
        self.act(CLARA, foreign, "submit")
        self.act(CLARA, foreign, "approve", version=2)
        assert written()[-1] == ("clara", "invoice.moved", foreign.invoice_id, "refused", "role")

    def test_is_not_done_where_it_can_not_be_written(self, invoices, monkeypatch):
        def fail(*_, **__):
            raise RuntimeError("the disk is full")

        monkeypatch.setattr("shared.audit.door.write_entry", fail)
        _, foreign = invoices
        assert self.act(CLARA, foreign, "submit").status_code == 500
        with as_ops():
            assert Invoice.objects.get(pk=foreign.pk).state == State.DRAFT


class TestPlans:
    def test_that_are_refused_have_an_entry(self, db):
        client_of(ADA).put("/api/v1/plans", {"content": "{"}, content_type="application/json")
        [(actor, action, _, outcome, _)] = written()
        assert (actor, action, outcome) == ("ada", "plans.applied", "refused")


def test_asking_for_a_foreign_object_leaves_a_trace_on_every_route(invoices):
    """Over HTTP, as an attack on a running stack is."""
    _, foreign = invoices
    with in_process(address="203.0.113.7") as http:
        for path in ("", "/pdf", "/picture"):
            COUNTS.forget()
            assert (
                leaves_no_trace(
                    http,
                    token=token_of(ANN),
                    admin=token_of(ADA),
                    method="GET",
                    path=f"/api/v1/invoices/{foreign.invoice_id}{path}",
                )
                == []
            )
        assert {entry["actor"] for entry in entries(http, token_of(ADA))} == {"ann"}
        assert entries(http, token_of(ADA), action=AuditAction.PLANS_APPLIED) == []
