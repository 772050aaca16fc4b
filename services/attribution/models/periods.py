from django.db import models
from django.db.models.functions import Now

from services.attribution.models.inputs import Ruleset
from shared.isolation.triggers import append_only
from shared.vocabulary.period_states import PeriodState


class Run(models.Model):
    """One attribution of a period: its inputs by hash, its outputs in the lake, its proof.

    The same inputs are the same run (`input_digest`), also when a ruleset is taken back: it then
    becomes current again. `activation` counts how often a run of the period became current; facts
    carry it as their version. A run whose proof fails is kept as failed and never becomes current.
    `inputs` says where all of them lie (see `RunInputs`), so that it can be made again.
    """

    class State(models.TextChoices):
        PROVEN = "proven"
        FAILED = "failed"

    run_id = models.CharField(primary_key=True, max_length=40)
    period = models.CharField(max_length=7)
    version = models.IntegerField()
    state = models.CharField(max_length=10, choices=State)
    is_current = models.BooleanField(default=False)
    activation = models.IntegerField(default=0)
    input_digest = models.CharField(max_length=64)
    ruleset_digest = models.CharField(max_length=64)
    snapshot_ids = models.JSONField()
    signal_set_ids = models.JSONField()
    workload_set_ids = models.JSONField(default=list, db_default=[])
    inputs = models.JSONField(default=dict, db_default={})
    currency = models.CharField(max_length=3, blank=True)
    cost_measure = models.CharField(max_length=20)
    engine_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    """Of the engine that computed it; '' of runs from before it was recorded."""
    proof = models.JSONField(default=dict)
    unallocated_share = models.DecimalField(max_digits=12, decimal_places=8, default=0)
    fallback_share = models.DecimalField(max_digits=12, decimal_places=8, default=0)
    pools = models.JSONField(default=list)
    findings = models.JSONField(default=list, db_default=[])
    """What was noted of it, as a person reads it."""
    moved_out = models.JSONField(default=list, db_default=[])
    """Of its bill, what belongs to earlier months: `MovedOut` as JSON, by month and source."""
    folder_uri = models.CharField(max_length=1000, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "version"], name="run_version_once"),
            models.UniqueConstraint(
                fields=["period"],
                condition=models.Q(is_current=True),
                name="run_one_current",
            ),
            models.UniqueConstraint(
                fields=["period", "input_digest"],
                condition=models.Q(state="proven"),
                name="run_same_inputs_once",
            ),
            models.CheckConstraint(
                condition=models.Q(is_current=False) | models.Q(state="proven"),
                name="run_current_is_proven",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.run_id} of {self.period}: {self.state}"


class PeriodClose(models.Model):
    """A close of a month, the first or a later one: on which run, by whom and why once more.

    `number` counts from 1; `causes` say why its run is another than that of the close before
    (`CloseCause` of the fact), and are empty in the first and in rows of an earlier release.
    `figures` are what each failed check had found, by its name.
    """

    period = models.CharField(max_length=7)
    number = models.IntegerField()
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="closes")
    causes = models.JSONField(default=list)
    overridden_checks = models.JSONField(default=list)
    figures = models.JSONField(default=dict, db_default={})
    closed_by = models.CharField(max_length=100)
    closed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="period_close_once")
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"close {self.number} of {self.period} on {self.run_id}"


class Period(models.Model):
    """A billing month's state; `closed_run` is of its newest close, which invoices are made of.

    `ruleset` is of the first close: whatever is applied later, the month is attributed by this one
    until two people say otherwise. None before, when it goes by the current ruleset.
    `content_since`: tenants' charges of a closed month are what they are since then; None before a
    restatement, and of an earlier release.
    `overridden_checks` are those that failed at the close, each with `check`, `reason` and `by`;
    None where the period was closed by an earlier release, which wrote them into `overrides` alone.
    """

    period = models.CharField(primary_key=True, max_length=7)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.name.capitalize()) for state in PeriodState],
        default=PeriodState.OPEN.value,
    )
    version = models.IntegerField(default=1)
    content_since = models.DateTimeField(null=True)
    ruleset = models.ForeignKey(
        Ruleset, null=True, on_delete=models.PROTECT, related_name="periods"
    )
    closed_run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="+")
    closed_by = models.CharField(max_length=100, blank=True)
    closed_at = models.DateTimeField(null=True)
    overrides = models.JSONField(default=list)
    overridden_checks = models.JSONField(null=True)
    revised_tenants = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.period}: {self.state}"
