"""Signs of life of a service's processes: abstract here, concrete in each service's database."""

from django.db import models


class HeartbeatRow(models.Model):
    """One process, by a name that it keeps over restarts; `ended_at` where it has ended well.

    `hanging_loops` names those of its loops that have done no round for too long, `disk_error` is
    what its scratch folder has answered; both are empty where all is well.
    """

    class Process(models.TextChoices):
        RUNNER = "runner"
        BUS = "bus"
        WORKER = "worker"

    process = models.CharField(max_length=10, choices=Process)
    instance = models.CharField(max_length=100)
    beat_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    hanging_loops = models.CharField(max_length=200, blank=True)
    hanging_since = models.DateTimeField(null=True)
    disk_error = models.TextField(blank=True)
    disk_failing_since = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["process", "instance"], name="%(app_label)s_heartbeat_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.instance} at {self.beat_at}"
