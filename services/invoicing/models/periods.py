from datetime import date

from django.db import models

from shared.runtime.business_time import business_time


class AttributedPeriod(models.Model):
    """The newest run of a period that attribution has told of, closed or not."""

    period = models.CharField(primary_key=True, max_length=7)
    version = models.IntegerField()
    run_id = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.period} attributed by {self.run_id}"


class StatementRevision(models.Model):
    """A tenant's newest cost of a closed period, by charge group."""

    period = models.CharField(max_length=7)
    tenant = models.CharField(max_length=100)
    version = models.IntegerField()
    run_id = models.CharField(max_length=40)
    costs = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "tenant"], name="statement_revision_newest")
        ]

    def __str__(self) -> str:
        return f"{self.tenant} in {self.period} by {self.run_id}"


class ClosedPeriod(models.Model):
    """What attribution closed a period on, and what its invoices are drafted on.

    `number` counts its closes from 1, `causes` (`RevisionCause`) are why it differs from the one
    before. `totals` are by number the cost of all tenants, as text: a bill that has fallen much is
    looked at. Only a draft that a person has discarded is drafted anew on
    `StatementRevision`.
    """

    period = models.CharField(primary_key=True, max_length=7)
    version = models.IntegerField()
    run_id = models.CharField(max_length=40)
    run_version = models.IntegerField()
    number = models.BigIntegerField(default=1, db_default=1)
    causes = models.JSONField(default=list, db_default=[])
    totals = models.JSONField(default=dict, db_default={})
    currency = models.CharField(max_length=3)
    statements_uri = models.CharField(max_length=1000)
    unallocated_share = models.DecimalField(max_digits=12, decimal_places=8)
    is_drafted = models.BooleanField(default=False)
    closed_by = models.CharField(max_length=100)
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.period} closed on {self.run_id}"

    @property
    def day(self) -> date:
        """By which the month may still be charged or credited: the business date of the close."""
        return business_time(self.closed_at).date()
