"""Credits that a customer was granted, and what each month of its contracts has drawn of them."""

from django.db import models

from services.invoicing.models.customers import Contract, Customer
from shared.vocabulary.true_up import GrantKind


class Grant(models.Model):
    """`amount_minor` of `currency` in all, without tax; `key` is what `trueback.yaml` calls it.

    A month that begins after `expires_on` draws nothing of it, None: each may. One that the file
    names no longer is drawn by no new month.
    """

    grant_id = models.CharField(primary_key=True, max_length=40)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    key = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    expires_on = models.DateField(null=True)
    kind = models.CharField(max_length=20, choices=[(k.value, k.name) for k in GrantKind])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "key", "currency"], name="grant_of_a_customer"
            ),
            models.UniqueConstraint(fields=["customer", "grant_id"], name="grant_key"),
        ]

    def __str__(self) -> str:
        return f"grant {self.key} of {self.customer_id}"


class GrantDraw(models.Model):
    """What a contract's month has drawn of a grant; the database refuses more than the grant has.

    `extends_to`: what came back of an expired grant can be drawn by months that begin until then.
    """

    customer_id = models.CharField(max_length=100)
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, db_constraint=False, related_name="draws"
    )
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    amount_minor = models.BigIntegerField()
    extends_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grant", "contract", "period"], name="grant_draw_of_a_month"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gte=0), name="grant_draw_not_below_0"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.grant_id} in {self.period}"
