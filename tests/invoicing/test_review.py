"""Draft, review, approval by a second person: who may do what, and what is kept of it."""

import pytest
from django.db import DatabaseError, connection, transaction

from services.invoicing.models import ClosedPeriod, Invoice, Job, Outbox, Transition
from services.invoicing.operations.act_on_invoice import ActionRefused, act_on_invoice
from services.invoicing.operations.move_invoice import InvoiceChanged, move_invoice
from services.invoicing.operations.record_close import is_restated, park_restated, record_close
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_ATTRIBUTED, PERIOD_CLOSED
from shared.contracts.invoicing import Cause
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice

CLARA = Actor("clara", "billing_clerk")
CARL = Actor("carl", "billing_clerk")
BRUNO = Actor("bruno", "billing_approver")
OLIVIA = Actor("olivia", "operator_admin")
SILENT = Cause("person")
RESTATED_ROW = {"code": "restated", "figures": {}, "text": "", "differences": []}


@pytest.fixture
def draft(as_staff):
    return make_invoice(make_customer("acme"))


def act(invoice, action, actor, *, reason="", version=None):
    invoice.refresh_from_db()
    return act_on_invoice(
        invoice_id=invoice.invoice_id,
        action=action,
        actor=actor,
        version=version or invoice.version,
        reason=reason,
        now=NOW,
    )


class TestTheWayToIssue:
    def test_takes_a_clerk_and_another_person(self, draft):
        act(draft, "submit", CLARA)
        act(draft, "approve", BRUNO)
        act(draft, "issue", CLARA)
        draft.refresh_from_db()
        assert draft.state == State.ISSUING
        assert Job.objects.get().kind == "issue_invoices"
        messages = list(Outbox.objects.order_by("message_id").values_list("topic", flat=True))
        assert messages[-3:] == [
            "invoicing.invoice_reviewed.v2",
            "invoicing.invoice_approved.v2",
            "invoicing.invoice_issuing_started.v2",
        ]

    def test_refuses_an_approver_who_submitted_it(self, draft):
        act(draft, "submit", BRUNO)
        with pytest.raises(ActionRefused, match="A second person has to approve"):
            act(draft, "approve", BRUNO)

    def test_forgets_who_submitted_before_it_was_returned(self, draft):
        act(draft, "submit", BRUNO)
        act(draft, "return", CLARA, reason="wrong purchase order")
        act(draft, "submit", CLARA)
        act(draft, "approve", BRUNO)
        draft.refresh_from_db()
        assert draft.state == State.APPROVED

    def test_lets_one_person_approve_a_small_amount(self, draft, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"second_person_above": 1000})
        act(draft, "submit", BRUNO)
        assert act(draft, "approve", BRUNO).state == State.APPROVED

    @pytest.mark.parametrize(
        ("action", "actor", "reason"),
        [
            ("approve", BRUNO, "needs in_review"),
            ("issue", CLARA, "needs approved"),
            ("submit", OLIVIA, "Your role may not"),
            ("park", CLARA, "needs a reason"),
            ("publish", CLARA, "nothing that can be done"),
        ],
    )
    def test_refuses_with_the_reason(self, draft, action, actor, reason):
        with pytest.raises(ActionRefused, match=reason):
            act(draft, action, actor)
        draft.refresh_from_db()
        assert (draft.state, draft.version) == (State.DRAFT, 1)

    def test_takes_blanks_for_no_reason(self, draft):
        with pytest.raises(ActionRefused, match="needs a reason"):
            act(draft, "park", CLARA, reason=" \n")

    def test_refuses_a_version_that_the_person_has_not_seen(self, draft):
        act(draft, "submit", CLARA)
        with pytest.raises(InvoiceChanged, match="at version 2, you have seen 1"):
            act(draft, "approve", BRUNO, version=1)

    def test_lets_one_of_two_at_the_same_time_win(self, draft):
        first = Invoice.objects.get(pk=draft.pk)
        second = Invoice.objects.get(pk=draft.pk)
        move_invoice(first, State.IN_REVIEW, actor="clara", cause=SILENT, now=NOW)
        with pytest.raises(InvoiceChanged):
            move_invoice(second, State.PARKED, actor="carl", cause=SILENT, now=NOW)

    def test_parked_needs_an_approver_who_did_not_park_it(self, draft):
        act(draft, "park", CLARA, reason="looks odd")
        with pytest.raises(ActionRefused, match="Your role"):
            act(draft, "release", CARL, reason="looks fine")
        assert act(draft, "release", BRUNO, reason="looks fine").parked_reasons == []


