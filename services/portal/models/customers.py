"""Read models for customers' people: row-level security binds each row to its customer."""

from typing import Any

from django.db import models

from services.portal.models.invoice_form import newest_form


class CustomerAccount(models.Model):
    customer_id = models.CharField(primary_key=True, max_length=100)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    tenants = models.JSONField()
    plan = models.CharField(max_length=200)
    disclosure = models.CharField(max_length=10)
    version = models.IntegerField()

    def __str__(self) -> str:
        return self.customer_id


class CustomerInvoice(models.Model):
    """An issued invoice as its customer may see it: no cost, no share, no draft, no history.

    `fact` and `document` as in `StaffInvoice`, the customer's part of them.
    """

    customer_id = models.CharField(max_length=100)
    invoice_id = models.CharField(primary_key=True, max_length=40)
    version = models.IntegerField()
    period = models.CharField(max_length=7)
    state = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=38, decimal_places=10)
    document = models.JSONField()
    fact = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["customer_id", "period"], name="customer_invoice_list")]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.state}"

    @property
    def details(self) -> dict[str, Any]:
        """The newest form, also of a row of an earlier release."""
        return newest_form(self.fact, self.document)


class CustomerEstimate(models.Model):
    """What a month that is not closed would be charged by its newest run; prices alone."""

    customer_id = models.CharField(max_length=100)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=38, decimal_places=10)
    lines = models.JSONField()
    attributed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "period"], name="customer_estimate_newest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.period}, so far"
