"""The PDF over the portal: asked for in the person's name, and nobody else's."""

import pytest

from services.portal.operations.record_facts import record_invoice
from shared.auth.actors import Actor
from shared.file_names import pdf_name
from shared.isolation.scope import as_ops
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import client_of, invoice_fact, record_month

STAFF_PDF = "/invoices/inv_acme/pdf"
OWN_PDF = "/account/invoices/inv_acme/pdf"
CLARA = Actor("clara", "billing_clerk")
ANN = Actor("ann", "customer_admin", "acme")


@pytest.fixture
def invoicing():
    with running_invoicing() as running:
        yield running


class TestThePdf:
    @pytest.mark.parametrize(
        ("name", "actor", "path"), [("clara", CLARA, STAFF_PDF), ("ann", ANN, OWN_PDF)]
    )
    def test_is_asked_for_in_the_persons_name(self, month, invoicing, name, actor, path):
        answer = client_of(name).get(path)
        assert answer.status_code == 200
        assert answer.content == b"%PDF-1.7 as it came"
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == 'inline; filename="ACME-0001.pdf"'
        assert answer["Cache-Control"] == "no-store"
        assert "script-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert invoicing.calls == [(actor, "/api/v1/invoices/inv_acme/pdf", None)]

    def test_is_saved_where_that_is_asked_for(self, month, invoicing):
        answer = client_of("ann").get(f"{OWN_PDF}?download")
        assert answer["Content-Disposition"] == 'attachment; filename="ACME-0001.pdf"'

    def test_of_a_draft_is_named_so(self, cast, invoicing):
        record_month(acme="draft")
        answer = client_of("clara").get(STAFF_PDF)
        assert answer["Content-Disposition"] == 'inline; filename="draft-acme-2026-10.pdf"'

    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("LF-2026-0134", "LF-2026-0134.pdf"),
            ('x"; evil\r\n/../Ünï', "x-evil-..-n.pdf"),
            ("漢字", "document.pdf"),
        ],
    )
    def test_has_a_name_that_is_safe_everywhere(self, name, safe):
        assert pdf_name(name) == safe


class TestWhoGetsIt:
    def test_another_customers_is_not_there_and_not_asked_for(self, month, invoicing):
        assert client_of("ann").get("/account/invoices/inv_foreign/pdf").status_code == 404
        assert client_of("fred").get(OWN_PDF).status_code == 404
        assert invoicing.calls == []

    @pytest.mark.parametrize("state", ["draft", "in_review", "approved", "issuing", "parked"])
    def test_its_own_is_not_there_before_it_is_issued(self, cast, invoicing, state):
        with as_ops():
            record_invoice(invoice_fact("acme", state))
        assert client_of("ann").get(OWN_PDF).status_code == 404
        assert invoicing.calls == []

    @pytest.mark.parametrize("path", [STAFF_PDF, "/invoices/inv_acme/picture"])
    def test_a_customer_has_none_of_the_staffs(self, month, invoicing, path):
        assert client_of("ann").get(path).status_code == 404
        assert invoicing.calls == []

    @pytest.mark.parametrize("name", ["olivia", "vic", "clara", "bruno"])
    def test_staff_has_none_of_the_customers(self, month, invoicing, name):
        assert client_of(name).get(OWN_PDF).status_code == 403
        assert client_of(name).get(STAFF_PDF).status_code == 200

    @pytest.mark.parametrize("path", ["/invoices/inv_x/pdf", "/invoices/inv_x/picture"])
    def test_what_does_not_exist_is_not_asked_for(self, month, invoicing, path):
        assert client_of("clara").get(path).status_code == 404
        assert invoicing.calls == []

    def test_what_invoicing_does_not_show_is_not_there(self, month, invoicing):
        invoicing.status = 404
        assert client_of("ann").get(OWN_PDF).status_code == 404


class TestThePicture:
    def test_is_the_first_page_for_staff(self, month, invoicing):
        invoicing.file, invoicing.file_type = b"\x89PNG", "image/png"
        answer = client_of("vic").get("/invoices/inv_acme/picture")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert "Content-Disposition" not in answer
        assert invoicing.calls[0][1] == "/api/v1/invoices/inv_acme/picture"


class TestAnOwnerThatGivesNone:
    @pytest.mark.parametrize(("name", "path"), [("clara", STAFF_PDF), ("ann", OWN_PDF)])
    def test_that_does_not_answer_is_a_page_that_says_so(self, month, name, path):
        answer = client_of(name).get(path)
        assert answer.status_code == 503
        assert "The invoicing service does not answer." in answer.content.decode()

    def test_that_fails_is_a_page_that_says_so(self, month, invoicing):
        invoicing.status = 500
        answer = client_of("ann").get(OWN_PDF)
        assert answer.status_code == 503
        assert "answered 500" in answer.content.decode()

    def test_that_answers_with_something_else_is_never_passed_on(self, month, invoicing):
        invoicing.file, invoicing.file_type = b"<script>", "text/html"
        answer = client_of("ann").get(OWN_PDF)
        assert answer.status_code == 503
        assert b"<script>" not in answer.content
