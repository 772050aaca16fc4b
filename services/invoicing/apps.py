from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    name = "services.invoicing"
