"""What people, banks and customers do at Stripe is followed, however often and late it is told."""

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from services.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    Dispute,
    Invoice,
    Job,
    LedgerEntry,
    Outbox,
    StripeEvent,
    TrueUpAccount,
)
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.process_stripe_events import (
    process_stripe_events,
    sweep_stripe_events,
)
from services.invoicing.operations.settle_accounts import settle_accounts
from shared.contracts.invoicing import INVOICE_CREDITED, REVENUE_RECORDED
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_accounts import issue
from tests.invoicing.test_corrections_at_stripe import balance, gateway, october
from tests.invoicing.test_drafting import NOW
from tests.invoicing.test_issue import one_gateway, standin
from tests.invoicing.test_settling import account, costs, figures, month, notes

__all__ = ["gateway", "month", "october", "one_gateway", "standin"]
CARD = {"payment_method": "pm_card_visa"}


@pytest.fixture
def stripe(standin):
    return standin.client().v1


def follow():
    sweep_stripe_events()
    process_stripe_events()


def repeated():
    """The same events once more, as if none had been looked at."""
    with as_ops():
        StripeEvent.objects.update(processed_at=None)
    process_stripe_events()


def at_stripe(gateway, invoice):
    return gateway.invoice(invoice.stripe_invoice_id)


def remaining(gateway, invoice):
    return Decimal(at_stripe(gateway, invoice).remaining_minor) / 100


def unequal_documents():
    with as_ops():
        sums = LedgerEntry.objects.values("document").annotate(sum=Sum("amount"))
        return [row["document"] for row in sums if row["sum"]]


class TestANoteVoidedByHand:
    @pytest.fixture
    def invoice(self, october, gateway):
        invoice = october.invoiced()
        october.close(costs(compute="1150.25"))
        issue_notes()
        return invoice

    @pytest.fixture
    def voided(self, invoice, stripe):
        with as_ops():
            note = CreditNote.objects.get()
        stripe.credit_notes.void_credit_note(note.stripe_credit_note_id)
        follow()
        with as_ops():
            note.refresh_from_db()
        return note

    def test_counts_as_never_issued(self, voided, invoice, gateway):
        assert (voided.state, voided.number != "") == (State.VOID, True)
        assert figures() == (175_239, 181_269, -6_030, 0)
        assert balance("true_up") == Decimal("-60.30")
        assert balance("receivable") == remaining(gateway, invoice) == Decimal("2311.69")
        assert unequal_documents() == []

    def test_stops_its_account_and_says_why(self, voided):
        known = account()
        assert (known.state, known.stopped_for["code"]) == ("stopped", "note_voided")
        assert known.stopped_for["figures"] == {"number": voided.number}

    def test_is_counted_once_however_often_it_is_told(self, voided):
        repeated()
        assert balance("true_up") == Decimal("-60.30")
        with as_ops():
            steps = voided.transitions.order_by("sequence").values_list("to_state", "actor")
            assert list(steps)[-2:] == [("issued", "trueback"), ("void", "stripe")]

    def test_gives_its_revenue_back_and_leaves_the_invoice(self, voided):
        with as_ops():
            told = Outbox.objects.filter(topic=REVENUE_RECORDED.name).order_by("message_id")
            earned = [Decimal(one.payload["amount"]) for one in told]
            fact = Outbox.objects.filter(topic=INVOICE_CREDITED.name).order_by("message_id").last()
        assert earned[-2:] == [Decimal("-60.30"), Decimal("60.30")]
        assert fact.payload["credits"] == []

    def test_makes_nothing_new_at_the_next_close(self, voided, october):
        october.close(costs(compute="1140.25"))
        assert notes() == []
        assert figures() == (174_039, 181_269, -7_230, 0)

    def test_leaves_its_room_to_others(self, voided):
        with as_ops():
            given(voided, 144_060)
        with pytest.raises(IntegrityError, match="would exceed a line"), as_ops():
            given(voided, 1)

    def test_can_not_be_changed_for_all_that(self, voided):
        with pytest.raises(IntegrityError, match="never changed"), as_ops():
            CreditNote.objects.filter(pk=voided.pk).update(net_minor=1)

    def test_waits_for_its_own_issue(self, october, gateway, stripe):
        october.invoiced()
        october.close(costs(compute="1150.25"))
        issue_notes()
        with as_ops():
            note = CreditNote.objects.get()
            stripe_id = note.stripe_credit_note_id
        stripe.credit_notes.void_credit_note(stripe_id)
        sweep_stripe_events()
        with as_ops():
            known = CreditNote.objects.filter(pk=note.pk)
            known.update(state=State.ISSUING)
        process_stripe_events()
        with as_ops():
            waiting = StripeEvent.objects.filter(processed_at=None, object_id=stripe_id)
            assert waiting.exists()
            known.update(state=State.ISSUED)
        process_stripe_events()
        assert account().state == "stopped"


