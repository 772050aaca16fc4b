from django.db import models
from django.db.models.functions import Now

from shared.isolation.triggers import append_only
from shared.vocabulary.billing_periods import BillingPeriodStatus


class Ruleset(models.Model):
    """A version of `trueback.yaml` as applied, whole; one is current.

    `meters` and `reclose` are what the close of a month looks at again and again, taken from the
    file when it was applied: reading one of 20,000 tenants takes seconds. None in rows of before.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    version = models.IntegerField(unique=True)
    content = models.TextField()
    meters = models.JSONField(null=True)
    reclose = models.JSONField(null=True)
    applied_by = models.CharField(max_length=100)
    applied_at = models.DateTimeField(db_default=Now())
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"],
                condition=models.Q(is_current=True),
                name="ruleset_one_current",
            )
        ]

    def __str__(self) -> str:
        return f"ruleset {self.version} ({self.digest[:12]})"


class RulesetApplication(models.Model):
    """Who made which ruleset the current one, and when; an older one may be applied again.

    `confirmed_by` is empty where nobody was asked. What is proposed is measured against the newest
    that `is_agreed`: two people have, or it was the first.
    """

    ruleset = models.ForeignKey(Ruleset, on_delete=models.PROTECT, related_name="applications")
    applied_by = models.CharField(max_length=100)
    applied_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.CharField(max_length=100, blank=True, default="", db_default="")
    is_agreed = models.BooleanField(default=False, db_default=False)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.ruleset_id} by {self.applied_by}"


class QuarantinedDelivery(models.Model):
    """A delivery that ingestion refused: until a newer one came, the period is not complete."""

    delivery_id = models.CharField(primary_key=True, max_length=40)
    source = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    delivered_at = models.DateTimeField()
    error = models.TextField()

    def __str__(self) -> str:
        return f"{self.source} {self.period}: {self.error}"


class WithdrawnSet(models.Model):
    """The newest withdrawal of a source and period: older facts of it are no news."""

    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    withdrawn_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "period"], name="withdrawn_set_newest_only"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.source} {self.period} withdrawn"


class ProviderPeriod(models.Model):
    """Whether a source's provider may still change a month; a source without a row says nothing."""

    source = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    status = models.CharField(max_length=20, choices=BillingPeriodStatus.choices())
    last_updated = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "period"], name="provider_period_newest")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.period}: {self.status}"


class InputSet(models.Model):
    """The newest snapshot, signals or workloads of a source and period, as ingestion told."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot"
        SIGNALS = "signals"
        WORKLOADS = "workloads"

    set_id = models.CharField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    content_hash = models.CharField(max_length=64)
    part_uris = models.JSONField()
    raw_totals_uri = models.CharField(max_length=1000, blank=True)
    meters = models.JSONField(default=list)
    losses = models.JSONField(default=list, db_default=[])
    unreadable = models.JSONField(default=list, db_default=[])
    corrected = models.JSONField(default=dict, db_default={})
    charges = models.JSONField(default=list, db_default=[])
    earlier_months = models.JSONField(default=list, db_default=[])
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "period"], name="input_set_newest_only"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.set_id} of {self.period}"
