from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from services.invoicing.api import views
from services.invoicing.api.price_checks import PriceChecksView
from services.invoicing.webhooks import stripe_webhook

urlpatterns = [
    path("", include("shared.runtime.health")),
    path("webhooks/stripe", stripe_webhook, name="stripe-webhook"),
    path("api/v1/schema", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path("api/v1/plans", views.PlansView.as_view(), name="plans"),
    path("api/v1/customers", views.CustomersView.as_view(), name="customers"),
    path("api/v1/price-checks", PriceChecksView.as_view(), name="price-checks"),
    path("api/v1/invoices", views.InvoicesView.as_view(), name="invoices"),
    path("api/v1/invoices/<str:invoice_id>", views.InvoiceView.as_view(), name="invoice"),
    path(
        "api/v1/invoices/<str:invoice_id>/pdf", views.InvoicePdfView.as_view(), name="invoice-pdf"
    ),
    path(
        "api/v1/invoices/<str:invoice_id>/picture",
        views.InvoicePictureView.as_view(),
        name="invoice-picture",
    ),
    path(
        "api/v1/invoices/<str:invoice_id>/actions/<str:action>",
        views.InvoiceActionView.as_view(),
        name="invoice-action",
    ),
]
