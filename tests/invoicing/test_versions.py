"""Answers and rows in two forms: data, and for one release the sentences of before."""

from datetime import date

import pytest

from services.invoicing.models import Invoice, InvoiceLine, Transition
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.queries.invoice_fact import invoice_fact
from shared.auth.actors import Actor
from shared.contracts.bases import FeeDays
from shared.contracts.invoicing import INVOICE_DRAFTED, Cause
from shared.contracts.superseded.invoices import INVOICE_FACTS_V1
from shared.isolation.scope import as_ops
from tests.invoicing.scenarios import NOW, make_customer, make_invoice
from tests.tokens import client_of

CLARA = Actor("clara", "billing_clerk")
BRUNO = Actor("bruno", "billing_approver")
DRAFTED_V1 = INVOICE_FACTS_V1[0]


@pytest.fixture
def parked(db):
    with as_ops():
        invoice = make_invoice(make_customer("acme", disclosure="open_book"))
        return act_on_invoice(
            invoice_id=invoice.invoice_id,
            action="park",
            actor=CLARA,
            version=invoice.version,
            reason="looks odd",
            now=NOW,
        )


def answer(invoice, version, *, actor=CLARA):
    return client_of(actor).get(f"/api/v{version}/invoices/{invoice.invoice_id}").json()


class TestAnAnswer:
    def test_has_data_where_the_version_before_has_sentences(self, parked):
        new, old = answer(parked, 2), answer(parked, 1)
        assert [line["basis"] for line in new["lines"]] == [
            {"percent": "20"},
            {"every": "month", "days": 31, "days_in_all": 31},
        ]
        assert [line["basis"] for line in old["lines"]] == ["cost plus 20 %", "per month"]
        cause = {"code": "person", "figures": {}, "text": "looks odd", "differences": []}
        assert (new["parked_reasons"], old["parked_reasons"]) == ([cause], ["looks odd"])
        assert (new["history"][-1]["cause"], old["history"][-1]["reason"]) == (cause, "looks odd")
        refused = {action["name"]: action["refused"] for action in new["actions"]}
        assert refused["submit"] == {"code": "state", "state": "parked", "needed": ["draft"]}
        assert refused["release"] is None
        written = {action["name"]: action["refused"] for action in old["actions"]}
        assert written["submit"] == "It is parked; submit needs draft."
        assert written["release"] == ""

    def test_of_either_version_is_a_fact_of_that_version(self, parked):
        newest = INVOICE_DRAFTED.load(answer(parked, 2))
        assert DRAFTED_V1.newest(answer(parked, 1)) == (INVOICE_DRAFTED, newest)

    def test_is_the_same_in_a_list(self, parked):
        for version in (1, 2):
            listed = client_of(CLARA).get(f"/api/v{version}/invoices").json()["data"]
            assert listed == [answer(parked, version)]

    @pytest.mark.parametrize(
        ("actor", "action", "reason"),
        [
            (CLARA, "submit", {"code": "state", "state": "parked", "needed": ["draft"]}),
            (CLARA, "release", {"code": "role", "state": "parked", "needed": ["billing_approver"]}),
            (BRUNO, "release", {"code": "reason", "state": "parked", "needed": []}),
            (CLARA, "publish", {"code": "unknown_action", "state": "", "needed": []}),
        ],
    )
    def test_to_what_is_refused_says_so_as_data_and_in_words(self, parked, actor, action, reason):
        path = f"/api/v2/invoices/{parked.invoice_id}/actions/{action}"
        refused = client_of(actor).post(path, {"version": 2}, "application/json")
        assert (refused.status_code, refused.json()["reason"]) == (403, reason)
        assert refused.json()["detail"]

    def test_to_a_version_that_is_not_current_says_so(self, parked):
        path = f"/api/v2/invoices/{parked.invoice_id}/actions/discard"
        refused = client_of(BRUNO).post(path, {"version": 1}, "application/json")
        assert (refused.status_code, refused.json()["reason"]) == (409, {"code": "changed"})


class TestRowsOfAnEarlierRelease:
    def test_say_as_data_what_they_have_as_text(self, parked):
        with as_ops():
            InvoiceLine.objects.create(
                customer_id=parked.customer_id,
                invoice=parked,
                position=3,
                description="Support",
                kind="flat_fee",
                tenant="acme",
                amount_minor=100,
                exact_amount=1,
                basis="12 of 31 days",
                service_start=date(2026, 10, 1),
                service_end=date(2026, 10, 13),
            )
            Transition.objects.create(
                customer_id=parked.customer_id,
                invoice=parked,
                sequence=9,
                from_state="parked",
                to_state="parked",
                actor="trueback",
                reason="The bill was restated: run 0192.",
                at=NOW,
                seal="s",
            )
            texts = ["looks odd", "The total is negative."]
            Invoice.objects.update(parked_for=None, parked_reasons=texts)
            parked.refresh_from_db()
            fact = invoice_fact(parked)
        assert fact.lines[-1].basis == FeeDays("month", 12, 31)
        assert fact.lines[-1].component == "Support"
        assert fact.history[-1].cause == Cause("bill_restated", {"run": "0192"})
        causes = [Cause("person", text="looks odd"), Cause("negative_total")]
        assert fact.parked_reasons == causes
