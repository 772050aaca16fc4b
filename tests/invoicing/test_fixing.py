"""Fix this invoice: what a person gives goes through a second person and Stripe, on its lines."""

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.invoicing.gateways.stripe import UnknownOutcome
from services.invoicing.models import CreditNote, Dispute, Invoice, Job, StripeOperation
from services.invoicing.operations.act_on_correction import act_on_note
from services.invoicing.operations.act_on_invoice import ActionRefused
from services.invoicing.operations.fix_invoice import fix_invoice
from services.invoicing.operations.give_credit import NoRoom
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.move_invoice import InvoiceChanged
from services.invoicing.operations.settle_accounts import settle_accounts
from services.invoicing.operations.void_invoice import void_invoice
from services.invoicing.queries.corrections import read_corrections
from services.invoicing.queries.invoice_fixes import read_fixes
from services.invoicing.queries.waiting_corrections import read_given
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.fixes import FixRoute
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_by_hand_at_stripe import CARD, at_stripe, follow, remaining, repeated
from tests.invoicing.test_corrections_at_stripe import acme, balance, gateway, october
from tests.invoicing.test_drafting import NOW
from tests.invoicing.test_issue import one_gateway, standin
from tests.invoicing.test_settling import (
    account,
    approve,
    as_issued,
    costs,
    debits,
    figures,
    month,
    notes,
)
from tests.tokens import client_of

__all__ = ["gateway", "month", "october", "one_gateway", "standin"]
BRUNO = Actor("bruno", "billing_approver")
CLARA = Actor("clara", "billing_clerk")


def positions_of(invoice):
    """By charge group, and by kind of what has none."""
    with as_ops():
        return {line.charge_group or line.kind: line.position for line in invoice.lines.all()}


def fix(route, actor=CLARA, reason="agreed on the phone", **given):
    """`given` is by charge group, in minor units."""
    invoice = acme()
    at = positions_of(invoice)
    with as_ops():
        return fix_invoice(
            invoice_id=invoice.pk,
            route=FixRoute(route),
            version=given.pop("version", invoice.version),
            lines={at[group]: amount for group, amount in given.items()},
            actor=actor,
            reason=reason,
            now=NOW,
        )


def act(action, note_id, actor=BRUNO, reason=""):
    with as_ops():
        note = CreditNote.objects.get(pk=note_id)
        return act_on_note(
            note_id=note_id,
            action=action,
            actor=actor,
            version=note.version,
            reason=reason,
            now=NOW,
        )


def given(**lines):
    """Approved by a second person, and concluded."""
    act("approve", fix("goodwill", **lines).document)
    as_issued()


def shown(**lines):
    invoice = acme()
    at = positions_of(invoice)
    with as_ops():
        return read_fixes(invoice, {at[group]: amount for group, amount in lines.items()})


def effects(**lines):
    return {one["route"]: one["effect"] for one in shown(**lines)["fixes"]}


class TestGoldenCases:
    def test_13_goodwill_is_untouched_by_a_fall_and_a_rise(self, month):
        month.invoiced()
        given(Compute=30_000)
        assert figures() == (181_269, 181_269, 0, 0)
        month.close(costs(compute="1150.25"))
        as_issued()
        assert notes() == [("issued", {"Compute": 30_000}), ("issued", {"Compute": 6_030})]
        assert figures() == (175_239, 175_239, 0, 0)
        month.close(costs(compute="1200.50"))
        assert debits() == [("waiting", 6_030)]
        assert figures() == (181_269, 175_239, 6_030, 0)
        with as_ops():
            assert CreditNote.objects.get(kind="commercial").net_minor == 30_000

    def test_14_goodwill_of_all_leaves_nothing_to_credit(self, month):
        month.invoiced()
        given(Compute=144_060, Storage=37_209)
        month.close(costs(compute="1150.25"))
        assert [state for state, _ in notes()] == ["issued"]
        assert figures() == (175_239, 181_269, 0, -6_030)
        assert account().waived_why == "commercial_credit"
        month.close(costs(compute="1230.50"))
        assert debits() == [("waiting", 3_600)]
        assert figures() == (184_869, 181_269, 3_600, 0)


