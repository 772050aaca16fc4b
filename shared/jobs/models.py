from django.db import models
from django.db.models.functions import Now

from shared.identifiers import uuid7


class JobRow(models.Model):
    """Heavy work to do once: abstract here, concrete in each service.

    At most one unfinished job per (kind, key). `lease` names the runner's present hold on it, so
    that a runner that was thought dead can't finish it. `requested_by` is the person who waits for
    it, empty where none does.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    job_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    payload = models.JSONField()
    requested_by = models.CharField(max_length=100, blank=True, default="", db_default="")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.IntegerField(default=0)
    lease = models.UUIDField(null=True)
    next_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["queued", "running"]),
                name="%(app_label)s_job_unfinished_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="%(app_label)s_job_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.state}"
