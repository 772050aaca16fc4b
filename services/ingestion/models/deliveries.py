from django.db import models
from django.db.models.functions import Now

from shared.vocabulary.billing_periods import BillingPeriodStatus
from shared.vocabulary.sources import DeliveryState, SourceState


class Source(models.Model):
    """Where bills, usage signals or workloads come: an export of a payer, or a stream.

    `failing_since` is None unless it could not be listed when it was last looked at; then
    `failure_code` (a `TroubleCode`), `failure`, in the storage's words, and `failure_count` say
    why and how often. It is not looked at before `next_look_at`. `seen` is what the last look found
    (`find_deliveries`). `changed_by`, `changed_at` and `change_reason` are of the last change by a
    person; the audit log has all of them.
    """

    class Kind(models.TextChoices):
        BILL = "bill"
        SIGNALS = "signals"
        WORKLOADS = "workloads"

    class State(models.TextChoices):
        ACTIVE = SourceState.ACTIVE.value
        PAUSED = SourceState.PAUSED.value
        RETIRED = SourceState.RETIRED.value

    key = models.SlugField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=10, choices=Kind)
    uri = models.CharField(max_length=500)
    state = models.CharField(
        max_length=10, choices=State, default=State.ACTIVE, db_default=State.ACTIVE.value
    )
    created_by = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())
    changed_by = models.CharField(max_length=100, blank=True, default="", db_default="")
    changed_at = models.DateTimeField(null=True)
    change_reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    looked_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True)
    seen = models.JSONField(default=dict, db_default={})
    failing_since = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=30, blank=True, default="", db_default="")
    failure = models.TextField(blank=True, default="", db_default="")
    failure_count = models.IntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["uri"],
                condition=~models.Q(state="retired"),
                name="address_read_by_one_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} source {self.key}"


class Delivery(models.Model):
    """One version of one period of a source, known by the state of its objects (`fingerprint`).

    A quarantined or waiting delivery says why in `error` and as a code (`DeliveryFault`) in
    `fault_code`, empty where an earlier release refused it; the snapshot before it stays current.
    `refused_at` is when it was last quarantined, also after it was taken all the same. `accepted`:
    the `code`, `by` and `reason` of each fault that a person has accepted. What was given by hand
    lies in the lake at `upload_uri`, and says who gave it, why, and in place of which other.
    """

    class State(models.TextChoices):
        FOUND = DeliveryState.FOUND.value
        WAITING = DeliveryState.WAITING.value
        COLLECTED = DeliveryState.COLLECTED.value
        UNCHANGED = DeliveryState.UNCHANGED.value
        QUARANTINED = DeliveryState.QUARANTINED.value
        OVERTAKEN = DeliveryState.OVERTAKEN.value
        WITHDRAWN = DeliveryState.WITHDRAWN.value

    delivery_id = models.CharField(primary_key=True, max_length=40)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="deliveries")
    period = models.CharField(max_length=7)
    fingerprint = models.CharField(max_length=64)
    manifest_uri = models.CharField(max_length=1100, blank=True)
    delivered_at = models.DateTimeField()
    found_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=12, choices=State, default=State.FOUND)
    error = models.TextField(blank=True)
    fault_code = models.CharField(max_length=30, blank=True, default="", db_default="")
    refused_at = models.DateTimeField(null=True)
    accepted = models.JSONField(default=list, db_default=[])
    upload_uri = models.CharField(max_length=1100, blank=True, default="", db_default="")
    file_name = models.CharField(max_length=255, blank=True, default="", db_default="")
    file_bytes = models.BigIntegerField(null=True)
    given_by = models.CharField(max_length=100, blank=True, default="", db_default="")
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "period", "fingerprint"], name="delivery_found_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.period} {self.delivery_id}: {self.state}"

    @property
    def accepted_codes(self) -> frozenset[str]:
        return frozenset(one["code"] for one in self.accepted)


class Upload(models.Model):
    """A file on its way into the lake, in parts: a delivery once the last one is there.

    `parts` has the size of each, by its number; `delivery` is None until it is complete, and
    `sha256`, of the whole, empty.
    """

    upload_id = models.CharField(primary_key=True, max_length=40)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    file_name = models.CharField(max_length=255)
    reason = models.CharField(max_length=500)
    replaces = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, related_name="+")
    given_by = models.CharField(max_length=100)
    started_at = models.DateTimeField(db_default=Now())
    parts = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    delivery = models.OneToOneField(
        Delivery, on_delete=models.PROTECT, null=True, related_name="upload"
    )

    def __str__(self) -> str:
        return f"upload {self.upload_id} of {self.file_name}"


class BillingPeriodReport(models.Model):
    """Whether the provider may still change a month, by FOCUS's Billing Period dataset."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    version = models.IntegerField(default=0)
    status = models.CharField(
        max_length=10,
        choices=BillingPeriodStatus.choices(),
        default=BillingPeriodStatus.UNKNOWN.value,
    )
    last_updated = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "period"], name="billing_period_report_once")
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.period}: {self.status}"


class Published(models.Model):
    """An immutable set of files in the lake; exactly one per source and period is current.

    `contents` is what it and the current ones before it have had, `losses` what of that it lacks.
    `withdrawn_version` is the version that the fact of its withdrawal took, None while it was not;
    a delivery that is read again after that has one more.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    delivery = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, related_name="%(class)s_versions"
    )
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    delivered_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    part_uris = models.JSONField()
    row_count = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    contents = models.JSONField(default=dict, db_default={})
    losses = models.JSONField(default=list, db_default=[])
    withdrawn_version = models.IntegerField(null=True)
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["source", "period", "version"], name="%(class)s_version_once"
            ),
            models.UniqueConstraint(
                fields=["source", "period"],
                condition=models.Q(is_current=True),
                name="%(class)s_one_current",
            ),
        ]


class Snapshot(Published):
    """A normalised bill; totals in `currency`, exact to 10^-10, and what rounding to it took.

    `charges` is a sample of its charges, as `charges_sampled` gives it.
    """

    snapshot_id = models.CharField(primary_key=True, max_length=40)
    currency = models.CharField(max_length=3)
    billed_total = models.DecimalField(max_digits=38, decimal_places=10)
    effective_total = models.DecimalField(max_digits=38, decimal_places=10)
    raw_totals_uri = models.CharField(max_length=1000)
    findings = models.JSONField(default=list)
    charges = models.JSONField(default=list, db_default=[])

    class Meta(Published.Meta):
        pass

    def __str__(self) -> str:
        return f"snapshot {self.snapshot_id} of {self.period}"


class Signals(Published):
    """Usage signals of a period: quantities per meter, consumer and hour."""

    signal_set_id = models.CharField(primary_key=True, max_length=40)
    meters = models.JSONField()

    class Meta(Published.Meta):
        pass

    def __str__(self) -> str:
        return f"signals {self.signal_set_id} of {self.period}"


class Workloads(Published):
    """What pods and tasks took of the nodes of some clusters, hour by hour."""

    workload_set_id = models.CharField(primary_key=True, max_length=40)
    clusters = models.JSONField()

    class Meta(Published.Meta):
        pass

    def __str__(self) -> str:
        return f"workloads {self.workload_set_id} of {self.period}"