class TestFourEyes:
    def test_who_gives_does_not_approve(self, month):
        month.invoiced()
        fixed = fix("goodwill", actor=BRUNO, Compute=30_000)
        assert fixed.state == State.IN_REVIEW
        with pytest.raises(ActionRefused, match="A second person has to approve"):
            act("approve", fixed.document)
        act("approve", fixed.document, Actor("beate", "billing_approver"))
        assert notes() == [("issuing", {"Compute": 30_000})]

    def test_a_clerk_gives_and_may_not_approve(self, month):
        month.invoiced()
        with pytest.raises(ActionRefused):
            act("approve", fix("goodwill", Compute=1).document, Actor("carl", "billing_clerk"))

    def test_what_nobody_has_approved_is_discarded(self, month):
        month.invoiced()
        fixed = fix("goodwill", Compute=30_000)
        with pytest.raises(ActionRefused, match="needs a reason"):
            act("discard", fixed.document, CLARA)
        assert act("discard", fixed.document, CLARA, "a mistake").state == State.VOID

    def test_what_true_up_has_made_is_not_discarded(self, month):
        month.invoiced()
        month.close(costs(compute="1100.00"))
        with as_ops():
            note = CreditNote.objects.get()
        with pytest.raises(ActionRefused, match="nothing that can be done"):
            act("discard", note.pk)

    def test_is_approved_whatever_close_is_the_newest(self, month):
        month.invoiced()
        fixed = fix("goodwill", Compute=30_000)
        month.close(costs())
        assert act("approve", fixed.document).state == State.ISSUING


class TestRoom:
    def test_is_looked_at_when_it_is_given(self, month):
        month.invoiced()
        with pytest.raises(NoRoom, match="has not so much left"):
            fix("goodwill", Compute=144_061)
        with pytest.raises(NoRoom):
            fix("goodwill")

    def test_is_looked_at_again_when_it_is_issued(self, month):
        month.invoiced()
        first, second = (fix("goodwill", Compute=100_000).document for _ in range(2))
        act("approve", first)
        act("approve", second)
        with as_ops():
            held = CreditNote.objects.get(pk=second)
        assert (held.state, held.parked_for[0]["code"]) == (State.PARKED, "no_room")

    def test_that_goodwill_has_taken_is_not_credited_by_true_up(self, month):
        month.invoiced()
        month.close(costs(compute="1100.00"))
        with as_ops():
            note = CreditNote.objects.get()
        act("approve", fix("goodwill", Compute=140_000).document)
        assert approve().count == 1
        with as_ops():
            note.refresh_from_db()
        assert note.state == State.PARKED
        settle_accounts(period="2026-10")
        with as_ops():
            note.refresh_from_db()
            made = CreditNote.objects.exclude(state=State.VOID).get(kind="true_up")
        assert (note.state, made.net_minor) == (State.VOID, 12_060)
        assert {line: amount for _, lines in notes() for line, amount in lines.items()} == {
            "Compute": 4_060,
            "Storage": 8_000,
        }

    def test_of_a_fee_is_given_too(self, month):
        month.invoiced()
        given(flat_fee=49_900)
        assert figures() == (181_269, 181_269, 0, 0)


class TestWhatIsRefused:
    def test_is_a_version_that_is_not_the_newest(self, month):
        month.invoiced()
        with pytest.raises(InvoiceChanged, match="you have seen 1"):
            fix("goodwill", version=1, Compute=1)

    def test_is_a_route_that_is_not_legal(self, month):
        month.invoiced()
        with pytest.raises(ActionRefused, match="reissue needs"):
            fix("reissue", BRUNO)

    def test_is_what_has_no_reason(self, month):
        month.invoiced()
        with pytest.raises(ActionRefused, match="needs a reason"):
            fix("goodwill", reason=" ", Compute=1)