def given(note, amount, **fields):
    """Another note on the first line of a note."""
    line = note.lines.get()
    second = CreditNote.objects.create(
        **{
            "note_id": f"cn_{amount}",
            "customer_id": note.customer_id,
            "invoice_id": note.invoice_id,
            "period": note.period,
            "kind": "commercial",
            "close_number": 2,
            "run_id": "run_2",
            "currency": "USD",
            "net_minor": amount,
            "state": State.ISSUING,
            "drafted_at": NOW,
            **fields,
        }
    )
    CreditNoteLine.objects.create(
        customer_id=note.customer_id,
        note=second,
        position=1,
        invoice_line_id=line.invoice_line_id,
        amount_minor=amount,
    )


class TestANoteOfSomebodyElse:
    @pytest.fixture
    def invoice(self, october, gateway):
        return october.invoiced()

    def create(self, stripe, gateway, invoice, amount, charge_group="Compute", **how):
        with as_ops():
            line = invoice.lines.get(charge_group=charge_group)
        there = {
            one.metadata["trueback_line"]: one.stripe_id
            for one in gateway.lines(invoice.stripe_invoice_id)
        }
        wanted = {
            "type": "invoice_line_item",
            "invoice_line_item": there[str(line.position)],
            "amount": amount,
        }
        return stripe.credit_notes.create(
            {"invoice": invoice.stripe_invoice_id, "lines": [wanted], **how}
        )

    def foreign(self):
        with as_ops():
            return CreditNote.objects.get(is_foreign=True)

    def test_is_given_by_a_person_on_its_lines(self, invoice, stripe, gateway):
        there = self.create(stripe, gateway, invoice, 30_000)
        follow()
        note = self.foreign()
        assert (note.kind, note.state, note.number) == ("commercial", "issued", there.number)
        assert notes() == [("issued", {"Compute": 30_000})]
        assert (balance("credits"), balance("true_up")) == (Decimal("300.00"), 0)
        assert balance("receivable") == remaining(gateway, invoice) == Decimal("2011.69")
        assert figures() == (181_269, 181_269, 0, 0)

    def test_is_not_clawed_back_and_leaves_less_room(self, invoice, stripe, gateway, october):
        """Golden case 14 at its end: all of it is given, so that a fall finds no room."""
        for group, amount in (("Compute", 144_060), ("Storage", 37_209)):
            self.create(stripe, gateway, invoice, amount, group)
        follow()
        october.close(costs(compute="1150.25"))
        assert figures() == (175_239, 181_269, 0, -6_030)
        assert account().waived_why == "commercial_credit"

    def test_leaves_to_what_waits_no_more_than_the_line_has(
        self, invoice, stripe, gateway, october
    ):
        """Approved as it was, the database would have refused it."""
        october.close(costs(compute="0"))
        assert notes() == [("parked", {"Compute": 144_060})]
        self.create(stripe, gateway, invoice, 100_000)
        with as_ops():
            Job.objects.all().delete()
        follow()
        with as_ops():
            asked = Job.objects.filter(kind="settle_accounts").values_list("key", flat=True)
            assert list(asked) == ["2026-10"]
        settle_accounts(period="2026-10")
        given = {"Compute": 44_060, "Storage": 37_209}
        assert [lines for state, lines in notes() if state == "parked"] == [given]
        assert account().waived_why == "commercial_credit"

    def test_is_counted_once(self, invoice, stripe, gateway):
        self.create(stripe, gateway, invoice, 30_000)
        follow()
        repeated()
        assert balance("credits") == Decimal("300.00")
        assert self.foreign().net_minor == 30_000

    def test_that_names_no_lines_holds_what_corrects_the_invoice(
        self, invoice, stripe, gateway, october
    ):
        stripe.credit_notes.create({"invoice": invoice.stripe_invoice_id, "amount": 700})
        follow()
        with as_ops():
            assert not self.foreign().lines.exists()
        assert balance("receivable") == remaining(gateway, invoice)
        october.close(costs(compute="1150.25"))
        with as_ops():
            held = CreditNote.objects.get(kind="true_up")
        assert (held.state, [one["code"] for one in held.parked_for]) == (
            State.PARKED,
            ["unassigned_credit"],
        )

    def test_that_names_no_lines_holds_what_waits_already(self, invoice, stripe, gateway, october):
        october.close(costs(compute="1100.00"))
        assert notes() == [("in_review", {"Compute": 12_060})]
        stripe.credit_notes.create({"invoice": invoice.stripe_invoice_id, "amount": 700})
        follow()
        with as_ops():
            assert CreditNote.objects.get(kind="true_up").state == State.PARKED

    def test_waits_while_ours_takes_the_room_at_stripe(self, invoice, stripe, gateway, october):
        october.close(costs(compute="1150.25"))
        assert notes() == [("issuing", {"Compute": 6_030})]
        self.create(stripe, gateway, invoice, 144_060)
        follow()
        with as_ops():
            assert not CreditNote.objects.filter(is_foreign=True).exists()
        issue_notes()
        with as_ops():
            assert CreditNote.objects.get(kind="true_up").state == State.PARKED
        process_stripe_events()
        assert self.foreign().net_minor == 144_060

    def test_voided_by_hand_frees_its_room_and_stops_nothing(self, invoice, stripe, gateway):
        there = self.create(stripe, gateway, invoice, 30_000)
        follow()
        stripe.credit_notes.void_credit_note(there.id)
        follow()
        assert (self.foreign().state, account().state) == (State.VOID, "open")
        assert balance("credits") == 0
        assert balance("receivable") == Decimal("2311.69")

    def test_made_and_voided_before_anybody_looked_is_nothing(self, invoice, stripe, gateway):
        there = self.create(stripe, gateway, invoice, 30_000)
        stripe.credit_notes.void_credit_note(there.id)
        follow()
        with as_ops():
            assert not CreditNote.objects.exists()

    def test_goes_with_its_invoice_where_that_is_voided(self, invoice, stripe, gateway):
        self.create(stripe, gateway, invoice, 30_000)
        follow()
        stripe.invoices.void_invoice(invoice.stripe_invoice_id)
        follow()
        assert (balance("credits"), balance("receivable")) == (0, 0)
        assert balance("true_up") == Decimal("1812.69")
        assert unequal_documents() == []


