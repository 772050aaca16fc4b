from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from shared.isolation.triggers import append_only
from shared.periods import Month


class Customer(models.Model):
    """Who pays. `seller` is the legal entity that bills it.

    `stripe_digest` is of what Stripe was last told of it.
    """

    customer_id = models.CharField(primary_key=True, max_length=100)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    address = models.JSONField(default=dict)
    purchase_order = models.CharField(max_length=100, blank=True)
    seller = models.JSONField(default=dict)
    stripe_customer_id = models.CharField(max_length=100, unique=True, null=True)  # noqa: DJ001
    stripe_digest = models.CharField(max_length=64, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)

    def __str__(self) -> str:
        return self.customer_id


class Plan(models.Model):
    """A version of a price plan, never edited: a change is a new version.

    From `starts_on` it holds for contracts of the plan, None: from their start.
    """

    plan_id = models.CharField(primary_key=True, max_length=120)
    key = models.CharField(max_length=100)
    version = models.IntegerField()
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    starts_on = models.DateField(null=True)
    components = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="plan_version_once")]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class Contract(models.Model):
    """Binds a customer and its tenants to a plan for `starts_on <= day < ends_on`.

    `plan` is the version of its first day; `later_plans` are those that follow, each with the day
    `from` which it holds, its id `plan` and its `name`. `key` is what `trueback.yaml` calls it, ""
    where it has none. `true_up`, `fx`, `grants` and `tax` are as there, and say what it says alone.
    One that `trueback.yaml` does not name any more is kept and not active: nothing is billed by it.
    A customer's own scope reads contracts and never plans: those are the operator's prices.
    """

    contract_id = models.CharField(primary_key=True, max_length=200)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contracts")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    plan_name = models.CharField(max_length=200)
    later_plans = models.JSONField(default=list, db_default=[])
    key = models.CharField(max_length=100, blank=True, default="", db_default="")
    tenants = models.JSONField()
    tenant_names = models.JSONField(default=dict)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    currency = models.CharField(max_length=3)
    disclosure = models.CharField(max_length=10)
    days_until_due = models.IntegerField()
    true_up = models.JSONField(default=dict, db_default={})
    fx = models.JSONField(default=dict, db_default={})
    grants = models.JSONField(default=list, db_default=[])
    tax = models.JSONField(default=dict, db_default={})
    is_active = models.BooleanField(default=True)

    class Meta:
        # Whose contract names a tenant is asked for each revised statement.
        indexes = [GinIndex(fields=["tenants"], name="contract_tenants")]

    def __str__(self) -> str:
        return f"contract {self.contract_id}"

    def plan_in(self, month: Month) -> tuple[str, str]:
        """Id and name of the version in force on the month's first day under the contract."""
        first = str(max(month.start.date(), self.starts_on))
        in_force = self.plan_id, self.plan_name
        for later in self.later_plans:
            if later["from"] <= first:
                in_force = later["plan"], later["name"]
        return in_force


class PlansApplication(models.Model):
    """Who put which file's plans, customers and contracts in force, and when.

    `confirmed_by` is empty where nobody was asked. `terms` are kept of what `is_agreed`: two people
    have, or it was the first. What is proposed is measured against the newest of those. `brake` is
    `billing.brake` of the file, in per cent as text.
    """

    digest = models.CharField(max_length=64, blank=True)
    applied_by = models.CharField(max_length=100, blank=True)
    applied_at = models.DateTimeField(db_default=Now())
    confirmed_by = models.CharField(max_length=100, blank=True)
    is_agreed = models.BooleanField(default=False)
    terms = models.JSONField(null=True)
    brake = models.JSONField(default=dict, db_default={})

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.digest[:12]} by {self.applied_by}"