class TestTheLog:
    def test_has_each_step_in_its_order(self, draft):
        act(draft, "submit", CLARA)
        act(draft, "approve", BRUNO)
        log = list(Transition.objects.order_by("sequence"))
        assert [row.to_state for row in log] == ["draft", "in_review", "approved"]

    @pytest.mark.parametrize(
        "sql",
        [
            "update invoicing_transition set actor = 'nobody'",
            "delete from invoicing_transition",
            "update invoicing_invoiceline set amount_minor = 1",
            "delete from invoicing_invoiceline",
            "delete from invoicing_invoice",
        ],
    )
    def test_and_lines_can_be_changed_by_nobody(self, draft, sql):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


class TestAnIssuedInvoice:
    @pytest.mark.parametrize(
        "change", [{"total_minor": 1}, {"number": "X"}, {"period": "2026-09"}, {"currency": "EUR"}]
    )
    def test_is_frozen_in_what_was_issued(self, as_staff, change):
        invoice = make_invoice(make_customer("acme"), number="A-1", state=State.ISSUED)
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)

    def test_still_changes_its_state(self, as_staff):
        invoice = make_invoice(make_customer("acme"), number="A-1", state=State.ISSUED)
        assert (
            move_invoice(invoice, State.PAID, actor="stripe", cause=SILENT, now=NOW).state == "paid"
        )


class TestOneLiveInvoice:
    def test_per_customer_and_period_is_the_databases_own_rule(self, as_staff):
        contract = make_customer("acme")
        make_invoice(contract)
        with pytest.raises(DatabaseError, match="invoice_one_live"), transaction.atomic():
            make_invoice(contract)

    def test_also_where_the_seller_is_unknown(self, as_staff):
        contract = make_customer("acme")
        make_invoice(contract, seller=None)
        with pytest.raises(DatabaseError, match="invoice_one_live"), transaction.atomic():
            make_invoice(contract, seller=None)

    def test_beside_a_void_one(self, as_staff):
        contract = make_customer("acme")
        make_invoice(contract, state=State.VOID)
        assert make_invoice(contract).state == State.DRAFT


class TestARestatedBill:
    def test_parks_what_was_drafted_before(self, draft):
        record_close(PERIOD_CLOSED.example)
        newer = PERIOD_ATTRIBUTED.dump(PERIOD_ATTRIBUTED.example)
        park_restated(PERIOD_ATTRIBUTED.load({**newer, "version": 2, "run_id": "run_2"}))
        draft.refresh_from_db()
        assert draft.state == State.PARKED
        assert draft.parked_for == [RESTATED_ROW]
        assert draft.parked_reasons == ["Restated since it was drafted."]

    def test_is_noticed_where_its_fact_comes_before_that_of_the_close(self, as_staff):
        newer = PERIOD_ATTRIBUTED.dump(PERIOD_ATTRIBUTED.example)
        park_restated(PERIOD_ATTRIBUTED.load({**newer, "version": 2, "run_id": "run_2"}))
        record_close(PERIOD_CLOSED.example)
        closed = ClosedPeriod.objects.get()
        assert is_restated(closed.period, closed.run_version)

    def test_of_the_closed_run_itself_parks_nothing(self, draft):
        record_close(PERIOD_CLOSED.example)
        park_restated(PERIOD_ATTRIBUTED.example)
        draft.refresh_from_db()
        assert draft.state == State.DRAFT

    def test_leaves_an_issued_invoice_alone(self, as_staff):
        invoice = make_invoice(make_customer("acme"), number="A-1", state=State.ISSUED)
        record_close(PERIOD_CLOSED.example)
        newer = PERIOD_ATTRIBUTED.dump(PERIOD_ATTRIBUTED.example)
        park_restated(PERIOD_ATTRIBUTED.load({**newer, "version": 2, "run_id": "run_2"}))
        invoice.refresh_from_db()
        assert invoice.state == State.ISSUED
