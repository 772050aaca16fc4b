"""The inbox: abstract here, concrete in each service's own database."""

from django.db import models
from django.db.models.functions import Now


class InboxMessage(models.Model):
    """A message whose effect is committed: written in the same transaction as the effect."""

    message_id = models.UUIDField(primary_key=True, editable=False)
    source = models.CharField(max_length=40)
    topic = models.CharField(max_length=100)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.topic} {self.message_id} from {self.source}"


class InboxFailure(models.Model):
    """How often a message's handler has failed; after the limit its producer is told."""

    message_id = models.UUIDField(primary_key=True, editable=False)
    source = models.CharField(max_length=40)
    topic = models.CharField(max_length=100)
    attempts = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    failed_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.topic} {self.message_id}: {self.attempts} failures"
