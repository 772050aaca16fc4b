"""Changes that wait for a second person: abstract here, concrete in each service that has them."""

from functools import reduce
from operator import or_
from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from shared.identifiers import uuid7
from shared.isolation.triggers import Refusal
from shared.vocabulary.proposals import ProposalState

# What was asked for: whoever confirms it confirms what they have seen.
_ASKED = ("subject", "content", "digest", "base", "proposed_by", "proposed_at")


def _asked_differs() -> Any:
    return reduce(or_, (pgtrigger.Q(**{f"old__{f}__df": pgtrigger.F(f"new__{f}")}) for f in _ASKED))


class ProposalRow(models.Model):
    """A change of what is in force, `base`, to `content`, as one person asks for it.

    One of a subject waits at a time. What is asked is never changed, and what is decided is
    neither; the database itself refuses a confirmation by who has asked.
    """

    proposal_id = models.UUIDField(primary_key=True, default=uuid7)
    subject = models.CharField(max_length=20)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    base = models.CharField(max_length=64)
    reach = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    unconfirmed = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default=ProposalState.WAITING.value)
    proposed_by = models.CharField(max_length=100)
    proposed_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(state=ProposalState.WAITING.value),
                name="%(app_label)s_proposal_one_waits",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ProposalState.CONFIRMED.value)
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("proposed_by"))),
                name="%(app_label)s_proposal_second_person",
            ),
        ]
        triggers = [
            Refusal(
                name="decided",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df=ProposalState.WAITING.value),
            ),
            Refusal(name="asked", operation=pgtrigger.Update, condition=_asked_differs()),
            Refusal(name="kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.subject} by {self.proposed_by}: {self.state}"
