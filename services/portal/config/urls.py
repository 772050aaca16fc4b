from django.urls import include, path

from services.portal.views import (
    billing,
    customer,
    demo,
    errors,
    home,
    jwks,
    operator,
    plans,
    sign_in,
)

_pages = [
    path("", home.home, name="home"),
    path("margins", operator.margins, name="margins"),
    path("margins.csv", operator.margins_csv, name="margins_csv"),
    path("tenants/<str:key>", operator.tenant, name="tenant"),
    path("tenants/<str:key>/plans", plans.tenant_plans, name="tenant_plans"),
    path("invoices", billing.invoices, name="invoices"),
    path("invoices/<str:id>", billing.invoice, name="invoice"),
    path("invoices/<str:id>/<str:action>", billing.invoice_action, name="invoice_action"),
    path("account", customer.home, name="customer_home"),
    path("account/invoices/<str:id>", customer.invoice, name="customer_invoice"),
    path("demo/person", demo.demo_person, name="demo_person"),
    path("demo/tour", demo.demo_tour, name="demo_tour"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/<str:token>", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
]
urlpatterns = [
    path("", include((_pages, "portal"))),
    path(".well-known/jwks.json", jwks.jwks),
    path("", include("shared.runtime.health")),
]
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.broken
