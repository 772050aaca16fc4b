from django.db import models
from django.db.models.functions import Now


class Source(models.Model):
    """Where bills, usage signals or workloads come: an export of a payer, or a stream.

    `failing_since` is None unless it could not be listed when it was last looked at; then
    `failure_code` (a `TroubleCode`) and `failure`, in the storage's words, say why.
    """

    class Kind(models.TextChoices):
        BILL = "bill"
        SIGNALS = "signals"
        WORKLOADS = "workloads"

    key = models.SlugField(primary_key=True, max_length=40)
    kind = models.CharField(max_length=10, choices=Kind)
    uri = models.CharField(max_length=500, unique=True)
    created_by = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now())
    failing_since = models.DateTimeField(null=True)
    failure_code = models.CharField(max_length=30, blank=True, default="", db_default="")
    failure = models.TextField(blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"{self.kind} source {self.key}"


class Delivery(models.Model):
    """One version of one period of a source, known by the state of its objects (`fingerprint`).

    A quarantined delivery says why in `error`; the snapshot before it stays current.
    """

    class State(models.TextChoices):
        FOUND = "found"
        COLLECTED = "collected"
        UNCHANGED = "unchanged"
        QUARANTINED = "quarantined"

    delivery_id = models.CharField(primary_key=True, max_length=40)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="deliveries")
    period = models.CharField(max_length=7)
    fingerprint = models.CharField(max_length=64)
    manifest_uri = models.CharField(max_length=1100, blank=True)
    delivered_at = models.DateTimeField()
    found_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=12, choices=State, default=State.FOUND)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "period", "fingerprint"], name="delivery_found_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.period} {self.delivery_id}: {self.state}"


class Published(models.Model):
    """An immutable set of files in the lake; exactly one per source and period is current.

    `contents` is what it and the current ones before it have had, `losses` what of that it lacks.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    delivery = models.OneToOneField(Delivery, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    delivered_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    part_uris = models.JSONField()
    row_count = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    contents = models.JSONField(default=dict, db_default={})
    losses = models.JSONField(default=list, db_default=[])
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
    """A normalised bill; totals in `currency`, exact to 10^-10, and what rounding to it took."""

    snapshot_id = models.CharField(primary_key=True, max_length=40)
    currency = models.CharField(max_length=3)
    billed_total = models.DecimalField(max_digits=38, decimal_places=10)
    effective_total = models.DecimalField(max_digits=38, decimal_places=10)
    raw_totals_uri = models.CharField(max_length=1000)
    findings = models.JSONField(default=list)

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
