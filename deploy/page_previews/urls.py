"""The portal's addresses, named as the portal names them, leading to the previewed files."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(_request: HttpRequest, **_values: str) -> HttpResponse:
    return HttpResponse()


_portal = (
    [
        path("overview.html", nothing, name="overview"),
        path("pools.html", nothing, name="pools"),
        path("pools.csv", nothing, name="pools_csv"),
        path("close.html", nothing, name="close"),
        path("close-<str:period>", nothing, name="close_period"),
        path("close-<str:period>-rules", nothing, name="reattribute_period"),
        path("tenant-<slug:key>.csv", nothing, name="tenant_csv"),
        path("margins.html", nothing, name="margins"),
        path("margins.csv", nothing, name="margins_csv"),
        path("tenant-<slug:key>.html", nothing, name="tenant"),
        path("plans-<slug:key>.html", nothing, name="tenant_plans"),
        path("why-<slug:key>.html", nothing, name="why"),
        path("why-<slug:key>/cancel", nothing, name="cancel_why"),
        path("demo-person", nothing, name="demo_person"),
        path("demo-tour", nothing, name="demo_tour"),
        path("health.html", nothing, name="health"),
        path("health-actions", nothing, name="move_trouble"),
        path("sources.html", nothing, name="sources"),
        path("new-source", nothing, name="new_source"),
        path("source-<slug:key>.html", nothing, name="source"),
        path("source-<slug:key>/<slug:action>", nothing, name="source_action"),
        path("delivery-<slug:id>.html", nothing, name="delivery"),
        path("delivery-<slug:id>/<slug:action>", nothing, name="delivery_action"),
        path("changes.html", nothing, name="changes"),
        path("changes-decide", nothing, name="decide_change"),
        path("audit.html", nothing, name="audit"),
        path("audit.csv", nothing, name="audit_csv"),
        path("invoices.html", nothing, name="invoices"),
        path("invoices.csv", nothing, name="invoices_csv"),
        path("invoice-<slug:id>.html", nothing, name="invoice"),
        path("invoice-<slug:id>.pdf", nothing, name="invoice_pdf"),
        path("invoice-<slug:id>.png", nothing, name="invoice_picture"),
        path("fix-<slug:id>.html", nothing, name="fix_invoice"),
        path("fix-<slug:id>/<slug:route>", nothing, name="take_route"),
        path("fix-<slug:id>/<slug:note>/<slug:action>", nothing, name="credit_action"),
        path("invoice-<slug:id>/<slug:action>", nothing, name="invoice_action"),
        path("corrections-<str:period>.html", nothing, name="corrections"),
        path("corrections-<str:period>.csv", nothing, name="corrections_csv"),
        path("corrections-<str:period>/approve", nothing, name="approve_close"),
        path("corrections-<str:period>/notes/<str:id>/<str:action>", nothing, name="note_action"),
        path("account.html", nothing, name="account"),
        path("account.csv", nothing, name="account_csv"),
        path("account.pdf", nothing, name="account_pdf"),
        path("account-<str:key>.html", nothing, name="customer_account"),
        path("account-<str:key>.csv", nothing, name="customer_account_csv"),
        path("account-<str:key>.pdf", nothing, name="customer_account_pdf"),
        path("customer-home.html", nothing, name="customer_home"),
        path("customer-breakdown.html", nothing, name="customer_breakdown"),
        path("customer-breakdown.csv", nothing, name="customer_breakdown_csv"),
        path("customer-invoices.csv", nothing, name="customer_invoices_csv"),
        path("customer-invoice-<slug:id>.html", nothing, name="customer_invoice"),
        path("customer-invoice-<slug:id>.pdf", nothing, name="customer_invoice_pdf"),
        path("note-<slug:id>.pdf", nothing, name="note_pdf"),
        path("customer-note-<slug:id>.pdf", nothing, name="customer_note_pdf"),
        path("sign-in.html", nothing, name="sign_in"),
        path("sign-out", nothing, name="sign_out"),
    ],
    "portal",
)
urlpatterns = [path("", include(_portal))]
