"""The outbox: abstract here, concrete in each service's own database."""

from django.db import models
from django.db.models.functions import Now

from shared.identifiers import uuid7


class OutboxMessage(models.Model):
    """A fact on its way to one consumer; unacknowledged until that consumer has committed it.

    `next_at` is at once the next try and the lease of the relay that holds the row.
    """

    message_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dest = models.CharField(max_length=40)
    topic = models.CharField(max_length=100)
    subject = models.CharField(max_length=100, blank=True)
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    acked_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["next_at", "message_id"],
                condition=models.Q(acked_at=None, dead_at=None),
                name="%(app_label)s_outbox_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.message_id} to {self.dest}"
