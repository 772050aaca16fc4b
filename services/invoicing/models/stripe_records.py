from django.db import models
from django.db.models.functions import Now


class StripeOperation(models.Model):
    """The intent of a call that changes something at Stripe, written before it is made.

    `intended` may or may not have reached Stripe: it is sent again with the same key for as long as
    Stripe remembers keys (24 h), after that, or once the key is spent on a server error, it is
    looked for before a new attempt is made.
    """

    class State(models.TextChoices):
        INTENDED = "intended"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    operation_id = models.UUIDField(primary_key=True)
    customer_id = models.CharField(max_length=100)
    document = models.CharField(max_length=120)
    step = models.CharField(max_length=30)
    attempt = models.IntegerField(default=1)
    idempotency_key = models.CharField(max_length=255, unique=True)
    request = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.INTENDED)
    first_sent_at = models.DateTimeField()
    last_sent_at = models.DateTimeField()
    stripe_id = models.CharField(max_length=100, blank=True)
    is_key_spent = models.BooleanField(default=False)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "step", "attempt"], name="stripe_operation_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} of {self.document}, attempt {self.attempt}: {self.state}"


class Dispute(models.Model):
    """A payment that the customer's bank asks back; `status` is Stripe's, of the newest look.

    `note` gives back what was lost by it.
    """

    dispute_id = models.CharField(primary_key=True, max_length=100)
    customer_id = models.CharField(max_length=100)
    invoice = models.ForeignKey(
        "Invoice", on_delete=models.PROTECT, db_constraint=False, related_name="disputes"
    )
    amount_minor = models.BigIntegerField()
    status = models.CharField(max_length=40)
    opened_at = models.DateTimeField()
    note = models.ForeignKey(
        "CreditNote", on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"dispute {self.dispute_id}: {self.status}"


class StripeEvent(models.Model):
    """A webhook as it came, stored before it is answered; processed by fetching the object anew."""

    event_id = models.CharField(primary_key=True, max_length=100)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=100)
    payload = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