class TestAtStripe:
    def test_goodwill_of_an_open_invoice_lowers_what_is_to_pay(self, october, gateway):
        invoice = october.invoiced()
        act("approve", fix("goodwill", Compute=30_000).document)
        issue_notes()
        assert balance("receivable") == remaining(gateway, invoice) == Decimal("2011.69")
        assert (balance("credits"), balance("true_up")) == (Decimal("300.00"), 0)
        (there,) = gateway.credit_notes(invoice.stripe_invoice_id)
        assert there.metadata["trueback_kind"] == "commercial"

    def test_goodwill_of_a_paid_one_goes_back_as_the_contract_says(self, october, gateway, standin):
        invoice = october.invoiced(true_up="{down_paid: refund}")
        standin.client().v1.invoices.pay(invoice.stripe_invoice_id, CARD)
        follow()
        assert effects(Compute=30_000)["goodwill"]["refund"] == "300.00"
        act("approve", fix("discount", Compute=30_000).document)
        issue_notes()
        assert balance("cash") == Decimal("2011.69")
        with as_ops():
            assert CreditNote.objects.get().settlement["refund"] == 30_000

    def test_a_write_off_is_of_all_that_remains_and_no_revenue_is_taken_back(
        self, october, gateway, standin
    ):
        invoice = october.invoiced()
        standin.control("POST", "pay", {"invoice": invoice.stripe_invoice_id, "amount": 100_000})
        follow()
        assert effects()["write_off"]["left_to_pay"] == "0.00"
        act("approve", fix("write_off").document)
        issue_notes()
        follow()
        assert at_stripe(gateway, invoice).status == "paid"
        assert (balance("write_off"), balance("receivable")) == (Decimal("1311.69"), 0)
        assert balance("credits") == 0
        with as_ops():
            note = CreditNote.objects.get()
            assert note.lines.count() == 3
            assert Invoice.objects.get(pk=invoice.pk).state == State.PAID

    def test_a_dispute_that_is_lost_is_given_by_room_once_somebody_has_looked(
        self, october, gateway, standin
    ):
        invoice = october.invoiced()
        v1 = standin.client().v1
        v1.invoices.pay(invoice.stripe_invoice_id, CARD)
        customer = at_stripe(gateway, invoice).stripe_customer_id
        (charge,) = v1.charges.list({"customer": customer}).data
        standin.control("POST", "dispute", {"charge": charge.id, "outcome": "lost"})
        follow()
        repeated()
        with as_ops():
            note = CreditNote.objects.get()
            assert Dispute.objects.get().note_id == note.pk
        assert (note.state, note.net_minor, note.given_for) == (
            *(State.IN_REVIEW, 231_169),
            "dispute_lost",
        )
        assert balance("clearing") == Decimal("2311.69")
        act("approve", note.pk)
        issue_notes()
        assert (balance("credits"), balance("clearing"), balance("cash")) == (
            *(Decimal("2311.69"), 0),
            0,
        )
        assert figures() == (181_269, 181_269, 0, 0)

    def test_waits_while_a_payment_is_disputed(self, october, gateway, standin):
        invoice = october.invoiced()
        v1 = standin.client().v1
        v1.invoices.pay(invoice.stripe_invoice_id, CARD)
        customer = at_stripe(gateway, invoice).stripe_customer_id
        (charge,) = v1.charges.list({"customer": customer}).data
        standin.control("POST", "dispute", {"charge": charge.id, "outcome": "opened"})
        follow()
        assert fix("goodwill", Compute=100).state == State.PARKED


