"""The audit log: abstract here, concrete in each service's own database."""

from django.db import models
from django.db.models.functions import Now

from shared.isolation.triggers import append_only
from shared.vocabulary.audit import AuditOutcome


class AuditEntry(models.Model):
    """Who did what, on what, from where, and whether it was done: written once, by staff's role.

    `at` is the database's clock. `count`: how often by then in the same minute, for a refusal or a
    read, of which not each has a row (see `counts`). `details` has data alone, no sentence.
    """

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=30, blank=True)
    action = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=30, blank=True)
    object_id = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=10, default=AuditOutcome.DONE.value)
    reason = models.CharField(max_length=60, blank=True)
    count = models.BigIntegerField(default=1)
    details = models.JSONField(default=dict)
    address = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["at"], name="%(app_label)s_audit_at"),
            models.Index(fields=["actor", "id"], name="%(app_label)s_audit_actor"),
            models.Index(fields=["action", "id"], name="%(app_label)s_audit_action"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.actor or 'nobody'}: {self.action} {self.object_id}, {self.outcome}"
