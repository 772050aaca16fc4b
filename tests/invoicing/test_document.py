"""The PDF: what it says, who gets it, and that the same document is the same bytes."""

import hashlib
import io
import json
import string
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from services.invoicing.domain.invoice_document import invoice_document, written_amount
from services.invoicing.engine.typeset import pdf_of, pictures_of
from services.invoicing.models import Customer
from shared.auth.actors import Actor
from shared.contracts.bases import Markup
from shared.contracts.invoicing import INVOICE_DRAFTED, InvoiceLineFact
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from shared.vocabulary.modes import Mode
from tests.examples import examples
from tests.invoicing.scenarios import NOW, make_customer, make_invoice
from tests.tokens import client_of

ANN = Actor("ann", "customer_admin", "acme")
FRED = Actor("fred", "customer_member", "foreign")
VIC = Actor("vic", "operator_viewer")
CLARA = Actor("clara", "billing_clerk")
NASTY = "#let x = 1 *bold* _it_ $y$ @ref <label> \\n `raw` // -- ~ 'q' \"qq\" [a] {b} ${c} ^ &amp;"


def line(**changed):
    fact = InvoiceLineFact(
        position=1,
        description="Cloud usage: Compute",
        kind="cost_plus",
        quantity=None,
        unit_amount=None,
        amount=Decimal("1440.60"),
        service_start=date(2026, 10, 1),
        service_end=date(2026, 11, 1),
        tenant="acme",
        basis=Markup(Decimal(20)),
        cost=Decimal("1200.5"),
        charge_group="Compute",
    )
    return replace(fact, **changed)


def fact(**changed):
    lines = changed.pop("lines", [line()])
    base = replace(
        INVOICE_DRAFTED.example,
        number="LF-2026-0134",
        due_at=datetime(2026, 12, 4, tzinfo=UTC),
        lines=lines,
        total=sum((item.amount for item in lines), Decimal(0)),
        seller={
            "name": "Larkfield Analytics, Inc.",
            "line1": "1420 Fifth Avenue",
            "city": "Seattle",
            "country": "US",
            "tax_id": "91-4418207",
        },
        buyer={
            "name": "Acme Robotics, Inc.",
            "line1": "600 Foundry Street",
            "city": "Pittsburgh",
            "postal_code": "15222",
            "purchase_order": "PO-88213",
        },
        hosted_invoice_url="https://pay.example/i/0134",
    )
    return replace(base, **changed)


def document(environment=Mode.LIVE, **changed):
    return invoice_document(fact(**changed), days_until_due=30, environment=environment)


def reader(shown):
    return PdfReader(io.BytesIO(pdf_of(shown, made_at=NOW)))


def words(shown):
    return " ".join(" ".join(page.extract_text() for page in reader(shown).pages).split())