class TestAVoid:
    """Of an invoice that nobody has paid any of: at Stripe, by another one than who approved it."""

    BEATE = Actor("beate", "billing_approver")

    def ask(self):
        fix("void", self.BEATE, "to the wrong company")
        with as_ops():
            return Job.objects.get(kind="void_invoice").payload

    def test_is_done_at_stripe_and_asks_what_becomes_of_the_month(self, october, gateway):
        invoice = october.invoiced()
        effect = effects()["void"]
        assert (effect["left_to_pay"], effect["carried"]) == ("0.00", "1812.69")
        payload = self.ask()
        assert at_stripe(gateway, invoice).status == "open"
        void_invoice(**payload)
        assert at_stripe(gateway, invoice).status == "void"
        with as_ops():
            invoice.refresh_from_db()
            last = invoice.transitions.order_by("-sequence").first()
        assert invoice.state == State.VOID
        assert (last.actor, last.reason) == ("beate", "to the wrong company")
        assert balance("receivable") == 0
        assert {"reissue", "let_go"} <= effects().keys()
        follow()
        void_invoice(**payload)
        with as_ops():
            assert invoice.transitions.filter(to_state=State.VOID).count() == 1

    def test_is_not_for_who_has_approved_it(self, october, gateway):
        invoice = october.invoiced()
        with as_ops():
            invoice.transitions.create(
                customer_id=invoice.customer_id,
                sequence=99,
                to_state=State.APPROVED,
                actor="bruno",
                at=NOW,
            )
        [void] = [one for one in shown()["fixes"] if one["route"] == "void"]
        assert void["not_by"] == ["bruno"]
        with pytest.raises(ActionRefused, match="A second person has to void"):
            fix("void", BRUNO)
        with pytest.raises(ActionRefused, match="Your role may not void"):
            fix("void", CLARA)

    def test_of_what_was_paid_meanwhile_is_not_done(self, october, gateway, standin):
        invoice = october.invoiced()
        payload = self.ask()
        standin.control("POST", "pay", {"invoice": invoice.stripe_invoice_id, "amount": 100})
        void_invoice(**payload)
        assert at_stripe(gateway, invoice).status == "open"
        follow()
        assert "void" not in effects()
        void_invoice(**payload)
        assert at_stripe(gateway, invoice).status == "open"

    def test_of_what_was_credited_is_no_route(self, october, gateway):
        october.invoiced()
        act("approve", fix("goodwill", Compute=100).document)
        issue_notes()
        assert "void" not in effects()

    @pytest.mark.parametrize("fault", ["error_after", "error_before"])
    def test_whose_answer_is_lost_is_done_once(self, october, gateway, standin, fault):
        invoice = october.invoiced()
        payload = self.ask()
        standin.fault(kind=fault, path="*/void")
        with contextlib.suppress(UnknownOutcome):
            void_invoice(**payload)
        with as_ops():
            long_ago = datetime.now(UTC) - timedelta(minutes=10)
            StripeOperation.objects.filter(step="void invoice").update(last_sent_at=long_ago)
        void_invoice(**payload)
        assert at_stripe(gateway, invoice).status == "void"
        with as_ops():
            invoice.refresh_from_db()
        assert invoice.state == State.VOID


class TestWhatWaits:
    def test_is_named_for_who_is_to_look_at_it(self, month):
        month.invoiced()
        fixed = fix("goodwill", reason="the fee was agreed lower", flat_fee=20_000)
        with as_ops():
            (waiting,) = read_given()
        assert (waiting["document"], waiting["invoice_id"]) == (fixed.document, acme().pk)
        assert (waiting["net"], waiting["given_for"]) == ("200.00", "goodwill")
        assert (waiting["given_by"], waiting["state"]) == ("clara", "in_review")
        (note,) = shown()["notes"]
        assert note["reason"] == "the fee was agreed lower"
        assert [(line["description"], line["amount"]) for line in note["lines"]] == [
            ("Platform fee", "200.00")
        ]
        assert note["not_by"] == ["clara"]
        # The books of this month were written by hand: nothing is left to pay in them.
        assert (note["remaining"], note["balance"]) == ("0.00", "200.00")

    def test_is_nothing_once_it_is_issued_or_discarded(self, month):
        month.invoiced()
        given(Compute=100)
        act("discard", fix("goodwill", Compute=200).document, CLARA, "a mistake")
        with as_ops():
            assert read_given() == []

    def test_is_not_for_who_brought_it_there(self, month):
        month.invoiced()
        fixed = fix("goodwill", Compute=100)
        act("park", fixed.document, BRUNO, "first I ask")
        assert shown()["notes"][0]["not_by"] == ["bruno"]

    def test_says_where_it_went_once_it_is_issued(self, october, gateway):
        october.invoiced()
        act("approve", fix("goodwill", Compute=30_000).document)
        issue_notes()
        (note,) = shown()["notes"]
        assert (note["remaining"], note["balance"]) == ("300.00", "0.00")