class TestPayments:
    def test_in_parts_are_booked_as_they_come(self, october, gateway, standin):
        invoice = october.invoiced()
        for amount, out_of_band in ((100_000, False), (50_000, True)):
            wish = {"invoice": invoice.stripe_invoice_id, "amount": amount}
            standin.control("POST", "pay", {**wish, "out_of_band": out_of_band})
            follow()
            assert balance("receivable") == remaining(gateway, invoice)
        assert balance("cash") == Decimal("1500.00")
        with as_ops():
            invoice.refresh_from_db()
            documents = LedgerEntry.objects.filter(account="cash").values_list("document")
            assert len({of.split(":")[-1] for (of,) in documents}) == 2
        assert invoice.state == State.ISSUED
        standin.control("POST", "pay", {"invoice": invoice.stripe_invoice_id})
        follow()
        repeated()
        assert (balance("receivable"), balance("cash")) == (0, Decimal("2311.69"))
        with as_ops():
            assert Invoice.objects.get(pk=invoice.pk).state == State.PAID

    def test_of_an_earlier_release_are_booked_already(self, october, gateway, standin):
        invoice = october.invoiced()
        with as_ops():
            for name, sign in (("cash", 1), ("receivable", -1)):
                LedgerEntry.objects.create(
                    customer_id="acme",
                    document=f"{invoice.pk}:paid",
                    account=name,
                    currency="USD",
                    amount=sign * Decimal("2311.69"),
                )
        standin.control("POST", "pay", {"invoice": invoice.stripe_invoice_id})
        follow()
        assert (balance("receivable"), balance("cash")) == (0, Decimal("2311.69"))

    def test_are_still_ours_where_the_invoice_is_voided(self, october, gateway, standin, stripe):
        invoice = october.invoiced()
        wish = {"invoice": invoice.stripe_invoice_id, "amount": 100_000}
        standin.control("POST", "pay", wish)
        stripe.invoices.void_invoice(invoice.stripe_invoice_id)
        follow()
        assert (balance("cash"), balance("clearing")) == (Decimal("1000.00"), Decimal("-1000.00"))
        assert (balance("receivable"), unequal_documents()) == (0, [])

    def test_after_it_was_written_off_are_booked_against_that(
        self, october, gateway, standin, stripe
    ):
        invoice = october.invoiced()
        stripe.invoices.mark_uncollectible(invoice.stripe_invoice_id)
        follow()
        assert balance("write_off") == Decimal("2311.69")
        with as_ops():
            invoice.refresh_from_db()
        assert (invoice.state, balance("receivable")) == (State.UNCOLLECTIBLE, 0)


