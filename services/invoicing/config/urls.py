from django.urls import include, path

from services.invoicing.api import views
from services.invoicing.api.corrections import (
    AccountActionView,
    CorrectionsApprovalView,
    CorrectionsView,
    DebitReleaseView,
    NoteActionView,
    WaitingCorrectionsView,
)
from services.invoicing.api.credit_notes import NotePdfView
from services.invoicing.api.fixes import InvoiceFixesView
from services.invoicing.api.ledger import LedgerView, StatementPdfView, StatementView
from services.invoicing.api.price_checks import PriceChecksView
from services.invoicing.operations.change_plans import PLANS
from services.invoicing.queries.troubles import read_troubles
from services.invoicing.webhooks import StripeWebhook
from shared.audit.api import AuditView
from shared.health.api import health_paths
from shared.proposals.api import proposal_paths
from shared.runtime import problems
from shared.runtime.schema import SchemaView

urlpatterns = [
    path("", include("shared.runtime.health")),
    path("webhooks/stripe", StripeWebhook.as_view(), name="stripe-webhook"),
    path("api/v1/schema", SchemaView.as_view(), name="schema"),
    path("api/v1/audit", AuditView.as_view(), name="audit"),
    *health_paths(read_troubles),
    path("api/v1/plans", views.PlansView.as_view(), name="plans"),
    *proposal_paths([PLANS], "api/v1/plans"),
    path("api/v1/customers", views.CustomersView.as_view(), name="customers"),
    path("api/v2/price-checks", PriceChecksView.as_view(), name="price-checks"),
    path("api/v1/corrections", CorrectionsView.as_view(), name="corrections"),
    path(
        "api/v1/corrections/waiting",
        WaitingCorrectionsView.as_view(),
        name="corrections-waiting",
    ),
    path(
        "api/v1/corrections/<str:period>/approve",
        CorrectionsApprovalView.as_view(),
        name="corrections-approval",
    ),
    path(
        "api/v1/credit-notes/<str:note_id>/actions/<str:action>",
        NoteActionView.as_view(),
        name="credit-note-action",
    ),
    path("api/v1/credit-notes/<str:note_id>/pdf", NotePdfView.as_view(), name="credit-note-pdf"),
    path("api/v1/debits/<str:debit_id>/release", DebitReleaseView.as_view(), name="debit-release"),
    path("api/v1/ledger", LedgerView.as_view(), name="ledger"),
    path(
        "api/v1/customers/<str:customer_id>/account/pdf",
        StatementPdfView.as_view(),
        name="statement-pdf",
    ),
    path(
        "api/v1/customers/<str:customer_id>/account",
        StatementView.as_view(),
        name="statement-of-account",
    ),
    path(
        "api/v1/accounts/<str:account_id>/actions/<str:action>",
        AccountActionView.as_view(),
        name="account-action",
    ),
    path(
        "api/v1/invoices/<str:invoice_id>/fixes", InvoiceFixesView.as_view(), name="invoice-fixes"
    ),
    path("api/v1/issuing", views.IssuingView.as_view(), name="issue-refusal"),
    path("api/v2/invoices", views.InvoicesView.as_view(), name="invoices"),
    path("api/v2/invoices/<str:invoice_id>", views.InvoiceView.as_view(), name="invoice"),
    path(
        "api/v2/invoices/<str:invoice_id>/actions/<str:action>",
        views.InvoiceActionView.as_view(),
        name="invoice-action",
    ),
    path(
        "api/v1/invoices/<str:invoice_id>/pdf", views.InvoicePdfView.as_view(), name="invoice-pdf"
    ),
    path(
        "api/v1/invoices/<str:invoice_id>/picture",
        views.InvoicePictureView.as_view(),
        name="invoice-picture",
    ),
]
# For one release more, with sentences in the answers.
urlpatterns += [
    path(
        "api/v1/price-checks",
        PriceChecksView.as_view(answer_version=1),
        name="price-checks-v1",
    ),
    path("api/v1/invoices", views.InvoicesView.as_view(answer_version=1), name="invoices-v1"),
    path(
        "api/v1/invoices/<str:invoice_id>",
        views.InvoiceView.as_view(answer_version=1),
        name="invoice-v1",
    ),
    path(
        "api/v1/invoices/<str:invoice_id>/actions/<str:action>",
        views.InvoiceActionView.as_view(answer_version=1),
        name="invoice-action-v1",
    ),
]
handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.broken
handler503 = problems.database_away
