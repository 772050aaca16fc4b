"""The chain of seals over the log of all documents."""

from django.db import models
from django.db.models.functions import Now

from services.invoicing.models.invoices import Transition
from shared.isolation.triggers import append_only


class DocumentSeal(models.Model):
    """A link: it seals a step of a document, the document's digest then, and the link before.

    `is_adopted`: of a release without keys, sealed once when the chain began.
    """

    position = models.BigIntegerField(primary_key=True)
    transition = models.OneToOneField(
        Transition, on_delete=models.PROTECT, db_constraint=False, related_name="link"
    )
    document_digest = models.CharField(max_length=64)
    is_adopted = models.BooleanField(default=False)
    key_id = models.CharField(max_length=40)
    seal = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"link {self.position}"


class DocumentChain(models.Model):
    """The end of the chain: one row, locked by whoever adds a link, so that there is one order."""

    name = models.CharField(primary_key=True, max_length=20)
    position = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.name}: {self.position} links"