class TestTheDocument:
    @pytest.mark.parametrize(
        "expected",
        [
            *("Invoice LF-2026-0134", "Larkfield Analytics, Inc.", "Tax id 91-4418207"),
            *("1420 Fifth Avenue", "Acme Robotics, Inc.", "Pittsburgh 15222", "PO-88213"),
            *("Issue date 3 November 2026", "Due date 4 December 2026", "Terms 30 days net"),
            *("1 to 31 October 2026", "Amount, USD", "Cloud usage: Compute 1,440.60"),
            *("Subtotal 1,440.60", "Total USD 1,440.60", "No tax is added by this document."),
            *(
                "Please pay USD 1,440.60 by 4 December 2026",
                "Pay invoice LF-2026-0134 on Stripe's page",
            ),
            *("Copy: the original is Stripe's invoice LF-2026-0134.", "Page 1 of 1"),
        ],
    )
    def test_says_what_a_finance_department_looks_for(self, expected):
        assert expected in words(document())

    def test_has_prices_alone_under_a_closed_contract(self):
        shown = document()
        assert not [
            mark for mark in ("cost", "20%", "1,200", "1200.5") if mark in json.dumps(shown)
        ]
        assert "Open book" not in words(shown)

    def test_shows_rate_and_cost_where_the_book_is_open(self):
        found = words(
            document(
                disclosure="open_book",
                lines=[line(), line(cost=Decimal("9.005"), charge_group="pool:load-balancer")],
            )
        )
        assert "cost plus 20%" in found
        assert "Compute 1,200.50" in found
        assert "Shared load balancer 9.01" in found
        assert "Cost 1,209.51" in found

    def test_shows_quantities_with_their_price_under_any_contract(self):
        shown = document(
            lines=[line(quantity=Decimal("1200.500"), unit_amount=Decimal("0.00040"), basis=None)]
        )
        assert "Cloud usage: Compute 1,200.5 0.0004 1,440.60" in words(shown)

    def test_adds_the_tax_that_is_known(self):
        found = words(document(tax=Decimal("288.12")))
        assert "Subtotal 1,440.60 Tax 288.12 Total USD 1,728.72" in found
        assert "No tax is added" not in found

    def test_says_the_days_of_a_line_of_part_of_the_month(self):
        shown = document(lines=[line(service_start=date(2026, 10, 12))])
        assert "12 October 2026 to 31 October 2026" in words(shown)

    def test_writes_a_town_with_its_state(self):
        assert "Pittsburgh, PA 15222, US" in words(
            document(
                buyer={
                    "city": "Pittsburgh",
                    "state": "PA",
                    "postal_code": "15222",
                    "country": "US",
                }
            )
        )

    def test_says_when_a_draft_will_be_due(self):
        shown = document(state="draft", number="", issued_at=None, due_at=None)
        assert "Due date 30 days after issue" in words(shown)

    @pytest.mark.parametrize("state", ["draft", "in_review", "approved", "issuing", "parked"])
    def test_is_marked_as_a_draft_before_it_is_issued(self, state):
        found = words(document(state=state, number="", issued_at=None, due_at=None))
        assert "DRAFT" in found
        assert "A draft, not an invoice" in found
        assert "Please pay" not in found

    @pytest.mark.parametrize(
        ("amount", "sentence"),
        [
            ("-50.00", "Nothing is to pay: USD 50.00 is in your favour."),
            ("0", "Nothing is to pay."),
        ],
    )
    def test_asks_for_no_payment_of_nothing_or_less(self, amount, sentence):
        found = words(document(lines=[line(amount=Decimal(amount))]))
        assert sentence in found
        assert "Please pay" not in found

    def test_with_a_number_is_still_a_draft_until_it_is_issued(self):
        assert "DRAFT" in words(document(state="issuing"))

    def test_says_that_it_is_paid(self):
        paid = words(document(state="paid", paid_at=datetime(2026, 11, 20, tzinfo=UTC)))
        assert "Paid on 20 November 2026" in paid
        assert "Please pay" not in paid
        assert "DRAFT" not in paid

    def test_says_that_it_is_cancelled(self):
        found = words(document(state="void"))
        assert "VOID" in found
        assert "Nothing is to pay" in found

    @pytest.mark.parametrize(
        ("environment", "mark"),
        [(Mode.DEMO, "Sample data: not a real invoice"), (Mode.TEST, "Test environment")],
    )
    def test_of_what_is_no_real_business_says_so(self, environment, mark):
        assert mark in words(document(environment))
        assert "not a real invoice" not in words(document(Mode.LIVE))

    def test_negative_amounts_are_signed_by_a_minus_sign(self):
        assert written_amount(Decimal("-1234.565"), "USD") == "\u22121,234.57"
        assert written_amount(Decimal("1234.5"), "JPY") == "1,235"


