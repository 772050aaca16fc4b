"""One contract's month: what is settled, and what is locked, when its cost is restated."""

from functools import reduce
from operator import or_
from typing import Any, Final

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from services.invoicing.models.customers import Contract, Customer
from services.invoicing.models.invoices import Invoice
from shared.isolation.triggers import Refusal
from shared.vocabulary.account_states import AccountState

# Whose month it is never changes; its terms only together with their version.
_IDENTITY: Final = ("account_id", "customer", "contract", "period", "seller", "currency")


def _changes(*names: str) -> Any:
    changed: list[Any] = [
        pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")}) for name in names
    ]
    return reduce(or_, changed)


class TrueUpAccount(models.Model):
    """`terms` (`AccountTerms`) are the first invoice's: every later target is priced by them.

    `invoice` is the first one, None where the month was closed with nothing to invoice. Amounts are
    in minor units of `currency`, without tax: `base_minor` is the cost-derived sum of the first
    invoice, `agreed_minor` what is to be billed in the end (and before rounding `agreed_exact`),
    `waived_minor` what of the target never will be, for `waived_why`,
    `auto_approved_minor` what nobody has looked at since a person last approved a correction.
    `costs` are those of the newest settlement, tenant -> charge group -> exact cost; what they are
    priced at are `target_lines`, and `below_zero_minor` (<= 0), which is on no line. `stopped_for`
    is the `Cause` of a state `stopped`. Staff only: terms are the operator's prices.
    """

    account_id = models.CharField(primary_key=True, max_length=40)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=7)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+"
    )
    seller = models.CharField(max_length=100, null=True)  # noqa: DJ001 - as the invoice's
    currency = models.CharField(max_length=3)
    terms = models.JSONField()
    terms_version = models.IntegerField(default=1)
    base_minor = models.BigIntegerField()
    costs = models.JSONField()
    target_lines = models.JSONField()
    target_exact = models.DecimalField(max_digits=38, decimal_places=10)
    below_zero_minor = models.BigIntegerField(default=0)
    target_run = models.CharField(max_length=40)
    close_number = models.BigIntegerField()
    waived_minor = models.BigIntegerField(default=0)
    agreed_minor = models.BigIntegerField(default=0)
    agreed_exact = models.DecimalField(max_digits=38, decimal_places=10, default=0)
    waived_why = models.CharField(max_length=40, blank=True)
    auto_approved_minor = models.BigIntegerField(default=0)
    state = models.CharField(
        max_length=20,
        choices=[(s.value, s.name) for s in AccountState],
        default=AccountState.OPEN,
    )
    stopped_for = models.JSONField(null=True)
    version = models.IntegerField(default=1)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "period"], name="account_of_a_month")
        ]
        indexes = [models.Index(fields=["period"], name="account_by_period")]
        triggers = [
            Refusal(name="identity", operation=pgtrigger.Update, condition=_changes(*_IDENTITY)),
            Refusal(
                name="terms",
                operation=pgtrigger.Update,
                condition=_changes("terms")
                & pgtrigger.Q(old__terms_version=pgtrigger.F("new__terms_version")),
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.account_id}: {self.contract_id} in {self.period}"


class TrueUpTenant(models.Model):
    """A tenant's days that an account has: the database allows no day of a tenant in two."""

    account = models.ForeignKey(TrueUpAccount, on_delete=models.CASCADE, related_name="tenants")
    tenant = models.CharField(max_length=100)
    days = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="account_tenant_days",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("days", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant} in {self.account_id}"