class TestARefund:
    @pytest.fixture
    def refunded(self, october, gateway, stripe):
        invoice = october.invoiced(true_up="{down_paid: refund}")
        stripe.invoices.pay(invoice.stripe_invoice_id, CARD)
        follow()
        october.close(costs(compute="1150.25"))
        issue_notes()
        follow()
        return invoice

    def refund_of(self, gateway, invoice):
        (note,) = gateway.credit_notes(invoice.stripe_invoice_id)
        return note.refund_ids[0]

    def test_is_booked_with_its_note(self, refunded):
        assert balance("cash") == Decimal("2251.39")
        assert balance("clearing") == 0

    def test_that_comes_back_is_owed_again_and_the_note_says_so(self, refunded, gateway, standin):
        standin.control("POST", "fail_refund", {"refund": self.refund_of(gateway, refunded)})
        follow()
        repeated()
        assert (balance("cash"), balance("clearing")) == (Decimal("2311.69"), Decimal("-60.30"))
        with as_ops():
            note = CreditNote.objects.get()
            last = note.transitions.order_by("sequence").last()
            fact = Outbox.objects.filter(topic=INVOICE_CREDITED.name).order_by("message_id").last()
        assert (note.state, note.refund_failed_minor) == (State.ISSUED, 6_030)
        assert last.cause["code"] == "refund_failed"
        assert Decimal(fact.payload["credits"][0]["refund_failed"]) == Decimal("60.30")

    def test_without_a_note_is_to_be_cleared_until_one_names_it(
        self, october, gateway, stripe, standin
    ):
        invoice = october.invoiced()
        stripe.invoices.pay(invoice.stripe_invoice_id, CARD)
        customer = at_stripe(gateway, invoice).stripe_customer_id
        (charge,) = stripe.charges.list({"customer": customer}).data
        refund = stripe.refunds.create({"charge": charge.id, "amount": 5_000})
        follow()
        repeated()
        assert (balance("cash"), balance("clearing")) == (Decimal("2261.69"), Decimal("50.00"))
        stripe.credit_notes.create(
            {
                "invoice": invoice.stripe_invoice_id,
                "amount": 5_000,
                "refunds": [{"refund": refund.id, "amount_refunded": 5_000}],
            }
        )
        follow()
        assert (balance("cash"), balance("clearing")) == (Decimal("2261.69"), 0)
        assert balance("credits") == Decimal("50.00")

    def test_without_a_note_that_comes_back_is_as_if_it_were_not(
        self, october, gateway, stripe, standin
    ):
        invoice = october.invoiced()
        stripe.invoices.pay(invoice.stripe_invoice_id, CARD)
        customer = at_stripe(gateway, invoice).stripe_customer_id
        (charge,) = stripe.charges.list({"customer": customer}).data
        refund = stripe.refunds.create({"charge": charge.id, "amount": 5_000})
        follow()
        standin.control("POST", "fail_refund", {"refund": refund.id})
        follow()
        repeated()
        assert (balance("cash"), balance("clearing")) == (Decimal("2311.69"), 0)


