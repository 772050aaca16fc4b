"""Read models for the operator's people: cost, margin, drafts. No customer's scope reads them."""

from typing import Any

from django.db import models

from services.portal.models.invoice_form import newest_form


class PeriodSummary(models.Model):
    """The proof of a period's current run, and whether the period is closed.

    `overridden_checks` each have `check`, `reason` and `by`; None in rows of an earlier release,
    which wrote them into `overrides` as text. `closed_run_version` is of the run it was closed on:
    revisions up to it are part of the close. `moved_in` are lines of later bills that belong to
    this month, `moved_out` lines of its own bill that belong to earlier ones.
    """

    period = models.CharField(primary_key=True, max_length=7)
    version = models.IntegerField(default=0)
    run_id = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    bill = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    attributed = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    overhead = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    unallocated = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    excluded = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    difference = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    moved_in = models.DecimalField(max_digits=38, decimal_places=10, default=0, db_default=0)
    moved_out = models.DecimalField(max_digits=38, decimal_places=10, default=0, db_default=0)
    fallback_share = models.DecimalField(max_digits=12, decimal_places=8, default=0)
    pools = models.JSONField(default=list)
    attributed_at = models.DateTimeField(null=True)
    close_version = models.IntegerField(default=0)
    closed_run_version = models.BigIntegerField(default=0, db_default=0)
    closed_by = models.CharField(max_length=100, blank=True)
    closed_at = models.DateTimeField(null=True)
    overrides = models.JSONField(default=list)
    overridden_checks = models.JSONField(null=True)
    revised_tenant_count = models.IntegerField(default=0)
    revised_by = models.DecimalField(max_digits=38, decimal_places=10, default=0)

    def __str__(self) -> str:
        return f"summary of {self.period}"


class TenantRevision(models.Model):
    """A tenant's cost of a closed period by a newer run, beside what it was closed on.

    `is_changed`: a part of it differs, also where the sum is the same.
    """

    tenant = models.CharField(max_length=100)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    cost_before = models.DecimalField(max_digits=38, decimal_places=10)
    cost_after = models.DecimalField(max_digits=38, decimal_places=10)
    is_changed = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "tenant"], name="tenant_revision_newest")
        ]

    def __str__(self) -> str:
        return f"{self.tenant} in {self.period}: {self.cost_before} is {self.cost_after}"


class TenantMargin(models.Model):
    """What a tenant cost and earned in a period; `revenue` is null while nobody knows it.

    `daily` has per charge group an amount, as text, for each day; empty where nobody told it.
    Only rows whose run is the period's current one count: a tenant of an earlier run may have gone.
    """

    tenant = models.CharField(max_length=100)
    period = models.CharField(max_length=7)
    version = models.BigIntegerField()
    run_id = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    cost = models.DecimalField(max_digits=38, decimal_places=10)
    direct_cost = models.DecimalField(max_digits=38, decimal_places=10)
    shared_cost = models.DecimalField(max_digits=38, decimal_places=10)
    revenue = models.DecimalField(max_digits=38, decimal_places=10, null=True)
    revenue_basis = models.CharField(max_length=20)
    lines = models.JSONField()
    daily = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "tenant"], name="tenant_margin_once")
        ]

    def __str__(self) -> str:
        return f"margin of {self.tenant} in {self.period}"


class TenantContract(models.Model):
    """Who pays for a tenant, under which plan, as the customer's newest fact says."""

    tenant = models.CharField(max_length=100)
    customer = models.CharField(max_length=100)
    plan = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer"], name="tenant_contract_once")
        ]

    def __str__(self) -> str:
        return f"{self.tenant} is paid for by {self.customer}"


class StaffInvoice(models.Model):
    """An invoice with all that staff may see; `fact` is the newest as invoicing sent it.

    `document` is the same in the form of version 1, and alone in rows of an earlier release; what
    rows are looked for by is the same in both.

    `restated_by` of None: the bill was not restated since; of zero: it came to nothing.
    """

    invoice_id = models.CharField(primary_key=True, max_length=40)
    customer = models.CharField(max_length=100)
    customer_name = models.CharField(max_length=200)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    state = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=38, decimal_places=10)
    restated_by = models.DecimalField(max_digits=38, decimal_places=10, null=True)
    document = models.JSONField()
    fact = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["period", "state"], name="staff_invoice_inbox")]

    def __str__(self) -> str:
        return f"{self.invoice_id}: {self.state}"

    @property
    def details(self) -> dict[str, Any]:
        """The newest form, also of a row of an earlier release."""
        return newest_form(self.fact, self.document)


class BillState(models.Model):
    """How fresh the bill of a source and period is."""

    source = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    row_count = models.BigIntegerField()
    delivered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "period"], name="bill_state_once")]

    def __str__(self) -> str:
        return f"bill of {self.source} for {self.period}, version {self.version}"