class TestThePdf:
    def test_has_title_author_language_and_tags(self):
        found = reader(document())
        root = found.trailer["/Root"]
        assert found.metadata.title == "Invoice LF-2026-0134, Acme Robotics, Inc."
        assert found.metadata.author == "Larkfield Analytics, Inc."
        assert root["/Lang"] == "en"
        assert root["/MarkInfo"]["/Marked"]
        assert b"pdfuaid:part" in root["/Metadata"].get_data()

    def test_of_the_same_document_is_the_same_bytes_in_another_process(self):
        shown = document(disclosure="open_book")
        here = hashlib.sha256(pdf_of(shown, made_at=NOW)).hexdigest()
        program = (
            "import hashlib, json, sys\n"
            "from datetime import datetime\n"
            "from services.invoicing.engine.typeset import pdf_of\n"
            "made_at = datetime.fromisoformat(sys.argv[1])\n"
            "pdf = pdf_of(json.load(sys.stdin), made_at=made_at)\n"
            "print(hashlib.sha256(pdf).hexdigest())\n"
        )
        there = subprocess.run(
            [sys.executable, "-c", program, NOW.isoformat()],
            input=json.dumps(shown),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        assert here == there
        assert here == hashlib.sha256(pdf_of(shown, made_at=NOW)).hexdigest()

    def test_takes_250_lines_and_repeats_the_head_of_the_table(self):
        lines = [line(position=n, description=f"Line no. {n} end") for n in range(1, 251)]
        pages = reader(document(lines=lines)).pages
        texts = [page.extract_text() for page in pages]
        assert all(f"Page {n} of {len(pages)}" in text for n, text in enumerate(texts, start=1))
        assert all("Amount, USD" in text for text in texts[:-1])
        whole = "\n".join(texts)
        assert [n for n in range(1, 251) if f"Line no. {n} end" not in whole] == []
        assert "Total USD 360,150.00" in " ".join(whole.split())

    def test_prints_markup_as_it_is_written(self):
        shown = document(
            lines=[line(description=NASTY)], buyer={"name": NASTY, "line1": "#panic()"}
        )
        found = words(shown)
        assert found.count(NASTY) >= 1
        assert "#panic()" in found
        assert reader(shown).metadata.title == f"Invoice LF-2026-0134, {NASTY}"

    def test_prints_accents_greek_and_cyrillic(self):
        text = "Žlutý kůň Ünïcödé ß Ωmega Привет €"
        assert text in words(document(buyer={"name": text}))

    def test_is_made_even_where_no_font_has_a_glyph(self, caplog):
        found = words(document(buyer={"name": "株式会社 Kanji \U000e0fff Ltd", "line1": "Tōkyō"}))
        assert "Tōkyō" in found
        assert "Kanji" in found
        assert "tried with other fonts" in caplog.text

    def test_breaks_words_that_are_too_long_and_drops_control_characters(self):
        shown = document(buyer={"name": "a\x07b\tc", "line1": "x" * 400})
        assert shown["buyer"]["name"] == "a b c"
        [page] = reader(shown).pages
        assert "x" * 400 in "".join(page.extract_text().split())
        assert max(row.count("x") for row in page.extract_text().splitlines()) < 40

    def test_links_to_the_page_to_pay_on_by_its_exact_address(self):
        address = f"https://invoice.stripe.com/i/acct_1/{'live_YWNjdF8x' * 12}?s=ap"
        found = reader(document(hosted_invoice_url=address))
        targets = [
            annotation.get_object()["/A"]["/URI"]
            for page in found.pages
            for annotation in page.get("/Annots", [])
        ]
        assert set(targets) == {address}

    def test_holds_no_invisible_character_that_a_copy_would_keep(self):
        address = f"https://invoice.stripe.com/i/{'x' * 200}"
        shown = document(
            hosted_invoice_url=address,
            lines=[line(description="d" * 200)],
            buyer={"name": "n" * 200, "line1": "x" * 200},
        )
        found = reader(shown)
        kept = [*(page.extract_text() for page in found.pages), *found.metadata.values()]
        assert not [text for text in kept if "\N{ZERO WIDTH SPACE}" in text]
        assert "\N{ZERO WIDTH SPACE}" not in json.dumps(shown, ensure_ascii=False)

    @examples(1 / 4)
    @given(text=st.text(min_size=1, max_size=120), amount=st.decimals(-(10**9), 10**9, places=2))
    def test_is_made_of_any_text_and_amount(self, text, amount):
        shown = document(
            lines=[line(description=text, amount=amount)], buyer={"name": text, "line1": text}
        )
        assert pdf_of(shown, made_at=NOW).startswith(b"%PDF-")

    @examples(1 / 4)
    @given(st.text(alphabet=string.ascii_letters + "#*_$@<>[]{}()`~/=+&^%!?.,;:'-", min_size=1))
    def test_reads_back_what_was_written(self, text):
        found = words(document(buyer={"name": f"Start{text}End"})).replace(" ", "")
        assert f"Start{text}End" in found

    def test_has_a_picture_of_each_page(self):
        [picture] = pictures_of(document(), made_at=NOW)
        assert picture.startswith(b"\x89PNG")


@pytest.fixture
def issued(db):
    with as_ops():
        mine = make_invoice(
            make_customer("acme"), number="ACME-0001", state=State.ISSUED, issued_at=NOW
        )
        Customer.objects.filter(customer_id="acme").update(address={"line1": "1 Road"})
        return mine


def asked(actor, invoice, what="pdf", **headers):
    return client_of(actor).get(f"/api/v1/invoices/{invoice.invoice_id}/{what}", headers=headers)


def text_of(answer):
    [page] = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(page.extract_text().split())


class TestWhoGetsIt:
    @pytest.mark.parametrize("actor", [ANN, VIC, CLARA])
    def test_the_customer_and_staff_get_the_same_bytes(self, issued, actor):
        answer = asked(actor, issued)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'inline; filename="ACME-0001.pdf"'
        assert answer.content == asked(CLARA, issued).content
        assert "Cloud usage: Compute 121.40" in text_of(answer)
        assert "1 Road" in text_of(answer)

    def test_another_customer_is_not_told_that_it_exists(self, issued):
        with as_ops():
            make_customer("foreign")
        assert asked(FRED, issued).status_code == 404

    def test_a_customer_gets_none_before_it_is_issued(self, db):
        with as_ops():
            draft = make_invoice(make_customer("acme"))
        assert asked(ANN, draft).status_code == 404
        answer = asked(CLARA, draft)
        assert answer["Content-Disposition"] == 'inline; filename="draft-acme-2026-10.pdf"'
        assert "DRAFT" in text_of(answer)

    def test_never_says_cost_under_a_closed_contract_even_to_staff(self, issued):
        assert "cost" not in text_of(asked(CLARA, issued)).lower()

    def test_may_be_asked_for_by_its_type(self, issued):
        assert asked(ANN, issued, Accept="application/pdf").status_code == 200
        refused = asked(FRED, issued, Accept="application/pdf")
        assert refused.status_code == 404
        assert refused.json()["code"] == "not_found"

    def test_the_picture_is_for_staff_alone(self, issued):
        assert asked(CLARA, issued, "picture")["Content-Type"] == "image/png"
        assert asked(ANN, issued, "picture").status_code == 404