class TestWhatIsShown:
    def test_is_each_route_with_what_it_comes_to(self, month):
        month.invoiced()
        fixes = shown(Compute=30_000)
        assert [(one["wrong"], one["route"]) for one in fixes["fixes"]] == [
            ("charged_too_much", "goodwill"),
            ("promised_less", "discount"),
        ]
        effect = fixes["fixes"][0]["effect"]
        # The books of this month were written by hand: nothing is left to pay in them.
        assert (effect["credited"], effect["balance"]) == ("300.00", "300.00")
        assert {line["room"] for line in fixes["lines"]} == {"1440.60", "372.09", "499.00"}

    def test_is_no_amount_where_none_is_named_or_none_fits(self, month):
        month.invoiced()
        assert effects()["goodwill"] is None
        assert effects(Compute=144_061)["goodwill"] is None

    def test_says_what_the_month_never_bills_after_it(self, month):
        month.invoiced()
        month.close(costs(compute="1100.00"))
        assert effects(Compute=1)["goodwill"]["waived"] == "0.00"
        with as_ops():
            CreditNote.objects.all().update(state=State.VOID)
        assert effects(Compute=140_000, Storage=37_209)["goodwill"]["waived"] == "-80.00"

    def test_is_of_a_voided_invoice_what_its_account_may_do(self, october, gateway, standin):
        invoice = october.invoiced()
        standin.client().v1.invoices.void_invoice(invoice.stripe_invoice_id)
        follow()
        assert effects()["let_go"]["waived"] == "1812.69"
        assert effects()["reissue"]["waived"] == "0.00"
        fixed = fix("reissue", BRUNO)
        with as_ops():
            assert Invoice.objects.get(pk=fixed.document).reissues_id == invoice.pk
        with pytest.raises(ActionRefused, match="Your role may not let_go"), as_ops():
            fix_invoice(
                invoice_id=invoice.pk,
                route=FixRoute.LET_GO,
                version=Invoice.objects.get(pk=invoice.pk).version,
                lines={},
                actor=CLARA,
                reason="so",
                now=NOW,
            )

    def test_is_what_was_given_with_the_month_too(self, month):
        month.invoiced()
        fixed = fix("goodwill", Compute=30_000)
        (note,) = shown()["notes"]
        assert (note["document"], note["given_for"], note["net"]) == (
            *(fixed.document, "goodwill"),
            "300.00",
        )
        with as_ops():
            rows = read_corrections("2026-10")
        (document,) = [one for row in rows for one in row["documents"]]
        assert (document["document"], document["given_for"]) == (fixed.document, "goodwill")
        assert [line["amount"] for line in document["lines"]] == ["300.00"]


class TestTheApi:
    def test_shows_the_routes_and_takes_one(self, month):
        invoice = month.invoiced()
        at = positions_of(invoice)["Compute"]
        path = f"/api/v1/invoices/{invoice.pk}/fixes"
        seen = client_of(CLARA).get(f"{path}?lines={at}:300.00").json()
        assert seen["fixes"][0]["effect"]["credited"] == "300.00"
        wish = {
            "route": "goodwill",
            "version": seen["version"],
            "reason": "agreed on the phone",
            "lines": [{"position": at, "amount": "300.00"}],
        }
        done = client_of(CLARA).post(path, wish, content_type="application/json")
        assert (done.status_code, done.json()["state"]) == (200, "in_review")
        too_much = {**wish, "lines": [{"position": at, "amount": "3000.00"}]}
        refused = client_of(CLARA).post(path, too_much, content_type="application/json")
        assert refused.status_code == 409
        illegal = {**wish, "route": "reissue"}
        refused = client_of(BRUNO).post(path, illegal, content_type="application/json")
        assert (refused.status_code, refused.json()["reason"]["code"]) == (403, "state")

    @pytest.mark.parametrize("lines", ["1", "1:", ":1", "1:1e3", "a:1", "1:1;2:2"])
    def test_takes_no_lines_that_are_none(self, month, lines):
        invoice = month.invoiced()
        path = f"/api/v1/invoices/{invoice.pk}/fixes"
        assert client_of(CLARA).get(path, {"lines": lines}).status_code == 400

    def test_knows_no_invoice_that_is_not_there(self, db):
        path = "/api/v1/invoices/inv_nobody/fixes"
        assert client_of(CLARA).get(path).status_code == 404
        wish = {"route": "goodwill", "version": 1, "reason": "x"}
        answer = client_of(CLARA).post(path, wish, content_type="application/json")
        assert answer.status_code == 404
