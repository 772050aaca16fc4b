"""The PDF of a credit note, for staff and for the customer that it is given to."""

import pytest

from services.invoicing.models import CreditNote
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.queries import note_files
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.roles import Role
from tests.invoicing.test_access import client_of
from tests.invoicing.test_corrections_at_stripe import gateway, october
from tests.invoicing.test_issue import one_gateway, standin
from tests.invoicing.test_settling import costs, month

__all__ = ["gateway", "month", "october", "one_gateway", "standin"]
ANN = Actor("ann@acme", Role.CUSTOMER_ADMIN, "acme")
GUS = Actor("gus@globex", Role.CUSTOMER_ADMIN, "globex")
CLARA = Actor("clara", Role.BILLING_CLERK)


@pytest.fixture
def printed(monkeypatch):
    """What is set, in order; the file is made all the same."""
    documents, set_in_type = [], note_files.pdf_of

    def pdf_of(document, **made):
        documents.append(document)
        return set_in_type(document, **made)

    monkeypatch.setattr(note_files, "pdf_of", pdf_of)
    return documents


def pdf(actor, note):
    return client_of(actor).get(f"/api/v1/credit-notes/{note.note_id}/pdf")


def the_note():
    with as_ops():
        return CreditNote.objects.get()


def test_is_its_customers_once_it_is_issued(october, gateway, printed):
    invoice = october.invoiced()
    october.close(costs(compute="1150.25", storage="340"))
    note = the_note()
    assert pdf(ANN, note).status_code == 404
    draft = pdf(CLARA, note)
    assert draft.content.startswith(b"%PDF-")
    assert "draft-credit" in draft["Content-Disposition"]
    issue_notes()
    note = the_note()
    answer = pdf(ANN, note)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert f"{note.number}.pdf" in answer["Content-Disposition"]
    assert pdf(GUS, note).status_code == 404

    drafted, issued = printed
    assert (drafted["watermark"], issued["number"]) == ("DRAFT", note.number)
    assert {"label": "Corrects invoice", "value": invoice.number} in issued["facts"]
    [line] = issued["lines"]
    assert (line["description"], line["credited"]) == ("Cloud usage: Compute (acme)", "24.39")
    assert [(row["description"], row["credited"]) for row in issued["annex"]["lines"]] == [
        ("Cloud usage: Compute (acme)", "\u221260.30"),
        ("Cloud usage: Storage (acme)", "35.91"),
    ]
    assert issued["payment"][0].startswith("USD 24.39 is deducted from what is still to pay")
