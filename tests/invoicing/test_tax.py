"""Tax by the contract's table, on invoices and notes, at Stripe and in the books."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError

from services.invoicing.gateways.stripe.records import StripePayment
from services.invoicing.models import Contract, CreditNote, Invoice, LedgerEntry, TrueUpAccount
from services.invoicing.operations.act_on_account import act_on_account
from services.invoicing.operations.act_on_correction import act_on_note
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.book_money import book_payments
from services.invoicing.operations.fix_invoice import fix_invoice
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.process_stripe_events import (
    process_stripe_events,
    sweep_stripe_events,
)
from services.invoicing.operations.verify_documents import verify_documents
from services.invoicing.queries import invoice_files, note_files
from services.invoicing.queries.account_terms import read_terms
from services.invoicing.queries.corrections import read_corrections
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.invoice_fixes import read_fixes
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.fixes import FixRoute
from tests.invoicing.test_accounts import issue
from tests.invoicing.test_corrections_at_stripe import acme, balance, gateway, month, one_gateway
from tests.invoicing.test_drafting import NOW, drafts
from tests.invoicing.test_issue import standin
from tests.invoicing.test_settling import costs, file, issued

__all__ = ["gateway", "month", "one_gateway", "standin"]
GERMAN = "{category: standard, percent: 19, place: DE}"
AT_ONCE = "{up: supplementary}"


@pytest.fixture
def taxed(month, gateway):
    """Acme's October, issued at Stripe; others' months keep the brake off."""

    def taxed(tax=GERMAN, true_up=AT_ONCE):
        text = file(true_up=true_up).replace("true_up: ", f"tax: {tax}, true_up: ")
        with as_ops():
            apply_plans(content=text)
        month.close(costs())
        for tenant, draft in drafts().items():
            if tenant == "acme":
                issue(draft)
            else:
                issued(draft)
        issue_invoices()
        return acme()

    return taxed


def follow():
    sweep_stripe_events()
    process_stripe_events()


def give(invoice, route, lines):
    """As a clerk gives it, an approver approves it, and Stripe takes it."""
    with as_ops():
        fixed = fix_invoice(
            invoice_id=invoice.pk,
            route=route,
            version=invoice.version,
            lines=lines,
            actor=Actor("clara", "billing_clerk"),
            reason="agreed",
            now=NOW,
        )
        note = CreditNote.objects.get(pk=fixed.document)
        act_on_note(
            note_id=note.pk,
            action="approve",
            actor=Actor("bruno", "billing_approver"),
            version=note.version,
            reason="",
            now=NOW,
        )
    issue_notes()
    with as_ops():
        return CreditNote.objects.get(pk=note.pk)


def at_stripe(gateway, invoice):
    there = gateway.invoice(invoice.stripe_invoice_id)
    lines = gateway.lines(invoice.stripe_invoice_id)
    return there.total_minor, [line.tax_minor for line in lines]


class TestAnInvoice:
    def test_has_its_tax_at_stripe_line_by_line(self, taxed, gateway):
        invoice = taxed()
        assert (invoice.state, invoice.total_minor, invoice.tax_minor) == (
            "issued",
            231_169,
            43_922,
        )
        assert at_stripe(gateway, invoice) == (275_091, [27_371, 7_070, 9_481])

    def test_says_it_by_rate(self, taxed, monkeypatch):
        invoice = taxed()
        with as_ops():
            fact = invoice_fact(invoice)
            document = invoice_files.invoice_content(invoice)
        assert (fact.total, fact.tax) == (Decimal("2311.69"), Decimal("439.22"))
        (group,) = fact.taxes
        assert (group.category, str(group.percent), group.place) == ("standard", "19.0000", "DE")
        assert document["sums"][1] == {"label": "Tax 19 % (DE)", "value": "439.22"}
        assert document["total"]["value"] == "USD 2,750.91"

    def test_is_booked_with_it(self, taxed):
        taxed()
        assert (balance("receivable"), balance("tax")) == (Decimal("2750.91"), Decimal("-439.22"))

    def test_of_reverse_charge_has_none_and_says_why(self, taxed, gateway):
        invoice = taxed(tax="{category: reverse_charge, place: FR}")
        assert (invoice.state, invoice.tax_minor) == ("issued", 0)
        assert at_stripe(gateway, invoice) == (231_169, [0, 0, 0])
        with as_ops():
            document = invoice_files.invoice_content(invoice)
        assert "recipient of the service owes the tax" in document["tax_sentence"]

    def test_of_a_contract_that_says_nothing_has_none(self, taxed, gateway):
        invoice = taxed(tax="null")
        assert (invoice.state, invoice.tax_minor) == ("issued", None)
        assert at_stripe(gateway, invoice) == (231_169, [0, 0, 0])
        assert balance("tax") == 0

    def test_is_to_pay_with_it(self, taxed, standin):
        invoice = taxed()
        standin.client().v1.invoices.pay(invoice.stripe_invoice_id, {"paid_out_of_band": True})
        follow()
        assert (acme().state, balance("receivable")) == ("paid", 0)
        assert balance("cash") == Decimal("2750.91")

    def test_that_is_voided_owes_no_tax(self, taxed, standin, month):
        invoice = taxed()
        month.close(costs(compute="1150.25"))
        issue_notes()
        standin.client().v1.invoices.void_invoice(invoice.stripe_invoice_id)
        follow()
        assert (acme().state, balance("tax"), balance("receivable")) == ("void", 0, 0)

    def test_that_is_written_off_owes_none_of_what_remains(self, taxed, standin, gateway):
        invoice = taxed()
        standin.client().v1.invoices.mark_uncollectible(invoice.stripe_invoice_id)
        follow()
        assert acme().state == "uncollectible"
        assert (balance("tax"), balance("write_off")) == (0, Decimal("2311.69"))
        payment = StripePayment(
            stripe_id="inpay_1",
            status="paid",
            is_default=False,
            requested_minor=137_545,
            paid_minor=137_545,
            refundable_minor=0,
            intent_status="",
        )
        with as_ops():
            there = gateway.invoice(invoice.stripe_invoice_id)
            book_payments(acme(), there, [payment])
        # Half of it was paid after all, and half of its tax is owed again.
        assert (balance("tax"), balance("write_off")) == (Decimal("-219.61"), Decimal("1155.85"))

    def test_is_sealed_with_it(self, taxed, monkeypatch):
        taxed()
        monkeypatch.setattr(
            "services.invoicing.operations.verify_documents._anchors", lambda: ([], [])
        )
        verification = verify_documents(now=datetime.now(UTC))
        assert [fault for fault in verification.faults if acme().pk in fault] == []
        with as_ops(), pytest.raises(DatabaseError, match="never changed"):
            Invoice.objects.filter(pk=acme().pk).update(tax_minor=1)


class TestACreditNote:
    def test_gives_back_the_tax_of_the_original(self, taxed, gateway, month):
        invoice = taxed()
        month.close(costs(compute="1150.25"))
        issue_notes()
        (there,) = gateway.credit_notes(invoice.stripe_invoice_id)
        assert (there.net_minor, there.tax_minor, there.total_minor) == (6_030, 1_146, 7_176)
        assert gateway.invoice(invoice.stripe_invoice_id).remaining_minor == 267_915
        assert (balance("receivable"), balance("tax")) == (Decimal("2679.15"), Decimal("-427.76"))
        with as_ops():
            note = CreditNote.objects.get()
            (document,) = [one for row in read_corrections("2026-10") for one in row["documents"]]
        assert (note.state, note.line_taxes) == ("issued", [1_146])
        assert (document["net"], document["tax"]) == ("60.30", "11.46")

    def test_says_it_by_rate(self, taxed, month, monkeypatch):
        seen = []
        monkeypatch.setattr(
            note_files, "pdf_of", lambda document, **_: seen.append(document) or b""
        )
        taxed()
        month.close(costs(compute="1150.25"))
        issue_notes()
        with as_ops():
            note_files.note_pdf(CreditNote.objects.get())
        assert seen[0]["sums"][1] == {"label": "Tax 19 % (DE)", "value": "11.46"}
        assert seen[0]["total"]["value"] == "USD 71.76"

    def test_of_reverse_charge_says_why_there_is_none(self, taxed, month, monkeypatch):
        seen = []
        monkeypatch.setattr(
            note_files, "pdf_of", lambda document, **_: seen.append(document) or b""
        )
        taxed(tax="{category: reverse_charge, place: FR}")
        month.close(costs(compute="1150.25"))
        issue_notes()
        with as_ops():
            note = CreditNote.objects.get()
            note_files.note_pdf(note)
        assert (note.state, note.tax_minor) == ("issued", 0)
        assert "Reverse charge" in seen[0]["tax_sentence"]

    def test_on_all_lines_leaves_no_tax(self, taxed, gateway, month):
        invoice = taxed()
        month.close(costs(compute="1150.25"))
        issue_notes()
        for position, amount in {1: 138_030, 2: 37_209, 3: 49_900}.items():
            given = give(acme(), FixRoute.GOODWILL, {position: amount})
            assert given.state == "issued"
        with as_ops():
            taxes = CreditNote.objects.values_list("tax_minor", flat=True)
            assert sum(taxes) == invoice.tax_minor
        assert (balance("tax"), balance("receivable")) == (0, 0)
        assert gateway.invoice(invoice.stripe_invoice_id).remaining_minor == 0

    def test_has_what_the_note_before_it_has_left(self, taxed):
        """Both were made before either counted."""
        invoice = taxed(tax="{category: standard, percent: 16, place: DE}")
        notes = []
        for _ in range(2):
            with as_ops():
                fixed = fix_invoice(
                    invoice_id=invoice.pk,
                    route=FixRoute.GOODWILL,
                    version=acme().version,
                    lines={1: 3_615},
                    actor=Actor("clara", "billing_clerk"),
                    reason="agreed",
                    now=NOW,
                )
                notes.append(fixed.document)
        with as_ops():
            for note in CreditNote.objects.filter(pk__in=notes):
                act_on_note(
                    note_id=note.pk,
                    action="approve",
                    actor=Actor("bruno", "billing_approver"),
                    version=note.version,
                    reason="",
                    now=NOW,
                )
        issue_notes()
        with as_ops():
            given = CreditNote.objects.filter(state="issued").values_list("tax_minor", flat=True)
            # 369.87 on the whole, and 364.09 and 358.30 on what remains.
            assert sorted(given) == [578, 579]

    def test_that_writes_off_takes_all_that_remains_with_its_tax(self, taxed):
        invoice = taxed()
        with as_ops():
            shown = read_fixes(invoice, {})
        (effect,) = [one["effect"] for one in shown["fixes"] if one["route"] == "write_off"]
        assert (effect["credited"], effect["left_to_pay"]) == ("2750.91", "0.00")
        given = give(invoice, FixRoute.WRITE_OFF, {})
        assert (given.net_minor, given.tax_minor) == (231_169, 43_922)
        assert (balance("receivable"), balance("tax")) == (0, 0)

    def test_that_somebody_made_at_stripe_counts_with_its_tax(self, taxed, gateway, month):
        invoice = taxed()
        first = gateway.lines(invoice.stripe_invoice_id)[0]
        tax = {"amount": 190, "tax_rate": first.tax_rates[0], "taxable_amount": 1_000}
        line = {
            "type": "invoice_line_item",
            "invoice_line_item": first.stripe_id,
            "amount": 1_000,
            "tax_amounts": [tax],
        }
        asked = {"invoice": invoice.stripe_invoice_id, "lines": [line]}
        gateway.create_credit_note(asked, key="by hand")
        follow()
        month.close(costs(compute="1150.25"))
        issue_notes()
        with as_ops():
            foreign, ours = CreditNote.objects.order_by("is_foreign").reverse()
        assert (foreign.line_taxes, ours.tax_minor) == ([190], 1_146)


class TestAReissuedInvoice:
    def test_has_the_tax_of_its_month(self, taxed, standin, gateway):
        invoice = taxed()
        standin.client().v1.invoices.void_invoice(invoice.stripe_invoice_id)
        follow()
        with as_ops():
            Contract.objects.filter(customer="acme").update(tax={})
            act_on_account(
                account_id=TrueUpAccount.objects.get(invoice=invoice).pk,
                action="reissue",
                actor=Actor("bruno", "billing_approver"),
                reason="voided by mistake",
                now=NOW,
            )
            draft = Invoice.objects.get(reissues=invoice)
        issue(draft)
        issue_invoices()
        with as_ops():
            draft.refresh_from_db()
        assert (draft.state, draft.tax_minor) == ("issued", 43_922)
        assert (balance("tax"), balance("receivable")) == (Decimal("-439.22"), Decimal("2750.91"))


class TestAnAccount:
    def test_keeps_the_tax_that_its_invoice_says(self, month, gateway):
        text = file(true_up=AT_ONCE).replace("true_up: ", f"tax: {GERMAN}, true_up: ")
        with as_ops():
            apply_plans(content=text)
        month.close(costs())
        with as_ops():
            Contract.objects.filter(customer="acme").update(tax={})
        issue(drafts()["acme"])
        with as_ops():
            tax = read_terms(TrueUpAccount.objects.get(customer="acme").terms).tax
        assert (tax.category, tax.percent, tax.place) == ("standard", 19, "DE")


class TestADebit:
    def test_has_the_tax_of_the_month_that_it_is_of(self, taxed, month, gateway):
        taxed()
        month.close(costs(compute="1260.75"))
        with as_ops():
            extra = Invoice.objects.get(kind="supplementary")
        assert (extra.total_minor, extra.tax_minor) == (7_230, 1_374)
        issue_invoices()
        with as_ops():
            extra.refresh_from_db()
        assert (extra.state, at_stripe(gateway, extra)) == ("issued", (8_604, [1_374]))
        assert balance("tax") == Decimal("-452.96")
        assert balance("true_up") == 0
        with as_ops():
            sums = LedgerEntry.objects.filter(document__startswith=extra.pk)
            assert sum(entry.amount for entry in sums) == 0
