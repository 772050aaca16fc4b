"""An account that is stopped waits for a person: bill it anew, let it go, or go on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.invoicing.models import Debit, Invoice, Job, TrueUpAccount
from services.invoicing.operations.act_on_account import act_on_account
from services.invoicing.operations.act_on_invoice import ActionRefused, act_on_invoice
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.move_invoice import InvoiceChanged
from services.invoicing.operations.reissue_invoice import NothingToReissue, stop_reissued
from services.invoicing.operations.settle_accounts import settle_accounts
from services.invoicing.operations.verify_documents import verify_documents
from services.invoicing.queries.corrections import read_corrections
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_accounts import issue
from tests.invoicing.test_by_hand_at_stripe import follow, the_november, unequal_documents
from tests.invoicing.test_corrections_at_stripe import balance, gateway, october
from tests.invoicing.test_drafting import NOW
from tests.invoicing.test_issue import one_gateway, standin
from tests.invoicing.test_settling import account, costs, debits, figures, month, notes
from tests.tokens import client_of

__all__ = ["gateway", "month", "october", "one_gateway", "standin"]
BRUNO = Actor("bruno", "billing_approver")
BEATE = Actor("beate", "billing_approver")


def decide(action, reason="the customer has asked for it", known=None):
    with as_ops():
        known = known or account()
        return act_on_account(
            account_id=known.pk, action=action, actor=BRUNO, reason=reason, now=NOW
        )


def settled():
    """The job that a decision asks for."""
    with as_ops():
        assert Job.objects.filter(kind="settle_accounts", key="2026-10").exists()
    settle_accounts(period="2026-10")


def draft():
    with as_ops():
        return Invoice.objects.exclude(state=State.VOID).get(reissues__isnull=False)


def lines_of(invoice):
    with as_ops():
        rows = invoice.lines.order_by("position")
        return {line.charge_group or line.kind: line.amount_minor for line in rows}


@pytest.fixture
def voided(october, gateway, standin):
    """Golden case 26: October was voided by hand at Stripe, and closed again since."""
    invoice = october.invoiced()
    standin.client().v1.invoices.void_invoice(invoice.stripe_invoice_id)
    follow()
    october.close(costs(compute="1150.25"))
    return invoice


class TestAfterAVoid:
    def test_26_nothing_is_charged_by_itself(self, voided):
        assert (notes(), debits()) == ([], [])
        assert figures() == (175_239, 0, 175_239, 0)
        assert account().state == "stopped"
        assert balance("true_up") == Decimal("1752.39")

    def test_26_is_billed_anew_by_the_newest_close(self, voided, gateway):
        decide("reissue")
        drafted = draft()
        assert lines_of(drafted) == {"Compute": 138_030, "Storage": 37_209, "flat_fee": 49_900}
        assert (drafted.state, drafted.reissues_id) == (State.DRAFT, voided.pk)
        issue(drafted)
        issue_invoices()
        settled()
        assert figures() == (175_239, 175_239, 0, 0)
        known = account()
        assert (known.state, known.base_minor, known.invoice_id) == ("open", 175_239, drafted.pk)
        assert (balance("true_up"), balance("receivable")) == (0, Decimal("2251.39"))
        assert balance("revenue") + balance("rounding") == Decimal("-2251.39")
        assert unequal_documents() == []

    def test_26_is_let_go(self, voided, october):
        decide("let_go")
        settled()
        assert figures() == (175_239, 0, 0, 175_239)
        assert (account().state, account().waived_why) == ("let_go", "let_go")
        assert balance("true_up") == balance("revenue") + balance("rounding") == 0
        october.close(costs(compute="1260.75"))
        assert figures() == (188_499, 0, 0, 188_499)

    def test_is_drafted_anew_at_the_next_close(self, voided, october):
        decide("reissue")
        first = draft()
        october.close(costs(compute="1160.25"))
        assert lines_of(draft())["Compute"] == 139_230
        with as_ops():
            first.refresh_from_db()
        assert first.state == State.VOID
        settle_accounts(period="2026-10")
        assert draft().pk != first.pk
        assert account().state == "stopped"

    def test_is_not_issued_by_an_older_close(self, voided):
        decide("reissue")
        drafted = draft()
        with as_ops():
            TrueUpAccount.objects.filter(pk=account().pk).update(target_lines=[])
        with pytest.raises(InvoiceChanged, match="was closed again"):
            issue(drafted)
        assert account().state == "stopped"

    def test_is_a_choice_again_once_its_draft_is_discarded(self, voided):
        decide("reissue")
        assert self.choices() == ["let_go"]
        with pytest.raises(ActionRefused, match="can be done to it: let_go"):
            decide("reissue")
        with as_ops():
            drafted = Invoice.objects.get(reissues__isnull=False)
            act_on_invoice(
                invoice_id=drafted.pk,
                action="discard",
                actor=BRUNO,
                version=drafted.version,
                reason="not like this",
                now=NOW,
            )
        assert self.choices() == ["let_go", "reissue"]

    def choices(self):
        with as_ops():
            rows = read_corrections("2026-10")
        return next(row["choices"] for row in rows if row["customer"] == "acme")

    def test_is_discarded_where_the_month_is_let_go_after_all(self, voided):
        decide("reissue")
        drafted = draft()
        decide("let_go")
        with as_ops():
            drafted.refresh_from_db()
        assert drafted.state == State.VOID

    def test_is_stopped_again_where_stripe_has_not_taken_it(self, voided):
        decide("reissue")
        drafted = issue(draft())
        assert (account().state, account().invoice_id) == ("open", drafted.pk)
        with as_ops():
            stop_reissued(drafted, now=NOW)
        assert (account().state, account().invoice_id) == ("stopped", voided.pk)
        assert account().stopped_for["code"] == "voided_by_hand"

    def test_is_voided_and_billed_a_second_time(self, voided, standin):
        decide("reissue")
        issue(draft())
        issue_invoices()
        again = draft()
        standin.client().v1.invoices.void_invoice(again.stripe_invoice_id)
        follow()
        assert (account().state, balance("true_up")) == ("stopped", Decimal("1752.39"))
        decide("reissue")
        assert draft().reissues_id == again.pk
        assert unequal_documents() == []

    def test_with_nothing_left_to_bill_is_refused(self, october, gateway, standin, monkeypatch):
        october.invoiced()
        known = account()
        standin.client().v1.invoices.void_invoice(known.invoice.stripe_invoice_id)
        follow()
        with as_ops():
            TrueUpAccount.objects.filter(pk=known.pk).update(target_lines=[])
            fees = "services.invoicing.operations.reissue_invoice._fees"
            monkeypatch.setattr(fees, lambda _voided: [])
            with pytest.raises(NothingToReissue):
                act_on_account(
                    account_id=known.pk, action="reissue", actor=BRUNO, reason="so", now=NOW
                )


class TestADebitLineThatWasVoided:
    def test_38_is_a_debit_again(self, october, gateway, standin):
        october.invoiced()
        october.close(costs(compute="1260.75"))
        november = the_november(october)
        standin.client().v1.invoices.void_invoice(november.stripe_invoice_id)
        follow()
        settle_accounts(period="2026-10")
        assert figures() == (188_499, 181_269, 7_230, 0)
        decide("reissue")
        settled()
        assert figures() == (188_499, 181_269, 7_230, 0)
        assert ("waiting", 7_230) in debits()
        assert (account().state, account().base_minor) == ("open", 181_269)
        with as_ops():
            assert not Invoice.objects.filter(reissues__isnull=False).exists()
            assert Debit.objects.filter(state="waiting").count() == 1


class TestAfterANoteWasVoided:
    @pytest.fixture
    def stopped(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        with as_ops():
            known = account()
            known.credit_notes.update(state=State.VOID, number="CN-1")
            TrueUpAccount.objects.filter(pk=known.pk).update(
                state="stopped",
                stopped_for={
                    "code": "note_voided",
                    "figures": {"number": "CN-1"},
                    "text": "",
                    "differences": [],
                },
            )
        return month

    def test_goes_on_and_a_person_looks_at_what_is_credited_again(self, stopped):
        decide("resume")
        settled()
        assert (account().state, notes()) == ("open", [("in_review", {"Compute": 6_030})])

    def test_is_never_reissued(self, stopped):
        with pytest.raises(ActionRefused, match="let_go, resume"):
            decide("reissue")

    def test_wants_a_reason(self, stopped):
        with pytest.raises(ActionRefused, match="needs a reason"):
            decide("resume", reason=" ")

    def test_knows_no_other_action(self, stopped):
        with pytest.raises(ActionRefused, match="nothing that can be done"):
            decide("burn")

    def test_is_decided_once(self, stopped):
        decide("resume")
        with pytest.raises(ActionRefused, match="The account is open"):
            decide("resume")

    def test_is_in_the_accounts_log_which_is_sealed(self, stopped, monkeypatch):
        decide("resume", reason="voided by mistake")
        with as_ops():
            (step,) = account().transitions.all()
            assert (step.actor, step.from_state, step.to_state, step.cause["text"]) == (
                *("bruno", "stopped", "open"),
                "voided by mistake",
            )
        monkeypatch.setattr(
            "services.invoicing.operations.verify_documents._anchors", lambda: ([], [])
        )
        verified = verify_documents(now=datetime.now(UTC))
        assert [one for one in verified.faults if "acc_" in one or "link is" in one] == []

    def test_is_decided_by_the_api_of_who_may(self, stopped):
        path = f"/api/v1/accounts/{account().pk}/actions/resume"
        given = {"reason": "voided by mistake"}
        clerk = client_of(Actor("clara", "billing_clerk"))
        assert clerk.post(path, given, content_type="application/json").status_code == 403
        answer = client_of(BRUNO).post(path, given, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (200, "open")
        again = client_of(BEATE).post(path, given, content_type="application/json")
        assert (again.status_code, again.json()["reason"]["code"]) == (403, "state")
        nobody = path.replace(account().pk, "acc_nobody")
        answer = client_of(BRUNO).post(nobody, given, content_type="application/json")
        assert answer.status_code == 404
