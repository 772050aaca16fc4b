"""A credit note through Stripe, against a real stand-in that can misbehave."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.invoicing.domain.credit_note_request import NoteLine, NoteToIssue
from services.invoicing.gateways.stripe import RefusedByStripe, StripeGateway, UnknownOutcome
from services.invoicing.gateways.stripe.client import _invoice as invoice_at_stripe
from services.invoicing.models import StripeOperation
from services.invoicing.operations import perform_at_stripe as performing
from services.invoicing.operations.issue_credit_note import (
    PAYMENT_WAIT_MAX,
    NotCreditable,
    PaidMeanwhile,
    PaymentUnderWay,
    issue_credit_note,
)
from services.invoicing.operations.issue_invoices import UnequalAtStripe
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.vocabulary.true_up import DownPaid
from tests.invoicing.scenarios import NOW
from tests.standin import API_KEY, NO_LIMITS, running_standin
from tests.stripe_standin.billing import COMPUTE, CREDIT, TOTAL, finalized, on_line, taxed

CARD = {"payment_method": "pm_card_visa"}
FAILURES = ("drop_answer", "conflict", "rate_limit", "error_before", "error_after")
CALLS = {
    "GET": ("/v1/invoices/*", "/v1/invoice_payments", "/v1/credit_notes/preview"),
    "POST": ("/v1/credit_notes",),
}


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    with running_standin(tmp_path_factory.mktemp("stripe"), NO_LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def one_gateway(standin):
    """To read the certificates of all authorities takes as long as half a test."""
    return StripeGateway(api_key=API_KEY, api_base=standin.url, requests_per_second=1000)


@pytest.fixture
def gateway(transactional_db, one_gateway, standin, monkeypatch):
    monkeypatch.setattr("services.invoicing.gateways.stripe.client._RATE_LIMIT_PAUSE_SECONDS", 0.01)
    standin.control("DELETE", "faults")
    return one_gateway


@pytest.fixture
def stripe(standin):
    return standin.client().v1


@pytest.fixture
def customer(stripe):
    return stripe.customers.create({"name": "Acme", "email": "ap@acme.example"})


@pytest.fixture
def invoice(standin, customer):
    return finalized(standin.client(), customer)


@pytest.fixture
def note(invoice):
    return note_on(invoice)


def note_on(invoice, *lines, **fields):
    """60.30 of Compute, unless lines say otherwise."""
    return NoteToIssue(
        **{
            "document_id": new_id("cn"),
            "customer_id": "acme",
            "stripe_invoice_id": invoice.id,
            "currency": "USD",
            "lines": lines or (NoteLine(invoice.lines.data[0].id, CREDIT),),
            "down_paid": DownPaid.BALANCE,
            "issuing_since": NOW,
            "kind": "true_up",
            "memo": "AWS has corrected its bill for October 2026.",
            **fields,
        }
    )


def notes_of(stripe, note):
    """Those at Stripe that are this document of ours."""
    return [
        there
        for there in stripe.credit_notes.list({"invoice": note.stripe_invoice_id}).data
        if there.metadata["trueback_document"] == note.document_id
    ]


def attempts(note):
    with as_ops():
        operations = StripeOperation.objects.filter(document=note.document_id)
        return list(operations.order_by("attempt").values_list("state", flat=True))


def forget_the_time(**fields):
    """As if the last try were long ago, so that nobody has to wait for it."""
    with as_ops():
        for operation in StripeOperation.objects.exclude(state="succeeded"):
            StripeOperation.objects.filter(pk=operation.pk).update(
                last_sent_at=operation.last_sent_at - timedelta(minutes=6), **fields
            )


def settled(there):
    return (
        there.remaining_minor, there.balance_minor, there.refund_minor, there.out_of_band_minor,
    )  # fmt: skip


def lost(*_args, **_kwargs):
    raise UnknownOutcome("lost")


class TestGoldenCases:
    def test_1_of_an_unpaid_invoice_is_taken_off_what_remains(self, note, gateway, stripe, standin):
        there = issue_credit_note(note, gateway, now=NOW)
        assert settled(there) == (CREDIT, 0, 0, 0)
        assert (there.total_minor, there.net_minor, there.tax_minor) == (CREDIT, CREDIT, 0)
        assert there.number.endswith("-CN-01")
        assert gateway.invoice(note.stripe_invoice_id).remaining_minor == 225_139
        (made,) = notes_of(stripe, note)
        assert (made.memo, made.id) == (note.memo, there.stripe_id)
        assert made.metadata["trueback_kind"] == "true_up"
        mailed = {
            one["id"]: one["mailed"]
            for one in standin.control("GET", "credit_notes")["credit_notes"]
        }
        assert mailed[made.id] is False

    @pytest.mark.parametrize(
        ("down_paid", "to"),
        [
            (DownPaid.BALANCE, (0, CREDIT, 0, 0)),
            (DownPaid.REFUND, (0, 0, CREDIT, 0)),
            (DownPaid.OUT_OF_BAND, (0, 0, 0, CREDIT)),
        ],
    )
    def test_2_of_a_paid_invoice_goes_by_the_policy(
        self, note, gateway, stripe, customer, down_paid, to
    ):
        stripe.invoices.pay(note.stripe_invoice_id, CARD)
        there = issue_credit_note(replace(note, down_paid=down_paid), gateway, now=NOW)
        assert settled(there) == to
        assert stripe.customers.retrieve(customer.id).balance == -there.balance_minor
        assert len(there.refund_ids) == (1 if there.refund_minor else 0)

    def test_3_of_a_part_paid_invoice_is_both(self, note, gateway, standin):
        wish = {"invoice": note.stripe_invoice_id, "amount": 228_000}
        standin.control("POST", "pay", wish)
        there = issue_credit_note(note, gateway, now=NOW)
        assert settled(there) == (3169, 2861, 0, 0)
        invoice = gateway.invoice(note.stripe_invoice_id)
        assert (invoice.status, invoice.paid_minor, invoice.remaining_minor) == ("paid", 228_000, 0)

    def test_23_tax_of_ours_goes_by_the_rate_that_stripe_made(
        self, gateway, stripe, standin, customer
    ):
        amounts = ((COMPUTE, 27_371), (37_209, 7_070), (49_900, 9_481))
        invoice = finalized(standin.client(), customer, *(taxed(*each) for each in amounts))
        assert invoice.total == 275_091
        note = note_on(invoice, NoteLine(invoice.lines.data[0].id, CREDIT, 1146))
        there = issue_credit_note(note, gateway, now=NOW)
        assert (there.net_minor, there.tax_minor, there.total_minor) == (6030, 1146, 7176)
        (line,) = gateway.credit_note_lines(there.stripe_id)
        assert (line.amount_minor, line.tax_minor) == (6030, 1146)

    def test_24_tax_is_ours_to_the_unit_not_what_stripe_would_compute(
        self, gateway, standin, customer
    ):
        lines = ((6833, 1367), (6833, 1366), (5750, 1150), (8500, 1700))
        invoice = finalized(
            standin.client(), customer, *(taxed(*line, percentage=20) for line in lines)
        )
        for index, tax in enumerate((1366, 1367, 1150, 1700)):
            line = NoteLine(invoice.lines.data[index].id, lines[index][0], tax)
            assert issue_credit_note(note_on(invoice, line), gateway, now=NOW).tax_minor == tax
        assert gateway.invoice(invoice.id).remaining_minor == 0


class TestPolicy:
    """`refund`: what charges can give back, then what was paid out of band, then the balance."""

    @pytest.fixture
    def note(self, invoice):
        return note_on(invoice, down_paid=DownPaid.REFUND)

    def charge(self, stripe, customer):
        (charge,) = stripe.charges.list({"customer": customer.id}).data
        return charge

    def test_gives_back_no_more_than_the_charges_have(self, note, gateway, stripe, customer):
        stripe.invoices.pay(note.stripe_invoice_id, CARD)
        charge = self.charge(stripe, customer)
        stripe.refunds.create({"charge": charge.id, "amount": TOTAL - 6000})
        assert settled(issue_credit_note(note, gateway, now=NOW)) == (0, 30, 6000, 0)

    def test_asks_no_disputed_charge(self, note, gateway, stripe, standin, customer):
        stripe.invoices.pay(note.stripe_invoice_id, CARD)
        wish = {"charge": self.charge(stripe, customer).id, "outcome": "opened"}
        standin.control("POST", "dispute", wish)
        assert settled(issue_credit_note(note, gateway, now=NOW)) == (0, CREDIT, 0, 0)

    def test_leaves_what_was_overpaid_on_the_balance_where_it_is(self, note, gateway, standin):
        wish = {"invoice": note.stripe_invoice_id, "amount": TOTAL + 500}
        standin.control("POST", "pay", wish)
        payment, _ = gateway.invoice_payments(note.stripe_invoice_id)
        assert (payment.paid_minor, payment.refundable_minor) == (TOTAL, TOTAL)

    def test_goes_on_out_of_band_and_then_to_the_balance(self, invoice, gateway, stripe, standin):
        for amount, out_of_band in ((TOTAL - 5000, False), (5000, True)):
            wish = {"invoice": invoice.id, "amount": amount, "out_of_band": out_of_band}
            standin.control("POST", "pay", wish)
        charges = stripe.charges.list({"customer": invoice.customer}).data
        stripe.refunds.create({"charge": charges[0].id, "amount": TOTAL - 5000 - 2000})
        first = note_on(invoice, down_paid=DownPaid.REFUND)
        assert settled(issue_credit_note(first, gateway, now=NOW)) == (0, 0, 2000, 4030)
        second = note_on(invoice, down_paid=DownPaid.REFUND)
        assert settled(issue_credit_note(second, gateway, now=NOW)) == (0, 5060, 0, 970)


class TestOnce:
    @pytest.mark.parametrize("kind", FAILURES)
    @pytest.mark.parametrize(
        ("method", "path"), [(method, path) for method, paths in CALLS.items() for path in paths]
    )
    def test_gives_one_note_whatever_fails_at_any_call(
        self, note, gateway, stripe, standin, method, path, kind
    ):
        standin.fault(kind=kind, method=method, path=path)
        there = None
        for _ in range(4):
            try:
                there = issue_credit_note(note, gateway, now=NOW)
            except UnknownOutcome:
                forget_the_time()
        (made,) = notes_of(stripe, note)
        assert there is not None
        assert (there.stripe_id, there.total_minor) == (made.id, CREDIT)
        assert gateway.invoice(note.stripe_invoice_id).remaining_minor == TOTAL - CREDIT

    def test_gives_one_note_where_the_answer_takes_too_long(self, note, gateway, stripe, standin):
        hasty = StripeGateway(
            api_key=API_KEY, api_base=standin.url, requests_per_second=1000, seconds=0.5
        )
        standin.fault(kind="delay", method="POST", path="/v1/credit_notes", seconds=1.5)
        with pytest.raises(UnknownOutcome):
            issue_credit_note(note, hasty, now=NOW)
        hasty._client._requestor._client.close()
        there = None
        while there is None:  # the first request still holds its key for a second
            with contextlib.suppress(UnknownOutcome):
                there = issue_credit_note(note, gateway, now=NOW)
        assert attempts(note) == ["succeeded"]
        assert [made.id for made in notes_of(stripe, note)] == [there.stripe_id]

    def test_asks_for_no_more_than_it_needs(self, note, gateway, standin):
        before = calls(standin)
        issue_credit_note(note, gateway, now=NOW)
        made = {route: count - before.get(route, 0) for route, count in calls(standin).items()}
        assert {route for route, count in made.items() if count} == {
            "GET /v1/invoices/{invoice}",
            "GET /v1/invoice_payments",
            "GET /v1/credit_notes/preview",
            "POST /v1/credit_notes",
        }
        assert sum(made.values()) == 4

    def test_writes_the_intent_down_before_the_call(self, note, gateway, monkeypatch):
        states = []

        def look(*_args, **_kwargs):
            states.extend(attempts(note))
            raise UnknownOutcome("lost")

        monkeypatch.setattr(gateway, "create_credit_note", look)
        with pytest.raises(UnknownOutcome):
            issue_credit_note(note, gateway, now=NOW)
        assert states == ["intended"]

    def test_goes_on_where_a_kill_before_the_call_has_left_it(
        self, note, gateway, stripe, monkeypatch
    ):
        with monkeypatch.context() as killed:
            killed.setattr(gateway, "create_credit_note", lost)
            with pytest.raises(UnknownOutcome):
                issue_credit_note(note, gateway, now=NOW)
        issue_credit_note(note, gateway, now=NOW)
        assert len(notes_of(stripe, note)) == 1
        assert attempts(note) == ["succeeded"]

    def test_goes_on_where_a_kill_after_the_call_has_left_it(
        self, note, gateway, stripe, monkeypatch
    ):
        """Its preview would be refused now: the note has used up the line."""
        whole = replace(note, lines=[replace(note.lines[0], amount_minor=COMPUTE)])
        with monkeypatch.context() as killed:
            killed.setattr(performing, "_record", lost)
            with pytest.raises(UnknownOutcome):
                issue_credit_note(whole, gateway, now=NOW)
        assert attempts(note) == ["intended"]
        there = issue_credit_note(whole, gateway, now=NOW)
        assert [made.id for made in notes_of(stripe, note)] == [there.stripe_id]

    def test_gives_the_same_note_after_it_was_concluded(self, note, gateway, stripe):
        first = issue_credit_note(note, gateway, now=NOW)
        assert issue_credit_note(note, gateway, now=NOW) == first
        assert len(notes_of(stripe, note)) == 1

    @pytest.mark.parametrize("voided", [False, True])
    def test_is_looked_for_once_stripe_has_forgotten_the_key(
        self, note, gateway, stripe, monkeypatch, voided
    ):
        with monkeypatch.context() as killed:
            killed.setattr(performing, "_record", lost)
            with pytest.raises(UnknownOutcome):
                issue_credit_note(note, gateway, now=NOW)
        (made,) = notes_of(stripe, note)
        if voided:
            stripe.credit_notes.void_credit_note(made.id)
        stripe.credit_notes.create({"invoice": note.stripe_invoice_id, "amount": 1})
        forget_the_time(first_sent_at=NOW - timedelta(days=2))
        monkeypatch.setattr(gateway, "create_credit_note", lost)
        there = issue_credit_note(note, gateway, now=NOW)
        assert (there.stripe_id, there.status) == (made.id, "void" if voided else "issued")

    def test_is_found_by_a_database_that_was_restored(self, note, gateway, stripe, settings):
        whole = replace(note, lines=[replace(note.lines[0], amount_minor=COMPUTE)])
        first = issue_credit_note(whole, gateway, now=NOW)
        with as_ops():
            StripeOperation.objects.all().delete()
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"stripe_look_first": True})
        assert issue_credit_note(whole, gateway, now=NOW) == first
        assert len(notes_of(stripe, note)) == 1

    def test_two_notes_on_one_invoice_share_no_key(self, invoice, gateway):
        first, second = (issue_credit_note(note_on(invoice), gateway, now=NOW) for _ in range(2))
        assert first.stripe_id != second.stripe_id
        assert gateway.invoice(invoice.id).remaining_minor == TOTAL - 2 * CREDIT


def calls(standin):
    rows = standin.control("GET", "calls")["calls"]
    counts = {}
    for row in rows:
        route = f"{row['method']} {row['route']}"
        counts[route] = counts.get(route, 0) + row["count"]
    return counts


class TestMoneyThatMovesMeanwhile:
    def between(self, gateway, monkeypatch, moves, *, before=False):
        """`moves` happen one by one, each after (or before) a preview of ours."""
        real = gateway.preview_credit_note

        def preview(params):
            if before and moves:
                moves.pop(0)()
            answer = real(params)
            if not before and moves:
                moves.pop(0)()
            return answer

        monkeypatch.setattr(gateway, "preview_credit_note", preview)

    @pytest.mark.parametrize("before", [True, False])
    def test_is_settled_anew_with_another_attempt(
        self, note, gateway, stripe, standin, monkeypatch, before
    ):
        wish = {"invoice": note.stripe_invoice_id, "amount": 228_000}
        standin.control("POST", "pay", wish)
        pay = [lambda: stripe.invoices.pay(note.stripe_invoice_id, CARD)]
        self.between(gateway, monkeypatch, pay, before=before)
        there = issue_credit_note(note, gateway, now=NOW)
        assert settled(there) == (0, CREDIT, 0, 0)
        assert attempts(note) == (["succeeded"] if before else ["failed", "succeeded"])

    def test_each_time_is_another_thing_than_a_refusal(
        self, invoice, gateway, standin, stripe, monkeypatch
    ):
        part = {"invoice": invoice.id, "amount": 1000}
        note = note_on(invoice, NoteLine(invoice.lines.data[0].id, COMPUTE))
        standin.control("POST", "pay", {"invoice": invoice.id, "amount": TOTAL - COMPUTE})
        moves = [lambda: standin.control("POST", "pay", part)] * 3
        self.between(gateway, monkeypatch, moves)
        with pytest.raises(PaidMeanwhile, match="must equal"):
            issue_credit_note(note, gateway, now=NOW)
        assert attempts(note) == ["failed"] * 3
        assert notes_of(stripe, note) == []
        assert settled(issue_credit_note(note, gateway, now=NOW)) == (COMPUTE - 3000, 3000, 0, 0)

    def test_while_its_answer_was_lost_is_settled_anew(self, note, gateway, stripe, standin):
        """Nothing was done, and the same request would be refused by now."""
        standin.fault(kind="conflict", method="POST", path="/v1/credit_notes")
        with pytest.raises(UnknownOutcome):
            issue_credit_note(note, gateway, now=NOW)
        stripe.invoices.pay(note.stripe_invoice_id, CARD)
        assert settled(issue_credit_note(note, gateway, now=NOW)) == (0, CREDIT, 0, 0)
        assert attempts(note) == ["failed", "succeeded"]

    def test_where_nothing_moved_a_refusal_is_one(self, invoice, gateway, stripe):
        stripe.credit_notes.create(on_line(invoice, COMPUTE - 1))
        note = note_on(invoice)
        with pytest.raises(RefusedByStripe, match="what is left") as refusal:
            issue_credit_note(note, gateway, now=NOW)
        assert not isinstance(refusal.value, PaidMeanwhile)
        assert attempts(note) == []


class TestWaiting:
    @pytest.mark.parametrize("amount", [TOTAL, 1000])
    @pytest.mark.parametrize("outcome", ["paid", "failed"])
    def test_for_a_payment_that_is_under_way(self, note, gateway, standin, stripe, amount, outcome):
        wish = {"invoice": note.stripe_invoice_id, "amount": amount}
        begun = standin.control("POST", "begin_payment", wish)
        with pytest.raises(PaymentUnderWay) as waiting:
            issue_credit_note(note, gateway, now=NOW + PAYMENT_WAIT_MAX)
        assert (waiting.value.payments, waiting.value.is_overdue) == ([begun["id"]], False)
        assert notes_of(stripe, note) == []
        standin.control("POST", "finish_payment", {"payment": begun["id"], "outcome": outcome})
        there = issue_credit_note(note, gateway, now=NOW)
        paid = outcome == "paid" and amount == TOTAL
        assert settled(there) == ((0, CREDIT, 0, 0) if paid else (CREDIT, 0, 0, 0))

    @pytest.mark.parametrize(
        ("amount", "intent", "waits"),
        [
            (TOTAL, "requires_capture", True),
            (1000, "requires_action", True),
            (TOTAL, "requires_action", False),  # the customer looks at the page, and may go
        ],
    )
    def test_goes_by_what_the_payment_is_at(
        self, note, gateway, standin, stripe, amount, intent, waits
    ):
        wish = {"invoice": note.stripe_invoice_id, "amount": amount, "intent": intent}
        standin.control("POST", "begin_payment", wish)
        with pytest.raises(PaymentUnderWay) if waits else contextlib.nullcontext():
            issue_credit_note(note, gateway, now=NOW)
        assert len(notes_of(stripe, note)) == (0 if waits else 1)

    def test_ends_after_five_days(self, note, gateway, standin):
        standin.control("POST", "begin_payment", {"invoice": note.stripe_invoice_id})
        later = NOW + PAYMENT_WAIT_MAX + timedelta(seconds=1)
        with pytest.raises(PaymentUnderWay) as waiting:
            issue_credit_note(note, gateway, now=later)
        assert waiting.value.is_overdue


class TestWhatIsNotIssued:
    @pytest.mark.parametrize("status", ["void", "uncollectible"])
    def test_on_an_invoice_that_takes_none(self, note, gateway, stripe, status):
        end = {"void": "void_invoice", "uncollectible": "mark_uncollectible"}[status]
        getattr(stripe.invoices, end)(note.stripe_invoice_id)
        with pytest.raises(NotCreditable) as fault:
            issue_credit_note(note, gateway, now=NOW)
        assert fault.value.status == status
        assert attempts(note) == []

    @pytest.mark.parametrize("change", ["amount_minor", "tax_minor"])
    def test_what_stripe_would_make_otherwise(self, note, gateway, stripe, monkeypatch, change):
        real = gateway.preview_credit_note

        def meddle(params):
            answer = real(params)
            line = replace(answer.lines[0], **{change: getattr(answer.lines[0], change) + 1})
            return replace(answer, lines=(line,))

        monkeypatch.setattr(gateway, "preview_credit_note", meddle)
        with pytest.raises(UnequalAtStripe) as fault:
            issue_credit_note(note, gateway, now=NOW)
        assert len(fault.value.differences) == 1
        assert notes_of(stripe, note) == []
        assert attempts(note) == []

    def test_tax_that_the_invoice_has_none_of(self, invoice, gateway):
        note = note_on(invoice, NoteLine(invoice.lines.data[0].id, CREDIT, 5))
        with pytest.raises(UnequalAtStripe, match="tax of line"):
            issue_credit_note(note, gateway, now=NOW)


class TestManyLines:
    def test_are_previewed_in_parts_and_posted_at_once(self, gateway, standin, customer):
        invoice = finalized(standin.client(), customer, *(range(100, 125)))
        wanted = [NoteLine(line.stripe_id, 50) for line in gateway.lines(invoice.id)]
        standin.control("POST", "pay", {"invoice": invoice.id, "amount": invoice.total - 60})
        note = note_on(invoice, *wanted)
        there = issue_credit_note(note, gateway, now=NOW)
        assert settled(there) == (60, 25 * 50 - 60, 0, 0)
        lines = gateway.credit_note_lines(there.stripe_id)
        assert [line.stripe_line_id for line in lines] == [line.stripe_line_id for line in wanted]

    def test_are_read_page_by_page(self, gateway, standin, customer, monkeypatch):
        invoice = finalized(standin.client(), customer, *(range(100, 105)))
        for amount in (1, 2, 3):
            standin.control("POST", "pay", {"invoice": invoice.id, "amount": amount})
            wanted = [NoteLine(line.id, 1) for line in invoice.lines.data]
            issue_credit_note(note_on(invoice, *wanted), gateway, now=NOW)
        notes = gateway.credit_notes(invoice.id)
        monkeypatch.setattr("services.invoicing.gateways.stripe.client._PAGE", 2)
        assert gateway.credit_notes(invoice.id) == notes
        assert [line.amount_minor for line in gateway.lines(invoice.id)] == list(range(100, 105))
        assert len(gateway.credit_note_lines(notes[0].stripe_id)) == 5
        paid = [one.paid_minor for one in gateway.invoice_payments(invoice.id)]
        assert sorted(paid) == [0, 1, 2, 3]


class TestTheGateway:
    def test_reads_back_what_it_changes(self, note, gateway):
        there = issue_credit_note(note, gateway, now=NOW)
        changed = gateway.update_credit_note(
            there.stripe_id, memo="New", metadata={"more": "1"}, key=new_id("key")
        )
        assert (changed.memo, changed.metadata["more"]) == ("New", "1")
        assert changed.metadata["trueback_document"] == note.document_id
        voided = gateway.void_credit_note(there.stripe_id, key=new_id("key"))
        assert voided.status == "void"
        assert voided.voided_at
        assert gateway.credit_notes(note.stripe_invoice_id) == [voided]

    def test_tells_what_a_balance_did_and_the_invoice_that_took_it(
        self, note, gateway, stripe, standin, customer
    ):
        stripe.invoices.pay(note.stripe_invoice_id, CARD)
        there = issue_credit_note(note, gateway, now=NOW)
        following = finalized(standin.client(), customer, 10_000)
        moves = gateway.balance_transactions(customer.id, since=0)
        assert [(move.kind, move.amount_minor, move.ending_balance_minor) for move in moves] == [
            ("applied_to_invoice", CREDIT, 0),
            ("credit_note", -CREDIT, -CREDIT),
        ]
        assert (moves[0].stripe_invoice_id, moves[0].currency) == (following.id, "USD")
        assert moves[1].stripe_note_id == there.stripe_id
        invoice = gateway.invoice(following.id)
        assert (invoice.starting_balance_minor, invoice.ending_balance_minor) == (-CREDIT, 0)
        later = int(datetime.now(UTC).timestamp()) + 60
        assert gateway.balance_transactions(customer.id, since=later) == []

    @pytest.mark.parametrize("automatic", [False, True])
    def test_tells_tax_of_ours_from_stripes(self, gateway, standin, customer, automatic):
        """The stand-in has no automatic tax: the answer is as Stripe's document has it."""
        item = finalized(standin.client(), customer, taxed(1000, 190))
        item.automatic_tax.enabled = automatic
        assert invoice_at_stripe(item).is_taxed_by_us is not automatic

    def test_tells_what_became_of_money_that_was_to_go_back(
        self, invoice, gateway, stripe, standin, customer
    ):
        stripe.invoices.pay(invoice.id, CARD)
        note = note_on(invoice, down_paid=DownPaid.REFUND)
        (refund_id,) = issue_credit_note(note, gateway, now=NOW).refund_ids
        made = gateway.refund(refund_id)
        assert (made.status, made.amount_minor, made.currency) == ("succeeded", CREDIT, "USD")
        assert gateway.invoices_paid_by(made.payment_intent_id) == [invoice.id]
        standin.control("POST", "fail_refund", {"refund": refund_id})
        failed = gateway.refund(refund_id)
        assert (failed.status, failed.failure) == ("failed", "expired_or_canceled_card")
        (charge,) = stripe.charges.list({"customer": customer.id}).data
        for outcome, status in (("opened", "needs_response"), ("lost", "lost"), ("won", "won")):
            standin.control("POST", "dispute", {"charge": charge.id, "outcome": outcome})
            (listed,) = stripe.disputes.list({"charge": charge.id}).data
            told = gateway.dispute(listed.id)
            assert (told.status, told.amount_minor) == (status, TOTAL)
        assert told.payment_intent_id == made.payment_intent_id

    def test_reads_a_note_of_somebody_else_that_names_no_line(self, invoice, gateway, stripe):
        stripe.credit_notes.create({"invoice": invoice.id, "amount": 700})
        (other,) = gateway.credit_notes(invoice.id)
        assert (other.total_minor, other.remaining_minor, other.metadata) == (700, 700, {})
        assert gateway.credit_note_lines(other.stripe_id) == []
