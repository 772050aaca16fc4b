from django.urls import include, path

from services.portal.views import (
    account,
    audit,
    billing,
    changes,
    corrections,
    customer,
    demo,
    documents,
    errors,
    fixes,
    health,
    home,
    jwks,
    operator,
    periods,
    plans,
    sign_in,
    sources,
)

_pages = [
    path("", home.home, name="home"),
    path("overview", operator.overview, name="overview"),
    path("margins", operator.margins, name="margins"),
    path("margins.csv", operator.margins_csv, name="margins_csv"),
    path("tenants/<str:key>", operator.tenant, name="tenant"),
    path("tenants/<str:key>/why", operator.why, name="why"),
    path("tenants/<str:key>/why/cancel", operator.cancel_why, name="cancel_why"),
    path("tenants/<str:key>/plans", plans.tenant_plans, name="tenant_plans"),
    path("tenants/<str:key>/costs.csv", operator.tenant_csv, name="tenant_csv"),
    path("pools", operator.pools, name="pools"),
    path("pools.csv", operator.pools_csv, name="pools_csv"),
    path("close", periods.close, name="close"),
    path("close/<str:period>", periods.close_period, name="close_period"),
    path("close/<str:period>/rules", periods.reattribute_period, name="reattribute_period"),
    path("health", health.health, name="health"),
    path("health/actions", health.move_trouble, name="move_trouble"),
    path("sources", sources.sources, name="sources"),
    path("new-source", sources.new_source, name="new_source"),
    path("sources/<str:key>", sources.source, name="source"),
    path("sources/<str:key>/<str:action>", sources.source_action, name="source_action"),
    path("deliveries/<str:id>", sources.delivery, name="delivery"),
    path("deliveries/<str:id>/<str:action>", sources.delivery_action, name="delivery_action"),
    path("changes", changes.changes, name="changes"),
    path("changes/decide", changes.decide_change, name="decide_change"),
    path("audit", audit.audit, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
    path("invoices", billing.invoices, name="invoices"),
    path("invoices.csv", billing.invoices_csv, name="invoices_csv"),
    path("invoices/<str:id>", billing.invoice, name="invoice"),
    path("invoices/<str:id>/pdf", documents.invoice_pdf, name="invoice_pdf"),
    path("invoices/<str:id>/picture", documents.invoice_picture, name="invoice_picture"),
    path("invoices/<str:id>/fix", fixes.fix_invoice, name="fix_invoice"),
    path("invoices/<str:id>/fix/<str:route>", fixes.take_route, name="take_route"),
    path(
        "invoices/<str:id>/credits/<str:note>/<str:action>",
        fixes.credit_action,
        name="credit_action",
    ),
    path("invoices/<str:id>/<str:action>", billing.invoice_action, name="invoice_action"),
    path("corrections/<str:period>.csv", corrections.corrections_csv, name="corrections_csv"),
    path("corrections/<str:period>", corrections.corrections, name="corrections"),
    path("corrections/<str:period>/approve", corrections.approve_close, name="approve_close"),
    path(
        "corrections/<str:period>/notes/<str:id>/<str:action>",
        corrections.note_action,
        name="note_action",
    ),
    path("credit-notes/<str:id>/pdf", documents.note_pdf, name="note_pdf"),
    path(
        "account/credit-notes/<str:id>/pdf", documents.customer_note_pdf, name="customer_note_pdf"
    ),
    path("account", customer.home, name="customer_home"),
    path("account/statement", account.account, name="account"),
    path("account/statement.csv", account.account_csv, name="account_csv"),
    path("account/statement.pdf", account.account_pdf, name="account_pdf"),
    path("customers/<str:key>/account", account.customer_account, name="customer_account"),
    path(
        "customers/<str:key>/account.csv", account.customer_account_csv, name="customer_account_csv"
    ),
    path(
        "customers/<str:key>/account.pdf", account.customer_account_pdf, name="customer_account_pdf"
    ),
    path("account/breakdown", customer.breakdown, name="customer_breakdown"),
    path("account/breakdown.csv", customer.breakdown_csv, name="customer_breakdown_csv"),
    path("account/invoices.csv", customer.invoices_csv, name="customer_invoices_csv"),
    path("account/invoices/<str:id>", customer.invoice, name="customer_invoice"),
    path("demo/person", demo.demo_person, name="demo_person"),
    path("demo/tour", demo.demo_tour, name="demo_tour"),
    path(
        "account/invoices/<str:id>/pdf",
        documents.customer_invoice_pdf,
        name="customer_invoice_pdf",
    ),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/<str:token>", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
]
urlpatterns = [
    path("", include((_pages, "portal"))),
    path(".well-known/jwks.json", jwks.jwks),
    path("", include("shared.runtime.health")),
]
# No page of ours makes such a request, so the page that isn't there is answer enough.
handler400 = errors.not_found
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.broken
handler503 = errors.database_away
