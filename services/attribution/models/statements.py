from django.db import models
from django.db.models.functions import Now

from shared.isolation.triggers import append_only


class Tenant(models.Model):
    tenant_id = models.CharField(primary_key=True, max_length=100)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.tenant_id


class Statement(models.Model):
    """What a tenant cost in a period by one run; amounts exact, in the run's currency.

    `daily` has per charge group an amount, as text, for each day of the period.
    """

    statement_id = models.CharField(primary_key=True, max_length=40)
    tenant_id = models.CharField(max_length=100)
    period = models.CharField(max_length=7)
    run_id = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    cost = models.DecimalField(max_digits=38, decimal_places=10)
    direct_cost = models.DecimalField(max_digits=38, decimal_places=10)
    shared_cost = models.DecimalField(max_digits=38, decimal_places=10)
    daily = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "run_id"], name="statement_once"),
            models.UniqueConstraint(fields=["tenant_id", "statement_id"], name="statement_key"),
        ]
        indexes = [models.Index(fields=["run_id"], name="statement_run")]

    def __str__(self) -> str:
        return f"statement of {self.tenant_id} for {self.period}"


class StatementLine(models.Model):
    tenant_id = models.CharField(max_length=100)
    statement = models.ForeignKey(
        Statement, on_delete=models.CASCADE, db_constraint=False, related_name="lines"
    )
    charge_group = models.CharField(max_length=200)
    method = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=38, decimal_places=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "charge_group", "method"], name="statement_line_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.charge_group} by {self.method}: {self.amount}"


class StatementQuantity(models.Model):
    """A tenant's metered quantity of a period: the input of per-unit prices."""

    tenant_id = models.CharField(max_length=100)
    statement = models.ForeignKey(
        Statement, on_delete=models.CASCADE, db_constraint=False, related_name="quantities"
    )
    meter = models.CharField(max_length=100)
    quantity = models.DecimalField(max_digits=38, decimal_places=10)
    unit = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "meter", "unit"], name="statement_quantity_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.meter}: {self.quantity} {self.unit}"


class RevenueEntry(models.Model):
    """What a tenant earned, entry by entry; a sum, so each must be recorded exactly once."""

    tenant_id = models.CharField(max_length=100)
    entry_id = models.CharField(max_length=200)
    period = models.CharField(max_length=7)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=38, decimal_places=10)
    basis = models.CharField(max_length=20)
    invoice_id = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of {self.tenant_id}, {self.basis}"