class TestADispute:
    @pytest.fixture
    def disputed(self, october, gateway, stripe, standin):
        invoice = october.invoiced()
        stripe.invoices.pay(invoice.stripe_invoice_id, CARD)
        customer = at_stripe(gateway, invoice).stripe_customer_id
        (charge,) = stripe.charges.list({"customer": customer}).data
        self.say = lambda outcome: standin.control(
            "POST", "dispute", {"charge": charge.id, "outcome": outcome}
        )
        self.say("opened")
        follow()
        return invoice

    def test_takes_the_money_and_holds_corrections(self, disputed, october):
        assert (balance("cash"), balance("clearing")) == (0, Decimal("2311.69"))
        october.close(costs(compute="1150.25"))
        with as_ops():
            note = CreditNote.objects.get()
        assert (note.state, note.parked_for[0]["code"]) == (State.PARKED, "original_disputed")

    def test_that_is_won_gives_it_back_and_holds_nothing_more(self, disputed, october):
        self.say("won")
        follow()
        repeated()
        assert (balance("cash"), balance("clearing")) == (Decimal("2311.69"), 0)
        october.close(costs(compute="1150.25"))
        assert notes() == [("issuing", {"Compute": 6_030})]

    def test_holds_what_waits_for_an_approver(self, october, gateway, stripe, standin):
        invoice = october.invoiced()
        stripe.invoices.pay(invoice.stripe_invoice_id, CARD)
        follow()
        october.close(costs(compute="1100.00"))
        customer = at_stripe(gateway, invoice).stripe_customer_id
        (charge,) = stripe.charges.list({"customer": customer}).data
        standin.control("POST", "dispute", {"charge": charge.id, "outcome": "opened"})
        follow()
        with as_ops():
            note = CreditNote.objects.get()
            assert Dispute.objects.get().status == "needs_response"
        assert (note.state, note.parked_for[0]["code"]) == (State.PARKED, "original_disputed")


class TestAnInvoiceVoidedByHand:
    def test_stops_the_months_of_all_its_lines(self, october, gateway, stripe):
        """Golden case 38."""
        october.invoiced()
        october.close(costs(compute="1260.75"))
        november = the_november(october)
        stripe.invoices.void_invoice(november.stripe_invoice_id)
        follow()
        with as_ops():
            states = TrueUpAccount.objects.filter(customer="acme").values_list("period", "state")
            assert dict(states) == {"2026-10": "stopped", "2026-11": "stopped"}
        settle_accounts(period="2026-10")
        assert figures() == (188_499, 181_269, 7_230, 0)
        assert notes() == []


def the_november(october):
    """Issued at Stripe, with the debit of October on it."""
    october.close(costs(compute="1260.75"), period="2026-11")
    with as_ops():
        draft = Invoice.objects.get(customer="acme", period="2026-11")
    issue(draft)
    issue_invoices()
    with as_ops():
        return Invoice.objects.get(pk=draft.pk)
